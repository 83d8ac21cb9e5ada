//! Numbers for Prometheus. Labels are rule words and other words of this program: nothing of an agent, a model or a
//! person, and few.

use crate::body;
use crate::gateway::Gateway;
use crate::gateway::answer::Answer;
use crate::state::approval::Answer as Approved;
use crate::state::{Phase, State};
use hyper::StatusCode;
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

/// The whole page.
pub(super) fn answer(gateway: &Gateway) -> Answer {
    let counted = gateway.journal.counted();
    let page = gateway.journal.read(|state| page(state, counted));
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Answer::new(StatusCode::OK, kind, body::whole(page))
}

fn page(state: &State, counted: BTreeMap<String, u64>) -> String {
    let mut page = Page::default();
    requests(state, counted, &mut page);
    budget(state, &mut page);
    run(state, &mut page);
    page.0
}

fn requests(state: &State, counted: BTreeMap<String, u64>, page: &mut Page) {
    let mut denied = state.denials().rules().clone();
    for (rule, count) in counted {
        let sum = denied.entry(rule).or_default();
        *sum = sum.saturating_add(count);
    }
    page.one(
        "requests_allowed_total",
        "Requests let through.",
        state.requests().0,
    );
    page.many("requests_denied_total", "Requests refused.", "rule", denied);
}

fn budget(state: &State, page: &mut Page) {
    let budget = state.budget();
    let (input, output) = state.tokens();
    let (used, reserved) = (budget.used(), budget.reserved());
    page.one("turns_total", "Calls of a model.", used.turns);
    page.one(
        "tokens_total",
        "Tokens that count against the limit.",
        used.tokens,
    );
    let both = [("input", input), ("output", output)];
    page.many(
        "settled_tokens_total",
        "Tokens as models told them.",
        "direction",
        both,
    );
    page.one(
        "cost_micros_total",
        "Millionths of the currency.",
        used.micros,
    );
    page.one(
        "traffic_bytes_total",
        "Bytes to and from egress hosts.",
        used.traffic,
    );
    page.one("reservations", "Requests under way.", budget.open());
    let set_aside = [
        ("cost", reserved.micros),
        ("tokens", reserved.tokens),
        ("traffic", reserved.traffic),
        ("turns", reserved.turns),
    ];
    page.many(
        "reserved",
        "Set aside for requests under way.",
        "bound",
        set_aside,
    );
}

fn run(state: &State, page: &mut Page) {
    let cycles = state.cycles();
    let mut phases = BTreeMap::from([("claimed", 0_u64), ("contested", 0), ("sealed", 0)]);
    for cycle in cycles.latest().into_iter().flat_map(|latest| 0..=latest) {
        let phase = match cycles.phase(cycle) {
            Phase::Unclaimed => continue,
            Phase::Claimed => "claimed",
            Phase::Contested => "contested",
            Phase::Sealed => "sealed",
        };
        count(&mut phases, phase);
    }
    page.many("cycles", "Cycles by how far they are.", "phase", phases);
    let mut answers = BTreeMap::from([
        ("given", 0_u64),
        ("lapsed", 0),
        ("refused", 0),
        ("used", 0),
        ("waiting", 0),
    ]);
    for (_, answer) in state.approvals().all() {
        let word = match answer {
            Approved::Waiting => "waiting",
            Approved::Given => "given",
            Approved::Refused => "refused",
            Approved::Lapsed => "lapsed",
            Approved::Used => "used",
        };
        count(&mut answers, word);
    }
    page.many(
        "approvals",
        "Requests for approval by answer.",
        "answer",
        answers,
    );
    page.one("record_lines_total", "Lines of the record.", state.lines());
}

fn count(counts: &mut BTreeMap<&'static str, u64>, word: &'static str) {
    let sum = counts.entry(word).or_default();
    *sum = sum.saturating_add(1);
}

/// A page in Prometheus' text format.
#[derive(Default)]
struct Page(String);

impl Page {
    fn one(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, help);
        let _infallible = writeln!(self.0, "pure_agent_{name} {value}");
    }

    fn many<W: AsRef<str>, V: Display>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (W, V)>,
    ) {
        self.head(name, help);
        for (word, value) in values {
            let word = word.as_ref();
            let _infallible = writeln!(self.0, "pure_agent_{name}{{{label}=\"{word}\"}} {value}");
        }
    }

    fn head(&mut self, name: &str, help: &str) {
        let kind = match name.ends_with("_total") {
            true => "counter",
            false => "gauge",
        };
        let _infallible = writeln!(
            self.0,
            "# HELP pure_agent_{name} {help}\n# TYPE pure_agent_{name} {kind}"
        );
    }
}
