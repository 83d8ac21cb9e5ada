//! The state that wrote a log, and the state that reads it.

use super::{claim, contract, reserve, running, seal, settle, submit};
use crate::record::event::{Decision, Next, Request, RunOpened, ToolCalled};
use crate::record::tests::{Folder, opened, wait};
use crate::record::{Event, Log};
use crate::state::journal::{Denied, Journal, Unfit};
use crate::state::{Refusal, State};
use proptest::prelude::*;

fn events() -> impl Strategy<Value = Event> {
    let cycle = 0..4_u32;
    let agent = || prop_oneof![4 => Just("a"), 2 => Just("b"), 1 => Just("c")];
    let next =
        prop_oneof![4 => Just(Next::Continue), 2 => Just(Next::Retry), 1 => Just(Next::Stop)];
    prop_oneof![
        3 => cycle.clone().prop_map(claim),
        1 => cycle.clone().prop_map(|cycle| Event::ClaimContested { cycle }),
        2 => cycle.clone().prop_map(seal),
        4 => (cycle.clone(), ".{0,8}").prop_map(|(cycle, text)| submit(cycle, &text)),
        9 => (cycle.clone(), agent(), 0..300_u64).prop_map(|(c, agent, n)| reserve(0, c, agent, n)),
        6 => (1..9_u64, 0..200_u64, 0..200_u64).prop_map(|(id, i, o)| settle(id, i, o)),
        2 => (cycle.clone(), agent()).prop_map(|(cycle, agent)| Event::ToolCalled(ToolCalled {
            cycle,
            agent: agent.to_owned(),
            server: "s".to_owned(),
            tool: "twice".to_owned(),
            arguments: "d".to_owned(),
            approval: None,
        })),
        2 => (prop::option::of(cycle.clone()), any::<bool>()).prop_map(|(cycle, allowed)| {
            let (rule, target) = ("r".to_owned(), "t".to_owned());
            let request = Request { cycle, agent: None, rule, target };
            if allowed { Event::RequestAllowed(request) } else { Event::RequestDenied(request) }
        }),
        2 => (cycle, next, 0..3_u32, 0..3_u32).prop_map(|(cycle, decision, depth, next_depth)| {
            let (reason, submission_digest, passed) = ("r".to_owned(), None, None);
            Event::RouterDecided(Decision { cycle, decision, reason, depth, next_depth, submission_digest, passed })
        }),
        1 => Just(Event::RunOpened(opened())),
    ]
}

/// A reservation takes the next number, as the gateway gives it.
fn numbered(event: Event, state: &State) -> Event {
    match event {
        Event::Reserved(mut reserved) => {
            reserved.reservation = state.budget().next();
            Event::Reserved(reserved)
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_state_built_from_a_log_is_the_state_that_wrote_it(
        events in prop::collection::vec(events(), 0..80),
    ) {
        let mut live = State::new(&contract());
        let mut log = Vec::new();
        for event in [Event::RunOpened(opened()), claim(0)].into_iter().chain(events) {
            let event = numbered(event, &live);
            let before = live.clone();
            match live.apply(&event) {
                Ok(()) => log.push(serde_json::to_vec(&event).unwrap()),
                Err(_) => prop_assert_eq!(&before, &live),
            }
            let used = live.budget().used();
            prop_assert!(used.tokens >= before.budget().used().tokens);
        }
        let read: Vec<Event> = log.iter().map(|l| serde_json::from_slice(l).unwrap()).collect();
        prop_assert_eq!(State::replay(&contract(), &read).unwrap(), live);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A crash may take what was not acknowledged, and a part of a line; never more.
    #[test]
    fn a_journal_that_crashed_holds_what_it_acknowledged(
        events in prop::collection::vec(events(), 1..40),
        waited in 0..40_usize,
        cut in 0..2_000_usize,
    ) {
        let folder = Folder::new();
        let (journal, pending) = Journal::open(&folder.file(), &contract(), opened()).unwrap();
        prop_assert_eq!(wait(pending), Ok(1));
        let mut states = vec![journal.read(State::clone)];
        let mut sure = (1, std::fs::metadata(folder.file()).unwrap().len());
        for (n, event) in [claim(0)].into_iter().chain(events).enumerate() {
            let Ok(pending) = journal.decide(|state| Ok(numbered(event, state))) else { continue };
            states.push(journal.read(State::clone));
            if n < waited {
                let line = wait(pending).unwrap();
                sure = (line, std::fs::metadata(folder.file()).unwrap().len());
            }
        }
        journal.close().unwrap();
        let bytes = std::fs::read(folder.file()).unwrap();
        let keep = bytes.len().saturating_sub(cut).max(usize::try_from(sure.1).unwrap());
        std::fs::write(folder.file(), &bytes[..keep]).unwrap();

        let (log, events) = Log::open(&folder.file()).unwrap();
        log.close().unwrap();
        prop_assert!(events.len() as u64 >= sure.0);
        let mut expected = states[events.len() - 1].clone();
        prop_assert_eq!(&State::replay(&contract(), &events).unwrap(), &expected);
        expected.apply(&Event::RunOpened(opened())).unwrap();
        let (journal, pending) = Journal::open(&folder.file(), &contract(), opened()).unwrap();
        prop_assert_eq!(wait(pending), Ok(events.len() as u64 + 1));
        prop_assert_eq!(journal.read(State::clone), expected);
        journal.close().unwrap();
    }
}

#[test]
fn a_log_of_another_run_or_contract_is_refused() {
    let folder = Folder::new();
    let (journal, pending) = Journal::open(&folder.file(), &contract(), opened()).unwrap();
    wait(pending).unwrap();
    wait(journal.record(claim(0)).unwrap()).unwrap();
    wait(journal.record(reserve(1, 0, "a", 500)).unwrap()).unwrap();
    let long = journal.record(submit(0, &"x".repeat(5 << 20))).unwrap_err();
    assert_eq!(long.rule(), "record-too-long");
    assert!(
        journal.read(|s| s.cycles().submission(0).is_none()),
        "in neither"
    );
    journal.close().unwrap();
    let other = RunOpened {
        uid: "other".to_owned(),
        ..opened()
    };
    match Journal::open(&folder.file(), &contract(), other) {
        Err(Unfit::Start(Denied::Refusal(Refusal::OtherRun))) => {}
        verdict => panic!("{verdict:?}"),
    }
    let mut less = contract();
    less.limits.tokens = 499;
    match Journal::open(&folder.file(), &less, opened()) {
        Err(Unfit::Event(3, Refusal::Exhausted(e))) => assert_eq!(e.limit, 499),
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn reservations_of_many_threads_pass_no_limit() {
    let folder = Folder::new();
    let mut wide = contract();
    (wide.limits.turns, wide.limits.concurrency) = (50, 4);
    let (journal, pending) = Journal::open(&folder.file(), &wide, opened()).unwrap();
    wait(pending).unwrap();
    wait(journal.record(claim(0)).unwrap()).unwrap();
    let given: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let journal = &journal;
                scope.spawn(move || (0..40).filter(|_| turn(journal)).count())
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    let live = journal.read(State::clone);
    journal.close().unwrap();
    assert!((1..=50).contains(&given), "{given}");
    assert_eq!(live.budget().used().turns, given as u128);
    let (log, events) = Log::open(&folder.file()).unwrap();
    log.close().unwrap();
    assert_eq!(State::replay(&wide, &events).unwrap(), live);
}

/// One request: whether it was let through.
fn turn(journal: &Journal) -> bool {
    let mut id = 0;
    let reserved = journal.decide(|state| {
        id = state.budget().next();
        Ok(reserve(id, 0, "b", 1))
    });
    let Ok(pending) = reserved else { return false };
    wait(pending).unwrap();
    wait(journal.record(settle(id, 1, 0)).unwrap()).unwrap();
    true
}

#[test]
fn no_bearer_and_no_content_is_needed_to_know_the_state() {
    let text = serde_json::to_string(&claim(0)).unwrap();
    assert_eq!(
        text,
        format!(
            r#"{{"kind":"cycle-claimed","cycle":0,"bearer":"{:064x}"}}"#,
            0
        )
    );
    let text = serde_json::to_string(&reserve(1, 0, "a", 10)).unwrap();
    assert_eq!(
        text,
        r#"{"kind":"reserved","reservation":1,"cycle":0,"agent":"a","gen_ai.operation.name":"chat","gen_ai.request.model":"m","turns":1,"tokens":10,"micros":1,"traffic":10}"#
    );
    let text = serde_json::to_string(&settle(1, 2, 3)).unwrap();
    assert!(text.contains(r#""gen_ai.usage.input_tokens":2,"gen_ai.usage.output_tokens":3"#));
    assert_eq!(running().requests(), (0, 0));
}
