//! What the server of tools asks other parts: who serves tools, who asks a person, who reads a submission.

use crate::approval::{self, Ask};
use crate::gateway::answer::Refusal;
use crate::gateway::{Gateway, steps};
use crate::submission::{self, Problem};
use crate::tools::{Arguments, Call, Described, Failed, Output};
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;

/// An answer that comes later.
pub(crate) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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

/// The parts of the gateway.
#[derive(Debug)]
pub(crate) struct Parts;

impl Beside for Parts {
    fn list<'a>(
        &'a self,
        gateway: &'a Gateway,
        server: &'a str,
    ) -> Later<'a, Result<Vec<Described>, Failed>> {
        Box::pin(gateway.tools.list(server))
    }

    fn call<'a>(
        &'a self,
        gateway: &'a Gateway,
        call: Call<'a>,
    ) -> Later<'a, Result<Output, Failed>> {
        Box::pin(gateway.tools.call(call))
    }

    fn approve<'a>(
        &'a self,
        gateway: &'a Arc<Gateway>,
        ask: Ask,
    ) -> Later<'a, Result<String, Refusal>> {
        Box::pin(approval::wait(gateway, ask))
    }

    fn actions(&self, gateway: &Gateway) -> Value {
        let (contract, inputs) = (&gateway.contract, &gateway.inputs);
        match steps::current(gateway) {
            Some(step) => submission::step::actions(contract, inputs, step),
            None => submission::actions(contract, inputs),
        }
    }

    fn schema(&self, gateway: &Gateway) -> Value {
        match steps::current(gateway) {
            Some(step) => submission::step::schema(&gateway.contract, step),
            None => submission::schema(&gateway.contract),
        }
    }

    fn read(&self, gateway: &Gateway, arguments: &Arguments) -> Result<String, Vec<Problem>> {
        let arguments = Value::Object(arguments.clone());
        let (contract, inputs) = (&gateway.contract, &gateway.inputs);
        let document = match steps::current(gateway) {
            Some(step) => submission::step::read(contract, inputs, step, &arguments)?,
            None => submission::read(contract, inputs, &arguments)?,
        };
        document.text().map_err(|e| {
            vec![Problem {
                pointer: String::new(),
                rule: "submission-form",
                message: e.to_string(),
            }]
        })
    }
}
