use super::super::decide::{Exhausted, Known, Limits, Reason, Submission, SubmissionKind};
use super::super::told::{Arguments, Told};
use super::{Decision, Stand, decide, word};
use crate::contract::{Contract, Goal, Graph, GraphStep, Work};
use crate::digest::sha256;
use crate::graph::{self, tests, verdicts};
use crate::record::Event;
use crate::record::event::{self, Next, StepEnded};
use crate::record::tests::opened;
use crate::state::State;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn limits(contract: &Contract) -> Limits {
    Limits::of(contract)
}

fn told(cycle: u32, pod: (&str, &str, &str)) -> Told {
    let (phase, exit, reason) = pod;
    let told = Arguments {
        cycle: cycle.to_string(),
        phase: phase.to_owned(),
        exit_code: exit.to_owned(),
        pod_reason: reason.to_owned(),
        ..Arguments::default()
    };
    Told::read(&told).unwrap()
}

const FINE: (&str, &str, &str) = ("Succeeded", "0", "");
const GONE: (&str, &str, &str) = ("Failed", "", "Evicted");
const BROKE: (&str, &str, &str) = ("Failed", "1", "");

fn known(step: u32, outcome: Option<&str>, taken: &[(&str, u32)]) -> Known {
    Known {
        cycle: 4,
        depth: 4,
        claimed: true,
        exhausted: None,
        submission: None,
        reminders: 0,
        retries: 0,
        stand: Some(Stand {
            step,
            outcome: outcome.map(str::to_owned),
            taken: taken
                .iter()
                .map(|(word, times)| ((*word).to_owned(), *times))
                .collect(),
            owes: matches!(step, 0 | 1),
        }),
    }
}

fn submitted(known: Known) -> Known {
    let submission = Submission {
        kind: SubmissionKind::Terminal,
        digest: "5".repeat(64),
    };
    Known {
        submission: Some(submission),
        ..known
    }
}

/// One line for each case of the table, in its order.
#[test]
fn the_table() {
    use Next::{Continue as Go, Retry, Stop};
    use Reason as R;
    let contract = tests::contract(&tests::stepped());
    let graph = contract.graph.as_ref().unwrap();
    let spent = Known {
        exhausted: Some(Exhausted::Tokens),
        ..submitted(known(0, Some("fault"), &[]))
    };
    let last = Known {
        depth: 11,
        cycle: 11,
        ..submitted(known(0, Some("fault"), &[]))
    };
    let last_end = Known {
        depth: 11,
        cycle: 11,
        ..submitted(known(0, Some("healthy"), &[]))
    };
    let reminded = Known {
        reminders: 1,
        ..known(0, None, &[])
    };
    let retried = Known {
        retries: 1,
        ..known(0, None, &[])
    };
    let both = Known {
        reminders: 1,
        ..retried.clone()
    };
    let rows = [
        ("budget", 0, Some(FINE), spent, Stop, R::Budget, "stop"),
        (
            "a word",
            0,
            Some(FINE),
            submitted(known(0, Some("fault"), &[])),
            Go,
            R::Step,
            "105",
        ),
        (
            "a word of a pod that broke",
            0,
            Some(BROKE),
            submitted(known(0, Some("fault"), &[])),
            Go,
            R::Step,
            "105",
        ),
        (
            "the end",
            0,
            Some(FINE),
            submitted(known(0, Some("healthy"), &[])),
            Stop,
            R::End,
            "stop",
        ),
        ("too deep", 0, Some(FINE), last, Stop, R::Depth, "stop"),
        (
            "the end at the depth",
            0,
            Some(FINE),
            last_end,
            Stop,
            R::End,
            "stop",
        ),
        (
            "lost",
            0,
            Some(GONE),
            known(0, None, &[]),
            Retry,
            R::Infrastructure,
            "5",
        ),
        (
            "silent",
            0,
            Some(FINE),
            known(0, None, &[]),
            Go,
            R::Reminder,
            "5",
        ),
        (
            "lost again, so silent",
            0,
            Some(GONE),
            retried,
            Go,
            R::Reminder,
            "5",
        ),
        (
            "silent again",
            0,
            Some(FINE),
            reminded,
            Stop,
            R::Fail,
            "stop",
        ),
        (
            "lost and silent again",
            0,
            Some(GONE),
            both,
            Stop,
            R::Fail,
            "stop",
        ),
        (
            "approved",
            2,
            None,
            known(2, Some("approved"), &[]),
            Go,
            R::Step,
            "305",
        ),
        (
            "expired",
            2,
            None,
            known(2, Some("expired"), &[("approved", 1)]),
            Go,
            R::Step,
            "405",
        ),
        (
            "a call",
            3,
            None,
            known(3, Some("ok"), &[]),
            Go,
            R::Step,
            "405",
        ),
        (
            "it failed",
            3,
            None,
            known(3, Some("failed"), &[]),
            Go,
            R::Step,
            "105",
        ),
        (
            "once more",
            3,
            None,
            known(3, Some("failed"), &[("failed", 1)]),
            Go,
            R::Step,
            "105",
        ),
        (
            "too often",
            3,
            None,
            known(3, Some("failed"), &[("failed", 2)]),
            Stop,
            R::Fail,
            "stop",
        ),
        (
            "an export",
            4,
            None,
            known(4, Some("ok"), &[]),
            Stop,
            R::End,
            "stop",
        ),
        // What cannot be.
        (
            "another step",
            1,
            Some(FINE),
            submitted(known(0, Some("fault"), &[])),
            Stop,
            R::Error,
            "stop",
        ),
        (
            "no step",
            7,
            Some(FINE),
            known(7, None, &[]),
            Stop,
            R::Error,
            "stop",
        ),
        (
            "nothing known",
            0,
            Some(FINE),
            Known {
                stand: None,
                ..known(0, None, &[])
            },
            Stop,
            R::Error,
            "stop",
        ),
        (
            "no such outcome",
            0,
            Some(FINE),
            submitted(known(0, Some("approved"), &[])),
            Stop,
            R::Error,
            "stop",
        ),
        (
            "a word without a submission",
            0,
            Some(FINE),
            known(0, Some("fault"), &[]),
            Stop,
            R::Error,
            "stop",
        ),
        (
            "a count of no outcome",
            3,
            None,
            known(3, Some("ok"), &[("fault", 1)]),
            Stop,
            R::Error,
            "stop",
        ),
        (
            "more than there were",
            3,
            None,
            known(3, Some("ok"), &[("failed", 9)]),
            Stop,
            R::Error,
            "stop",
        ),
        (
            "work that was not done",
            3,
            None,
            known(3, None, &[]),
            Stop,
            R::Error,
            "stop",
        ),
        (
            "an agent without a pod",
            0,
            None,
            known(0, None, &[]),
            Stop,
            R::Error,
            "stop",
        ),
    ];
    for (name, step, pod, known, next, reason, argo) in rows {
        let cycle = known.cycle;
        let told = pod.map(|pod| told(cycle, pod));
        let decision = decide(
            graph,
            &limits(&contract),
            (step, cycle, told.as_ref()),
            &known,
        );
        let found = (decision.decision, decision.reason, word(graph, &decision));
        assert_eq!(
            found,
            (next, reason, argo.to_owned()),
            "{name}: {decision:?}"
        );
    }
}

/// An open network stops the run, for another try would find the same.
#[test]
fn no_step_follows_an_open_network() {
    let contract = tests::contract(&tests::stepped());
    let graph = contract.graph.as_ref().unwrap();
    let open = Told {
        open: true,
        ..told(4, BROKE)
    };
    let decision = decide(
        graph,
        &limits(&contract),
        (0, 4, Some(&open)),
        &known(0, None, &[]),
    );
    assert_eq!(
        (decision.decision, decision.reason),
        (Next::Stop, Reason::Gate)
    );
}

/// What happens in one visit.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// The word of this number comes of it; an agent submits it.
    Say(usize),
    /// An agent ends and has said nothing.
    Silent,
    /// Its pod is lost.
    Lost,
    /// It breaks.
    Breaks,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        4 => (0usize..6).prop_map(Deed::Say),
        1 => Just(Deed::Silent), 1 => Just(Deed::Lost), 1 => Just(Deed::Breaks),
    ];
    prop::collection::vec(deed, 70)
}

/// A step: its kind, and for each outcome where it leads, how often, and where then.
type Shape = (u8, Vec<(usize, Option<(u32, usize)>)>);

fn graphs() -> impl Strategy<Value = Vec<Shape>> {
    let edge = (0usize..9, prop::option::of((1u32..4, 0usize..9)));
    prop::collection::vec((0u8..5, prop::collection::vec(edge, 4)), 1..7)
}

/// The contract of such a graph: goals beyond the steps are the ends.
fn made(
    shapes: &[Shape],
    (depth, reminders, retries): (u32, u32, u32),
    submission: bool,
) -> Contract {
    let goal = |at: usize| match at {
        at if at < shapes.len() => json!({"step": format!("s{at}")}),
        at if at % 2 == 0 => json!("end"),
        _ => json!("fail"),
    };
    let steps = shapes.iter().enumerate().map(|(at, (kind, edges))| {
        let (work, words): (Value, &[&str]) = match kind {
            0 => (json!({"work": "agent", "agent": "triage", "answers": []}), &["failed", "ok"]),
            1 => (json!({"work": "agent", "agent": "analyst", "answers": []}), &["a", "b", "c", "failed"]),
            2 => (json!({"work": "call", "server": "linear", "tool": "t", "effect": true, "after": 0, "arguments": {}}), &["failed", "ok"]),
            3 => (json!({"work": "approval", "approval": "operator", "of": format!("s{at}")}), &["approved", "expired", "rejected"]),
            _ => (json!({"work": "export", "export": "webhook"}), &["ok"]),
        };
        let on: BTreeMap<&str, Value> = words.iter().zip(edges).map(|(word, (to, most))| {
            let mut edge = json!({"to": goal(*to)});
            if let Some((times, then)) = most {
                edge["most"] = json!({"times": times, "then": goal(*then)});
            }
            (*word, edge)
        }).collect();
        json!({"name": format!("s{at}"), "work": work, "on": on})
    });
    let mut value = tests::stepped();
    value["graph"]["steps"] = steps.collect();
    value["limits"]["depth"] = depth.into();
    value["finish"] = json!({"submission": submission, "reminders": reminders});
    value["retry"]["infrastructure"] = retries.into();
    tests::contract(&value)
}

type Way = Vec<(String, Option<String>)>;

/// The same by the simplest means: a place, and counters.
fn interpreted(contract: &Contract, deeds: &[Deed]) -> (Way, &'static str) {
    let graph = contract.graph.as_ref().unwrap();
    let Limits {
        depth,
        reminders,
        retries,
        ..
    } = limits(contract);
    let (mut left_reminders, mut left_retries, mut deeper) = (reminders, retries, depth - 1);
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut way = Way::new();
    let mut at = "s0".to_owned();
    for deed in deeds {
        let step = graph::named(graph, &at).unwrap();
        let words: Vec<&String> = step.on.keys().collect();
        let agent = matches!(step.work, Work::Agent { .. });
        let choices: Vec<&&String> = words.iter().filter(|w| !agent || **w != "failed").collect();
        let owes = graph::owes(contract, step);
        let outcome = match deed {
            Deed::Say(n) => choices[n % choices.len()].to_string(),
            _ if !agent => words[0].clone(),
            Deed::Lost if left_retries > 0 => {
                left_retries -= 1;
                way.push((at.clone(), None));
                continue;
            }
            Deed::Silent if !owes => "ok".to_owned(),
            _ if owes && left_reminders > 0 && deeper > 0 => {
                left_reminders -= 1;
                deeper -= 1;
                way.push((at.clone(), None));
                continue;
            }
            _ => "failed".to_owned(),
        };
        way.push((at.clone(), Some(outcome.clone())));
        let edge = &step.on[&outcome];
        let count = counts.entry((at.clone(), outcome)).or_default();
        let goal = match &edge.most {
            Some(most) if *count >= most.times => &most.then,
            _ => &edge.to,
        };
        *count += 1;
        match goal {
            Goal::End => return (way, "end"),
            Goal::Fail => return (way, "fail"),
            Goal::Step(_) if deeper == 0 => return (way, "depth"),
            Goal::Step(next) => {
                deeper -= 1;
                at.clone_from(next);
            }
        }
    }
    (way, "open")
}

/// What the gateway records before a cycle's router asks.
fn events(step: &GraphStep, cycle: u32, deed: Deed) -> Vec<Event> {
    let words: Vec<String> = step.on.keys().cloned().collect();
    let Work::Agent { .. } = step.work else {
        let word = match deed {
            Deed::Say(n) => words[n % words.len()].clone(),
            _ => words[0].clone(),
        };
        let ended = StepEnded {
            cycle,
            outcome: word,
            result: None,
        };
        return vec![
            Event::StepBegun { cycle },
            Event::StepEnded(ended),
            Event::CycleSealed { cycle },
        ];
    };
    let mut events = vec![Event::CycleClaimed {
        cycle,
        bearer: sha256(cycle.to_string()),
    }];
    if let Deed::Say(n) = deed {
        let said = verdicts(step);
        let mut document = json!({"version": 1, "actions": ["none"], "summary": "s"});
        if !said.is_empty() {
            document["verdict"] = said[n % said.len()].into();
        }
        let document = document.to_string();
        events.push(Event::Submission { cycle, document });
    }
    events.push(Event::CycleSealed { cycle });
    events
}

/// What the gateway tells of a cycle.
fn tells(contract: &Contract, state: &State, cycle: u32) -> Known {
    let walk = state.walk().unwrap();
    let step = walk.step(cycle).unwrap();
    let cycles = state.cycles();
    let count = |reason: &str| {
        let before = (0..cycle).filter_map(|before| cycles.decision(before));
        u32::try_from(before.filter(|d| d.reason == reason).count()).unwrap()
    };
    let before = (0..cycle).rev().find_map(|before| cycles.decision(before));
    Known {
        cycle,
        depth: before.map_or(0, |decision| decision.next_depth),
        claimed: cycles.claimed(cycle),
        exhausted: None,
        submission: cycles.submission(cycle).map(|submission| Submission {
            kind: SubmissionKind::Terminal,
            digest: submission.digest.clone(),
        }),
        reminders: count("reminder"),
        retries: count("infrastructure"),
        stand: Some(Stand {
            step: walk.number(cycle).unwrap(),
            outcome: walk.outcome(cycle).map(str::to_owned),
            taken: walk.taken(&step.name, cycle),
            owes: graph::owes(contract, step),
        }),
    }
}

fn recorded(decision: &Decision) -> event::Decision {
    event::Decision {
        cycle: decision.cycle.unwrap(),
        decision: decision.decision,
        reason: serde_json::to_value(decision.reason)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned(),
        depth: decision.depth,
        next_depth: decision.next_depth.unwrap_or(decision.depth),
        submission_digest: decision.submission_digest.clone(),
        passed: decision.passed.clone(),
    }
}

fn number(graph: &Graph, name: &str) -> u32 {
    graph.number(name).unwrap()
}

/// Plays a run by the router's table and the gateway's state; each judges the other.
fn played(contract: &Contract, deeds: &[Deed]) -> (Way, String, Vec<Decision>) {
    let graph = contract.graph.as_ref().unwrap();
    let mut log = vec![Event::RunOpened(opened())];
    let mut state = State::replay(contract, &log).unwrap();
    let mut decisions: Vec<Decision> = Vec::new();
    for (cycle, deed) in deeds.iter().enumerate() {
        let cycle = u32::try_from(cycle).unwrap();
        let step = state.walk().unwrap().step(cycle).unwrap().clone();
        for event in events(&step, cycle, *deed) {
            state.apply(&event).unwrap();
            log.push(event);
        }
        let pod = match deed {
            Deed::Say(_) | Deed::Silent => FINE,
            Deed::Lost => GONE,
            Deed::Breaks => BROKE,
        };
        let told = matches!(step.work, Work::Agent { .. }).then(|| told(cycle, pod));
        let known = tells(contract, &state, cycle);
        let at = (number(graph, &step.name), cycle, told.as_ref());
        let decision = decide(graph, &limits(contract), at, &known);
        let decided = Event::RouterDecided(recorded(&decision));
        state.apply(&decided).unwrap();
        // Again is no error, and another one is.
        state.apply(&decided).unwrap();
        log.push(decided);
        let stops = decision.decision == Next::Stop;
        decisions.push(decision);
        if stops {
            break;
        }
    }
    // Whoever reads the record comes to the same, but for the line that stands there once.
    let again = State::replay(contract, &log).unwrap();
    assert_eq!(again.walk(), state.walk());
    assert_eq!(again.cycles(), state.cycles());
    let way = state.walk().unwrap().past();
    let way = way
        .map(|past| (past.step.name.clone(), past.outcome.map(str::to_owned)))
        .collect();
    let last = recorded(decisions.last().unwrap());
    (way, last.reason, decisions)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever comes of the steps of whatever graph: the run goes the way that a simple interpreter goes, and no further
    /// than its limits. The state of the gateway agrees with each decision.
    #[test]
    fn a_run_goes_the_way_of_its_graph(
        shapes in graphs(), deeds in deeds(), depth in 1u32..50, reminders in 0u32..3, retries in 0u32..3, submission: bool,
    ) {
        let contract = made(&shapes, (depth, reminders, retries), submission);
        let (way, reason, decisions) = played(&contract, &deeds);
        let (expected, end) = interpreted(&contract, &deeds);
        prop_assert_eq!(&way, &expected);
        prop_assert_eq!(reason, end);
        prop_assert!(way.len() <= usize::try_from(depth + retries).unwrap());
        let graph = contract.graph.as_ref().unwrap();
        prop_assert_eq!(word(graph, decisions.last().unwrap()), "stop");
        for (at, decision) in decisions.iter().enumerate().take(decisions.len() - 1) {
            let next = number(graph, &way[at + 1].0) * 100 + u32::try_from(at).unwrap() + 1;
            prop_assert_eq!(word(graph, decision), next.to_string());
        }
    }

    /// What the gateway says is not trusted to make sense: no answer leads past a bound.
    #[test]
    fn no_answer_of_a_gateway_passes_a_limit(
        step in 0u32..7, outcome in "(ok|failed|fault|healthy|approved|x)?", failed in any::<u32>(), cycle in 0u32..100,
        depth in any::<u32>(), reminders in any::<u32>(), retries in any::<u32>(), said: bool, owes: bool,
    ) {
        let contract = tests::contract(&tests::stepped());
        let graph = contract.graph.as_ref().unwrap();
        let outcome = Some(outcome.as_str()).filter(|outcome| !outcome.is_empty());
        let mut known = Known { cycle, depth, reminders, retries, ..known(step, outcome, &[("failed", failed)]) };
        if said { known = submitted(known); }
        if let Some(stand) = &mut known.stand { stand.owes = owes; }
        let told = told(cycle, FINE);
        let decision = decide(graph, &limits(&contract), (step, cycle, Some(&told)), &known);
        if decision.decision != Next::Stop {
            prop_assert!(decision.next_depth.unwrap() < 12);
            prop_assert!(reminders <= 1 && retries <= 1);
            let back = decision.passed.and_then(|passed| passed.next);
            prop_assert!(step != 3 || back.as_deref() != Some("cause") || failed < 2);
        }
    }
}
