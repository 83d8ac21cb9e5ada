//! JSON-RPC 2.0, read strictly: one message, known members, ids that are texts or integers.

use crate::strict;
use serde_json::{Map, Value, json};
use std::fmt;

/// Most bytes of an id that is a text.
const MOST_ID: usize = 128;
/// Most values of a message. Each may take a hundred times the bytes that it is written in.
const MOST_VALUES: usize = 16 * 1024;
/// Most bytes of the name of a method.
const MOST_METHOD: usize = 128;

/// No JSON.
pub const PARSE: i32 = -32700;
/// JSON that is no request.
pub const INVALID_REQUEST: i32 = -32600;
/// Nothing is served under that method.
pub const METHOD_NOT_FOUND: i32 = -32601;
/// Parameters that the method does not take.
pub const INVALID_PARAMS: i32 = -32602;
/// It could not be recorded.
pub const INTERNAL: i32 = -32603;
/// The client cancelled the request; the number is that of the language servers' protocol.
pub const CANCELLED: i32 = -32800;
/// Header and body say different things.
pub const HEADER_MISMATCH: i32 = -32020;
/// A version that is not spoken here.
pub const UNSUPPORTED_VERSION: i32 = -32022;

/// The id of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(Value);

/// One message of a client.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// It wants an answer.
    Request(Id, Call),
    /// It wants none.
    Notification(Call),
    /// An answer; this server asks nothing, so it is taken and dropped.
    Response,
}

/// A method and its parameters.
#[derive(Clone, PartialEq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// Its parameters; empty where there are none.
    pub params: Map<String, Value>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

/// Why a message has no result: an error of the protocol, not of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The request it answers, where its id could be read.
    pub id: Option<Id>,
    /// HTTP status.
    pub status: u16,
    /// Code of JSON-RPC.
    pub code: i32,
    /// The rule, as a stable word.
    pub rule: &'static str,
    /// A sentence; nothing of the message stands in it.
    pub message: String,
    /// What a client can use of it.
    pub data: Option<Value>,
}

impl Fault {
    /// An error whose id is not known yet.
    #[must_use]
    pub fn new(status: u16, code: i32, rule: &'static str, message: impl Into<String>) -> Self {
        Self {
            id: None,
            status,
            code,
            rule,
            message: message.into(),
            data: None,
        }
    }

    /// The same as the answer to a request.
    #[must_use]
    pub fn to(mut self, id: &Id) -> Self {
        self.id = Some(id.clone());
        self
    }

    /// The error as a message.
    #[must_use]
    pub fn document(&self) -> Value {
        let mut data = match &self.data {
            Some(Value::Object(data)) => data.clone(),
            _ => Map::new(),
        };
        data.insert("rule".to_owned(), self.rule.into());
        let id = self.id.as_ref().map_or(Value::Null, |id| id.0.clone());
        let error = json!({"code": self.code, "message": self.message, "data": data});
        json!({"jsonrpc": "2.0", "id": id, "error": error})
    }
}

impl Id {
    /// The id as JSON: `1` and `"1"` are two.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// An id that stands as a parameter.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let fine = match value {
            Value::String(text) => text.len() <= MOST_ID,
            Value::Number(number) => number.is_i64() || number.is_u64(),
            _ => false,
        };
        fine.then(|| Self(value.clone()))
    }

    /// The answer to this request.
    #[must_use]
    pub fn result(&self, result: &Value) -> Value {
        json!({"jsonrpc": "2.0", "id": self.0, "result": result})
    }
}

impl Message {
    /// Reads a body.
    ///
    /// # Errors
    /// What is no JSON, has a key twice, has too many values, is a batch, or is no message of JSON-RPC 2.0.
    pub fn read(body: &[u8]) -> Result<Self, Fault> {
        if values(body) > MOST_VALUES {
            let message = format!("a message may hold {MOST_VALUES} values");
            return Err(Fault::new(400, INVALID_REQUEST, "mcp-values", message));
        }
        let value = strict::value(body).map_err(|_untold| {
            let message = "the body is not one JSON text without keys that stand twice";
            Fault::new(400, PARSE, "mcp-json", message)
        })?;
        match value {
            Value::Object(members) => read(members),
            Value::Array(_) => Err(Fault::new(
                400,
                INVALID_REQUEST,
                "mcp-batch",
                "a body holds one message, not a batch",
            )),
            _ => Err(form(None)),
        }
    }
}

/// Values of a JSON text, at most: what opens or goes on outside of texts.
fn values(body: &[u8]) -> usize {
    let (mut values, mut text, mut escaped) = (1_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'{' | b'[' | b',' if !text => values = values.saturating_add(1),
            _ => {}
        }
    }
    values
}

fn form(id: Option<Id>) -> Fault {
    let message = "the body is not a request or notification of JSON-RPC 2.0";
    let mut fault = Fault::new(400, INVALID_REQUEST, "mcp-form", message);
    fault.id = id;
    fault
}

fn read(mut members: Map<String, Value>) -> Result<Message, Fault> {
    let id = members.remove("id");
    let known = id.as_ref().and_then(Id::read);
    if members.remove("jsonrpc") != Some(Value::from("2.0")) {
        return Err(form(known));
    }
    let Some(method) = members.remove("method") else {
        let answers = members.contains_key("result") != members.contains_key("error");
        return match answers && members.len() == 1 && id.is_some() {
            true => Ok(Message::Response),
            false => Err(form(known)),
        };
    };
    let params = match members.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return Err(form(known)),
    };
    let method = match method {
        Value::String(method) if method.len() <= MOST_METHOD && members.is_empty() => method,
        _ => return Err(form(known)),
    };
    let call = Call { method, params };
    match (id, known) {
        (None, _) => Ok(Message::Notification(call)),
        (Some(_), Some(id)) => Ok(Message::Request(id, call)),
        (Some(_), None) => Err(form(None)),
    }
}
