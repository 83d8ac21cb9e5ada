//! A run that an export submits: opened by the target, and given what it declares.

use crate::check::inputs::{fits, is_required};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::plan::defaults;
use crate::resolve::Unit;
use crate::shape::nearest;
use crate::span::Spanned;
use crate::spec::{Bind, Export, Input, Run, RunOf};

pub(super) fn check(unit: &Unit, export: &Export, findings: &mut Findings) {
    let Some(wish) = &export.run else { return };
    opened(unit, &wish.name, findings);
    let Some(run) = unit.others.get(&wish.file.span) else {
        return;
    };
    let bound = export.binds.iter().map(|bind| &bind.argument);
    for name in export.inputs.iter().chain(bound) {
        declared(run, name, findings);
    }
    for bind in &export.binds {
        if let Some(chosen) = export
            .inputs
            .iter()
            .find(|i| i.value == bind.argument.value)
        {
            twice(chosen, bind, findings);
        }
        if let (Some(input), Some(value)) = (input(run, &bind.argument.value), &bind.value) {
            constant(input, value, findings);
        }
    }
    required(export, wish, run, findings);
}

/// The target says which runs others may submit, and where the API server is.
fn opened(unit: &Unit, run: &Spanned<String>, findings: &mut Findings) {
    let target = &unit.target;
    let (name, text) = (&target.name.value, &run.value);
    let closed = |message: String| Finding::new(Code::RunClosed, run.span, message);
    if !target.submits.iter().any(|open| open.value == *text) {
        let message = format!("run `{text}` is not open to other runs in target `{name}`");
        return findings.push(
            closed(message)
                .label("no run may submit it")
                .related(target.name.span, "no `submit` of this target names it")
                .help(format!(
                    "ask whoever owns the target for `submit \"{text}\"`"
                )),
        );
    }
    if !target
        .api_servers
        .iter()
        .any(|(block, _)| block.value.is_single())
    {
        let message = format!("target `{name}` names no single address of the API server");
        findings.push(
            closed(message)
                .label("the gateway could not tell where it is")
                .related(
                    target.name.span,
                    "every `api-server` of this target is a block",
                )
                .help("write an `api-server` that ends with `/32` or `/128`"),
        );
    }
}

fn input<'r>(run: &'r Run, name: &str) -> Option<&'r Input> {
    run.inputs.iter().find(|input| input.name.value == name)
}

fn declared(run: &Run, name: &Spanned<String>, findings: &mut Findings) {
    if input(run, &name.value).is_some() {
        return;
    }
    let message = format!("run `{}` has no input `{}`", run.name.value, name.value);
    let finding = Finding::new(Code::UnknownName, name.span, message)
        .related(run.name.span, "the run that is submitted");
    let names = run.inputs.iter().map(|input| input.name.value.as_str());
    findings.push(match nearest(&name.value, names.clone()) {
        Some(near) => finding
            .help(format!("did you mean `{near}`?"))
            .fix(name.span, format!("\"{near}\"")),
        None => {
            let list: Vec<String> = names.take(8).map(|name| format!("`{name}`")).collect();
            match list.is_empty() {
                true => finding.help("it takes none: remove it"),
                false => finding.help(format!("it has {}", list.join(", "))),
            }
        }
    });
}

fn twice(chosen: &Spanned<String>, bind: &Bind, findings: &mut Findings) {
    let message = format!(
        "input `{}` is both chosen by the agent and bound",
        chosen.value
    );
    findings.push(
        Finding::new(Code::Conflict, bind.argument.span, message)
            .related(chosen.span, "the agent chooses it")
            .help("keep one of the two"),
    );
}

/// A constant is what that run declares. What an input of this run gives is judged when it is submitted.
fn constant(input: &Input, value: &Spanned<String>, findings: &mut Findings) {
    let name = &input.name.value;
    let size = input.size.as_ref();
    let most = size.map_or(defaults::INPUT_SIZE, |size| size.value.bytes());
    let pattern = input.pattern.as_ref();
    let (bound, why) = if value.value.len() as u64 > most {
        let at = size.map_or(input.name.span, |size| size.span);
        (at, format!("it may have {most} bytes"))
    } else if let (Some(first), false) = (
        input.one_of.first(),
        input.one_of.iter().any(|one| one.value == value.value),
    ) {
        let list: Vec<String> = input
            .one_of
            .iter()
            .map(|one| format!("`{}`", one.value))
            .collect();
        (first.span, format!("it is one of {}", list.join(", ")))
    } else if let Some(pattern) = pattern.filter(|p| !fits(&p.value, &value.value)) {
        (
            pattern.span,
            format!("all of it matches `{}`", pattern.value),
        )
    } else {
        return;
    };
    let message = format!("the submitted run does not take this value as its input `{name}`");
    findings.push(
        Finding::new(Code::BadValue, value.span, message)
            .related(bound, why)
            .help("write a value that it takes"),
    );
}

fn required(export: &Export, wish: &RunOf, run: &Run, findings: &mut Findings) {
    let given = |name: &str| {
        let bound = export.binds.iter().any(|bind| bind.argument.value == name);
        bound || export.inputs.iter().any(|input| input.value == name)
    };
    let lacking = run.inputs.iter().filter(|input| is_required(input));
    for input in lacking.filter(|input| !given(&input.name.value) && !export.spoilt) {
        let name = &input.name.value;
        let message = format!("run `{}` needs its input `{name}`", run.name.value);
        findings.push(
            Finding::new(Code::MissingNode, wish.name.span, message)
                .related(input.name.span, "declared here, without a default")
                .help(format!(
                    "write `input \"{name}\"`, which the agent chooses, or `bind \"{name}\" input=\"INPUT\"`"
                )),
        );
    }
}

#[cfg(test)]
mod tests;
