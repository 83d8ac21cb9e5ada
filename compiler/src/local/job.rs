//! What is run, and everything that is wrong with it at once.

mod chance;
mod judge;

use crate::emit::{contract, inputs};
use crate::plan::deadlines::Deadlines;
use crate::plan::{AgentPlan, Plan};
use chance::{random, uid, word};
use judge::{exports, given, harness, servers, wrong_inputs};
use pure_agent_runtime::contract::ApprovalVia;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What somebody wishes to run.
#[derive(Debug)]
pub struct Wish {
    /// The plan of the spec.
    pub plan: Plan,
    /// Digest of the bundle that it compiles to.
    pub bundle: String,
    /// Inputs by name.
    pub inputs: BTreeMap<String, String>,
    /// Secrets by their names in the spec.
    pub secrets: Secrets,
    /// Certificates that are trusted beside the public roots, where the target names some.
    pub trust: Option<Vec<u8>>,
    /// Folders whose programs an agent finds beside those of the system.
    pub agent_path: Vec<PathBuf>,
    /// Whether agents are kept apart from this machine.
    pub isolated: bool,
    /// Whether exports are shown instead of done.
    pub dry: bool,
}

/// Values by name, which nothing shows.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, Vec<u8>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    /// Adds one; whether there was none of this name.
    pub fn add(&mut self, name: String, value: Vec<u8>) -> bool {
        self.0.insert(name, value).is_none()
    }

    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

/// Something that is wrong with a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What, as a fragment.
    pub what: String,
    /// What to type.
    pub help: String,
}

/// A run that can start.
#[derive(Debug)]
pub struct Job {
    pub(super) plan: Plan,
    pub(super) contract: contract::Sealed,
    pub(super) bundle: String,
    pub(super) inputs: String,
    pub(super) secrets: Secrets,
    pub(super) trust: Option<Vec<u8>>,
    pub(super) agent_path: Vec<PathBuf>,
    pub(super) folder: PathBuf,
    pub(super) isolated: bool,
    pub(super) dry: bool,
    pub(super) deadlines: Deadlines,
    /// Name of the run.
    pub(super) name: String,
    /// Its UID.
    pub(super) uid: String,
    /// Its key.
    pub(super) key: Vec<u8>,
    /// This program.
    pub(super) program: PathBuf,
}

impl Job {
    /// Judges a wish, in which these mistakes were found before.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(wish: Wish, mut mistakes: Vec<Mistake>) -> Result<Self, Vec<Mistake>> {
        let sealed = contract::seal(&wish.plan).map_err(|why| vec![bug(&why.to_string())])?;
        mistakes.extend(given(&wish));
        mistakes.extend(wrong_inputs(&wish));
        mistakes.extend(servers(&wish.plan));
        mistakes.extend(exports(&wish));
        mistakes.extend(harness(&wish));
        if !wish.plan.enabled {
            let what = format!("run `{}` is disabled", wish.plan.name);
            mistakes.push(mistake(what, "remove `enabled #false` from its spec"));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let random = random().map_err(|why| vec![bug(&why.to_string())])?;
        let program = std::env::current_exe().map_err(|why| vec![bug(&why.to_string())])?;
        let Wish {
            plan,
            bundle,
            inputs,
            secrets,
            trust,
            agent_path,
            isolated,
            dry,
        } = wish;
        Ok(Self {
            deadlines: plan.deadlines(),
            name: format!("{}-{}", plan.name, word(&random)),
            uid: uid(&random),
            key: random.get(32..).unwrap_or_default().to_vec(),
            inputs: inputs::encode(&inputs),
            contract: sealed,
            plan,
            bundle,
            secrets,
            trust,
            agent_path,
            folder: PathBuf::new(),
            isolated,
            dry,
            program,
        })
    }

    /// The same in this folder, which is there and empty.
    #[must_use]
    pub fn at(self, folder: PathBuf) -> Self {
        Self { folder, ..self }
    }

    /// What of the spec this machine does otherwise than a cluster, for people.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let limits = "memory, CPU and the size of the workspace have no limit here, as they have on a cluster";
        let mut notes = vec![limits.to_owned()];
        for approval in &self.plan.approvals {
            if matches!(approval.via, ApprovalVia::Signature { .. }) {
                let name = &approval.name;
                notes.push(format!(
                    "approval `{name}` needs a signature, which only a cluster takes: here it is denied when its time is over"
                ));
            }
        }
        notes
    }

    /// Name of the run.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its models are paid in.
    #[must_use]
    pub fn currency(&self) -> String {
        let prices = self.plan.models.iter().filter_map(|m| m.price.as_ref());
        let mut currencies = prices.map(|price| price.currency.clone());
        currencies.next().unwrap_or_default()
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// An agent that a cycle may start: the one, or, where it is chosen, the one of this name.
    pub(super) fn agent(&self, chosen: Option<&str>) -> Option<&AgentPlan> {
        let is = |agent: &&AgentPlan| chosen.is_none_or(|name| agent.contract.name == name);
        self.plan.starting().find(is)
    }
}

fn mistake(what: impl Into<String>, help: impl Into<String>) -> Mistake {
    Mistake {
        what: what.into(),
        help: help.into(),
    }
}

fn bug(why: &str) -> Mistake {
    mistake(
        format!("the run cannot be prepared: {why}"),
        "report it with the spec",
    )
}
