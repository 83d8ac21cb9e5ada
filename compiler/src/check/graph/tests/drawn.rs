//! Random graphs as text: whatever is written, the number that is said is the longest walk that there is.

use super::{AGENT, stepped};
use proptest::prelude::*;

/// By step: words, each with a goal, a bound and where it goes then; goals beyond the steps are ends.
type Drawn = Vec<Vec<(usize, u64, usize)>>;

const WORDS: [&str; 3] = ["failed", "fine", "odd"];

fn name(goal: usize, steps: usize) -> String {
    match goal {
        step if step < steps => format!("s{step}"),
        end if end % 2 == 0 => "end".to_owned(),
        _ => "fail".to_owned(),
    }
}

/// The steps that can be reached from one.
fn reached(drawn: &Drawn, from: usize) -> Vec<bool> {
    let mut seen = vec![false; drawn.len()];
    let mut open: Vec<usize> = drawn[from].iter().map(|e| e.0).collect();
    while let Some(step) = open.pop().map(|step| step.min(drawn.len())) {
        if step < drawn.len() && !std::mem::replace(&mut seen[step], true) {
            open.extend(drawn[step].iter().map(|e| e.0));
        }
    }
    seen
}

fn leads_back(drawn: &Drawn, from: usize, to: usize) -> bool {
    to == from || to < from && reached(drawn, to)[from]
}

/// The longest walk, by trying all of them; none if it is longer than is worth trying.
fn tried(drawn: &Drawn, step: usize, taken: &mut [[u64; 3]], fuel: &mut u32) -> Option<u64> {
    *fuel = fuel.checked_sub(1)?;
    let mut longest = 0;
    for (word, (to, times, then)) in drawn[step].iter().enumerate() {
        let back = *to < drawn.len() && leads_back(drawn, step, *to);
        let goes = !back || taken[step][word] < *times;
        let goal = if goes { *to } else { *then };
        if goal < drawn.len() {
            taken[step][word] += u64::from(back && goes);
            longest = longest.max(tried(drawn, goal, taken, fuel)?);
            taken[step][word] -= u64::from(back && goes);
        }
    }
    Some(longest + 1)
}

/// What comes after a bound is an end, so that an edge leads back or not whatever is written about others.
fn drawn() -> impl Strategy<Value = Drawn> {
    let edge = |steps: usize| (0..steps + 2, 1..3_u64, 0..steps + 2);
    let steps = (1..6_usize).prop_flat_map(move |n| {
        let step = prop::collection::vec(edge(n), 3);
        prop::collection::vec(step, n)
    });
    steps.prop_map(|mut drawn| {
        let steps = drawn.len();
        for (to, _, then) in drawn.iter_mut().flatten() {
            *then = steps + *to % 2;
        }
        drawn
    })
}

fn findings(drawn: &Drawn) -> Vec<String> {
    let steps = drawn.len();
    let names: Vec<String> = (0..steps).map(|step| format!("s{step}")).collect();
    let line = |from: usize, word: usize, (to, times, then): (usize, u64, usize)| {
        let bound = match to < steps && leads_back(drawn, from, to) {
            true => format!(" max={times} then=\"{}\"", name(then, steps)),
            false => String::new(),
        };
        format!("on \"{}\" goto=\"{}\"{bound}", WORDS[word], name(to, steps))
    };
    let lines = drawn.iter().enumerate().map(|(from, edges)| {
        let edges = edges.iter().enumerate();
        let edges = edges.map(|(word, edge)| line(from, word, *edge));
        [AGENT.to_owned()].into_iter().chain(edges).collect()
    });
    let lines: Vec<Vec<String>> = lines.collect();
    let lines: Vec<Vec<&str>> = lines
        .iter()
        .map(|lines| lines.iter().map(String::as_str).collect())
        .collect();
    let steps: Vec<(&str, &[&str])> = names
        .iter()
        .zip(&lines)
        .map(|(name, lines)| (name.as_str(), lines.as_slice()))
        .collect();
    let found = stepped(1, &steps).findings(crate::check::graph::check);
    found.iter().map(super::shown).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn s2_13_the_most_steps_of_a_run_are_those_of_the_longest_walk(drawn in drawn()) {
        let mut taken = vec![[0; 3]; drawn.len()];
        let Some(longest) = tried(&drawn, 0, &mut taken, &mut 20_000) else {
            return Ok(());
        };
        let come = reached(&drawn, 0);
        let mut expected = vec![format!(
            "PA0705 a run may take {longest} steps and 1 reminder, and its depth is 1"
        )];
        let lost = (1..drawn.len()).filter(|step| !come[*step]);
        expected.extend(lost.map(|step| format!("PA0807 no path leads to step `s{step}`")));
        let mut found = findings(&drawn);
        found.sort();
        prop_assert_eq!(found, expected);
    }
}
