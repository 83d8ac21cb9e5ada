//! Drives the harness of an agent. Nothing trusts it: an agent that kills it gains nothing.
//!
//! It runs in the agent's container, as the agent's user. The start gate left it the bearer, the agent's part of the
//! contract and the settings of the harness ([`left`], [`harness`]). It asks the gateway for the prompt ([`told`]),
//! gives the harness an [`environment`] of its own and the prompt on standard input, forwards signals and gathers
//! orphans ([`process`]), bounds what goes to the log ([`output`]), and reminds an agent that owes a submission
//! ([`reminder`]). Skills stand where the harness looks for them ([`skills`]).

pub mod environment;
pub mod filter;
pub mod harness;
pub mod left;
pub mod output;
pub mod process;
pub mod reminder;
pub mod skills;
pub mod told;

#[cfg(test)]
mod tests;

use crate::open;
use harness::{Launch, Turn};
use left::Left;
use output::Output;
use process::{End, Signals};
use reminder::Reminders;
use serde_json::{Value, json};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use told::Told;

/// Exit code where the harness is no program that can be started; as shells have it.
const NOT_STARTED: u8 = 127;

/// Where things are, and how long they may take.
#[derive(Debug, Clone)]
pub struct Shim {
    /// Number of the cycle; it goes to the log only.
    pub cycle: u32,
    /// The command that the pod names; the one of the contract.
    pub command: Vec<String>,
    /// What the start gate left.
    pub folder: PathBuf,
    /// `host:port` of the gateway for agents.
    pub gateway: String,
    /// Working directory of the harness.
    pub workspace: PathBuf,
    /// Its home.
    pub home: PathBuf,
    /// Its scratch space.
    pub tmp: PathBuf,
    /// Time between a signal that ends the harness and the one that nobody can ignore.
    pub grace: Duration,
    /// How long the gateway may not answer.
    pub patience: Duration,
    /// Writes a line of the shim's own to the log.
    pub log: fn(&str, Value),
}

/// Why no harness is started.
#[derive(Debug)]
pub enum Refused {
    /// The files of the start gate.
    Left(String),
    /// The pod names another command than the contract.
    Command,
    /// The gateway has no prompt for this bearer.
    Prompt(String),
    /// Signals cannot be received.
    Signals(io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left(why) => write!(f, "what the start gate left cannot be read: {why}"),
            Self::Command => f.write_str("the command is not the one of the contract"),
            Self::Prompt(why) => write!(f, "there is no prompt: {why}"),
            Self::Signals(e) => write!(f, "signals cannot be received: {e}"),
        }
    }
}

impl std::error::Error for Refused {}

/// What all turns of a harness share.
struct Session<'s> {
    shim: &'s Shim,
    left: Left,
    output: Arc<Output>,
    reminders: Reminders,
}

impl Shim {
    /// Runs the harness until it has submitted, owes nothing, or was reminded often enough; gives its exit code.
    ///
    /// # Errors
    /// Where it cannot begin; see [`Refused`].
    pub async fn run(&self) -> Result<u8, Refused> {
        let left = Left::read(&self.folder).map_err(Refused::Left)?;
        if left.agent.command != self.command {
            return Err(Refused::Command);
        }
        let mut signals = Signals::listen().map_err(Refused::Signals)?;
        let told = Told {
            address: &self.gateway,
            bearer: &left.bearer,
            patience: self.patience,
        };
        let prompt = tokio::select! {
            prompt = told.prompt() => prompt.map_err(Refused::Prompt)?,
            signal = signals.told() => return Ok(process::code_of(signal)),
        };
        let session = Session {
            shim: self,
            output: Arc::new(Output::new(&left.bearer, self.log)),
            reminders: Reminders::begin(&self.tmp),
            left,
        };
        session.run(prompt, &mut signals).await
    }
}

impl Session<'_> {
    async fn run(&self, prompt: String, signals: &mut Signals) -> Result<u8, Refused> {
        let log = self.shim.log;
        let mut turn = Turn::First(prompt.clone());
        // The agent can change the file that counts, not this.
        let mut reminded = 0_u32;
        loop {
            let end = self.turn(&turn, signals).await;
            log(
                "ended",
                json!({"cycle": self.shim.cycle, "exit_code": end.code, "signalled": end.told}),
            );
            if end.told || !end.started {
                return Ok(end.code);
            }
            let reminder = tokio::select! {
                reminder = self.reminder(reminded) => reminder,
                _ = signals.told() => None,
            };
            let Some(reminder) = reminder else {
                return Ok(end.code);
            };
            reminded = reminded.saturating_add(1);
            log("reminded", json!({"cycle": self.shim.cycle}));
            turn = match end.code {
                0 => Turn::Again {
                    prompt: prompt.clone(),
                    reminder,
                },
                // There may be no session to resume.
                _ => Turn::First(format!("{prompt}\n\n{reminder}\n")),
            };
        }
    }

    /// The text of a reminder, where one is due after so many.
    async fn reminder(&self, reminded: u32) -> Option<String> {
        let told = Told {
            address: &self.shim.gateway,
            bearer: &self.left.bearer,
            patience: self.shim.patience,
        };
        match told.submission().await {
            Ok(submission) if reminded < submission.reminders => self.reminders.take(&submission),
            Ok(_) => None,
            Err(why) => {
                (self.shim.log)("unreminded", json!({"why": why}));
                None
            }
        }
    }

    async fn turn(&self, turn: &Turn, signals: &mut Signals) -> End {
        match self.begin(turn, signals).await {
            Ok(end) => end,
            Err(e) => {
                let why = format!("the harness is not started: {e}");
                (self.shim.log)("failed", json!({"why": why}));
                End {
                    code: NOT_STARTED,
                    told: false,
                    started: false,
                }
            }
        }
    }

    async fn begin(&self, turn: &Turn, signals: &mut Signals) -> io::Result<End> {
        let (shim, left) = (self.shim, &self.left);
        let Launch {
            program,
            arguments,
            variables,
            settings,
            input,
        } = harness::launch(shim, left, turn);
        if let Some((from, to)) = settings {
            place(&from, &to)?;
        }
        skills::place(&shim.home, left.agent.harness, &left.agent.skills)?;
        let mut all = environment::inherited(std::env::vars_os(), &left.agent.env);
        all.extend(environment::shared(shim, left));
        all.insert(reminder::COUNT.into(), self.reminders.path());
        let own = variables.into_iter();
        all.extend(own.map(|(name, value)| (name.into(), value.into())));
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .env_clear()
            .envs(all)
            .current_dir(&shim.workspace);
        process::run(command, input, &self.output, signals, shim.grace).await
    }
}

/// Copies settings; what an agent made of the place before does not matter.
fn place(from: &Path, to: &Path) -> io::Result<()> {
    let bytes = open::bytes(from, open::MOST_BYTES)?;
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::remove_file(to) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => std::fs::write(to, bytes),
    }
}
