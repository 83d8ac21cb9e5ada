//! Typed tools: one request each, every name declared, nothing missing where it is needed.

use super::{excluded, missing};
use crate::builtins::S3;
use crate::check::conflicts::run;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::shape::nearest;
use crate::span::{Span, Spanned};
use crate::spec::Server;
use crate::spec::service::{Argument, TypedTool, When};
use crate::values::template;
use pure_agent_runtime::template::fits_path;
use std::collections::BTreeSet;

pub(super) fn check(server: &Server, tool: &TypedTool, findings: &mut Findings) {
    if let Some(kind) = server.builtin.as_ref().filter(|b| b.value == S3) {
        return of_bucket(server, tool, kind.span, findings);
    }
    one_request(tool, findings);
    tool.arguments.iter().for_each(|a| argument(a, findings));
    let mut reported = BTreeSet::new();
    for (name, span, what) in named(tool) {
        match tool.argument(&name) {
            None => findings.push(undeclared(tool, &name, span, what)),
            Some(argument) => {
                if reported.insert((name, what == PATH)) {
                    needed(argument, span, what, findings);
                }
            }
        }
    }
    tool.whens.iter().for_each(|w| when(tool, w, findings));
}

/// The tool of a bucket has a name and says what it is for; what it does is not the spec's to say.
fn of_bucket(server: &Server, tool: &TypedTool, kind: Span, findings: &mut Findings) {
    let first = server.typed.first().map_or(tool.name.span, |t| t.name.span);
    if first != tool.name.span {
        let message = "builtin `s3` has one tool".to_owned();
        findings.push(excluded(tool.name.span, message, first, "the first"));
    }
    let given = [
        ("arg", tool.arguments.first().map(|a| a.value.name.span)),
        ("request", tool.requests.first().map(|r| r.path.span)),
        ("pick", tool.pick.as_ref().map(|p| p.span)),
        ("when", tool.whens.first().map(|w| w.span)),
    ];
    for (word, span) in given {
        if let Some(span) = span {
            let message = format!("a tool of builtin `s3` takes no `{word}`");
            findings.push(excluded(span, message, kind, "this builtin"));
        }
    }
}

const PATH: &str = "a path";

fn one_request(tool: &TypedTool, findings: &mut Findings) {
    let name = &tool.name.value;
    match tool.requests.as_slice() {
        [] if !tool.spoilt => findings.push(missing(
            tool.name.span,
            format!("tool `{name}` asks nothing"),
            "get \"/PATH\"",
        )),
        [first, others @ ..] => {
            for other in others {
                let message = format!("tool `{name}` has a second request");
                findings.push(excluded(
                    other.path.span,
                    message,
                    first.path.span,
                    "the first",
                ));
            }
        }
        [] => {}
    }
}

fn argument(argument: &Argument, findings: &mut Findings) {
    let (value, name) = (&argument.value, &argument.value.name.value);
    run::value("argument", value, findings);
    let Some(max) = &argument.max else {
        if let Some(min) = &argument.min {
            let message = format!("argument `{name}` has a `min` and needs a `max`");
            findings.push(missing(min.span, message, "max 100"));
        }
        return;
    };
    let texts = [
        ("size", value.size.as_ref().map(|s| s.span)),
        ("match", value.pattern.as_ref().map(|p| p.span)),
        ("one-of", value.one_of.first().map(|v| v.span)),
    ];
    for (word, span) in texts {
        if let Some(span) = span {
            let message = format!("argument `{name}` is a number and takes no `{word}`");
            findings.push(excluded(span, message, max.span, "a whole number"));
        }
    }
    let least = argument.min.as_ref().map_or(0, |m| m.value);
    if least > max.value {
        let message = format!(
            "no number of argument `{name}` is from {least} to {}",
            max.value
        );
        let place = argument.min.as_ref().map_or(value.name.span, |m| m.span);
        findings.push(excluded(max.span, message, place, "at least").help("write a larger `max`"));
    }
    if let Some(default) = &value.default {
        let number = default.value.parse::<i64>().ok();
        let fits = |n: i64| (least..=max.value).contains(&n) && n.to_string() == default.value;
        if !number.is_some_and(fits) {
            let message = format!(
                "default of argument `{name}` is no number from {least} to {}",
                max.value
            );
            findings.push(
                excluded(default.span, message, max.span, "at most").help("write one that is"),
            );
        }
    }
}

/// Every argument that a path, a pointer or a `when` names.
fn named(tool: &TypedTool) -> Vec<(String, Span, &'static str)> {
    let mut out = Vec::new();
    let mut paths: Vec<&Spanned<String>> = tool.requests.iter().map(|r| &r.path).collect();
    paths.extend(tool.whens.iter().filter_map(|w| w.path.as_ref()));
    for path in paths {
        let names = template::arguments(&path.value, false);
        out.extend(names.into_iter().map(|name| (name, path.span, PATH)));
    }
    if let Some(pick) = &tool.pick {
        let names = template::arguments(&pick.value, true);
        out.extend(names.into_iter().map(|name| (name, pick.span, "`pick`")));
    }
    let whens = tool.whens.iter().map(|w| &w.argument);
    out.extend(whens.map(|a| (a.value.clone(), a.span, "`when`")));
    out
}

fn undeclared(tool: &TypedTool, name: &str, span: Span, what: &str) -> Finding {
    let finding = Finding::new(
        Code::UnknownName,
        span,
        format!(
            "{what} of tool `{}` names argument `{name}`, which it does not have",
            tool.name.value
        ),
    )
    .related(tool.name.span, "this tool");
    let names = tool.arguments.iter().map(|a| a.value.name.value.as_str());
    match nearest(name, names) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!("declare it: `arg \"{name}\"`")),
    }
}

/// What decides where a request goes is always there, and can stand where it is put.
fn needed(argument: &Argument, span: Span, what: &str, findings: &mut Findings) {
    let (value, name) = (&argument.value, &argument.value.name.value);
    if value.default.is_none()
        && let Some(optional) = value.required.as_ref().filter(|r| !r.value)
    {
        let message = format!("argument `{name}` may be missing, but {what} needs it");
        findings.push(
            Finding::new(Code::InputMissing, span, message)
                .related(optional.span, "this argument may be left out")
                .help("remove `required #false`, or give the argument a `default`"),
        );
    }
    if what != PATH {
        return;
    }
    for value in value.one_of.iter().chain(&value.default) {
        if !fits_path(&value.value) {
            let message = format!("value of argument `{name}` can stand in no path");
            findings.push(
                excluded(value.span, message, span, "this path has it as a segment")
                    .help("write letters, digits, spaces and `-._~@:+,=`, no `..`"),
            );
        }
    }
}

fn when(tool: &TypedTool, when: &When, findings: &mut Findings) {
    if when.url.is_none() && when.path.is_none() && !when.spoilt {
        let message = "`when` leads nowhere else".to_owned();
        findings.push(missing(when.span, message, "path \"/PATH\""));
    }
    if let Some(first) = tool.whens.first()
        && first.argument.value != when.argument.value
    {
        let message = format!(
            "a second argument decides where tool `{}` asks",
            tool.name.value
        );
        findings.push(excluded(
            when.argument.span,
            message,
            first.argument.span,
            "the first",
        ));
        return;
    }
    let Some(argument) = tool.argument(&when.argument.value) else {
        return;
    };
    if argument
        .value
        .one_of
        .iter()
        .any(|v| v.value == when.is.value)
    {
        return;
    }
    let message = format!(
        "`{}` is no value of argument `{}`",
        when.is.value, when.argument.value
    );
    let finding = excluded(
        when.is.span,
        message,
        argument.value.name.span,
        "this argument",
    );
    findings.push(match argument.value.one_of.is_empty() {
        true => finding.help("list its values with `one-of`"),
        false => finding.help("write one of its `one-of`"),
    });
}

#[cfg(test)]
mod tests;
