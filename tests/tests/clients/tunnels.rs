//! Tunnels, by the programs that need them. Each runs where nothing but the gateway can be reached.

use crate::git::{Repositories, git};
use crate::install;
use crate::packages::{HOST, Packages};
use crate::run::{Agent, clean, tunnels};
use hyper::Response;
use pure_agent_runtime::body;
use pure_agent_tests::program::{Scratch, said};
use pure_agent_tests::world::{Served, World};
use std::path::Path;
use std::process::{Command, Output};

/// Runs a client in an empty folder, which is its home.
fn ended(command: &mut Command, home: &Scratch) -> Output {
    clean(command, home.path()).output().unwrap()
}

fn sure(command: &mut Command, home: &Scratch) {
    let done = ended(command, home);
    assert!(done.status.success(), "{}", said(&done));
}

/// A world with the registry, and an agent that may reach it.
fn registry(world: &World) -> (Served, Agent<'_>) {
    let packages = Packages::make();
    let served = world.serve(HOST, move |request| packages.serve(request));
    let agent = Agent::start(world, |contract| tunnels(contract, &[HOST]));
    (served, agent)
}

/// Paths that a server was asked for.
fn paths(served: &Served) -> Vec<String> {
    let asked = served.asked();
    asked.iter().map(|r| r.uri().path().to_owned()).collect()
}

#[test]
fn curl_reaches_the_hosts_of_the_spec_and_no_other() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let hosts = [
        "granted.example.com",
        "gone.example.com",
        "*.wild.example.com",
    ];
    let hi = |_: &_| Response::new(body::whole("hi"));
    let granted = world.serve("granted.example.com", hi);
    let below = world.serve("a.wild.example.com", hi);
    let others = ["other.example.com", "wild.example.com"].map(|name| world.serve(name, hi));
    let agent = Agent::start(&world, |contract| tunnels(contract, &hosts));
    let curl = |url: &str| {
        let mut curl = agent.client("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--max-time",
            "20",
            "--proxy",
            &agent.proxy(),
        ]);
        curl.args(["--cacert", &agent.bundle(), url]);
        ended(&mut curl, &Scratch::new("home"))
    };
    for url in [
        "https://granted.example.com/",
        "https://a.wild.example.com/",
    ] {
        let done = curl(url);
        assert_eq!(done.stdout, b"hi", "{url}: {}", said(&done));
    }
    for url in [
        "https://other.example.com/",
        "https://wild.example.com/",
        "https://granted.example.com:8443/",
        // Granted, and not of this world.
        "https://gone.example.com/",
    ] {
        let done = curl(url);
        assert!(!done.status.success(), "{url}: {}", said(&done));
    }
    assert_eq!((granted.asked().len(), below.asked().len()), (1, 1));
    assert!(others.iter().all(|other| other.asked().is_empty()));
    let record = agent.record();
    for word in ["\"egress\"", "resolve-failed", "granted.example.com:443"] {
        assert!(record.contains(word), "{word}: {record}");
    }
}

#[test]
fn pip_installs_through_a_tunnel() {
    let (Some(world), Some(python)) = (World::or_skip(), install::python()) else {
        return;
    };
    let (served, agent) = registry(&world);
    let home = Scratch::new("pip");
    let index = format!("https://{HOST}/simple/");
    let mut pip = agent.client(python);
    pip.args([
        "-I",
        "-m",
        "pip",
        "--isolated",
        "--no-cache-dir",
        "--disable-pip-version-check",
    ]);
    pip.args(["--proxy", &agent.proxy(), "--cert", &agent.bundle()]);
    pip.args([
        "install",
        "--index-url",
        &index,
        "--target",
        "here",
        "tiny-sample",
    ]);
    sure(&mut pip, &home);
    let installed = std::fs::read_to_string(home.path().join("here/tiny_sample.py"));
    assert_eq!(installed.unwrap(), "ANSWER = 42\n");
    assert_eq!(
        paths(&served),
        [
            "/simple/tiny-sample/",
            "/tiny_sample-1.0.0-py3-none-any.whl"
        ]
    );
    assert!(agent.record().contains("packages.example.com:443"));
}

#[test]
fn npm_installs_through_a_tunnel() {
    let (Some(world), Some(_)) = (World::or_skip(), install::node()) else {
        return;
    };
    let (served, agent) = registry(&world);
    let home = Scratch::new("npm");
    std::fs::write(home.path().join("package.json"), "{}").unwrap();
    let (registry, proxy) = (format!("https://{HOST}/npm/"), agent.proxy());
    let mut npm = agent.client("npm");
    npm.args([
        "install",
        "tiny-sample",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
    ]);
    npm.args([
        "--registry",
        &registry,
        "--proxy",
        &proxy,
        "--https-proxy",
        &proxy,
    ]);
    npm.args(["--cafile", &agent.bundle()]);
    sure(&mut npm, &home);
    let installed = std::fs::read_to_string(home.path().join("node_modules/tiny-sample/index.js"));
    assert_eq!(installed.unwrap(), "module.exports = 42;\n");
    assert_eq!(
        paths(&served),
        ["/npm/tiny-sample", "/tiny-sample-1.0.0.tgz"]
    );
    assert!(agent.record().contains("packages.example.com:443"));
}

#[test]
fn cargo_fetches_through_a_tunnel() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let (served, agent) = registry(&world);
    let home = Scratch::new("cargo");
    let (proxy, bundle) = (agent.proxy(), agent.bundle());
    for (name, text) in [
        ("src/lib.rs", String::new()),
        (
            "Cargo.toml",
            "[package]\nname = \"x\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[dependencies]\ntiny-sample = \"1\"\n"
                .to_owned(),
        ),
        (
            ".cargo/config.toml",
            format!(
                "[source.crates-io]\nreplace-with = \"here\"\n[source.here]\n\
                 registry = \"sparse+https://{HOST}/crates/\"\n[http]\nproxy = \"{proxy}\"\ncainfo = \"{bundle}\"\n"
            ),
        ),
    ] {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    // The toolchain itself: what chooses one looks into a home that is not here.
    let cargo = Path::new(env!("CARGO"));
    let rustc = cargo.with_file_name("rustc");
    let mut fetch = agent.client(cargo);
    clean(&mut fetch, home.path()).env("RUSTC", rustc);
    let done = fetch.arg("fetch").output().unwrap();
    assert!(done.status.success(), "{}", said(&done));
    let lock = std::fs::read_to_string(home.path().join("Cargo.lock")).unwrap();
    assert!(
        lock.contains("tiny-sample") && lock.contains("checksum"),
        "{lock}"
    );
    let asked = paths(&served);
    assert!(
        asked.contains(&"/tiny-sample-1.0.0.crate".to_owned()),
        "{asked:?}"
    );
    assert!(agent.record().contains("packages.example.com:443"));
}

#[test]
fn git_clones_through_a_tunnel() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let repositories = Repositories::make();
    let head = repositories.head();
    let served = world.serve("git.example.com", move |request| {
        repositories.serve(request, None)
    });
    let agent = Agent::start(&world, |contract| tunnels(contract, &["git.example.com"]));
    let home = Scratch::new("git");
    let (proxy, bundle) = (
        format!("http.proxy={}", agent.proxy()),
        format!("http.sslCAInfo={}", agent.bundle()),
    );
    let mut clone = agent.client("git");
    clone.args(["-c", &proxy, "-c", &bundle, "clone", "--quiet"]);
    clone.args(["https://git.example.com/team/sample", "sample"]);
    sure(&mut clone, &home);
    assert_eq!(
        git(&home.path().join("sample"), &["rev-parse", "HEAD"]),
        head
    );
    assert!(paths(&served).contains(&"/team/sample/git-upload-pack".to_owned()));
    assert!(agent.record().contains("git.example.com:443"));
}
