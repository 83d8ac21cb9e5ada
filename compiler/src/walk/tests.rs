//! The numbers that a walk is promised to keep, against walkers that know nothing but the edges.

use super::{Edge, Walk};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn edge(from: usize, to: usize) -> Edge {
    Edge {
        from,
        to: Some(to),
        most: None,
    }
}

fn back(from: usize, to: usize, times: u64, then: Option<usize>) -> Edge {
    Edge {
        from,
        to: Some(to),
        most: Some((times, then)),
    }
}

fn out(from: usize) -> Edge {
    Edge {
        from,
        to: None,
        most: None,
    }
}

/// The longest walk, by trying all of them.
fn tried(edges: &[Edge], step: usize, taken: &mut Vec<u64>) -> u64 {
    let mut longest = 0;
    for (number, edge) in edges.iter().enumerate().filter(|(_, e)| e.from == step) {
        let (goal, counts) = match edge.most {
            None => (edge.to, false),
            Some((times, _)) if taken[number] < times => (edge.to, true),
            Some((_, then)) => (then, false),
        };
        if let Some(goal) = goal {
            taken[number] += u64::from(counts);
            longest = longest.max(tried(edges, goal, taken));
            taken[number] -= u64::from(counts);
        }
    }
    longest + 1
}

#[test]
fn a_line_has_as_many_visits_as_steps() {
    let walk = Walk::new(3, vec![edge(0, 1), edge(1, 2), out(2)]);
    assert_eq!(walk.longest(), Some(3));
    assert_eq!([0, 1, 2].map(|step| walk.visits(step)), [1, 1, 1]);
}

#[test]
fn a_circle_comes_again_as_often_as_its_bound_says() {
    // 0 to 1, back twice, then 2.
    let edges = vec![edge(0, 1), back(1, 0, 2, Some(2)), out(2)];
    let walk = Walk::new(3, edges);
    assert_eq!(walk.longest(), Some(7));
    assert_eq!([0, 1, 2].map(|step| walk.visits(step)), [3, 3, 1]);
    assert!(walk.leads_back(1, 0) && !walk.leads_back(0, 1) && !walk.leads_back(1, 2));
    assert!(walk.leads_back(2, 2));
}

#[test]
fn a_circle_without_a_bound_has_no_longest_walk() {
    assert_eq!(Walk::new(2, vec![edge(0, 1), edge(1, 0)]).longest(), None);
    assert_eq!(Walk::new(1, vec![edge(0, 0)]).longest(), None);
    // Back by `then`, which has none.
    let then = vec![edge(0, 1), back(1, 1, 1, Some(0))];
    assert_eq!(Walk::new(2, then).longest(), None);
}

#[test]
fn an_edge_to_an_earlier_step_that_comes_to_nothing_leads_back_nowhere() {
    let walk = Walk::new(3, vec![edge(0, 2), out(1), edge(2, 1)]);
    assert!(!walk.leads_back(2, 1));
    assert_eq!(walk.longest(), Some(3));
}

#[test]
fn bounds_too_many_to_try_are_added_up() {
    let mut edges: Vec<Edge> = (0..8)
        .map(|step| back(step, step, 40, Some(step + 1)))
        .collect();
    edges.push(out(8));
    let walk = Walk::new(9, edges);
    assert_eq!(walk.longest(), Some((1 + 8 * 40) * 9));
    assert_eq!(walk.visits(3), 41);
}

#[test]
fn what_is_left_out_is_not_come_by() {
    let walk = Walk::new(3, vec![edge(0, 1), edge(0, 2), edge(1, 2)]);
    assert_eq!(walk.reached(&[]), [true, true, true]);
    assert_eq!(walk.reached(&[true, false, false]), [true, false, true]);
    assert_eq!(walk.reached(&[false, true, true]), [true, true, false]);
}

/// Steps with up to three edges; those that lead back get a bound.
fn graphs() -> impl Strategy<Value = (usize, Vec<Edge>)> {
    let edge = |steps: usize| (0..steps, 0..=steps, 0..4_u64, 0..=steps);
    (1..7_usize).prop_flat_map(move |steps| {
        let edges = prop::collection::vec(edge(steps), 0..10);
        edges.prop_map(move |edges| (steps, bounded(steps, edges)))
    })
}

fn bounded(steps: usize, edges: Vec<(usize, usize, u64, usize)>) -> Vec<Edge> {
    let goal = |goal: usize| (goal < steps).then_some(goal);
    let edges = edges.into_iter().map(|(from, to, times, then)| {
        let to = goal(to);
        // Whatever goes back in the list has a bound, and goes on to a step that comes later.
        let most = to
            .filter(|to| *to <= from)
            .map(|_| (times, goal(then).filter(|t| *t > from)));
        Edge { from, to, most }
    });
    edges.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn s4_20_the_longest_walk_is_the_longest_that_there_is((steps, edges) in graphs()) {
        let walk = Walk::new(steps, edges.clone());
        // Few enough to try them all.
        let bounds: u64 = edges.iter().filter_map(|e| e.most).map(|(times, _)| times).sum();
        prop_assume!(bounds <= 8);
        let mut taken = vec![0; edges.len()];
        prop_assert_eq!(walk.longest(), Some(tried(&edges, 0, &mut taken)));
    }

    #[test]
    fn no_walker_comes_more_often_than_is_said(
        (steps, edges) in graphs(),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 400),
    ) {
        let walk = Walk::new(steps, edges.clone());
        let longest = walk.longest().unwrap();
        let order = walk.order().unwrap();
        let mut taken = vec![0; edges.len()];
        let mut visits: BTreeMap<usize, u64> = BTreeMap::new();
        let mut at = Some(0);
        let mut choices = choices.into_iter();
        while let Some(step) = at {
            *visits.entry(step).or_default() += 1;
            let own: Vec<usize> = (0..edges.len()).filter(|e| edges[*e].from == step).collect();
            let Some(choice) = choices.next().filter(|_| !own.is_empty()) else { break };
            let number = own[choice.index(own.len())];
            at = match edges[number].most {
                None => edges[number].to,
                Some((times, _)) if taken[number] < times => {
                    taken[number] += 1;
                    edges[number].to
                }
                Some((_, then)) => then,
            };
        }
        let reached = walk.reached(&[]);
        for (step, times) in &visits {
            prop_assert!(reached[*step]);
            prop_assert!(*times <= walk.visits(*step), "step {} {} times", step, times);
        }
        let all: u64 = visits.values().sum();
        prop_assert!(all <= longest && longest <= walk.bound(&order));
    }
}
