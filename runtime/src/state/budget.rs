//! The limits of a run, and of each agent in it: set aside before, settled after.
//!
//! For every bound, what was used, what is set aside and what is asked for together stay within the limit.
//! Sums are exact: 128 bits hold more amounts of 64 than can ever be recorded.

use super::amount::{Amount, Bound, Exhausted, Total};
use crate::contract::{AgentLimits, Contract, Route, RouteBy, RunLimits};
use std::collections::BTreeMap;

/// Limits; none: no limit of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Limits {
    turns: Option<u64>,
    tokens: Option<u64>,
    cost: Option<u64>,
    traffic: Option<u64>,
}

/// Limits and what counts against them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Account {
    limits: Limits,
    used: Total,
    reserved: Total,
}

/// A reservation that is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    /// None: a call by which the agent is chosen.
    agent: Option<String>,
    amount: Amount,
}

/// The budget of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    run: Account,
    route: Option<Account>,
    agents: BTreeMap<String, Account>,
    concurrency: u32,
    open: BTreeMap<u64, Open>,
    last: u64,
}

impl Budget {
    /// The whole budget that the contract gives.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        let agents = contract.agents.iter();
        Self {
            run: Account::new(run(&contract.limits)),
            route: contract.route.as_ref().map(|r| Account::new(route(r))),
            agents: agents
                .map(|a| (a.name.clone(), Account::new(agent(&a.limits))))
                .collect(),
            concurrency: contract.limits.concurrency,
            open: BTreeMap::new(),
            last: 0,
        }
    }

    /// The id that the next reservation gets.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.last.saturating_add(1)
    }

    /// Whether [`Budget::reserve`] would set `asked` aside.
    ///
    /// # Errors
    /// The first bound that it would pass: of the run, then of the agent.
    pub fn check(&self, agent: &str, asked: &Amount) -> Result<(), Exhausted> {
        let own = self.agents.get(agent).ok_or_else(|| Exhausted {
            bound: Bound::Agents,
            agent: Some(agent.to_owned()),
            limit: 0,
            used: 0,
            reserved: 0,
            asked: 1,
        })?;
        self.check_run(asked)?;
        own.check(Some(agent), asked)
    }

    /// Whether [`Budget::reserve_route`] would set `asked` aside.
    ///
    /// # Errors
    /// The first bound that it would pass: of the run, then of the route.
    pub fn check_route(&self, asked: &Amount) -> Result<(), Exhausted> {
        let nothing = Account::new(Limits::NOTHING);
        self.check_run(asked)?;
        self.route.as_ref().unwrap_or(&nothing).check(None, asked)
    }

    fn check_run(&self, asked: &Amount) -> Result<(), Exhausted> {
        if self.open.len() as u128 >= u128::from(self.concurrency) {
            return Err(Exhausted {
                bound: Bound::Concurrency,
                agent: None,
                limit: u64::from(self.concurrency),
                used: 0,
                reserved: self.open.len() as u128,
                asked: 1,
            });
        }
        self.run.check(None, asked)
    }

    /// Sets `asked` aside for a request of `agent`.
    ///
    /// # Errors
    /// As [`Budget::check`]; nothing is set aside then.
    pub fn reserve(&mut self, agent: &str, asked: Amount) -> Result<u64, Exhausted> {
        self.check(agent, &asked)?;
        Ok(self.set_aside(Some(agent), asked))
    }

    /// Sets `asked` aside for a call by which the agent is chosen.
    ///
    /// # Errors
    /// As [`Budget::check_route`]; nothing is set aside then.
    pub fn reserve_route(&mut self, asked: Amount) -> Result<u64, Exhausted> {
        self.check_route(&asked)?;
        Ok(self.set_aside(None, asked))
    }

    fn set_aside(&mut self, agent: Option<&str>, asked: Amount) -> u64 {
        let id = self.next();
        let open = Open {
            agent: agent.map(str::to_owned),
            amount: asked,
        };
        self.run.reserved.add(&asked);
        if let Some(own) = self.account(agent) {
            own.reserved.add(&asked);
        }
        self.open.insert(id, open);
        self.last = id;
        id
    }

    /// The account beside that of the run.
    fn account(&mut self, agent: Option<&str>) -> Option<&mut Account> {
        match agent {
            Some(agent) => self.agents.get_mut(agent),
            None => self.route.as_mut(),
        }
    }

    /// What is set aside under `id`; none where that is settled or never was.
    #[must_use]
    pub fn reservation(&self, id: u64) -> Option<Amount> {
        Some(self.open.get(&id)?.amount)
    }

    /// Counts what a request used instead of what was set aside for it. More than that counts in full.
    /// Whether there was such a reservation; nothing is counted without one.
    #[must_use]
    pub fn settle(&mut self, id: u64, used: Amount) -> bool {
        let Some(open) = self.open.remove(&id) else {
            return false;
        };
        self.run.settle(&open.amount, &used);
        if let Some(own) = self.account(open.agent.as_deref()) {
            own.settle(&open.amount, &used);
        }
        true
    }

    /// After a crash nobody knows what the requests under way used: all that was set aside counts as used.
    pub fn abandon(&mut self) {
        let open: Vec<_> = self.open.iter().map(|(id, o)| (*id, o.amount)).collect();
        for (id, amount) in open {
            let _found = self.settle(id, amount);
        }
    }

    /// What the run used; requests under way are not in it.
    #[must_use]
    pub fn used(&self) -> Total {
        self.run.used
    }

    /// What is set aside for requests under way.
    #[must_use]
    pub fn reserved(&self) -> Total {
        self.run.reserved
    }

    /// Requests under way.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// What each agent used, by name.
    pub fn agents(&self) -> impl Iterator<Item = (&str, Total)> {
        self.agents.iter().map(|(name, a)| (name.as_str(), a.used))
    }

    /// What the choice of the agent used; none where the contract has no route.
    #[must_use]
    pub fn route(&self) -> Option<Total> {
        self.route.as_ref().map(|account| account.used)
    }

    /// The first of turns, tokens and cost of which the run has nothing left.
    #[must_use]
    pub fn used_up(&self) -> Option<Bound> {
        let Account { limits, used, .. } = &self.run;
        let over = |limit: Option<u64>, used| limit.is_some_and(|l| used >= u128::from(l));
        [
            (Bound::Turns, over(limits.turns, used.turns)),
            (Bound::Tokens, over(limits.tokens, used.tokens)),
            (Bound::Cost, over(limits.cost, used.micros)),
        ]
        .into_iter()
        .find_map(|(bound, over)| over.then_some(bound))
    }
}

impl Limits {
    const NOTHING: Self = Self {
        turns: Some(0),
        tokens: Some(0),
        cost: Some(0),
        traffic: Some(0),
    };
}

impl Account {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    fn check(&self, agent: Option<&str>, asked: &Amount) -> Result<(), Exhausted> {
        let (limits, used, reserved) = (&self.limits, &self.used, &self.reserved);
        let all = [
            (Bound::Turns, limits.turns),
            (Bound::Tokens, limits.tokens),
            (Bound::Cost, limits.cost),
            (Bound::Traffic, limits.traffic),
        ];
        let parts = used.parts().into_iter().zip(reserved.parts());
        for (((bound, limit), (used, reserved)), asked) in
            all.into_iter().zip(parts).zip(asked.parts())
        {
            let sum = used.saturating_add(reserved).saturating_add(asked.into());
            if let Some(limit) = limit
                && sum > u128::from(limit)
            {
                let agent = agent.map(str::to_owned);
                return Err(Exhausted {
                    bound,
                    agent,
                    limit,
                    used,
                    reserved,
                    asked,
                });
            }
        }
        Ok(())
    }

    fn settle(&mut self, reserved: &Amount, used: &Amount) {
        self.reserved.take(reserved);
        self.used.add(used);
    }
}

/// A value costs nothing to compare.
fn route(route: &Route) -> Limits {
    match &route.by {
        RouteBy::Model {
            name: _,
            turns,
            tokens,
            deadline: _,
        } => Limits {
            turns: Some(*turns),
            tokens: Some(*tokens),
            cost: None,
            traffic: Some(0),
        },
        RouteBy::Input { name: _ } => Limits::NOTHING,
    }
}

fn run(limits: &RunLimits) -> Limits {
    Limits {
        turns: Some(limits.turns),
        tokens: Some(limits.tokens),
        cost: limits.cost.as_ref().map(|c| c.micros),
        traffic: Some(limits.traffic),
    }
}

fn agent(limits: &AgentLimits) -> Limits {
    Limits {
        turns: limits.turns,
        tokens: limits.tokens,
        cost: limits.cost.as_ref().map(|c| c.micros),
        traffic: limits.traffic,
    }
}
