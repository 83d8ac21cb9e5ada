//! Services that validate what they are asked and keep what they are given.

// Processes meet the same services: the test package has them.
#[allow(unreachable_pub, reason = "they are public there")]
#[path = "../../../../tests/src/services/chat.rs"]
mod chat;
#[allow(unreachable_pub, reason = "they are public there")]
#[path = "../../../../tests/src/services/github.rs"]
mod github;
#[allow(unreachable_pub, reason = "they are public there")]
#[path = "../../../../tests/src/services/hook.rs"]
mod hook;
#[allow(unreachable_pub, reason = "they are public there")]
#[path = "../../../../tests/src/services/linear.rs"]
mod linear;
#[allow(unreachable_pub, reason = "they are public there")]
#[path = "../../../../tests/src/services/s3.rs"]
mod s3;

pub(super) use chat::{Chat, KEY as CHAT_KEY, address as chat_address};
pub(super) use github::{BASE, GitHub, KEY as GITHUB_KEY, start};
pub(super) use hook::{Hook, KEY as HOOK_KEY};
pub(super) use linear::{Comment, KEY as LINEAR_KEY, Linear};
pub(super) use s3::S3;

use crate::body::Body;
use crate::web::Web;
use crate::web::testing::{Upstream, web};
use crate::{body, digest, proof};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// A service behind its server.
pub(super) struct Service<T> {
    upstream: Upstream,
    pub(super) state: Arc<Mutex<T>>,
    /// Answers instead of the service, where it has something to say.
    pub(super) hostile: Arc<Mutex<Hostile>>,
}

type Hostile = Option<Box<dyn Fn(&Request<Bytes>) -> Option<Response<Body>> + Send>>;

/// What a service answers.
pub(super) trait Serves: Default + Send + 'static {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Body>;
}

impl<T: Serves> Service<T> {
    async fn start() -> Self {
        let state = Arc::new(Mutex::new(T::default()));
        let hostile: Arc<Mutex<Hostile>> = Arc::default();
        let (mine, other) = (Arc::clone(&state), Arc::clone(&hostile));
        let upstream = Upstream::start(move |request| {
            let other = other.lock().unwrap();
            let hostile = other.as_ref().and_then(|answer| answer(request));
            hostile.unwrap_or_else(|| mine.lock().unwrap().answer(request))
        })
        .await;
        Self {
            upstream,
            state,
            hostile,
        }
    }

    pub(super) fn read<R>(&self, with: impl FnOnce(&mut T) -> R) -> R {
        with(&mut self.state.lock().unwrap())
    }

    pub(super) fn asked(&self) -> Vec<Request<Bytes>> {
        self.upstream.asked()
    }

    pub(super) fn hostile(
        &self,
        answer: impl Fn(&Request<Bytes>) -> Option<Response<Body>> + Send + 'static,
    ) {
        *self.hostile.lock().unwrap() = Some(Box::new(answer));
    }
}

/// All of them.
pub(super) struct Services {
    pub(super) linear: Service<Linear>,
    pub(super) github: Service<GitHub>,
    pub(super) s3: Service<S3>,
    pub(super) chat: Service<Chat>,
    pub(super) hook: Service<Hook>,
    pub(super) cluster: super::submit::Cluster,
}

impl Services {
    pub(super) async fn start() -> Self {
        Self {
            linear: Service::start().await,
            github: Service::start().await,
            s3: Service::start().await,
            chat: Service::start().await,
            hook: Service::start().await,
            cluster: super::submit::Cluster::start().await,
        }
    }

    pub(super) fn web(&self) -> Web {
        web(&[
            ("api.linear.app", &self.linear.upstream),
            ("uploads.linear.app", &self.linear.upstream),
            ("api.github.com", &self.github.upstream),
            ("bucket.s3.us-east-1.amazonaws.com", &self.s3.upstream),
            ("chat.example.com", &self.chat.upstream),
            ("hook.example.com", &self.hook.upstream),
            ("kubernetes.default.svc", &self.cluster.upstream),
        ])
    }
}

pub(super) fn json(status: u16, value: &Value) -> Response<Body> {
    let response = Response::builder().status(status);
    response.body(body::whole(value.to_string())).unwrap()
}

pub(super) fn field<'r>(request: &'r Request<Bytes>, name: &str) -> &'r str {
    let value = request.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}
