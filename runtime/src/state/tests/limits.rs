//! Any sequence of requests and crashes against a list of what was used.

use super::contract;
use crate::state::{Amount, Budget, Total};
use proptest::prelude::*;

const MAX: u64 = u64::MAX;

#[derive(Debug, Clone)]
enum Step {
    Reserve(bool, Amount),
    Settle(usize, Amount),
    Crash,
}

fn amounts() -> impl Strategy<Value = Amount> {
    let most = prop_oneof![20 => 0..40_u64, 1 => Just(MAX), 1 => Just(MAX - 1)];
    (0..3_u64, most.clone(), 0..9_u64, most).prop_map(|(turns, tokens, micros, traffic)| Amount {
        turns,
        tokens,
        micros,
        traffic,
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (any::<bool>(), amounts()).prop_map(|(a, amount)| Step::Reserve(a, amount)),
        4 => (0..4_usize, amounts()).prop_map(|(n, amount)| Step::Settle(n, amount)),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 0..60)
}

fn fields(amount: &Amount) -> [u128; 4] {
    [amount.turns, amount.tokens, amount.micros, amount.traffic].map(u128::from)
}

/// The sums of what the model holds for one agent, or for all.
fn sums<'m>(held: impl Iterator<Item = &'m (u64, bool, Amount)>, agent: Option<bool>) -> [u128; 4] {
    let mut sums = [0; 4];
    for (_, of, amount) in held {
        if agent.is_none_or(|agent| agent == *of) {
            for (sum, part) in sums.iter_mut().zip(fields(amount)) {
                *sum += part;
            }
        }
    }
    sums
}

fn total(total: Total) -> [u128; 4] {
    [total.turns, total.tokens, total.micros, total.traffic]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Against a list of all that was used and all that is under way: a reservation is given exactly when
    /// every sum stays within its limit, and no usage is ever lost.
    #[test]
    fn limits_hold_and_usage_is_never_lost(steps in steps()) {
        let limits: [(Option<bool>, [u128; 4]); 2] =
            [(None, [10, 1000, 100, 1000]), (Some(true), [6, 600, 60, 900])];
        let mut budget = Budget::new(&contract());
        let (mut open, mut used) = (Vec::<(u64, bool, Amount)>::new(), Vec::new());
        for step in steps {
            match step {
                Step::Reserve(of, amount) => {
                    let agent = if of { "a" } else { "b" };
                    let fits = open.len() < 3 && limits.iter().all(|(agent, limits)| {
                        let counts = agent.is_none_or(|agent| agent == of);
                        let sums = sums(open.iter().chain(&used), *agent);
                        let asked = fields(&amount);
                        !counts || (0..4).all(|n| sums[n] + asked[n] <= limits[n])
                    });
                    let id = budget.reserve(agent, amount);
                    prop_assert_eq!(id.is_ok(), fits, "{:?}", id);
                    if let Ok(id) = id {
                        open.push((id, of, amount));
                    }
                }
                Step::Settle(n, amount) if n < open.len() => {
                    let (id, of, _) = open.remove(n);
                    prop_assert!(budget.settle(id, amount));
                    used.push((id, of, amount));
                }
                Step::Settle(n, amount) => prop_assert!(!budget.settle(1000 + n as u64, amount)),
                Step::Crash => {
                    budget.abandon();
                    used.append(&mut open);
                }
            }
            prop_assert_eq!(total(budget.used()), sums(used.iter(), None));
            prop_assert_eq!(total(budget.reserved()), sums(open.iter(), None));
            for (name, of) in budget.agents() {
                prop_assert_eq!(total(of), sums(used.iter(), Some(name == "a")));
            }
        }
    }
}
