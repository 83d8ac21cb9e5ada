//! Past the gateway: addresses of everything that an agent must not reach, in both families.

use crate::wire::{self, knock};
use crate::{Attempt, Facts, Outcome};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

const POLICY: &str = "the agent's NetworkPolicy: egress to its spec's gateways on 8080 alone";
const NAMESPACE: &str = "a network namespace with loopback and the gateway's agent port alone";

const fn attempt(name: &'static str, tries: &'static str, way: fn(&Facts) -> Outcome) -> Attempt {
    Attempt {
        name,
        tries,
        cluster: POLICY,
        local: NAMESPACE,
        way,
    }
}

pub(crate) const ATTEMPTS: &[Attempt] = &[
    attempt("outside-tcp", "a host outside by its IPv4 address", |f| {
        tcp(f, "outside", false)
    }),
    attempt(
        "outside-tcp-v6",
        "a host outside by its IPv6 address",
        |f| tcp(f, "outside", true),
    ),
    attempt(
        "outside-udp",
        "a datagram to a host outside, as QUIC would send one",
        |f| udp(f, "outside-udp", false),
    ),
    attempt("outside-udp-v6", "the same over IPv6", |f| {
        udp(f, "outside-udp", true)
    }),
    attempt(
        "outside-mapped",
        "an IPv4 host as an address of IPv6 (`::ffff:…`)",
        |f| mapped(f, mapped_form),
    ),
    attempt("outside-nat64", "an IPv4 host behind `64:ff9b::/96`", |f| {
        mapped(f, nat64_form)
    }),
    attempt("outside-6to4", "an IPv4 host behind `2002::/16`", |f| {
        mapped(f, six_to_four_form)
    }),
    attempt("outside-icmp", "an echo request to a host outside", |f| {
        crate::kernel::echo(f, false)
    }),
    attempt("outside-icmp-v6", "the same over IPv6", |f| {
        crate::kernel::echo(f, true)
    }),
    attempt(
        "dns-udp",
        "a name, asked of the cluster's resolvers over UDP",
        |f| udp(f, "dns-udp", false),
    ),
    attempt("dns-udp-v6", "the same over IPv6", |f| {
        udp(f, "dns-udp", true)
    }),
    attempt("dns-tcp", "the same over TCP", |f| tcp(f, "dns-tcp", false)),
    attempt("dns-tcp-v6", "the same over TCP and IPv6", |f| {
        tcp(f, "dns-tcp", true)
    }),
    attempt("dns-tls", "a resolver over TLS, port 853", |f| {
        tcp(f, "dns-tls", false)
    }),
    attempt("dns-https", "a resolver over HTTPS", |f| {
        tcp(f, "dns-https", false)
    }),
    attempt(
        "dns-own",
        "the system's own resolver, by a name that only it could know",
        own_resolver,
    ),
    attempt(
        "metadata-v4",
        "the cloud's metadata address 169.254.169.254",
        |f| tcp(f, "metadata", false),
    ),
    attempt(
        "metadata-v6",
        "the cloud's metadata address fd00:ec2::254",
        |f| tcp(f, "metadata", true),
    ),
    attempt("api-service", "the API server by its Service", |f| {
        tcp(f, "api-service", false)
    }),
    attempt("api-service-v6", "the same over IPv6", |f| {
        tcp(f, "api-service", true)
    }),
    attempt("api-endpoint", "the API server by its own address", |f| {
        tcp(f, "api-endpoint", false)
    }),
    attempt("api-endpoint-v6", "the same over IPv6", |f| {
        tcp(f, "api-endpoint", true)
    }),
    attempt("kubelet", "the kubelet, port 10250", |f| {
        tcp(f, "kubelet", false)
    }),
    attempt("kubelet-v6", "the same over IPv6", |f| {
        tcp(f, "kubelet", true)
    }),
    attempt("kubelet-read-only", "the kubelet, port 10255", |f| {
        tcp(f, "kubelet-read-only", false)
    }),
    attempt("node-ssh", "other ports of the node", |f| {
        tcp(f, "node", false)
    }),
    attempt("node-port", "a NodePort", |f| tcp(f, "node-port", false)),
    attempt("other-pod", "a pod of another namespace", |f| {
        tcp(f, "other-pod", false)
    }),
    attempt("other-pod-v6", "the same over IPv6", |f| {
        tcp(f, "other-pod", true)
    }),
    attempt("other-agent", "the agent's pod of another run", |f| {
        tcp(f, "other-agent", false)
    }),
    attempt(
        "other-spec-gateway",
        "the gateway of another spec's run",
        |f| tcp(f, "other-spec-gateway", false),
    ),
    attempt(
        "other-gateway-control",
        "ports 9090 and 9091 of another run's gateway",
        |f| tcp(f, "other-gateway-control", false),
    ),
    attempt("own-gateway-control", "port 9090 of the own gateway", |f| {
        gateway_port(f, 9090)
    }),
    attempt("own-gateway-export", "port 9091 of the own gateway", |f| {
        gateway_port(f, 9091)
    }),
    attempt(
        "own-gateway-ports",
        "every other port below 1025 of the own gateway, and those of well-known servers",
        gateway_ports,
    ),
    attempt(
        "default-gateway",
        "whatever the routing table names as the way out",
        default_gateway,
    ),
    attempt("neighbours", "the addresses beside the own one", neighbours),
    attempt(
        "loopback",
        "what else listens on the own loopback",
        loopback,
    ),
    attempt(
        "multicast",
        "datagrams to everybody near: mDNS, LLMNR, SSDP",
        multicast,
    ),
    attempt(
        "abstract-sockets",
        "abstract Unix sockets, which no file system hides",
        abstract_sockets,
    ),
];

fn reached(tried: Vec<Result<String, String>>) -> Outcome {
    let mut last = None;
    for one in tried {
        match one {
            Ok(how) => return Outcome::Escaped(how),
            Err(why) => last = Some(why),
        }
    }
    last.map_or_else(
        || Outcome::NotApplicable("no such address is known".to_owned()),
        Outcome::Blocked,
    )
}

fn tcp(facts: &Facts, label: &str, six: bool) -> Outcome {
    let all = facts.of(label, six).into_iter();
    let tried = all.map(|to| knock(SocketAddr::new(to.ip, to.port), wire::CONNECT));
    reached(tried.collect())
}

fn udp(facts: &Facts, label: &str, six: bool) -> Outcome {
    let question = wire::question("pure-agent-escape.default.svc.cluster.local");
    let all = facts.of(label, six).into_iter();
    let tried = all.map(|to| wire::datagram(SocketAddr::new(to.ip, to.port), &question));
    reached(tried.collect())
}

fn mapped_form(ip: Ipv4Addr) -> Ipv6Addr {
    ip.to_ipv6_mapped()
}

fn nat64_form(ip: Ipv4Addr) -> Ipv6Addr {
    let [a, b, c, d] = ip.octets().map(u16::from);
    Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a << 8 | b, c << 8 | d)
}

fn six_to_four_form(ip: Ipv4Addr) -> Ipv6Addr {
    let [a, b, c, d] = ip.octets().map(u16::from);
    Ipv6Addr::new(0x2002, a << 8 | b, c << 8 | d, 0, 0, 0, 0, 1)
}

fn mapped(facts: &Facts, form: fn(Ipv4Addr) -> Ipv6Addr) -> Outcome {
    let all = facts.of("outside", false).into_iter();
    let tried = all.filter_map(|to| match to.ip {
        IpAddr::V4(ip) => Some(knock(
            SocketAddr::new(form(ip).into(), to.port),
            wire::CONNECT,
        )),
        IpAddr::V6(_) => None,
    });
    reached(tried.collect())
}

fn own_resolver(facts: &Facts) -> Outcome {
    use std::net::ToSocketAddrs as _;
    let names = [
        "kubernetes.default.svc.cluster.local",
        facts.stranger.as_str(),
    ];
    let mut why = String::from("there is no name to ask for");
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        match (name, 443).to_socket_addrs() {
            Ok(mut found) => match found.next() {
                Some(address) => return Outcome::Escaped(format!("{name} is {address}")),
                None => why = format!("{name}: nothing"),
            },
            Err(e) => why = format!("{name}: {e}"),
        }
    }
    Outcome::Blocked(why)
}

fn gateway_host(facts: &Facts) -> Option<IpAddr> {
    use std::net::ToSocketAddrs as _;
    let mut found = facts.gateway.to_socket_addrs().ok()?;
    found.next().map(|address| address.ip())
}

fn gateway_port(facts: &Facts, port: u16) -> Outcome {
    let tried = gateway_host(facts).map(|ip| knock(SocketAddr::new(ip, port), wire::CONNECT));
    reached(tried.into_iter().collect())
}

/// Many addresses at once, each for a short time; the first that accepts.
fn scan(targets: &[SocketAddr], patience: Duration) -> Outcome {
    let (workers, count) = (96, targets.len());
    let pieces: Vec<&[SocketAddr]> = targets.chunks(count.div_ceil(workers).max(1)).collect();
    let open = std::thread::scope(|scope| {
        let search =
            |piece: &'_ [SocketAddr]| piece.iter().find_map(|to| knock(*to, patience).ok());
        let threads: Vec<_> = pieces
            .iter()
            .map(|piece| scope.spawn(move || search(piece)))
            .collect();
        threads
            .into_iter()
            .find_map(|thread| thread.join().ok().flatten())
    });
    match (open, count) {
        (Some(how), _) => Outcome::Escaped(how),
        (None, 0) => Outcome::Blocked("there is nothing to try".to_owned()),
        (None, count) => Outcome::Blocked(format!("{count} addresses and ports: none answers")),
    }
}

fn gateway_ports(facts: &Facts) -> Outcome {
    let Some(ip) = gateway_host(facts) else {
        return Outcome::NotApplicable("the gateway has no address".to_owned());
    };
    let own = facts
        .gateway
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse::<u16>().ok());
    let more = [
        2375, 2376, 2379, 2380, 4194, 5000, 6443, 8000, 8081, 8443, 9000, 9093, 9099, 9153, 15000,
    ];
    let ports = (1..1025)
        .chain(more)
        .chain(10248..10260)
        .chain(30000..30030);
    let targets: Vec<_> = ports
        .filter(|port| Some(*port) != own)
        .map(|port| SocketAddr::new(ip, port))
        .collect();
    scan(&targets, Duration::from_millis(700))
}

/// Ports on which something may listen that should not be an agent's.
const WORTH: [u16; 12] = [
    22, 53, 80, 443, 2375, 2379, 6443, 8081, 9090, 9091, 10250, 10255,
];

fn default_gateway(_: &Facts) -> Outcome {
    let table = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let gateways = table.lines().skip(1).filter_map(|line| {
        let number = u32::from_str_radix(line.split_whitespace().nth(2)?, 16).ok()?;
        (number != 0).then(|| Ipv4Addr::from(number.swap_bytes()))
    });
    let targets: Vec<_> = gateways
        .flat_map(|ip| WORTH.map(|port| SocketAddr::new(ip.into(), port)))
        .collect();
    scan(&targets, Duration::from_secs(2))
}

/// The own addresses of IPv4 but for loopback.
fn own_addresses() -> Vec<Ipv4Addr> {
    let table = std::fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    let mut found: Vec<Ipv4Addr> = Vec::new();
    let mut last = None;
    for line in table.lines() {
        if let Some((_, ip)) = line.split_once("|-- ") {
            last = ip.trim().parse().ok();
        } else if line.contains("/32 host LOCAL") {
            found.extend(last.filter(|ip: &Ipv4Addr| !ip.is_loopback() && !found.contains(ip)));
        }
    }
    found
}

fn neighbours(_: &Facts) -> Outcome {
    let own = own_addresses();
    let beside = own.iter().flat_map(|ip| {
        let [a, b, c, d] = ip.octets();
        (1..255)
            .filter(move |last| *last != d)
            .map(move |last| Ipv4Addr::new(a, b, c, last))
    });
    let targets: Vec<_> = beside
        .flat_map(|ip| WORTH.map(|port| SocketAddr::new(ip.into(), port)))
        .collect();
    scan(&targets, Duration::from_millis(400))
}

/// Whatever listens in the own namespace but for the door to the gateway.
fn loopback(facts: &Facts) -> Outcome {
    let own = facts
        .gateway
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse::<u16>().ok());
    let own = own.filter(|_| gateway_host(facts).is_some_and(|ip| ip.is_loopback()));
    let mut targets = Vec::new();
    for (file, six) in [("/proc/net/tcp", false), ("/proc/net/tcp6", true)] {
        let table = std::fs::read_to_string(file).unwrap_or_default();
        for line in table.lines().skip(1) {
            let mut words = line.split_whitespace();
            let (local, state) = (
                words.nth(1).unwrap_or_default(),
                words.nth(1).unwrap_or_default(),
            );
            let port = local
                .rsplit_once(':')
                .and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
            let ip = if six {
                IpAddr::from(Ipv6Addr::LOCALHOST)
            } else {
                Ipv4Addr::LOCALHOST.into()
            };
            targets.extend(
                port.filter(|_| state == "0A")
                    .filter(|port| Some(*port) != own)
                    .map(|port| SocketAddr::new(ip, port)),
            );
        }
    }
    scan(&targets, Duration::from_secs(1))
}

fn multicast(_: &Facts) -> Outcome {
    let question = wire::question("pure-agent-escape.local");
    let groups = [
        ([224, 0, 0, 251], 5353),
        ([224, 0, 0, 252], 5355),
        ([239, 255, 255, 250], 1900),
    ];
    reached(
        groups
            .iter()
            .map(|(ip, port)| {
                wire::datagram(
                    SocketAddr::new(Ipv4Addr::from(*ip).into(), *port),
                    &question,
                )
            })
            .collect(),
    )
}

fn abstract_sockets(_: &Facts) -> Outcome {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixStream};
    let table = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let names = table
        .lines()
        .filter_map(|line| line.split_whitespace().nth(7)?.strip_prefix('@'));
    let mut count = 0;
    for name in names {
        count += 1;
        let address = SocketAddr::from_abstract_name(name);
        if address.is_ok_and(|address| UnixStream::connect_addr(&address).is_ok()) {
            return Outcome::Escaped(format!("@{name} accepts"));
        }
    }
    Outcome::Blocked(format!("{count} names, none of which accepts"))
}
