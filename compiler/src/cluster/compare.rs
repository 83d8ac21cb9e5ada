//! How an object in the cluster differs from the compiled one.
//!
//! Both directions count: a field that the bundle has and the cluster lacks, and one that somebody added, be it a rule
//! that lets more in. What the API server fills in by itself is known by name; status, books and what others write
//! into `metadata` is not ours.

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Where: `spec.egress[0].ports`.
    pub field: String,
    /// What the bundle has there.
    pub bundle: Option<Value>,
    /// What the cluster has there.
    pub cluster: Option<Value>,
    /// The keys that lead there; none where the way leads through a list.
    #[serde(skip)]
    keys: Option<Vec<String>>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            bundle,
            cluster,
            keys: _,
        } = self;
        match (bundle, cluster) {
            (Some(bundle), Some(cluster)) => write!(
                f,
                "`{field}` is {} in the cluster and {} in the bundle",
                short(cluster),
                short(bundle)
            ),
            (Some(bundle), None) => write!(f, "`{field}` is not in the cluster: {}", short(bundle)),
            (None, Some(cluster)) => {
                write!(f, "`{field}` is not in the bundle: {}", short(cluster))
            }
            (None, None) => write!(f, "`{field}`"),
        }
    }
}

/// Most characters of a value that are shown.
const SHOWN: usize = 120;

/// A value on one line, cut where it is long. What controls a terminal is escaped by JSON.
#[must_use]
pub fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN {
        return text;
    }
    let cut: String = text.chars().take(SHOWN).collect();
    format!("{cut}…")
}

/// Labels and annotations that only we, or Pod Security, give a meaning.
const MEANT: [&str; 2] = ["pure-agent.dev/", "pod-security.kubernetes.io/"];

/// What the API server or a controller fills in: kind, field (`[]` for any element) and value; no value: any.
const FILLED: &[(&str, &str, Option<&str>)] = &[
    (
        "Namespace",
        "spec",
        Some(r#"{"finalizers":["kubernetes"]}"#),
    ),
    (
        "NetworkPolicy",
        "spec.egress[].ports[].protocol",
        Some(r#""TCP""#),
    ),
    (
        "NetworkPolicy",
        "spec.ingress[].ports[].protocol",
        Some(r#""TCP""#),
    ),
    // Registries and token controllers of some distributions write these.
    ("ServiceAccount", "imagePullSecrets", None),
    ("ServiceAccount", "secrets", None),
    (
        "ValidatingAdmissionPolicy",
        "spec.failurePolicy",
        Some(r#""Fail""#),
    ),
    (
        "ValidatingAdmissionPolicy",
        "spec.matchConstraints.matchPolicy",
        Some(r#""Equivalent""#),
    ),
    (
        "ValidatingAdmissionPolicy",
        "spec.matchConstraints.namespaceSelector",
        Some("{}"),
    ),
    (
        "ValidatingAdmissionPolicy",
        "spec.matchConstraints.objectSelector",
        Some("{}"),
    ),
    (
        "ValidatingAdmissionPolicyBinding",
        "spec.matchResources.matchPolicy",
        Some(r#""Equivalent""#),
    ),
    (
        "ValidatingAdmissionPolicyBinding",
        "spec.matchResources.objectSelector",
        Some("{}"),
    ),
];

/// The fields that differ, in the order of the bundle's object; none where they are the same.
#[must_use]
pub fn compare(bundle: &Value, cluster: &Value) -> Vec<Difference> {
    let kind = bundle["kind"].as_str().unwrap_or_default();
    let mut walk = Walk {
        kind,
        found: Vec::new(),
    };
    let (empty, none) = (Map::new(), Map::new());
    let (ours, theirs) = (
        bundle.as_object().unwrap_or(&empty),
        cluster.as_object().unwrap_or(&none),
    );
    for part in ["labels", "annotations"] {
        walk.metadata(part, &bundle["metadata"][part], &cluster["metadata"][part]);
    }
    let body = |map: &Map<String, Value>| {
        let keys = map
            .keys()
            .filter(|key| !matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "status"));
        keys.cloned().collect::<BTreeSet<_>>()
    };
    for key in body(ours).union(&body(theirs)) {
        walk.field(&Place::root(key), ours.get(key), theirs.get(key));
    }
    walk.found
}

/// Where a field stands: as text, and as keys where no list is in between.
struct Place {
    text: String,
    keys: Option<Vec<String>>,
}

impl Place {
    fn root(key: &str) -> Self {
        Self {
            text: key.to_owned(),
            keys: Some(vec![key.to_owned()]),
        }
    }

    fn key(&self, key: &str) -> Self {
        Self {
            text: format!("{}.{key}", self.text),
            keys: self.keys.as_ref().map(|keys| {
                let mut keys = keys.clone();
                keys.push(key.to_owned());
                keys
            }),
        }
    }

    fn element(&self, number: usize) -> Self {
        Self {
            text: format!("{}[{number}]", self.text),
            keys: None,
        }
    }
}

struct Walk<'a> {
    kind: &'a str,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn metadata(&mut self, part: &str, ours: &Value, theirs: &Value) {
        let keys = |map: &Value| -> BTreeSet<String> {
            map.as_object()
                .into_iter()
                .flat_map(|map| map.keys().cloned())
                .collect()
        };
        let meant = |key: &&String| MEANT.iter().any(|prefix| key.starts_with(prefix));
        let mut all = keys(ours);
        all.extend(keys(theirs).iter().filter(meant).cloned());
        for key in all {
            // A newer program of the same kind writes its own version, and nothing depends on it.
            if key != crate::bundle::VERSION_LABEL {
                let place = Place::root("metadata").key(part).key(&key);
                self.field(&place, ours.get(&key), theirs.get(&key));
            }
        }
    }

    fn field(&mut self, at: &Place, ours: Option<&Value>, theirs: Option<&Value>) {
        match (ours, theirs) {
            (Some(Value::Object(ours)), Some(Value::Object(theirs))) => {
                let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
                for key in keys {
                    self.field(&at.key(key), ours.get(key), theirs.get(key));
                }
            }
            (Some(Value::Array(ours)), Some(Value::Array(theirs)))
                if ours
                    .iter()
                    .chain(theirs)
                    .any(|one| one.is_object() || one.is_array()) =>
            {
                for number in 0..ours.len().max(theirs.len()) {
                    self.field(&at.element(number), ours.get(number), theirs.get(number));
                }
            }
            (Some(ours), None) if is_nothing(ours) => {}
            (None, Some(theirs)) if is_nothing(theirs) || self.is_filled(&at.text, theirs) => {}
            (ours, theirs) if ours == theirs => {}
            (ours, theirs) => self.found.push(Difference {
                field: at.text.clone(),
                bundle: ours.cloned(),
                cluster: theirs.cloned(),
                keys: at.keys.clone(),
            }),
        }
    }

    fn is_filled(&self, at: &str, value: &Value) -> bool {
        let mut field = String::new();
        let mut rest = at;
        while let Some((before, from)) = rest.split_once('[') {
            field.push_str(before);
            field.push_str("[]");
            rest = from.split_once(']').map_or("", |(_, after)| after);
        }
        field.push_str(rest);
        let text = value.to_string();
        FILLED.iter().any(|(kind, known, filled)| {
            *kind == self.kind && *known == field && filled.is_none_or(|filled| filled == text)
        })
    }
}

/// What Kubernetes leaves out when it stores an object. An empty map is something: an empty selector takes all.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    }
}

/// A merge patch that takes out of the cluster's object what the bundle does not have, as far as that can be said by
/// keys of maps; null where nothing is to be taken out.
#[must_use]
pub fn without_extras(differences: &[Difference]) -> Value {
    let mut patch = Value::Null;
    for difference in differences {
        let Some(keys) = difference
            .keys
            .as_ref()
            .filter(|_| difference.bundle.is_none())
        else {
            continue;
        };
        let mut at = &mut patch;
        for key in keys {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            at = &mut at[key.as_str()];
        }
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::{compare, without_extras};
    use serde_json::{Value, json};

    fn fields(bundle: &Value, cluster: &Value) -> Vec<String> {
        compare(bundle, cluster)
            .into_iter()
            .map(|one| one.field)
            .collect()
    }

    fn policy() -> Value {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "a", "labels": {"pure-agent.dev/role": "agent", "app.kubernetes.io/version": "1"}},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"],
                "egress": [{"to": [{"podSelector": {}}], "ports": [{"port": 8080}]}]},
        })
    }

    #[test]
    fn what_the_api_server_adds_is_no_difference() {
        let mut cluster = policy();
        cluster["metadata"] = json!({"name": "a", "uid": "1", "resourceVersion": "2", "managedFields": [{}],
            "labels": {"pure-agent.dev/role": "agent", "app.kubernetes.io/version": "2", "theirs": "x"}});
        cluster["spec"]["egress"][0]["ports"][0]["protocol"] = json!("TCP");
        cluster["spec"]["ingress"] = json!([]);
        cluster["status"] = json!({"conditions": []});
        assert_eq!(compare(&policy(), &cluster), []);
    }

    #[test]
    fn what_somebody_added_is_one() {
        let mut cluster = policy();
        cluster["spec"]["ingress"] = json!([{}]);
        cluster["spec"]["egress"][0]["ports"][0]["protocol"] = json!("UDP");
        cluster["spec"]["egress"][0]["to"][0]["namespaceSelector"] = json!({});
        cluster["metadata"]["labels"]["pure-agent.dev/owner"] = json!("mallory");
        assert_eq!(
            fields(&policy(), &cluster),
            [
                "metadata.labels.pure-agent.dev/owner",
                "spec.egress[0].ports[0].protocol",
                "spec.egress[0].to[0].namespaceSelector",
                "spec.ingress",
            ]
        );
    }

    #[test]
    fn what_is_changed_or_missing_is_one() {
        let mut cluster = policy();
        cluster["spec"]["egress"][0]["ports"][0]["port"] = json!(9090);
        cluster["spec"]["policyTypes"] = json!(["Egress"]);
        cluster["metadata"]["labels"] = json!({});
        assert_eq!(
            fields(&policy(), &cluster),
            [
                "metadata.labels.pure-agent.dev/role",
                "spec.egress[0].ports[0].port",
                "spec.policyTypes",
            ]
        );
        let told: Vec<String> = compare(&policy(), &cluster)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told[1],
            "`spec.egress[0].ports[0].port` is 9090 in the cluster and 8080 in the bundle"
        );
    }

    #[test]
    fn more_elements_and_fewer_are_told_one_by_one() {
        let mut cluster = policy();
        cluster["spec"]["egress"] = json!([policy()["spec"]["egress"][0], {"to": []}]);
        assert_eq!(fields(&policy(), &cluster), ["spec.egress[1]"]);
        cluster["spec"]["egress"] = json!([]);
        assert_eq!(fields(&policy(), &cluster), ["spec.egress[0]"]);
    }

    #[test]
    fn a_patch_takes_out_whole_fields_only() {
        let mut cluster = policy();
        cluster["spec"]["ingress"] = json!([{}]);
        cluster["spec"]["egress"][0]["to"][0]["namespaceSelector"] = json!({});
        let patch = without_extras(&compare(&policy(), &cluster));
        assert_eq!(patch, json!({"spec": {"ingress": null}}));
        assert_eq!(without_extras(&compare(&policy(), &policy())), Value::Null);
    }
}
