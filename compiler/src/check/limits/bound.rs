//! One wish against the bound that each policy sets for it.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::Policy;
use crate::resolve::Unit;
use crate::span::{Span, Spanned};
use crate::values::cpu::Cpu;
use crate::values::duration::Duration;
use crate::values::money::Money;
use crate::values::size::Size;

/// Something with an order and a form to write.
pub(super) trait Amount: Clone + PartialOrd + std::fmt::Display {
    /// As it stands in a source.
    fn literal(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Amount for u64 {
    fn literal(&self) -> String {
        self.to_string()
    }
}
impl Amount for Cpu {}
impl Amount for Duration {}
impl Amount for Money {}
impl Amount for Size {}

/// What a run will have, written or by default.
pub(super) struct Wish<T> {
    /// The node that sets it: `depth`.
    pub(super) word: &'static str,
    /// Whose it is, for the message: empty, or ` of agent \`x\``.
    pub(super) of: String,
    /// How much.
    pub(super) value: T,
    /// Where it is written, or what it is a default of.
    pub(super) span: Span,
    /// Whether the author wrote it.
    pub(super) written: bool,
}

impl<T: Amount> Wish<T> {
    /// What was written; else the default, if there is one, at a place that stands for it.
    pub(super) fn of(
        word: &'static str,
        written: Option<&Spanned<T>>,
        default: Option<T>,
        place: Span,
    ) -> Option<Self> {
        let (value, span) = match written {
            Some(w) => (w.value.clone(), w.span),
            None => (default?, place),
        };
        Some(Self {
            word,
            of: String::new(),
            value,
            span,
            written: written.is_some(),
        })
    }
}

/// What a policy that says nothing permits.
#[derive(Clone)]
pub(super) enum Silent<T> {
    /// Nothing.
    Nothing,
    /// So much.
    Up(T),
    /// Whatever the author wishes.
    All,
}

/// Asks every policy that has `limits`. The rule of one policy is `rule`; `node` says where it belongs;
/// empty: in the policy itself.
pub(super) fn ask<T: Amount>(
    unit: &Unit,
    findings: &mut Findings,
    wish: &Wish<T>,
    node: &str,
    rule: impl Fn(&Policy) -> Bound<'_, T>,
) {
    let (mut refused, mut least, mut silent) = (Vec::new(), None::<T>, Vec::new());
    for policy in &unit.policies {
        let Bound {
            written,
            silent: otherwise,
        } = rule(policy);
        let (bound, span, label) = match (written, otherwise) {
            (Some(rule), _) => (
                rule.value.clone(),
                rule.span,
                format!("at most {}", rule.value),
            ),
            (None, Silent::Up(most)) => {
                let label = format!("this policy writes no `{}`: at most {most}", wish.word);
                (most, policy.name.span, label)
            }
            (None, Silent::Nothing) => {
                let limits = policy.limits.as_ref().filter(|_| !node.is_empty());
                let place = limits.map_or(policy.name.span, |l| l.span);
                silent.push((policy, place));
                continue;
            }
            (None, Silent::All) => continue,
        };
        if wish.value > bound {
            refused.push((policy, span, label));
            if least.as_ref().is_none_or(|l| bound < *l) {
                least = Some(bound);
            }
        }
    }
    if let Some(least) = least {
        findings.push(exceeded(wish, node, &least, refused));
    }
    if !silent.is_empty() {
        findings.push(not_permitted(wish, node, silent));
    }
}

/// What one policy says.
pub(super) struct Bound<'p, T> {
    /// Its rule.
    pub(super) written: Option<&'p Spanned<T>>,
    /// What holds without.
    pub(super) silent: Silent<T>,
}

fn exceeded<T: Amount>(
    wish: &Wish<T>,
    node: &str,
    least: &T,
    refused: Vec<(&std::rc::Rc<Policy>, Span, String)>,
) -> Finding {
    let Wish {
        word,
        of,
        value,
        span,
        written,
    } = wish;
    let message = if *written {
        format!("`{word}` {value}{of} exceeds the maximum {least}")
    } else {
        format!(
            "`{word}`{of} is {value} where nothing is written, which exceeds the maximum {least}"
        )
    };
    let owners = names(refused.iter().map(|(p, ..)| *p));
    let mut finding = Finding::new(Code::LimitExceeded, *span, message)
        .label(if *written {
            "wished here"
        } else {
            "the default holds here"
        })
        .help(format!(
            "write `{}`, or ask the owner of {owners} for `{}`{node}",
            line(word, least),
            line(word, value),
        ));
    for (_, span, label) in refused {
        finding = finding.related(span, label);
    }
    finding
}

fn not_permitted<T: Amount>(
    wish: &Wish<T>,
    node: &str,
    silent: Vec<(&std::rc::Rc<Policy>, Span)>,
) -> Finding {
    let Wish {
        word,
        of,
        value,
        span,
        written,
    } = wish;
    let owners = names(silent.iter().map(|(p, _)| *p));
    let what = if *written {
        format!("`{word}` {value}{of} is not permitted: {owners} sets no bound for it")
    } else {
        format!(
            "`{word}`{of}, {value} where nothing is written, is not permitted: {owners} sets no bound for it"
        )
    };
    let mut finding = Finding::new(Code::LimitSilent, *span, what).help(format!(
        "ask the owner of {owners} for `{}`{node}",
        line(word, value)
    ));
    for (_, span) in silent {
        finding = finding.related(span, format!("no `{word}` here: nothing is permitted"));
    }
    finding
}

/// A line that sets an amount.
fn line<T: Amount>(word: &str, value: &T) -> String {
    match word {
        "keep" => format!("keep for={}", value.literal()),
        _ => format!("{word} {}", value.literal()),
    }
}

/// `policy \`a\`` or `policies \`a\` and \`b\``.
fn names<'p>(policies: impl Iterator<Item = &'p std::rc::Rc<Policy>>) -> String {
    let list: Vec<String> = policies.map(|p| format!("`{}`", p.name.value)).collect();
    let noun = if list.len() == 1 {
        "policy"
    } else {
        "policies"
    };
    format!("{noun} {}", list.join(" and "))
}
