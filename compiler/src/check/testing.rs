//! Workspaces in memory for the tests of all families.

use crate::diag::Finding;
use crate::load::{Extra, Loader};
use crate::world::Memory;

const WORKSPACE: &str = include_str!("../../../golden/pages/base/pure-agent.kdl");
const RUN: &str = include_str!("../../../golden/pages/base/run.kdl");
const POLICY: &str = include_str!("../../../golden/pages/base/policy.kdl");
const TARGET: &str = include_str!("../../../golden/pages/base/target.kdl");

/// The small workspace that compiles without a finding, open to changes of its text.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) run: String,
    pub(super) policy: String,
    pub(super) target: String,
}

/// The base case.
pub(super) fn base() -> Case {
    Case {
        run: RUN.to_owned(),
        policy: POLICY.to_owned(),
        target: TARGET.to_owned(),
    }
}

impl Case {
    /// Replaces text of the run spec, which must hold it.
    pub(super) fn run(mut self, from: &str, to: &str) -> Self {
        assert!(self.run.contains(from), "run.kdl has no {from:?}");
        self.run = self.run.replace(from, to);
        self
    }

    /// Replaces text of the policy, which must hold it.
    pub(super) fn policy(mut self, from: &str, to: &str) -> Self {
        assert!(self.policy.contains(from), "policy.kdl has no {from:?}");
        self.policy = self.policy.replace(from, to);
        self
    }

    /// Adds declarations to the run spec.
    pub(super) fn declare(mut self, text: &str) -> Self {
        self.run = self
            .run
            .replacen("version 1\n", &format!("version 1\n{text}\n"), 1);
        self
    }

    /// Adds nodes to the agent.
    pub(super) fn agent(self, text: &str) -> Self {
        self.run(
            "    model \"sonnet\"\n",
            &format!("    model \"sonnet\"\n{text}\n"),
        )
    }

    /// Adds nodes to the run.
    pub(super) fn in_run(self, text: &str) -> Self {
        self.run(
            "    agent \"writer\"\n",
            &format!("    agent \"writer\"\n{text}\n"),
        )
    }

    /// Adds rules to the policy.
    pub(super) fn permit(self, text: &str) -> Self {
        self.policy(
            "policy \"base\" {\n",
            &format!("policy \"base\" {{\n{text}\n"),
        )
    }

    /// Adds another policy that the workspace requires.
    pub(super) fn also(mut self, policy: &str) -> Self {
        self.policy.push_str(policy);
        self
    }

    /// What one family finds; reading must find nothing.
    pub(super) fn findings(&self, family: super::Family) -> Vec<Finding> {
        let required = if self.policy.contains("policy \"second\"") {
            "\nrequire \"second\""
        } else {
            ""
        };
        let workspace = format!("{WORKSPACE}{required}\n");
        let mut world = Memory::default();
        world.add("pure-agent.kdl", workspace.as_str());
        world.add("run.kdl", self.run.as_str());
        world.add("policy.kdl", self.policy.as_str());
        world.add("target.kdl", self.target.as_str());
        let mut loader = Loader::open(&world, Extra::default());
        let unit = loader.unit("run.kdl");
        let read: Vec<&Finding> = loader.findings.iter().collect();
        assert!(read.is_empty(), "{read:#?}\n{}", self.run);
        let mut findings = crate::diag::Findings::default();
        family(&unit.unwrap(), &mut findings);
        findings.sort(&loader.sources);
        findings.iter().cloned().collect()
    }

    /// Numbers of the codes that one family finds.
    pub(super) fn codes(&self, family: super::Family) -> Vec<&'static str> {
        self.findings(family)
            .iter()
            .map(|f| f.code.number())
            .collect()
    }
}
