//! The choice of a run's agent: once, before the first cycle, and never again.
//!
//! A model is asked by the gateway itself, within bounds of its own, and its answer is one word of a closed list; or the
//! value of an input decides. Whatever else comes of it is the fallback. The choice is on the disk before anybody
//! learns of it, so that whoever asks again, after whatever was lost, hears the same.

mod question;
#[cfg(test)]
mod tests;

use super::Gateway;
use super::answer::{Answer, Refusal};
use super::models::own::{self, Unanswered};
use crate::contract::{self, Contract, RouteBy};
use crate::record::Event;
use crate::record::event::RouteChosen;
use crate::router::choice::Chosen;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

/// A model chose.
const BY_MODEL: &str = "model";
/// The value of an input chose.
const BY_INPUT: &str = "input";
/// The value of the input chooses no agent.
const NO_VALUE: &str = "fallback-value";
/// The model named none of the agents.
const NO_ANSWER: &str = "fallback-answer";
/// The model did not answer.
const NO_MODEL: &str = "fallback-upstream";
/// It did not answer in time.
const LATE: &str = "fallback-deadline";

/// How long nothing is asked of a model that nobody reached.
const PAUSE: Duration = Duration::from_secs(1);

/// How the agent is chosen.
#[derive(Debug)]
pub(super) struct Choice {
    route: contract::Route,
    fallback: String,
    /// One at a time: whoever comes second hears what the first one chose.
    turn: Mutex<()>,
}

impl Choice {
    /// The choice of a contract; none where it has no route.
    ///
    /// # Errors
    /// A route that names what the contract does not have: then nothing could be chosen in the end.
    pub(super) fn new(contract: &Contract) -> Result<Option<Self>, String> {
        let Some(route) = &contract.route else {
            return Ok(None);
        };
        let agents = || route.choices.iter().map(|choice| choice.agent.as_str());
        let known = |name: &str| contract.agents.iter().any(|agent| agent.name == name);
        if let Some(unknown) = agents().find(|name| !known(name)) {
            return Err(format!("the route chooses `{unknown}`, which is no agent"));
        }
        if !agents().any(|name| name == contract.entry) {
            return Err("the fallback of the route is none of its choices".to_owned());
        }
        let by = match &route.by {
            RouteBy::Model { name, .. } => contract.models.iter().any(|model| model.name == *name),
            RouteBy::Input { name } => contract.inputs.iter().any(|input| input.name == *name),
        };
        match by {
            true => Ok(Some(Self {
                route: route.clone(),
                fallback: contract.entry.clone(),
                turn: Mutex::default(),
            })),
            false => Err("the route is chosen by what the contract does not have".to_owned()),
        }
    }

    fn fallback(&self, reason: impl Into<String>) -> RouteChosen {
        RouteChosen {
            agent: self.fallback.clone(),
            reason: reason.into(),
        }
    }

    /// What an input's value chooses.
    fn by_value(&self, value: Option<&str>) -> RouteChosen {
        let mut choices = self.route.choices.iter();
        let chosen = value
            .and_then(|value| choices.find(|choice| choice.when.iter().any(|when| when == value)));
        match chosen {
            Some(choice) => RouteChosen {
                agent: choice.agent.clone(),
                reason: BY_INPUT.to_owned(),
            },
            None => self.fallback(NO_VALUE),
        }
    }
}

/// Answers the question which agent the run has, after it was chosen.
///
/// # Errors
/// A contract without a route; a choice that is not on the disk.
pub(super) async fn answer(gateway: &Arc<Gateway>) -> Result<Answer, Refusal> {
    let choice = gateway.choice.as_ref().ok_or(Refusal::Path)?;
    let _turn = choice.turn.lock().await;
    let chosen = match made(gateway) {
        Some(chosen) => chosen,
        None => make(gateway, choice).await?,
    };
    let RouteChosen { agent, reason } = chosen;
    Ok(Answer::fine(&Chosen { agent, reason }))
}

/// What was chosen before.
fn made(gateway: &Gateway) -> Option<RouteChosen> {
    gateway
        .journal
        .read(|state| state.route()?.chosen().cloned())
}

/// Chooses, and keeps the choice before it is told.
async fn make(gateway: &Arc<Gateway>, choice: &Choice) -> Result<RouteChosen, Refusal> {
    let chosen = match &choice.route.by {
        RouteBy::Input { name } => choice.by_value(gateway.inputs.get(name)),
        RouteBy::Model { name, deadline, .. } => {
            let within = Duration::from_secs(*deadline);
            let asked = timeout(within, by_model(gateway, choice, (name, within / 2)));
            match asked.await {
                Ok(chosen) => chosen?,
                Err(_late) => choice.fallback(LATE),
            }
        }
    };
    let pending = gateway.journal.record(Event::RouteChosen(chosen.clone()))?;
    pending.await.map_err(|_untold| Refusal::Record)?;
    Ok(chosen)
}

/// Asks until an answer is one of the agents, as often as the bounds of the route let it. It is the first thing that a
/// gateway asks, and its way out may still be opening: so one that is away is waited for so long.
async fn by_model(
    gateway: &Arc<Gateway>,
    choice: &Choice,
    (model, patience): (&str, Duration),
) -> Result<RouteChosen, Refusal> {
    let start = Instant::now();
    let contract = &gateway.contract;
    let model = contract.models.iter().find(|m| m.name == model);
    let model = model.ok_or(Refusal::Path)?;
    let protocol = own::speaks(model);
    let mut before = None;
    let body = question::body(gateway, &choice.route, model)?;
    loop {
        match own::ask(gateway, model, &body).await {
            Ok(answer) => match question::answer(protocol, &choice.route, &answer) {
                Some(agent) => {
                    return Ok(RouteChosen {
                        agent,
                        reason: BY_MODEL.to_owned(),
                    });
                }
                None => before = Some(NO_ANSWER),
            },
            Err(Unanswered::Limit(rule)) => {
                let reason = before.map_or_else(|| format!("fallback-{rule}"), str::to_owned);
                return Ok(choice.fallback(reason));
            }
            Err(Unanswered::Away) if start.elapsed() < patience => sleep(PAUSE).await,
            Err(Unanswered::Away | Unanswered::Upstream) => return Ok(choice.fallback(NO_MODEL)),
            Err(Unanswered::Record) => return Err(Refusal::Record),
        }
    }
}
