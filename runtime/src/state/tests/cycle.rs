use super::{claim, contract, reserve, running, script, seal, settle, submit, verdict};
use crate::digest::sha256;
use crate::record::Event;
use crate::record::event::{Decision, Next, Request, RunOpened};
use crate::record::tests::opened;
use crate::state::cycle::{MOST_SUBMISSIONS, MOST_SUBMITTED};
use crate::state::{Phase, State};

fn contest(cycle: u32) -> Event {
    Event::ClaimContested { cycle }
}

fn decide(
    cycle: u32,
    decision: Next,
    depth: u32,
    next_depth: u32,
    document: Option<&str>,
) -> Event {
    Event::RouterDecided(Decision {
        cycle,
        decision,
        reason: "a-reason".to_owned(),
        depth,
        next_depth,
        submission_digest: document.map(sha256),
        passed: None,
    })
}

fn allowed(cycle: Option<u32>) -> Event {
    Event::RequestAllowed(Request {
        cycle,
        agent: None,
        rule: "allow".to_owned(),
        target: "t".to_owned(),
    })
}

#[test]
fn the_first_event_opens_the_run_and_no_other_is_taken() {
    let other = |change: fn(&mut RunOpened)| {
        let mut run = opened();
        change(&mut run);
        Event::RunOpened(run)
    };
    let state = script(
        State::new(&contract()),
        &[
            (claim(0), "no-run"),
            (allowed(None), "no-run"),
            (Event::RunOpened(opened()), "ok"),
            (other(|r| r.uid.push('x')), "other-run"),
            (other(|r| r.bundle.clear()), "other-run"),
            (other(|r| r.contract.clear()), "other-run"),
            (other(|r| r.time = 9_999_999), "ok"),
        ],
    );
    assert_eq!(state.deadline(), Some(1_100), "a restart moves no deadline");
    let mut run = opened();
    run.time = u64::MAX;
    let state = script(State::new(&contract()), &[(Event::RunOpened(run), "ok")]);
    assert_eq!(state.deadline(), Some(u64::MAX));
}

#[test]
fn one_cycle_at_a_time_each_after_the_other() {
    let bearer = |bearer: &str| Event::CycleClaimed {
        cycle: 0,
        bearer: bearer.to_owned(),
    };
    let fresh = State::replay(&contract(), &[Event::RunOpened(opened())]).unwrap();
    let state = script(
        fresh,
        &[
            (bearer("the bearer itself"), "bearer-digest"),
            (bearer(&"A".repeat(64)), "bearer-digest"),
            (bearer(""), "bearer-digest"),
            (submit(0, "{}"), "cycle-unclaimed"),
            (contest(0), "cycle-unclaimed"),
            (claim(4), "cycle-number"),
            (claim(u32::MAX), "cycle-number"),
            (seal(4), "cycle-number"),
            (claim(0), "ok"),
            (claim(0), "cycle-claimed"),
            (claim(1), "cycle-open"),
            (seal(1), "cycle-open"),
            (seal(0), "ok"),
            (seal(0), "ok"),
            (claim(0), "cycle-ended"),
            (claim(2), "ok"),
            (claim(1), "cycle-order"),
            (seal(1), "cycle-order"),
            (seal(2), "ok"),
            (seal(3), "ok"),
            (claim(3), "cycle-ended"),
            (contest(3), "cycle-unclaimed"),
        ],
    );
    assert_eq!(state.cycles().latest(), Some(3));
}

#[test]
fn the_last_submission_counts_and_none_after_the_seal() {
    let state = script(
        running(),
        &[
            (reserve(1, 0, "a", 1), "ok"),
            (submit(0, "{\"a\":1}"), "ok"),
            (submit(0, "{\"a\":2}"), "ok"),
            (allowed(Some(0)), "ok"),
            (seal(0), "ok"),
            (submit(0, "{\"a\":3}"), "cycle-ended"),
            (submit(1, "{}"), "cycle-unclaimed"),
            (reserve(2, 0, "a", 1), "cycle-ended"),
            (allowed(Some(0)), "cycle-ended"),
            (allowed(None), "ok"),
            (settle(1, 1, 1), "ok"),
            (contest(0), "ok"),
        ],
    );
    let kept = state.cycles().submission(0).unwrap();
    assert_eq!(kept.document, "{\"a\":2}");
    assert_eq!(kept.digest, sha256("{\"a\":2}"));
    assert_eq!(state.cycles().phase(0), Phase::Sealed);
}

#[test]
fn a_contested_cycle_has_ended_and_its_submission_is_void() {
    let bearer = format!("{:064x}", 0);
    assert_eq!(running().cycles().of_bearer(&bearer), Some(0));
    assert_eq!(running().cycles().of_bearer(""), None);
    assert_eq!(running().cycles().of_bearer(&format!("{:064x}", 1)), None);
    let state = script(
        running(),
        &[
            (submit(0, "{}"), "ok"),
            (contest(0), "ok"),
            (submit(0, "{}"), "cycle-ended"),
            (reserve(1, 0, "a", 1), "cycle-ended"),
            (allowed(Some(0)), "cycle-ended"),
            (contest(0), "ok"),
            (seal(0), "ok"),
            (
                decide(0, Next::Continue, 0, 1, Some("{}")),
                "decision-submission",
            ),
            (
                decide(0, Next::Stop, 0, 0, Some("{}")),
                "decision-submission",
            ),
            (decide(0, Next::Stop, 0, 0, None), "ok"),
        ],
    );
    assert_eq!(state.cycles().phase(0), Phase::Contested);
    assert_eq!(state.cycles().submission(0), None);
    assert_eq!(state.cycles().of_bearer(&bearer), None, "revoked");
}

#[test]
fn a_decision_is_made_once_after_the_cycle_and_within_the_depth() {
    let word = |reason: &str| {
        Event::RouterDecided(Decision {
            cycle: 0,
            decision: Next::Stop,
            reason: reason.to_owned(),
            depth: 0,
            next_depth: 0,
            submission_digest: None,
            passed: None,
        })
    };
    let go = |next, none| decide(0, Next::Continue, 0, next, none);
    let state = script(
        running(),
        &[
            (submit(0, "x"), "ok"),
            (go(1, Some("x")), "decision-early"),
            (seal(0), "ok"),
            (decide(1, Next::Stop, 0, 0, None), "decision-early"),
            (go(1, None), "decision-submission"),
            (go(1, Some("y")), "decision-submission"),
            (go(0, Some("x")), "decision-depth"),
            (go(2, Some("x")), "decision-depth"),
            (decide(0, Next::Continue, 1, 2, Some("x")), "decision-depth"),
            (decide(0, Next::Retry, 0, 1, None), "decision-depth"),
            (word(""), "decision-reason"),
            (word("{{=x}}"), "decision-reason"),
            (word("a b"), "decision-reason"),
            (word(&"a".repeat(65)), "decision-reason"),
            (go(1, Some("x")), "ok"),
            (go(1, Some("x")), "ok"),
            (decide(0, Next::Stop, 0, 0, Some("x")), "decision-other"),
            (claim(1), "ok"),
            (seal(1), "ok"),
            (decide(1, Next::Continue, 0, 1, None), "decision-depth"),
            (decide(1, Next::Retry, 1, 1, None), "ok"),
            (seal(2), "ok"),
            (decide(2, Next::Continue, 1, 2, None), "ok"),
            (claim(3), "ok"),
            (seal(3), "ok"),
            (decide(3, Next::Continue, 2, 3, None), "decision-depth"),
            (decide(3, Next::Stop, 9, 9, None), "ok"),
            (go(1, Some("x")), "ok"),
            (decide(1, Next::Stop, 1, 1, None), "decision-other"),
        ],
    );
    assert!(state.cycles().stopped());
    assert_eq!(state.cycles().decision(2).map(|d| d.next_depth), Some(2));
}

#[test]
fn after_a_stop_no_cycle_begins() {
    script(
        running(),
        &[
            (seal(0), "ok"),
            (decide(0, Next::Stop, 0, 1, None), "ok"),
            (claim(1), "run-stopped"),
            (seal(1), "run-stopped"),
            (decide(0, Next::Stop, 0, 1, None), "ok"),
        ],
    );
}

/// An agent that submits again and again fills no disk.
#[test]
fn what_is_handed_in_is_bounded_for_each_cycle() {
    let mut state = running();
    for n in 0..MOST_SUBMISSIONS {
        assert_eq!(verdict(&mut state, &submit(0, &n.to_string())), "ok");
    }
    assert_eq!(verdict(&mut state, &submit(0, "more")), "submission-many");
    let last = (MOST_SUBMISSIONS - 1).to_string();
    assert_eq!(state.cycles().submission(0).unwrap().document, last);
    let mut state = running();
    let half = "x".repeat(usize::try_from(MOST_SUBMITTED / 2).unwrap());
    let steps = [(submit(0, &half), "ok"), (submit(0, &half), "ok")];
    state = script(state, &steps);
    assert_eq!(verdict(&mut state, &submit(0, "x")), "submission-many");
    let steps = [(seal(0), "ok"), (claim(1), "ok"), (submit(1, "x"), "ok")];
    script(state, &steps);
}
