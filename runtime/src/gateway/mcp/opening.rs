//! What the server says of itself, and what each result says beside its contents.

use crate::mcp::message::Fault;
use crate::mcp::version::{self, Era};
use serde_json::{Map, Value, json};

/// Milliseconds for which a client may keep what it was told.
const KEPT: u32 = 60_000;

fn server() -> Value {
    json!({"name": "pure-agent", "version": env!("CARGO_PKG_VERSION")})
}

/// For a model.
const INSTRUCTIONS: &str = "The tools that this run grants, and no others. A refusal names its rule first; the \
    same call is refused again.";

/// What `initialize` answers.
///
/// # Errors
/// A client that names no version.
pub(super) fn opened(params: &Map<String, Value>) -> Result<Value, Fault> {
    let asked = params.get("protocolVersion").and_then(Value::as_str);
    let asked = asked.ok_or_else(|| super::invalid("`protocolVersion` is missing"))?;
    Ok(json!({
        "protocolVersion": version::agreed(asked),
        "capabilities": {"tools": {}},
        "serverInfo": server(),
        "instructions": INSTRUCTIONS,
    }))
}

/// What `server/discover` answers.
pub(super) fn discovered() -> Value {
    json!({
        "supportedVersions": version::all(),
        "capabilities": {"tools": {}},
        "instructions": INSTRUCTIONS,
    })
}

/// A result with what the era wants in each, and in those that a client may keep.
pub(super) fn finished(era: Era, kept: bool, mut result: Value) -> Value {
    if let (Era::Each, Some(members)) = (era, result.as_object_mut()) {
        members.insert("resultType".to_owned(), "complete".into());
        let meta = json!({"io.modelcontextprotocol/serverInfo": server()});
        members.insert("_meta".to_owned(), meta);
        if kept {
            members.insert("ttlMs".to_owned(), KEPT.into());
            members.insert("cacheScope".to_owned(), "private".into());
        }
    }
    result
}
