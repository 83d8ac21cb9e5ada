//! `/files/ID`: what a tool made for the agent to take.

use super::Gateway;
use super::answer::{Answer, Refusal};
use super::http::Asked;
use std::sync::Arc;

/// Answers the agent of `cycle`.
///
/// # Errors
/// What is not granted.
pub(super) async fn answer(
    gateway: &Arc<Gateway>,
    cycle: u32,
    asked: Asked,
) -> Result<Answer, Refusal> {
    let _not_served = (gateway, cycle, asked);
    Err(Refusal::Path)
}
