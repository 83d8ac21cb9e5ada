//! What a call uses at most is set aside before it.
//!
//! A limit that only calls under way stand in front of is waited for, in the order of asking: they settle for less
//! than they set aside. One that is used up is refused at once.

use super::super::Gateway;
use super::super::answer::Refusal;
use super::endpoint::Endpoint;
use super::{Models, No};
use crate::contract::Model;
use crate::model::Request;
use crate::record::Event;
use crate::record::event::{Reserved, RouteAsked, Settled};
use crate::record::log::Pending;
use crate::state::journal::Denied;
use crate::state::{self, Bound, Exhausted, cost};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// Time that a call waits for others.
pub(super) const WAIT: Duration = Duration::from_secs(30);
/// How often one that waits looks again, if nobody wakes it.
const LOOK: Duration = Duration::from_millis(250);

/// A reservation on its way to the disk, and what counts if nobody learns what was used. Whoever holds it settles it.
pub(super) struct Held {
    pub(super) pending: Pending,
    pub(super) worst: Settled,
}

/// Whom and what a reservation is for.
pub(super) struct For<'a> {
    /// None: the choice of an agent.
    pub(super) cycle: Option<u32>,
    pub(super) endpoint: Endpoint,
    pub(super) model: &'a Model,
    pub(super) request: &'a Request,
}

/// Sets aside what a call uses at most. Between the answer and its use there must be no point to wait at, so that
/// nobody who leaves takes a reservation along.
pub(super) async fn reserve(gateway: &Gateway, wanted: &For<'_>) -> Result<Held, No> {
    let until = Instant::now() + WAIT.min(super::left(gateway));
    let Models { turn, freed, .. } = &gateway.models;
    let _turn = timeout_at(until, turn.lock())
        .await
        .map_err(|_untold| No::Busy)?;
    loop {
        let sentence = match attempt(gateway, wanted) {
            Ok(held) => return Ok(held),
            Err(Denied::Refusal(state::Refusal::Exhausted(exhausted))) => {
                let rule = exhausted.rule();
                match passes(&exhausted) {
                    true => rule,
                    false => return Err(No::UsedUp(rule, exhausted.to_string())),
                }
            }
            Err(denied) => return Err(No::Plain(denied.into())),
        };
        let now = Instant::now();
        if now >= until {
            let over = gateway.over();
            return Err(if over {
                No::Plain(Refusal::Deadline)
            } else {
                No::Full(sentence)
            });
        }
        // Woken or not: it looks again.
        let _woken = timeout(LOOK.min(until - now), freed.notified()).await;
    }
}

/// Whether the limit holds without the calls that are under way.
fn passes(exhausted: &Exhausted) -> bool {
    let Exhausted {
        bound,
        limit,
        used,
        asked,
        ..
    } = exhausted;
    let alone = used.saturating_add(u128::from(*asked)) <= u128::from(*limit);
    *bound == Bound::Concurrency || alone
}

fn attempt(gateway: &Gateway, wanted: &For<'_>) -> Result<Held, Denied> {
    let mut worst = worst(wanted);
    let agent = gateway.agent_name();
    let pending = gateway.journal.decide(|state| {
        worst.reservation = state.budget().next();
        Ok(event(wanted, &worst, agent))
    })?;
    Ok(Held { pending, worst })
}

fn event(wanted: &For<'_>, worst: &Settled, agent: String) -> Event {
    let (reservation, turns, micros) = (worst.reservation, worst.turns, worst.micros);
    let operation = wanted.endpoint.operation().to_owned();
    let model = wanted.model.name.clone();
    let tokens = wanted.request.worst_case();
    match wanted.cycle {
        Some(cycle) => Event::Reserved(Reserved {
            reservation,
            cycle,
            agent,
            operation: Some(operation),
            model: Some(model),
            turns,
            tokens,
            micros,
            traffic: 0,
        }),
        None => Event::RouteAsked(RouteAsked {
            reservation,
            operation,
            model,
            turns,
            tokens,
            micros,
        }),
    }
}

/// The worst case as if it had been used.
fn worst(wanted: &For<'_>) -> Settled {
    let Request {
        input_estimate,
        most_output,
        ..
    } = *wanted.request;
    Settled {
        reservation: 0,
        turns: u64::from(wanted.endpoint.is_turn()),
        input_tokens: input_estimate,
        output_tokens: most_output,
        micros: price(wanted.model, input_estimate, most_output),
        traffic: 0,
    }
}

/// What tokens cost at the price of the spec; nothing where it has none.
pub(super) fn price(model: &Model, input: u64, output: u64) -> u64 {
    let price = model.price.as_ref();
    price.map_or(0, |price| cost(price, input, output))
}
