//! Graphs, and walks through them, from a seed.

use pure_agent_runtime::contract::graph::{FAILED, OK};
use pure_agent_runtime::contract::{Edge, Goal, Graph, GraphStep, Most, Visit, Work};
use std::collections::BTreeMap;

/// Most visits of a walk, so that all of them end in minutes.
const MOST: usize = 9;

/// Draws numbers: the same ones for a seed.
pub(super) struct Draw(u64);

/// One walk: the visits with the names of their steps, and the word that follows each.
pub(super) struct Walked {
    pub(super) visits: Vec<(String, u32)>,
    pub(super) words: Vec<String>,
}

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66)
    }

    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bound = u64::try_from(bound).unwrap();
        usize::try_from((mixed ^ (mixed >> 31)) % bound).unwrap()
    }

    /// Three to seven steps, of which each goes on to one of the next two, or back.
    pub(super) fn graph(&mut self) -> Graph {
        let steps = 3 + self.below(5);
        let all = (0..steps).map(|from| self.step(from, steps));
        Graph {
            steps: all.collect(),
        }
    }

    fn step(&mut self, from: usize, steps: usize) -> GraphStep {
        let agent = from == 0 || self.below(3) == 0;
        let (work, words): (Work, &[&str]) = match agent {
            true => (
                Work::Agent {
                    agent: "worker".to_owned(),
                    answers: Vec::new(),
                },
                &["fine", "odd", FAILED],
            ),
            false => (
                Work::Call {
                    server: "linear".to_owned(),
                    tool: "get_issue".to_owned(),
                    effect: false,
                    arguments: BTreeMap::new(),
                    after: 0,
                },
                &[OK, FAILED],
            ),
        };
        let edges = words
            .iter()
            .map(|word| ((*word).to_owned(), self.edge(from, steps)));
        GraphStep {
            name: format!("s{from}"),
            work,
            on: edges.collect(),
        }
    }

    fn edge(&mut self, from: usize, steps: usize) -> Edge {
        let later = |draw: &mut Self| match from + 1 + draw.below(2) {
            to if to < steps => Goal::Step(format!("s{to}")),
            _ => Goal::End,
        };
        if self.below(3) > 0 {
            let to = later(self);
            return Edge { to, most: None };
        }
        let times = u32::try_from(1 + self.below(2)).unwrap();
        let then = later(self);
        Edge {
            to: Goal::Step(format!("s{}", self.below(from + 1))),
            most: Some(Most { times, then }),
        }
    }

    /// Takes an edge at each step until the run ends, or is cut off.
    pub(super) fn walk(&mut self, graph: &Graph) -> Walked {
        let mut walked = Walked {
            visits: Vec::new(),
            words: Vec::new(),
        };
        let mut taken: BTreeMap<(u32, String), u32> = BTreeMap::new();
        let mut at = Some(0);
        while let Some(step) = at {
            let cycle = u32::try_from(walked.visits.len()).unwrap();
            let number = |step: u32, cycle: u32| Visit { step, cycle }.number().unwrap();
            let here = &graph.steps[step as usize];
            walked.visits.push((here.name.clone(), number(step, cycle)));
            let outcomes: Vec<&String> = here.on.keys().collect();
            let outcome = outcomes[self.below(outcomes.len())].clone();
            let edge = &here.on[&outcome];
            let times = taken.entry((step, outcome)).or_default();
            let goal = match &edge.most {
                Some(most) if *times >= most.times => &most.then,
                Some(_) | None => &edge.to,
            };
            *times += u32::from(edge.most.is_some());
            at = match goal {
                Goal::Step(name) if walked.visits.len() < MOST => graph.number(name),
                Goal::Step(_) | Goal::End | Goal::Fail => None,
            };
            let word = at.map_or("stop".to_owned(), |next| {
                number(next, cycle + 1).to_string()
            });
            walked.words.push(word);
        }
        walked
    }
}
