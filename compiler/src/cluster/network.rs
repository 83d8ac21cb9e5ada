//! What the plan says about who reaches whom, and what probes saw of it.
//!
//! The expectation is written down here a second time, by the promise and not by the emitted network policies, so that
//! a mistake in those is found too.

use crate::emit::names::Role;
use crate::emit::workloads;
use crate::plan::Plan;
use crate::values::cidr::{SPECIAL_V4, SPECIAL_V6};
use cidr::IpCidr;
use pure_agent_runtime::contract::{AGENT_PORT, CONTROL_PORT, EXPORT_PORT};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A port that no role serves.
const OTHER_PORT: u16 = 4444;
/// The kubelet's port.
const KUBELET: u16 = 10_250;
/// Where machines of clouds get their credentials.
const METADATA: [&str; 2] = ["169.254.169.254:80", "[fd00:ec2::254]:80"];

/// What must hold of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Must {
    /// The role needs it.
    BeOpen,
    /// The role may reach it; whether somebody answers there is not ours to say.
    MayBeOpen,
    /// The role must not reach it.
    BeClosed,
}

/// What a probe saw of a place, by the letters of the runtime's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// Somebody answered.
    Open,
    /// It was refused, or nothing came back, or there is no way there.
    Closed,
    /// The pod did not know where that is.
    Untried,
}

impl Seen {
    /// Reads a letter; none for one that no probe writes.
    #[must_use]
    pub fn read(letter: char) -> Option<Self> {
        match letter {
            'o' => Some(Self::Open),
            'r' | 's' | 'u' => Some(Self::Closed),
            'n' => Some(Self::Untried),
            _ => None,
        }
    }
}

/// Something to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Try {
    /// The role that tries.
    #[serde(serialize_with = "word")]
    pub from: Role,
    /// What it is, in words: `gateway 9090`, `DNS, UDP`.
    pub to: String,
    /// `IPv4` or `IPv6`; empty where only the pod knows.
    pub family: &'static str,
    /// The place as the runtime takes it.
    pub place: String,
    /// What must hold.
    pub must: Must,
}

fn word<S: serde::Serializer>(role: &Role, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(role.as_str())
}

impl fmt::Display for Try {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)?;
        if !self.family.is_empty() {
            write!(f, " over {}", self.family)?;
        }
        Ok(())
    }
}

/// Where probes listen, and what is around them.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// Addresses of the pods that listen, by role.
    pub listeners: BTreeMap<Role, Vec<IpAddr>>,
    /// Addresses of their nodes.
    pub nodes: BTreeSet<IpAddr>,
}

/// The ports on which probes listen: those that roles serve, and one that none does.
#[must_use]
pub fn ports(plan: &Plan) -> BTreeSet<u16> {
    let mut all = server_ports(plan);
    all.extend([AGENT_PORT, CONTROL_PORT, EXPORT_PORT, OTHER_PORT]);
    all
}

fn server_ports(plan: &Plan) -> BTreeSet<u16> {
    let pods = plan.servers.iter().filter_map(|server| server.pod.as_ref());
    pods.map(|pod| pod.port).collect()
}

/// Everything that a role tries.
#[must_use]
pub fn tries(plan: &Plan, from: Role, scene: &Scene) -> Vec<Try> {
    let mut list = Vec::new();
    for (to, addresses) in &scene.listeners {
        for address in addresses {
            for port in ports(plan) {
                let must = if reaches(plan, from, *to, port) {
                    Must::BeOpen
                } else {
                    Must::BeClosed
                };
                list.push(tcp(
                    from,
                    format!("{to} {port}"),
                    SocketAddr::new(*address, port),
                    must,
                ));
            }
            let place = SocketAddr::new(*address, AGENT_PORT);
            list.push(Try {
                place: format!("udp:{place}"),
                ..tcp(
                    from,
                    format!("{to} {AGENT_PORT}, UDP"),
                    place,
                    Must::BeClosed,
                )
            });
        }
    }
    list.extend(around(plan, from, scene));
    list
}

/// P1, in one place.
fn reaches(plan: &Plan, from: Role, to: Role, port: u16) -> bool {
    match (from, to) {
        (Role::Agent, Role::Gateway) => port == AGENT_PORT,
        (Role::Router, Role::Gateway) => port == CONTROL_PORT,
        (Role::Export, Role::Gateway) => port == CONTROL_PORT || port == EXPORT_PORT,
        (Role::Gateway, Role::Server) => server_ports(plan).contains(&port),
        _ => false,
    }
}

/// API server, DNS, metadata, nodes, and what the target says must be closed.
fn around(plan: &Plan, from: Role, scene: &Scene) -> Vec<Try> {
    let mut list = Vec::new();
    // A launcher goes by the Service; not every address behind it need answer. A gateway that looks after Deployments
    // goes to the addresses, and the Service leads there.
    let (api, service) = match from {
        Role::Launcher => (Must::MayBeOpen, Must::BeOpen),
        Role::Gateway if workloads::any(plan) => (Must::MayBeOpen, Must::MayBeOpen),
        _ => (Must::BeClosed, Must::BeClosed),
    };
    let servers: Vec<SocketAddr> = plan.target.api_servers.iter().filter_map(single).collect();
    for server in &servers {
        list.push(tcp(
            from,
            "API server".to_owned(),
            *server,
            beyond(plan, from, *server, api),
        ));
    }
    let mut known = |to: &str, place: &str, must| {
        list.push(Try {
            from,
            to: to.to_owned(),
            family: "",
            place: place.to_owned(),
            must,
        });
    };
    known("API server, by its Service", "tcp:kubernetes", service);
    let dns = if from == Role::Gateway {
        Must::BeOpen
    } else {
        Must::BeClosed
    };
    known("DNS, UDP", "udp:resolver:53", dns);
    known("DNS, TCP", "tcp:resolver:53", dns);
    let metadata = METADATA.iter().filter_map(|text| text.parse().ok());
    for place in metadata {
        list.push(tcp(from, "metadata".to_owned(), place, Must::BeClosed));
    }
    for node in &scene.nodes {
        let place = SocketAddr::new(*node, KUBELET);
        list.push(tcp(
            from,
            "kubelet".to_owned(),
            place,
            beyond(plan, from, place, Must::BeClosed),
        ));
    }
    for place in outside(plan, &servers) {
        list.push(tcp(
            from,
            format!("outside {place}"),
            place,
            beyond(plan, from, place, Must::BeClosed),
        ));
    }
    list
}

/// What the target names as closed, beside API server and metadata.
fn outside(plan: &Plan, servers: &[SocketAddr]) -> Vec<SocketAddr> {
    let all = plan.target.probes.iter();
    all.filter(|text| !METADATA.contains(&text.as_str()))
        .filter_map(|text| text.parse().ok())
        .filter(|place| !servers.contains(place))
        .collect()
}

/// A gateway may go to public addresses on the ports of the plan, and to the target's private ranges.
fn beyond(plan: &Plan, from: Role, place: SocketAddr, otherwise: Must) -> Must {
    let private = plan
        .target
        .private
        .iter()
        .any(|range| range.port == place.port() && contains(&range.cidr, place.ip()));
    let ports = public_ports(plan);
    if from == Role::Gateway
        && (private || (is_public(place.ip()) && ports.contains(&place.port())))
    {
        return Must::MayBeOpen;
    }
    otherwise
}

fn public_ports(plan: &Plan) -> BTreeSet<u16> {
    let agents = || plan.agents.iter().map(|agent| &agent.contract);
    let tunnels = agents().flat_map(|agent| agent.tunnels.iter().map(|tunnel| tunnel.port));
    let http = agents().flat_map(|agent| agent.http.iter().map(|_| 443));
    let own = plan.upstreams.iter().map(|upstream| upstream.port);
    own.chain(tunnels).chain(http).collect()
}

fn is_public(address: IpAddr) -> bool {
    let special = match address {
        IpAddr::V4(_) => SPECIAL_V4.iter(),
        IpAddr::V6(_) => SPECIAL_V6.iter(),
    };
    !special
        .into_iter()
        .any(|range| contains(range.block, address))
}

fn contains(block: &str, address: IpAddr) -> bool {
    block
        .parse::<IpCidr>()
        .is_ok_and(|block| block.contains(&address))
}

/// An API server that stands as one address.
fn single(server: &crate::plan::Endpoint) -> Option<SocketAddr> {
    let block: IpCidr = server.cidr.parse().ok()?;
    block
        .is_host_address()
        .then(|| SocketAddr::new(block.first_address(), server.port))
}

fn tcp(from: Role, to: String, place: SocketAddr, must: Must) -> Try {
    let family = if place.is_ipv4() { "IPv4" } else { "IPv6" };
    Try {
        from,
        to,
        family,
        place: format!("tcp:{place}"),
        must,
    }
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What.
    #[serde(flatten)]
    pub tried: Try,
    /// What was seen.
    pub seen: Seen,
}

/// What probes saw that must not be, and what they could not see.
#[must_use]
pub fn judge(outcomes: &[Outcome]) -> (Vec<&Outcome>, Vec<&Outcome>) {
    let wrong = |one: &&Outcome| match (one.tried.must, one.seen) {
        (Must::BeOpen, seen) => seen != Seen::Open,
        (Must::BeClosed, seen) => seen == Seen::Open,
        (Must::MayBeOpen, _) => false,
    };
    let unseen = |one: &&Outcome| one.tried.must == Must::BeClosed && one.seen == Seen::Untried;
    (
        outcomes.iter().filter(wrong).collect(),
        outcomes.iter().filter(unseen).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::{Must, Outcome, Scene, Seen, judge, tries};
    use crate::emit::names::{self, Role};
    use crate::emit::testing;
    use crate::plan::PrivateRange;
    use std::collections::{BTreeMap, BTreeSet};

    fn scene() -> Scene {
        let plan = testing::rich();
        let listeners = names::roles(&plan)
            .into_iter()
            .enumerate()
            .map(|(at, role)| {
                let four = format!("10.244.0.{at}").parse().unwrap();
                let six = format!("fd44::{at}").parse().unwrap();
                (role, vec![four, six])
            });
        Scene {
            listeners: listeners.collect(),
            nodes: BTreeSet::from(["172.30.0.1".parse().unwrap()]),
        }
    }

    /// What a role must reach, in words, each once.
    fn open(role: Role) -> BTreeSet<String> {
        let plan = testing::rich();
        tries(&plan, role, &scene())
            .into_iter()
            .filter(|one| one.must != Must::BeClosed)
            .map(|one| one.to)
            .collect()
    }

    #[test]
    fn each_role_reaches_what_it_needs_and_nothing_else() {
        let plan = testing::rich();
        let server = plan
            .servers
            .iter()
            .find_map(|one| one.pod.as_ref())
            .unwrap()
            .port;
        let known: BTreeMap<Role, Vec<String>> = [
            (Role::Agent, vec!["gateway 8080".to_owned()]),
            (Role::Router, vec!["gateway 9090".to_owned()]),
            (
                Role::Export,
                vec!["gateway 9090".to_owned(), "gateway 9091".to_owned()],
            ),
            (Role::Pack, Vec::new()),
            (Role::Server, Vec::new()),
            (
                Role::Launcher,
                vec![
                    "API server".to_owned(),
                    "API server, by its Service".to_owned(),
                ],
            ),
            (
                Role::Gateway,
                vec![
                    "DNS, TCP".to_owned(),
                    "DNS, UDP".to_owned(),
                    format!("server {server}"),
                ],
            ),
        ]
        .into();
        for role in names::roles(&plan) {
            assert_eq!(open(role), known[&role].iter().cloned().collect(), "{role}");
        }
    }

    #[test]
    fn every_pair_is_tried_in_both_families_with_itself_too() {
        let plan = testing::rich();
        for role in names::roles(&plan) {
            let list = tries(&plan, role, &scene());
            for other in names::roles(&plan) {
                for family in ["IPv4", "IPv6"] {
                    let there = list
                        .iter()
                        .any(|one| one.to == format!("{other} 9090") && one.family == family);
                    assert!(there, "{role} to {other} over {family}");
                }
            }
            for what in ["kubelet", "metadata", "DNS, UDP", "API server"] {
                assert!(list.iter().any(|one| one.to == what), "{role} to {what}");
            }
            let places: BTreeSet<_> = list.iter().map(|one| &one.place).collect();
            assert_eq!(places.len(), list.len(), "{role} tries something twice");
        }
    }

    #[test]
    fn what_a_target_opens_for_gateways_is_closed_for_the_rest() {
        let mut plan = testing::rich();
        plan.target.probes = vec![
            "203.0.114.5:443".to_owned(),
            "10.20.0.1:443".to_owned(),
            "10.21.0.1:443".to_owned(),
        ];
        plan.target.private = vec![PrivateRange {
            cidr: "10.20.0.0/16".to_owned(),
            port: 443,
        }];
        let must = |role, place: &str| {
            let list = tries(&plan, role, &scene());
            list.iter()
                .find(|one| one.place == place)
                .map(|one| one.must)
                .unwrap()
        };
        assert_eq!(must(Role::Gateway, "tcp:203.0.114.5:443"), Must::MayBeOpen);
        assert_eq!(must(Role::Gateway, "tcp:10.20.0.1:443"), Must::MayBeOpen);
        assert_eq!(must(Role::Gateway, "tcp:10.21.0.1:443"), Must::BeClosed);
        for role in [Role::Agent, Role::Pack, Role::Export, Role::Launcher] {
            assert_eq!(must(role, "tcp:203.0.114.5:443"), Must::BeClosed, "{role}");
        }
    }

    #[test]
    fn holes_and_walls_are_findings() {
        let plan = testing::rich();
        let all = |seen: fn(Must) -> Seen| -> Vec<Outcome> {
            names::roles(&plan)
                .into_iter()
                .flat_map(|role| tries(&plan, role, &scene()))
                .map(|tried| Outcome {
                    seen: seen(tried.must),
                    tried,
                })
                .collect()
        };
        let as_planned = |must| match must {
            Must::BeClosed => Seen::Closed,
            _ => Seen::Open,
        };
        assert!(judge(&all(as_planned)).0.is_empty());
        let open = all(|_| Seen::Open);
        let (holes, _) = judge(&open);
        assert!(holes.len() > 100 && holes.iter().all(|one| one.tried.must == Must::BeClosed));
        let closed = all(|_| Seen::Closed);
        let (walls, _) = judge(&closed);
        assert!(!walls.is_empty() && walls.iter().all(|one| one.tried.must != Must::BeClosed));
        let untried = all(|must| {
            if must == Must::BeClosed {
                Seen::Untried
            } else {
                Seen::Open
            }
        });
        assert!(!judge(&untried).1.is_empty());
    }
}
