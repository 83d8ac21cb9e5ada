//! Limits of one spec that cannot all hold, and limits that are never reached.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::reach;
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::spec::{Agent, Route, RunLimits};
use crate::values::duration::Duration;

/// Cycles that a run may ever start, repeats included; Argo's recursion is bounded by it.
const CYCLES: u64 = 50;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let Some(limits) = &unit.run.limits else {
        return;
    };
    repeats(unit, limits, findings);
    cycles(unit, limits, findings);
    for agent in reach(unit).agents {
        of_agent(agent, limits, findings);
    }
    if let Some(route) = &unit.run.route {
        of_route(unit, route, limits, findings);
    }
}

fn of_route(unit: &Unit, route: &Route, limits: &RunLimits, findings: &mut Findings) {
    let whose = "the choice";
    let run = "the run";
    let tokens = limits.tokens.as_ref();
    above(
        ("turns", whose, run),
        route.turns.as_ref(),
        limits.turns.as_ref(),
        findings,
    );
    above(
        ("tokens", whose, run),
        route.tokens.as_ref(),
        tokens,
        findings,
    );
    let times = (route.deadline.as_ref(), limits.deadline.as_ref());
    above(("deadline", whose, run), times.0, times.1, findings);
    for choice in &route.choices {
        let agent = unit.agent(&choice.agent.value);
        let own = agent.and_then(|agent| agent.limits.tokens.as_ref());
        let (least, of) = match (own, tokens) {
            (Some(own), Some(all)) if own.value < all.value => (Some(own), "the agent"),
            (own, all) => (all.or(own), run),
        };
        let whose = format!("choice `{}`", choice.agent.value);
        above(
            ("tokens", &whose, of),
            choice.tokens.as_ref(),
            least,
            findings,
        );
    }
}

fn repeats(unit: &Unit, limits: &RunLimits, findings: &mut Findings) {
    let (Some(depth), Some(retry)) = (&limits.depth, &unit.run.retry) else {
        return;
    };
    if depth.value.saturating_add(retry.times.value) <= CYCLES {
        return;
    }
    findings.push(
        Finding::new(
            Code::LimitImpossible,
            retry.times.span,
            format!(
                "{} cycles and {} repeats are more than the {CYCLES} that a run may start",
                depth.value, retry.times.value
            ),
        )
        .related(depth.span, "cycles")
        .help(format!(
            "write `depth {}`, or fewer repeats",
            CYCLES - retry.times.value.min(CYCLES - 1)
        )),
    );
}

fn cycles(unit: &Unit, limits: &RunLimits, findings: &mut Findings) {
    let (Some(cycle), Some(deadline)) = (&limits.cycle, &limits.deadline) else {
        return;
    };
    let (one, all) = (cycle.value.seconds(), deadline.value.seconds());
    if one > all {
        findings.push(
            Finding::new(
                Code::LimitImpossible,
                cycle.span,
                format!(
                    "a cycle of {} is longer than the run, which ends after {}",
                    cycle.value, deadline.value
                ),
            )
            .related(deadline.span, "the run ends here")
            .help(format!("write `cycle \"{}\"` or less", deadline.value)),
        );
        return;
    }
    // Of the steps of a graph only some are an agent's, and last as long.
    let Some(depth) = limits.depth.as_ref().filter(|_| unit.run.graph.is_none()) else {
        return;
    };
    let together = one.saturating_mul(depth.value);
    if together > all {
        let fit = all / one.max(1);
        let share = Duration::from_seconds(all / depth.value.max(1))
            .map_or_else(String::new, |d| format!(", `cycle \"{d}\"`"));
        let need =
            Duration::from_seconds(together).map_or_else(|| "longer".to_owned(), |d| d.to_string());
        findings.push(
            Finding::new(
                Code::LimitUnreached,
                depth.span,
                format!(
                    "{} cycles of {} take up to {need}, but the run ends after {}",
                    depth.value, cycle.value, deadline.value
                ),
            )
            .related(deadline.span, "the run ends here")
            .related(cycle.span, "time of one cycle")
            .help(format!(
                "write `depth {fit}`{share}, or a longer `deadline`"
            )),
        );
    }
}

fn of_agent(agent: &Agent, limits: &RunLimits, findings: &mut Findings) {
    let name = format!("agent `{}`", agent.name.value);
    let name = name.as_str();
    unreached(
        "turns",
        name,
        agent.limits.turns.as_ref(),
        limits.turns.as_ref(),
        findings,
    );
    unreached(
        "tokens",
        name,
        agent.limits.tokens.as_ref(),
        limits.tokens.as_ref(),
        findings,
    );
    unreached(
        "cost",
        name,
        agent.limits.cost.as_ref(),
        limits.cost.as_ref(),
        findings,
    );
    unreached(
        "traffic",
        name,
        agent.limits.traffic.as_ref(),
        limits.traffic.as_ref(),
        findings,
    );
}

fn unreached<T: PartialOrd + std::fmt::Display>(
    word: &str,
    whose: &str,
    own: Option<&Spanned<T>>,
    whole: Option<&Spanned<T>>,
    findings: &mut Findings,
) {
    above((word, whose, "the run"), own, whole, findings);
}

/// A limit of somebody above one of who stops it first.
fn above<T: PartialOrd + std::fmt::Display>(
    (word, whose, of): (&str, &str, &str),
    own: Option<&Spanned<T>>,
    whole: Option<&Spanned<T>>,
    findings: &mut Findings,
) {
    let (Some(own), Some(whole)) = (own, whole) else {
        return;
    };
    if own.value > whole.value {
        findings.push(
            Finding::new(
                Code::LimitUnreached,
                own.span,
                format!(
                    "`{word}` {} of {whose} is never reached: {of} stops at {}",
                    own.value, whole.value
                ),
            )
            .related(whole.span, format!("the bound of {of}"))
            .help(format!("remove it, or write less than {of} has")),
        );
    }
}
