//! Pod hardening, 1 to 28.

use super::Rule::{Container, Pod};
use super::{Check, bad, containers, context, items, texts};
use pure_agent::value::Value;

const fn check(number: u8, name: &'static str, rule: super::Rule) -> Check {
    Check { number, name, rule }
}

pub(super) const CHECKS: &[Check] = &[
    check(
        1,
        "not privileged",
        Container(|_, c| flag_is(c, "privileged", true)),
    ),
    check(
        2,
        "no privilege escalation",
        Container(|_, c| {
            bad(
                own_flag(c, "allowPrivilegeEscalation") != Some(false),
                "not forbidden",
            )
        }),
    ),
    check(
        3,
        "drop ALL capabilities",
        Container(|_, c| {
            bad(
                !texts(c, &["securityContext", "capabilities", "drop"]).contains(&"ALL"),
                "not dropped",
            )
        }),
    ),
    check(
        4,
        "no added capability",
        Container(|_, c| {
            let added = texts(c, &["securityContext", "capabilities", "add"]);
            bad(!added.is_empty(), format!("adds {added:?}"))
        }),
    ),
    check(
        5,
        "runAsNonRoot",
        Container(|p, c| {
            let set = context(p, c, "runAsNonRoot").and_then(Value::as_bool);
            bad(set != Some(true), format!("is {set:?}"))
        }),
    ),
    check(
        6,
        "runAsUser is not 0",
        Container(|p, c| {
            let user = context(p, c, "runAsUser").and_then(Value::as_int);
            bad(user.is_none_or(|user| user == 0), format!("user {user:?}"))
        }),
    ),
    check(
        7,
        "runAsUser is at least 10000",
        Container(|p, c| low(p, c, "runAsUser", "user")),
    ),
    check(
        8,
        "runAsGroup is at least 10000, no root group",
        Container(|p, c| low(p, c, "runAsGroup", "group").or_else(|| root_group(p))),
    ),
    check(
        9,
        "seccomp RuntimeDefault or Localhost",
        Container(|p, c| {
            let profile = context(p, c, "seccompProfile").and_then(|p| p.text_at(&["type"]));
            bad(
                !matches!(profile, Some("RuntimeDefault" | "Localhost")),
                format!("is {profile:?}"),
            )
        }),
    ),
    check(10, "AppArmor set, not unconfined", Container(apparmor)),
    check(
        11,
        "read-only root file system",
        Container(|_, c| {
            bad(
                own_flag(c, "readOnlyRootFilesystem") != Some(true),
                "is writable",
            )
        }),
    ),
    check(12, "no hostNetwork", Pod(|p| host(p, "hostNetwork"))),
    check(13, "no hostPID", Pod(|p| host(p, "hostPID"))),
    check(14, "no hostIPC", Pod(|p| host(p, "hostIPC"))),
    check(
        15,
        "no hostPort",
        Container(|_, c| {
            bad(
                items(c, &["ports"])
                    .iter()
                    .any(|p| p.get("hostPort").is_some()),
                "a host port",
            )
        }),
    ),
    check(
        16,
        "no hostPath",
        Pod(|p| {
            bad(
                volumes(p).iter().any(|v| v.get("hostPath").is_some()),
                "a path of the node",
            )
        }),
    ),
    check(17, "no container runtime socket", Pod(socket)),
    check(18, "volume types", Pod(volume_types)),
    check(
        19,
        "default procMount",
        Container(|_, c| {
            let mount = c.text_at(&["securityContext", "procMount"]);
            bad(mount.is_some_and(|m| m != "Default"), "another procMount")
        }),
    ),
    check(
        20,
        "no sysctls",
        Pod(|p| {
            bad(
                !items(p, &["spec", "securityContext", "sysctls"]).is_empty(),
                "sets sysctls",
            )
        }),
    ),
    check(
        21,
        "no SELinux options",
        Container(|p, c| {
            bad(
                context(p, c, "seLinuxOptions").is_some(),
                "sets SELinux options",
            )
        }),
    ),
    check(
        22,
        "no Windows host process",
        Container(|p, c| {
            bad(
                context(p, c, "windowsOptions").is_some(),
                "sets Windows options",
            )
        }),
    ),
    check(
        23,
        "no host in probes or hooks",
        Container(|_, c| {
            let hooks = [
                "livenessProbe",
                "readinessProbe",
                "startupProbe",
                "lifecycle",
            ];
            bad(
                hooks.iter().any(|h| c.get(h).is_some_and(names_host)),
                "names a host",
            )
        }),
    ),
    check(
        24,
        "no hostAliases",
        Pod(|p| {
            bad(
                !items(p, &["spec", "hostAliases"]).is_empty(),
                "has host aliases",
            )
        }),
    ),
    check(
        25,
        "hostUsers: false",
        Pod(|p| {
            bad(
                p.path(&["spec", "hostUsers"]) != Some(&Value::Bool(false)),
                "users of the node",
            )
        }),
    ),
    check(
        26,
        "no port below 1024",
        Container(|_, c| {
            let ports = items(c, &["ports"])
                .iter()
                .filter_map(|p| p.get("containerPort")?.as_int());
            bad(ports.into_iter().any(|port| port < 1024), "a low port")
        }),
    ),
    check(
        27,
        "at most 4 containers",
        Pod(|p| {
            let count = containers(p).count();
            bad(!(1..=4).contains(&count), format!("{count} containers"))
        }),
    ),
    check(
        28,
        "no tty or stdin",
        Container(|_, c| {
            bad(
                ["tty", "stdin"]
                    .iter()
                    .any(|f| c.get(f) == Some(&Value::Bool(true))),
                "interactive",
            )
        }),
    ),
];

fn own_flag(container: &Value, field: &str) -> Option<bool> {
    container
        .path(&["securityContext", field])
        .and_then(Value::as_bool)
}

fn flag_is(container: &Value, field: &str, wrong: bool) -> Option<String> {
    bad(
        own_flag(container, field) == Some(wrong),
        format!("{field}: {wrong}"),
    )
}

fn host(pod: &Value, field: &str) -> Option<String> {
    let set = pod.path(&["spec", field]);
    bad(
        set.is_some_and(|v| v != &Value::Bool(false)),
        format!("sets {field}"),
    )
}

fn low(pod: &Value, container: &Value, field: &str, word: &str) -> Option<String> {
    match context(pod, container, field).and_then(Value::as_int) {
        Some(id) => bad(id < 10_000, format!("{word} {id}")),
        None => Some(format!("{word} is not set")),
    }
}

fn root_group(pod: &Value) -> Option<String> {
    let context = pod.path(&["spec", "securityContext"])?;
    let more = items(context, &["supplementalGroups"]).iter();
    bad(
        context
            .get("fsGroup")
            .into_iter()
            .chain(more)
            .any(|g| g == &Value::Int(0)),
        "root group",
    )
}

fn apparmor(pod: &Value, container: &Value) -> Option<String> {
    let profile = context(pod, container, "appArmorProfile").and_then(|p| p.text_at(&["type"]));
    match profile {
        None => Some("not set".to_owned()),
        Some("RuntimeDefault" | "Localhost") => None,
        Some(other) => Some(format!("is {other}")),
    }
}

fn volumes(pod: &Value) -> &[Value] {
    items(pod, &["spec", "volumes"])
}

fn socket(pod: &Value) -> Option<String> {
    let sockets = [
        "docker.sock",
        "containerd.sock",
        "crio.sock",
        "dockershim.sock",
    ];
    let held = |path: &str| sockets.iter().any(|socket| path.contains(socket));
    let paths = volumes(pod)
        .iter()
        .filter_map(|v| v.text_at(&["hostPath", "path"]));
    let mounts = containers(pod).flat_map(|c| items(c, &["volumeMounts"]));
    let mounts = mounts.filter_map(|m| m.text_at(&["mountPath"]));
    bad(
        paths.chain(mounts).any(held),
        "a socket of the container runtime",
    )
}

fn volume_types(pod: &Value) -> Option<String> {
    const ALLOWED: [&str; 9] = [
        "name",
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];
    let fields = volumes(pod)
        .iter()
        .filter_map(Value::as_map)
        .flat_map(|v| v.iter());
    let wrong = fields
        .map(|(field, _)| field)
        .find(|field| !ALLOWED.contains(field));
    let token = volumes(pod)
        .iter()
        .flat_map(|v| items(v, &["projected", "sources"]));
    wrong.map(|field| format!("a {field} volume")).or_else(|| {
        bad(
            token
                .into_iter()
                .any(|s| s.get("serviceAccountToken").is_some()),
            "a projected token",
        )
    })
}

fn names_host(hook: &Value) -> bool {
    match hook {
        Value::Map(map) => map.get("host").is_some() || map.iter().any(|(_, v)| names_host(v)),
        Value::List(list) => list.iter().any(names_host),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Str(_) => false,
    }
}
