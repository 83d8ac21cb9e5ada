//! The run: title, inputs, limits, worst case.

use super::page::{Page, Row};
use super::words;
use crate::plan::{Handed, HandedForm, Keep, Overlap, Plan, SchedulePlan, TargetPlan, TriggerPlan};
use pure_agent_runtime::contract::Input;

fn row(word: &str, fact: impl Into<String>) -> Row {
    vec![word.to_owned(), fact.into()]
}

/// Name, purpose, and where it stands.
pub(super) fn title(page: &mut Page, plan: &Plan) {
    page.prose(&format!("run {}", plan.name));
    if let Some(about) = &plan.about {
        page.prose(about);
    }
    page.prose("");
    let mut rows = Vec::new();
    rows.extend(plan.owner.as_ref().map(|o| row("owner", o.as_str())));
    rows.push(row("policies", plan.policies.join(", ")));
    let target = &plan.target;
    rows.push(row(
        "target",
        format!("{}, namespace {}", target.name, target.namespace),
    ));
    rows.push(row("runtime", words::image(&target.runtime)));
    rows.extend(
        target
            .runtime_class
            .as_ref()
            .map(|c| row("sandbox", format!("runtime class {c}"))),
    );
    rows.extend(nodes(target).map(|nodes| row("nodes", nodes)));
    let groups = match target.break_glass.as_slice() {
        [] => "nobody".to_owned(),
        some => format!("{}, in an emergency", some.join(", ")),
    };
    rows.push(row("entered by", groups));
    if !target.operators.is_empty() {
        rows.push(row("operated by", target.operators.join(", ")));
    }
    rows.push(row("starts", starts(plan)));
    rows.extend(
        plan.schedule
            .as_ref()
            .map(|s| row("schedule", scheduled(s))),
    );
    rows.extend(plan.triggers.iter().map(|t| row("trigger", triggered(t))));
    rows.extend(plan.queue.as_ref().map(|q| row("queue", queued(q, target))));
    let labels: Vec<String> = plan
        .labels
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    if !labels.is_empty() {
        rows.push(row("labels", labels.join(", ")));
    }
    page.table(&rows);
}

fn queued(queue: &str, target: &TargetPlan) -> String {
    let slots = target.queues.get(queue).copied().unwrap_or_default();
    let runs = words::count(slots, "run", "runs");
    format!("{queue}: waits while {runs} of it go on")
}

fn starts(plan: &Plan) -> &'static str {
    match (plan.enabled, &plan.schedule, plan.triggers.is_empty()) {
        (false, _, _) => "never: it is disabled",
        (true, None, true) => "when somebody submits it",
        (true, Some(_), true) => "by its schedule, and when somebody submits it",
        (true, None, false) => "by each event of its triggers, and when somebody submits it",
        (true, Some(_), false) => {
            "by its schedule, by each event of its triggers, and when somebody submits it"
        }
    }
}

fn triggered(trigger: &TriggerPlan) -> String {
    let inputs: Vec<String> = trigger.inputs.iter().map(handed).collect();
    let gives = match inputs.as_slice() {
        [] => "nothing of its payload".to_owned(),
        some => some.join(", "),
    };
    format!("{}: {gives}", trigger.event)
}

fn handed(handed: &Handed) -> String {
    let form = match handed.form {
        HandedForm::Text => "the text",
        HandedForm::Json => "the JSON",
    };
    match handed.place.as_str() {
        "" => format!("{} is {form} of the payload", handed.input),
        place => format!("{} is {form} at {place}", handed.input),
    }
}

fn scheduled(schedule: &SchedulePlan) -> String {
    let overlap = match schedule.overlap {
        Overlap::Forbid => "not while the previous run goes on",
        Overlap::Allow => "beside the previous run",
        Overlap::Replace => "in place of the previous run",
    };
    format!(
        "{} {}; {} a day at most; {overlap}; up to {} late",
        schedule.cron,
        schedule.timezone,
        words::count(u64::from(schedule.per_day), "time", "times"),
        words::time(schedule.catch_up)
    )
}

fn nodes(target: &TargetPlan) -> Option<String> {
    let labels = target
        .node_labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    let taints = target.tolerations.iter().map(|t| {
        let value = t
            .value
            .as_ref()
            .map(|v| format!("={v}"))
            .unwrap_or_default();
        format!("tolerates {}{value}:{}", t.key, t.effect)
    });
    let all: Vec<String> = labels.chain(taints).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// What a submitter hands in.
pub(super) fn inputs(plan: &Plan) -> Vec<Row> {
    plan.inputs.iter().map(input).collect()
}

fn input(input: &Input) -> Row {
    let mut facts = Vec::new();
    if !input.one_of.is_empty() {
        let values: Vec<String> = input.one_of.iter().map(|v| words::quoted(v)).collect();
        facts.push(format!("one of {}", values.join(", ")));
    }
    if let Some(pattern) = &input.pattern {
        facts.push(format!("matches {pattern}"));
    }
    if facts.is_empty() {
        facts.push("any text".to_owned());
    }
    facts.push(format!("at most {}", words::size(input.size)));
    facts.extend(
        input
            .default
            .as_ref()
            .map(|d| format!("default {}", words::quoted(d))),
    );
    let need = if input.required {
        "required"
    } else {
        "optional"
    };
    vec![input.name.clone(), need.to_owned(), facts.join("; ")]
}

/// Bounds that hold even if the agent lies.
pub(super) fn limits(plan: &Plan) -> Vec<Row> {
    let limits = &plan.limits;
    let repeats = match plan.retry.infrastructure {
        0 => "a lost one is not repeated".to_owned(),
        n => {
            let lost = words::count(u64::from(n), "repeat of a lost one", "repeats of lost ones");
            format!("and {lost}, each after {}", words::time(plan.retry.backoff))
        }
    };
    let time = format!(
        "{} for the agents, {} for a cycle, {} for pack and export",
        words::time(limits.deadline),
        words::time(limits.cycle),
        words::time(limits.export)
    );
    let turns = words::count(limits.turns, "turn", "turns");
    let tokens = words::count(limits.tokens, "token", "tokens");
    let cost = limits
        .cost
        .as_ref()
        .map(|c| format!(", {}", words::money(c)));
    let at_once = words::count(u64::from(limits.concurrency), "request", "requests");
    vec![
        row("cycles", format!("{}; {repeats}", limits.depth)),
        row("time", time),
        row(
            "models",
            format!("{turns}, {tokens}{}", cost.unwrap_or_default()),
        ),
        row(
            "traffic",
            format!("{} to and from egress hosts", words::size(limits.traffic)),
        ),
        row("at once", at_once),
        row("finish", finish(plan)),
        row("workspace", kept(plan)),
    ]
}

fn finish(plan: &Plan) -> String {
    if !plan.finish.submission {
        return "nothing has to be submitted".to_owned();
    }
    let reminders = words::count(u64::from(plan.finish.reminders), "reminder", "reminders");
    format!("the agent submits; {reminders}, then the run is incomplete")
}

fn kept(plan: &Plan) -> String {
    let workspace = &plan.workspace;
    let time = words::time(workspace.keep_for);
    let keep = match workspace.keep {
        Keep::Never => "deleted when the run ends, however it ends".to_owned(),
        Keep::OnFailure => format!("kept {time} if the run fails"),
        Keep::Always => format!("kept {time}"),
    };
    format!("{}, {keep}", words::size(workspace.size))
}

/// The most that one run can use; and of a day, where a schedule starts it.
pub(super) fn worst(plan: &Plan) -> Vec<Row> {
    let worst = &plan.worst;
    let open = || open_cost(plan);
    let mut rows = vec![
        row(
            "pods",
            format!(
                "{} started, {} at once, launchers included",
                words::number(worst.pods),
                words::number(worst.pods_at_once)
            ),
        ),
        row(
            "time",
            format!(
                "{} until no pod of it is left",
                words::time(worst.wall_time)
            ),
        ),
        row("tokens", words::number(worst.tokens)),
        row("cost", worst.cost.as_ref().map_or_else(open, words::money)),
    ];
    if let Some(runs) = worst.runs_per_day {
        let tokens = worst
            .tokens_per_day
            .map(|n| words::count(n, "token", "tokens"));
        let cost = worst.cost_per_day.as_ref().map(words::money);
        let runs = Some(words::count(u64::from(runs), "run", "runs"));
        let facts: Vec<String> = [runs, tokens, cost].into_iter().flatten().collect();
        rows.push(row(
            "in a day",
            format!("{}, as scheduled", facts.join(", ")),
        ));
    }
    rows
}

fn open_cost(plan: &Plan) -> String {
    let unpriced = plan.models.iter().filter(|m| m.price.is_none());
    let names: Vec<&str> = unpriced.map(|m| m.name.as_str()).collect();
    match names.as_slice() {
        [] => "NOT BOUNDED: no limit, and prices in several currencies".to_owned(),
        some => format!("NOT BOUNDED: no limit, and no price of {}", some.join(", ")),
    }
}

/// Warnings that policies accept.
pub(super) fn acknowledged(plan: &Plan) -> Vec<Row> {
    plan.acknowledged
        .iter()
        .map(|line| vec![line.clone()])
        .collect()
}
