//! A run on this machine: the same plan, contract and roles as on a cluster, without one.
//!
//! - [`job`] is what is run, judged before anything starts; [`missing`] says what this machine lacks for it;
//! - [`course`] is the order of steps that the WorkflowTemplate has, with its deadlines and what each is told of the
//!   one before; `roles` are their command lines, as the pods have them;
//! - `pod` is what a pod is here, `sandbox` one that runs, [`stage`] how it is made, `relay` its only way out,
//!   `process` either a container or, without isolation, a plain process;
//! - [`tidings`] is what there is to tell while it runs, read from the record; [`outcome`] what it came to.
//!
//! The agent has a root, a user, processes, hosts, IPC and a network of its own, in which one port leads to the
//! gateway's port for agents and nothing leads anywhere else. What enforces the run is outside of it and has no more
//! than it needs either.

pub mod course;
pub mod job;
pub mod missing;
pub mod outcome;
mod places;
mod pod;
mod process;
mod relay;
mod roles;
mod sandbox;
pub mod stage;
pub mod tidings;
mod users;
mod wire;

use std::path::Path;
use std::process::ExitCode;

/// The name under which this program is the runtime.
pub const RUNTIME: &str = "pure-agent-runtime";

/// What this process is if its name is not the command's: the runtime, or a stage of a pod.
#[must_use]
pub fn called(program: &Path) -> Option<fn() -> ExitCode> {
    let name = program.file_name()?.to_str()?;
    match (name, stage::Stage::called(name)) {
        (RUNTIME, _) => Some(pure_agent_runtime::roles::main),
        (_, Some(stage::Stage::Pod)) => Some(|| stage::Stage::Pod.run()),
        (_, Some(stage::Stage::Container)) => Some(|| stage::Stage::Container.run()),
        (_, Some(stage::Stage::First)) => Some(|| stage::Stage::First.run()),
        (_, Some(stage::Stage::Plain)) => Some(|| stage::Stage::Plain.run()),
        (_, None) => None,
    }
}
