//! The same agent on this machine, under `pure-agent run`: what keeps it apart is a pod of its own.

use hyper::Response;
use pure_agent_escape::{MARK, NAME, TEMPLATES, all};
use pure_agent_runtime::body;
use pure_agent_tests::canary::canary;
use pure_agent_tests::escape::{PROGRAM, address, keep, outcomes, programs, prompt, with};
use pure_agent_tests::place::{Place, value_of};
use pure_agent_tests::program::{Scratch, program, said};
use pure_agent_tests::readers::skipped;
use pure_agent_tests::services::issues;
use pure_agent_tests::sources::{folder as files, repository};
use pure_agent_tests::world::World;
use serde_json::{Value, json};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::Output;

const STRANGER: &str = "stranger.example.net";
const SPEC: &str = "specs/pure-agent.kdl";
const POLICY: &str = "policies/pure-agent.kdl";
const TARGET: &str = "targets/kind.kdl";
/// Of the other family, which not every machine has.
const OF_V6: [&str; 9] = [
    "outside-tcp-v6",
    "outside-udp-v6",
    "outside-icmp-v6",
    "dns-udp-v6",
    "dns-tcp-v6",
    "api-service-v6",
    "api-endpoint-v6",
    "kubelet-v6",
    "other-pod-v6",
];

/// The example with an attacker as its agent, and hosts that stand on loopback.
fn sources(command: &Path) -> Scratch {
    let mut sources = files(&repository().join("examples/pure-agent"));
    let command = format!("harness \"generic\"\n    command \"{}\"", command.display());
    for (file, from, to) in [
        (SPEC, "harness \"claude-code\"", command.as_str()),
        (SPEC, "approve \"fetch\" by=\"human\"", "allow \"fetch\""),
        (
            POLICY,
            "approve \"fetch\" \"fetch\"",
            "tool \"fetch\" \"fetch\"",
        ),
        (SPEC, "memory \"1600Mi\"", "memory \"256Mi\""),
        (
            TARGET,
            "    storage-class",
            "    private \"127.0.0.0/8\" port=443\n    trust-bundle \"authority\" key=\"ca.crt\"\n    storage-class",
        ),
    ] {
        let text = sources.get_mut(file).unwrap();
        let before = String::from_utf8_lossy(text).into_owned();
        assert_eq!(before.matches(from).count(), 1, "{file}: {from}");
        *text = before.replace(from, to).into_bytes();
    }
    Scratch::with("sources", &sources)
}

/// What of this machine an agent must not reach: servers that are there for as long as this lives.
struct Machine {
    addresses: Vec<Value>,
    _listeners: Vec<TcpListener>,
    _datagrams: UdpSocket,
    _abstract: UnixListener,
    _socket: UnixListener,
    folder: Scratch,
}

impl Machine {
    fn new() -> Self {
        let folder = Scratch::new("machine");
        // Of both families, where the machine has both.
        let both = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"));
        let everywhere = both.unwrap();
        let at = everywhere.local_addr().unwrap();
        let (datagrams, port) = (UdpSocket::bind(at).unwrap(), at.port());
        let mut addresses = Vec::new();
        for ip in own_addresses(at.is_ipv6()) {
            addresses.extend(LABELS.map(|label| address(label, &ip, port)));
        }
        addresses.extend([
            address("metadata", "169.254.169.254", 80),
            address("metadata", "fd00:ec2::254", 80),
        ]);
        let name =
            SocketAddr::from_abstract_name(format!("pure-agent-escape-{}", std::process::id()))
                .unwrap();
        let socket = folder.path().join("socket");
        Self {
            addresses,
            _listeners: vec![everywhere],
            _datagrams: datagrams,
            _abstract: UnixListener::bind_addr(&name).unwrap(),
            _socket: UnixListener::bind(socket).unwrap(),
            folder,
        }
    }
}

/// What a server could be that listens everywhere.
const LABELS: [&str; 16] = [
    "outside",
    "outside-udp",
    "dns-udp",
    "dns-tcp",
    "dns-tls",
    "dns-https",
    "api-service",
    "api-endpoint",
    "kubelet",
    "kubelet-read-only",
    "node",
    "node-port",
    "other-pod",
    "other-agent",
    "other-gateway-control",
    "other-spec-gateway",
];

/// Loopback, where other people's servers are, and the addresses by which this machine would leave.
fn own_addresses(both: bool) -> Vec<String> {
    let leaves = |own: &str, to: &str| {
        let socket = UdpSocket::bind(own).ok()?;
        // Nothing is sent.
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip().to_string())
    };
    let mut all = vec!["127.0.0.1".to_owned()];
    all.extend(leaves("0.0.0.0:0", "198.51.100.1:9"));
    if both {
        all.push("::1".to_owned());
        all.extend(leaves("[::]:0", "[2001:db8:1::1]:9"));
    }
    all
}

fn facts(machine: &Machine, (other, bearer): (&str, &str)) -> Value {
    json!({
        "addresses": machine.addresses,
        "tunnel": "packages.example.com", "stranger": STRANGER,
        "route": "api.github.com", "path": "/repos/dlddu/tool",
        "other_gateway": other, "other_bearer": bearer,
        "names": ["pure-agent", "pure-agent-agent-0"],
        "memory": 256 << 20,
        "submissions": [
            {"actions": ["continue"], "summary": format!("More {TEMPLATES}")},
            {"actions": ["report", "upload"], "summary": format!("All is done. {TEMPLATES}"), "report": TEMPLATES},
        ],
    })
}

fn run(world: &World, told: &str, machine: &Machine, folder: &Path) -> Output {
    let programs = programs().unwrap();
    let sources = sources(&programs.join(PROGRAM));
    let mut command = world.command(program());
    command
        .arg("run")
        .arg(sources.path())
        .arg("--keep")
        .arg("--dry-run-exports");
    command
        .arg("--folder")
        .arg(folder)
        .arg("--trust")
        .arg(world.bundle());
    command.arg("--agent-path").arg(programs);
    command
        .args(["--input", "issue=A-1"])
        .arg("--input")
        .arg(format!("prompt={told}"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", machine.folder.path());
    // What a person has in a shell, and an agent must not.
    command
        .env("SSH_AUTH_SOCK", machine.folder.path().join("socket"))
        .env("AWS_SECRET_ACCESS_KEY", "canary-of-a-person");
    for name in [
        "claude",
        "github",
        "linear",
        "linear-out",
        "linear-session",
        "rates",
        "s3",
    ] {
        let variable = format!("SECRET_{}", name.replace('-', "_"));
        command.env(&variable, value_of(name));
        command
            .arg("--secret")
            .arg(format!("{name}=env:{variable}"));
    }
    command.output().unwrap()
}

/// The logs of a run's two agents.
fn logs(folder: &Path) -> String {
    let log = |cycle| std::fs::read_to_string(folder.join(format!("logs/agent-{cycle}.log")));
    [0, 1].map(|cycle| log(cycle).unwrap_or_default()).concat()
}

#[test]
fn nothing_leads_out_of_a_run_on_this_machine() {
    let (Some(_), Some(world)) = (programs(), World::or_skip()) else {
        return;
    };
    let stranger = world.serve(STRANGER, |_| Response::new(body::whole(STRANGER)));
    let granted = world.serve("packages.example.com", |_| {
        Response::new(body::whole("index"))
    });
    world.serve("api.linear.app", |request| {
        issues::serve(request, &canary("linear"))
    });
    let route = world.serve("api.github.com", |request| {
        let host = request
            .headers()
            .get("host")
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        match request.uri().path().ends_with("escape-redirect") {
            true => Response::builder()
                .status(302)
                .header("location", format!("https://{STRANGER}/"))
                .body(body::empty())
                .unwrap(),
            false => Response::new(body::whole(format!("{{\"host\":\"{host}\"}}"))),
        }
    });
    let (machine, kept) = (Machine::new(), Scratch::new("kept"));
    let folder = kept.path().join("run");
    let other = Place::within(&world, |_| ());
    let gateway = other.gateway_in(&world);
    let bearer = other.start(&gateway, "0").1.unwrap();
    let told = prompt(&facts(&machine, (&gateway.agent, &bearer)));
    let done = run(&world, &told, &machine, &folder);
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    if told.contains("cannot keep an agent apart") {
        return skipped(&format!("no run on this machine: {told}"));
    }
    assert!(folder.exists(), "{}", said(&done));
    let found = outcomes(&logs(&folder));
    for (name, (outcome, evidence)) in &found {
        println!("{outcome} {name}: {evidence}");
    }
    assert_eq!(with(&found, "escaped"), [""; 0], "{}", said(&done));
    for (_, attempt) in all() {
        match found
            .get(attempt.name)
            .map(|(outcome, why)| (outcome.as_str(), why))
        {
            None => panic!("{} was not tried\n{}", attempt.name, said(&done)),
            Some(("not-applicable", why)) => {
                println!("NOT SHOWN: {}: {why}", attempt.name);
                assert!(OF_V6.contains(&attempt.name), "{}: {why}", attempt.name);
            }
            Some(_) => {}
        }
    }
    assert!(stranger.asked().is_empty(), "{:?}", stranger.asked());
    assert!(granted.asked().is_empty(), "{:?}", granted.asked());
    for request in route.asked() {
        assert!(
            request.uri().path().starts_with("/repos/dlddu/"),
            "{request:?}"
        );
    }
    left(&folder, &machine, &done);
    keep("escapes-local.md", "under `pure-agent run`", &found);
}

/// What the run left: nothing was run, and nothing of this machine is in what was packed. The workspace has a file of a
/// terabyte, so only names are looked at there.
fn left(folder: &Path, machine: &Machine, done: &Output) {
    for place in [
        "workspace",
        "workspace/repo",
        "outbox",
        "outbox/archives",
        "outbox/blobs",
    ] {
        for entry in folder.join(place).read_dir().unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            assert!(
                name != MARK && !name.contains("lingered"),
                "{place}/{name}\n{}",
                said(done)
            );
        }
    }
    let mut planted = false;
    for (name, bytes) in files(&folder.join("outbox")) {
        let text = String::from_utf8_lossy(&bytes);
        planted |= text.contains(NAME);
        for word in ["root:x:0:0", "canary-of-", "PURE_AGENT_UID="] {
            assert!(!text.contains(word), "{name}: {word}");
        }
    }
    assert!(planted, "nothing was packed\n{}", said(done));
    let home = machine.folder.path().read_dir().unwrap().count();
    assert_eq!(home, 1, "the home of a person was written");
}
