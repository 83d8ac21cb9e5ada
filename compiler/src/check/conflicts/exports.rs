//! What each kind of export takes and needs.

use super::{bind, excluded, missing, place};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::span::Span;
use crate::spec::Export;
use crate::values::s3::S3Place;

/// What a kind of export is done with.
struct Form {
    /// The service, for kinds that are done on one.
    on: Option<&'static str>,
    /// Settings that must be written, with a line to write.
    needs: &'static [(&'static str, &'static str)],
    /// Settings that may be written beside.
    takes: &'static [&'static str],
}

const ON_LINEAR: (&str, &str) = ("on", "on \"linear\"");
const ISSUE: (&str, &str) = ("to", "to input=\"issue\"");
const AUTH: (&str, &str) = ("auth", "auth \"SECRET\"");

fn form(kind: &str) -> Form {
    match kind {
        "comment" => Form {
            on: Some("linear"),
            needs: &[ON_LINEAR, ISSUE, AUTH],
            takes: &[],
        },
        "report" => Form {
            on: Some("linear"),
            needs: &[ON_LINEAR, ISSUE, AUTH],
            takes: &["size"],
        },
        "upload" => Form {
            on: Some("linear"),
            needs: &[ON_LINEAR, ISSUE, AUTH],
            takes: &["exclude", "size"],
        },
        "pull-request" => Form {
            on: Some("github"),
            needs: &[
                ("on", "on \"github\""),
                ("repo", "repo \"OWNER/NAME\""),
                ("base", "base \"main\""),
                ("branch", "branch \"agent/**\""),
                AUTH,
            ],
            takes: &["exclude", "protect", "files", "size"],
        },
        "s3" => Form {
            on: None,
            needs: &[
                ("to", "to \"s3://BUCKET/PREFIX\""),
                ("region", "region \"eu-central-1\""),
                AUTH,
            ],
            takes: &["exclude", "size"],
        },
        "notify" => Form {
            on: None,
            needs: &[
                ("host", "host \"hooks.example.com\""),
                ("text", "text \"The run has ended\""),
                AUTH,
            ],
            takes: &["summary"],
        },
        "submit" => Form {
            on: None,
            needs: &[("run", "run \"NAME\" file=\"SPEC.kdl\"")],
            takes: &["input", "bind"],
        },
        _ => Form {
            on: None,
            needs: &[("url", "url \"https://hooks.example.com/runs\""), AUTH],
            takes: &[],
        },
    }
}

pub(super) fn check(export: &Export, findings: &mut Findings) {
    let (kind, form) = (&export.kind, form(&export.kind.value));
    let given = settings(export);
    for (word, span) in &given {
        if !form.takes.contains(word) && !form.needs.iter().any(|(n, _)| n == word) {
            let message = format!("export `{}` takes no `{word}`", kind.value);
            findings.push(excluded(
                *span,
                message,
                kind.span,
                "an export of this kind",
            ));
        }
    }
    for (word, write) in form.needs {
        if !export.spoilt && !given.iter().any(|(w, _)| w == word) {
            let message = format!("export `{}` needs `{word}`", kind.value);
            findings.push(missing(kind.span, message, write));
        }
    }
    if let (Some(service), Some(on)) = (form.on, &export.on)
        && on.value != service
    {
        findings.push(
            Finding::new(
                Code::Conflict,
                on.span,
                format!(
                    "export `{}` is done on `{service}`, not on `{}`",
                    kind.value, on.value
                ),
            )
            .related(kind.span, "an export of this kind")
            .help(format!("write `on \"{service}\"`"))
            .fix(on.span, format!("\"{service}\"")),
        );
    }
    if kind.value == "notify" {
        one_host(export, findings);
    }
    export.binds.iter().for_each(|b| bind(b, findings));
    let Some(to) = export
        .to
        .as_ref()
        .filter(|_| form.needs.iter().any(|(n, _)| *n == "to"))
    else {
        return;
    };
    place(to, findings);
    if kind.value == "s3" {
        bucket(export, findings);
    }
}

fn settings(export: &Export) -> Vec<(&'static str, Span)> {
    let list = [
        ("on", export.on.as_ref().map(|v| v.span)),
        ("to", export.to.as_ref().map(|v| v.span)),
        ("repo", export.repo.as_ref().map(|v| v.span)),
        ("base", export.base.as_ref().map(|v| v.span)),
        ("branch", export.branch.as_ref().map(|v| v.span)),
        ("protect", export.protect.first().map(|v| v.span)),
        ("exclude", export.exclude.first().map(|v| v.span)),
        ("size", export.size.as_ref().map(|v| v.span)),
        ("files", export.files.as_ref().map(|v| v.span)),
        ("region", export.region.as_ref().map(|v| v.span)),
        ("url", export.url.as_ref().map(|v| v.span)),
        ("host", export.host.as_ref().map(|v| v.span)),
        ("text", export.text.as_ref().map(|v| v.span)),
        ("summary", export.summary),
        ("run", export.run.as_ref().map(|v| v.name.span)),
        ("input", export.inputs.first().map(|v| v.span)),
        ("bind", export.binds.first().map(|v| v.span)),
        ("auth", export.auth.as_ref().map(|v| v.span)),
    ];
    list.into_iter()
        .filter_map(|(word, span)| Some((word, span?)))
        .collect()
}

/// Whom a message goes to is one host: the address is held against it.
fn one_host(export: &Export, findings: &mut Findings) {
    if let Some(host) = &export.host
        && host.value.exact().is_none()
    {
        let message = format!("export `notify` goes to one host, not to `{}`", host.value);
        findings.push(
            Finding::new(Code::BadValue, host.span, message)
                .help("write the host of the address: `host \"hooks.example.com\"`"),
        );
    }
}

/// A bucket is part of what is reviewed and bounded, so no input gives it.
fn bucket(export: &Export, findings: &mut Findings) {
    let Some(to) = &export.to else { return };
    if let Some(input) = &to.input {
        findings.push(
            Finding::new(
                Code::Conflict,
                input.span,
                "export `s3` goes to a constant place, not to one that an input gives",
            )
            .related(export.kind.span, "an export of this kind")
            .help("write `to \"s3://BUCKET/PREFIX\"`"),
        );
    }
    if let Some(value) = &to.value
        && let Err(refusal) = S3Place::parse(&value.value)
    {
        findings.push(Finding::new(Code::BadValue, value.span, refusal.message).help(refusal.help));
    }
}
