//! The run itself: inputs, limits, finish, workspace, record, retry, schedule, triggers.

use super::{agents, bytes, count, number, sorted, text, texts};
use crate::plan::{
    Handed, HandedForm, Keep, Overlap, SchedulePlan, TriggerPlan, WorkspacePlan, defaults,
};
use crate::span::Spanned;
use crate::spec;
use crate::spec::trigger::{self, Trigger};
use crate::values::cron::Cron;
use crate::values::duration::Duration;
use crate::values::money::Money as Amount;
use pure_agent_runtime::contract::{
    Bound, Finish, Input, Money, Record, Retry, RunLimits, Session, Transcripts,
};
use std::collections::BTreeMap;

pub(super) fn pairs(pairs: &[(Spanned<String>, Spanned<String>)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| (key.value.clone(), value.value.clone()))
        .collect()
}

pub(super) fn money(amount: &Amount) -> Money {
    Money {
        micros: amount.micros(),
        currency: amount.currency().to_owned(),
    }
}

fn seconds(value: Option<&Spanned<Duration>>, default: u64) -> u64 {
    value.map_or(default, |d| d.value.seconds())
}

pub(super) fn inputs(run: &spec::Run) -> Vec<Input> {
    let mut inputs: Vec<Input> = run.inputs.iter().map(input).collect();
    inputs.sort_by(|a, b| a.name.cmp(&b.name));
    inputs
}

pub(super) fn input(input: &spec::Input) -> Input {
    let default = text(input.default.as_ref());
    Input {
        name: input.name.value.clone(),
        required: input
            .required
            .as_ref()
            .map_or(default.is_none(), |r| r.value),
        size: bytes(input.size.as_ref(), defaults::INPUT_SIZE),
        pattern: text(input.pattern.as_ref()),
        one_of: sorted(texts(&input.one_of)),
        default,
    }
}

/// A bound that the author left out, though it must be written, is the least one.
pub(super) fn limits(limits: Option<&spec::RunLimits>) -> RunLimits {
    let least = 1;
    let deadline = seconds(limits.and_then(|l| l.deadline.as_ref()), least);
    RunLimits {
        depth: count(limits.and_then(|l| l.depth.as_ref()), defaults::DEPTH),
        deadline,
        cycle: seconds(limits.and_then(|l| l.cycle.as_ref()), deadline),
        export: seconds(
            limits.and_then(|l| l.export.as_ref()),
            defaults::EXPORT_TIME,
        ),
        turns: number(limits.and_then(|l| l.turns.as_ref())).unwrap_or(least),
        tokens: number(limits.and_then(|l| l.tokens.as_ref())).unwrap_or(least),
        cost: limits
            .and_then(|l| l.cost.as_ref())
            .map(|c| money(&c.value)),
        traffic: bytes(limits.and_then(|l| l.traffic.as_ref()), defaults::TRAFFIC),
        concurrency: count(
            limits.and_then(|l| l.concurrency.as_ref()),
            defaults::CONCURRENCY,
        ),
    }
}

pub(super) fn finish(finish: &spec::Finish) -> Finish {
    Finish {
        submission: finish
            .require
            .as_ref()
            .map_or(defaults::SUBMISSION, |word| word.value == "submission"),
        reminders: count(finish.reminders.as_ref(), defaults::REMINDERS),
    }
}

pub(super) fn workspace(workspace: Option<&spec::Workspace>) -> WorkspacePlan {
    let keep = workspace
        .and_then(|w| w.keep.as_ref())
        .map(|k| k.value.as_str());
    WorkspacePlan {
        size: bytes(workspace.and_then(|w| w.size.as_ref()), defaults::WORKSPACE),
        keep: match keep {
            Some("always") => Keep::Always,
            Some("on-failure") => Keep::OnFailure,
            Some("never") => Keep::Never,
            _ => defaults::KEEP,
        },
        keep_for: seconds(
            workspace.and_then(|w| w.keep_for.as_ref()),
            defaults::KEEP_FOR,
        ),
    }
}

/// Where something goes; nowhere, if neither an input nor a constant says so.
pub(super) fn place(place: Option<&spec::Place>) -> Bound {
    place
        .and_then(|p| agents::bound(p.input.as_ref(), p.value.as_ref()))
        .unwrap_or(Bound::Value(String::new()))
}

pub(super) fn record(record: &spec::Record) -> Record {
    Record {
        transcripts: record.transcripts.as_ref().map(|t| Transcripts {
            to: t.to.value.clone(),
            region: t.region.value.clone(),
            auth: t.auth.value.clone(),
        }),
        usage: record.usage,
        session: record.session.as_ref().map(|s| Session {
            on: s.on.value.clone(),
            to: place(Some(&s.to)),
            auth: s.auth.value.clone(),
        }),
    }
}

pub(super) fn retry(retry: Option<&spec::Retry>) -> Retry {
    retry.map_or_else(Retry::default, |r| Retry {
        infrastructure: count(Some(&r.times), 0),
        backoff: seconds(r.backoff.as_ref(), defaults::BACKOFF),
    })
}

pub(super) fn schedule(schedule: &spec::Schedule) -> SchedulePlan {
    let cron = Cron::parse(&schedule.cron.value).ok();
    SchedulePlan {
        per_day: cron.as_ref().map_or(u32::MAX, Cron::runs_per_day),
        cron: cron.map_or_else(|| schedule.cron.value.clone(), |c| c.as_str().to_owned()),
        timezone: text(schedule.timezone.as_ref()).unwrap_or_else(|| "UTC".to_owned()),
        overlap: match schedule.overlap.as_ref().map(|o| o.value.as_str()) {
            Some("forbid") => Overlap::Forbid,
            Some("allow") => Overlap::Allow,
            Some("replace") => Overlap::Replace,
            _ => defaults::OVERLAP,
        },
        catch_up: seconds(schedule.catch_up.as_ref(), defaults::CATCH_UP),
    }
}

pub(super) fn triggers(triggers: &[Trigger]) -> Vec<TriggerPlan> {
    let mut out: Vec<TriggerPlan> = triggers
        .iter()
        .map(|trigger| TriggerPlan {
            event: trigger.event.value.clone(),
            inputs: handed(&trigger.inputs),
        })
        .collect();
    out.sort_by(|a, b| a.event.cmp(&b.event));
    out
}

fn handed(inputs: &[trigger::Handed]) -> Vec<Handed> {
    let mut out: Vec<Handed> = inputs
        .iter()
        .filter_map(|one| {
            let (place, form) = match (&one.text, &one.json) {
                (Some(text), _) => (text, HandedForm::Text),
                (None, Some(json)) => (json, HandedForm::Json),
                (None, None) => return None,
            };
            Some(Handed {
                input: one.input.value.clone(),
                place: place.value.clone(),
                form,
            })
        })
        .collect();
    out.sort_by(|a, b| a.input.cmp(&b.input));
    out
}
