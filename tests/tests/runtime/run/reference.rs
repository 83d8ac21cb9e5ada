//! The reference example as it is, by processes: the result is that of the cluster.

use super::pods::result;
use crate::place::{Place, ask, people_bearer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pure_agent_tests::cluster::approve::Approver;
use pure_agent_tests::cluster::outcome::{comparable, reference};
use pure_agent_tests::emitted::contract;
use pure_agent_tests::place::Gateway;
use pure_agent_tests::program::{Scratch, runtime, said};
use pure_agent_tests::readers::skipped;
use pure_agent_tests::services::outside::{self, Fault, Outside};
use pure_agent_tests::world::{GATEWAY, GATEWAY_PORT, World};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The same length as those of the cluster's runs.
const ISSUE: &str = "DLD-100000";

#[test]
fn the_reference_example_comes_to_the_same_by_processes() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let approver = match Approver::new() {
        Ok(approver) => approver,
        Err(why) => return skipped(&format!("nobody can sign: {why}")),
    };
    let hosts = Outside::within(&world);
    let place = place(&world, &approver.public, |_| ());
    let inputs = json!({"issue": ISSUE, "prompt": format!("Work on {ISSUE}.\nscript: whole")});
    let inputs = URL_SAFE_NO_PAD.encode(inputs.to_string());
    let gateway = place.gateway_given(&world, &inputs);
    let pods = Pods::new(&world, &place, &gateway);
    let words = ["0", "1", "2"].map(|cycle| pods.cycle(cycle));
    assert_eq!(words, ["1", "2", "stop"], "{}", place.record());
    let export = pods.export();
    let export = std::thread::spawn(move || {
        let mut export = export;
        export.output().unwrap()
    });
    let bearer = people_bearer();
    let asks = |what: &str, body: &str| ask(&gateway.control, what, Some(&bearer), body);
    let shown = approver.approve(asks, Duration::from_secs(60));
    assert!(shown.to_string().contains(ISSUE), "{shown}");
    let done = export.join().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let document = result(&done);
    assert_eq!(comparable(&document), reference(), "{document:#}");
    assert_eq!(
        hosts.left(ISSUE),
        json!({"comments": 4, "sessions": 1, "summaries": 1, "reports": 1, "uploads": 1, "branches": 1, "pulls": 1})
    );
    let transcripts = hosts.transcripts(crate::place::UID);
    assert_eq!(transcripts.as_object().map(serde_json::Map::len), Some(3));
}

/// However long a service is silent, there is a document in the time of the step; the comment of the gateway itself,
/// which is still under way then, is not waited for longer.
#[test]
fn a_service_that_does_not_answer_leaves_time_for_the_result() {
    const EXPORT: u64 = 24;
    let Some(world) = World::or_skip() else {
        return;
    };
    let hosts = Outside::within(&world);
    let place = place(&world, "ssh-ed25519 AAAA", |contract| {
        contract["limits"]["export"] = json!(EXPORT);
    });
    hosts.fail(Fault {
        host: "api.linear.app".to_owned(),
        holds: format!("{ISSUE}\""),
        status: 0,
        pause: Duration::from_secs(2 * EXPORT),
        times: 50,
    });
    let inputs = json!({"issue": ISSUE, "prompt": format!("Work on {ISSUE}.\nscript: short")});
    let gateway = place.gateway_given(&world, &URL_SAFE_NO_PAD.encode(inputs.to_string()));
    let pods = Pods::new(&world, &place, &gateway);
    assert_eq!(pods.cycle("0"), "stop", "{}", place.record());
    let since = Instant::now();
    let done = pods.export().output().unwrap();
    let took = since.elapsed();
    let document = result(&done);
    assert_eq!(document["verdict"], "failed", "{document:#}");
    assert!(
        !place.record().contains("session-comment"),
        "the comment is made"
    );
    // A third of the time is packing's; the pod has a minute more, of which a busy machine may need some.
    assert!(took < Duration::from_secs(EXPORT * 2 / 3 + 10), "{took:?}");
}

/// The example's contract, but for paths, the key of the person who signs, and what `change` does to it.
fn place(world: &World, approver: &str, change: impl Fn(&mut Value)) -> Place {
    let emitted: Value = serde_json::from_str(&contract("pure-agent")).unwrap();
    let place = Place::within(world, |contract| {
        contract["record"] = emitted["record"].clone();
        for approval in contract["approvals"].as_array_mut().unwrap() {
            if approval["name"] == "lead" {
                approval["via"]["approvers"][0]["key"] = json!(approver);
            }
        }
        change(contract);
    });
    for (name, secret, key) in [
        ("linear-out", "export-handler-secrets", "LINEAR_API_KEY"),
        ("linear-session", "record-secrets", "LINEAR_API_KEY"),
        ("github", "export-handler-secrets", "GITHUB_TOKEN"),
        ("s3", "record-secrets", "AWS_CREDENTIALS"),
    ] {
        let value = outside::secret(secret, key).unwrap();
        std::fs::write(place.at(&format!("secret-{name}")), value).unwrap();
    }
    place
}

/// The pods of the run as processes.
struct Pods<'w> {
    world: &'w World,
    place: &'w Place,
    gateway: &'w Gateway,
    workspace: Scratch,
    outbox: Scratch,
    programs: Scratch,
}

impl<'w> Pods<'w> {
    fn new(world: &'w World, place: &'w Place, gateway: &'w Gateway) -> Self {
        let programs = Scratch::new("programs");
        let script = include_str!("../../../src/cluster/agent/claude.py");
        let bundle = world.bundle();
        let script = script.replace("/etc/tests/bundle.pem", bundle.to_str().unwrap());
        let script = format!("#!/usr/bin/env -S python3 -I\n{script}");
        write_program(&programs.path().join("claude"), &script);
        Self {
            world,
            place,
            gateway,
            workspace: Scratch::new("workspace"),
            outbox: Scratch::new("outbox"),
            programs,
        }
    }

    /// The agent's two containers, and the router: what Argo is told.
    fn cycle(&self, cycle: &str) -> String {
        let folder = Scratch::new("pod");
        let at = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        let (place, gateway) = (self.place, self.gateway);
        let gate = place.start_within_in(self.world, gateway, cycle, &at("run"));
        assert_eq!(gate.status.code(), Some(0), "{}", said(&gate));
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", self.programs.path().display());
        let mut agent = self.world.client(&self.gateway.agent, runtime());
        agent.env_clear().env("PATH", path);
        agent.args(["agent", "--cycle", cycle, "--grace", "2", "--patience", "5"]);
        agent.args(["--gateway", &format!("{GATEWAY}:{GATEWAY_PORT}")]);
        agent.arg("--folder").arg(at("run"));
        agent.arg("--home").arg(at("home"));
        agent.arg("--tmp").arg(at("tmp"));
        agent.arg("--workspace").arg(self.workspace.path());
        let done = agent.arg("--").output().unwrap();
        assert!(done.status.success(), "cycle {cycle}: {}", said(&done));
        self.place.router(self.gateway, cycle, "Succeeded", "0")
    }

    /// The export step, after its init container.
    fn export(&self) -> Command {
        let mut pack = self.place.role("pack");
        pack.arg("--workspace").arg(self.workspace.path());
        pack.arg("--outbox").arg(self.outbox.path());
        let done = pack.output().unwrap();
        assert!(done.status.success(), "{}", said(&done));
        let port = |address: &str| address.rsplit_once(':').unwrap().1.to_owned();
        let mut export = self.place.role("export");
        export.args(["--cycles", "Succeeded", "--packing", "Succeeded"]);
        export.args(["--gateway", "127.0.0.1", "--patience", "5"]);
        export.args(["--control-port", &port(&self.gateway.control)]);
        export.args(["--export-port", &port(&self.gateway.export)]);
        export.arg("--key").arg(self.place.at("key"));
        export.arg("--outbox").arg(self.outbox.path());
        export.arg("--answer").arg(self.place.at("export-answer"));
        export.env("PURE_AGENT_RUN", "run-1");
        export
    }
}

fn write_program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
