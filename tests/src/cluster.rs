//! A real cluster, whichever `KUBECONFIG` names: it must enforce network policies and run Argo.
//!
//! Everything happens in namespaces that start with `pure-agent-test-`; each test has its own and
//! deletes it with the cluster-wide policies bound to it. `pure-agent-test-outside` stays: two pods without
//! policies, to reach and to compare with.

pub mod approve;
pub mod argo;
pub mod bundle;
pub mod handover;
pub mod host;
pub mod images;
pub mod kubectl;
pub mod launch;
pub mod monitored;
pub mod mutate;
pub mod node;
pub mod outcome;
pub mod outside;
pub mod place;
pub mod programs;
pub mod reach;
pub mod reference;
pub mod seeds;
pub mod shop;
pub mod site;

use std::time::{Duration, Instant};

/// Asks `done` every second until it gives something or `patience` is over.
///
/// # Panics
/// When patience is over; the panic says what was waited for.
#[allow(clippy::panic, reason = "a test that waits in vain has failed")]
pub fn wait<T>(what: &str, patience: Duration, mut done: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = done() {
            return found;
        }
        if start.elapsed() > patience {
            panic!("waited {patience:?} for {what}");
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}
