//! An agent that tries to leave. Everything that it finds open fails the test.

use pure_agent_tests::local::{Local, NOBODY, isolates, public};
use pure_agent_tests::program::Scratch;
use pure_agent_tests::readers::skipped;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Fewest attempts that are made, whatever the machine.
const FEWEST: usize = 60;

/// What listens on this machine while an agent tries to reach it.
struct Open {
    _tcp: Vec<TcpListener>,
    _unix: Vec<UnixListener>,
    targets: Value,
}

/// Addresses of this machine, by what it would use to speak to others; no packet is sent for it.
fn own_addresses() -> Vec<IpAddr> {
    let toward = [
        ("0.0.0.0:0", "198.51.100.1:9"),
        ("[::]:0", "[2001:db8::1]:9"),
    ];
    let found = toward.into_iter().filter_map(|(from, to)| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    });
    found.collect()
}

fn open(name: &str, local: &Local, shared: &Scratch) -> Open {
    let (mut tcp, mut targets) = (Vec::new(), Vec::new());
    let loopback = ["127.0.0.1", "::1"].map(|host| host.parse::<IpAddr>().unwrap());
    for host in loopback.into_iter().chain(own_addresses()) {
        if let Ok(listener) = TcpListener::bind((host, 0)) {
            targets.push(json!([host, listener.local_addr().unwrap().port()]));
            tcp.push(listener);
        }
    }
    let hidden = format!("pure-agent-{name}-{}", std::process::id());
    let hidden_at = SocketAddr::from_abstract_name(&hidden).unwrap();
    let path = shared.path().join("socket");
    let unix = vec![
        UnixListener::bind_addr(&hidden_at).unwrap(),
        UnixListener::bind(&path).unwrap(),
    ];
    // They are open, so that whoever does not reach them is kept from it.
    for target in &targets {
        let host: IpAddr = target[0].as_str().unwrap().parse().unwrap();
        let port = u16::try_from(target[1].as_u64().unwrap()).unwrap();
        TcpStream::connect((host, port)).unwrap_or_else(|e| panic!("{target}: {e}"));
    }
    let resolvers = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let resolvers = resolvers
        .lines()
        .filter_map(|line| line.strip_prefix("nameserver "));
    let targets = json!({
        "tcp": targets, "unix": [format!("@{hidden}"), path], "resolvers": resolvers.collect::<Vec<_>>(),
        "folder": local.out(), "process": std::process::id(),
    });
    Open {
        _tcp: tcp,
        _unix: unix,
        targets,
    }
}

/// What came of each attempt, as a user that this process becomes.
fn tried(name: &str, user: Option<u32>) {
    let local = Local::new(name);
    let shared = Scratch::new(&format!("{name}-shared"));
    local.agent(include_str!("escapes.py"));
    let open = open(name, &local, &shared);
    local.write("bin/targets.json", &open.targets.to_string());
    let mut command = match user {
        None => local.command(),
        Some(user) => {
            let mut command = Command::new(public(shared.path()));
            command.uid(user).gid(user);
            let folder = local.at("");
            std::os::unix::fs::chown(&folder, Some(user), Some(user)).unwrap();
            local.with(command)
        }
    };
    // What a user has in the environment is not the agent's.
    command
        .env("MARK_OF_THE_USER", "canary-of-secret-environment")
        .env("AWS_SECRET_ACCESS_KEY", "canary-of-secret-aws");
    command.arg("--keep");
    let done = command.output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", local.told(&done));
    let workspace = local.out().join("workspace");
    let text = std::fs::read_to_string(workspace.join("attempts.json"));
    let text = text.unwrap_or_else(|e| panic!("{e}: {}", local.told(&done)));
    let attempts: BTreeMap<String, Option<String>> = serde_json::from_str(&text).unwrap();
    assert!(attempts.len() >= FEWEST, "only {} attempts", attempts.len());
    let escaped: BTreeMap<_, _> = attempts.iter().filter(|(_, what)| what.is_some()).collect();
    assert!(escaped.is_empty(), "{escaped:#?}");
    // Links that it left led nobody anywhere.
    assert!(
        local.log("pack").contains("\"packed\""),
        "{}",
        local.told(&done)
    );
}

#[test]
fn an_agent_leaves_by_no_way() {
    if isolates() {
        tried("escapes", None);
    }
}

/// A user without rights has less to keep an agent apart with.
#[test]
fn nor_where_a_user_without_rights_started_it() {
    if !isolates() {
        return;
    }
    match std::fs::metadata("/proc/self").map(|about| std::os::unix::fs::MetadataExt::uid(&about)) {
        Ok(0) => tried("escapes-nobody", Some(NOBODY)),
        _ => skipped("the first test was that of a user without rights"),
    }
}
