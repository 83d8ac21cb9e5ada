//! What follows from the record: limits, cycles, submissions, approvals.
//!
//! A [`State`] is a function of the contract and the events, in order; the gateway that wrote them and the one
//! that reads them after a crash come to the same. [`Journal`] holds a state and its log together.

pub mod allowed;
pub mod amount;
pub mod approval;
pub mod budget;
pub mod clone;
pub mod cycle;
pub mod denial;
pub mod export;
pub mod journal;
pub mod refusal;
pub mod route;
pub mod tool;
pub mod walk;

pub use amount::{Amount, Bound, Exhausted, Total, cost};
pub use budget::Budget;
pub use cycle::{Cycles, Phase, Submission};
pub use journal::Journal;
pub use refusal::Refusal;
pub use route::Route;
pub use walk::Walk;

use crate::contract::Contract;
use crate::record::Event;
use crate::record::event::{
    Cloned, Decision, Reserved, RouteAsked, RunOpened, Settled, ToolCalled,
};
use allowed::Allowed;
use approval::Approvals;
use clone::Clones;
use denial::Denials;
use export::Exports;
use tool::Tools;

#[cfg(test)]
mod tests;

/// Everything that the gateway knows of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    seconds: u64,
    run: Option<RunOpened>,
    route: Option<Route>,
    walk: Option<Walk>,
    budget: Budget,
    cycles: Cycles,
    tools: Tools,
    approvals: Approvals,
    clones: Clones,
    exports: Exports,
    input_tokens: u128,
    output_tokens: u128,
    allowed: Allowed,
    denials: Denials,
    lines: u64,
}

impl State {
    /// The state before the first event.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        Self {
            seconds: contract.limits.deadline,
            run: None,
            route: Route::new(contract),
            walk: Walk::new(contract),
            budget: Budget::new(contract),
            cycles: Cycles::new(contract),
            tools: Tools::new(contract),
            approvals: Approvals::default(),
            clones: Clones::default(),
            exports: Exports::new(contract),
            input_tokens: 0,
            output_tokens: 0,
            allowed: Allowed::default(),
            denials: Denials::default(),
            lines: 0,
        }
    }

    /// The state after `events`.
    ///
    /// # Errors
    /// The first event that [`State::apply`] refuses.
    pub fn replay<'e>(
        contract: &Contract,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Result<Self, Refusal> {
        let mut state = Self::new(contract);
        for event in events {
            state.apply(event)?;
        }
        Ok(state)
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// As [`State::check`]; the state is then as it was.
    pub fn apply(&mut self, event: &Event) -> Result<(), Refusal> {
        self.check(event)?;
        self.commit(event);
        Ok(())
    }

    /// Whether `event` may be the next.
    ///
    /// # Errors
    /// The rule that it would break.
    pub fn check(&self, event: &Event) -> Result<(), Refusal> {
        let Some(run) = &self.run else {
            return match event {
                Event::RunOpened(_) => Ok(()),
                _ => Err(Refusal::NoRun),
            };
        };
        match event {
            Event::RunOpened(again) if run.same(again) => Ok(()),
            Event::RunOpened(_) => Err(Refusal::OtherRun),
            Event::RouteAsked(asked) => self.check_route(asked),
            Event::RouteChosen(choice) => {
                let route = self.route.as_ref().ok_or(Refusal::RouteNone)?;
                route.check_choose(choice)
            }
            Event::CycleClaimed { cycle, bearer } => {
                self.route.as_ref().map_or(Ok(()), Route::check_start)?;
                self.walked(|walk| walk.check_begin(*cycle, true))?;
                self.cycles.check_claim(*cycle, bearer)
            }
            Event::ClaimContested { cycle } => self.cycles.check_contest(*cycle),
            Event::RequestAllowed(request) => {
                self.live(request.cycle)?;
                request.cycle.map_or(Ok(()), |_| self.allowed.check())
            }
            Event::RequestDenied(_) | Event::DenialsCounted(_) => Ok(()),
            Event::Reserved(reserved) => self.check_reserve(reserved),
            Event::Settled(settled) => match self.budget.reservation(settled.reservation) {
                Some(_) => Ok(()),
                None => Err(Refusal::Reservation),
            },
            Event::Submission { cycle, document } => self.cycles.check_submit(*cycle, document),
            Event::StepBegun { cycle } => {
                let walk = self.walk.as_ref().ok_or(Refusal::StepNone)?;
                walk.check_begin(*cycle, false)?;
                self.cycles.check_begin(*cycle)
            }
            Event::StepEnded(ended) => {
                let walk = self.walk.as_ref().ok_or(Refusal::StepNone)?;
                self.cycles.live(ended.cycle)?;
                walk.check_end(ended)
            }
            Event::CycleSealed { cycle } => {
                self.walked(|walk| walk.check_seal(*cycle))?;
                self.cycles.check_seal(*cycle)
            }
            Event::ApprovalAsked(asked) => {
                self.live(asked.cycle)?;
                self.walked(|walk| match asked.cycle {
                    Some(cycle) => walk.check_ask(cycle, &asked.approval),
                    None => Ok(()),
                })?;
                self.approvals.check_ask(asked)
            }
            Event::ApprovalGiven(answer) | Event::ApprovalRefused(answer) => {
                self.approvals.check_answer(answer)
            }
            Event::ToolCalled(call) => {
                self.cycles.live(call.cycle)?;
                self.check_call(call)
            }
            Event::Cloned(cloned) => {
                self.cycles.live(cloned.cycle)?;
                self.clones.check(cloned)
            }
            Event::RouterDecided(decision) => self.check_decide(decision),
            Event::ExportPlanned(planned) => {
                self.cycles.check_closed()?;
                self.exports.check_due(&planned.name, self.walk.as_ref())?;
                self.exports.check_plan(planned)
            }
            Event::ExportDone(done) => {
                self.cycles.check_closed()?;
                self.exports.check_done(done)
            }
            Event::ExportResult { document: _ } => self.cycles.check_closed(),
        }
    }

    /// Takes an event that was checked.
    fn commit(&mut self, event: &Event) {
        self.lines = self.lines.saturating_add(1);
        match event {
            Event::RunOpened(run) => {
                self.budget.abandon();
                self.run.get_or_insert_with(|| run.clone());
            }
            Event::RouteAsked(asked) => {
                self.allowed.turn();
                // As for any reservation.
                let _id = self.budget.reserve_route(asked.amount());
            }
            Event::RouteChosen(choice) => {
                if let Some(route) = &mut self.route {
                    route.choose(choice);
                }
            }
            Event::CycleClaimed { cycle, bearer } => {
                self.cycles.claim(*cycle, bearer);
                self.walk_on(|walk| walk.begin(*cycle));
                self.denials.renew();
                self.allowed.renew();
            }
            Event::ClaimContested { cycle } => {
                self.cycles.contest(*cycle);
                if self.cycles.phase(*cycle) == Phase::Contested {
                    self.walk_on(|walk| walk.contest(*cycle));
                }
            }
            Event::RequestAllowed(request) => self.allowed.line(request),
            Event::RequestDenied(request) => self.denials.line(request),
            Event::DenialsCounted(counts) => self.denials.counted(counts),
            Event::Reserved(reserved) => {
                // What is set aside for an operation has no other line that lets it through.
                match (&reserved.operation, reserved.turns) {
                    (None, _) => {}
                    (Some(_), 0) => self.allowed.free(),
                    (Some(_), _) => self.allowed.turn(),
                }
                // It was checked that this is possible and that the id is the next.
                let _id = self.budget.reserve(&reserved.agent, reserved.amount());
            }
            Event::Settled(settled) => self.settle(settled),
            Event::Submission { cycle, document } => {
                self.cycles.submit(*cycle, document);
                self.walk_on(|walk| walk.submit(*cycle, document));
            }
            Event::StepBegun { cycle } => {
                self.cycles.begin(*cycle);
                self.walk_on(|walk| walk.begin(*cycle));
            }
            Event::StepEnded(ended) => self.walk_on(|walk| walk.end(ended)),
            Event::CycleSealed { cycle } => {
                self.cycles.seal(*cycle);
                self.walk_on(|walk| walk.begin(*cycle));
            }
            Event::ApprovalAsked(asked) => self.approvals.ask(asked),
            Event::ApprovalGiven(answer) => self.approvals.answer(answer, true),
            Event::ApprovalRefused(answer) => self.approvals.answer(answer, false),
            Event::ToolCalled(call) => {
                self.tools.count(call);
                self.approvals.spend(call);
                self.walk_on(|walk| {
                    if call.agent.is_empty() {
                        walk.call(call.cycle);
                    }
                });
            }
            Event::Cloned(cloned) => self.clones.note(cloned),
            Event::RouterDecided(decision) => {
                self.cycles.decide(decision);
                self.walk_on(|walk| walk.decide(decision));
            }
            Event::ExportPlanned(planned) => self.exports.plan(planned),
            Event::ExportDone(done) => self.exports.done(done),
            Event::ExportResult { document } => self.exports.end(document),
        }
    }

    /// What names a cycle needs an agent at work in it.
    fn live(&self, cycle: Option<u32>) -> Result<(), Refusal> {
        cycle.map_or(Ok(()), |cycle| self.cycles.live(cycle))
    }

    /// Whether an agent is the one of this run, and of the step that it is at.
    fn takes_part(&self, cycle: u32, agent: &str) -> Result<(), Refusal> {
        let route = self.route.as_ref();
        route.map_or(Ok(()), |route| route.check_agent(agent))?;
        self.walked(|walk| walk.check_agent(cycle, agent))
    }

    /// What the way through a graph says; nothing where there is none.
    fn walked(&self, says: impl FnOnce(&Walk) -> Result<(), Refusal>) -> Result<(), Refusal> {
        self.walk.as_ref().map_or(Ok(()), says)
    }

    fn walk_on(&mut self, goes: impl FnOnce(&mut Walk)) {
        if let Some(walk) = &mut self.walk {
            goes(walk);
        }
    }

    /// A call of an agent needs a grant; one of the run itself is what its step says, agreed to where somebody is asked.
    fn check_call(&self, call: &ToolCalled) -> Result<(), Refusal> {
        if let (Some(walk), true) = (&self.walk, call.agent.is_empty()) {
            let step = walk.check_call(call)?;
            return match walk.is_asked_about(step) {
                true => self.approvals.check_consent(call, &walk.agreed(step)),
                false if call.approval.is_some() => Err(Refusal::ApprovalMissing),
                false => Ok(()),
            };
        }
        self.takes_part(call.cycle, &call.agent)?;
        let wanted = self.tools.check(call)?;
        self.approvals.check_use(call, wanted)
    }

    /// The same decision again is no error, whatever follows from it by now.
    fn check_decide(&self, decision: &Decision) -> Result<(), Refusal> {
        self.cycles.check_decide(decision)?;
        match &self.walk {
            Some(_) if self.cycles.decision(decision.cycle).is_some() => Ok(()),
            Some(walk) => walk.check_decide(decision),
            None if decision.passed.is_some() => Err(Refusal::StepNone),
            None => Ok(()),
        }
    }

    fn check_route(&self, asked: &RouteAsked) -> Result<(), Refusal> {
        let route = self.route.as_ref().ok_or(Refusal::RouteNone)?;
        route.check_ask()?;
        if asked.reservation != self.budget.next() {
            return Err(Refusal::Reservation);
        }
        let checked = self.budget.check_route(&asked.amount());
        checked.map_err(Refusal::Exhausted)
    }

    fn check_reserve(&self, reserved: &Reserved) -> Result<(), Refusal> {
        self.cycles.live(reserved.cycle)?;
        self.takes_part(reserved.cycle, &reserved.agent)?;
        if reserved.reservation != self.budget.next() {
            return Err(Refusal::Reservation);
        }
        if reserved.operation.is_some() && reserved.turns == 0 {
            self.allowed.check()?;
        }
        self.budget
            .check(&reserved.agent, &reserved.amount())
            .map_err(Refusal::Exhausted)
    }

    fn settle(&mut self, settled: &Settled) {
        if self.budget.settle(settled.reservation, settled.amount()) {
            self.input_tokens = self
                .input_tokens
                .saturating_add(settled.input_tokens.into());
            self.output_tokens = self
                .output_tokens
                .saturating_add(settled.output_tokens.into());
        }
    }

    /// The run, as it was first opened.
    #[must_use]
    pub fn run(&self) -> Option<&RunOpened> {
        self.run.as_ref()
    }

    /// The run's deadline in seconds since 1970, which a restart does not move; none before it was opened.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        Some(self.run.as_ref()?.time.saturating_add(self.seconds))
    }

    /// The choice of the run's agent; none where the contract has no route.
    #[must_use]
    pub fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }

    /// The way through the steps; none where the contract has no graph.
    #[must_use]
    pub fn walk(&self) -> Option<&Walk> {
        self.walk.as_ref()
    }

    /// Limits and usage.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Cycles, their submissions and decisions.
    #[must_use]
    pub fn cycles(&self) -> &Cycles {
        &self.cycles
    }

    /// Calls of tools.
    #[must_use]
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// What people were asked.
    #[must_use]
    pub fn approvals(&self) -> &Approvals {
        &self.approvals
    }

    /// The repositories that agents were given.
    #[must_use]
    pub fn clones(&self) -> &Clones {
        &self.clones
    }

    /// How a repository (`host/owner/name`) was last given to an agent.
    #[must_use]
    pub fn cloned(&self, repository: &str) -> Option<&Cloned> {
        self.clones.get(repository)
    }

    /// What left the run.
    #[must_use]
    pub fn exports(&self) -> &Exports {
        &self.exports
    }

    /// Input and output tokens of settled requests. What a crash left unsettled is in neither; it is in
    /// [`Budget::used`].
    #[must_use]
    pub fn tokens(&self) -> (u128, u128) {
        (self.input_tokens, self.output_tokens)
    }

    /// Requests that were allowed, and denied. What is set aside for a named operation is one that was allowed.
    #[must_use]
    pub fn requests(&self) -> (u64, u64) {
        (self.allowed.total(), self.denials.total())
    }

    /// What was refused.
    #[must_use]
    pub fn denials(&self) -> &Denials {
        &self.denials
    }

    /// Lines of the record.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }
}

impl Reserved {
    /// What is set aside.
    #[must_use]
    pub fn amount(&self) -> Amount {
        Amount {
            turns: self.turns,
            tokens: self.tokens,
            micros: self.micros,
            traffic: self.traffic,
        }
    }
}

impl RouteAsked {
    /// What is set aside.
    #[must_use]
    pub fn amount(&self) -> Amount {
        Amount {
            turns: self.turns,
            tokens: self.tokens,
            micros: self.micros,
            traffic: 0,
        }
    }
}

impl Settled {
    /// What was used.
    #[must_use]
    pub fn amount(&self) -> Amount {
        Amount {
            turns: self.turns,
            tokens: self.input_tokens.saturating_add(self.output_tokens),
            micros: self.micros,
            traffic: self.traffic,
        }
    }
}
