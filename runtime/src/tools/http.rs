//! `http`: typed tools over a REST service of the spec.
//!
//! The spec says every request: method, address, and where each argument stands. An argument is checked, then put in
//! as one encoded part, so that it decides a value and never where the request goes. Nothing is followed, and no
//! header is the agent's.

mod answer;
mod request;
mod schema;
#[cfg(test)]
mod tests;

use super::{Arguments, Call, Described, Failed, Output, Parts, unknown_tool};
use crate::contract::{self, Argument};
use crate::gateway::inputs;
use crate::template::{self, Part};
use crate::web::Web;
use hyper::Method;
use hyper::header::HeaderValue;
use request::Place;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The values of a call by their arguments, as texts.
type Values = BTreeMap<String, String>;

/// A service.
#[derive(Debug)]
pub(super) struct Http {
    tools: Vec<Tool>,
    credential: Option<HeaderValue>,
    web: Web,
    size: usize,
    deadline: Duration,
}

/// A request that a tool makes.
#[derive(Debug)]
struct Tool {
    name: String,
    about: String,
    method: Method,
    arguments: Vec<Argument>,
    place: Place,
    /// The argument that may lead elsewhere, and its values that do.
    when: Option<(String, BTreeMap<String, Place>)>,
    pick: Option<Vec<Part>>,
}

impl Http {
    pub(super) fn new(
        parts: &Parts<'_>,
        url: &str,
        tools: &[contract::HttpTool],
    ) -> Result<Self, String> {
        let read = |tool: &contract::HttpTool| {
            let named = |why| format!("tool `{}`: {why}", tool.name);
            Tool::read(url, tool).map_err(named)
        };
        Ok(Self {
            tools: tools.iter().map(read).collect::<Result<_, _>>()?,
            credential: parts.credential("Bearer ")?,
            web: parts.web.clone(),
            size: parts.size(),
            deadline: parts.deadline(),
        })
    }

    /// The tools.
    pub(super) fn described(&self) -> Vec<Described> {
        let described = |tool: &Tool| {
            let input = schema::of(&tool.arguments);
            super::tool(&tool.name, &tool.about, input)
        };
        self.tools.iter().map(described).collect()
    }

    pub(super) async fn call(&self, call: Call<'_>) -> Result<Output, Failed> {
        let tool = self.tools.iter().find(|tool| tool.name == call.tool);
        let tool = tool.ok_or_else(unknown_tool)?;
        let values = tool.values(call.arguments)?;
        let request = tool.request(&values, self.credential.as_ref())?;
        let answer = self.web.ask(request, self.size, self.deadline).await?;
        answer::read(&answer, tool.pick.as_deref(), &values)
    }
}

impl Tool {
    fn read(url: &str, tool: &contract::HttpTool) -> Result<Self, String> {
        let declared: BTreeSet<&str> = tool
            .arguments
            .iter()
            .map(|a| a.value.name.as_str())
            .collect();
        let place = |url, path| Place::read(url, path, &declared);
        let mut when: Option<(String, BTreeMap<String, Place>)> = None;
        for other in &tool.when {
            let (argument, places) =
                when.get_or_insert_with(|| (other.argument.clone(), BTreeMap::new()));
            if *argument != other.argument || !declared.contains(argument.as_str()) {
                return Err("two arguments decide where it asks, or none".to_owned());
            }
            places.insert(other.is.clone(), place(&other.url, &other.path)?);
        }
        let pick = tool.pick.as_deref().map(|pick| {
            let parts = template::pointer(pick).filter(|parts| request::known(parts, &declared));
            parts.ok_or("its `pick` cannot be read")
        });
        Ok(Self {
            name: tool.name.clone(),
            about: tool.about.clone(),
            method: request::method(&tool.method)?,
            arguments: tool.arguments.clone(),
            place: place(url, &tool.path)?,
            when,
            pick: pick.transpose()?,
        })
    }

    /// The values that were sent and those that stand for what was not; each is what the spec declares.
    fn values(&self, mut sent: Arguments) -> Result<Values, Failed> {
        let mut values = Values::new();
        for Argument { value, range, .. } in &self.arguments {
            let name = &value.name;
            let text = match (sent.remove(name), &value.default) {
                (Some(sent), _) => Some(text(&sent, range.is_some()).ok_or_else(|| misfit(name))?),
                (None, Some(default)) => Some(default.clone()),
                (None, None) if value.required => return Err(misfit(name)),
                (None, None) => None,
            };
            let Some(text) = text else { continue };
            inputs::fits(value, &text).map_err(|_untold| misfit(name))?;
            let within = |range: &contract::Range| {
                text.parse().is_ok_and(|n: i64| {
                    (range.min..=range.max).contains(&n) && n.to_string() == text
                })
            };
            if !range.as_ref().is_none_or(within) {
                return Err(misfit(name));
            }
            values.insert(name.clone(), text);
        }
        match sent.keys().next() {
            // Its name is the agent's, and may be anything.
            Some(_) => Err(Failed::new(
                "http-argument",
                "the tool declares no such argument",
            )),
            None => Ok(values),
        }
    }
}

/// A value as the text that is put in.
fn text(value: &Value, number: bool) -> Option<String> {
    match value {
        Value::String(text) if !number => Some(text.clone()),
        Value::Number(n) if number => n.as_i64().map(|n| n.to_string()),
        _ => None,
    }
}

fn misfit(name: &str) -> Failed {
    Failed::new(
        "http-argument",
        format!("the argument `{name}` is missing, or not what the tool declares"),
    )
}
