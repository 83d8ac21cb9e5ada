use super::{claim, contract, seal};
use crate::record::Event;
use crate::record::event::{Request, Reserved};
use crate::record::tests::opened;
use crate::state::allowed::{MOST_BYTES, MOST_REQUESTS};
use crate::state::{Refusal, State};

fn started() -> State {
    let mut state = State::new(&contract());
    state.apply(&Event::RunOpened(opened())).unwrap();
    state.apply(&claim(0)).unwrap();
    state
}

fn allowed(cycle: Option<u32>, target: &str) -> Event {
    Event::RequestAllowed(Request {
        cycle,
        agent: cycle.map(|_| "a".to_owned()),
        rule: "egress".to_owned(),
        target: target.to_owned(),
    })
}

fn call(state: &State, turns: u64) -> Event {
    Event::Reserved(Reserved {
        reservation: state.budget().next(),
        cycle: 0,
        agent: "a".to_owned(),
        operation: Some("count".to_owned()),
        model: Some("m".to_owned()),
        turns,
        tokens: 0,
        micros: 0,
        traffic: 0,
    })
}

#[test]
fn requests_of_a_cycle_are_bounded_and_the_next_has_its_own() {
    let mut state = started();
    for _ in 1..MOST_REQUESTS {
        state.apply(&allowed(Some(0), "h:1")).unwrap();
    }
    // One that uses no turn is one of them; one that does is bounded by its turns.
    state.apply(&call(&state, 0)).unwrap();
    assert_eq!(state.check(&call(&state, 0)), Err(Refusal::RequestMany));
    assert_eq!(
        state.check(&allowed(Some(0), "h:1")),
        Err(Refusal::RequestMany)
    );
    state.apply(&call(&state, 1)).unwrap();
    assert_eq!(state.requests().0, MOST_REQUESTS + 1);
    state.apply(&seal(0)).unwrap();
    // The export step is no agent.
    state.apply(&allowed(None, "h:1")).unwrap();
    state.apply(&claim(1)).unwrap();
    state.apply(&allowed(Some(1), "h:1")).unwrap();
}

#[test]
fn long_targets_use_up_the_bound_earlier() {
    let mut state = started();
    let target = "x".repeat(16 << 10);
    for _ in 0..MOST_BYTES / target.len() as u64 {
        state.apply(&allowed(Some(0), &target)).unwrap();
    }
    assert_eq!(
        state.check(&allowed(Some(0), "h:1")),
        Err(Refusal::RequestMany)
    );
}
