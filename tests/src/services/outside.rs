//! Everything outside the runs of the reference example, at its real names, for as many runs as there are.
//!
//! What a run leaves is told by its issue: the comments on it, and the branch `agent/ISSUE`.

use super::acme::{self, Acme};
use super::gatekeeper::Gatekeeper;
use super::github::{self, GitHub};
use super::linear::{self, Linear};
use super::provider::Asker;
use super::repositories::Repositories;
use super::s3::S3;
use super::{Serves, anthropic, issues, rates};
use crate::canary::canary;
use crate::world::World;
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::{self, Body};
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use super::secrets::secret;

/// The hosts that answer as their services do. A host's place is its address in the world of a cluster, which keeps it:
/// one more goes to the end.
pub const SERVICES: [&str; 17] = [
    "api.anthropic.com",
    "api.github.com",
    "api.linear.app",
    "docs.example.com",
    "gatekeeper.example.com",
    "github.com",
    "packages.example.com",
    "pure-agent-logs.s3.ap-northeast-2.amazonaws.com",
    "uploads.linear.app",
    rates::HOST,
    acme::HOSTS[0],
    acme::HOSTS[1],
    acme::HOSTS[2],
    acme::HOSTS[3],
    acme::HOSTS[4],
    acme::HOSTS[5],
    acme::HOSTS[6],
];

/// A host that no spec names: whatever arrives there should not have.
pub const STRANGER: &str = "stranger.example.net";

/// A path of the forge that anybody may read, and that leads to the stranger.
pub const LEADS_AWAY: &str = "/repos/dlddu/escape-redirect";

/// What a host does instead of answering, to requests that hold a text.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The host.
    pub host: String,
    /// Text of the address or the body; empty: every request.
    pub holds: String,
    /// Status that is answered instead; 0: the host answers, late.
    pub status: u16,
    /// Pause before it.
    pub pause: Duration,
    /// Requests that it still meets.
    pub times: u64,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The host.
    pub host: String,
    /// `METHOD ADDRESS`
    pub what: String,
    /// The body.
    pub body: Bytes,
}

/// The services, and what they keep.
pub struct Outside {
    acme: Mutex<Acme>,
    github: Mutex<GitHub>,
    linear: Mutex<Linear>,
    s3: Mutex<S3>,
    gatekeeper: Mutex<Gatekeeper>,
    repositories: Repositories,
    faults: Mutex<Vec<Fault>>,
    heard: Mutex<Vec<Heard>>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").finish_non_exhaustive()
    }
}

impl Default for Outside {
    fn default() -> Self {
        let repositories = Repositories::of("dlddu/tool", github::BASE);
        Self {
            acme: Mutex::default(),
            github: Mutex::new(GitHub::at(&repositories.head())),
            linear: Mutex::default(),
            s3: Mutex::default(),
            gatekeeper: Mutex::new(Gatekeeper {
                key: canary("gatekeeper"),
                ..Gatekeeper::default()
            }),
            repositories,
            faults: Mutex::default(),
            heard: Mutex::default(),
        }
    }
}

/// A service whose handler has panicked goes on; the panic is a finding of its own.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Outside {
    /// Every host, at its name in a world.
    #[must_use]
    pub fn within(world: &World) -> Arc<Self> {
        let hosts = Arc::new(Self::default());
        for name in SERVICES {
            let hosts = Arc::clone(&hosts);
            world.serve(name, move |request| hosts.answer(name, request));
        }
        hosts
    }

    /// Answers as this host.
    ///
    /// # Panics
    /// On what the service does not expect.
    pub fn answer(&self, host: &str, request: &Request<Bytes>) -> Response<Body> {
        let what = format!("{} {}", request.method(), request.uri());
        held(&self.heard).push(Heard {
            host: host.to_owned(),
            what,
            body: request.body().clone(),
        });
        if let Some(fault) = self.fault(host, request) {
            std::thread::sleep(fault.pause);
            if fault.status != 0 {
                let answer = Response::builder().status(fault.status);
                return answer.body(body::empty()).unwrap();
            }
        }
        let shown = request.headers().get("authorization");
        let is_agents = shown.is_some_and(|shown| *shown == canary("linear"));
        match host {
            "api.anthropic.com" => anthropic::serve(request, Asker::Gateway, &canary("claude")),
            "api.github.com" if shown.is_none() => repository(request),
            "api.github.com" => held(&self.github).answer(request),
            "api.linear.app" if is_agents => issues::serve(request, &canary("linear")),
            "api.linear.app" | "uploads.linear.app" => held(&self.linear).answer(request),
            "docs.example.com" => page("some documentation"),
            "gatekeeper.example.com" => held(&self.gatekeeper).answer(request),
            "github.com" => self.repositories.serve(request, None),
            "pure-agent-logs.s3.ap-northeast-2.amazonaws.com" => held(&self.s3).answer(request),
            rates::HOST => rates::serve(request),
            "packages.example.com" => page("index"),
            _ if acme::HOSTS.contains(&host) => held(&self.acme).answer(host, request),
            _ => page("nobody should see this"),
        }
    }

    /// From now on a host fails so.
    pub fn fail(&self, fault: Fault) {
        held(&self.faults).push(fault);
    }

    /// The fault that a request meets.
    fn fault(&self, host: &str, request: &Request<Bytes>) -> Option<Fault> {
        let mut faults = held(&self.faults);
        let text = String::from_utf8_lossy(request.body());
        let address = request.uri().to_string();
        let meets = |fault: &&mut Fault| {
            fault.times > 0
                && fault.host == host
                && (text.contains(&fault.holds) || address.contains(&fault.holds))
        };
        let found = faults.iter_mut().find(meets)?;
        found.times -= 1;
        Some(found.clone())
    }

    /// What the run of an issue has left, as counts.
    #[must_use]
    pub fn left(&self, issue: &str) -> Value {
        let (github, linear) = (held(&self.github), held(&self.linear));
        let at = format!("{}{issue}", linear::UUID);
        let on_it = linear.comments.values().filter(|c| c.issue == at);
        let bodies: Vec<&str> = on_it.map(|c| c.body.as_str()).collect();
        let with = |text: &str| bodies.iter().filter(|body| body.contains(text)).count();
        let linked = |name: &&String| with(&format!("]({name})")) > 0;
        let branch = format!("agent/{issue}");
        let ours = |pull: &&Value| pull["head"]["ref"] == branch.as_str();
        json!({
            "comments": bodies.len(),
            "sessions": with("An agent works on this issue."),
            "summaries": with("All is done."),
            "reports": with("A long report."),
            "uploads": linear.files.keys().filter(linked).count(),
            "branches": usize::from(github.refs.contains_key(&branch)),
            "pulls": github.pulls.iter().filter(ours).count(),
        })
    }

    /// Files of the branch of an issue's run.
    #[must_use]
    pub fn files(&self, issue: &str) -> Value {
        self.branch(&format!("agent/{issue}"))
    }

    /// Files of a branch; null where there is none.
    #[must_use]
    pub fn branch(&self, branch: &str) -> Value {
        let github = held(&self.github);
        match github.refs.contains_key(branch) {
            true => json!(github.files(branch)),
            false => Value::Null,
        }
    }

    /// The transcripts of a run by their names, line by line.
    #[must_use]
    pub fn transcripts(&self, uid: &str) -> Value {
        let s3 = held(&self.s3);
        let below = format!("/transcripts/{uid}/");
        let ours = s3.objects.iter().filter_map(|(path, (bytes, _))| {
            let name = path.strip_prefix(&below)?;
            let text = String::from_utf8_lossy(bytes);
            let lines: Vec<&str> = text.lines().collect();
            Some((name.to_owned(), json!(lines)))
        });
        Value::Object(ours.collect())
    }

    /// Calls of the model about an issue, and the tokens that it told: input and output.
    #[must_use]
    pub fn told(&self, issue: &str) -> Value {
        let mut sum = (0, 0, 0);
        for heard in held(&self.heard).iter() {
            let body: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
            let asked = heard.host == "api.anthropic.com" && heard.what.ends_with("/v1/messages");
            if asked && body["messages"].to_string().contains(issue) {
                let output = if body["stream"] == true { 6 } else { 5 };
                sum = (sum.0 + 1, sum.1 + 17, sum.2 + output);
            }
        }
        json!({"turns": sum.0, "input": sum.1, "output": sum.2})
    }

    /// What a host was asked, oldest first: `METHOD ADDRESS` and the body as text.
    #[must_use]
    pub fn heard(&self, host: &str) -> Value {
        let heard = held(&self.heard);
        let of_host = heard.iter().filter(|one| one.host == host);
        let told = of_host.map(|one| json!([one.what, String::from_utf8_lossy(&one.body)]));
        told.collect()
    }
}

/// What anybody may read of the repository.
fn repository(request: &Request<Bytes>) -> Response<Body> {
    if request.uri().path() == LEADS_AWAY {
        let answer = Response::builder().status(302);
        let answer = answer.header("location", format!("https://{STRANGER}/"));
        return answer.body(body::empty()).unwrap();
    }
    match (request.method().as_str(), request.uri().path()) {
        ("GET", "/repos/dlddu/tool") => super::json(200, &json!({"full_name": "dlddu/tool"})),
        _ => super::json(404, &json!({"message": "Not Found"})),
    }
}

fn page(text: &'static str) -> Response<Body> {
    let page = Response::builder().header("content-type", "text/plain");
    page.body(body::whole(text)).unwrap()
}
