//! A run that submits another one, and that one beside it. No host outside is needed.

use super::kubectl::{get, sure};
use super::place::{Place, filled};
use super::programs;
use super::reference::value;
use crate::emitted::files_of;
use pure_agent::load::Extra;
use serde_json::Value;
use std::collections::BTreeMap;

/// Where runs are.
pub const RUNS: &str = "pure-agent-test-runs";

/// A namespace with both specs.
#[derive(Debug)]
pub struct Handover {
    /// The bundle whose runs submit others.
    pub planner: Place,
    /// The bundle whose runs are submitted.
    pub daily: Place,
}

impl Handover {
    /// Installs both.
    ///
    /// # Errors
    /// What is missing, as a sentence.
    ///
    /// # Panics
    /// When an object is refused.
    pub fn open() -> Result<Self, String> {
        let runtime = programs::runtime()?;
        let script = include_str!("handover/agent.py");
        let agent = programs::scripted("worker", "/usr/bin/agent", script)?;
        let [daily, planner] = bundles(&runtime, &agent);
        let planner = Place::install(RUNS, planner, &value);
        let daily = planner.beside(daily, &value);
        Ok(Self { planner, daily })
    }

    /// Starts a run that submits another one; `first` is the UID of the one that it tries again. Gives its UID.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn submit(&self, name: &str, first: Option<&str>) -> String {
        let inputs = BTreeMap::from([("day".to_owned(), "2026-11-29".to_owned())]);
        let inputs = pure_agent::emit::inputs::encode(&inputs);
        let mut workflow = super::launch::workflow(&self.planner, name, &inputs);
        if let Some(first) = first {
            let parameters = &mut workflow["spec"]["arguments"]["parameters"];
            let list = parameters.as_array_mut().unwrap();
            list.push(serde_json::json!({"name": "retry-of", "value": first}));
        }
        let made = sure("create -f - -o json", &workflow.to_string());
        let made: Value = serde_json::from_str(&made).unwrap();
        made["metadata"]["uid"].as_str().unwrap().to_owned()
    }
}

/// The runs of a spec.
#[must_use]
pub fn runs(spec: &str) -> Vec<Value> {
    let all = get(&format!("workflows -n {RUNS}"));
    let all = all["items"].as_array().into_iter().flatten();
    let of = all.filter(|run| run["spec"]["workflowTemplateRef"]["name"] == spec);
    of.cloned().collect()
}

/// The files of both bundles, by the names of their specs.
fn bundles(runtime: &str, agent: &str) -> [Vec<(String, String)>; 2] {
    let words = [
        ("\"RUNS\"", format!("\"{RUNS}\"")),
        ("\"AGENT\"", format!("\"{agent}\"")),
        ("\"RUNTIME\"", format!("\"{runtime}\"")),
    ];
    let files = [
        ("pure-agent.kdl", include_str!("handover/pure-agent.kdl")),
        ("policy.kdl", include_str!("handover/policy.kdl")),
        ("planner.kdl", include_str!("handover/planner.kdl")),
        ("daily.kdl", include_str!("handover/daily.kdl")),
        ("target.kdl", include_str!("handover/target.kdl")),
    ];
    let paths = ["daily.kdl", "planner.kdl"];
    let all = files_of(&filled(&files, &words), Extra::default(), &paths);
    all.try_into().unwrap()
}
