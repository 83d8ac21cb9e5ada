//! The choice of an agent: has the gateway choose, and answers with the agent's name.

use super::Scene;
use super::router;
use crate::emit::substitution::Step;
use k8s_openapi::api::core::v1 as core;

/// The pod, which is a router's: it holds the run's key and reaches the gateway's control port, and nothing else.
pub(super) fn pod(scene: &Scene<'_>) -> core::Pod {
    let name = Step::Route.to_string();
    router::step(scene, (name, scene.deadlines.choice_pod), "choose", &[])
}
