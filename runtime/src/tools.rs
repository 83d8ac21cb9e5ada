//! The tools behind the gateway: those that are built in, and those of MCP servers.
//!
//! A server lists its tools and calls one. What an agent may call, with which arguments and how often, was decided
//! before ([`crate::gateway`]); what a tool answers is bounded here.

use serde_json::{Map, Value};
use std::fmt;

/// A tool as its server describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Its name at the server.
    pub name: String,
    /// What it does, for a model.
    pub description: String,
    /// JSON Schema of its arguments: an object.
    pub input: Value,
    /// JSON Schema of its structured answer.
    pub output: Option<Value>,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Content blocks of MCP.
    pub content: Vec<Value>,
    /// The answer as a value.
    pub structured: Option<Value>,
    /// Whether the tool says that it failed; its content says why.
    pub error: bool,
}

/// Why a tool has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The rule, as a stable word.
    pub rule: &'static str,
    /// A sentence for the agent; no credential stands in it.
    pub message: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failed {}

/// The arguments of a call: checked against the schema, bound values in their places.
pub type Arguments = Map<String, Value>;

/// A call that was decided.
pub struct Call<'c> {
    /// The server.
    pub server: &'c str,
    /// The tool's name at the server.
    pub tool: &'c str,
    /// The arguments.
    pub arguments: Arguments,
    /// The cycle whose agent calls.
    pub cycle: u32,
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("server", &self.server)
            .field("tool", &self.tool)
            .finish_non_exhaustive()
    }
}

impl Output {
    /// An answer of one text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self {
            content: vec![serde_json::json!({"type": "text", "text": text})],
            structured: None,
            error: false,
        }
    }
}
