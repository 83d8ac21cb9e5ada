//! The gateway's own tools: what the agent can hand in at the end of a cycle, and how it does.

use super::call::wrote;
use crate::contract::{Contract, ExportWhen};
use crate::gateway::Gateway;
use crate::gateway::answer::Refusal;
use crate::mcp::arguments;
use crate::record::Event;
use crate::submission::Problem;
use crate::tools::{Arguments, Failed, Output};
use serde_json::{Value, json};

/// Says what can be handed in.
const ACTIONS: &str = "get_export_actions";
/// Hands in.
const SET: &str = "set_export_config";
/// The names of both; no other tool has them.
pub(super) const OWN: [&str; 2] = [ACTIONS, SET];

/// Whether the contract knows anything that an agent could hand in.
pub(super) fn offered(contract: &Contract) -> bool {
    let mut exports = contract.exports.iter();
    exports.any(|export| export.when == ExportWhen::Offer)
        || contract.finish.submission
        || contract.limits.depth > 1
        || contract.graph.is_some()
}

/// Both tools as `tools/list` gives them.
pub(super) fn listed(gateway: &Gateway) -> Vec<Value> {
    if !offered(&gateway.contract) {
        return Vec::new();
    }
    let schema = gateway.mcp.beside().schema(gateway);
    vec![
        json!({
            "name": ACTIONS,
            "description": "Says which exports this run offers, what each needs, and what happens in any case.",
            "inputSchema": {"type": "object", "additionalProperties": false},
            "annotations": {"readOnlyHint": true, "destructiveHint": false},
        }),
        json!({
            "name": SET,
            "description": "Hands in the result of this cycle. The last one before the cycle ends counts.",
            "inputSchema": schema,
            "annotations": {"readOnlyHint": false, "destructiveHint": false, "idempotentHint": true},
        }),
    ]
}

/// Answers a call of one of the tools.
///
/// # Errors
/// Arguments that are no submission of this run; a cycle that has ended.
pub(super) async fn call(
    gateway: &Gateway,
    cycle: u32,
    own: &'static str,
    arguments: Arguments,
) -> Result<Output, Failed> {
    arguments::check(&arguments).map_err(|e| Failed {
        rule: e.rule(),
        message: e.message(),
    })?;
    match own {
        SET => set(gateway, cycle, &arguments).await,
        _ if arguments.is_empty() => actions(gateway, cycle).await,
        _ => Err(Failed {
            rule: "tool-arguments",
            message: "this tool takes no arguments".to_owned(),
        }),
    }
}

async fn actions(gateway: &Gateway, cycle: u32) -> Result<Output, Failed> {
    let request = super::request_of(gateway, cycle, "submission", ACTIONS.to_owned());
    wrote(gateway.journal.record(Event::RequestAllowed(request))).await?;
    Ok(Output::text(
        gateway.mcp.beside().actions(gateway).to_string(),
    ))
}

async fn set(gateway: &Gateway, cycle: u32, arguments: &Arguments) -> Result<Output, Failed> {
    let document = gateway.mcp.beside().read(gateway, arguments);
    let document = document.map_err(|problems| Failed {
        rule: "submission",
        message: told(&problems),
    })?;
    let digest = crate::digest::sha256(&document);
    let submission = Event::Submission { cycle, document };
    wrote(gateway.journal.record(submission)).await?;
    let message = "Kept. What was handed in last when the cycle ends is what counts.";
    let answer = json!({"success": true, "message": message, "digest": digest});
    Ok(Output::text(answer.to_string()))
}

fn told(problems: &[Problem]) -> String {
    let lines = problems.iter().map(|problem| {
        let Problem {
            pointer,
            rule,
            message,
        } = problem;
        format!("\n{pointer}: {rule}: {message}")
    });
    let lines: String = lines.collect();
    format!("nothing was handed in{lines}")
}

/// A refusal in the words of a tool.
impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self {
            rule: refusal.rule(),
            message: refusal.message().to_owned(),
        }
    }
}
