//! The emitted objects on a real cluster. Without one, every test here prints `SKIPPED` and passes.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what is wrong by panicking"
)]

mod admission;
mod crowd;
mod cycles;
mod escapes;
mod examples;
mod failures;
mod gate;
mod graphs;
mod kubernetes;
mod lifecycle;
mod monitoring;
mod queue;
mod routed;
mod runs;
mod seeds;
mod takeover;
mod trigger;
mod verbs;
mod whole;

use pure_agent_tests::cluster::images::{Images, images};
use pure_agent_tests::cluster::kubectl::reachable;

fn ready() -> Option<&'static Images> {
    if reachable() { images() } else { None }
}
