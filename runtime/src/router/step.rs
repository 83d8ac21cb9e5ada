//! A step that the gateway itself does: this asks for it, and decides what follows, in one.

use super::{Router, control::Control, decide::Decision};
use crate::ask::{Gateway, Question};
use crate::contract::{Contract, Visit, Work};
use crate::graph;
use crate::proof::Use;
use crate::strict;
use bytes::Bytes;
use hyper::Method;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Most bytes of the gateway's answer.
const MOST_ANSWER: usize = 4 * 1024;
/// What the answer may take beyond the time of the work: the tool is looked up, its turn comes, and the disk.
const BEYOND: Duration = Duration::from_secs(75);

/// What the gateway answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// One of the step's outcomes.
    pub outcome: String,
}

/// Seconds that the gateway's work of a step may take; none: it is an agent's.
#[must_use]
fn seconds(contract: &Contract, work: &Work) -> Option<u64> {
    match work {
        Work::Agent { .. } => None,
        Work::Call { server, after, .. } => {
            let server = contract.servers.iter().find(|s| s.name == *server);
            Some(
                server
                    .map_or(0, |server| server.deadline)
                    .saturating_add(*after),
            )
        }
        Work::Approval { approval, .. } => {
            let way = contract.approvals.iter().find(|way| way.name == *approval);
            Some(way.map_or(0, |way| way.timeout))
        }
        Work::Export { .. } => Some(0),
    }
}

impl Router {
    /// Has the gateway do the work of a step, decides, has that kept, and only then tells Argo.
    ///
    /// # Errors
    /// When Argo could not be told. Every other doubt is a decision: `stop`, for `error`.
    pub async fn step(&self) -> std::io::Result<Decision> {
        let decision = match self.visit() {
            Ok(visit) => match self.work(visit).await {
                Ok(()) => self.decided(visit, None).await,
                Err(why) => self.given_up(visit, why).await,
            },
            Err(why) => Decision::error(None, why),
        };
        self.tell(&decision)?;
        Ok(decision)
    }

    /// Ends the cycle of work that nobody could have done, and has it kept why.
    async fn given_up(&self, visit: Visit, why: String) -> Decision {
        let decision = Decision::error(Some(visit.cycle), why);
        let control = Control::new(self.address(), &self.uid, &self.key);
        if control.known(visit).await.is_ok() {
            // It is an error with or without the line in the record.
            drop(control.keep(&decision).await);
        }
        decision
    }

    async fn work(&self, visit: Visit) -> Result<(), String> {
        let graph = self.contract.graph.as_ref();
        let step = graph.and_then(|graph| graph::step(graph, visit.step));
        let step = step.ok_or("the contract has no such step")?;
        let seconds = seconds(&self.contract, &step.work).ok_or("the step is an agent's")?;
        let number = visit.number().ok_or("the visit has no number")?;
        let proof = self.key.proof(&self.uid, Use::Router);
        let path = format!("/v1/steps/{number}");
        let question = Question {
            method: Method::POST,
            path: &path,
            bearer: Some(&proof),
            body: Bytes::new(),
            most: MOST_ANSWER,
            within: Duration::from_secs(seconds) + BEYOND,
        };
        let answer = self.address().ask(&question).await?;
        let ended: Ended = strict::read(&answer)
            .map_err(|_untold| "the gateway's answer is malformed".to_owned())?;
        match step.on.contains_key(&ended.outcome) {
            true => Ok(()),
            false => Err("the gateway names an outcome that the step does not have".to_owned()),
        }
    }

    pub(super) fn address(&self) -> Gateway<'_> {
        Gateway {
            address: &self.gateway,
            patience: self.patience,
        }
    }
}
