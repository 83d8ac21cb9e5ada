//! The three parts of a path, as a run has them.

use crate::builtins::Known as Tool;
use crate::reach::{Granted, Holder, reach};
use crate::resolve::Unit;
use crate::span::Span;
use crate::spec::service::Argument;
use crate::spec::{Bind, Export};
use crate::values::regex::Regex;

use super::places::{
    Home, Known, host, hosts, known, owner_is_open, repository, route_name, services, tool_name,
    tunnel_name,
};

/// Where untrusted text comes from, the least surprising first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum From {
    Input,
    Issue,
    Repository,
    Web,
    Server,
}

impl From {
    /// The word of `assert from=`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Issue => "issue",
            Self::Repository => "repository",
            Self::Web => "web",
            Self::Server => "server",
        }
    }
}

/// How something leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum To {
    Tunnel,
    Http,
    Tool,
    Export,
}

impl To {
    /// The word of `assert to=`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Tunnel => "tunnel",
            Self::Http => "http",
            Self::Tool => "tool",
            Self::Export => "export",
        }
    }
}

/// Text that a stranger may have written.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) kind: From,
    pub(super) span: Span,
    pub(super) what: String,
}

/// Something read that the public cannot read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) span: Span,
    pub(super) what: String,
    home: Home,
}

/// Something that carries what an agent chooses to another place.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) kind: To,
    pub(super) span: Span,
    pub(super) what: String,
    end: Home,
}

impl Channel {
    /// Whether all that leaves here goes back to where it was read.
    pub(super) fn returns(&self, read: &Read) -> bool {
        match (&read.home, &self.end) {
            (Home::Tracker(from), Home::Tracker(to)) => to.is_none() || from == to,
            (Home::Unknown, _) => false,
            (from, to) => from == to,
        }
    }
}

/// Every source of a run, ordered by kind.
pub(super) fn sources(unit: &Unit) -> Vec<Source> {
    let mut out = Vec::new();
    for input in &unit.run.inputs {
        let prose = input
            .pattern
            .as_ref()
            .is_none_or(|p| Regex::parse(&p.value).map_or(true, |r| r.admits_prose()));
        if input.one_of.is_empty() && prose {
            let what = format!("input `{}`", input.name.value);
            out.push(Source {
                kind: From::Input,
                span: input.name.span,
                what,
            });
        }
    }
    for granted in reach(unit).grants {
        let kind = match known(&granted) {
            Known::Image => From::Server,
            Known::Tool(_, ref tool) if !tool.untrusted => continue,
            Known::Tool("linear", _) => From::Issue,
            Known::Tool("git", _) => From::Repository,
            Known::Tool("http" | "s3" | "kubernetes", _) => From::Server,
            Known::Tool(..) => From::Web,
            Known::Nothing => continue,
        };
        out.push(Source {
            kind,
            span: granted.grant.tool.span,
            what: tool_name(&granted),
        });
    }
    for agent in unit.reachable_agents() {
        for tunnel in &agent.tunnels {
            out.push(Source {
                kind: From::Web,
                span: tunnel.host.span,
                what: tunnel_name(&tunnel.host.value),
            });
        }
        for route in &agent.http {
            out.push(Source {
                kind: From::Web,
                span: route.host.span,
                what: route_name(route),
            });
        }
    }
    out.sort_by_key(|s| s.kind);
    out
}

/// Everything private that a run reads: with a credential, or from inside the company.
pub(super) fn reads(unit: &Unit) -> Vec<Read> {
    let mut out = Vec::new();
    for granted in reach(unit).grants {
        let Known::Tool(kind, tool) = known(&granted) else {
            continue;
        };
        let server = granted.server;
        let home = match kind {
            "fetch" if server.hosts.iter().any(|h| h.value.is_internal()) => hosts(server),
            _ if !tool.private => continue,
            "linear" => Home::Tracker(server.team.as_ref().map(|t| t.value.clone())),
            "git" => repository(server),
            "http" => services(server),
            _ => Home::Unknown,
        };
        out.push(Read {
            span: granted.grant.tool.span,
            what: tool_name(&granted),
            home,
        });
    }
    for agent in unit.reachable_agents() {
        for route in agent
            .http
            .iter()
            .filter(|r| r.auth.is_some() || r.host.value.is_internal())
        {
            out.push(Read {
                span: route.host.span,
                what: route_name(route),
                home: host(&route.host.value),
            });
        }
        for tunnel in agent.tunnels.iter().filter(|t| t.host.value.is_internal()) {
            let what = tunnel_name(&tunnel.host.value);
            out.push(Read {
                span: tunnel.host.span,
                what,
                home: Home::Unknown,
            });
        }
    }
    out
}

/// Every channel that no person watches.
pub(super) fn channels(unit: &Unit) -> Vec<Channel> {
    let mut out = Vec::new();
    for agent in unit.reachable_agents() {
        for tunnel in &agent.tunnels {
            let (kind, span) = (To::Tunnel, tunnel.host.span);
            out.push(Channel {
                kind,
                span,
                what: tunnel_name(&tunnel.host.value),
                end: Home::Unknown,
            });
        }
        for route in &agent.http {
            // An address can carry data too, so that every method counts; but only the host sees it.
            let reading = |m: &str| matches!(m, "GET" | "HEAD" | "OPTIONS");
            let only = route.allow.iter().all(|r| reading(&r.method.value));
            let end = if only {
                host(&route.host.value)
            } else {
                Home::Unknown
            };
            out.push(Channel {
                kind: To::Http,
                span: route.host.span,
                what: route_name(route),
                end,
            });
        }
    }
    let grants = reach(unit).grants;
    out.extend(
        grants
            .iter()
            .filter_map(|granted| tool_channel(unit, granted)),
    );
    out.extend(
        unit.run
            .exports
            .iter()
            .filter(|e| e.approval.is_none() && carries(unit, e))
            .map(|export| Channel {
                kind: To::Export,
                span: export.kind.span,
                what: format!("export `{}`", export.kind.value),
                end: export_end(export),
            }),
    );
    out.sort_by_key(|c| c.kind);
    out
}

fn tool_channel(unit: &Unit, granted: &Granted<'_>) -> Option<Channel> {
    let (grant, server) = (granted.grant, granted.server);
    let fixed = || grant.binds.iter().all(|bind| is_fixed(unit, bind));
    if grant.approval.is_some() || matches!(granted.holder, Holder::Step(_)) && fixed() {
        return None;
    }
    let end = match known(granted) {
        Known::Nothing => return None,
        // Its pod reaches nothing but what the gateway brings it, unless the spec says that a tool does.
        Known::Image => {
            server
                .effects
                .iter()
                .find(|e| e.value == grant.tool.value)?;
            Home::Unknown
        }
        // Arguments that are all bound carry nothing that the agent chose.
        Known::Tool(_, ref tool)
            if tool
                .arguments
                .iter()
                .all(|a| is_said(unit, granted, tool, a)) =>
        {
            return None;
        }
        Known::Tool("fetch", _) => hosts(server),
        // Which repository is asked for tells nobody anything where all belong to one owner.
        Known::Tool("git", _) => {
            server
                .repos
                .iter()
                .find(|r| owner_is_open(r.value.as_str()))?;
            Home::Unknown
        }
        // What is asked is told to the service, and to nobody else as long as nothing is changed.
        Known::Tool("http", ref tool) if !tool.effect => services(server),
        Known::Tool(_, ref tool) if !tool.effect => return None,
        // The name of a declared Deployment, and a number within its bounds.
        Known::Tool("kubernetes", _) => return None,
        Known::Tool("linear", _) => Home::Tracker(Some(server.team.as_ref()?.value.clone())),
        Known::Tool(..) => Home::Unknown,
    };
    Some(Channel {
        kind: To::Tool,
        span: grant.tool.span,
        what: tool_name(granted),
        end,
    })
}

/// Whether an argument carries nothing that an agent chose, or one of a few values that the spec lists. What a call does
/// not name it does not send.
fn is_said(unit: &Unit, granted: &Granted<'_>, tool: &Tool<'_>, argument: &str) -> bool {
    let typed = tool.typed.and_then(|tool| tool.argument(argument));
    let mut binds = granted.grant.binds.iter();
    let bind = binds.find(|bind| bind.argument.value == argument);
    typed.is_some_and(Argument::is_closed)
        || bind.map_or(matches!(granted.holder, Holder::Step(_)), |bind| {
            is_fixed(unit, bind)
        })
}

/// Whether a bound argument is what the spec or the submitter says, or an answer among a few that the spec lists.
fn is_fixed(unit: &Unit, bind: &Bind) -> bool {
    let Some(answer) = &bind.answer else {
        return true;
    };
    let graph = unit.run.graph.as_ref();
    let declared = graph.and_then(|graph| graph.answer(&answer.value));
    declared.is_some_and(|(_, declared)| !declared.one_of.is_empty())
}

/// Whether an export brings anything along that an agent chose. A run that is given nothing of it, or one of a few values
/// that its spec lists, learns nothing.
fn carries(unit: &Unit, export: &Export) -> bool {
    let Some(run) = export
        .run
        .as_ref()
        .and_then(|run| unit.others.get(&run.file.span))
    else {
        return true;
    };
    let closed = |name: &str| {
        let declared = run.inputs.iter().find(|input| input.name.value == name);
        declared.is_some_and(|input| !input.one_of.is_empty())
    };
    !export.inputs.iter().all(|name| closed(&name.value))
}

fn export_end(export: &Export) -> Home {
    match export.kind.value.as_str() {
        "comment" | "report" | "upload" => Home::Tracker(None),
        "pull-request" => export
            .repo
            .as_ref()
            .filter(|r| r.value.is_exact())
            .map_or(Home::Unknown, |r| {
                Home::Repository(format!("github.com/{}", r.value))
            }),
        _ => Home::Unknown,
    }
}
