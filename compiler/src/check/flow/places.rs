//! Names of the parts of a path, and the places whose readers are known.

use crate::builtins::{Tool, builtin};
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
pub(super) enum Known {
    /// A tool of a builtin, with the builtin's kind.
    Tool(&'static str, &'static Tool),
    /// Whatever an image does.
    Image,
    /// No such tool; that is another finding.
    Nothing,
}

pub(super) fn known(granted: &Granted<'_>) -> Known {
    let Some(kind) = &granted.server.builtin else {
        return Known::Image;
    };
    let of = builtin(&kind.value);
    let tool = of.and_then(|b| Some((b.kind, b.tool(&granted.grant.tool.value)?)));
    tool.map_or(Known::Nothing, |(kind, tool)| Known::Tool(kind, tool))
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
