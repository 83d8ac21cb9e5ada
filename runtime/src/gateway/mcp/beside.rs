//! What the server of tools asks other parts: who serves tools, who asks a person, who reads a submission.

use crate::gateway::Gateway;
use crate::gateway::answer::Refusal;
use crate::record::event::Subject;
use crate::tools::{Arguments, Call, Described, Failed, Output};
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;

/// An answer that comes later.
pub(crate) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a person is asked.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "whoever asks a person reads it")
)]
pub(crate) struct Ask {
    /// The cycle whose agent asks.
    pub(crate) cycle: Option<u32>,
    /// The way to ask, by its name in the contract.
    pub(crate) approval: String,
    /// What it is about.
    pub(crate) subject: Subject,
    /// SHA-256 of the exact arguments.
    pub(crate) arguments: String,
    /// What a person reads.
    pub(crate) shown: Value,
}

/// Why a document is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// JSON pointer into the arguments.
    pub(crate) pointer: String,
    /// The rule, as a stable word.
    pub(crate) rule: &'static str,
    /// A sentence for the agent.
    pub(crate) message: String,
}

/// The parts beside this one.
pub(crate) trait Beside: Send + Sync {
    /// The tools of a server.
    fn list<'a>(
        &'a self,
        gateway: &'a Gateway,
        server: &'a str,
    ) -> Later<'a, Result<Vec<Described>, Failed>>;
    /// Calls a tool.
    fn call<'a>(
        &'a self,
        gateway: &'a Gateway,
        call: Call<'a>,
    ) -> Later<'a, Result<Output, Failed>>;
    /// Asks a person; gives the id of the consent.
    fn approve<'a>(
        &'a self,
        gateway: &'a Arc<Gateway>,
        ask: Ask,
    ) -> Later<'a, Result<String, Refusal>>;
    /// What `get_export_actions` answers.
    fn actions(&self, gateway: &Gateway) -> Value;
    /// The schema of the arguments of `set_export_config`.
    fn schema(&self, gateway: &Gateway) -> Value;
    /// Reads a submission; gives the text that is recorded.
    fn read(&self, gateway: &Gateway, arguments: &Arguments) -> Result<String, Vec<Problem>>;
}

/// Nobody stands beside: every tool is refused.
#[derive(Debug)]
pub(crate) struct Nobody;

fn unserved() -> Failed {
    Failed {
        rule: "tool-server",
        message: "no server of tools is reached from here".to_owned(),
    }
}

impl Beside for Nobody {
    fn list<'a>(
        &'a self,
        _gateway: &'a Gateway,
        _server: &'a str,
    ) -> Later<'a, Result<Vec<Described>, Failed>> {
        Box::pin(async { Err(unserved()) })
    }

    fn call<'a>(
        &'a self,
        _gateway: &'a Gateway,
        _call: Call<'a>,
    ) -> Later<'a, Result<Output, Failed>> {
        Box::pin(async { Err(unserved()) })
    }

    fn approve<'a>(
        &'a self,
        _gateway: &'a Arc<Gateway>,
        _ask: Ask,
    ) -> Later<'a, Result<String, Refusal>> {
        let message = "nobody can be asked from here".to_owned();
        Box::pin(async { Err(Refusal::State("approval", message)) })
    }

    fn actions(&self, _gateway: &Gateway) -> Value {
        Value::Array(Vec::new())
    }

    fn schema(&self, _gateway: &Gateway) -> Value {
        serde_json::json!({"type": "object", "additionalProperties": false})
    }

    fn read(&self, _gateway: &Gateway, _arguments: &Arguments) -> Result<String, Vec<Problem>> {
        Err(vec![Problem {
            pointer: String::new(),
            rule: "submission",
            message: "no submission is taken from here".to_owned(),
        }])
    }
}
