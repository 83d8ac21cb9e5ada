//! What a request to a model may hold, and what an answer used. Pure: no socket, no clock.
//!
//! - [`anthropic`], [`openai`] and [`gemini`] read a request, keep what is on their allow-lists, refuse the rest and write
//!   the body that goes upstream anew, so that upstream reads nothing that was not read here;
//! - [`sse`] cuts a stream of server-sent events, [`usage`] counts what an answer used;
//! - [`refusal`] says no in the shape of each protocol.
//!
//! Invariants: a field, type or value that no table names is refused; a reserved amount
//! ([`Request::worst_case`]) is never less than what the provider will count.

pub mod anthropic;
mod check;
pub mod gemini;
pub mod openai;
mod place;
pub mod refusal;
mod rule;
mod shape;
pub mod sse;
mod text;
pub mod usage;

#[cfg(test)]
mod tests;

pub use rule::{Kind, Refused, Rule};

use crate::contract::{Agent, Model, Provider};
use place::Place;
use serde_json::{Map, Value};
use shape::{Object, Tally};

/// The protocols that the gateway speaks with agents and providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Anthropic's `/v1/messages`.
    Messages,
    /// OpenAI's `/v1/chat/completions`.
    Chat,
    /// OpenAI's `/v1/responses`.
    Responses,
    /// OpenAI's `/v1/embeddings`.
    Embeddings,
    /// Google's `/v1beta/models/…:generateContent`.
    Generate,
}

/// A request that may go upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Index of the model in the contract's list.
    pub model: usize,
    /// The body for upstream, written anew from what was read.
    pub body: Vec<u8>,
    /// Whether the answer is a stream of events.
    pub stream: bool,
    /// Most tokens that the answer can have; what the body says upstream.
    pub most_output: u64,
    /// Upper bound of the tokens that the provider counts as input: one for each byte of the body, and a fixed
    /// amount for what it adds and for each picture and PDF.
    pub input_estimate: u64,
    /// Whether the client asked for the usage of a stream. Only for [`Protocol::Chat`], where usage is always
    /// asked for upstream: if false, the event that [`usage::only_usage`] knows is kept from the client.
    pub usage_asked: bool,
}

impl Request {
    /// Most tokens that the call can use: what is reserved before it.
    #[must_use]
    pub fn worst_case(&self) -> u64 {
        self.input_estimate.saturating_add(self.most_output)
    }
}

/// Tokens that a provider may add to any request (system text for tools, frames of messages).
const OVERHEAD: u64 = 2_048;
/// A bound of any PDF: the largest context window, because its pages may be compressed at will.
const PDF: u64 = 1_100_000;

/// Upper bound of the input tokens of a body: one token for each byte of it (text is cut in tokens of at least one
/// byte; base64 and JSON frames have more bytes than tokens), what providers add, and for each image or PDF what
/// the largest one counts, because a small file can hold a large picture.
///
/// Providers whose server applies a template of its own may print tools with more space; `tools` are
/// therefore counted twice there.
#[must_use]
fn estimate(body: &[u8], tally: &Tally, model: &Model, tools: usize) -> u64 {
    let image: u64 = match model.provider {
        Provider::Anthropic | Provider::Stub => 8_192,
        Provider::Openai | Provider::Ollama | Provider::Compatible | Provider::Gemini => 65_536,
    };
    let tools = match model.provider {
        Provider::Anthropic | Provider::Openai | Provider::Gemini | Provider::Stub => 0,
        Provider::Ollama | Provider::Compatible => tools as u64,
    };
    (body.len() as u64)
        .saturating_add(tools)
        .saturating_add(OVERHEAD)
        .saturating_add(tally.images.saturating_mul(image))
        .saturating_add(tally.documents.saturating_mul(PDF))
}

/// A body that has passed its table.
struct Passed {
    map: Map<String, Value>,
    tally: Tally,
}

impl Passed {
    /// The request that goes upstream, to a model with this index, for an answer of at most so many tokens.
    fn request(
        self,
        (index, model): (usize, &Model),
        most_output: u64,
    ) -> Result<Request, Refused> {
        let stream = self.map.get("stream") == Some(&Value::Bool(true));
        let tools = length(self.map.get("tools"));
        let body = write(self.map)?;
        Ok(Request {
            model: index,
            input_estimate: estimate(&body, &self.tally, model, tools),
            body,
            stream,
            most_output,
            usage_asked: true,
        })
    }
}

/// Reads a body and checks it against its table.
fn read(body: &[u8], table: &'static Object) -> Result<Passed, Refused> {
    let value = crate::strict::value(body).map_err(|e| {
        Refused::new(
            Rule::Malformed,
            String::new(),
            format!(
                "the body is not the JSON of one request: {}",
                rule::quote(&e.to_string())
            ),
        )
    })?;
    let Value::Object(mut map) = value else {
        return Err(Refused::new(
            Rule::WrongType,
            String::new(),
            "the body must be an object".to_owned(),
        ));
    };
    let mut tally = Tally::default();
    check::object(table, &mut map, None, &Place::root(), &mut tally)?;
    Ok(Passed { map, tally })
}

/// Finds the model that a body names, with its index, and writes the provider's id in its place.
fn name_model<'m>(
    map: &mut Map<String, Value>,
    models: &'m [Model],
    agent: &Agent,
    speaks: fn(Provider) -> bool,
) -> Result<(usize, &'m Model), Refused> {
    let asked = map.get("model").and_then(Value::as_str).unwrap_or_default();
    let (index, model) = resolve(asked, models, agent, speaks)?;
    map.insert("model".to_owned(), Value::String(model.id.clone()));
    Ok((index, model))
}

/// A model is named exactly: by its name in the spec, else by its provider's id, and only if the agent may ask it.
fn resolve<'m>(
    asked: &str,
    models: &'m [Model],
    agent: &Agent,
    speaks: fn(Provider) -> bool,
) -> Result<(usize, &'m Model), Refused> {
    let granted: Vec<(usize, &Model)> = agent
        .models
        .iter()
        .filter_map(|name| models.iter().enumerate().find(|(_, m)| m.name == *name))
        .collect();
    let by_name = granted.iter().find(|(_, m)| m.name == asked);
    let by_id = || {
        granted
            .iter()
            .find(|(_, m)| m.id == asked && speaks(m.provider))
    };
    let other = || granted.iter().find(|(_, m)| m.id == asked);
    match by_name.or_else(by_id).or_else(other) {
        Some((index, model)) if speaks(model.provider) => Ok((*index, *model)),
        Some(_) => Err(Refused::new(
            Rule::ModelProtocol,
            "/model".to_owned(),
            format!("{} does not speak this protocol", rule::quote(asked)),
        )),
        None => Err(not_granted(asked, &granted)),
    }
}

fn not_granted(asked: &str, granted: &[(usize, &Model)]) -> Refused {
    let names: Vec<&str> = granted.iter().map(|(_, m)| m.name.as_str()).collect();
    let names = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    let asked = rule::quote(asked);
    let sentence = format!("{asked} is not a model of this agent; it may ask: {names}");
    Refused::new(Rule::Model, "/model".to_owned(), sentence)
}

/// The bound of an answer: what was asked for if the contract allows it, else the contract's own bound.
fn bound(asked: Option<u64>, model: &Model, field: &str) -> Result<u64, Refused> {
    let place = || format!("/{field}");
    match (asked, model.max_tokens) {
        (Some(0), _) => Err(Refused::new(
            Rule::MaxTokens,
            place(),
            format!("`{field}` must be at least 1; some providers read 0 as no bound"),
        )),
        (Some(asked), Some(most)) if asked > most => Err(Refused::new(
            Rule::MaxTokens,
            place(),
            format!("`{field}` is {asked}, and {most} is allowed"),
        )),
        (Some(asked), _) => Ok(asked),
        (None, Some(most)) => Ok(most),
        (None, None) => Err(Refused::new(
            Rule::MaxTokens,
            place(),
            format!("`{field}` is required, because the spec sets no bound for this model"),
        )),
    }
}

/// Sets the temperature that the contract says, in the place of whatever was asked; where it says none, what was asked
/// stays.
fn set_temperature(map: &mut Map<String, Value>, model: &Model) {
    if let Some(thousandths) = model.temperature {
        #[expect(
            clippy::float_arithmetic,
            reason = "the quotient of two small whole numbers is the number that its decimals are read as"
        )]
        let temperature = f64::from(thousandths) / 1_000.0;
        map.insert("temperature".to_owned(), Value::from(temperature));
    }
}

/// Bytes of a value as JSON, 0 if it is not there.
fn length(value: Option<&Value>) -> usize {
    value.map_or(0, |v| serde_json::to_vec(v).map_or(usize::MAX, |b| b.len()))
}

/// Writes a body for upstream.
fn write(map: Map<String, Value>) -> Result<Vec<u8>, Refused> {
    serde_json::to_vec(&Value::Object(map)).map_err(|e| {
        Refused::new(
            Rule::Malformed,
            String::new(),
            format!("the body cannot be written as JSON: {e}"),
        )
    })
}
