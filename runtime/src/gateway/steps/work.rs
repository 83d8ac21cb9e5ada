//! The work of one step.

use crate::contract::graph::{APPROVED, EXPIRED, FAILED, OK, REJECTED};
use crate::contract::{Bound, Given, GraphStep, ToolGrant, Work};
use crate::gateway::Gateway;
use crate::gateway::mcp::own::{Consent, Own};
use crate::graph;
use crate::record::Event;
use crate::record::event::Request;
use crate::state::walk::MOST_RESULT;
use crate::state::{State, approval};
use crate::tools::Failed;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How a person refuses.
const REFUSED: &str = "approval-refused";

/// What came of the work.
pub(in crate::gateway) struct Done {
    /// One of the outcomes of this kind of work.
    pub(super) outcome: &'static str,
    /// What a call answered, as far as it is kept.
    pub(super) result: Option<String>,
}

impl Done {
    fn plain(outcome: &'static str) -> Self {
        Self {
            outcome,
            result: None,
        }
    }
}

/// Does the work of a step in a cycle that has begun.
pub(super) async fn work(gateway: &Arc<Gateway>, cycle: u32, step: &GraphStep) -> Done {
    match &step.work {
        Work::Call { after, .. } => {
            tokio::time::sleep(Duration::from_secs(*after).min(left(gateway))).await;
            call(gateway, cycle, step).await
        }
        Work::Approval { approval, of } => ask(gateway, cycle, approval, of).await,
        // It happens at the end of the run; that it was called for is in the record by now.
        Work::Export { .. } => Done::plain(OK),
        Work::Agent { .. } => Done::plain(FAILED),
    }
}

/// What is left of the run's time.
fn left(gateway: &Gateway) -> Duration {
    let deadline = gateway.journal.read(State::deadline).unwrap_or(0);
    Duration::from_secs(deadline.saturating_sub(crate::gateway::now()))
}

async fn call(gateway: &Arc<Gateway>, cycle: u32, step: &GraphStep) -> Done {
    match called(gateway, cycle, step).await {
        Ok(result) => {
            // A tool says that it failed; that is a result too, for those who come after.
            let outcome = match result.get("isError") {
                Some(Value::Bool(true)) => FAILED,
                _ => OK,
            };
            Done {
                outcome,
                result: Some(kept(&result)),
            }
        }
        Err(failed) => {
            denied(gateway, cycle, failed.rule, target(step));
            Done::plain(FAILED)
        }
    }
}

async fn called(gateway: &Arc<Gateway>, cycle: u32, step: &GraphStep) -> Result<Value, Failed> {
    let grant = grant(gateway, step)?;
    let own = Own::new(gateway, cycle, &grant).await?;
    let arguments = own.arguments().await?;
    let graph = gateway.contract.graph.as_ref();
    let consent = match graph.is_some_and(|graph| graph::is_asked_about(graph, &step.name)) {
        true => Consent::Given(consent(gateway, step, &Own::digest(&arguments))?),
        false => Consent::None,
    };
    own.call(arguments, consent).await
}

/// A consent to a call of this step with exactly these arguments, that no call has used.
fn consent(gateway: &Gateway, step: &GraphStep, digest: &str) -> Result<String, Failed> {
    let found = gateway.journal.read(|state| {
        let agreed = state.walk()?.agreed(&step.name);
        agreed.into_iter().find_map(|(cycle, way)| {
            let mut all = state.approvals().all();
            let is = |asked: &crate::record::event::ApprovalAsked| {
                asked.cycle == Some(cycle) && asked.approval == way && asked.arguments == digest
            };
            let (asked, _) = all.find(|(a, answer)| is(a) && *answer == approval::Answer::Given)?;
            Some(asked.id.clone())
        })
    });
    found.ok_or_else(|| Failed {
        rule: "approval-other",
        message: "nobody agreed to a call with these arguments".to_owned(),
    })
}

async fn ask(gateway: &Arc<Gateway>, cycle: u32, approval: &str, of: &str) -> Done {
    match asked(gateway, cycle, approval, of).await {
        Ok(()) => Done::plain(APPROVED),
        Err(failed) => {
            denied(gateway, cycle, failed.rule, of.to_owned());
            // Whatever else went wrong: nobody answered.
            Done::plain(match failed.rule == REFUSED {
                true => REJECTED,
                false => EXPIRED,
            })
        }
    }
}

async fn asked(gateway: &Arc<Gateway>, cycle: u32, approval: &str, of: &str) -> Result<(), Failed> {
    let graph = gateway.contract.graph.as_ref();
    let step = graph.and_then(|graph| graph::named(graph, of));
    let step = step.ok_or_else(|| unfit("there is no such step"))?;
    let grant = grant(gateway, step)?;
    let own = Own::new(gateway, cycle, &grant).await?;
    let arguments = own.arguments().await?;
    own.ask(approval, &arguments).await
}

fn unfit(message: &str) -> Failed {
    Failed {
        rule: "step-work",
        message: message.to_owned(),
    }
}

/// What the run itself may call there: this tool, with arguments that nobody chooses.
fn grant(gateway: &Gateway, step: &GraphStep) -> Result<ToolGrant, Failed> {
    let Work::Call {
        server,
        tool,
        arguments,
        effect,
        after: _,
    } = &step.work
    else {
        return Err(unfit("this step calls nothing"));
    };
    let mut bind = BTreeMap::new();
    for (name, given) in arguments {
        bind.insert(name.clone(), bound(gateway, given)?);
    }
    Ok(ToolGrant {
        server: server.clone(),
        tool: tool.clone(),
        effect: *effect,
        times: None,
        approval: None,
        bind,
    })
}

fn bound(gateway: &Gateway, given: &Given) -> Result<Bound, Failed> {
    Ok(match given {
        Given::Input(name) => Bound::Input(name.clone()),
        Given::Value(value) => Bound::Value(value.clone()),
        Given::Answer { step, field } => {
            let answer = gateway.journal.read(|state| {
                let answers = state.walk()?.answers(step)?;
                answers.get(field).cloned()
            });
            Bound::Value(answer.ok_or_else(|| unfit("an answer that it needs was not given"))?)
        }
    })
}

fn target(step: &GraphStep) -> String {
    match &step.work {
        Work::Call { server, tool, .. } => format!("{server}/{tool}"),
        _ => step.name.clone(),
    }
}

/// The texts of a result, or its structure where it has none: as much as is kept, cut between characters.
fn kept(result: &Value) -> String {
    let content = result.get("content").and_then(Value::as_array);
    let texts = content.into_iter().flatten();
    let texts = texts.filter_map(|part| part.get("text").and_then(Value::as_str));
    let mut text = texts.collect::<Vec<_>>().join("\n");
    if text.is_empty() {
        text = result
            .get("structuredContent")
            .map(Value::to_string)
            .unwrap_or_default();
    }
    let end = (0..=MOST_RESULT.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or(0));
    text
}

/// What was refused of a step's work; where that cannot be recorded, everything is refused.
pub(super) fn denied(gateway: &Gateway, cycle: u32, rule: &str, target: String) {
    let request = Request {
        cycle: Some(cycle),
        agent: None,
        rule: rule.to_owned(),
        target: target.chars().take(256).collect(),
    };
    drop(gateway.journal.record(Event::RequestDenied(request)));
}
