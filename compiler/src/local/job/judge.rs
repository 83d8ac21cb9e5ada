//! What can be wrong with a wish.

use super::{Mistake, Wish, bug, mistake};
use crate::emit::{contract, inputs};
use crate::local::roles::finds;
use crate::plan::Plan;
use pure_agent_runtime::contract::{Agent, Contract, ExportAction, Harness, ServerKind};
use pure_agent_runtime::gateway::inputs::Inputs;

/// Secrets and certificates: those that are asked for, and no others.
pub(super) fn given(wish: &Wish) -> Vec<Mistake> {
    let mut found = Vec::new();
    for secret in &wish.plan.secrets {
        let name = &secret.name;
        match wish.secrets.get(name) {
            None => found.push(mistake(
                format!("secret `{name}` is not given"),
                format!("`--secret {name}=env:VARIABLE`, or `--secret {name}=file:PATH`"),
            )),
            Some(value) if value.trim_ascii().is_empty() => found.push(mistake(
                format!("secret `{name}` is empty"),
                "name a variable or a file that holds it",
            )),
            Some(_) => {}
        }
    }
    for name in wish.secrets.0.keys() {
        if !wish.plan.secrets.iter().any(|secret| secret.name == *name) {
            let known = wish.plan.secrets.iter().map(|secret| secret.name.as_str());
            found.push(mistake(
                format!("the run has no secret `{name}`"),
                names("it has", known),
            ));
        }
    }
    match (&wish.plan.target.trust_bundle, &wish.trust) {
        (Some(_), None) => found.push(mistake(
            format!(
                "target `{}` names certificates to trust",
                wish.plan.target.name
            ),
            "`--trust FILE`, with those that stand in for them here",
        )),
        (None, Some(_)) => found.push(mistake(
            format!(
                "target `{}` names no certificates to trust",
                wish.plan.target.name
            ),
            "leave `--trust` out, or name `trust-bundle` in the target",
        )),
        _ => {}
    }
    found
}

fn names<'n>(before: &str, names: impl Iterator<Item = &'n str>) -> String {
    let list: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match list.is_empty() {
        true => format!("{before} none"),
        false => format!("{before} {}", list.join(", ")),
    }
}

/// Each input by itself, as the gateway judges it.
pub(super) fn wrong_inputs(wish: &Wish) -> Vec<Mistake> {
    let contract = contract::contract(&wish.plan);
    let mut found = Vec::new();
    for name in wish.inputs.keys() {
        if !contract.inputs.iter().any(|input| input.name == *name) {
            let known = contract.inputs.iter().map(|input| input.name.as_str());
            found.push(mistake(
                format!("the run has no input `{name}`"),
                names("it has", known),
            ));
        }
    }
    for input in &contract.inputs {
        let alone = Contract {
            inputs: vec![input.clone()],
            ..contract.clone()
        };
        let value = wish.inputs.get_key_value(&input.name);
        let value = value.map(|(name, value)| (name.clone(), value.clone()));
        let coded = inputs::encode(&value.into_iter().collect());
        if let Err(why) = Inputs::read(&coded, &alone) {
            found.push(mistake(
                why.to_string(),
                format!("`--input {}=VALUE`", input.name),
            ));
        }
    }
    found
}

/// An image cannot be started here, and there is no account of a cluster.
pub(super) fn servers(plan: &Plan) -> Vec<Mistake> {
    let images = plan.servers.iter().filter(|server| server.pod.is_some());
    let say = |name: &str| {
        mistake(
            format!("server `{name}` is an image, which a run on this machine does not start"),
            "submit the run to a cluster, or use a builtin server",
        )
    };
    let clusters = plan.servers.iter().filter_map(|server| match &server.contract.kind {
        ServerKind::Kubernetes { .. } => Some(mistake(
            format!(
                "server `{}` looks after a cluster with the gateway's account there, which a run on this machine does not have",
                server.contract.name
            ),
            "submit the run to that cluster",
        )),
        _ => None,
    });
    images
        .map(|server| say(&server.contract.name))
        .chain(clusters)
        .collect()
}

/// Another run is submitted with an account of a cluster; a rehearsal shows what it would be given.
pub(super) fn exports(wish: &Wish) -> Vec<Mistake> {
    let runs = wish.plan.exports.iter().filter_map(|export| match &export.action {
        ExportAction::Submit { run, .. } if !wish.dry => Some(mistake(
            format!(
                "export `{}` submits the run `{run}` with the gateway's account of a cluster, which a run on this machine does not have",
                export.name
            ),
            "submit the run to that cluster, or see here what would be submitted: `--dry-run-exports`",
        )),
        _ => None,
    });
    runs.collect()
}

/// The image of an agent is not used here, so the program of each that may start must be found.
pub(super) fn harness(wish: &Wish) -> Vec<Mistake> {
    if wish.plan.starting().next().is_none() {
        return vec![bug("the plan has no agent that it starts with")];
    }
    let agents = wish.plan.starting().map(|agent| &agent.contract);
    agents.filter_map(|agent| program(wish, agent)).collect()
}

fn program(wish: &Wish, agent: &Agent) -> Option<Mistake> {
    let program = match agent.harness {
        Harness::ClaudeCode => "claude",
        Harness::Codex => "codex",
        Harness::Gemini => "gemini",
        Harness::Generic => agent.command.first().map_or("", String::as_str),
    };
    if finds(&wish.agent_path, program) {
        return None;
    }
    let what = format!(
        "agent `{}` needs `{program}`, which is in no folder of the system",
        agent.name
    );
    let help = "the image is not used here: `--agent-path DIR` names a folder with the program in it or in its `bin`";
    Some(mistake(what, help))
}
