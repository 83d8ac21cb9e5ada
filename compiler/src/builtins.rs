//! The tools of servers, as far as they are known: one table for checks, plan and flow.
//!
//! Most builtins have tools of their own; those of a builtin `http` are what the spec says, and that of `s3` has a name
//! of the spec. What an image does is its
//! own affair.

use crate::spec::Server;
use crate::spec::service::TypedTool;

/// A family of tools of the gateway.
#[derive(Debug, PartialEq, Eq)]
pub struct Builtin {
    /// What `builtin` says.
    pub kind: &'static str,
    /// Its tools, sorted by name.
    pub tools: &'static [Tool],
}

/// One tool of a builtin.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Whether a call changes the outside world.
    pub effect: bool,
    /// Whether its answer holds what the public cannot read.
    pub private: bool,
    /// Whether its answer holds text that strangers may have written.
    pub untrusted: bool,
    /// Names of its arguments.
    pub arguments: &'static [&'static str],
}

const fn read(name: &'static str, private: bool, arguments: &'static [&'static str]) -> Tool {
    Tool {
        name,
        effect: false,
        private,
        untrusted: true,
        arguments,
    }
}

/// An act on a cluster; what it answers is a number and a name.
const fn act(name: &'static str, arguments: &'static [&'static str]) -> Tool {
    Tool {
        name,
        effect: true,
        private: false,
        untrusted: false,
        arguments,
    }
}

/// Every builtin.
pub static BUILTINS: &[Builtin] = &[
    Builtin {
        kind: "linear",
        tools: &[
            read("get_issue", true, &["issue_id"]),
            read("get_issue_comments", true, &["issue_id"]),
            read("list_issues", true, &["query", "state", "limit"]),
            Tool {
                name: "request_feature",
                effect: true,
                private: false,
                untrusted: false,
                arguments: &["title", "reason", "priority"],
            },
        ],
    },
    Builtin {
        kind: "git",
        tools: &[read("clone", true, &["repository", "branch"])],
    },
    Builtin {
        kind: "fetch",
        tools: &[read("fetch", false, &["url"])],
    },
    Builtin {
        kind: KUBERNETES,
        tools: &[
            read("describe_pod", true, &["pod"]),
            read(
                "get_pod_logs",
                true,
                &["pod", "container", "lines", "since_minutes", "previous"],
            ),
            read(
                "get_service_logs",
                true,
                &["deployment", "lines", "since_minutes"],
            ),
            read("list_pods", true, &["deployment"]),
            act("restart_deployment", &["deployment"]),
            act("scale_deployment", &["deployment", "replicas"]),
            read(
                "search_logs",
                true,
                &["deployment", "text", "since_minutes"],
            ),
        ],
    },
];

/// The builtin whose tools the spec says.
pub const HTTP: &str = "http";
/// The builtin that looks after Deployments.
pub const KUBERNETES: &str = "kubernetes";
/// The builtin whose tool the spec names.
pub const S3: &str = "s3";

/// A tool of which something is known.
#[derive(Debug, Clone)]
pub struct Known<'s> {
    /// Its name.
    pub name: &'s str,
    /// Whether a call changes the outside world.
    pub effect: bool,
    /// Whether its answer holds what the public cannot read.
    pub private: bool,
    /// Whether its answer holds text that strangers may have written.
    pub untrusted: bool,
    /// Names of its arguments.
    pub arguments: Vec<&'s str>,
    /// Where the spec says what it is.
    pub typed: Option<&'s TypedTool>,
}

/// All tools of a server; none where nothing is known: of an image, and of a builtin that does not exist.
#[must_use]
pub fn tools(server: &Server) -> Option<Vec<Known<'_>>> {
    let kind = server.builtin.as_ref()?.value.as_str();
    if kind == HTTP {
        return Some(
            server
                .typed
                .iter()
                .map(|tool| typed(server, tool))
                .collect(),
        );
    }
    if kind == S3 {
        return Some(server.typed.iter().map(of_bucket).collect());
    }
    let builtin = BUILTINS.iter().find(|b| b.kind == kind)?;
    Some(
        builtin
            .tools
            .iter()
            .map(|tool| of_table(server, tool))
            .collect(),
    )
}

/// A tool of a server by its name.
#[must_use]
pub fn tool<'s>(server: &'s Server, name: &str) -> Option<Known<'s>> {
    tools(server)?.into_iter().find(|tool| tool.name == name)
}

fn of_table<'s>(server: &'s Server, tool: &'static Tool) -> Known<'s> {
    Known {
        name: tool.name,
        effect: tool.effect,
        // A cluster is read with the gateway's own account.
        private: tool.private && (server.auth.is_some() || server.is(KUBERNETES)),
        untrusted: tool.untrusted,
        arguments: tool.arguments.to_vec(),
        typed: None,
    }
}

fn of_bucket(tool: &TypedTool) -> Known<'_> {
    Known {
        name: &tool.name.value,
        effect: false,
        private: true,
        untrusted: true,
        arguments: vec!["date", "start_date", "end_date"],
        typed: None,
    }
}

fn typed<'s>(server: &'s Server, tool: &'s TypedTool) -> Known<'s> {
    let arguments = tool.arguments.iter().map(|a| a.value.name.value.as_str());
    let inside = server.urls().any(|url| url.value.host().is_internal());
    Known {
        name: &tool.name.value,
        effect: tool.effect(),
        private: inside || server.auth.is_some(),
        untrusted: true,
        arguments: arguments.collect(),
        typed: Some(tool),
    }
}
