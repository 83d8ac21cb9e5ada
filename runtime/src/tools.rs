//! The tools behind the gateway: those that are built in, and those of MCP servers.
//!
//! A server lists its tools and calls one. What an agent may call, with which arguments and how often, was decided
//! before ([`crate::gateway`]), and how large and how late an answer may be is judged there too; here is bounded what is
//! read of a server.

pub mod fetch;
pub mod git;
mod http;
mod image;
pub(crate) mod kubernetes;
mod linear;
mod s3;
pub(crate) mod url;

use crate::contract::{self, Contract, ServerKind};
use crate::secret::Secrets;
use crate::state::journal::Journal;
use crate::web::{self, Web};
use fetch::Fetch;
use git::Git;
use http::Http;
use hyper::header::HeaderValue;
use image::Image;
use kubernetes::Kubernetes;
use linear::Linear;
use s3::S3;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A tool as its server describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Its name at the server.
    pub name: String,
    /// What it does, for a model.
    pub description: String,
    /// JSON Schema of its arguments: an object.
    pub input: Value,
    /// JSON Schema of its structured answer.
    pub output: Option<Value>,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Content blocks of MCP.
    pub content: Vec<Value>,
    /// The answer as a value.
    pub structured: Option<Value>,
    /// Whether the tool says that it failed; its content says why.
    pub error: bool,
}

/// Why a tool has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The rule, as a stable word.
    pub rule: &'static str,
    /// A sentence for the agent; no credential stands in it.
    pub message: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failed {}

impl Failed {
    fn new(rule: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { rule, message }
    }
}

impl From<web::Refused> for Failed {
    fn from(refused: web::Refused) -> Self {
        Self::new(refused.rule(), refused.to_string())
    }
}

/// The arguments of a call: checked against the schema, bound values in their places.
pub type Arguments = Map<String, Value>;

/// A call that was decided.
pub struct Call<'c> {
    /// The server.
    pub server: &'c str,
    /// The tool's name at the server.
    pub tool: &'c str,
    /// The arguments.
    pub arguments: Arguments,
    /// The cycle whose agent calls.
    pub cycle: u32,
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("server", &self.server)
            .field("tool", &self.tool)
            .finish_non_exhaustive()
    }
}

impl Output {
    /// An answer that is a value: as text for models, and as it is for programs.
    #[must_use]
    pub fn value(value: Value) -> Self {
        Self {
            structured: Some(value.clone()),
            ..Self::text(format!("{value:#}"))
        }
    }

    /// An answer of one text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self {
            content: vec![serde_json::json!({"type": "text", "text": text})],
            structured: None,
            error: false,
        }
    }
}

/// The tools of all servers of a contract.
#[derive(Debug)]
pub struct Tools(BTreeMap<String, Kind>);

#[derive(Debug)]
enum Kind {
    Linear(Linear),
    Git(Git),
    Fetch(Fetch),
    Http(Http),
    S3(S3),
    Kubernetes(Kubernetes),
    Image(Image),
}

/// What a server is made from, beside what its kind holds.
struct Parts<'p> {
    server: &'p contract::Server,
    secrets: &'p Secrets,
    web: &'p Web,
    journal: &'p Arc<Journal>,
    files: &'p str,
}

impl Tools {
    /// The servers of a contract. Nothing is asked yet. With `files` addresses of files are proved.
    ///
    /// # Errors
    /// A pattern or a host that cannot be read, a credential that is missing or no text of a header.
    pub fn new(
        contract: &Contract,
        secrets: &Secrets,
        web: &Web,
        journal: &Arc<Journal>,
        files: &str,
    ) -> Result<Self, String> {
        let read = |server: &contract::Server| {
            let parts = Parts {
                server,
                secrets,
                web,
                journal,
                files,
            };
            let named = |why| format!("server `{}`: {why}", server.name);
            let kind = Kind::read(&parts).map_err(named)?;
            Ok((server.name.clone(), kind))
        };
        let servers: Result<_, _> = contract.servers.iter().map(read).collect();
        servers.map(Self)
    }

    /// All tools of a server.
    ///
    /// # Errors
    /// An unknown server, or one that does not say.
    pub async fn list(&self, server: &str) -> Result<Vec<Described>, Failed> {
        match self.server(server)? {
            Kind::Linear(_) => Ok(linear::described()),
            Kind::Git(_) => Ok(git::described()),
            Kind::Fetch(_) => Ok(fetch::described()),
            Kind::Http(http) => Ok(http.described()),
            Kind::S3(s3) => Ok(s3.described()),
            Kind::Kubernetes(kubernetes) => Ok(kubernetes.described()),
            Kind::Image(image) => image.list().await,
        }
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// See [`Failed`].
    pub async fn call(&self, call: Call<'_>) -> Result<Output, Failed> {
        self.server(call.server)?.call(call).await
    }

    /// A server that gives repositories.
    pub(crate) fn git(&self, server: &str) -> Option<&Git> {
        match self.0.get(server)? {
            Kind::Git(git) => Some(git),
            Kind::Linear(_)
            | Kind::Fetch(_)
            | Kind::Http(_)
            | Kind::S3(_)
            | Kind::Kubernetes(_)
            | Kind::Image(_) => None,
        }
    }

    /// A server that gives files.
    pub(crate) fn files(&self, server: &str) -> Option<&S3> {
        match self.0.get(server)? {
            Kind::S3(s3) => Some(s3),
            Kind::Linear(_)
            | Kind::Git(_)
            | Kind::Fetch(_)
            | Kind::Http(_)
            | Kind::Kubernetes(_)
            | Kind::Image(_) => None,
        }
    }

    fn server(&self, name: &str) -> Result<&Kind, Failed> {
        let unknown = || Failed::new("tool-server", "there is no such server");
        self.0.get(name).ok_or_else(unknown)
    }
}

impl Kind {
    fn read(parts: &Parts<'_>) -> Result<Self, String> {
        match &parts.server.kind {
            ServerKind::Linear { team } => Linear::new(parts, team).map(Self::Linear),
            ServerKind::Git { repositories } => Git::new(parts, repositories).map(Self::Git),
            ServerKind::Fetch { hosts } => Fetch::new(parts, hosts).map(Self::Fetch),
            ServerKind::Http { url, tools } => Http::new(parts, url, tools).map(Self::Http),
            ServerKind::S3 {
                from,
                region,
                partition,
                months,
                tool,
                about,
            } => {
                let place = s3::Place {
                    from,
                    region,
                    partition: *partition,
                    months: *months,
                    tool,
                    about,
                };
                S3::new(parts, place).map(Self::S3)
            }
            ServerKind::Kubernetes {
                api,
                namespace,
                deployments,
                lines,
            } => {
                Kubernetes::new(parts, api, (namespace, *lines), deployments).map(Self::Kubernetes)
            }
            ServerKind::Image { port, host } => Image::new(parts, host, *port).map(Self::Image),
        }
    }

    async fn call(&self, call: Call<'_>) -> Result<Output, Failed> {
        match self {
            Self::Linear(linear) => linear.call(call).await,
            Self::Git(git) => git.call(call).await,
            Self::Fetch(fetch) => fetch.call(call).await,
            Self::Http(http) => http.call(call).await,
            Self::S3(s3) => s3.call(call).await,
            Self::Kubernetes(kubernetes) => kubernetes.call(call).await,
            Self::Image(image) => image.call(call.tool, call.arguments).await,
        }
    }
}

impl Parts<'_> {
    /// The server's credential after `prefix`; none where the contract names none.
    fn credential(&self, prefix: &str) -> Result<Option<HeaderValue>, String> {
        let Some(name) = &self.server.auth else {
            return Ok(None);
        };
        let header = self.secrets.header(name, prefix);
        let missing = || format!("the secret `{name}` is missing, or cannot be sent");
        header.ok_or_else(missing).map(Some)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(self.server.deadline)
    }

    fn size(&self) -> usize {
        usize::try_from(self.server.size).unwrap_or(usize::MAX)
    }
}

/// The arguments of a builtin tool. What does not fit is told without its value.
fn arguments<T: DeserializeOwned>(arguments: Arguments) -> Result<T, Failed> {
    let misfit = |_untold| {
        Failed::new(
            "tool-arguments",
            "the arguments do not fit the schema of the tool",
        )
    };
    serde_json::from_value(Value::Object(arguments)).map_err(misfit)
}

fn unknown_tool() -> Failed {
    Failed::new("tool-unknown", "the server has no such tool")
}

/// A tool without a schema for its answer.
fn tool(name: &str, description: &str, input: Value) -> Described {
    Described {
        name: name.to_owned(),
        description: description.to_owned(),
        input,
        output: None,
    }
}
