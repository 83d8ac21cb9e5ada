//! Workspaces for tests of the plan: `golden/plan/*` and the one that the pages start from.

use crate::check::check;
use crate::diag::Severity;
use crate::load::{Extra, Loader};
use crate::plan::{Plan, build};
use crate::resolve::Unit;
use crate::span::Sources;
use crate::world::Memory;

type Files = &'static [(&'static str, &'static str)];

macro_rules! workspace {
    ($folder:literal, $($file:literal),+) => {
        &[$(($file, include_str!(concat!("../../../golden/", $folder, "/", $file)))),+]
    };
}

/// The smallest workspace.
pub(super) const BASE: Files = workspace!(
    "pages/base",
    "pure-agent.kdl",
    "run.kdl",
    "policy.kdl",
    "target.kdl"
);
/// Every part of the language that a plan shows.
pub(super) const FULL: Files = workspace!(
    "plan/full",
    "pure-agent.kdl",
    "run.kdl",
    "models.kdl",
    "coder.md",
    "policy.kdl",
    "target.kdl"
);
/// A schedule, a local model, no price.
pub(super) const NIGHTLY: Files = workspace!(
    "plan/nightly",
    "pure-agent.kdl",
    "run.kdl",
    "policy.kdl",
    "target.kdl"
);

/// The plan of a workspace as it stands, which the checks permit.
pub(super) fn plan(files: Files) -> Plan {
    let (unit, sources) = unit(files, &[]);
    let findings = check(&unit, &sources);
    let errors: Vec<_> = findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    build(&unit)
}

/// The plan of a workspace in whose spec each first text, which occurs, is replaced by the second.
/// Its policies may refuse that: a plan says what a spec asks for.
pub(super) fn edited(files: Files, edits: &[(&str, &str)]) -> Plan {
    build(&unit(files, edits).0)
}

fn unit(files: Files, edits: &[(&str, &str)]) -> (Unit, Sources) {
    let mut world = Memory::default();
    for (path, text) in files {
        let mut text = (*text).to_owned();
        if *path == "run.kdl" {
            for (from, to) in edits {
                assert!(text.contains(from), "nothing to replace: {from}");
                text = text.replace(from, to);
            }
        }
        world.add(*path, text);
    }
    let mut loader = Loader::open(&world, Extra::default());
    let unit = loader.unit("run.kdl");
    let found: Vec<_> = loader.findings.iter().collect();
    assert!(found.is_empty(), "{found:#?}");
    (unit.expect("a run"), loader.sources)
}
