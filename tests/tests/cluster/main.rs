//! The emitted objects on a real cluster. Without one, every test here prints `SKIPPED` and passes.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what is wrong by panicking"
)]

mod admission;
mod cycles;
mod examples;
mod lifecycle;
mod takeover;
mod verbs;

use pure_agent_tests::cluster::images::{Images, images};
use pure_agent_tests::cluster::kubectl::reachable;

fn ready() -> Option<&'static Images> {
    if reachable() { images() } else { None }
}
