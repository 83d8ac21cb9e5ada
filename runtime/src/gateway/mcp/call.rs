//! A call: granted, checked, agreed to, recorded; then made, within bounds.

use super::offer::{self, Found, Prepared};
use super::running::Watch;
use super::submit;
use crate::approval::Ask;
use crate::contract::{Server, ToolGrant};
use crate::gateway::answer::Refusal;
use crate::gateway::echo::{self, Echo};
use crate::gateway::{Gateway, now};
use crate::mcp::{arguments, content};
use crate::record::Event;
use crate::record::event::{Subject, ToolCalled};
use crate::record::log::Pending;
use crate::state::journal::Denied;
use crate::state::{self, State};
use crate::tools::{Arguments, Call, Failed, Output};
use crate::transcript::ToolCall;
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
            let refused = told(&state::Refusal::ToolGrant);
            ("tools/call".to_owned(), Err(refused))
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

fn told(refusal: &state::Refusal) -> Failed {
    failed(refusal.rule(), refusal.to_string())
}

/// Waits until an event is on the disk.
pub(super) async fn wrote(pending: Result<Pending, Denied>) -> Result<(), Failed> {
    let pending = pending.map_err(Refusal::from)?;
    let written = pending.await.map_err(|_untold| Refusal::Record)?;
    let _line = written;
    Ok(())
}

/// A call of a granted tool, before it is made.
pub(super) struct Granted<'g> {
    pub(super) gateway: &'g Arc<Gateway>,
    pub(super) cycle: u32,
    /// Who calls; empty: the run itself.
    pub(super) agent: String,
    pub(super) grant: &'g ToolGrant,
    pub(super) server: &'g Server,
    pub(super) tool: Arc<Prepared>,
}

async fn granted(
    gateway: &Arc<Gateway>,
    cycle: u32,
    grant: &ToolGrant,
    sent: Arguments,
    watch: Watch,
) -> Result<Value, Failed> {
    let granted = Granted {
        gateway,
        cycle,
        agent: gateway.agent_name(),
        grant,
        server: offer::server(gateway, &grant.server)?,
        tool: offer::prepared(gateway, grant).await?,
    };
    let arguments = granted.checked(sent).await?;
    let place = granted.consented(&arguments).await?;
    granted.told(arguments, place, watch).await
}

impl Granted<'_> {
    /// The final arguments: within bounds, with bound values in their places, as the schema wants them.
    pub(super) async fn checked(&self, sent: Arguments) -> Result<Arguments, Failed> {
        let refuse = |refused: arguments::Refused| failed(refused.rule(), refused.message());
        arguments::check(&sent).map_err(refuse)?;
        let none = serde_json::Map::new();
        let declared = self.tool.input.declared().unwrap_or(&none);
        let input = |name: &str| self.gateway.inputs.get(name);
        let bound = arguments::bind(sent, &self.grant.bind, declared, input).map_err(refuse)?;
        // A stranger wrote the schema: its patterns do not run on the threads that serve.
        let tool = Arc::clone(&self.tool);
        let bound = Value::Object(bound);
        let check = tokio::task::spawn_blocking(move || {
            let fits = tool.input.check(&bound);
            fits.map(|()| bound)
        });
        match timeout(CHECK, check).await {
            Ok(Ok(Ok(Value::Object(bound)))) => Ok(bound),
            Ok(Ok(Err(why))) => Err(failed("tool-arguments", why)),
            Ok(Ok(Ok(_)) | Err(_)) | Err(_) => Err(failed(
                "tool-arguments",
                "the arguments could not be checked in time",
            )),
        }
    }

    /// Whether a call is left. The record decides; but nobody is asked to agree to what it would refuse.
    fn left(&self) -> Result<(), Failed> {
        let grant = self.grant;
        let used = |state: &State| state.tools().calls(&self.agent, &grant.server, &grant.tool);
        let calls = self.gateway.journal.read(used);
        match grant.times.is_some_and(|times| calls >= times) {
            true => Err(told(&state::Refusal::ToolTimes)),
            false => Ok(()),
        }
    }

    /// Waits until the call may be made and is on the disk. A consent that the same call used meanwhile is none for
    /// this one, which asks anew: each turn needs another consent of a person.
    async fn consented(&self, arguments: &Arguments) -> Result<OwnedSemaphorePermit, Failed> {
        loop {
            self.left()?;
            let approval = self.agreed(arguments).await?;
            let place = self.place().await?;
            match self.recorded(arguments, approval).await {
                Err(failed) if failed.rule == state::Refusal::ApprovalUsed.rule() => {}
                recorded => return recorded.map(|()| place),
            }
        }
    }

    /// Asks a person to agree to exactly these arguments, where the spec wants that.
    async fn agreed(&self, arguments: &Arguments) -> Result<Option<String>, Failed> {
        let Some(approval) = &self.grant.approval else {
            return Ok(None);
        };
        let (server, tool) = (self.grant.server.clone(), self.grant.tool.clone());
        let ask = Ask {
            cycle: Some(self.cycle),
            approval: approval.clone(),
            shown: json!({"server": server, "tool": tool, "arguments": arguments}),
            subject: Subject::Tool { server, tool },
            arguments: arguments::digest(arguments),
        };
        let beside = self.gateway.mcp.beside();
        Ok(Some(beside.approve(self.gateway, ask).await?))
    }

    /// A place among the calls that may be under way at once.
    pub(super) async fn place(&self) -> Result<OwnedSemaphorePermit, Failed> {
        let within = Duration::from_secs(self.server.deadline);
        let room = Arc::clone(&self.gateway.mcp.room).acquire_owned();
        match timeout(within, room).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => {
                let message = "as many calls are under way as the spec permits at once";
                Err(failed("concurrency", message))
            }
        }
    }

    pub(super) async fn recorded(
        &self,
        arguments: &Arguments,
        approval: Option<String>,
    ) -> Result<(), Failed> {
        // A person, or a place, may have taken its time.
        if self.gateway.over() {
            return Err(Refusal::Deadline.into());
        }
        let called = Event::ToolCalled(ToolCalled {
            cycle: self.cycle,
            agent: self.agent.clone(),
            server: self.grant.server.clone(),
            tool: self.grant.tool.clone(),
            arguments: arguments::digest(arguments),
            approval,
        });
        wrote(self.gateway.journal.record(called)).await
    }

    /// Makes a call that is on the disk, and keeps what was said where that is wanted.
    pub(super) async fn told(
        &self,
        arguments: Arguments,
        place: OwnedSemaphorePermit,
        watch: Watch,
    ) -> Result<Value, Failed> {
        let kept = self.gateway.keep.store().map(|_| arguments.clone());
        let output = self.made(arguments, place, watch).await?;
        let told = self.bounded(output)?;
        if let Some(arguments) = kept {
            self.gateway.keep.tool(&ToolCall {
                cycle: self.cycle,
                server: &self.grant.server,
                tool: &self.grant.tool,
                arguments: &Value::Object(arguments),
                result: &told,
            });
        }
        Ok(told)
    }

    async fn made(
        &self,
        arguments: Arguments,
        place: OwnedSemaphorePermit,
        watch: Watch,
    ) -> Result<Output, Failed> {
        let deadline = self.gateway.journal.read(State::deadline).unwrap_or(0);
        let left = deadline.saturating_sub(now()).min(self.server.deadline);
        let (gateway, grant, cycle) = (Arc::clone(self.gateway), self.grant.clone(), self.cycle);
        let run = async move {
            let call = Call {
                server: &grant.server,
                tool: &grant.tool,
                arguments,
                cycle,
            };
            let output = gateway.mcp.beside().call(&gateway, call);
            let output = timeout(Duration::from_secs(left), output).await;
            drop(place);
            let late = || failed("tool-late", "the tool did not answer in time");
            output.unwrap_or_else(|_late| Err(late()))
        };
        let mut task = Task {
            run: tokio::spawn(run),
            effect: self.grant.effect,
            watch,
        };
        let ended = (&mut task.run).await;
        ended.unwrap_or_else(|_gone| Err(failed("tool-answer", "the call broke off")))
    }

    /// The answer, if it is no larger than the spec permits, what the tool declares, and shows no credential.
    fn bounded(&self, output: Output) -> Result<Value, Failed> {
        if let (Some(schema), false) = (&self.tool.output, output.error) {
            let structured = output.structured.as_ref();
            if structured.is_none_or(|value| schema.check(value).is_err()) {
                let message = "the tool's answer is not what the tool declares";
                return Err(failed("tool-answer", message));
            }
        }
        let (result, most) = (result(output)?, self.server.size);
        let text = result.to_string();
        if text.len() as u64 > most {
            let message = format!("the tool's answer has more than {most} bytes");
            return Err(failed("tool-size", message));
        }
        let auth = self.server.auth.as_deref();
        let secret = auth.and_then(|name| self.gateway.secrets.get(name));
        match Echo::new(secret).is_in(text.as_bytes()) {
            true => Err(failed(echo::RULE, "the tool's answer shows its credential")),
            false => Ok(result),
        }
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

fn result(output: Output) -> Result<Value, Failed> {
    let message = "the tool's answer has a shape that is not passed on";
    content::result(output).ok_or_else(|| failed("tool-answer", message))
}
