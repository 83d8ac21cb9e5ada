//! Bound arguments: the tool must have them.

use super::{called, similar};
use crate::builtins::Known;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::Granted;

pub(super) fn check(findings: &mut Findings, granted: &Granted<'_>, tool: &Known<'_>) {
    for bind in &granted.grant.binds {
        let argument = &bind.argument;
        if tool.arguments.contains(&argument.value.as_str()) {
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
