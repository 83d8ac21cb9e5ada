//! The steps, and what they hand to each other.

mod visits;

use crate::emit::argo::{
    Arguments, ContinueOn, Inputs, Outputs, Parameter, StepCall, Template, ValueFrom,
};
use crate::emit::deadlines::cycles;
use crate::emit::substitution::{self as sub, Step, Substitution};
use crate::plan::Plan;
use sub::Parameter as P;

/// The phase of an agent whose launcher gave up.
const LOST: &str = "Lost";

/// What the router is told about an agent, and what stands where its launcher gave up.
const OUTCOME: [(P, &str); 5] = [
    (P::Phase, LOST),
    (P::ExitCode, ""),
    (P::StartCode, ""),
    (P::PodReason, ""),
    (P::EndReason, ""),
];

/// `main`; `cycle` and `attempt`, or `routed` and such a pair for each agent that may be chosen, or `visit-STEP` for
/// each step and an attempt for each agent.
pub(super) fn templates(plan: &Plan) -> Vec<Template> {
    let mut templates = vec![main(plan)];
    if let Some(graph) = plan.graph() {
        templates.extend(visits::templates(plan, graph));
        return templates;
    }
    if plan.choosing().is_none() {
        templates.extend([cycle(plan, None), attempt(P::Cycle, None)]);
        return templates;
    }
    templates.push(routed(plan));
    for agent in plan.starting() {
        let which = Some(agent.contract.name.as_str());
        templates.extend([cycle(plan, which), attempt(P::Cycle, which)]);
    }
    templates
}

/// The choice, then the first cycle of the agent that was chosen. Which template a name leads to stands here; what
/// the choice answers is compared, and becomes part of nothing.
fn routed(plan: &Plan) -> Template {
    let chosen = output(Step::Route, P::Choice);
    let first = |name: &str| {
        let template = of(Step::Cycle, Some(name));
        let arguments = vec![pass(P::Cycle, "0".to_owned()), same(P::Gateway)];
        StepCall {
            name: template.clone(),
            template,
            when: Some(format!("'{chosen}' == '{name}'")),
            ..call(Step::Cycle, arguments)
        }
    };
    Template {
        inputs: takes([P::Gateway]),
        name: Step::Routed.to_string(),
        steps: vec![
            vec![call(Step::Route, vec![same(P::Gateway)])],
            plan.starting().map(|a| first(&a.contract.name)).collect(),
        ],
        ..Template::default()
    }
}

/// The template of a step; that of one agent where it is chosen.
fn of(step: Step, which: Option<&str>) -> String {
    which.map_or_else(|| step.to_string(), |which| format!("{step}-{which}"))
}

fn main(plan: &Plan) -> Template {
    let servers: Vec<_> = plan
        .servers
        .iter()
        .filter(|server| server.pod.is_some())
        .map(|server| server.contract.name.clone())
        .collect();
    let starts = servers
        .iter()
        .map(|name| call(Step::Server(name.clone()), Vec::new()))
        .collect();
    let addresses = servers
        .iter()
        .map(|name| {
            pass(
                P::Server(name.clone()),
                output(Step::Server(name.clone()), P::Address),
            )
        })
        .collect();
    let gateway = || pass(P::Gateway, output(Step::Gateway, P::Gateway));
    let cycles = match (plan.choosing(), plan.graph()) {
        (Some(_), _) => call(Step::Routed, vec![gateway()]),
        (None, Some(graph)) => visits::first(graph, gateway()),
        (None, None) => {
            let first = pass(P::Cycle, "0".to_owned());
            call(Step::Cycle, vec![first, gateway()])
        }
    };
    let ended = plan.choosing().map_or(Step::Cycle, |_| Step::Routed);
    let told = vec![
        pass(P::Cycles, Substitution::Status(ended).to_string()),
        gateway(),
        pass(P::Packing, Substitution::Status(Step::Pack).to_string()),
    ];
    let groups: [Vec<StepCall>; 5] = [
        starts,
        vec![call(Step::Gateway, addresses)],
        vec![carry_on(cycles)],
        vec![carry_on(call(Step::Pack, Vec::new()))],
        vec![call(Step::Export, told)],
    ];
    Template {
        name: "main".to_owned(),
        steps: groups
            .into_iter()
            .filter(|group| !group.is_empty())
            .collect(),
        ..Template::default()
    }
}

fn cycle(plan: &Plan, which: Option<&str>) -> Template {
    let next = output(Step::Router, P::Next);
    let last = cycles(plan.limits.depth, plan.retry.infrastructure) - 1;
    let again = StepCall {
        name: "next".to_owned(),
        // The router counts too; this bound holds whatever it says.
        when: Some(format!(
            "'{next}' =~ '^[0-9]{{1,2}}$' && {} < {last}",
            Substitution::Input(P::Cycle)
        )),
        template: of(Step::Cycle, which),
        ..call(Step::Cycle, vec![pass(P::Cycle, next), same(P::Gateway)])
    };
    Template {
        inputs: takes([P::Cycle, P::Gateway]),
        name: of(Step::Cycle, which),
        steps: work(P::Cycle, which)
            .into_iter()
            .chain([vec![again]])
            .collect(),
        ..Template::default()
    }
}

/// What comes before the next cycle: an attempt of the agent, and the router.
fn work(counted: P, which: Option<&str>) -> [Vec<StepCall>; 3] {
    let told = [same(counted.clone()), same(P::Gateway)]
        .into_iter()
        .chain(OUTCOME.map(|(one, _)| pass(one.clone(), output(Step::Attempt, one))))
        .collect();
    let attempt = StepCall {
        template: of(Step::Attempt, which),
        ..call(Step::Attempt, vec![same(counted.clone()), same(P::Gateway)])
    };
    [
        vec![attempt],
        vec![drop_where_lost(counted)],
        vec![call(Step::Router, told)],
    ]
}

/// One agent. The outputs of a failed launcher are absent, and a step that asks for them waits for ever;
/// the outputs of steps have defaults that do hold.
fn attempt(counted: P, which: Option<&str>) -> Template {
    let outputs = OUTCOME.map(|(one, default)| Parameter {
        name: one.to_string(),
        value: None,
        value_from: Some(ValueFrom {
            default: Some(default),
            parameter: Some(output(Step::Agent, one)),
            ..ValueFrom::default()
        }),
    });
    Template {
        inputs: takes([counted.clone(), P::Gateway]),
        name: of(Step::Attempt, which),
        outputs: Some(Outputs {
            parameters: outputs.to_vec(),
        }),
        steps: vec![vec![carry_on(StepCall {
            template: of(Step::Agent, which),
            ..call(Step::Agent, vec![same(counted), same(P::Gateway)])
        })]],
        ..Template::default()
    }
}

/// Takes an agent away that was given up. That is asked of an output, which stays what it was: Argo may start a
/// launcher once more after one that was killed, and the step's status is then another for a while. A step that
/// began because of it would never be looked at again, and the run would wait for it to its deadline.
fn drop_where_lost(counted: P) -> StepCall {
    let phase = output(Step::Attempt, P::Phase);
    StepCall {
        when: Some(format!("'{phase}' == '{LOST}'")),
        ..call(Step::Drop, vec![same(counted)])
    }
}

/// A step and its template have one name.
fn call(step: Step, parameters: Vec<Parameter>) -> StepCall {
    let name = step.to_string();
    StepCall {
        arguments: Arguments::of(parameters),
        template: name.clone(),
        name,
        ..StepCall::default()
    }
}

fn carry_on(call: StepCall) -> StepCall {
    StepCall {
        continue_on: Some(ContinueOn {
            error: true,
            failed: true,
        }),
        ..call
    }
}

fn pass(parameter: P, value: String) -> Parameter {
    Parameter {
        name: parameter.to_string(),
        value: Some(value),
        value_from: None,
    }
}

/// Hands on what the template itself was given.
fn same(parameter: P) -> Parameter {
    let value = Substitution::Input(parameter.clone()).to_string();
    pass(parameter, value)
}

fn output(step: Step, parameter: P) -> String {
    Substitution::Output(step, parameter).to_string()
}

fn takes<const N: usize>(parameters: [P; N]) -> Option<Inputs> {
    let named = parameters.map(|one| Parameter {
        name: one.to_string(),
        ..Parameter::default()
    });
    Some(Inputs {
        parameters: named.to_vec(),
    })
}
