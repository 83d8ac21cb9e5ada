//! Servers of tools.

use super::{bytes, port, sorted, text, texts};
use crate::plan::{Resources, ServerPlan, ServerPod, defaults};
use crate::spec;
use pure_agent_runtime::contract::{Server, ServerKind};

/// The name by which the gateway knows an image server.
fn host(name: &str) -> String {
    format!("{name}.server.pure-agent")
}

pub(super) fn server(server: &spec::Server) -> ServerPlan {
    ServerPlan {
        contract: Server {
            name: server.name.value.clone(),
            kind: kind(server),
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

fn kind(server: &spec::Server) -> ServerKind {
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
        _ => ServerKind::Image {
            port: port(server.port.as_ref(), defaults::SERVER_PORT),
            host: host(&server.name.value),
        },
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
