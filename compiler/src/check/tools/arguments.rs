//! Bound arguments: the tool must have them.

use super::{called, similar};
use crate::builtins::Known;
use crate::check::inputs::fits;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::plan::defaults;
use crate::reach::{Granted, Holder};
use crate::span::Spanned;
use crate::spec::service::Argument;

pub(super) fn check(findings: &mut Findings, granted: &Granted<'_>, tool: &Known<'_>) {
    lacking(findings, granted, tool);
    for bind in &granted.grant.binds {
        let argument = &bind.argument;
        if tool.arguments.contains(&argument.value.as_str()) {
            let typed = tool.typed.and_then(|t| t.argument(&argument.value));
            if let (Some(typed), Some(value)) = (typed, &bind.value) {
                constant(findings, typed, value);
            }
            continue;
        }
        let finding = Finding::new(
            Code::ArgumentUnknown,
            argument.span,
            format!(
                "tool `{}` of {} has no argument `{}`",
                tool.name,
                called(granted.server),
                argument.value
            ),
        )
        .related(granted.grant.tool.span, "this tool");
        findings.push(
            match similar(&argument.value, tool.arguments.iter().copied()) {
                Some(near) => finding
                    .help(format!("did you mean `{near}`?"))
                    .fix(argument.span, format!("\"{near}\"")),
                None => {
                    let names: Vec<String> =
                        tool.arguments.iter().map(|a| format!("`{a}`")).collect();
                    finding.help(format!("it has {}", names.join(", ")))
                }
            },
        );
    }
}

/// What an agent does not say a call has to, and a call has nobody else to say it.
fn lacking(findings: &mut Findings, granted: &Granted<'_>, tool: &Known<'_>) {
    let (Holder::Step(step), Some(typed)) = (granted.holder, tool.typed) else {
        return;
    };
    for argument in &typed.arguments {
        let declared = &argument.value;
        let name = &declared.name.value;
        let optional =
            declared.default.is_some() || declared.required.as_ref().is_some_and(|r| !r.value);
        let given = granted
            .grant
            .binds
            .iter()
            .any(|b| b.argument.value == *name);
        if optional || given || step.spoilt {
            continue;
        }
        let message = format!("call of tool `{}` lacks its argument `{name}`", tool.name);
        findings.push(
            Finding::new(Code::MissingNode, granted.grant.tool.span, message)
                .related(declared.name.span, "this argument is required")
                .help(format!("write `argument \"{name}\" value=\"VALUE\"`")),
        );
    }
}

/// A constant is a value that the argument can have; the gateway would refuse every call with another one.
fn constant(findings: &mut Findings, argument: &Argument, value: &Spanned<String>) {
    let (declared, text) = (&argument.value, &value.value);
    let most = declared
        .size
        .as_ref()
        .map_or(defaults::INPUT_SIZE, |s| s.value.bytes());
    let number = |max: i64| {
        let least = argument.min.as_ref().map_or(0, |m| m.value);
        let read = text.parse::<i64>().ok().filter(|n| n.to_string() == *text);
        read.is_some_and(|n| (least..=max).contains(&n))
    };
    let listed = &declared.one_of;
    let does = text.len() as u64 <= most
        && (listed.is_empty() || listed.iter().any(|v| v.value == *text))
        && declared
            .pattern
            .as_ref()
            .is_none_or(|p| fits(&p.value, text))
        && argument.max.as_ref().is_none_or(|max| number(max.value));
    if does {
        return;
    }
    let name = &declared.name;
    findings.push(
        Finding::new(
            Code::Conflict,
            value.span,
            format!("`{text}` is no value of argument `{}`", name.value),
        )
        .related(name.span, "this argument")
        .help("write one that the argument can have"),
    );
}
