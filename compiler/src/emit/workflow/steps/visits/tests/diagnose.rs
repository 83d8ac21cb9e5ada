//! The example of a machine of states, compiled, and walked as Argo would.

use super::{Argo, Walker};
use crate::check::check;
use crate::diag::Severity;
use crate::load::{Extra, Loader};
use crate::plan::{Plan, build};
use crate::world::Memory;
use pure_agent_runtime::contract::graph::{APPROVED, EXPIRED, FAILED, OK, REJECTED};
use pure_agent_runtime::contract::{Given, Goal, Work};

macro_rules! example {
    ($($file:literal),+) => {
        [$(($file, include_str!(concat!("../../../../../../../examples/graph/", $file)))),+]
    };
}

fn diagnose() -> Plan {
    let mut world = Memory::default();
    let files = example!(
        "pure-agent.kdl",
        "specs/graph.kdl",
        "policies/diagnose.kdl",
        "targets/kind.kdl"
    );
    for (path, text) in files {
        world.add(path, text);
    }
    let mut loader = Loader::open(&world, Extra::default());
    let unit = loader.unit("specs/graph.kdl").unwrap();
    let errors: Vec<_> = check(&unit, &loader.sources)
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .cloned()
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    build(&unit)
}

/// The steps that Argo comes by with these outcomes, and how the run ends.
fn path(outcomes: &[&str]) -> (Vec<String>, Goal) {
    let plan = diagnose();
    let graph = plan.graph().unwrap();
    let mut walker = Walker::new(graph);
    let mut outcomes = outcomes.iter();
    let mut end = None;
    let entered = Argo::of(&plan).course(|_| match walker.take(outcomes.next().unwrap()) {
        Goal::Step(_) => walker.visit().to_string(),
        goal => {
            end = Some(goal);
            "stop".to_owned()
        }
    });
    assert_eq!(outcomes.next(), None, "the run ended before");
    let names = entered.iter().map(|e| e.template.replacen("visit-", "", 1));
    (names.collect(), end.unwrap())
}

fn work(name: &str) -> Work {
    let plan = diagnose();
    let steps = &plan.graph().unwrap().steps;
    let step = steps.iter().find(|step| step.name == name).unwrap();
    step.work.clone()
}

fn call(name: &str) -> (String, u64) {
    match work(name) {
        Work::Call {
            server,
            tool,
            after,
            ..
        } => (format!("{server}.{tool}"), after),
        other => panic!("{other:?}"),
    }
}

fn agent(name: &str) -> String {
    match work(name) {
        Work::Agent { agent, .. } => agent,
        other => panic!("{other:?}"),
    }
}

/// As far as the person: all that is read and thought.
const TO_HUMAN: [&str; 6] = [OK, "fault", OK, OK, OK, OK];

fn on(more: &[&'static str]) -> Vec<&'static str> {
    TO_HUMAN.iter().chain(more).copied().collect()
}

#[test]
fn s2_14_a_run_ends_where_all_is_well() {
    assert_eq!(call("detect").0, "stats.get_system_stats");
    assert_eq!(agent("triage"), "triage");
    let (steps, end) = path(&[OK, "healthy"]);
    assert_eq!(
        (steps, end),
        (vec!["detect".to_owned(), "triage".to_owned()], Goal::End)
    );
}

#[test]
fn s2_15_to_s2_18_what_is_read_and_thought_comes_one_after_the_other() {
    let (steps, end) = path(&on(&[REJECTED, OK]));
    let expected = [
        "detect", "triage", "logs", "analyze", "metrics", "cause", "human", "report",
    ];
    assert_eq!(
        (steps, end),
        (expected.map(str::to_owned).to_vec(), Goal::End)
    );
    assert_eq!(call("logs").0, "stats.get_service_logs");
    assert_eq!(agent("analyze"), "analyst");
    assert_eq!(call("metrics").0, "stats.get_traffic_metrics");
    assert_eq!(agent("cause"), "analyst");
}

#[test]
fn s2_19_nothing_is_executed_without_a_person_who_agreed() {
    for answer in [REJECTED, EXPIRED] {
        let (steps, _) = path(&on(&[answer, OK]));
        assert!(!steps.contains(&"execute".to_owned()), "{answer}");
    }
    let (steps, _) = path(&on(&[APPROVED, OK, OK, OK]));
    assert!(steps.contains(&"execute".to_owned()));
    let approval = Work::Approval {
        approval: "operator".to_owned(),
        of: "execute".to_owned(),
    };
    assert_eq!(work("human"), approval);
}

#[test]
fn s2_20_what_is_executed_is_what_was_answered() {
    let Work::Call {
        effect, arguments, ..
    } = work("execute")
    else {
        panic!("a call");
    };
    assert!(effect);
    let answer = |field: &str| Given::Answer {
        step: "cause".to_owned(),
        field: field.to_owned(),
    };
    let given: Vec<_> = arguments.into_iter().collect();
    let expected = ["deployment", "replicas"].map(|name| (name.to_owned(), answer(name)));
    assert_eq!(given, expected);
    let effects = diagnose().effects;
    let own = effects.iter().find(|e| e.act.starts_with("tool ")).unwrap();
    assert_eq!(
        (own.times, own.approval.as_deref()),
        (Some(2), Some("operator"))
    );
}

#[test]
fn s2_21_it_is_verified_after_a_while() {
    assert_eq!(call("verify"), ("stats.get_system_stats".to_owned(), 30));
    let (steps, end) = path(&on(&[APPROVED, OK, OK, OK]));
    assert_eq!(steps[7..], ["execute", "verify", "report"]);
    assert_eq!(end, Goal::End);
    let (steps, end) = path(&on(&[APPROVED, OK, FAILED, OK]));
    assert_eq!(steps[7..], ["execute", "verify", "escalate"]);
    assert_eq!(end, Goal::Fail);
}

#[test]
fn s4_20_what_failed_is_tried_again_as_often_as_it_may_be() {
    let again = [APPROVED, FAILED, OK, APPROVED, FAILED, OK];
    let (steps, end) = path(&on(&again));
    let expected = ["execute", "cause", "human", "execute", "escalate"];
    assert_eq!(steps[7..], expected);
    assert_eq!(end, Goal::Fail);
}

#[test]
fn s2_22_a_report_is_due_by_the_step_that_makes_it() {
    let plan = diagnose();
    let due: Vec<_> = plan
        .exports
        .iter()
        .map(|e| (e.name.as_str(), e.when))
        .collect();
    let step = pure_agent_runtime::contract::ExportWhen::Step;
    assert_eq!(due, [("webhook", step), ("notify", step)]);
    assert_eq!(work("report"), export("webhook"));
}

#[test]
fn s2_23_people_are_called_by_the_step_that_gives_up() {
    assert_eq!(work("escalate"), export("notify"));
    let (steps, end) = path(&on(&[APPROVED, OK, FAILED, OK]));
    assert_eq!(steps.last().map(String::as_str), Some("escalate"));
    assert_eq!(end, Goal::Fail);
}

fn export(name: &str) -> Work {
    Work::Export {
        export: name.to_owned(),
    }
}
