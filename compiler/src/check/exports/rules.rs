//! One export against the rules of one policy. The rules of a kind are alternatives.

use super::super::denial::{Refused, Wish, silent};
use crate::codes::Code;
use crate::policy::{ExportRule, Policy};
use crate::span::{Span, Spanned};
use crate::spec::Export;
use crate::values::host::HostPattern;
use crate::values::pattern::Pattern;
use crate::values::s3::S3Place;
use std::fmt::Display;

/// One wish of an export that a policy refuses.
pub(super) struct Complaint {
    /// Which setting.
    pub(super) about: &'static str,
    /// The wish.
    pub(super) wish: Wish,
    /// Why.
    pub(super) refused: Refused,
}

/// What the nearest rule of a policy has against an export; nothing, if one permits it.
pub(super) fn complaints(policy: &Policy, export: &Export) -> Vec<Complaint> {
    let of_kind = policy
        .exports
        .iter()
        .filter(|r| r.kind.value == export.kind.value);
    let nearest = of_kind
        .map(|rule| of_rule(rule, export))
        .min_by_key(Vec::len);
    nearest.unwrap_or_else(|| {
        let kind = &export.kind;
        vec![Complaint {
            about: "kind",
            wish: wish(
                kind.span,
                format!("export `{}`", kind.value),
                format!("export \"{}\" {{ … }}", kind.value),
            ),
            refused: silent(policy, &format!("export `{}`", kind.value)),
        }]
    })
}

/// Whether a rule permits an export but for its number.
pub(super) fn permits(rule: &ExportRule, export: &Export) -> bool {
    rule.kind.value == export.kind.value && of_rule(rule, export).is_empty()
}

fn wish(span: Span, what: String, line: String) -> Wish {
    Wish {
        code: Code::ExportGrant,
        span,
        what,
        line,
    }
}

fn of_rule(rule: &ExportRule, export: &Export) -> Vec<Complaint> {
    let mut out = Vec::new();
    out.extend(service(rule, export));
    for (about, noun, asked, bounds) in [
        ("repo", "repository", &export.repo, &rule.repos),
        ("base", "base branch", &export.base, &rule.bases),
        ("branch", "branches", &export.branch, &rule.branches),
    ] {
        let asked = asked.as_ref();
        out.extend(within((about, noun), rule, asked, bounds, Pattern::covers));
    }
    let run = export.run.as_ref().map(|run| &run.name);
    let named = |bound: &Pattern, name: &String| bound.matches(name);
    out.extend(within(("run", "run"), rule, run, &rule.runs, named));
    out.extend(protected(rule, export));
    out.extend(bucket(rule, export));
    // People may be notified by the hosts that a rule lists.
    let (host, hosts) = (export.host.as_ref(), &rule.hosts);
    out.extend(within(
        ("host", "host"),
        rule,
        host,
        hosts,
        HostPattern::covers,
    ));
    out.extend(said(rule, export));
    out.extend(approved(rule, export));
    out
}

/// A kind without `on` in the rule has one service only.
fn service(rule: &ExportRule, export: &Export) -> Option<Complaint> {
    let (bound, on) = (rule.on.as_ref()?, export.on.as_ref()?);
    (bound.value != on.value).then(|| Complaint {
        about: "on",
        wish: wish(
            on.span,
            format!("export on `{}`", on.value),
            format!("on \"{}\"", on.value),
        ),
        refused: Refused {
            span: bound.span,
            label: format!("permits it on `{}` only", bound.value),
        },
    })
}

/// What is asked for lies within one of the rule's bounds.
fn within<Asked: Display, Bound: Display>(
    (about, noun): (&'static str, &str),
    rule: &ExportRule,
    asked: Option<&Spanned<Asked>>,
    bounds: &[Spanned<Bound>],
    covers: impl Fn(&Bound, &Asked) -> bool,
) -> Option<Complaint> {
    let asked = asked?;
    if bounds.iter().any(|b| covers(&b.value, &asked.value)) {
        return None;
    }
    let refused = match bounds.first() {
        Some(bound) => Refused {
            span: bound.span,
            label: format!("permits `{}`", bound.value),
        },
        None => Refused {
            span: rule.span,
            label: format!("this rule permits no `{about}`"),
        },
    };
    let what = format!("{noun} `{}` of export `{}`", asked.value, rule.kind.value);
    let wish = wish(asked.span, what, format!("{about} \"{}\"", asked.value));
    Some(Complaint {
        about,
        wish,
        refused,
    })
}

/// What a policy protects, every export of the kind has to protect.
fn protected(rule: &ExportRule, export: &Export) -> Vec<Complaint> {
    let open =
        |bound: &&Spanned<Pattern>| !export.protect.iter().any(|p| p.value.covers(&bound.value));
    rule.protect
        .iter()
        .filter(open)
        .map(|bound| Complaint {
            about: "protect",
            wish: wish(
                export.kind.span,
                format!(
                    "export `{}` without `protect \"{}\"`",
                    export.kind.value, bound.value
                ),
                format!(
                    "export \"{}\" {{ … }}` without it; or write `protect \"{}\"",
                    export.kind.value, bound.value
                ),
            ),
            refused: Refused {
                span: bound.span,
                label: "has to be protected".to_owned(),
            },
        })
        .collect()
}

fn bucket(rule: &ExportRule, export: &Export) -> Option<Complaint> {
    if export.kind.value != "s3" {
        return None;
    }
    let to = export.to.as_ref()?.value.as_ref()?;
    let place = S3Place::parse(&to.value).ok()?;
    let contains =
        |bound: &Spanned<String>| S3Place::parse(&bound.value).is_ok_and(|b| below(&b, &place));
    if rule.buckets.iter().any(contains) {
        return None;
    }
    let refused = match rule.buckets.first() {
        Some(bound) => Refused {
            span: bound.span,
            label: format!("permits `{}` and below", bound.value),
        },
        None => Refused {
            span: rule.span,
            label: "this rule permits no `to`".to_owned(),
        },
    };
    let wish = wish(
        to.span,
        format!("place `{place}` of export `s3`"),
        format!("to \"{place}\""),
    );
    Some(Complaint {
        about: "to",
        wish,
        refused,
    })
}

/// What an agent says is told to people only where a rule says so.
fn said(rule: &ExportRule, export: &Export) -> Option<Complaint> {
    let span = export.summary.filter(|_| rule.summary.is_none())?;
    let kind = &rule.kind.value;
    Some(Complaint {
        about: "summary",
        wish: wish(
            span,
            format!("`summary` of export `{kind}`"),
            "summary".to_owned(),
        ),
        refused: Refused {
            span: rule.span,
            label: "this rule permits no `summary`".to_owned(),
        },
    })
}

/// Whole parts of the prefix count: `reports` is not above `reports-old`.
pub(in crate::check) fn below(bound: &S3Place, place: &S3Place) -> bool {
    let rest = place.prefix().strip_prefix(bound.prefix());
    bound.bucket() == place.bucket()
        && (bound.prefix().is_empty() || rest.is_some_and(|r| r.is_empty() || r.starts_with('/')))
}

fn approved(rule: &ExportRule, export: &Export) -> Option<Complaint> {
    let needed = rule.approve.filter(|_| export.approval.is_none())?;
    let kind = &export.kind;
    Some(Complaint {
        about: "approve",
        wish: wish(
            kind.span,
            format!("export `{}` without `approve by=\"NAME\"`", kind.value),
            format!("export \"{}\" {{ … }}` without `approve", kind.value),
        ),
        refused: Refused {
            span: needed,
            label: "only when a person approves it".to_owned(),
        },
    })
}
