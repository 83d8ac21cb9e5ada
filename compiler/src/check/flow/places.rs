//! Names of the parts of a path, and the places whose readers are known.

use crate::builtins::{Known as Tool, tool};
use crate::reach::Granted;
use crate::spec::{HttpRoute, Server};
use crate::values::host::HostPattern;

/// A place whose readers are known, so that what comes from there may go back there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// A team of the tracker; `None`: the issue that a submitter or the spec names.
    Tracker(Option<String>),
    /// Exactly one repository, `host/owner/name`.
    Repository(String),
    /// Exactly one host, which is only read from.
    Host(String),
    /// Anywhere else.
    Unknown,
}

/// What is known of a granted tool.
pub(super) enum Known<'u> {
    /// A tool of a builtin, with the builtin's kind.
    Tool(&'u str, Tool<'u>),
    /// Whatever an image does.
    Image,
    /// No such tool; that is another finding.
    Nothing,
}

pub(super) fn known<'u>(granted: &Granted<'u>) -> Known<'u> {
    let Some(kind) = &granted.server.builtin else {
        return Known::Image;
    };
    let tool = tool(granted.server, &granted.grant.tool.value);
    tool.map_or(Known::Nothing, |tool| Known::Tool(&kind.value, tool))
}

pub(super) fn tool_name(granted: &Granted<'_>) -> String {
    format!(
        "tool `{}.{}`",
        granted.server.name.value, granted.grant.tool.value
    )
}

pub(super) fn tunnel_name(host: &HostPattern) -> String {
    format!("tunnel `{host}`")
}

pub(super) fn route_name(route: &HttpRoute) -> String {
    format!("http `{}`", route.host.value)
}

pub(super) fn host(host: &HostPattern) -> Home {
    host.exact()
        .map_or(Home::Unknown, |h| Home::Host(h.as_str().to_owned()))
}

/// The one host of a server, if it is one.
pub(super) fn hosts(server: &Server) -> Home {
    match server.hosts.as_slice() {
        [only] => host(&only.value),
        _ => Home::Unknown,
    }
}

/// The one host that a server's tools ask, if it is one.
pub(super) fn services(server: &Server) -> Home {
    let mut hosts: Vec<&str> = server.urls().map(|u| u.value.host().as_str()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    match hosts.as_slice() {
        [only] => Home::Host((*only).to_owned()),
        _ => Home::Unknown,
    }
}

/// The one repository of a server, if it is one.
pub(super) fn repository(server: &Server) -> Home {
    match server.repos.as_slice() {
        [only] if only.value.is_exact() => Home::Repository(only.value.as_str().to_owned()),
        _ => Home::Unknown,
    }
}

/// Whether the owner in `host/owner/name` is a pattern.
pub(super) fn owner_is_open(repository: &str) -> bool {
    repository.split('/').take(2).any(|part| part.contains('*'))
}
