//! What is run, and everything that is wrong with it at once.

use crate::emit::{contract, inputs};
use crate::plan::deadlines::{Deadlines, deadlines};
use crate::plan::{AgentPlan, Plan};
use pure_agent_runtime::contract::{Contract, Harness};
use pure_agent_runtime::gateway::inputs::Inputs;
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
        let servers = plan.servers.iter().any(|server| server.pod.is_some());
        Ok(Self {
            deadlines: deadlines(&plan.limits, servers),
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

    pub(super) fn entry(&self) -> Option<&AgentPlan> {
        crate::emit::pods::entry(&self.plan)
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

/// Secrets and certificates: those that are asked for, and no others.
fn given(wish: &Wish) -> Vec<Mistake> {
    let mut found = Vec::new();
    for secret in &wish.plan.secrets {
        let name = &secret.name;
        match wish.secrets.get(name) {
            None => found.push(mistake(
                format!("secret `{name}` is not given"),
                format!("`--secret {name}=env:VARIABLE`, or `--secret {name}=file:PATH`"),
            )),
            Some(value) if value.trim_ascii().is_empty() => found.push(mistake(
                format!("secret `{name}` is empty"),
                "name a variable or a file that holds it",
            )),
            Some(_) => {}
        }
    }
    for name in wish.secrets.0.keys() {
        if !wish.plan.secrets.iter().any(|secret| secret.name == *name) {
            let known = wish.plan.secrets.iter().map(|secret| secret.name.as_str());
            found.push(mistake(
                format!("the run has no secret `{name}`"),
                names("it has", known),
            ));
        }
    }
    match (&wish.plan.target.trust_bundle, &wish.trust) {
        (Some(_), None) => found.push(mistake(
            format!(
                "target `{}` names certificates to trust",
                wish.plan.target.name
            ),
            "`--trust FILE`, with those that stand in for them here",
        )),
        (None, Some(_)) => found.push(mistake(
            format!(
                "target `{}` names no certificates to trust",
                wish.plan.target.name
            ),
            "leave `--trust` out, or name `trust-bundle` in the target",
        )),
        _ => {}
    }
    found
}

fn names<'n>(before: &str, names: impl Iterator<Item = &'n str>) -> String {
    let list: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match list.is_empty() {
        true => format!("{before} none"),
        false => format!("{before} {}", list.join(", ")),
    }
}

/// Each input by itself, as the gateway judges it.
fn wrong_inputs(wish: &Wish) -> Vec<Mistake> {
    let contract = contract::contract(&wish.plan);
    let mut found = Vec::new();
    for name in wish.inputs.keys() {
        if !contract.inputs.iter().any(|input| input.name == *name) {
            let known = contract.inputs.iter().map(|input| input.name.as_str());
            found.push(mistake(
                format!("the run has no input `{name}`"),
                names("it has", known),
            ));
        }
    }
    for input in &contract.inputs {
        let alone = Contract {
            inputs: vec![input.clone()],
            ..contract.clone()
        };
        let value = wish.inputs.get_key_value(&input.name);
        let value = value.map(|(name, value)| (name.clone(), value.clone()));
        let coded = inputs::encode(&value.into_iter().collect());
        if let Err(why) = Inputs::read(&coded, &alone) {
            found.push(mistake(
                why.to_string(),
                format!("`--input {}=VALUE`", input.name),
            ));
        }
    }
    found
}

/// An image cannot be started here.
fn servers(plan: &Plan) -> Vec<Mistake> {
    let images = plan.servers.iter().filter(|server| server.pod.is_some());
    let say = |name: &str| {
        mistake(
            format!("server `{name}` is an image, which a run on this machine does not start"),
            "submit the run to a cluster, or use a builtin server",
        )
    };
    images.map(|server| say(&server.contract.name)).collect()
}

/// The image of an agent is not used here, so its program must be found.
fn harness(wish: &Wish) -> Vec<Mistake> {
    let Some(agent) = crate::emit::pods::entry(&wish.plan) else {
        return vec![bug("the plan has no agent that it starts with")];
    };
    let agent = &agent.contract;
    let program = match agent.harness {
        Harness::ClaudeCode => "claude",
        Harness::Codex => "codex",
        Harness::Gemini => "gemini",
        Harness::Generic => agent.command.first().map_or("", String::as_str),
    };
    if super::roles::finds(&wish.agent_path, program) {
        return Vec::new();
    }
    let what = format!(
        "agent `{}` needs `{program}`, which is in no folder of the system",
        agent.name
    );
    let help = "the image is not used here: `--agent-path DIR` names a folder with the program in it or in its `bin`";
    vec![mistake(what, help)]
}

/// 64 bytes that nobody knows.
fn random() -> std::io::Result<[u8; 64]> {
    let mut bytes = [0; 64];
    let drawn = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    match drawn == bytes.len() {
        true => Ok(bytes),
        false => Err(std::io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Five letters and digits.
fn word(random: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |byte: &u8| LETTERS.get(usize::from(byte & 31)).copied().map(char::from);
    random.iter().take(5).filter_map(letter).collect()
}

/// A UUID of version 4.
fn uid(random: &[u8]) -> String {
    let mut bytes: Vec<u8> = random.iter().skip(8).take(16).copied().collect();
    if let Some(byte) = bytes.get_mut(6) {
        *byte = *byte & 0x0f | 0x40;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = *byte & 0x3f | 0x80;
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}
