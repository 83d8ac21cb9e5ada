//! What Argo makes of the templates, against an interpreter that knows nothing but the graph.
//!
//! The interpreter of Argo is as small as what the templates ask of it: the last group of a template has calls with a
//! `when` of one form, and whichever holds is the next template.

mod diagnose;

use super::super::super::steps;
use crate::emit::argo::{StepCall, Template};
use crate::emit::deadlines::cycles;
use crate::emit::testing::{rich, stepped};
use crate::plan::{Flow, Plan};
use crate::walk::{Edge as WalkEdge, Walk};
use proptest::prelude::*;
use pure_agent_runtime::contract::graph::{APPROVED, EXPIRED, FAILED, OK, REJECTED};
use pure_agent_runtime::contract::{Edge, Goal, Graph, GraphStep, Most, Visit, Work};
use std::collections::BTreeMap;

/// Templates by name, as Argo has them.
struct Argo(BTreeMap<String, Template>);

/// One template that Argo entered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entered {
    template: String,
    visit: u32,
}

impl Argo {
    fn of(plan: &Plan) -> Self {
        let all = steps::templates(plan).into_iter();
        Self(all.map(|t| (t.name.clone(), t)).collect())
    }

    /// What is entered, if the router or the step of each visit answers with these words.
    fn course(&self, mut word: impl FnMut(u32) -> String) -> Vec<Entered> {
        let main = self.0["main"].steps.iter().flatten();
        let first = main.clone().find(|call| call.name == "cycle").unwrap();
        let mut next = Some((first.template.clone(), argument(first, "visit")));
        let mut entered = Vec::new();
        while let Some((template, visit)) = next {
            let visit: u32 = visit.parse().unwrap();
            assert!(entered.len() < 200, "Argo nests no deeper");
            entered.push(Entered {
                template: template.clone(),
                visit,
            });
            let word = word(visit);
            let said = |text: &str| {
                text.replace("{{steps.router.outputs.parameters.next}}", &word)
                    .replace("{{steps.step.outputs.parameters.next}}", &word)
                    .replace("{{inputs.parameters.visit}}", &visit.to_string())
            };
            let calls = self.0[&template].steps.iter().flatten();
            let calls = calls.filter(|call| call.name.starts_with("visit-"));
            let mut holds = calls.filter(|call| holds(&said(call.when.as_ref().unwrap())));
            next = holds
                .next()
                .map(|call| (call.template.clone(), said(&argument(call, "visit"))));
            assert_eq!(holds.next(), None, "two ways at once");
        }
        entered
    }

    /// The pods that a visit of a template makes, by the templates that it calls.
    fn calls(&self, template: &str) -> Vec<&str> {
        let calls = self.0[template].steps.iter().flatten();
        let calls = calls.filter(|call| !call.name.starts_with("visit-"));
        calls.map(|call| call.template.as_str()).collect()
    }
}

fn argument(call: &StepCall, name: &str) -> String {
    let all = &call.arguments.as_ref().unwrap().parameters;
    let one = all.iter().find(|p| p.name == name).unwrap();
    one.value.clone().unwrap()
}

/// `'TEXT' =~ 'PATTERN' && NUMBER < NUMBER`, and nothing else.
fn holds(when: &str) -> bool {
    let (matches, below) = when.split_once(" && ").unwrap();
    let (text, pattern) = matches.split_once(" =~ ").unwrap();
    let plain = |quoted: &str| {
        let inside = quoted.strip_prefix('\'').and_then(|q| q.strip_suffix('\''));
        inside.unwrap().to_owned()
    };
    let (number, bound) = below.split_once(" < ").unwrap();
    let number: i64 = number.parse().unwrap();
    matches_form(&plain(text), &plain(pattern)) && number < bound.parse::<i64>().unwrap()
}

/// `^[0-9]{1,2}$`, or `^STEP[0-9]{2}$`; no other form is understood.
fn matches_form(text: &str, pattern: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if pattern == "^[0-9]{1,2}$" {
        return digits(text) && (1..=2).contains(&text.len());
    }
    let step = pattern
        .strip_prefix('^')
        .and_then(|p| p.strip_suffix("[0-9]{2}$"));
    let step = step.filter(|step| digits(step)).unwrap();
    let rest = text.strip_prefix(step);
    rest.is_some_and(|rest| digits(rest) && rest.len() == 2)
}

/// The interpreter: where a graph stands, and which edges it has taken.
struct Walker<'g> {
    graph: &'g Graph,
    step: u32,
    cycle: u32,
    taken: BTreeMap<(u32, String), u32>,
}

impl<'g> Walker<'g> {
    fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            step: 0,
            cycle: 0,
            taken: BTreeMap::new(),
        }
    }

    fn at(&self) -> &'g GraphStep {
        &self.graph.steps[self.step as usize]
    }

    /// Takes the edge of an outcome; where the run then is, or that it ended.
    fn take(&mut self, outcome: &str) -> Goal {
        let edge = &self.at().on[outcome];
        let taken = self
            .taken
            .entry((self.step, outcome.to_owned()))
            .or_default();
        let goal = match &edge.most {
            Some(most) if *taken == most.times => most.then.clone(),
            Some(_) | None => edge.to.clone(),
        };
        if edge.most.is_some() && goal == edge.to {
            *taken += 1;
        }
        if let Goal::Step(name) = &goal {
            self.step = self.graph.number(name).unwrap();
            self.cycle += 1;
        }
        goal
    }

    fn visit(&self) -> u32 {
        let (step, cycle) = (self.step, self.cycle);
        Visit { step, cycle }.number().unwrap()
    }
}

fn planned(graph: Graph, depth: u32) -> Plan {
    let mut plan = rich();
    plan.flow = Flow::Graph { graph };
    plan.limits.depth = depth;
    plan.retry.infrastructure = 0;
    plan
}

fn walk(graph: &Graph) -> Walk {
    let number = |goal: &Goal| match goal {
        Goal::Step(name) => graph.number(name).map(|n| n as usize),
        Goal::End | Goal::Fail => None,
    };
    let edges = graph.steps.iter().enumerate().flat_map(|(from, step)| {
        step.on.values().map(move |edge| WalkEdge {
            from,
            to: number(&edge.to),
            most: edge
                .most
                .as_ref()
                .map(|most| (u64::from(most.times), number(&most.then))),
        })
    });
    Walk::new(graph.steps.len(), edges.collect())
}

fn work(kind: u8) -> (Work, &'static [&'static str]) {
    match kind {
        0 | 1 => {
            let agent = Work::Agent {
                agent: "coder".to_owned(),
                answers: Vec::new(),
            };
            let words: &[&str] = if kind == 0 {
                &[OK, FAILED]
            } else {
                &["fine", "odd", FAILED]
            };
            (agent, words)
        }
        2 => (
            Work::Call {
                server: "linear".to_owned(),
                tool: "get_issue".to_owned(),
                effect: false,
                arguments: BTreeMap::new(),
                after: 0,
            },
            &[OK, FAILED],
        ),
        3 => (
            Work::Approval {
                approval: "human".to_owned(),
                of: "s0".to_owned(),
            },
            &[APPROVED, REJECTED, EXPIRED],
        ),
        _ => (
            Work::Export {
                export: "comment".to_owned(),
            },
            &[OK],
        ),
    }
}

/// Kind of work, and for each outcome a goal, a bound and where it goes then.
type Drawn = (u8, Vec<(usize, u32, usize)>);

fn graph(drawn: &[Drawn]) -> Graph {
    let steps = drawn.len();
    let goal = |number: usize| match number {
        at if at < steps => Goal::Step(format!("s{at}")),
        at if at % 2 == 0 => Goal::End,
        _ => Goal::Fail,
    };
    let step = |(from, (kind, drawn)): (usize, &Drawn)| {
        let (work, words) = work(*kind);
        let edge = |(word, (to, times, then)): (&&str, &(usize, u32, usize))| {
            let back = *to <= from;
            // Where it goes after that comes later in the list.
            let then = goal(if *then > from { *then } else { steps });
            let most = back.then_some(Most {
                times: *times,
                then,
            });
            (
                (*word).to_owned(),
                Edge {
                    to: goal(*to),
                    most,
                },
            )
        };
        GraphStep {
            name: format!("s{from}"),
            work,
            on: words.iter().zip(drawn).map(edge).collect(),
        }
    };
    Graph {
        steps: drawn.iter().enumerate().map(step).collect(),
    }
}

fn graphs(most: usize) -> impl Strategy<Value = Graph> {
    let step = |steps: usize| {
        let edge = (0..steps + 2, 1..4_u32, 0..steps + 2);
        (0..5_u8, prop::collection::vec(edge, 3))
    };
    let drawn = (1..=most).prop_flat_map(move |n| prop::collection::vec(step(n), n));
    drawn.prop_map(|drawn| graph(&drawn))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn s2_13_argo_takes_the_path_of_the_graph_and_no_more_steps_than_its_bound(
        graph in graphs(9),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 60),
    ) {
        let longest = walk(&graph).longest().unwrap();
        let depth = u32::try_from(longest.min(50)).unwrap();
        let plan = planned(graph.clone(), depth);
        let argo = Argo::of(&plan);
        let mut walker = Walker::new(&graph);
        let mut path = vec![(walker.at().name.clone(), walker.visit())];
        let mut choices = choices.into_iter();
        let course = argo.course(|visit| {
            assert_eq!(visit, walker.visit());
            let words: Vec<&String> = walker.at().on.keys().collect();
            let word = words[choices.next().unwrap().index(words.len())].clone();
            match walker.take(&word) {
                Goal::Step(_) if walker.cycle < depth => {
                    path.push((walker.at().name.clone(), walker.visit()));
                    walker.visit().to_string()
                }
                Goal::Step(_) | Goal::End | Goal::Fail => "stop".to_owned(),
            }
        });
        let taken: Vec<_> = course.iter().map(|e| (e.template.replacen("visit-", "", 1), e.visit)).collect();
        prop_assert_eq!(&taken, &path);
        prop_assert!(course.len() as u64 <= longest);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is answered: no step starts that no edge leads to, none after the last cycle, none twice for one word.
    #[test]
    fn a_word_that_no_edge_leads_to_starts_nothing(
        graph in graphs(32),
        words in prop::collection::vec("[0-9]{0,5}|stop|[ -~]{0,8}", 1..40),
        next in prop::collection::vec(0..3200_u32, 40),
    ) {
        let plan = planned(graph.clone(), 12);
        let argo = Argo::of(&plan);
        let honest = next.into_iter().map(|number| number.to_string());
        let quotes = |word: String| word.replace('\'', "");
        let mut words = words.into_iter().map(quotes).zip(honest).flat_map(|(a, b)| [b, a]);
        let course = argo.course(|_| words.next().unwrap_or_else(|| "stop".to_owned()));
        for pair in course.windows(2) {
            let [from, to] = pair else { unreachable!() };
            let visit = |entered: &Entered| Visit::of(entered.visit).unwrap();
            let (before, after) = (visit(from), visit(to));
            let (source, goal) = (&graph.steps[before.step as usize], &graph.steps[after.step as usize]);
            prop_assert_eq!(&to.template, &format!("visit-{}", goal.name));
            let named = Goal::Step(goal.name.clone());
            let leads = source.on.values().any(|edge| {
                edge.to == named || edge.most.as_ref().is_some_and(|most| most.then == named)
            });
            let again = source.name == goal.name && matches!(source.work, Work::Agent { .. });
            prop_assert!(leads || again, "{} to {}", source.name, goal.name);
            prop_assert!(before.cycle < cycles(12, 0) - 1);
        }
    }
}

/// Each kind of work has the pods that it needs: an agent its attempt and the router, any other one pod.
#[test]
fn each_step_has_the_pods_of_its_work() {
    let plan = stepped();
    let argo = Argo::of(&plan);
    for step in &plan.graph().unwrap().steps {
        let calls = argo.calls(&format!("visit-{}", step.name));
        match &step.work {
            Work::Agent { agent, .. } => {
                assert_eq!(calls, [&format!("attempt-{agent}"), "drop", "router"]);
            }
            Work::Call { .. } | Work::Approval { .. } | Work::Export { .. } => {
                assert_eq!(calls, ["step"]);
            }
        }
    }
}

/// A reminder, and a repeat after a loss, come to the same step again; a call does not.
#[test]
fn an_agent_may_come_again_without_an_edge() {
    let drawn: Vec<Drawn> = vec![(2, vec![(1, 1, 2); 3]), (0, vec![(2, 1, 2); 3])];
    let argo = Argo::of(&planned(graph(&drawn), 4));
    let again = |visit: u32| match visit {
        0 => "101".to_owned(),
        101 => "102".to_owned(),
        102 => "103".to_owned(),
        _ => "104".to_owned(),
    };
    let visits: Vec<u32> = argo.course(again).iter().map(|e| e.visit).collect();
    assert_eq!(visits, [0, 101, 102, 103], "four cycles");
    let visits: Vec<u32> = argo
        .course(|_| "1".to_owned())
        .iter()
        .map(|e| e.visit)
        .collect();
    assert_eq!(visits, [0], "no edge leads from the call to itself");
}
