//! Servers of tools.

use super::{bytes, count, port, run, sorted, text, texts};
use crate::plan::{Resources, ServerPlan, ServerPod, TargetPlan, defaults};
use crate::span::Spanned;
use crate::spec;
use crate::spec::service::{TypedTool, When};
use crate::spec::workloads::Workloads;
use crate::values::url::Url;
use pure_agent_runtime::contract::{
    self, API_DIR, API_HOST, ClusterApi, Deployment, HttpPlace, HttpTool, Partition, Range, Server,
    ServerKind,
};

/// The other form of `partition`.
const PADDED: &str = "year=Y/month=MM";

/// The name by which the gateway knows an image server.
fn host(name: &str) -> String {
    format!("{name}.server.pure-agent")
}

pub(super) fn server(server: &spec::Server, target: &TargetPlan) -> ServerPlan {
    ServerPlan {
        contract: Server {
            name: server.name.value.clone(),
            kind: kind(server, target),
            auth: text(server.auth.as_ref()),
            size: bytes(server.size.as_ref(), defaults::SERVER_SIZE),
            deadline: server
                .deadline
                .as_ref()
                .map_or(defaults::SERVER_DEADLINE, |d| d.value.seconds()),
        },
        pod: server.image.as_ref().map(|image| ServerPod {
            image: image.value.to_string(),
            command: texts(&server.command),
            port: port(server.port.as_ref(), defaults::SERVER_PORT),
            resources: resources(&server.resources),
        }),
    }
}

fn kind(server: &spec::Server, target: &TargetPlan) -> ServerKind {
    match server.builtin.as_ref().map(|b| b.value.as_str()) {
        Some("linear") => ServerKind::Linear {
            team: text(server.team.as_ref()).unwrap_or_default(),
        },
        Some("git") => ServerKind::Git {
            repositories: sorted(server.repos.iter().map(|r| r.value.as_str().to_owned())),
        },
        Some("fetch") => ServerKind::Fetch {
            hosts: sorted(server.hosts.iter().map(|h| h.value.as_str().to_owned())),
        },
        Some("http") => ServerKind::Http {
            url: url(server.url.as_ref()),
            tools: typed(server),
        },
        Some("s3") => bucket(server),
        Some("kubernetes") => workloads(&server.workloads, target),
        _ => ServerKind::Image {
            port: port(server.port.as_ref(), defaults::SERVER_PORT),
            host: host(&server.name.value),
        },
    }
}

fn bucket(server: &spec::Server) -> ServerKind {
    let tool = server.typed.first();
    let padded = server.partition.as_ref().is_some_and(|p| p.value == PADDED);
    ServerKind::S3 {
        from: text(server.bucket.as_ref()).unwrap_or_default(),
        region: text(server.region.as_ref()).unwrap_or_default(),
        partition: if padded {
            Partition::Padded
        } else {
            Partition::Plain
        },
        months: count(server.months.as_ref(), 1),
        tool: tool.map(|t| t.name.value.clone()).unwrap_or_default(),
        about: tool
            .and_then(|t| text(t.about.as_ref()))
            .unwrap_or_default(),
    }
}

/// The API server goes by a name that the gateway's pod knows; no DNS is asked for it.
pub(super) fn api(target: &TargetPlan) -> ClusterApi {
    let port = target.api().map_or(defaults::PORT, |(port, _)| port);
    ClusterApi {
        url: format!("https://{API_HOST}:{port}"),
        token: format!("{API_DIR}/token"),
        authority: format!("{API_DIR}/ca.crt"),
    }
}

fn workloads(workloads: &Workloads, target: &TargetPlan) -> ServerKind {
    let mut deployments: Vec<Deployment> = workloads.deployments.iter().map(deployment).collect();
    deployments.sort_by(|a, b| a.name.cmp(&b.name));
    ServerKind::Kubernetes {
        api: api(target),
        namespace: text(workloads.namespace.as_ref()).unwrap_or_default(),
        deployments,
        lines: count(workloads.lines.as_ref(), defaults::LINES),
    }
}

fn deployment(wish: &spec::workloads::Deployment) -> Deployment {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Deployment {
        name: wish.name.value.clone(),
        replicas: wish.replicas().map(|(min, max)| Range {
            min: number(min),
            max: number(max),
        }),
    }
}

fn url(url: Option<&Spanned<Url>>) -> String {
    url.map(|u| u.value.to_string()).unwrap_or_default()
}

/// Typed tools, by name.
fn typed(server: &spec::Server) -> Vec<HttpTool> {
    let mut tools: Vec<HttpTool> = server.typed.iter().map(|t| tool(server, t)).collect();
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    tools
}

fn tool(server: &spec::Server, tool: &TypedTool) -> HttpTool {
    let (method, path) = tool.requests.first().map_or_else(Default::default, |r| {
        (r.method.to_owned(), r.path.value.clone())
    });
    let place = |when: &When| HttpPlace {
        argument: when.argument.value.clone(),
        is: when.is.value.clone(),
        url: url(when.url.as_ref().or(server.url.as_ref())),
        path: when
            .path
            .as_ref()
            .map_or_else(|| path.clone(), |p| p.value.clone()),
    };
    HttpTool {
        name: tool.name.value.clone(),
        about: text(tool.about.as_ref()).unwrap_or_default(),
        method,
        pick: text(tool.pick.as_ref()),
        arguments: tool.arguments.iter().map(argument).collect(),
        when: tool.whens.iter().map(place).collect(),
        path,
    }
}

fn argument(argument: &spec::service::Argument) -> contract::Argument {
    let min = argument.min.as_ref().map_or(0, |m| m.value);
    contract::Argument {
        value: run::input(&argument.value),
        about: text(argument.about.as_ref()),
        range: argument.max.as_ref().map(|max| Range {
            min,
            max: max.value,
        }),
    }
}

/// The share of the node that an agent or image server asks for.
pub(super) fn resources(wish: &spec::Resources) -> Resources {
    Resources {
        cpu_millis: wish
            .cpu
            .as_ref()
            .map_or(defaults::CPU_MILLIS, |c| c.value.millis()),
        memory: bytes(wish.memory.as_ref(), defaults::MEMORY),
        storage: bytes(wish.storage.as_ref(), defaults::STORAGE),
    }
}
