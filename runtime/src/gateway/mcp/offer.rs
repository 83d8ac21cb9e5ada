//! What an agent is offered: its granted tools under flat names, described as far as that can be trusted.

use super::submit::{self, OWN};
use crate::contract::{Server, ServerKind, ToolGrant};
use crate::gateway::Gateway;
use crate::mcp::names;
use crate::mcp::schema::{Schema, Unfit};
use crate::tools::{Described, Failed};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Most bytes of a description; a longer one is no description for a model.
const MOST_DESCRIPTION: usize = 16 * 1024;

/// A tool as its server describes it, ready to be checked by.
#[derive(Debug)]
pub(super) struct Prepared {
    described: Described,
    /// Of the arguments.
    pub(super) input: Schema,
    /// Of the structured answer.
    pub(super) output: Option<Schema>,
}

/// Tools that were prepared, by server and name.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<BTreeMap<(String, String), Arc<Prepared>>>);

/// What a name stands for.
#[derive(Debug)]
pub(super) enum Found<'g> {
    /// A tool that the agent was granted.
    Granted(&'g ToolGrant),
    /// A tool of the gateway itself.
    Own(&'static str),
    /// A tool that exists and was not granted.
    Withheld,
    /// Nothing.
    Unknown,
}

/// The server of a grant.
pub(super) fn server<'g>(gateway: &'g Gateway, name: &str) -> Result<&'g Server, Failed> {
    let mut servers = gateway.contract.servers.iter();
    servers.find(|s| s.name == name).ok_or_else(|| Failed {
        rule: "tool-server",
        message: "the spec has no such server".to_owned(),
    })
}

/// The granted tools by their names in the flat list.
fn granted(gateway: &Gateway) -> BTreeMap<String, &ToolGrant> {
    let grants = gateway.agent().map_or(&[][..], |agent| &agent.tools);
    let pairs: Vec<(&str, &str)> = grants
        .iter()
        .map(|grant| (grant.server.as_str(), grant.tool.as_str()))
        .collect();
    let names = names::flat(&pairs, &OWN).into_iter().zip(grants);
    names
        .filter_map(|(name, grant)| Some((name?, grant)))
        .collect()
}

/// What a name stands for, byte by byte.
pub(super) async fn find<'g>(gateway: &'g Gateway, name: &str) -> Found<'g> {
    if let Some(grant) = granted(gateway).get(name) {
        return Found::Granted(grant);
    }
    if let Some(own) = OWN.into_iter().find(|own| *own == name) {
        return match submit::offered(&gateway.contract) {
            true => Found::Own(own),
            false => Found::Withheld,
        };
    }
    match exists(gateway, name).await {
        true => Found::Withheld,
        false => Found::Unknown,
    }
}

/// Whether a tool of this name exists: as another agent's, or at a server that the agent has tools of or that is
/// built in. Other servers are not asked: the agent may not reach them.
async fn exists(gateway: &Gateway, name: &str) -> bool {
    let is = |server: &str, tool: &str| {
        let rest = name
            .strip_prefix(server)
            .and_then(|rest| rest.strip_prefix("__"));
        tool == name || rest == Some(tool)
    };
    let agents = &gateway.contract.agents;
    let mut grants = agents.iter().flat_map(|agent| &agent.tools);
    if grants.any(|grant| is(&grant.server, &grant.tool)) {
        return true;
    }
    let mine = gateway.agent().map_or(&[][..], |agent| &agent.tools);
    for server in &gateway.contract.servers {
        let built_in = !matches!(server.kind, ServerKind::Image { .. });
        if built_in || mine.iter().any(|grant| grant.server == server.name) {
            let tools = listed(gateway, server).await.unwrap_or_default();
            if tools.iter().any(|tool| is(&server.name, &tool.name)) {
                return true;
            }
        }
    }
    false
}

async fn listed(gateway: &Gateway, server: &Server) -> Result<Vec<Described>, Failed> {
    let within = Duration::from_secs(server.deadline);
    let listed = timeout(within, gateway.mcp.beside().list(gateway, &server.name)).await;
    listed.unwrap_or_else(|_late| {
        Err(Failed {
            rule: "tool-late",
            message: "the server did not list its tools in time".to_owned(),
        })
    })
}

/// A granted tool as its server describes it now.
///
/// # Errors
/// A server that does not answer, does not have the tool, or describes it in a way that is not used.
pub(super) async fn prepared(
    gateway: &Gateway,
    grant: &ToolGrant,
) -> Result<Arc<Prepared>, Failed> {
    let listed = listed(gateway, server(gateway, &grant.server)?).await?;
    found(gateway, grant, &listed).await
}

/// The tool among those that its server lists.
async fn found(
    gateway: &Gateway,
    grant: &ToolGrant,
    listed: &[Described],
) -> Result<Arc<Prepared>, Failed> {
    let mut same = listed.iter().filter(|tool| tool.name == grant.tool);
    let (Some(described), None) = (same.next(), same.next()) else {
        return Err(Failed {
            rule: "tool-server",
            message: "the server does not have this tool, or has it twice".to_owned(),
        });
    };
    let known = &gateway.mcp.known;
    let key = (grant.server.clone(), grant.tool.clone());
    if let Some(found) = known.get(&key).filter(|p| p.described == *described) {
        return Ok(found);
    }
    // A stranger wrote the schema: what it costs to read is paid beside the threads that serve.
    let described = described.clone();
    let prepared = tokio::task::spawn_blocking(move || prepare(described)).await;
    let prepared = prepared.unwrap_or(Err(("input", Unfit::Invalid)));
    let prepared = prepared.map_err(|(which, unfit)| Failed {
        rule: "tool-schema",
        message: format!("the server's {which} schema of this tool {unfit}, so it is not called"),
    })?;
    let prepared = Arc::new(prepared);
    known.keep(key, &prepared);
    Ok(prepared)
}

fn prepare(described: Described) -> Result<Prepared, (&'static str, Unfit)> {
    if described.description.len() > MOST_DESCRIPTION {
        return Err(("described", Unfit::Size));
    }
    let input = Schema::read(&described.input).map_err(|e| ("input", e))?;
    let output = described.output.as_ref().map(Schema::read);
    let output = output.transpose().map_err(|e| ("output", e))?;
    Ok(Prepared {
        described,
        input,
        output,
    })
}

impl Known {
    fn get(&self, key: &(String, String)) -> Option<Arc<Prepared>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).map(Arc::clone)
    }

    /// Keys are of granted tools, so there are no more than those.
    fn keep(&self, key: (String, String), prepared: &Arc<Prepared>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(known.insert(key, Arc::clone(prepared)));
    }
}

/// The tools as `tools/list` gives them, by name; and why some are missing.
pub(super) async fn list(gateway: &Gateway) -> (Vec<Value>, Vec<(String, Failed)>) {
    let mut tools: BTreeMap<String, Value> = BTreeMap::new();
    let mut missing = Vec::new();
    // Each server once, also one that does not answer.
    let mut servers: BTreeMap<&str, Result<Vec<Described>, Failed>> = BTreeMap::new();
    for (name, grant) in granted(gateway) {
        if !servers.contains_key(grant.server.as_str()) {
            let listed = match server(gateway, &grant.server) {
                Ok(server) => listed(gateway, server).await,
                Err(failed) => Err(failed),
            };
            servers.insert(&grant.server, listed);
        }
        let prepared = match servers.get(grant.server.as_str()) {
            Some(Ok(listed)) => found(gateway, grant, listed).await,
            Some(Err(failed)) => Err(failed.clone()),
            None => continue,
        };
        match prepared {
            Ok(tool) => drop(tools.insert(name.clone(), entry(&name, grant, &tool))),
            Err(failed) => missing.push((name, failed)),
        }
    }
    for own in submit::listed(gateway) {
        if let Some(name) = own.get("name").and_then(Value::as_str) {
            tools.insert(name.to_owned(), own.clone());
        }
    }
    (tools.into_values().collect(), missing)
}

fn entry(name: &str, grant: &ToolGrant, tool: &Prepared) -> Value {
    let mut entry = json!({
        "name": name,
        "description": tool.described.description,
        "inputSchema": tool.input.listed(grant.bind.keys()),
        "annotations": {"readOnlyHint": !grant.effect, "destructiveHint": grant.effect},
    });
    if let (Some(output), Some(entry)) = (&tool.output, entry.as_object_mut()) {
        entry.insert("outputSchema".to_owned(), output.listed([]));
    }
    entry
}
