//! The steps of a run, and what follows each of their outcomes.

use super::Input;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most steps of a graph.
pub const MOST_STEPS: u32 = 32;

/// The outcome of work that was done: of a call, of an export, and of an agent that has no choice of words.
pub const OK: &str = "ok";
/// The outcome of an agent or a call that came to nothing.
pub const FAILED: &str = "failed";
/// The outcome of an approval that was given.
pub const APPROVED: &str = "approved";
/// The outcome of an approval that was refused.
pub const REJECTED: &str = "rejected";
/// The outcome of an approval that nobody answered in time.
pub const EXPIRED: &str = "expired";

/// The steps of a run. The number of a step is its place in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// As they are written: the run begins with the first. At most [`MOST_STEPS`].
    pub steps: Vec<GraphStep>,
}

impl Graph {
    /// The number of a step.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        let place = self.steps.iter().position(|step| step.name == name)?;
        u32::try_from(place).ok()
    }
}

/// One step of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphStep {
    /// Its name.
    pub name: String,
    /// What is done.
    pub work: Work,
    /// What follows, by outcome. For an agent: `failed`, and either `ok` or two or more words of which it chooses one;
    /// for a call: `ok` and `failed`; for an approval: `approved`, `rejected` and `expired`; for an export: `ok`.
    pub on: BTreeMap<String, Edge>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Work {
    /// An agent works.
    Agent {
        /// Its name.
        agent: String,
        /// What it must answer when it submits, sorted by name.
        answers: Vec<Input>,
    },
    /// The gateway calls a tool.
    Call {
        /// Server name.
        server: String,
        /// Tool name, exact.
        tool: String,
        /// Whether a call changes the outside world.
        effect: bool,
        /// All of its arguments.
        arguments: BTreeMap<String, Given>,
        /// Seconds that are waited before the call.
        after: u64,
    },
    /// A person decides on the call of another step, with exactly the arguments that it would have now. A call that a
    /// step asks about is made with arguments that were agreed to, and with no others.
    Approval {
        /// The approval that asks.
        approval: String,
        /// The step whose call it is about.
        of: String,
    },
    /// An export becomes due: it happens once, at the end of the run.
    Export {
        /// Name of the export; its [`super::ExportWhen`] is `Step`.
        export: String,
    },
}

/// Where an argument of a call comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Given {
    /// An input of the run.
    Input(String),
    /// A constant of the spec.
    Value(String),
    /// What an agent answered when it last submitted in its step.
    Answer {
        /// The step.
        step: String,
        /// Name of the answer.
        field: String,
    },
}

/// What follows an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// Where the run goes.
    pub to: Goal,
    /// How often it does so; none: the edge closes no circle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<Most>,
}

/// The bound of an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Most {
    /// Times at most in a run.
    pub times: u32,
    /// Where the run goes after that.
    pub then: Goal,
}

/// Where a run goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Goal {
    /// To a step.
    Step(String),
    /// To its end, with success.
    End,
    /// To its end, as failed.
    Fail,
}

/// One number for a visit of a step, which is all that Argo carries of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Visit {
    /// Number of the step; 0 in a run without a graph.
    pub step: u32,
    /// Cycle of the run, counted over all steps; at most [`Visit::LAST_CYCLE`].
    pub cycle: u32,
}

impl Visit {
    /// The last cycle that a number has room for.
    pub const LAST_CYCLE: u32 = 99;

    /// The visit that a number stands for; none beyond the last step.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        let (step, cycle) = (number / 100, number % 100);
        (step < MOST_STEPS).then_some(Self { step, cycle })
    }

    /// Its number; none where one of its parts has no room.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        let fits = self.step < MOST_STEPS && self.cycle <= Self::LAST_CYCLE;
        fits.then_some(self.step * 100 + self.cycle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = r#"{"steps":[{"name":"detect","on":{"failed":{"to":"fail"},"fault":{"to":{"step":"restart"}},"healthy":{"to":"end"}},"work":{"agent":"triage","answers":[],"work":"agent"}},{"name":"ask","on":{"approved":{"to":{"step":"restart"}},"expired":{"to":"fail"},"rejected":{"to":"fail"}},"work":{"approval":"operator","of":"restart","work":"approval"}},{"name":"restart","on":{"failed":{"most":{"then":"fail","times":2},"to":{"step":"detect"}},"ok":{"to":{"step":"told"}}},"work":{"after":30,"arguments":{"a":{"input":"service"},"b":{"value":"now"},"c":{"answer":{"field":"pods","step":"detect"}}},"effect":true,"server":"cluster","tool":"restart","work":"call"}},{"name":"told","on":{"ok":{"to":"end"}},"work":{"export":"webhook","work":"export"}}]}"#;

    #[test]
    fn what_is_written_is_what_was_read() {
        let graph: Graph = serde_json::from_str(WRITTEN).unwrap();
        assert_eq!(graph.number("restart"), Some(2));
        assert_eq!(graph.number("end"), None);
        let again = serde_json::to_value(&graph).unwrap();
        assert_eq!(again.to_string(), WRITTEN);
    }

    #[test]
    fn what_is_not_known_is_not_read() {
        for (known, unknown) in [
            ("\"after\":30", "\"before\":30"),
            ("\"to\":\"end\"", "\"to\":\"end\",\"max\":3"),
            ("\"to\":\"end\"", "\"to\":\"stop\""),
            ("\"work\":\"export\"", "\"work\":\"each\""),
            ("\"input\":\"service\"", "\"output\":\"service\""),
            ("\"then\":\"fail\",", ""),
        ] {
            let changed = WRITTEN.replacen(known, unknown, 1);
            assert_ne!(changed, WRITTEN, "{known}");
            assert!(
                serde_json::from_str::<Graph>(&changed).is_err(),
                "{unknown}"
            );
        }
    }

    #[test]
    fn a_visit_and_its_number_are_one() {
        for number in 0..MOST_STEPS * 100 {
            assert_eq!(Visit::of(number).and_then(Visit::number), Some(number));
        }
        assert_eq!(Visit::of(MOST_STEPS * 100), None);
        let cycle = Visit::LAST_CYCLE + 1;
        assert_eq!(Visit { step: 0, cycle }.number(), None);
        let step = MOST_STEPS;
        assert_eq!(Visit { step, cycle: 0 }.number(), None);
    }
}
