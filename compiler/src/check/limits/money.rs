//! Money: a bound counts only where every amount can be counted, in one currency.

use super::bound::{Bound, Silent, Wish, ask};
use super::{IN_LIMITS, Money};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::reach;
use crate::resolve::Unit;
use crate::span::{Span, Spanned};

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let limits = unit.run.limits.as_ref();
    let cost = limits.and_then(|l| l.cost.as_ref());
    let place = limits.map_or(unit.run.name.span, |l| l.span);
    prices(unit, cost, findings);
    match cost {
        Some(cost) => bounded(unit, cost, findings),
        None if limits.is_some_and(|l| l.spoilt) => {}
        None => uncounted(unit, place, findings),
    }
}

/// A policy that bounds money wants each run to say how much.
fn uncounted(unit: &Unit, place: Span, findings: &mut Findings) {
    for policy in &unit.policies {
        if let Some(bound) = policy.limits.as_ref().and_then(|l| l.cost.as_ref()) {
            findings.push(
                Finding::new(
                    Code::CostUncounted,
                    place,
                    format!(
                        "run has no `cost`, but policy `{}` bounds money",
                        policy.name.value
                    ),
                )
                .related(bound.span, format!("at most {}", bound.value))
                .help(format!(
                    "write `cost \"{}\"` or less in `limits`, and a `price` in each model",
                    bound.value
                )),
            );
        }
    }
}

fn bounded(unit: &Unit, cost: &Spanned<Money>, findings: &mut Findings) {
    for bound in unit
        .policies
        .iter()
        .filter_map(|p| p.limits.as_ref()?.cost.as_ref())
    {
        currency(cost, bound, "the bound of a policy", findings);
    }
    if let Some(wish) = Wish::of("cost", Some(cost), None, cost.span) {
        ask(unit, findings, &wish, IN_LIMITS, |policy| Bound {
            written: policy.limits.as_ref().and_then(|l| l.cost.as_ref()),
            silent: Silent::All,
        });
    }
}

/// Prices of the models that a bound in money covers, and the bounds of agents.
fn prices(unit: &Unit, cost: Option<&Spanned<Money>>, findings: &mut Findings) {
    let reached = reach(unit);
    for model in &reached.models {
        if let Some(price) = &model.price {
            currency(&price.output, &price.input, "the price of input", findings);
        }
    }
    let mut bounds: Vec<(&Spanned<Money>, Vec<&str>)> = Vec::new();
    bounds.extend(cost.map(|c| {
        (
            c,
            reached
                .models
                .iter()
                .map(|m| m.name.value.as_str())
                .collect(),
        )
    }));
    for agent in &reached.agents {
        if let Some(own) = &agent.limits.cost {
            bounds.push((own, agent.models.iter().map(|m| m.value.as_str()).collect()));
            if let Some(cost) = cost {
                currency(own, cost, "the bound of the run", findings);
            }
        }
    }
    for model in &reached.models {
        let name = model.name.value.as_str();
        let Some((bound, _)) = bounds.iter().find(|(_, models)| models.contains(&name)) else {
            continue;
        };
        match &model.price {
            Some(price) => currency(&price.input, bound, "the bound that has to be kept", findings),
            None if model.spoilt => {}
            None => findings.push(
                Finding::new(
                    Code::CostUncounted,
                    model.name.span,
                    format!("model `{name}` has no `price`, so `cost` cannot be kept"),
                )
                .related(bound.span, "this bound covers the model")
                .help("write `price { input \"3.00 USD\" per=1_000_000; output \"15.00 USD\" per=1_000_000 }`; a local model costs \"0 USD\""),
            ),
        }
    }
}

fn currency(one: &Spanned<Money>, other: &Spanned<Money>, what: &str, findings: &mut Findings) {
    if one.value.comparable(&other.value) {
        return;
    }
    findings.push(
        Finding::new(
            Code::CurrencyMixed,
            one.span,
            format!(
                "`{}` and `{}` are of different currencies",
                one.value, other.value
            ),
        )
        .related(other.span, what)
        .help(format!(
            "write the amount in {}; nothing is converted",
            other.value.currency()
        )),
    );
}
