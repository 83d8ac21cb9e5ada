//! The agent: an image that nobody trusts, with a workspace and a way to its gateway.
//!
//! The init container `start` is the runtime's: it refuses to begin where something is open that must be
//! closed, claims the bearer of this cycle, and leaves the shim. The run's UID, from which the claim's
//! proof follows, is in its environment alone.

use super::skeleton::{self, Shape, env, literal};
use super::{Scene, user};
use crate::emit::names::Role;
use crate::emit::paths;
use crate::emit::substitution::Substitution;
use crate::plan::AgentPlan;
use k8s_openapi::api::core::v1 as core;

/// Size of the directory that the init container fills: the runtime and a few small files.
const RUN_DIR_SIZE: u64 = 64 << 20;

/// The pod of one cycle; `which` is the agent's name where the run chooses one of several.
pub(super) fn pod(scene: &Scene<'_>, agent: &AgentPlan, which: Option<&str>) -> core::Pod {
    let cycle = Substitution::Input(scene.cycle());
    let shape = Shape::of(
        Role::Agent,
        format!("{}-{cycle}", super::agent_template(which)),
        scene.deadlines.agent_pod,
    )
    .shared();
    let user = i64::from(agent.user);
    let mut pod = skeleton::pod(
        scene,
        &Shape {
            user,
            group: user,
            ..shape
        },
    );
    let (contract, contract_mount) = skeleton::contract(scene);
    if let Some(spec) = &mut pod.spec {
        spec.host_aliases = skeleton::gateway_alias();
        spec.runtime_class_name
            .clone_from(&scene.plan.target.runtime_class);
        spec.init_containers = Some(vec![start(scene, contract_mount, which)]);
        spec.containers = vec![main(scene, agent)];
        // Scratch space counts against the container's ephemeral storage, whichever is filled.
        spec.volumes = Some(vec![
            contract,
            skeleton::scratch("home", agent.resources.storage),
            skeleton::claim("run"),
            skeleton::scratch("start", RUN_DIR_SIZE),
            skeleton::scratch("tmp", agent.resources.storage),
        ]);
    }
    pod
}

fn start(scene: &Scene<'_>, contract: core::VolumeMount, which: Option<&str>) -> core::Container {
    let command = scene.runtime("start", &[]);
    let base = skeleton::ours(scene, "start", command, Role::Agent);
    let security = base.security_context.map(|context| core::SecurityContext {
        run_as_group: Some(super::SHARED_GROUP),
        run_as_user: Some(user(Role::Agent)),
        ..context
    });
    let own = which.map(|which| env("PURE_AGENT_AGENT", which));
    let all = own.into_iter().chain([
        env("PURE_AGENT_CYCLE", Substitution::Input(scene.cycle())),
        env("PURE_AGENT_RUN", Substitution::RunName),
        env("PURE_AGENT_UID", Substitution::RunUid),
    ]);
    core::Container {
        env: Some(all.collect()),
        security_context: security,
        volume_mounts: Some(vec![
            contract,
            skeleton::mount("start", paths::RUN_DIR, false),
        ]),
        ..base
    }
}

fn main(scene: &Scene<'_>, agent: &AgentPlan) -> core::Container {
    let cycle = Substitution::Input(scene.cycle()).to_string();
    let command = [paths::SHIM, "agent", "--cycle", &cycle, "--"]
        .into_iter()
        .map(str::to_owned)
        .chain(agent.contract.command.iter().map(|part| literal(part)))
        .collect();
    let env: Vec<_> = agent
        .contract
        .env
        .iter()
        .map(|(name, value)| env(name, literal(value)))
        .collect();
    core::Container {
        env: (!env.is_empty()).then_some(env),
        volume_mounts: Some(vec![
            skeleton::mount("home", paths::HOME, false),
            skeleton::mount("start", paths::RUN_DIR, true),
            skeleton::mount("tmp", paths::TMP, false),
            skeleton::mount_part("run", "workspace", paths::WORKSPACE, false),
        ]),
        ..skeleton::container("agent", &agent.image, command, &agent.resources)
    }
}
