//! Network policies: nothing is open, then one opening for each edge of the plan.
//!
//! Selectors name spec and role and ask for a run; that both ends belong to the same run is the tokens'
//! to prove. Both families are always written.

use crate::bundle::{Object, Zone};
use crate::emit::names::{self, Role};
use crate::emit::{metadata, object, workloads};
use crate::plan::Plan;
use crate::value::NotData;
use crate::values::cidr::{SPECIAL_V4, SPECIAL_V6, Special, SpecialRange};
use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule as To, NetworkPolicyIngressRule as From_,
    NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use pure_agent_runtime::contract::{AGENT_PORT, CONTROL_PORT, EXPORT_PORT};
use std::collections::{BTreeMap, BTreeSet};

/// The policy that closes a namespace.
#[must_use]
pub fn default_deny(plan: &Plan) -> NetworkPolicy {
    NetworkPolicy {
        metadata: metadata("default-deny", plan, names::platform_labels()),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector::default()),
            policy_types: both(),
            ..Default::default()
        }),
    }
}

/// One policy for each role of the plan.
///
/// # Errors
/// None in practice: ports are small.
pub fn network(plan: &Plan) -> Result<Vec<Object>, NotData> {
    names::roles(plan)
        .into_iter()
        .map(|role| object(Zone::Spec, &policy(plan, role)))
        .collect()
}

fn policy(plan: &Plan, role: Role) -> NetworkPolicy {
    let (ingress, egress) = edges(plan, role);
    NetworkPolicy {
        metadata: metadata(
            &names::account(plan, role),
            plan,
            names::role_labels(plan, role),
        ),
        spec: Some(NetworkPolicySpec {
            egress: (!egress.is_empty()).then_some(egress),
            ingress: (!ingress.is_empty()).then_some(ingress),
            pod_selector: Some(pods(plan, role)),
            policy_types: both(),
        }),
    }
}

fn edges(plan: &Plan, role: Role) -> (Vec<From_>, Vec<To>) {
    let gateway = |ports: &[u16]| vec![to(vec![peer(plan, Role::Gateway)], tcp(ports))];
    match role {
        Role::Launcher => (Vec::new(), api_servers(plan)),
        Role::Gateway => (
            vec![
                from(peer(plan, Role::Agent), tcp(&[AGENT_PORT])),
                from(peer(plan, Role::Router), tcp(&[CONTROL_PORT])),
                from(peer(plan, Role::Export), tcp(&[CONTROL_PORT, EXPORT_PORT])),
            ],
            outside(plan),
        ),
        Role::Agent => (Vec::new(), gateway(&[AGENT_PORT])),
        Role::Router => (Vec::new(), gateway(&[CONTROL_PORT])),
        Role::Export => (Vec::new(), gateway(&[CONTROL_PORT, EXPORT_PORT])),
        Role::Pack => (Vec::new(), Vec::new()),
        Role::Server => (
            vec![from(peer(plan, Role::Gateway), tcp(&server_ports(plan)))],
            Vec::new(),
        ),
    }
}

fn api_servers(plan: &Plan) -> Vec<To> {
    let open = |server: &crate::plan::Endpoint| {
        to(vec![block(&server.cidr, Vec::new())], tcp(&[server.port]))
    };
    plan.target.api_servers.iter().map(open).collect()
}

/// Where the gateway may go: DNS, the public internet on the ports that the plan needs, the private
/// ranges that the target names, image servers, and the API server where it looks after Deployments.
fn outside(plan: &Plan) -> Vec<To> {
    let mut rules = vec![dns(plan)];
    let ports = ports(plan);
    if !ports.is_empty() {
        let public = vec![
            block("0.0.0.0/0", ranges(&SPECIAL_V4)),
            block("::/0", ranges(&SPECIAL_V6)),
        ];
        rules.push(to(public, tcp(&ports)));
    }
    rules.extend(
        plan.target
            .private
            .iter()
            .map(|range| to(vec![block(&range.cidr, Vec::new())], tcp(&[range.port]))),
    );
    let servers = server_ports(plan);
    if !servers.is_empty() {
        rules.push(to(vec![peer(plan, Role::Server)], tcp(&servers)));
    }
    if workloads::any(plan) {
        rules.extend(api_servers(plan));
    }
    rules
}

fn dns(plan: &Plan) -> To {
    let dns = &plan.target.dns;
    let namespace = BTreeMap::from([(
        "kubernetes.io/metadata.name".to_owned(),
        dns.namespace.clone(),
    )]);
    let peer = NetworkPolicyPeer {
        namespace_selector: Some(labels(namespace)),
        pod_selector: Some(labels(dns.labels.clone())),
        ..Default::default()
    };
    let ports = dns
        .ports
        .iter()
        .flat_map(|number| [port("UDP", *number), port("TCP", *number)]);
    To {
        ports: Some(ports.collect()),
        to: Some(vec![peer]),
    }
}

/// TCP ports of public hosts: the gateway's own and those of agents' egress. What ends at the gateway is
/// https.
fn ports(plan: &Plan) -> Vec<u16> {
    let tunnels = plan
        .agents
        .iter()
        .flat_map(|agent| agent.contract.tunnels.iter());
    let http = plan
        .agents
        .iter()
        .flat_map(|agent| agent.contract.http.iter());
    let all: BTreeSet<u16> = plan
        .upstreams
        .iter()
        .map(|upstream| upstream.port)
        .chain(tunnels.map(|tunnel| tunnel.port))
        .chain(http.map(|_| 443))
        .collect();
    all.into_iter().collect()
}

fn server_ports(plan: &Plan) -> Vec<u16> {
    let all: BTreeSet<u16> = plan
        .servers
        .iter()
        .filter_map(|server| Some(server.pod.as_ref()?.port))
        .collect();
    all.into_iter().collect()
}

/// IPv4 inside IPv6 is left out: the API server refuses it in a policy, and on the wire it is IPv4.
fn ranges(special: &[SpecialRange]) -> Vec<String> {
    special
        .iter()
        .filter(|range| range.special != Special::Mapped)
        .map(|range| range.block.to_owned())
        .collect()
}

fn pods(plan: &Plan, role: Role) -> LabelSelector {
    LabelSelector {
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: names::RUN.to_owned(),
            operator: "Exists".to_owned(),
            values: None,
        }]),
        match_labels: Some(BTreeMap::from([
            (names::ROLE.to_owned(), role.to_string()),
            (names::SPEC.to_owned(), plan.name.clone()),
        ])),
    }
}

fn peer(plan: &Plan, role: Role) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(pods(plan, role)),
        ..Default::default()
    }
}

fn labels(labels: BTreeMap<String, String>) -> LabelSelector {
    LabelSelector {
        match_labels: Some(labels),
        ..Default::default()
    }
}

fn block(cidr: &str, except: Vec<String>) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: cidr.to_owned(),
            except: (!except.is_empty()).then_some(except),
        }),
        ..Default::default()
    }
}

fn from(peer: NetworkPolicyPeer, ports: Vec<NetworkPolicyPort>) -> From_ {
    From_ {
        from: Some(vec![peer]),
        ports: Some(ports),
    }
}

fn to(peers: Vec<NetworkPolicyPeer>, ports: Vec<NetworkPolicyPort>) -> To {
    To {
        ports: Some(ports),
        to: Some(peers),
    }
}

fn tcp(ports: &[u16]) -> Vec<NetworkPolicyPort> {
    ports.iter().map(|number| port("TCP", *number)).collect()
}

fn port(protocol: &str, number: u16) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(i32::from(number))),
        protocol: Some(protocol.to_owned()),
        ..Default::default()
    }
}

fn both() -> Option<Vec<String>> {
    Some(vec!["Ingress".to_owned(), "Egress".to_owned()])
}
