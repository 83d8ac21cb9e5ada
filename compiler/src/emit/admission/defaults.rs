//! What the API server makes of a pod before admission sees it.
//!
//! It fills in defaults and leaves out what is empty. A declared pod can be compared with a real one
//! only in that form. A Kubernetes that gains a default of its own makes the two differ: such pods are
//! refused until this list knows the field.

use crate::value::{Map, Value};

/// The pod as admission sees it, but for what depends on the cluster: tolerations, priority, overhead.
#[must_use]
pub(super) fn complete(mut pod: Value) -> Value {
    prune(&mut pod);
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_map_mut) else {
        return pod;
    };
    default(spec, "dnsPolicy", "ClusterFirst");
    default(spec, "restartPolicy", "Always");
    default(spec, "schedulerName", "default-scheduler");
    default(spec, "terminationGracePeriodSeconds", 30_i64);
    default(spec, "securityContext", Map::new());
    default(spec, "enableServiceLinks", true);
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        spec.insert("serviceAccount", account);
    }
    for list in ["containers", "initContainers"] {
        each(spec, list, container);
    }
    each(spec, "volumes", volume);
    pod
}

fn container(container: &mut Map) {
    default(container, "terminationMessagePath", "/dev/termination-log");
    default(container, "terminationMessagePolicy", "File");
    default(container, "imagePullPolicy", "IfNotPresent");
    default(container, "resources", Map::new());
    each(container, "ports", |port| default(port, "protocol", "TCP"));
    each(container, "env", |variable| {
        // The API server drops an empty value.
        if variable.get("value").and_then(Value::as_str) == Some("") {
            variable.remove("value");
        }
    });
    if let Some(probe) = container
        .get_mut("readinessProbe")
        .and_then(Value::as_map_mut)
    {
        for (key, value) in [
            ("failureThreshold", 3_i64),
            ("periodSeconds", 10),
            ("successThreshold", 1),
            ("timeoutSeconds", 1),
        ] {
            default(probe, key, value);
        }
        if let Some(get) = probe.get_mut("httpGet").and_then(Value::as_map_mut) {
            default(get, "path", "/");
            default(get, "scheme", "HTTP");
        }
    }
}

fn volume(volume: &mut Map) {
    for source in ["secret", "configMap"] {
        if let Some(files) = volume.get_mut(source).and_then(Value::as_map_mut) {
            default(files, "defaultMode", 0o644_i64);
        }
    }
}

fn default(map: &mut Map, key: &'static str, value: impl Into<Value>) {
    if map.get(key).is_none() {
        map.insert(key, value);
    }
}

fn each(map: &mut Map, key: &str, change: impl Fn(&mut Map)) {
    let items = map.get_mut(key).and_then(Value::items_mut);
    for item in items.into_iter().flatten() {
        if let Some(item) = item.as_map_mut() {
            change(item);
        }
    }
}

/// Takes out nulls, empty lists and false flags that the API server does not keep.
fn prune(value: &mut Value) {
    match value {
        Value::List(list) => list.iter_mut().for_each(prune),
        Value::Map(map) => {
            let gone: Vec<String> = map
                .iter()
                .filter(|(key, value)| left_out(key, value))
                .map(|(key, _)| key.to_owned())
                .collect();
            for key in gone {
                map.remove(&key);
            }
            map.iter_mut().for_each(|(_, value)| prune(value));
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Str(_) => {}
    }
}

fn left_out(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(list) => list.is_empty(),
        // Fields without a pointer in Kubernetes' own types.
        Value::Bool(false) => matches!(
            key,
            "readOnly" | "hostNetwork" | "hostPID" | "hostIPC" | "stdin" | "stdinOnce" | "tty"
        ),
        Value::Bool(true) | Value::Int(_) | Value::Str(_) | Value::Map(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::complete;
    use crate::{list, object};

    #[test]
    fn defaults_are_added_and_nothing_is_overwritten() {
        let pod = complete(object! { "spec" => object! {
            "serviceAccountName" => "a-pack",
            "dnsPolicy" => "None",
            "hostNetwork" => false,
            "volumes" => list![object! { "name" => "tmp", "emptyDir" => object! {} }],
            "containers" => list![object! {
                "name" => "pack",
                "env" => list![object! { "name" => "A", "value" => "" }],
                "command" => list![""],
                "volumeMounts" => list![],
            }],
        }});
        let at = |path: &[&str]| pod.path(path).cloned();
        assert_eq!(at(&["spec", "dnsPolicy"]), Some("None".into()));
        assert_eq!(at(&["spec", "serviceAccount"]), Some("a-pack".into()));
        assert_eq!(at(&["spec", "hostNetwork"]), None);
        let container = pod.path(&["spec", "containers", "0"]).unwrap();
        assert_eq!(container.get("volumeMounts"), None);
        assert_eq!(container.path(&["env", "0", "value"]), None);
        assert_eq!(container.path(&["command", "0"]), Some(&"".into()));
        assert_eq!(
            container.text_at(&["terminationMessagePolicy"]),
            Some("File")
        );
        assert_eq!(at(&["spec", "volumes", "0", "emptyDir"]), Some(object! {}));
    }
}
