//! Servers by image: clients of MCP over Streamable HTTP, in a pod of the run.
//!
//! A server is a stranger. Its tools are those of its first answer, so that a tool cannot become another one while
//! the run goes on; what it sends is bounded and built anew from what is known; what it asks is not answered.

mod rpc;
mod shape;
#[cfg(test)]
mod tests;

use super::{Arguments, Described, Failed, Output, Parts, unknown_tool};
use crate::net::host::Host;
use crate::web::Web;
use hyper::Uri;
use hyper::header::HeaderValue;
use rpc::{Answered, Trouble};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};

/// The version that is offered.
const VERSION: &str = "2025-11-25";
/// Versions that are spoken.
const VERSIONS: [&str; 3] = ["2025-03-26", "2025-06-18", VERSION];
/// Most pages of a list of tools.
const PAGES: usize = 16;
/// Most tools of a server.
const MOST_TOOLS: usize = 256;
/// Most bytes of a list of tools.
const MOST_LIST: usize = 2 * 1024 * 1024;

/// A server.
#[derive(Debug)]
pub(super) struct Image {
    uri: Uri,
    credential: Option<HeaderValue>,
    web: Web,
    size: usize,
    deadline: Duration,
    /// Number of the last request.
    last: AtomicU64,
    /// The session, once there is one.
    session: Mutex<Option<Arc<Session>>>,
    tools: OnceCell<Vec<Described>>,
}

/// What was agreed on at the start.
#[derive(Debug)]
struct Session {
    id: Option<HeaderValue>,
    version: &'static str,
}

impl Image {
    pub(super) fn new(parts: &Parts<'_>, host: &str, port: u16) -> Result<Self, String> {
        let host = Host::parse(host).map_err(|e| e.to_string())?;
        let uri = Uri::try_from(format!("http://{host}:{port}/mcp")).map_err(|e| e.to_string())?;
        Ok(Self {
            uri,
            credential: parts.credential("Bearer ")?,
            web: parts.web.only(host),
            size: parts.size(),
            deadline: parts.deadline(),
            last: AtomicU64::new(0),
            session: Mutex::new(None),
            tools: OnceCell::new(),
        })
    }

    /// The tools, as they were first listed.
    pub(super) async fn list(&self) -> Result<Vec<Described>, Failed> {
        self.tools
            .get_or_try_init(|| self.ask_list())
            .await
            .cloned()
    }

    pub(super) async fn call(&self, tool: &str, arguments: Arguments) -> Result<Output, Failed> {
        if !self
            .list()
            .await?
            .iter()
            .any(|described| described.name == tool)
        {
            return Err(unknown_tool());
        }
        let params = json!({"name": tool, "arguments": arguments});
        // The envelope of an answer is small beside what it may hold twice: as text, and as a value.
        let most = self.size.saturating_mul(2).saturating_add(64 * 1024);
        let answer = self.request("tools/call", &params, most).await?;
        shape::output(answer).ok_or_else(rpc::odd)
    }

    async fn ask_list(&self) -> Result<Vec<Described>, Failed> {
        let (mut tools, mut cursor, mut left): (Vec<Described>, Value, usize) =
            (Vec::new(), Value::Null, MOST_LIST);
        for _ in 0..PAGES {
            let params = match &cursor {
                Value::Null => json!({}),
                cursor => json!({"cursor": cursor}),
            };
            let answer = self.request("tools/list", &params, left).await?;
            left = left.saturating_sub(answer.to_string().len());
            let (page, next) = shape::tools(answer).ok_or_else(rpc::odd)?;
            tools.extend(page);
            let names = || tools.iter().map(|tool| tool.name.as_str());
            let twice = names()
                .enumerate()
                .any(|(at, name)| names().take(at).any(|before| before == name));
            if tools.len() > MOST_TOOLS || twice {
                return Err(rpc::odd());
            }
            match next {
                None => return Ok(tools),
                Some(next) => cursor = Value::String(next),
            }
        }
        Err(rpc::odd())
    }

    /// Asks in a session. One that the server does not know any more, after a restart, is replaced once.
    async fn request(&self, method: &str, params: &Value, most: usize) -> Result<Value, Failed> {
        for _ in 0..2 {
            let session = self.session().await?;
            match self.ask(Some(&session), method, params, most).await {
                Ok(answered) => return Ok(answered.result),
                Err(Trouble::Session) => self.forget(&session).await,
                Err(Trouble::Failed(failed)) => return Err(failed),
            }
        }
        Err(Failed::new(
            "mcp-session",
            "the server forgets its sessions",
        ))
    }

    async fn session(&self) -> Result<Arc<Session>, Failed> {
        let mut held = self.session.lock().await;
        if let Some(session) = &*held {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(self.start().await?);
        *held = Some(Arc::clone(&session));
        Ok(session)
    }

    /// Lets go of a session, unless somebody else has replaced it.
    async fn forget(&self, session: &Arc<Session>) {
        let mut held = self.session.lock().await;
        if held.as_ref().is_some_and(|now| Arc::ptr_eq(now, session)) {
            *held = None;
        }
    }

    async fn start(&self) -> Result<Session, Failed> {
        let params = json!({
            "protocolVersion": VERSION,
            "capabilities": {},
            "clientInfo": {"name": "pure-agent", "version": env!("CARGO_PKG_VERSION")},
        });
        let answered = self.ask(None, "initialize", &params, 256 * 1024).await;
        let Answered {
            result,
            session: id,
        } = answered.map_err(|trouble| match trouble {
            Trouble::Failed(failed) => failed,
            Trouble::Session => rpc::odd(),
        })?;
        let said = result.get("protocolVersion").and_then(Value::as_str);
        let version = VERSIONS.into_iter().find(|version| Some(*version) == said);
        let unspoken = || {
            Failed::new(
                "mcp-version",
                "the server speaks no version that the gateway speaks",
            )
        };
        let session = Session {
            id,
            version: version.ok_or_else(unspoken)?,
        };
        self.tell(&session, "notifications/initialized").await?;
        Ok(session)
    }
}
