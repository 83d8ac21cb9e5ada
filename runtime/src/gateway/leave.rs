//! The export port: tunnels for the export step, to the hosts of its exports and no other.
//!
//! It opens when no agent is at work any more, and closes when the time of the exports is over. All tunnels share
//! one budget of bytes that follows from the sizes of the exports; TLS is between the step and the host. A gateway
//! that starts again has the whole budget again.

pub(super) mod ledger;
mod submit;

use super::answer::{Answer, Refusal};
use super::connect::{HELLO, IDLE, target};
use super::http::Asked;
use super::{Gateway, now};
use crate::contract::{Contract, ExportAction, RunLimits};
use crate::export::place;
use crate::net::dial::Connector;
use crate::net::host::Host;
use crate::net::tunnel::{Bounds, Budget, End, tunnel};
use crate::proof::Use;
use crate::record::Event;
use crate::record::event::Request;
use crate::state;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;

/// Bytes beside those of the exports: handshakes, trees of a base, answers, attempts that broke off.
const OVERHEAD: u64 = 64 << 20;

/// Seconds in which the last agent's pod, its router and the packing find their nodes and end.
const HANDOVER: u64 = 2400;

/// Where the export step may go, and how many bytes it has left.
#[derive(Debug)]
pub struct Leave {
    connector: Connector,
    hosts: Vec<(Host, u16)>,
    budget: Arc<Budget>,
}

impl Leave {
    /// The hosts of the contract's exports.
    ///
    /// # Errors
    /// An export whose place cannot be read.
    pub fn new(contract: &Contract, connector: Connector) -> Result<Self, String> {
        let mut hosts = Vec::new();
        for export in &contract.exports {
            for (host, port) in place::hosts(&export.action)
                .ok_or_else(|| format!("the place of export `{}` cannot be read", export.name))?
            {
                hosts.push((Host::parse(&host).map_err(|e| e.to_string())?, port));
            }
        }
        let sizes = contract.exports.iter().map(|export| size(&export.action));
        let bytes = sizes.fold(OVERHEAD, u64::saturating_add);
        Ok(Self {
            connector,
            hosts,
            budget: Budget::new(bytes),
        })
    }
}

/// What an export may take: thrice its size, for base64 and for what is sent again.
fn size(action: &ExportAction) -> u64 {
    match action {
        ExportAction::Upload { size, .. }
        | ExportAction::PullRequest { size, .. }
        | ExportAction::S3 { size, .. } => size.saturating_mul(3),
        ExportAction::Comment { .. }
        | ExportAction::Report { .. }
        | ExportAction::Notify { .. }
        | ExportAction::Submit { .. }
        | ExportAction::Webhook { .. } => 0,
    }
}

/// Seconds until the exports must be done.
pub(crate) fn left(gateway: &Gateway) -> u64 {
    let started = gateway.journal.read(|state| Some(state.run()?.time));
    started.map_or(0, |started| {
        until(&gateway.contract.limits, started).saturating_sub(now())
    })
}

/// When the exports must be done: their time counts from the end of a cycle that began just before the run's deadline.
fn until(limits: &RunLimits, started: u64) -> u64 {
    [limits.deadline, limits.cycle, HANDOVER, limits.export]
        .into_iter()
        .fold(started, u64::saturating_add)
}

/// Whether the request is the export step's, and whether it still has time.
pub(super) fn known(gateway: &Gateway, asked: &Asked) -> Result<(), Refusal> {
    let shown = asked.bearer.as_deref().unwrap_or_default();
    if !gateway.key.verifies(&gateway.uid, Use::Export, shown) {
        return Err(Refusal::Unknown);
    }
    match left(gateway) {
        0 => Err(Refusal::Deadline),
        _ => Ok(()),
    }
}

/// Answers a request of this port.
pub(super) async fn answer(gateway: Arc<Gateway>, asked: Asked) -> Answer {
    let what = format!("{} {}", asked.method, asked.path);
    let answered = connect(&gateway, asked).await;
    if let Err(refusal) = &answered {
        denied(&gateway, refusal.rule(), &what);
    }
    answered.into()
}

async fn connect(gateway: &Arc<Gateway>, asked: Asked) -> Result<Answer, Refusal> {
    known(gateway, &asked)?;
    if asked.method != hyper::Method::CONNECT {
        return Err(Refusal::Path);
    }
    let (host, port) = target(&asked.path)?;
    if !gateway.leave.hosts.contains(&(host.clone(), port)) {
        return Err(Refusal::Egress);
    }
    if !gateway.journal.read(|state| state.cycles().closed()) {
        return Err(closed());
    }
    let upgrade = asked.upgrade.ok_or(Refusal::Upgrade)?;
    let allowed = request("export", &asked.path);
    let allowed = gateway.journal.record(Event::RequestAllowed(allowed))?;
    allowed.await.map_err(|_untold| Refusal::Record)?;
    drop(tokio::spawn(run(Arc::clone(gateway), host, port, upgrade)));
    Ok(Answer::tunnel())
}

/// An agent is still at work.
pub(super) fn closed() -> Refusal {
    let open = state::Refusal::CycleOpen;
    Refusal::State(open.rule(), open.to_string())
}

async fn run(gateway: Arc<Gateway>, host: Host, port: u16, upgrade: OnUpgrade) {
    let Ok(client) = upgrade.await else {
        return;
    };
    let bounds = Bounds {
        bytes: vec![Arc::clone(&gateway.leave.budget)],
        hello: HELLO,
        idle: IDLE,
        deadline: Duration::from_secs(left(&gateway)),
    };
    let connector = &gateway.leave.connector;
    let outcome = tunnel(TokioIo::new(client), &[], connector, &host, port, bounds).await;
    if !matches!(outcome.end, End::Closed | End::Client(_) | End::Upstream(_)) {
        let what = format!("CONNECT {}:{port}", host.as_str());
        denied(&gateway, outcome.end.rule(), &what);
    }
}

fn request(rule: &str, target: &str) -> Request {
    Request {
        cycle: None,
        agent: None,
        rule: rule.to_owned(),
        target: target.chars().take(256).collect(),
    }
}

/// A refusal is recorded; where that fails, the log has failed and everything is refused.
fn denied(gateway: &Gateway, rule: &str, target: &str) {
    let request = request(rule, target);
    drop(gateway.journal.record(Event::RequestDenied(request)));
}

#[cfg(test)]
mod tests;
