//! The steps of a graph: each visit has the number that the router named, within the static bound.

use super::folder::hand_on;
use super::{Course, lost};
use crate::emit::deadlines::cycles;
use crate::local::outcome::End;
use pure_agent_runtime::contract::{Graph, Visit, Work};
use pure_agent_runtime::graph;

/// What is the first visit of a run.
const FIRST: Visit = Visit { step: 0, cycle: 0 };

impl Course<'_> {
    /// Visits until a router says stop.
    pub(super) async fn visits(&self, graph: &Graph) -> End {
        let plan = &self.job.plan;
        let bound = cycles(plan.limits.depth, plan.retry.infrastructure);
        let mut visit = FIRST;
        loop {
            let next = self.visit(graph, visit).await;
            if self.stop.asked() {
                return End::Failed;
            }
            match next {
                // One cycle after the other, as the templates of a cluster have it.
                Ok(Some(next)) if next.cycle == visit.cycle + 1 && next.cycle < bound => {
                    visit = next;
                }
                Ok(_) => return End::Succeeded,
                Err(why) => {
                    let cycle = visit.cycle;
                    self.tidings.trouble(&format!("cycle {cycle}: {why}"));
                    return End::Failed;
                }
            }
        }
    }

    /// One visit, and what the router says follows it.
    async fn visit(&self, graph: &Graph, visit: Visit) -> Result<Option<Visit>, String> {
        let step = graph::step(graph, visit.step).ok_or("there is no such step")?;
        let number = visit.number().ok_or("the visit has no number")?;
        let next = match &step.work {
            Work::Agent { agent, .. } => self.agent_step(number, visit.cycle, agent).await?,
            Work::Call { .. } | Work::Approval { .. } | Work::Export { .. } => {
                self.own_step(number).await?
            }
        };
        Ok(next.and_then(Visit::of))
    }

    async fn agent_step(
        &self,
        number: u32,
        cycle: u32,
        agent: &str,
    ) -> Result<Option<u32>, String> {
        let plan = self
            .job
            .agent(Some(agent))
            .ok_or("there is no such agent")?;
        hand_on(self.job, plan).map_err(|why| why.to_string())?;
        self.turn_of(agent);
        let attempt = match self.attempt(number).await {
            Ok(attempt) => attempt,
            Err(why) => {
                self.tidings.trouble(&format!("cycle {cycle}: {why}"));
                lost()
            }
        };
        match self.stop.asked() {
            true => Ok(None),
            false => self.router(number, &attempt).await,
        }
    }

    /// A step that the gateway does.
    async fn own_step(&self, number: u32) -> Result<Option<u32>, String> {
        let (pod, container) = self.roles.step(number);
        let ports = [self.roles.ports.control.clone()];
        let until = self.until(self.job.deadlines.step_pod, true);
        let name = format!("step-{number}");
        let step = self.step(&pod, &ports, &name, container, &until);
        let (ended, _) = step.await?;
        if ended.code != 0 {
            return Err(format!("its step ended with {}", ended.code));
        }
        Ok(self.next("step"))
    }
}
