//! A run that submits another one, and that one beside it. No host outside is needed.

use super::kubectl::{get, sure};
use super::place::{Facts, Place};
use super::programs;
use super::reference::value;
use crate::sources::memory;
use pure_agent::compile::{self, Options};
use pure_agent::load::{Extra, Loader};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

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
    let facts = Facts::of_cluster();
    let mut api = String::new();
    for (block, port) in &facts.api_servers {
        let _written = writeln!(api, "    api-server \"{block}\" port={port}");
    }
    let words = [
        ("\"RUNS\"", format!("\"{RUNS}\"")),
        ("\"AGENT\"", format!("\"{agent}\"")),
        ("\"RUNTIME\"", format!("\"{runtime}\"")),
        ("\"CONTROLLER\"", format!("\"{}\"", facts.controller)),
        ("\"EXECUTOR\"", format!("\"{}\"", facts.executor)),
        ("API\n", api),
    ];
    let files: BTreeMap<String, Vec<u8>> = [
        ("pure-agent.kdl", include_str!("handover/pure-agent.kdl")),
        ("policy.kdl", include_str!("handover/policy.kdl")),
        ("planner.kdl", include_str!("handover/planner.kdl")),
        ("daily.kdl", include_str!("handover/daily.kdl")),
        ("target.kdl", include_str!("handover/target.kdl")),
    ]
    .into_iter()
    .map(|(name, text)| {
        let put = |text: String, (from, to): &(&str, String)| text.replace(from, to);
        let text = words.iter().fold(text.to_owned(), put);
        (name.to_owned(), text.into_bytes())
    })
    .collect();
    let world = memory(&files);
    let mut loader = Loader::open(&world, Extra::default());
    let checked = ["daily.kdl", "planner.kdl"].map(ToOwned::to_owned);
    let checked = compile::check_all(&mut loader, &checked, Options::default());
    let findings: Vec<_> = loader.findings.iter().collect();
    assert!(!loader.findings.has_errors(), "{findings:?}");
    let text = |(file, bytes): (String, Vec<u8>)| (file, String::from_utf8(bytes).unwrap());
    [0, 1].map(|at| {
        let bundle = compile::compile(&checked.units[at], &loader.sources).unwrap();
        bundle.files().into_iter().map(text).collect()
    })
}
