//! A call: granted, checked, agreed to, recorded; then made, within bounds.

use super::beside::Ask;
use super::offer::{self, Found, Prepared};
use super::running::Watch;
use super::submit;
use crate::contract::{Server, ToolGrant};
use crate::gateway::answer::Refusal;
use crate::gateway::{Gateway, now};
use crate::mcp::{arguments, content};
use crate::record::Event;
use crate::record::event::{Subject, ToolCalled};
use crate::record::log::Pending;
use crate::state;
use crate::state::journal::Denied;
use crate::tools::{Arguments, Call, Failed, Output};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Time in which arguments are checked against a schema.
const CHECK: Duration = Duration::from_secs(5);

/// Calls a tool by its name in the list. `None`: there is no such tool. A refusal and a failure of the tool are
/// results too; both are recorded.
pub(super) async fn call(
    gateway: &Arc<Gateway>,
    cycle: u32,
    name: &str,
    sent: Arguments,
    watch: Watch,
) -> Option<Value> {
    let (target, outcome) = match offer::find(gateway, name).await {
        Found::Granted(grant) => {
            let outcome = granted(gateway, cycle, grant, sent, watch).await;
            (format!("{}/{}", grant.server, grant.tool), outcome)
        }
        Found::Own(own) => {
            let output = submit::call(gateway, cycle, own, sent).await;
            (own.to_owned(), output.and_then(result))
        }
        Found::Withheld => {
            let refusal = state::Refusal::ToolGrant;
            let failed = failed(refusal.rule(), refusal.to_string());
            ("tools/call".to_owned(), Err(failed))
        }
        Found::Unknown => return None,
    };
    Some(outcome.unwrap_or_else(|failed| {
        super::denied(gateway, cycle, failed.rule, target);
        content::refused(failed.rule, &failed.message)
    }))
}

fn failed(rule: &'static str, message: impl Into<String>) -> Failed {
    Failed {
        rule,
        message: message.into(),
    }
}

/// Waits until an event is on the disk.
pub(super) async fn wrote(pending: Result<Pending, Denied>) -> Result<(), Failed> {
    let pending = pending.map_err(Refusal::from)?;
    let written = pending.await.map_err(|_untold| Refusal::Record)?;
    let _line = written;
    Ok(())
}

async fn granted(
    gateway: &Arc<Gateway>,
    cycle: u32,
    grant: &ToolGrant,
    sent: Arguments,
    watch: Watch,
) -> Result<Value, Failed> {
    let server = offer::server(gateway, &grant.server)?;
    let tool = offer::prepared(gateway, grant).await?;
    let arguments = checked(gateway, grant, &tool, sent).await?;
    let digest = arguments::digest(&arguments);
    // The record decides; but nobody is asked to agree to what it would refuse.
    let entry = &gateway.contract.entry;
    let used = |state: &state::State| state.tools().calls(entry, &grant.server, &grant.tool);
    let calls = gateway.journal.read(used);
    if grant.times.is_some_and(|times| calls >= times) {
        let refusal = state::Refusal::ToolTimes;
        return Err(failed(refusal.rule(), refusal.to_string()));
    }
    let approval = match &grant.approval {
        Some(approval) => Some(agreed(gateway, cycle, grant, approval, &arguments).await?),
        None => None,
    };
    let within = Duration::from_secs(server.deadline);
    let room = Arc::clone(&gateway.mcp.room).acquire_owned();
    let Ok(Ok(place)) = timeout(within, room).await else {
        let message = "as many calls are under way as the spec permits at once";
        return Err(failed("concurrency", message));
    };
    if gateway.over() {
        return Err(Refusal::Deadline.into());
    }
    let called = Event::ToolCalled(ToolCalled {
        cycle,
        agent: entry.clone(),
        server: grant.server.clone(),
        tool: grant.tool.clone(),
        arguments: digest,
        approval,
    });
    wrote(gateway.journal.record(called)).await?;
    let output = made(gateway, cycle, grant, server, arguments, place, watch).await?;
    bounded(output, server, &tool)
}

/// Asks a person to agree to exactly these arguments.
async fn agreed(
    gateway: &Arc<Gateway>,
    cycle: u32,
    grant: &ToolGrant,
    approval: &str,
    arguments: &Arguments,
) -> Result<String, Failed> {
    let (server, tool) = (grant.server.clone(), grant.tool.clone());
    let ask = Ask {
        cycle: Some(cycle),
        approval: approval.to_owned(),
        shown: json!({"server": server, "tool": tool, "arguments": arguments}),
        subject: Subject::Tool { server, tool },
        arguments: arguments::digest(arguments),
    };
    Ok(gateway.mcp.beside().approve(gateway, ask).await?)
}

/// The final arguments: within bounds, with bound values in their places, as the schema wants them.
async fn checked(
    gateway: &Gateway,
    grant: &ToolGrant,
    tool: &Arc<Prepared>,
    sent: Arguments,
) -> Result<Arguments, Failed> {
    let refuse = |refused: arguments::Refused| failed(refused.rule(), refused.message());
    arguments::check(&sent).map_err(refuse)?;
    let none = serde_json::Map::new();
    let declared = tool.input.declared().unwrap_or(&none);
    let input = |name: &str| gateway.inputs.get(name);
    let bound = arguments::bind(sent, &grant.bind, declared, input).map_err(refuse)?;
    // A stranger wrote the schema: its patterns do not run on the threads that serve.
    let tool = Arc::clone(tool);
    let check = tokio::task::spawn_blocking(move || {
        let fits = tool.input.check(&bound);
        fits.map(|()| bound)
    });
    match timeout(CHECK, check).await {
        Ok(Ok(checked)) => checked.map_err(|why| failed("tool-arguments", why)),
        Ok(Err(_)) | Err(_) => Err(failed(
            "tool-arguments",
            "the arguments could not be checked in time",
        )),
    }
}

/// A call under way. It ends with the request that wanted it; but one with an effect, once begun, is not torn off
/// by a client that goes away, only by one that cancels.
struct Task {
    run: JoinHandle<Result<Output, Failed>>,
    effect: bool,
    watch: Watch,
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.effect || self.watch.cancelled() {
            self.run.abort();
        }
    }
}

async fn made(
    gateway: &Arc<Gateway>,
    cycle: u32,
    grant: &ToolGrant,
    server: &Server,
    arguments: Arguments,
    place: OwnedSemaphorePermit,
    watch: Watch,
) -> Result<Output, Failed> {
    let deadline = gateway.journal.read(state::State::deadline).unwrap_or(0);
    let left = deadline.saturating_sub(now()).min(server.deadline);
    let (mine, grant, effect) = (Arc::clone(gateway), grant.clone(), grant.effect);
    let run = async move {
        let call = Call {
            server: &grant.server,
            tool: &grant.tool,
            arguments,
            cycle,
        };
        let output = timeout(Duration::from_secs(left), mine.mcp.beside().call(call)).await;
        drop(place);
        output.unwrap_or_else(|_late| Err(failed("tool-late", "the tool did not answer in time")))
    };
    let mut task = Task {
        run: tokio::spawn(run),
        effect,
        watch,
    };
    let ended = (&mut task.run).await;
    ended.unwrap_or_else(|_gone| Err(failed("tool-answer", "the call broke off")))
}

fn result(output: Output) -> Result<Value, Failed> {
    let message = "the tool's answer has a shape that is not passed on";
    content::result(output).ok_or_else(|| failed("tool-answer", message))
}

/// The answer, if it is no larger than the spec permits and what the tool declares.
fn bounded(output: Output, server: &Server, tool: &Prepared) -> Result<Value, Failed> {
    if let (Some(schema), false) = (&tool.output, output.error) {
        let structured = output.structured.as_ref().and_then(Value::as_object);
        if structured.is_none_or(|value| schema.check(value).is_err()) {
            let message = "the tool's answer is not what the tool declares";
            return Err(failed("tool-answer", message));
        }
    }
    let result = result(output)?;
    let bytes = serde_json::to_vec(&result).map_or(usize::MAX, |text| text.len());
    match u64::try_from(bytes).is_ok_and(|bytes| bytes <= server.size) {
        true => Ok(result),
        false => Err(failed(
            "tool-size",
            format!("the tool's answer has more than {} bytes", server.size),
        )),
    }
}
