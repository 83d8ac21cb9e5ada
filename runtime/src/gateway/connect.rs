//! `CONNECT`: a tunnel from an agent to a host that its spec names.
//!
//! What a tunnel may carry is set aside before it opens: its share of the traffic that is left, one part for each
//! request that may be under way at once. What it did not carry is given back when it ends; after a crash the whole
//! share counts as used.

use super::answer::{Answer, Refusal};
use super::http::Asked;
use super::{Gateway, now};
use crate::contract::{Agent, Contract};
use crate::net::dial::Connector;
use crate::net::host::{Host, HostPattern};
use crate::net::tunnel::{Bounds, Budget, End, Outcome, tunnel};
use crate::record::Event;
use crate::record::event::{Request, Reserved, Settled};
use crate::record::log::Pending;
use crate::state::State;
use crate::state::cycle::Phase;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Time for the first bytes of TLS.
pub(super) const HELLO: Duration = Duration::from_secs(10);
/// Time in which nothing goes either way.
pub(super) const IDLE: Duration = Duration::from_secs(300);
/// How often a tunnel looks whether its cycle still lives.
const LOOK: Duration = Duration::from_secs(1);

/// Where the agent of a cycle may go.
#[derive(Debug)]
pub struct Egress {
    connector: Connector,
    /// Of each agent, by its name.
    hosts: BTreeMap<String, Vec<(HostPattern, u16)>>,
}

impl Egress {
    /// The tunnels of the contract's agents.
    ///
    /// # Errors
    /// A pattern that cannot be read.
    pub fn new(contract: &Contract, connector: Connector) -> Result<Self, String> {
        let mut hosts = BTreeMap::new();
        for agent in &contract.agents {
            let own: &mut Vec<_> = hosts.entry(agent.name.clone()).or_default();
            for tunnel in &agent.tunnels {
                let pattern = HostPattern::parse(&tunnel.host).map_err(|e| e.to_string())?;
                own.push((pattern, tunnel.port));
            }
        }
        Ok(Self { connector, hosts })
    }

    fn allows(&self, agent: &str, host: &Host, port: u16) -> bool {
        let fits = |(pattern, open): &(HostPattern, u16)| *open == port && pattern.matches(host);
        let own = self.hosts.get(agent);
        own.is_some_and(|hosts| hosts.iter().any(fits))
    }
}

/// A tunnel that was allowed and recorded.
struct Opened {
    cycle: u32,
    host: Host,
    port: u16,
}

/// Opens a tunnel for the agent of `cycle`.
///
/// # Errors
/// A target that the spec does not name, no traffic left, or nothing recorded.
pub(super) async fn connect(
    gateway: Arc<Gateway>,
    cycle: u32,
    asked: Asked,
) -> Result<Answer, Refusal> {
    let (host, port) = target(&asked.path)?;
    if !gateway.egress.allows(&gateway.agent_name(), &host, port) {
        return Err(Refusal::Egress);
    }
    let upgrade = asked.upgrade.ok_or(Refusal::Upgrade)?;
    let aside = set_aside(&gateway, cycle, "egress", asked.path)?;
    let opened = Opened { cycle, host, port };
    let (tell, told) = oneshot::channel();
    drop(tokio::spawn(run(gateway, opened, aside, upgrade, tell)));
    let written = told.await.unwrap_or(Err(Refusal::Record));
    written.map(|()| Answer::tunnel())
}

/// The traffic that one request may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// Number of the reservation, for [`settle`].
    pub(super) reservation: u64,
    /// Bytes in both directions.
    pub(super) bytes: u64,
}

/// A share on its way to the disk. Whoever holds it settles it.
pub(super) struct Aside {
    pub(super) share: Share,
    allowed: Pending,
    reserved: Pending,
}

impl Aside {
    /// Waits until it is on the disk.
    ///
    /// # Errors
    /// Nothing is recorded any more.
    pub(super) async fn written(self) -> Result<(), Refusal> {
        self.allowed.await.map_err(|_untold| Refusal::Record)?;
        self.reserved.await.map_err(|_untold| Refusal::Record)?;
        Ok(())
    }
}

/// Records that a request is allowed by a rule, and sets its share of the traffic aside. Between the answer and the
/// task that settles it there must be no point to wait at, so that nobody who leaves takes a share along.
///
/// # Errors
/// No traffic left, a cycle that has ended, or nothing recorded.
pub(super) fn set_aside(
    gateway: &Gateway,
    cycle: u32,
    rule: &str,
    target: String,
) -> Result<Aside, Refusal> {
    let own_agent = gateway.agent();
    let agent = gateway.agent_name();
    let request = request(gateway, cycle, rule, target);
    let allowed = gateway.journal.record(Event::RequestAllowed(request))?;
    let mut own = Share {
        reservation: 0,
        bytes: 0,
    };
    let reserved = gateway.journal.decide(|state| {
        let (reservation, traffic) = (
            state.budget().next(),
            share(&gateway.contract, own_agent, state),
        );
        own = Share {
            reservation,
            bytes: traffic,
        };
        Ok(Event::Reserved(Reserved {
            reservation,
            cycle,
            agent,
            operation: None,
            model: None,
            turns: 0,
            tokens: 0,
            micros: 0,
            // Nothing is left: one byte more than that is refused by the budget, in its words.
            traffic: traffic.max(1),
        }))
    })?;
    Ok(Aside {
        share: own,
        allowed,
        reserved,
    })
}

/// `host:port`, and nothing else.
pub(super) fn target(authority: &str) -> Result<(Host, u16), Refusal> {
    let (name, port) = authority.rsplit_once(':').ok_or(Refusal::Target)?;
    let number: u16 = port.parse().map_err(|_untold| Refusal::Target)?;
    if number.to_string() != port {
        return Err(Refusal::Target);
    }
    let host = Host::parse(name).map_err(|e| Refusal::Host(e.rule()))?;
    Ok((host, number))
}

/// One part of the bytes that the run and its agent have left.
fn share(contract: &Contract, agent: Option<&Agent>, state: &State) -> u64 {
    let budget = state.budget();
    let reserved = budget.reserved().traffic;
    let left = |limit: u64, used: u128| u128::from(limit).saturating_sub(used + reserved);
    let run = left(contract.limits.traffic, budget.used().traffic);
    let used = agent.and_then(|agent| budget.agents().find(|(name, _)| *name == agent.name));
    let used = used.map_or(0, |(_, used)| used.traffic);
    let own = agent.and_then(|agent| agent.limits.traffic);
    let own = own.map_or(run, |limit| left(limit, used));
    let parts = u128::from(contract.limits.concurrency.max(1));
    u64::try_from(run.min(own).div_ceil(parts)).unwrap_or(u64::MAX)
}

/// Opens a tunnel once it is on the disk, runs it to its end, and records what it carried. It runs on its own: an
/// agent that leaves does not end it.
async fn run(
    gateway: Arc<Gateway>,
    opened: Opened,
    aside: Aside,
    upgrade: OnUpgrade,
    tell: oneshot::Sender<Result<(), Refusal>>,
) {
    let Share { reservation, bytes } = aside.share;
    let written = aside.written().await;
    let fine = written.is_ok();
    let waits = tell.send(written).is_ok();
    let carried = match fine && waits {
        true => tunneled(&gateway, opened, bytes, upgrade).await,
        false => 0,
    };
    settle(&gateway, traffic(reservation, carried)).await;
}

/// What a tunnel carried.
async fn tunneled(gateway: &Gateway, opened: Opened, share: u64, upgrade: OnUpgrade) -> u64 {
    let Opened { cycle, host, port } = opened;
    match upgrade.await {
        Ok(client) => {
            let over = gateway.journal.read(State::deadline).unwrap_or(0);
            let bounds = Bounds {
                bytes: vec![Budget::new(share)],
                hello: HELLO,
                idle: IDLE,
                deadline: Duration::from_secs(over.saturating_sub(now())),
            };
            let connector = &gateway.egress.connector;
            tokio::select! {
                outcome = tunnel(TokioIo::new(client), &[], connector, &host, port, bounds) => {
                    refused(gateway, cycle, &host, port, outcome.end);
                    carried(&outcome)
                }
                // What went through is not known any more, so all of it counts.
                () = ended(gateway, cycle) => share,
            }
        }
        Err(_) => 0,
    }
}

fn carried(outcome: &Outcome) -> u64 {
    outcome.up.saturating_add(outcome.down)
}

/// Waits until the cycle has ended.
pub(super) async fn ended(gateway: &Gateway, cycle: u32) {
    while gateway.journal.read(|state| state.cycles().phase(cycle)) == Phase::Claimed {
        tokio::time::sleep(LOOK).await;
    }
}

/// A tunnel that a rule ended is a request that was refused.
fn refused(gateway: &Gateway, cycle: u32, host: &Host, port: u16, end: End) {
    if matches!(end, End::Closed | End::Client(_) | End::Upstream(_)) {
        return;
    }
    let target = format!("CONNECT {}:{port}", host.as_str());
    let request = request(gateway, cycle, end.rule(), target);
    drop(gateway.journal.record(Event::RequestDenied(request)));
}

/// A request of the agent, and the rule that decided on it.
pub(super) fn request(gateway: &Gateway, cycle: u32, rule: &str, target: String) -> Request {
    Request {
        cycle: Some(cycle),
        agent: Some(gateway.agent_name()),
        rule: rule.to_owned(),
        target,
    }
}

/// What was carried, and nothing else.
pub(super) fn traffic(reservation: u64, traffic: u64) -> Settled {
    Settled {
        reservation,
        turns: 0,
        input_tokens: 0,
        output_tokens: 0,
        micros: 0,
        traffic,
    }
}

/// Records what was used. While the record is busy the share stays set aside, so it is tried again. Nobody waits for
/// the disk: what is not there after a crash counts as all that was set aside.
pub(super) async fn settle(gateway: &Gateway, settled: Settled) {
    for _ in 0..60 {
        match gateway.journal.record(Event::Settled(settled.clone())) {
            Ok(pending) => {
                drop(pending);
                return gateway.models.freed();
            }
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

#[cfg(test)]
mod tests;
