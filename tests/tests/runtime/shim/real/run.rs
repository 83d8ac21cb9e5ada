//! A run before the real gateway: its agent's containers have a network in which only the gateway is.

use super::PROMPT;
use super::programs::programs;
use super::providers::Provider;
use crate::place::{self, Place, UID, ask, people_bearer};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use pure_agent_tests::canary::canary;
use pure_agent_tests::program::{Scratch, runtime};
use pure_agent_tests::world::{GATEWAY, GATEWAY_PORT, Served, World};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// Time for a program that asks three times.
const TIME: Duration = Duration::from_secs(180);
/// Folders of the pod.
const FOLDERS: [&str; 4] = ["run", "workspace", "home", "tmp"];
/// The secret of the run's model, whoever provides it.
const SECRET: &str = "claude";

pub(super) struct Run<'w> {
    world: &'w World,
    place: Place,
    gateway: place::Gateway,
    served: Served,
    pod: Scratch,
    bearer: String,
}

impl<'w> Run<'w> {
    /// A run whose agent has this harness and one model, and whose start gate has done its work.
    pub(super) fn start(
        world: &'w World,
        harness: &str,
        provider: Provider,
        most: Option<u64>,
    ) -> Self {
        let served = world.serve(provider.host, move |request| {
            provider.serve(request, &canary(SECRET))
        });
        let place = Place::within(world, |contract| {
            let mut model = json!({"name": "main", "provider": provider.name, "id": provider.model,
                "url": format!("https://{}", provider.host), "auth": SECRET});
            if let Some(most) = most {
                model["max_tokens"] = json!(most);
            }
            contract["models"] = json!([model]);
            contract["limits"].as_object_mut().unwrap().remove("cost");
            let agent = &mut contract["agents"][0];
            agent["harness"] = json!(harness);
            agent["models"] = json!(["main"]);
            agent["skills"] = json!([{"name": "canary", "about": "Canary skill", "files": {
                "SKILL.md": "---\nname: canary\ndescription: Canary skill for canary tasks\n---\nCanary body\n",
            }}]);
            agent["system"] = json!("Canary instructions: \"quoted\", and\nof two lines.");
        });
        let inputs = json!({"issue": "A-1", "prompt": PROMPT}).to_string();
        let gateway = place.gateway_given(world, &BASE64_URL_SAFE_NO_PAD.encode(inputs));
        let pod = Scratch::new("pod");
        for name in FOLDERS {
            std::fs::create_dir(pod.path().join(name)).unwrap();
        }
        let mut run = Self {
            world,
            place,
            gateway,
            served,
            pod,
            bearer: String::new(),
        };
        run.open();
        run.bearer = std::fs::read_to_string(run.at("run/bearer")).unwrap();
        run
    }

    fn at(&self, name: &str) -> PathBuf {
        self.pod.path().join(name)
    }

    /// The start gate.
    fn open(&self) {
        let port = GATEWAY_PORT.to_string();
        let mut gate = self.world.client(&self.gateway.agent, runtime());
        gate.args(["start", "--patience", "1", "--bundle", &"b".repeat(64)])
            .args([
                "--digest",
                &self.place.digest,
                "--gateway",
                GATEWAY,
                "--port",
                &port,
            ])
            .arg("--contract")
            .arg(self.place.at("contract.json"))
            .arg("--folder")
            .arg(self.at("run"))
            .arg("--answer")
            .arg(self.at("answer"))
            .env_clear()
            .envs([("PURE_AGENT_UID", UID), ("PURE_AGENT_CYCLE", "0")]);
        let done = gate.output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{done:?}");
    }

    /// The agent's container until its end.
    pub(super) fn agent(&self) -> ExitStatus {
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", programs().display());
        let shim = self.at("run/pure-agent-runtime");
        let mut command = self.world.client(&self.gateway.agent, shim);
        command.args(["agent", "--cycle", "0", "--grace", "2", "--patience", "2"]);
        for (option, name) in ["--folder", "--workspace", "--home", "--tmp"]
            .into_iter()
            .zip(FOLDERS)
        {
            command.arg(option).arg(self.at(name));
        }
        let out = std::fs::File::create(self.at("out")).unwrap();
        command.env_clear().env("PATH", path);
        command.stdout(out.try_clone().unwrap()).stderr(out);
        self.within(command.spawn().unwrap())
    }

    fn within(&self, mut child: Child) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            if start.elapsed() > TIME {
                child.kill().unwrap();
                panic!("too late: {}", self.log());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the agent's container wrote.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.at("out")).unwrap()
    }

    /// The bodies that the provider was sent.
    pub(super) fn told(&self) -> Vec<String> {
        let asked = self.served.asked();
        let bodies = asked
            .iter()
            .map(|r| String::from_utf8_lossy(r.body()).into_owned());
        bodies.collect()
    }

    /// The submission as the control port shows it, once the router has ended the cycle.
    pub(super) fn submission(&self) -> Value {
        let open = self.control("GET /v1/submission");
        assert_eq!(place::rule(&open), (409, "cycle-open"));
        let word = self.place.router(&self.gateway, "0", "Succeeded", "0");
        assert_eq!(word, "stop");
        let (status, shown) = self.control("GET /v1/submission");
        assert_eq!(status, 200, "{shown}");
        shown
    }

    fn control(&self, what: &str) -> (u16, Value) {
        ask(&self.gateway.control, what, Some(&people_bearer()), "")
    }

    /// The events of the record, which is whole and holds no credential.
    pub(super) fn record(&self) -> Vec<Value> {
        assert_eq!(self.place.verify().status.code(), Some(0));
        let (record, log) = (self.place.record(), self.log());
        for text in [&record, &log] {
            assert!(!text.contains(&self.bearer), "the bearer: {text}");
            assert!(!text.contains("canary-of-secret"), "a secret: {text}");
        }
        let lines = record.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }
}
