//! Everything outside a run, at its real names, and an agent that uses all of it.

use crate::canary::canary;
use crate::services::chat::Chat;
use crate::services::gatekeeper::Gatekeeper;
use crate::services::github::{self, GitHub};
use crate::services::hook::Hook;
use crate::services::linear::Linear;
use crate::services::provider::Asker;
use crate::services::repositories::Repositories;
use crate::services::s3::S3;
use crate::services::{Serves, anthropic, issues};
use crate::world::{Served, World};
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::{self, Body};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// What the agent runs: python's source.
pub const AGENT: &str = include_str!("hosts/agent.py");

/// What the export step is told to do with a request: whether the service hears of it.
pub type Meets = Arc<Mutex<Box<dyn FnMut() -> bool + Send>>>;

/// The services, and what they keep.
#[allow(missing_debug_implementations, reason = "handlers have none")]
pub struct Hosts {
    /// The model.
    pub model: Served,
    /// GitHub.
    pub github: Arc<Mutex<GitHub>>,
    /// Linear.
    pub linear: Arc<Mutex<Linear>>,
    /// S3.
    pub s3: Arc<Mutex<S3>>,
    /// A chat.
    pub chat: Arc<Mutex<Chat>>,
    /// A webhook.
    pub hook: Arc<Mutex<Hook>>,
    /// Who is asked.
    pub gatekeeper: Arc<Mutex<Gatekeeper>>,
    /// Who meets each request of an export before its service.
    pub meets: Meets,
    head: String,
}

/// What was exported, as counts: comments, files that a comment links, branches, pull requests, objects, keys.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    /// Comments with the summary.
    pub summaries: usize,
    /// Comments with the report.
    pub reports: usize,
    /// All comments.
    pub comments: usize,
    /// Files that a comment links.
    pub uploads: usize,
    /// Branches.
    pub branches: usize,
    /// Pull requests.
    pub pulls: usize,
    /// Objects.
    pub objects: usize,
    /// Keys of the webhook.
    pub keys: usize,
}

/// One of each.
pub const ONCE: Left = Left {
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
    /// All of them, each at its name.
    ///
    /// # Panics
    /// If a port is taken.
    #[must_use]
    pub fn start(world: &World) -> Self {
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
            chat: Arc::default(),
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
        of_export("chat.example.com", kept(&hosts.chat));
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
    ///
    /// # Panics
    /// When a service has panicked.
    pub fn forget(&self) {
        *self.github.lock().unwrap() = GitHub::at(&self.head);
        *self.linear.lock().unwrap() = Linear::default();
        *self.s3.lock().unwrap() = S3::default();
        *self.chat.lock().unwrap() = Chat::default();
        *self.hook.lock().unwrap() = Hook::default();
    }

    /// What there is.
    ///
    /// # Panics
    /// When a service has panicked.
    pub fn left(&self) -> Left {
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
    ///
    /// # Panics
    /// When a service has panicked.
    pub fn told(&self) -> (u64, u64, u64) {
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
