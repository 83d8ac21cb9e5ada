use super::super::told::{Arguments, Phase, Told};
use super::{Decision, Exhausted, Known, Limits, Reason, Submission, SubmissionKind, decide};
use crate::record::event::Next;
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    depth: 3,
    reminders: 1,
    retries: 1,
    submission: true,
};

fn told(cycle: u32, phase: &str, exit: &str, reason: &str) -> Told {
    let told = Arguments {
        cycle: cycle.to_string(),
        phase: phase.to_owned(),
        exit_code: exit.to_owned(),
        pod_reason: reason.to_owned(),
        ..Arguments::default()
    };
    Told::read(&told).unwrap()
}

fn known(cycle: u32, depth: u32) -> Known {
    Known {
        cycle,
        depth,
        claimed: true,
        exhausted: None,
        submission: None,
        reminders: 0,
        retries: 0,
        stand: None,
    }
}

fn submitted(known: Known, kind: SubmissionKind) -> Known {
    let digest = "5".repeat(64);
    Known {
        submission: Some(Submission { kind, digest }),
        ..known
    }
}

/// One line for each case of the design's table, in its order.
#[test]
fn the_table() {
    use Next::{Continue as Go, Retry, Stop};
    use Reason as R;
    use SubmissionKind::{Continue, Terminal};
    let good = told(0, "Succeeded", "0", "");
    let failed = told(0, "Failed", "3", "");
    let gone = told(0, "Failed", "137", "Evicted");
    let lost = told(0, "Lost", "", "");
    let first = || known(0, 0);
    let spent = |what| Known {
        exhausted: Some(what),
        ..submitted(first(), Terminal)
    };
    let last = || known(2, 2);
    let end = told(2, "Succeeded", "0", "");
    let no_retry = || Known {
        retries: 1,
        ..first()
    };
    let reminded = || Known {
        reminders: 1,
        ..first()
    };
    let rows = [
        (
            "2 time",
            &good,
            spent(Exhausted::Deadline),
            Stop,
            R::Budget,
            "stop",
        ),
        (
            "2 turns",
            &good,
            spent(Exhausted::Turns),
            Stop,
            R::Budget,
            "stop",
        ),
        (
            "2 tokens",
            &good,
            spent(Exhausted::Tokens),
            Stop,
            R::Budget,
            "stop",
        ),
        (
            "2 cost",
            &good,
            spent(Exhausted::Cost),
            Stop,
            R::Budget,
            "stop",
        ),
        (
            "3 submitted",
            &end,
            submitted(last(), Terminal),
            Stop,
            R::Submitted,
            "stop",
        ),
        (
            "3 wants more",
            &end,
            submitted(last(), Continue),
            Stop,
            R::Depth,
            "stop",
        ),
        ("3 nothing", &end, last(), Stop, R::Depth, "stop"),
        (
            "4",
            &good,
            submitted(first(), Terminal),
            Stop,
            R::Submitted,
            "stop",
        ),
        (
            "4 although failed",
            &failed,
            submitted(first(), Terminal),
            Stop,
            R::Submitted,
            "stop",
        ),
        (
            "5",
            &good,
            submitted(first(), Continue),
            Go,
            R::Requested,
            "1",
        ),
        (
            "5 although lost",
            &gone,
            submitted(first(), Continue),
            Go,
            R::Requested,
            "1",
        ),
        ("6 evicted", &gone, first(), Retry, R::Infrastructure, "1"),
        ("6 lost", &lost, first(), Retry, R::Infrastructure, "1"),
        ("6 no retry left", &gone, no_retry(), Go, R::Reminder, "1"),
        ("7 reminder", &good, first(), Go, R::Reminder, "1"),
        (
            "7 reminder after a failure",
            &failed,
            first(),
            Go,
            R::Reminder,
            "1",
        ),
        (
            "7 none left",
            &good,
            reminded(),
            Stop,
            R::Incomplete,
            "stop",
        ),
    ];
    for (name, told, known, verdict, reason, word) in rows {
        let decision = decide(&LIMITS, told, &known);
        assert_eq!(
            (decision.decision, decision.reason),
            (verdict, reason),
            "{name}: {decision:?}"
        );
        assert_eq!(decision.word(), word, "{name}");
        let next = match verdict {
            Go => Some(known.depth + 1),
            Retry => Some(known.depth),
            Stop => None,
        };
        assert_eq!(decision.next_depth, next, "{name}");
        let digest = known.submission.map(|s| s.digest);
        assert_eq!(decision.submission_digest, digest, "{name}");
    }
}

#[test]
fn an_open_network_ends_the_run_whatever_is_left_to_try() {
    let gate = |cycle: u32, code: &str| {
        let told = Arguments {
            cycle: cycle.to_string(),
            phase: "Failed".to_owned(),
            start_code: code.to_owned(),
            ..Arguments::default()
        };
        Told::read(&told).unwrap()
    };
    let unclaimed = |cycle, depth| Known {
        claimed: false,
        ..known(cycle, depth)
    };
    let of_first = decide(&LIMITS, &gate(0, "3"), &unclaimed(0, 0));
    assert_eq!(
        (of_first.word().as_str(), of_first.reason),
        ("stop", Reason::Gate)
    );
    // Also in the last cycle, where nothing else could follow.
    let of_last = decide(&LIMITS, &gate(2, "3"), &unclaimed(2, 2));
    assert_eq!(of_last.reason, Reason::Gate);
    let claim = decide(&LIMITS, &gate(0, "1"), &unclaimed(0, 0));
    assert_eq!(
        claim.reason,
        Reason::Infrastructure,
        "a claim that failed says nothing of the network"
    );
}

#[test]
fn what_takes_a_pod_away_is_no_fault_of_its_agent() {
    let claimed = known(0, 0);
    let unclaimed = Known {
        claimed: false,
        ..known(0, 0)
    };
    for (exit, reason, known, retry) in [
        ("", "", &claimed, true),
        ("", "NodeLost", &claimed, true),
        ("143", "Preempting", &claimed, true),
        ("0", "Evicted", &claimed, true),
        ("", "DeadlineExceeded", &unclaimed, true),
        ("", "DeadlineExceeded", &claimed, false),
        ("137", "DeadlineExceeded", &claimed, false),
        ("137", "", &claimed, false),
        ("1", "SomethingElse", &claimed, false),
    ] {
        let decision = decide(&LIMITS, &told(0, "Failed", exit, reason), known);
        let retried = decision.decision == Next::Retry;
        assert_eq!(retried, retry, "{exit:?} {reason:?}: {decision:?}");
    }
}

#[test]
fn an_agent_that_need_not_submit_just_ends() {
    let limits = Limits {
        submission: false,
        ..LIMITS
    };
    let decision = decide(&limits, &told(0, "Succeeded", "0", ""), &known(0, 0));
    assert_eq!(
        (decision.decision, decision.reason),
        (Next::Stop, Reason::Ended)
    );
    let decision = decide(&limits, &told(0, "Failed", "2", ""), &known(0, 0));
    assert_eq!(decision.reason, Reason::Reminder);
}

#[test]
fn whatever_contradicts_itself_stops_the_run() {
    let good = told(1, "Succeeded", "0", "");
    let wants = |known| submitted(known, SubmissionKind::Continue);
    let short = Submission {
        kind: SubmissionKind::Continue,
        digest: "5".repeat(63),
    };
    for (name, known) in [
        ("another cycle", wants(known(2, 1))),
        ("deeper than the cycle", wants(known(1, 2))),
        ("deeper than allowed", wants(known(1, 3))),
        (
            "more retries than allowed",
            Known {
                retries: 2,
                ..wants(known(1, 1))
            },
        ),
        (
            "more reminders than allowed",
            Known {
                reminders: 2,
                ..wants(known(1, 1))
            },
        ),
        (
            "a submission of nobody",
            Known {
                claimed: false,
                ..wants(known(1, 1))
            },
        ),
        (
            "no digest",
            Known {
                submission: Some(short),
                ..known(1, 1)
            },
        ),
    ] {
        let decision = decide(&LIMITS, &good, &known);
        assert_eq!(
            (decision.decision, decision.reason),
            (Next::Stop, Reason::Error),
            "{name}"
        );
        assert_eq!(decision.word(), "stop", "{name}");
    }
}

#[test]
fn what_argo_does_not_say_is_refused() {
    let good = Arguments {
        cycle: "1".to_owned(),
        phase: "Failed".to_owned(),
        exit_code: "3".to_owned(),
        ..Arguments::default()
    };
    assert!(Told::read(&good).is_ok());
    let change = |change: &dyn Fn(&mut Arguments)| {
        let mut arguments = good.clone();
        change(&mut arguments);
        Told::read(&arguments)
    };
    for cycle in [
        "",
        "-1",
        "+1",
        "01",
        "1 ",
        "100",
        "{{inputs.parameters.cycle}}",
        "1\n",
        "１",
    ] {
        assert!(
            change(&|a| a.cycle = cycle.to_owned()).is_err(),
            "{cycle:?}"
        );
    }
    for phase in [
        "",
        "succeeded",
        "Running",
        "Pending",
        "Succeeded ",
        "{{=1}}",
    ] {
        assert!(
            change(&|a| a.phase = phase.to_owned()).is_err(),
            "{phase:?}"
        );
    }
    for code in ["-1", "256", "x", "0x1", "1;2"] {
        assert!(
            change(&|a| a.exit_code = code.to_owned()).is_err(),
            "{code:?}"
        );
        assert!(
            change(&|a| a.start_code = code.to_owned()).is_err(),
            "{code:?}"
        );
    }
    for word in ["a b", "{{x}}", "$(x)", "ä", &"x".repeat(65)] {
        assert!(
            change(&|a| a.pod_reason = word.to_owned()).is_err(),
            "{word:?}"
        );
        assert!(
            change(&|a| a.end_reason = word.to_owned()).is_err(),
            "{word:?}"
        );
    }
    assert!(change(&|a| a.phase = "Succeeded".to_owned()).is_err());
    assert_eq!(
        change(&|a| a.exit_code = String::new()).unwrap().phase,
        Phase::Failed
    );
}

/// What an agent and the cluster do in a cycle.
#[derive(Debug, Clone)]
struct Deed {
    phase: &'static str,
    exit: &'static str,
    reason: &'static str,
    claimed: bool,
    submission: Option<SubmissionKind>,
}

fn deed() -> impl Strategy<Value = Deed> {
    let pod = prop_oneof![
        Just(("Succeeded", "0", "")),
        Just(("Failed", "1", "")),
        Just(("Failed", "137", "")),
        Just(("Failed", "", "Evicted")),
        Just(("Failed", "", "DeadlineExceeded")),
        Just(("Lost", "", "")),
    ];
    let kind = prop_oneof![
        Just(SubmissionKind::Continue),
        Just(SubmissionKind::Terminal)
    ];
    (pod, any::<bool>(), proptest::option::of(kind)).prop_map(|(pod, claimed, submission)| Deed {
        phase: pod.0,
        exit: pod.1,
        reason: pod.2,
        claimed: claimed || submission.is_some(),
        submission,
    })
}

/// Plays a run, with the gateway's part of the counting; gives the decisions.
fn play(limits: &Limits, deeds: &[Deed]) -> Vec<Decision> {
    let mut decisions = Vec::new();
    let (mut depth, mut reminders, mut retries) = (0, 0, 0);
    for (cycle, deed) in deeds.iter().enumerate() {
        let cycle = u32::try_from(cycle).unwrap();
        let known = Known {
            claimed: deed.claimed,
            reminders,
            retries,
            ..known(cycle, depth)
        };
        let known = match deed.submission {
            Some(kind) => submitted(known, kind),
            None => known,
        };
        let decision = decide(
            limits,
            &told(cycle, deed.phase, deed.exit, deed.reason),
            &known,
        );
        reminders += u32::from(decision.reason == Reason::Reminder);
        retries += u32::from(decision.decision == Next::Retry);
        let next = decision.next_depth;
        decisions.push(decision);
        match next {
            Some(next) => depth = next,
            None => break,
        }
    }
    decisions
}

proptest! {
    /// Whatever agents do, no run has more cycles, retries or reminders than its contract allows.
    #[test]
    fn no_sequence_of_deeds_passes_a_limit(
        deeds in proptest::collection::vec(deed(), 130),
        depth in 1u32..=50, reminders in 0u32..=5, retries in 0u32..=5, submission: bool,
    ) {
        let limits = Limits { depth, reminders, retries, submission };
        let decisions = play(&limits, &deeds);
        let most = usize::try_from(depth + retries).unwrap();
        prop_assert!(decisions.len() <= most, "{} cycles", decisions.len());
        let count = |f: &dyn Fn(&Decision) -> bool| decisions.iter().filter(|d| f(d)).count();
        prop_assert!(count(&|d| d.decision == Next::Retry) <= usize::try_from(retries).unwrap());
        prop_assert!(count(&|d| d.reason == Reason::Reminder) <= usize::try_from(reminders).unwrap());
        let last = decisions.last().unwrap();
        prop_assert_eq!(last.decision, Next::Stop);
        prop_assert_eq!(last.word(), "stop");
        prop_assert!(last.reason != Reason::Error, "{:?}", last);
        for pair in decisions.windows(2) {
            prop_assert_eq!(pair[0].next_depth, Some(pair[1].depth));
        }
    }

    /// What the gateway says is not trusted to make sense: no answer leads deeper than the contract allows.
    #[test]
    fn no_answer_of_a_gateway_passes_a_limit(
        cycle in 0u32..100, depth in any::<u32>(), reminders in any::<u32>(), retries in any::<u32>(), deed in deed(),
    ) {
        let known = Known { claimed: deed.claimed, reminders, retries, ..known(cycle, depth) };
        let known = match deed.submission {
            Some(kind) => submitted(known, kind),
            None => known,
        };
        let decision = decide(&LIMITS, &told(cycle, deed.phase, deed.exit, deed.reason), &known);
        if decision.decision != Next::Stop {
            prop_assert!(decision.next_depth.unwrap() < LIMITS.depth);
            prop_assert!(reminders <= LIMITS.reminders && retries <= LIMITS.retries);
        }
    }
}
