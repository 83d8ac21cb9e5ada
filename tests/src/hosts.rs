//! Everything outside a run, at its real names.

use crate::place::Place;
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::{self, Body};
use pure_agent_tests::canary::canary;
use pure_agent_tests::services::gatekeeper::Gatekeeper;
use pure_agent_tests::services::github::{self, GitHub};
use pure_agent_tests::services::hook::{self, Hook};
use pure_agent_tests::services::linear::{self, Linear};
use pure_agent_tests::services::provider::Asker;
use pure_agent_tests::services::repositories::Repositories;
use pure_agent_tests::services::s3::S3;
use pure_agent_tests::services::{Serves, anthropic, issues};
use pure_agent_tests::world::{Served, World};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What the export step is told to do with a request: whether the service hears of it.
pub(crate) type Meets = Arc<Mutex<Box<dyn FnMut() -> bool + Send>>>;

/// The services, and what they keep.
pub(crate) struct Hosts {
    pub(crate) model: Served,
    pub(crate) github: Arc<Mutex<GitHub>>,
    pub(crate) linear: Arc<Mutex<Linear>>,
    pub(crate) s3: Arc<Mutex<S3>>,
    pub(crate) hook: Arc<Mutex<Hook>>,
    pub(crate) gatekeeper: Arc<Mutex<Gatekeeper>>,
    /// Who meets each request of an export before its service.
    pub(crate) meets: Meets,
    head: String,
}

/// What was exported, as counts: comments, files that a comment links, branches, pull requests, objects, keys.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) summaries: usize,
    pub(crate) reports: usize,
    pub(crate) comments: usize,
    pub(crate) uploads: usize,
    pub(crate) branches: usize,
    pub(crate) pulls: usize,
    pub(crate) objects: usize,
    pub(crate) keys: usize,
}

/// One of each.
pub(crate) const ONCE: Left = Left {
    summaries: 1,
    reports: 1,
    comments: 3,
    uploads: 1,
    branches: 2,
    pulls: 1,
    objects: 1,
    keys: 1,
};

type Handler = dyn Fn(&Request<Bytes>) -> Response<Body> + Send + Sync;

impl Hosts {
    pub(crate) fn start(world: &World) -> Self {
        let repositories = Repositories::of("dlddu/tool", github::BASE);
        let head = repositories.head();
        let free: Box<dyn FnMut() -> bool + Send> = Box::new(|| true);
        let gatekeeper = Gatekeeper {
            key: canary("gatekeeper"),
            ..Gatekeeper::default()
        };
        let hosts = Self {
            model: world.serve("api.anthropic.com", |request| {
                anthropic::serve(request, Asker::Gateway, &canary("claude"))
            }),
            github: Arc::new(Mutex::new(GitHub::at(&head))),
            linear: Arc::default(),
            s3: Arc::default(),
            hook: Arc::default(),
            gatekeeper: Arc::new(Mutex::new(gatekeeper)),
            meets: Arc::new(Mutex::new(free)),
            head,
        };
        let of_export = |name: &str, answer: Box<Handler>| {
            let meets = Arc::clone(&hosts.meets);
            world.serve(name, move |request| {
                // Linear is asked by agents, too.
                let heard = is_agents(request) || meets.lock().unwrap()();
                match heard {
                    true => answer(request),
                    false => Response::builder().status(503).body(body::empty()).unwrap(),
                }
            });
        };
        let linear = Arc::clone(&hosts.linear);
        of_export(
            "api.linear.app",
            Box::new(move |request| match is_agents(request) {
                true => issues::serve(request, &canary("linear")),
                false => linear.lock().unwrap().answer(request),
            }),
        );
        of_export("uploads.linear.app", kept(&hosts.linear));
        of_export("api.github.com", kept(&hosts.github));
        of_export("bucket.s3.us-east-1.amazonaws.com", kept(&hosts.s3));
        of_export("hook.example.com", kept(&hosts.hook));
        world.serve("gatekeeper.example.com", kept(&hosts.gatekeeper));
        world.serve("github.com", move |request| {
            repositories.serve(request, None)
        });
        world.serve("docs.example.com", |_| {
            let page = Response::builder().header("content-type", "text/plain");
            page.body(body::whole("some documentation")).unwrap()
        });
        world.serve("packages.example.com", |_| {
            Response::new(body::whole("index"))
        });
        hosts
    }

    /// Forgets every export.
    pub(crate) fn forget(&self) {
        *self.github.lock().unwrap() = GitHub::at(&self.head);
        *self.linear.lock().unwrap() = Linear::default();
        *self.s3.lock().unwrap() = S3::default();
        *self.hook.lock().unwrap() = Hook::default();
    }

    /// What there is.
    pub(crate) fn left(&self) -> Left {
        let (github, linear) = (self.github.lock().unwrap(), self.linear.lock().unwrap());
        let bodies: Vec<&str> = linear.comments.values().map(|c| c.body.as_str()).collect();
        let with = |text: &str| bodies.iter().filter(|body| body.contains(text)).count();
        let linked = |name: &&String| {
            bodies
                .iter()
                .any(|body| body.contains(&format!("]({name})")))
        };
        Left {
            summaries: with("All is done."),
            reports: with("A long report."),
            comments: bodies.len(),
            uploads: linear.files.keys().filter(linked).count(),
            branches: github.refs.len(),
            pulls: github.pulls.len(),
            objects: self.s3.lock().unwrap().objects.len(),
            keys: self.hook.lock().unwrap().keys.len(),
        }
    }

    /// Calls of the model, and the tokens that it told: input and output.
    pub(crate) fn told(&self) -> (u64, u64, u64) {
        let mut sum = (0, 0, 0);
        for request in self.model.asked() {
            if request.uri().path() == "/v1/messages" {
                let body: Value = serde_json::from_slice(request.body()).unwrap();
                let output = if body["stream"] == true { 6 } else { 5 };
                sum = (sum.0 + 1, sum.1 + 17, sum.2 + output);
            }
        }
        sum
    }
}

fn kept<S: Serves>(service: &Arc<Mutex<S>>) -> Box<Handler> {
    let service = Arc::clone(service);
    Box::new(move |request| service.lock().unwrap().answer(request))
}

fn is_agents(request: &Request<Bytes>) -> bool {
    let shown = request.headers().get("authorization");
    shown.is_some_and(|shown| *shown == canary("linear"))
}

/// A run of this world: a scripted agent, and exports to every service, none of which needs a person.
pub(crate) fn place(world: &World, change: impl Fn(&mut Value)) -> Place {
    let place = Place::within(world, |contract| {
        let beside = contract["secrets"][0]["path"].as_str().unwrap().to_owned();
        let (folder, _) = beside.rsplit_once('/').unwrap();
        for name in ["s3-out", "hook"] {
            let path = format!("{folder}/secret-{name}");
            let secrets = contract["secrets"].as_array_mut().unwrap();
            secrets.push(json!({"name": name, "path": path, "role": "export"}));
        }
        let agent = &mut contract["agents"][0];
        agent["harness"] = json!("generic");
        agent["command"] = json!(["python3", "-I", "-c", include_str!("agent.py")]);
        agent["env"] = json!({"BUNDLE": world.bundle()});
        contract["record"] = json!({"usage": true});
        exports(contract);
        change(contract);
    });
    for (name, value) in [
        ("linear-out", linear::KEY),
        ("github", github::KEY),
        ("s3-out", "AKID:s3-secret"),
        ("hook", hook::KEY),
    ] {
        std::fs::write(place.at(&format!("secret-{name}")), value).unwrap();
    }
    place
}

fn exports(contract: &mut Value) {
    let list = contract["exports"].as_array_mut().unwrap();
    for export in list.iter_mut() {
        export.as_object_mut().unwrap().remove("approval");
    }
    list.push(json!({
        "name": "s3", "when": "offer", "auth": "s3-out", "times": 1,
        "action": {"kind": "s3", "to": "s3://bucket/runs", "region": "us-east-1", "exclude": [], "size": 67_108_864},
    }));
    list.push(json!({
        "name": "webhook", "when": "always", "auth": "hook", "times": 1,
        "action": {"kind": "webhook", "url": "https://hook.example.com/done"},
    }));
}
