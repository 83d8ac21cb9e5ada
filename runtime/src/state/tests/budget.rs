use super::{contract, reserve, running, script, settle, verdict};
use crate::contract::{Contract, Price};
use crate::record::Event;
use crate::record::tests::opened;
use crate::state::{Amount, Bound, Budget, Total, cost};

const MAX: u64 = u64::MAX;

fn tokens(tokens: u64) -> Amount {
    Amount {
        tokens,
        ..Amount::default()
    }
}

#[test]
fn the_refusal_tells_the_bound_and_the_sums() {
    let mut budget = Budget::new(&contract());
    let one = budget.reserve("a", tokens(100)).unwrap();
    assert!(budget.settle(one, tokens(150)));
    budget.reserve("a", tokens(400)).unwrap();
    let e = budget.reserve("a", tokens(51)).unwrap_err();
    assert_eq!((e.bound, e.agent.as_deref()), (Bound::Tokens, Some("a")));
    assert_eq!((e.limit, e.used, e.reserved, e.asked), (600, 150, 400, 51));
    assert!(budget.reserve("a", tokens(50)).is_ok());
    let e = budget.reserve("b", tokens(401)).unwrap_err();
    assert_eq!(
        (e.agent, e.limit, e.used, e.reserved),
        (None, 1000, 150, 450)
    );
    assert_eq!(budget.reserve("c", tokens(0)).unwrap_err().rule(), "agents");
    budget.reserve("b", tokens(400)).unwrap();
    let e = budget.reserve("b", tokens(0)).unwrap_err();
    assert_eq!((e.rule(), e.limit, e.reserved), ("concurrency", 3, 3));
}

#[test]
fn each_bound_holds_by_itself() {
    let amount = |turns, tokens, micros, traffic| Amount {
        turns,
        tokens,
        micros,
        traffic,
    };
    for (asked, rule) in [
        (amount(7, 0, 0, 0), "turns"),
        (amount(0, 601, 0, 0), "tokens"),
        (amount(0, 0, 61, 0), "cost"),
        (amount(0, 0, 0, 901), "traffic"),
        (amount(MAX, MAX, MAX, MAX), "turns"),
        (amount(0, MAX, 0, 0), "tokens"),
        (amount(0, 0, MAX, 0), "cost"),
        (amount(0, 0, 0, MAX), "traffic"),
    ] {
        let refused = Budget::new(&contract()).reserve("a", asked).unwrap_err();
        assert_eq!(refused.rule(), rule, "{asked:?}");
    }
    assert!(
        Budget::new(&contract())
            .reserve("a", amount(6, 600, 60, 900))
            .is_ok()
    );
}

#[test]
fn what_was_used_beyond_the_reservation_counts_in_full() {
    let mut budget = Budget::new(&contract());
    for used in [1001, MAX] {
        let mut fresh = Budget::new(&contract());
        let id = fresh.reserve("b", tokens(1)).unwrap();
        assert!(fresh.settle(id, tokens(used)));
        assert!(fresh.reserve("b", tokens(0)).is_err());
        assert!(fresh.reserve("a", tokens(0)).is_err());
        assert_eq!(fresh.used_up(), Some(Bound::Tokens));
    }
    let first = budget.reserve("a", tokens(1)).unwrap();
    let second = budget.reserve("b", tokens(1)).unwrap();
    assert!(budget.settle(first, tokens(MAX)));
    assert!(budget.settle(second, tokens(MAX)));
    assert_eq!(budget.used().tokens, 2 * u128::from(MAX));
    assert!(!budget.settle(first, tokens(0)), "settled once");
    assert!(!budget.settle(99, tokens(0)));
    assert_eq!(budget.used().tokens, 2 * u128::from(MAX));
}

#[test]
fn the_run_has_nothing_left_at_the_limit_and_not_before() {
    let limit = Amount {
        turns: 10,
        tokens: 1000,
        micros: 100,
        traffic: 1000,
    };
    let nothing = Amount::default();
    for (used, expected) in [
        (
            Amount {
                turns: 9,
                tokens: 999,
                micros: 99,
                ..limit
            },
            None,
        ),
        (
            Amount {
                turns: 10,
                ..nothing
            },
            Some(Bound::Turns),
        ),
        (
            Amount {
                tokens: 1000,
                ..nothing
            },
            Some(Bound::Tokens),
        ),
        (
            Amount {
                micros: 100,
                ..nothing
            },
            Some(Bound::Cost),
        ),
    ] {
        let mut budget = Budget::new(&contract());
        let id = budget.reserve("b", used).unwrap();
        assert_eq!(budget.used_up(), None, "nothing is used yet");
        assert!(budget.settle(id, used));
        assert_eq!(budget.used_up(), expected, "{used:?}");
    }
}

#[test]
fn a_limit_of_everything_is_a_limit() {
    let mut all: Contract = contract();
    all.limits.tokens = MAX;
    let mut budget = Budget::new(&all);
    budget.reserve("b", tokens(MAX)).unwrap();
    assert!(budget.reserve("b", tokens(1)).is_err());
    assert!(budget.reserve("b", tokens(0)).is_ok());
}

#[test]
fn a_price_is_rounded_up_and_never_wraps() {
    let price = |input, output, per| Price {
        currency: "USD".to_owned(),
        input,
        output,
        per,
    };
    for (price, input, output, expected) in [
        (price(3, 15, 1), 2, 3, 51),
        (price(3_000_000, 15_000_000, 1_000_000), 1, 0, 3),
        (price(1, 1, 1_000_000), 1, 0, 1),
        (price(1, 1, 1_000_000), 0, 0, 0),
        (price(1, 1, 1_000_000), 500_000, 500_000, 1),
        (price(1, 1, 1_000_000), 500_000, 500_001, 2),
        (price(0, 0, 1), MAX, MAX, 0),
        (price(1, 0, 1), MAX, 0, MAX),
        (price(MAX, MAX, 1), MAX, MAX, MAX),
        (price(MAX, MAX, MAX), MAX, 0, MAX),
        (price(1, 1, 0), 0, 0, MAX),
        (price(2, 0, 2), MAX, 0, MAX),
    ] {
        assert_eq!(
            cost(&price, input, output),
            expected,
            "{price:?} {input} {output}"
        );
    }
}

#[test]
fn a_restart_takes_what_was_under_way_for_used() {
    let again = Event::RunOpened(opened());
    let state = script(
        running(),
        &[
            (reserve(2, 0, "a", 10), "reservation"),
            (reserve(1, 0, "a", 100), "ok"),
            (reserve(1, 0, "a", 100), "reservation"),
            (reserve(2, 0, "a", 100), "ok"),
            (settle(2, 5, 6), "ok"),
            (settle(2, 5, 6), "reservation"),
            (reserve(3, 1, "a", 1), "cycle-unclaimed"),
            (reserve(3, 0, "nobody", 1), "agents"),
            (reserve(3, 0, "a", 100), "ok"),
            (reserve(4, 0, "a", 100), "ok"),
            (reserve(5, 0, "a", 100), "concurrency"),
            (again.clone(), "ok"),
            (settle(1, 0, 0), "reservation"),
            (reserve(5, 0, "a", 289), "ok"),
            (again, "ok"),
            (reserve(6, 0, "a", 1), "tokens"),
        ],
    );
    assert_eq!(state.budget().used().tokens, 11 + 300 + 289);
    assert_eq!(state.budget().reserved(), Total::default());
    assert_eq!(state.tokens(), (5, 6));
}

#[test]
fn nothing_is_reserved_before_a_run_is_opened() {
    let mut state = crate::state::State::new(&contract());
    assert_eq!(verdict(&mut state, &reserve(1, 0, "a", 1)), "no-run");
}
