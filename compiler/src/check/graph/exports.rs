//! Exports that are due by a step, and the steps that they are due by.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::plan::export_names;
use crate::span::Spanned;
use crate::spec::graph::Work;
use crate::spec::{Export, Run};
use pure_agent_runtime::contract::ExportWhen;

pub(super) fn check(run: &Run, findings: &mut Findings) {
    let names = export_names(&run.exports);
    let steps = run.graph.iter().flat_map(|graph| &graph.steps);
    let named: Vec<&Spanned<String>> = steps
        .filter_map(|step| match step.work()? {
            Work::Export { export } => Some(export),
            Work::Agent { .. } | Work::Call(_) | Work::Approval { .. } => None,
        })
        .collect();
    for name in &named {
        let at = names.iter().position(|known| *known == name.value);
        match at.and_then(|at| run.exports.get(at)) {
            None => findings.push(unknown(name, &names)),
            Some(export) if export.when != ExportWhen::Step => {
                findings.push(not_due(name, export));
            }
            Some(_) => {}
        }
    }
    for (export, name) in run.exports.iter().zip(&names) {
        let due = export.when == ExportWhen::Step;
        if due && !run.spoilt && !named.iter().any(|n| n.value == *name) {
            findings.push(
                Finding::new(
                    Code::Conflict,
                    export.kind.span,
                    format!("export `{name}` is never due: no step names it"),
                )
                .help(format!(
                    "write `export \"{name}\"` in a step of `graph`, or `always` or `offer` instead of `step`"
                )),
            );
        }
    }
}

fn unknown(name: &Spanned<String>, names: &[String]) -> Finding {
    let finding = Finding::new(
        Code::UnknownName,
        name.span,
        format!("no export is called `{}`", name.value),
    );
    match names {
        [] => finding.help(format!(
            "declare it in `export`: `step \"{}\" {{ … }}`",
            name.value
        )),
        some => {
            let list: Vec<_> = some.iter().map(|n| format!("`{n}`")).collect();
            finding.help(format!("the run has {}", list.join(", ")))
        }
    }
}

fn not_due(name: &Spanned<String>, export: &Export) -> Finding {
    let word = match export.when {
        ExportWhen::Always => "always",
        ExportWhen::Offer | ExportWhen::Step => "offer",
    };
    Finding::new(
        Code::Conflict,
        name.span,
        format!("export `{}` does not wait for a step", name.value),
    )
    .related(export.kind.span, format!("it is declared with `{word}`"))
    .help(format!("write `step` there instead of `{word}`"))
}
