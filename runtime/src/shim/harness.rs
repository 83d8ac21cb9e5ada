//! The harnesses: how each is configured, started, and started again.
//!
//! Settings are files that the start gate writes, where the agent can read and not write ([`settings`]). They hold no
//! bearer: they name the variable that does. What depends on the turn is in the arguments and variables
//! ([`launch`]); no argument holds a bearer or a prompt.

mod claude;
mod codex;
mod gemini;
mod generic;

use super::Shim;
use super::left::Left;
use crate::contract::{Agent, Harness, Provider};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};

/// Name of the gateway as a server of tools.
const SERVER: &str = "pure-agent";
/// The variable that holds the bearer.
const BEARER: &str = "PURE_AGENT_BEARER";
/// Seconds that a call of a tool may take: it may wait for a person. The gateway has the bounds.
const TOOL_TIME: u64 = 24 * 60 * 60;

/// A model that the agent may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Id that the provider knows, which tells a harness what the model can do.
    pub id: String,
    /// Whose protocol it speaks.
    pub provider: Provider,
}

/// A start of the harness.
#[derive(Clone)]
pub enum Turn {
    /// With this prompt.
    First(String),
    /// After an end without the submission that is owed.
    Again {
        /// What it was first told, for a harness that remembers nothing.
        prompt: String,
        /// What it is told now.
        reminder: String,
    },
}

/// What is started.
#[derive(Clone)]
pub struct Launch {
    /// The program, by name or path.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its own variables.
    pub variables: Vec<(&'static str, String)>,
    /// A file of the start gate, and where the harness looks for it.
    pub settings: Option<(PathBuf, PathBuf)>,
    /// What it reads on standard input.
    pub input: String,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First(_) => "First",
            Self::Again { .. } => "Again",
        })
    }
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Launch({})", self.program)
    }
}

impl Turn {
    /// What a harness is told that resumes its session: the reminder alone.
    fn resumed(&self) -> (bool, String) {
        match self {
            Self::First(prompt) => (false, prompt.clone()),
            Self::Again { reminder, .. } => (true, reminder.clone()),
        }
    }

    /// What a harness is told that remembers nothing.
    fn whole(&self) -> String {
        match self {
            Self::First(prompt) => prompt.clone(),
            Self::Again { prompt, reminder } => format!("{prompt}\n\n{reminder}\n"),
        }
    }
}

/// The files that the start gate writes for a harness, in `folder`; `gateway` is the gateway's URL for agents.
#[must_use]
pub fn settings(agent: &Agent, folder: &Path, gateway: &str) -> Vec<(&'static str, Vec<u8>)> {
    match agent.harness {
        Harness::ClaudeCode => claude::settings(agent, folder, gateway),
        Harness::Gemini => gemini::settings(gateway),
        // What these are told is in their arguments and variables alone.
        Harness::Codex | Harness::Generic => Vec::new(),
    }
}

/// What is started in a turn.
#[must_use]
pub fn launch(shim: &Shim, left: &Left, turn: &Turn) -> Launch {
    match left.agent.harness {
        Harness::ClaudeCode => claude::launch(shim, left, turn),
        Harness::Codex => codex::launch(shim, left, turn),
        Harness::Gemini => gemini::launch(shim, left, turn),
        Harness::Generic => generic::launch(shim, left, turn),
    }
}

/// The ids of the models that speak a harness's protocol, first the default.
fn speaking(left: &Left, speaks: fn(Provider) -> bool) -> impl DoubleEndedIterator<Item = &str> {
    let models = left
        .models
        .iter()
        .filter(move |model| speaks(model.provider));
    models.map(|model| model.id.as_str())
}

fn url(shim: &Shim, path: &str) -> String {
    format!("http://{}{path}", shim.gateway)
}

fn file(folder: &Path, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
