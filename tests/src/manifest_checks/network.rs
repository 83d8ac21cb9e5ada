//! Network, 41 to 48.

use super::Rule::{Object, PodIn};
use super::{Check, Scene, bad, items, kind, name, namespace, texts};
use pure_agent::value::{Map, Value};

const fn check(number: u8, name: &'static str, rule: super::Rule) -> Check {
    Check { number, name, rule }
}

pub(super) const CHECKS: &[Check] = &[
    check(
        41,
        "every pod is selected by a policy",
        PodIn(|s, p| {
            bad(
                !policies(s).any(|policy| applies(policy, p)),
                "no policy selects it",
            )
        }),
    ),
    check(
        41,
        "everything is denied first",
        PodIn(|s, p| {
            let deny = policies(s).any(|policy| empty(policy) && namespace(policy) == namespace(p));
            bad(!deny, "the namespace has no default-deny policy")
        }),
    ),
    check(42, "policies and peers select something", Object(dangling)),
    check(
        43,
        "only default-deny selects all",
        Object(|_, o| {
            bad(
                is_policy(o) && empty(o) && name(o) != "default-deny",
                "an empty pod selector",
            )
        }),
    ),
    check(
        44,
        "both policy types",
        Object(|_, o| {
            let types = texts(o, &["spec", "policyTypes"]);
            let both = types.contains(&"Ingress") && types.contains(&"Egress");
            bad(is_policy(o) && !both, format!("only {types:?}"))
        }),
    ),
    check(
        44,
        "ingress only from named pods",
        Object(|_, o| {
            let open = |rule: &Value| {
                items(rule, &["from"]).is_empty() || items(rule, &["ports"]).is_empty()
            };
            bad(
                is_policy(o) && items(o, &["spec", "ingress"]).iter().any(open),
                "open ingress",
            )
        }),
    ),
    check(45, "egress names addresses and ports", Object(egress)),
    check(
        46,
        "DNS of the gateway alone, and of the resolver",
        Object(dns),
    ),
    check(47, "launchers reach the API server", PodIn(api_server)),
    check(
        48,
        "no Service, Ingress or Gateway",
        Object(|_, o| {
            let kinds = [
                "Service",
                "Ingress",
                "Gateway",
                "HTTPRoute",
                "Endpoints",
                "EndpointSlice",
            ];
            bad(kinds.contains(&kind(o)), "exposes pods")
        }),
    ),
];

fn is_policy(object: &Value) -> bool {
    kind(object) == "NetworkPolicy"
}

fn policies(scene: &Scene) -> impl Iterator<Item = &Value> {
    scene.objects.iter().filter(|object| is_policy(object))
}

fn empty(policy: &Value) -> bool {
    policy
        .path(&["spec", "podSelector"])
        .and_then(Value::as_map)
        .is_none_or(Map::is_empty)
}

fn applies(policy: &Value, pod: &Value) -> bool {
    namespace(policy) == namespace(pod) && selects(policy.path(&["spec", "podSelector"]), pod)
}

/// An operator or a field that is not known here selects nothing, which check 42 reports.
fn selects(selector: Option<&Value>, pod: &Value) -> bool {
    let Some(selector) = selector.and_then(Value::as_map) else {
        return false;
    };
    let label = |key: &str| pod.path(&["metadata", "labels", key]);
    selector.iter().all(|(field, rule)| match field {
        "matchLabels" => {
            let wanted = rule.as_map().into_iter().flat_map(Map::iter);
            wanted
                .into_iter()
                .all(|(key, value)| label(key) == Some(value))
        }
        "matchExpressions" => rule.items().iter().all(|expression| {
            let have = label(expression.text_at(&["key"]).unwrap_or_default());
            let listed = have.is_some_and(|have| items(expression, &["values"]).contains(have));
            match expression.text_at(&["operator"]) {
                Some("Exists") => have.is_some(),
                Some("DoesNotExist") => have.is_none(),
                Some("In") => listed,
                Some("NotIn") => !listed,
                _ => false,
            }
        }),
        _ => false,
    })
}

fn role(policy: &Value) -> &str {
    policy
        .text_at(&["spec", "podSelector", "matchLabels", "pure-agent.dev/role"])
        .unwrap_or_default()
}

fn dangling(scene: &Scene, object: &Value) -> Option<String> {
    if !is_policy(object) {
        return None;
    }
    let some = |selector: Option<&Value>| scene.pods.iter().any(|pod| selects(selector, pod));
    if !some(object.path(&["spec", "podSelector"])) {
        return Some("selects no pod".to_owned());
    }
    let rules = [("ingress", "from"), ("egress", "to")];
    let mut peers = rules.into_iter().flat_map(|(list, side)| {
        items(object, &["spec", list])
            .iter()
            .flat_map(move |rule| items(rule, &[side]))
    });
    // A peer in another namespace is not among our pods.
    let ours =
        |peer: &&Value| peer.get("ipBlock").is_none() && peer.get("namespaceSelector").is_none();
    let lost = peers.find(|peer| ours(peer) && !some(peer.get("podSelector")));
    bad(lost.is_some(), "a peer that selects no pod")
}

/// What an egress rule to everywhere must leave out, by address family.
const PRIVATE: [(&str, &[&str]); 2] = [
    (
        "0.0.0.0/0",
        &[
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "224.0.0.0/4",
        ],
    ),
    ("::/0", &["fc00::/7", "fe80::/10", "ff00::/8"]),
];

fn egress(_: &Scene, object: &Value) -> Option<String> {
    for rule in items(object, &["spec", "egress"])
        .iter()
        .filter(|_| is_policy(object))
    {
        if items(rule, &["to"]).is_empty() || items(rule, &["ports"]).is_empty() {
            return Some("egress without addresses or ports".to_owned());
        }
        for block in items(rule, &["to"])
            .iter()
            .filter_map(|to| to.get("ipBlock"))
        {
            let cidr = block.text_at(&["cidr"]).unwrap_or_default();
            let except = texts(block, &["except"]);
            let wide = PRIVATE.iter().find(|(all, _)| *all == cidr);
            let left = wide.and_then(|(_, list)| list.iter().find(|net| !except.contains(net)));
            if let Some(net) = left {
                return Some(format!("{cidr} without the exception {net}"));
            }
        }
    }
    None
}

fn dns(_: &Scene, object: &Value) -> Option<String> {
    let rules = items(object, &["spec", "egress"])
        .iter()
        .filter(|_| is_policy(object));
    for rule in rules {
        let ports = items(rule, &["ports"]);
        let on = |number: i64| {
            ports
                .iter()
                .any(|p| p.get("port") == Some(&Value::Int(number)))
        };
        let over = |protocol: &str| {
            ports
                .iter()
                .any(|p| p.text_at(&["protocol"]) == Some(protocol))
        };
        if !on(53) && !over("UDP") {
            continue;
        }
        let named =
            |to: &Value| to.get("podSelector").is_some() || to.get("ipBlock").is_some_and(single);
        if role(object) != "gateway" {
            return Some("DNS for a role other than the gateway".to_owned());
        }
        if !items(rule, &["to"]).iter().all(named) || items(rule, &["to"]).is_empty() {
            return Some("DNS to anything but the resolver".to_owned());
        }
        if !over("UDP") || !over("TCP") {
            return Some("DNS over one protocol only".to_owned());
        }
    }
    None
}

fn single(block: &Value) -> bool {
    block
        .text_at(&["cidr"])
        .is_some_and(|cidr| cidr.ends_with("/32") || cidr.ends_with("/128"))
}

fn api_server(scene: &Scene, pod: &Value) -> Option<String> {
    let role = pod.text_at(&["metadata", "labels", "pure-agent.dev/role"]);
    let blocks = policies(scene)
        .filter(|policy| applies(policy, pod))
        .flat_map(|policy| items(policy, &["spec", "egress"]))
        .flat_map(|rule| items(rule, &["to"]))
        .filter_map(|to| to.get("ipBlock"));
    let blocks: Vec<&Value> = blocks.collect();
    match role {
        Some("launcher") => {
            let reaches = blocks.into_iter().any(single);
            bad(
                !reaches,
                "no egress to the API server: its steps would hang",
            )
        }
        // The target may name single addresses that the gateway reaches; nobody else leaves the cluster.
        Some("gateway") => None,
        _ => bad(
            !blocks.is_empty(),
            "egress to addresses, as of the API server",
        ),
    }
}
