//! One wish that policies refuse: which of them, where, and what to ask for.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::Policy;
use crate::resolve::Unit;
use crate::span::{Span, Spanned};
use crate::values::pattern::Pattern;

/// Why one policy refuses.
pub(super) struct Refused {
    /// The rule that is nearest, or the policy's name where it is silent.
    pub(super) span: Span,
    /// What it permits, as a short label.
    pub(super) label: String,
}

/// A wish of the spec.
pub(super) struct Wish {
    /// The code of a refusal.
    pub(super) code: Code,
    /// Where it is written.
    pub(super) span: Span,
    /// What it is, with the user's text in backticks.
    pub(super) what: String,
    /// The policy line that would permit it.
    pub(super) line: String,
}

/// Asks every policy; a wish that some refuse is one finding with a place in each of these.
pub(super) fn ask(
    unit: &Unit,
    findings: &mut Findings,
    wish: &Wish,
    verdict: impl Fn(&Policy) -> Option<Refused>,
) {
    let refusals = unit
        .policies
        .iter()
        .filter_map(|p| Some((p.name.value.clone(), verdict(p)?)))
        .collect();
    report(findings, wish, refusals);
}

/// Reports a wish that these policies refuse, if any.
pub(super) fn report(findings: &mut Findings, wish: &Wish, refusals: Vec<(String, Refused)>) {
    if refusals.is_empty() {
        return;
    }
    let noun = if refusals.len() == 1 {
        "policy"
    } else {
        "policies"
    };
    let names: Vec<String> = refusals
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let names = names.join(" and ");
    let mut finding = Finding::new(
        wish.code,
        wish.span,
        format!("{} is not permitted by {noun} {names}", wish.what),
    )
    .label("wished here")
    .help(format!(
        "change or remove it, or ask whoever owns {noun} {names} for `{}`",
        wish.line
    ));
    for (_, refused) in refusals {
        finding = finding.related(refused.span, refused.label);
    }
    findings.push(finding);
}

/// A refusal by a list of rules: the one that looks most like the wish, or the silent policy.
pub(super) fn nearest_rule<'a>(
    policy: &Policy,
    kind: &str,
    wish: &str,
    rules: impl Iterator<Item = (Span, &'a str)>,
) -> Refused {
    let start = |text: &str| {
        text.bytes()
            .zip(wish.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let end = |text: &str| {
        text.bytes()
            .rev()
            .zip(wish.bytes().rev())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let alike = |text: &str| start(text).max(end(text));
    let mut best: Option<(usize, Span, &str)> = None;
    for (span, text) in rules {
        let score = alike(text);
        if best.is_none_or(|(most, ..)| score > most) {
            best = Some((score, span, text));
        }
    }
    match best {
        Some((_, span, text)) => Refused {
            span,
            label: format!("the nearest that is permitted: `{text}`"),
        },
        None => silent(policy, kind),
    }
}

/// A refusal by a policy that has no rule of a kind at all.
pub(super) fn silent(policy: &Policy, kind: &str) -> Refused {
    Refused {
        span: policy.name.span,
        label: format!("this policy permits no {kind}"),
    }
}

/// Places and texts of a list of patterns.
pub(super) fn patterns(list: &[Spanned<Pattern>]) -> impl Iterator<Item = (Span, &str)> {
    list.iter().map(|p| (p.span, p.value.as_str()))
}
