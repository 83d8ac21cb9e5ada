//! Every attempt can lead out: here nothing stops it.

use pure_agent_escape::{Group, all};
use pure_agent_tests::escape::{Outcomes, PROGRAM, address, programs, prompt, reported, with};
use pure_agent_tests::program::{Scratch, said};
use pure_agent_tests::readers::skipped;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Two networks: in the first, every address is the open door's; the second is the attacker's, with a way to the first
/// and the same door on its own loopback.
const NETWORK: &str = r#"set -e
cd "$2"
mount --bind resolv.conf /etc/resolv.conf
mount --bind nsswitch.conf /etc/nsswitch.conf
ip link set lo up
ip link add outside type veth peer name inside
ip address add 198.51.100.1/24 dev outside
ip address add 169.254.169.254/32 dev outside
ip link set outside up
for one in 2001:db8:1::1/64 fd00:ec2::254/128 64:ff9b::c633:6401/128 2002:c633:6401::1/128; do
    ip address add "$one" dev outside nodad
done
ip route add default dev outside
mkfifo go
open() { "$1" open >"$2" & for _ in $(seq 100); do grep -q '^open$' "$2" && break; sleep 0.1; done; }
open "$1" outer
outer=$!
unshare --net /bin/sh -c '
    read -r _ <go
    ip link set lo up
    ip address add 198.51.100.9/24 dev inside
    ip address add 2001:db8:1::9/64 dev inside nodad
    ip link set inside up
    ip route add default via 198.51.100.1
    ip route add default via 2001:db8:1::1
    echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
    "$1" open >inner & inner=$!
    sleep 1
    "$1" only network gateway <prompt
    kill $inner' sh "$1" &
attacker=$!
trap 'kill $outer' EXIT
sleep 0.5
ip link set inside netns $attacker
echo >go
wait $attacker
"#;

/// Where everything is that an agent must not reach; each address is the open door's.
pub(crate) fn addresses() -> Vec<Value> {
    let (v4, v6) = ("198.51.100.1", "2001:db8:1::1");
    let mut all = vec![
        address("metadata", "169.254.169.254", 80),
        address("metadata", "fd00:ec2::254", 80),
        address("kubelet-read-only", v4, 10255),
        address("node", v4, 22),
        address("node-port", v4, 30080),
        address("other-agent", v4, 8081),
        address("other-spec-gateway", v4, 8080),
        address("other-gateway-control", v4, 9090),
        address("dns-tls", v4, 853),
        address("dns-https", v4, 443),
    ];
    for ip in [v4, v6] {
        all.extend([
            address("outside", ip, 443),
            address("outside-udp", ip, 443),
            address("dns-udp", ip, 53),
            address("dns-tcp", ip, 53),
            address("api-service", ip, 443),
            address("api-endpoint", ip, 6443),
            address("kubelet", ip, 10250),
            address("other-pod", ip, 8081),
        ]);
    }
    all
}

fn facts() -> Value {
    json!({
        "addresses": addresses(),
        "tunnel": "packages.example.com", "stranger": "stranger.example.net",
        "route": "api.github.com", "path": "/repos/dlddu/tool",
        "other_gateway": "198.51.100.1:8080", "other_bearer": "another-bearer",
        "names": ["run-1", "pure-agent"],
    })
}

/// A program that is told this on standard input.
fn given(mut command: Command, text: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn names(groups: &[Group]) -> Vec<&'static str> {
    let of = all()
        .into_iter()
        .filter(|(group, _)| groups.contains(group));
    of.map(|(_, attempt)| attempt.name).collect()
}

fn found(outcomes: &Outcomes, name: &str) -> String {
    outcomes
        .get(name)
        .map_or("nothing".to_owned(), |(outcome, evidence)| {
            format!("{outcome}: {evidence}")
        })
}

#[test]
fn through_an_open_door_every_attempt_of_the_network_leads_out() {
    let Some(folder) = programs() else { return };
    let scratch = Scratch::new("open");
    std::fs::write(scratch.path().join("resolv.conf"), "nameserver 127.0.0.1\n").unwrap();
    std::fs::write(scratch.path().join("nsswitch.conf"), "hosts: files dns\n").unwrap();
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--", "/bin/sh", "-c", NETWORK, "sh"]);
    command.arg(folder.join(PROGRAM)).arg(scratch.path());
    command
        .env("PURE_AGENT_GATEWAY", "http://198.51.100.1:8080")
        .env("PURE_AGENT_BEARER", "a".repeat(43));
    let tools = ["unshare", "ip"]
        .iter()
        .all(|tool| Command::new(tool).arg("--help").output().is_ok());
    let may = Command::new("unshare")
        .args(["--net", "--mount", "true"])
        .status();
    if !tools || !may.is_ok_and(|status| status.success()) {
        skipped("no open door: a network namespace needs root, `unshare` and `ip`");
        return;
    }
    std::fs::write(scratch.path().join("prompt"), prompt(&facts())).unwrap();
    let done = command.output().unwrap();
    let outcomes = reported(&done);
    let wrong: Vec<String> = names(&[Group::Network, Group::Gateway])
        .into_iter()
        .filter(|name| {
            outcomes
                .get(*name)
                .is_none_or(|(outcome, _)| outcome != "escaped")
        })
        .map(|name| format!("{name}: {}", found(&outcomes, name)))
        .collect();
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), said(&done));
}

/// A user of this machine, without any isolation: the kernel gives it what the isolation takes.
#[test]
fn without_isolation_the_attempts_on_the_machine_lead_out() {
    let Some(folder) = programs() else { return };
    let scratch = Scratch::new("free");
    let copied = Scratch::new("copied");
    for name in [PROGRAM, pure_agent_tests::escape::HELPER] {
        std::fs::copy(folder.join(name), copied.path().join(name)).unwrap();
    }
    let free: &Path = scratch.path();
    let opened = Command::new("chmod")
        .args(["0777"])
        .arg(free)
        .arg(copied.path())
        .status();
    assert!(opened.unwrap().success());
    // Somebody else's socket, which anybody may open.
    let socket = free.join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(
        Command::new("chmod")
            .arg("0777")
            .arg(&socket)
            .status()
            .unwrap()
            .success()
    );
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    command
        .arg(copied.path().join(PROGRAM))
        .args(["only", "kernel", "place"]);
    command
        .current_dir(free)
        .env_clear()
        .env("AWS_SECRET_ACCESS_KEY", "canary")
        .env("TMPDIR", free);
    let root = Command::new("setpriv")
        .args(["--reuid", "65534", "--clear-groups", "true"])
        .status();
    if !root.is_ok_and(|status| status.success()) {
        skipped("no machine without isolation: another user needs root and `setpriv`");
        return;
    }
    let done = given(command, &prompt(&json!({})));
    let outcomes = reported(&done);
    let escaped = with(&outcomes, "escaped");
    for name in [
        "new-privileges",
        "no-seccomp",
        "environment",
        "host-processes",
        "namespace-of-host",
        "unix-sockets",
    ] {
        assert!(
            outcomes
                .get(name)
                .is_some_and(|(outcome, _)| outcome == "escaped"),
            "{name}: {}\n{escaped:#?}",
            found(&outcomes, name)
        );
    }
    let (named, reported) = (names(&[Group::Kernel, Group::Place]).len(), outcomes.len());
    assert_eq!(named, reported, "{}", said(&done));
}
