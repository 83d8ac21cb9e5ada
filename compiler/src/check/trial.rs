//! A workspace in memory for the tests of checks: the base of the pages, with changes.

use crate::check::check;
use crate::diag::{Finding, Findings};
use crate::load::{Extra, Loader};
use crate::resolve::Unit;
use crate::span::Sources;
use crate::world::Memory;
use std::collections::BTreeMap;

macro_rules! base {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../golden/pages/base/", $name)),
        )
    };
}

const BASE: [(&str, &str); 4] = [
    base!("pure-agent.kdl"),
    base!("run.kdl"),
    base!("policy.kdl"),
    base!("target.kdl"),
];

/// The files of a workspace.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    files: BTreeMap<String, String>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) units: Vec<Unit>,
    pub(crate) sources: Sources,
    pub(crate) findings: Findings,
}

impl Trial {
    /// The base, which has no finding.
    pub(crate) fn new() -> Self {
        Self {
            files: BASE
                .into_iter()
                .map(|(n, t)| (n.to_owned(), t.to_owned()))
                .collect(),
        }
    }

    /// Adds a file, or replaces one.
    pub(crate) fn file(mut self, name: &str, text: &str) -> Self {
        self.files.insert(name.to_owned(), text.to_owned());
        self
    }

    /// Replaces a text that must occur exactly once in a file.
    pub(crate) fn edit(mut self, name: &str, from: &str, to: &str) -> Self {
        let text = self.files.get_mut(name).expect("a file of that name");
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {name}");
        *text = text.replace(from, to);
        self
    }

    /// Changes the run spec.
    pub(crate) fn run(self, from: &str, to: &str) -> Self {
        self.edit("run.kdl", from, to)
    }

    /// Changes the policy.
    pub(crate) fn policy(self, from: &str, to: &str) -> Self {
        self.edit("policy.kdl", from, to)
    }

    /// Adds lines at the end of the run's block.
    pub(crate) fn in_run(self, lines: &str) -> Self {
        self.run("    workspace {", &format!("{lines}\n    workspace {{"))
    }

    /// Adds lines to the agent's block.
    pub(crate) fn in_agent(self, lines: &str) -> Self {
        self.run("    harness", &format!("{lines}\n    harness"))
    }

    /// Adds declarations to the run spec.
    pub(crate) fn declare(self, lines: &str) -> Self {
        self.run(
            "agent \"writer\" {",
            &format!("{lines}\nagent \"writer\" {{"),
        )
    }

    /// Adds lines to the policy's block.
    pub(crate) fn in_policy(self, lines: &str) -> Self {
        self.policy(
            "    upstream \"api",
            &format!("{lines}\n    upstream \"api"),
        )
    }

    /// Reads every spec of the workspace and checks it.
    pub(crate) fn outcome(&self) -> Outcome {
        let mut world = Memory::default();
        for (name, text) in &self.files {
            world.add(name.clone(), text.clone());
        }
        let mut loader = Loader::open(&world, Extra::default());
        let paths = loader.spec_paths();
        let units: Vec<Unit> = paths.iter().filter_map(|p| loader.unit(p)).collect();
        let mut findings = std::mem::take(&mut loader.findings);
        for unit in &units {
            findings.extend(check(unit, &loader.sources));
        }
        findings.sort(&loader.sources);
        Outcome {
            units,
            sources: loader.sources,
            findings,
        }
    }

    /// Code and underlined text of every finding, in order.
    pub(crate) fn found(&self) -> Vec<(&'static str, String)> {
        let out = self.outcome();
        let under = |f: &Finding| f.span.map_or("", |s| out.sources.snippet(s)).to_owned();
        out.findings
            .iter()
            .map(|f| (f.code.number(), under(f)))
            .collect()
    }

    /// Codes of every finding, in order.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.outcome()
            .findings
            .iter()
            .map(|f| f.code.number())
            .collect()
    }

    /// The only finding, and what its related places underline.
    pub(crate) fn only(&self) -> (Finding, Vec<String>) {
        let out = self.outcome();
        let list: Vec<&Finding> = out.findings.iter().collect();
        assert_eq!(list.len(), 1, "{list:#?}");
        let related = list[0]
            .related
            .iter()
            .map(|r| out.sources.snippet(r.span).to_owned())
            .collect();
        (list[0].clone(), related)
    }
}

#[test]
fn the_base_has_no_finding() {
    assert_eq!(Trial::new().found(), []);
}

/// Files of a page's example, over those of the base.
fn example(page: &str, heading: &str) -> Trial {
    let part = page
        .split(&format!("\n## {heading}\n"))
        .nth(1)
        .expect("the heading");
    let fence = part
        .split("```kdl\n")
        .nth(1)
        .and_then(|f| f.split("```").next())
        .expect("a fence");
    let mut trial = Trial::new();
    for file in fence.split("// file: ").skip(1) {
        let (name, text) = file.split_once('\n').expect("a name");
        trial = trial.file(name.trim(), text);
    }
    trial
}

/// The wrong example of a page gives its code and nothing else, the right one nothing.
#[test]
fn pages_show_what_they_say() {
    use crate::check::Across;
    use crate::codes::Code;
    let today = crate::values::date::Date::parse("2026-06-01").ok();
    let mine = |c: &&&Code| {
        let n = c.number();
        matches!(n, "PA0215" | "PA0216" | "PA0510" | "PA0511") || n > "PA0700" && n < "PA0900"
    };
    for code in Code::ALL.iter().filter(|c| mine(&c)) {
        for (heading, wanted) in [("Wrong", vec![code.number()]), ("Right", vec![])] {
            let mut out = example(code.page(), heading).outcome();
            let unit = out.units.first().expect("a spec").clone();
            let base = unit.policies.iter().filter(|p| p.name.value == "base");
            let mut across = Across::new(today, &base.cloned().collect::<Vec<_>>());
            across.add(&unit, &out.sources, &mut out.findings);
            out.findings.extend(across.finish(true));
            let open = out.findings.iter().filter(|f| f.waived.is_none());
            let mut codes: Vec<_> = open.map(|f| f.code.number()).collect();
            codes.dedup();
            assert_eq!(
                codes,
                wanted,
                "{} {heading} {:#?}",
                code.number(),
                out.findings
            );
        }
    }
}
