//! The choice of an agent: has the gateway choose, and answers with the agent's name. And the steps that are no
//! agent's: has the gateway make the call, ask the person or note the export, and answers with what follows.

use super::Scene;
use super::router;
use crate::emit::substitution::{Step, Substitution};
use k8s_openapi::api::core::v1 as core;

/// The pod, which is a router's: it holds the run's key and reaches the gateway's control port, and nothing else.
pub(super) fn pod(scene: &Scene<'_>) -> core::Pod {
    let name = Step::Route.to_string();
    router::step(scene, (name, scene.deadlines.choice_pod), "choose", &[])
}

/// The pod of one visit of a step that is no agent's: likewise a router's. Which step it is the number of the visit says.
pub(super) fn perform(scene: &Scene<'_>) -> core::Pod {
    let visit = Substitution::Input(scene.cycle()).to_string();
    let name = format!("{}-{visit}", Step::Perform);
    let pod = (name, scene.deadlines.step_pod);
    router::step(scene, pod, "step", &["--cycle", &visit])
}
