//! Launchers: Argo's pods that apply one of ours and wait for it.

use crate::emit::argo::{
    Backoff, Inputs, Outputs, Parameter, ResourceTemplate, RetryStrategy, Template, ValueFrom,
};
use crate::emit::deadlines::{CLEANUP, Deadlines, LAUNCHER_RETRIES};
use crate::emit::names::{self, Role};
use crate::emit::pods::{RolePod, agent_template, counted};
use crate::emit::substitution::{self, Substitution};
use crate::plan::Plan;
use crate::value::Value;
use crate::yaml;
use std::collections::BTreeSet;

/// States of a waiting container that do not get better by waiting.
const HOPELESS: &str = "in (CreateContainerConfigError, CreateContainerError, \
                        ErrImageNeverPull, ImagePullBackOff, InvalidImageName)";

/// The state of a container that crashed more than once.
const CRASHES: &str = "status.containerStatuses.0.state.waiting.reason == CrashLoopBackOff";

/// The template that makes a pod and waits for what its role calls an end.
pub(super) fn template(pod: &RolePod, manifest: &Value, deadlines: &Deadlines) -> Template {
    let deadline = if is(pod, &substitution::Step::Route) {
        deadlines.choice_launcher
    } else if is(pod, &substitution::Step::Perform) {
        deadlines.step_launcher
    } else {
        deadline(pod.role, deadlines)
    };
    let (success, failure) = conditions(pod.role);
    let text = yaml::document(manifest);
    Template {
        active_deadline_seconds: Some(deadline),
        inputs: inputs(&text),
        name: pod.template.clone(),
        outputs: outputs(pod),
        resource: Some(ResourceTemplate {
            action: "apply",
            failure_condition: Some(failure),
            manifest: Some(text),
            set_owner_reference: Some(true),
            success_condition: Some(success.to_owned()),
            ..ResourceTemplate::default()
        }),
        retry_strategy: Some(again(deadline)),
        ..Template::default()
    }
}

/// Whether this is the pod of a step.
fn is(pod: &RolePod, step: &substitution::Step) -> bool {
    pod.template == step.to_string()
}

/// Deletes every pod of the run but launchers, of which this is one.
pub(super) fn cleanup() -> Template {
    let ours = format!(
        "{}={},{}!={}",
        names::RUN,
        Substitution::RunName,
        names::ROLE,
        Role::Launcher
    );
    delete("cleanup", &["--selector", &ours])
}

/// Deletes the agent's pod of one cycle, whichever agent it may have. A pod that waits for its image or for a node
/// would otherwise hold the workspace, and could start beside the agent of the next cycle.
pub(super) fn drop_agent(plan: &Plan) -> Template {
    let cycle = Substitution::Input(counted(plan));
    let several = plan.tells_agents_apart();
    let pods: Vec<String> = plan
        .starting()
        .map(|agent| {
            let name = agent_template(several.then_some(&agent.contract.name));
            format!("{}-{name}-{cycle}", Substitution::RunName)
        })
        .collect();
    let which: Vec<&str> = pods.iter().map(String::as_str).collect();
    let template = delete(&substitution::Step::Drop.to_string(), &which);
    Template {
        inputs: inputs(&pods.concat()),
        ..template
    }
}

fn delete(name: &str, which: &[&str]) -> Template {
    let flags = ["pods"]
        .iter()
        .chain(which)
        .chain(&["--ignore-not-found", "--wait=false"]);
    Template {
        active_deadline_seconds: Some(CLEANUP),
        name: name.to_owned(),
        resource: Some(ResourceTemplate {
            action: "delete",
            flags: flags.map(|flag| (*flag).to_owned()).collect(),
            ..ResourceTemplate::default()
        }),
        retry_strategy: Some(again(CLEANUP)),
        ..Template::default()
    }
}

fn deadline(role: Role, deadlines: &Deadlines) -> u64 {
    match role {
        Role::Gateway | Role::Server => deadlines.ready_launcher,
        Role::Agent => deadlines.agent_launcher,
        Role::Router => deadlines.router_launcher,
        Role::Pack => deadlines.pack_launcher,
        Role::Export => deadlines.export_launcher,
        Role::Launcher => CLEANUP,
    }
}

/// A launcher that dies comes back and finds its pod again by name; all tries together have the
/// deadline of one.
fn again(deadline: u64) -> RetryStrategy {
    RetryStrategy {
        backoff: Backoff {
            duration: "5s".to_owned(),
            max_duration: format!("{deadline}s"),
        },
        limit: u64::from(LAUNCHER_RETRIES),
        retry_policy: "Always",
    }
}

/// When a pod is done, and when it is lost. For an agent a failure is an outcome like another.
fn conditions(role: Role) -> (&'static str, String) {
    let mut hopeless = format!("status.containerStatuses.0.state.waiting.reason {HOPELESS}");
    if role == Role::Agent {
        let start = format!(", status.initContainerStatuses.0.state.waiting.reason {HOPELESS}");
        hopeless.push_str(&start);
    }
    match role {
        // These are started again in place; what crashes again before it was ready once does so each time.
        Role::Gateway | Role::Server => (
            "status.containerStatuses.0.ready == true",
            format!("status.phase in (Failed, Succeeded), {hopeless}, {CRASHES}"),
        ),
        Role::Agent => ("status.phase in (Failed, Succeeded)", hopeless),
        Role::Launcher | Role::Router | Role::Pack | Role::Export => (
            "status.phase == Succeeded",
            format!("status.phase == Failed, {hopeless}"),
        ),
    }
}

/// What the manifest asks for.
fn inputs(manifest: &str) -> Option<Inputs> {
    let asked: BTreeSet<_> = substitution::found(manifest)
        .filter_map(|one| match one {
            Substitution::Input(parameter) => Some(parameter),
            _ => None,
        })
        .collect();
    let parameters: Vec<_> = asked
        .into_iter()
        .map(|parameter| Parameter {
            name: parameter.to_string(),
            ..Parameter::default()
        })
        .collect();
    (!parameters.is_empty()).then_some(Inputs { parameters })
}

/// What the kubelet wrote about the pod. An agent writes none of it.
fn outputs(pod: &RolePod) -> Option<Outputs> {
    use substitution::Parameter as P;
    const MESSAGE: &str = "{.status.containerStatuses[0].state.terminated.message}";
    let address = (P::Gateway, "", "{.status.podIP}");
    let list = match pod.role {
        Role::Gateway => vec![address],
        Role::Server => vec![(P::Address, address.1, address.2)],
        Role::Agent => vec![
            (P::Phase, "Lost", "{.status.phase}"),
            (
                P::ExitCode,
                "",
                "{.status.containerStatuses[0].state.terminated.exitCode}",
            ),
            (
                P::StartCode,
                "",
                "{.status.initContainerStatuses[0].state.terminated.exitCode}",
            ),
            (P::PodReason, "", "{.status.reason}"),
            (
                P::EndReason,
                "",
                "{.status.containerStatuses[0].state.terminated.reason}",
            ),
        ],
        // No agent has an empty name: without a message none is started.
        Role::Router if is(pod, &substitution::Step::Route) => vec![(P::Choice, "", MESSAGE)],
        Role::Router => vec![(P::Next, "stop", MESSAGE)],
        Role::Launcher | Role::Pack | Role::Export => Vec::new(),
    };
    let parameters: Vec<_> = list
        .into_iter()
        .map(|(parameter, default, path)| Parameter {
            name: parameter.to_string(),
            value: None,
            value_from: Some(ValueFrom {
                default: Some(default),
                json_path: Some(path),
                ..ValueFrom::default()
            }),
        })
        .collect();
    (!parameters.is_empty()).then_some(Outputs { parameters })
}
