//! The run: its inputs, how it ends, what stays, when it starts.

use super::place;
use crate::check::inputs::fits;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::plan::defaults;
use crate::spec::{Input, Run, Schedule, Workspace};
use crate::values::cron::Cron;

pub(super) fn check(run: &Run, findings: &mut Findings) {
    run.inputs.iter().for_each(|i| value("input", i, findings));
    if let Some(session) = &run.record.session {
        place(&session.to, findings);
    }
    if let (Some(require), Some(reminders)) = (&run.finish.require, &run.finish.reminders)
        && require.value == "nothing"
        && reminders.value > 0
    {
        findings.push(
            Finding::new(
                Code::Conflict,
                reminders.span,
                "a run that requires nothing has nothing to remind of",
            )
            .related(require.span, "nothing is required")
            .help("remove it, or write `require \"submission\"`"),
        );
    }
    run.workspace.iter().for_each(|w| keep(w, findings));
    run.schedule.iter().for_each(|s| schedule(s, findings));
}

fn keep(workspace: &Workspace, findings: &mut Findings) {
    if let (Some(keep), Some(time)) = (&workspace.keep, &workspace.keep_for)
        && keep.value == "never"
    {
        findings.push(
            Finding::new(
                Code::Conflict,
                time.span,
                "`keep \"never\"` takes no `for`: nothing stays",
            )
            .related(keep.span, "nothing stays")
            .help("remove it, or write `keep \"on-failure\"`"),
        );
    }
}

fn schedule(schedule: &Schedule, findings: &mut Findings) {
    let Ok(cron) = Cron::parse(&schedule.cron.value) else {
        return;
    };
    let Some(late) = &schedule.catch_up else {
        return;
    };
    let interval = u64::from(cron.min_interval_minutes()) * 60;
    if late.value.seconds() >= interval {
        findings.push(
            Finding::new(
                Code::Conflict,
                late.span,
                format!("a start {} late would fall on the next one", late.value),
            )
            .related(
                schedule.cron.span,
                format!("starts are {} min apart", interval / 60),
            )
            .help("write a shorter time"),
        );
    }
}

/// What an input, or the argument of a typed tool, may be.
pub(super) fn value(word: &str, input: &Input, findings: &mut Findings) {
    let name = &input.name.value;
    if let (Some(pattern), Some(first)) = (&input.pattern, input.one_of.first()) {
        findings.push(
            Finding::new(
                Code::Conflict,
                pattern.span,
                format!("{word} `{name}` has both `match` and `one-of`"),
            )
            .related(first.span, "the values are listed here")
            .help("keep one of the two"),
        );
    }
    if let (Some(required), Some(default)) = (&input.required, &input.default)
        && required.value
    {
        findings.push(
            Finding::new(
                Code::Conflict,
                required.span,
                format!("{word} `{name}` is required although it has a default"),
            )
            .related(default.span, "taken where none is handed in")
            .help("remove one of the two"),
        );
    }
    let most = input
        .size
        .as_ref()
        .map_or(defaults::INPUT_SIZE, |s| s.value.bytes());
    for one in input.one_of.iter().chain(&input.default) {
        let bytes = one.value.len() as u64;
        if bytes > most {
            let finding = Finding::new(
                Code::Conflict,
                one.span,
                format!("value of {word} `{name}` has {bytes} bytes, more than its size {most}"),
            );
            let place = input.size.as_ref().map_or(input.name.span, |s| s.span);
            findings.push(
                finding
                    .related(place, format!("the size of the {word}"))
                    .help("shorten it, or raise `size`"),
            );
        }
    }
    default(word, input, findings);
}

fn default(word: &str, input: &Input, findings: &mut Findings) {
    let (Some(default), name) = (&input.default, &input.name.value) else {
        return;
    };
    if let Some(first) = input.one_of.first()
        && !input.one_of.iter().any(|v| v.value == default.value)
    {
        findings.push(
            Finding::new(
                Code::Conflict,
                default.span,
                format!("default of {word} `{name}` is none of its `one-of`"),
            )
            .related(first.span, "the values are listed here")
            .help(format!("write one of them: `default \"{}\"`", first.value)),
        );
    }
    if let Some(pattern) = &input.pattern
        && !fits(&pattern.value, &default.value)
    {
        findings.push(
            Finding::new(
                Code::Conflict,
                default.span,
                format!("default of {word} `{name}` does not match its `match`"),
            )
            .related(pattern.span, "the whole value has to match")
            .help("write a default that matches"),
        );
    }
}
