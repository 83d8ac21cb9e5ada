//! Versions of the protocol, and how a message says its own.

use super::message::{Call, Fault, HEADER_MISMATCH, INVALID_PARAMS, UNSUPPORTED_VERSION};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The version whose requests each say their version.
pub const EACH: &str = "2026-07-28";
/// The versions that open with a handshake, newest first.
pub const HANDSHAKE: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
/// Where a request of [`EACH`] says its version.
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// Where it says what its client can do.
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// It opened with `initialize`, or does so now.
    Handshake,
    /// Each request says its version.
    Each,
}

/// The fields of a header that repeat what the body says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told<'h> {
    /// `MCP-Protocol-Version`.
    pub version: Option<&'h str>,
    /// `Mcp-Method`.
    pub method: Option<&'h str>,
    /// `Mcp-Name`.
    pub name: Option<&'h str>,
}

/// The version that `initialize` agrees on: the client's if it is spoken here, else the newest.
#[must_use]
pub fn agreed(asked: &str) -> &'static str {
    let known = HANDSHAKE.iter().find(|version| **version == asked);
    known.copied().unwrap_or(HANDSHAKE[0])
}

/// Every version that is spoken here, newest first.
#[must_use]
pub fn all() -> Vec<&'static str> {
    let each = std::iter::once(EACH);
    each.chain(HANDSHAKE).collect()
}

impl Era {
    /// How a request speaks. The body decides, and a header that says something else is refused.
    ///
    /// # Errors
    /// A version that is not spoken here; a header that differs, or is missing where it must be.
    pub fn of_request(told: Told<'_>, call: &Call) -> Result<Self, Fault> {
        let meta = call.params.get("_meta");
        let Some(version) = meta.and_then(|meta| meta.get(VERSION)) else {
            return handshake(told.version);
        };
        if version.as_str().is_none() || version.as_str() != told.version {
            return Err(mismatch("MCP-Protocol-Version"));
        }
        if version != EACH {
            return Err(unsupported(told.version));
        }
        let capable = meta.and_then(|meta| meta.get(CAPABILITIES));
        if !capable.is_some_and(Value::is_object) {
            let message = "`_meta` must hold the client's version and capabilities";
            return Err(Fault::new(400, INVALID_PARAMS, "mcp-meta", message));
        }
        if told.method != Some(call.method.as_str()) {
            return Err(mismatch("Mcp-Method"));
        }
        if call.method == "tools/call" {
            let told = told.name.and_then(decoded);
            let name = call.params.get("name").and_then(Value::as_str);
            if told.is_none() || told.as_deref() != name {
                return Err(mismatch("Mcp-Name"));
            }
        }
        Ok(Self::Each)
    }

    /// Whether a notification may speak so; those of [`EACH`] need not say their version in the body.
    ///
    /// # Errors
    /// A version that is not spoken here.
    pub fn of_notification(told: Told<'_>) -> Result<Self, Fault> {
        match told.version {
            Some(EACH) => Ok(Self::Each),
            version => handshake(version),
        }
    }
}

fn handshake(version: Option<&str>) -> Result<Era, Fault> {
    match version {
        // 2025-03-26 did not have the field.
        None => Ok(Era::Handshake),
        Some(EACH) => Err(mismatch("MCP-Protocol-Version")),
        Some(version) if HANDSHAKE.contains(&version) => Ok(Era::Handshake),
        Some(_) => Err(unsupported(version)),
    }
}

/// A name as it stands in a header: plain, or in base64 within `=?base64?…?=`.
fn decoded(told: &str) -> Option<String> {
    let Some(code) = told.strip_prefix("=?base64?") else {
        return Some(told.to_owned());
    };
    let code = STANDARD.decode(code.strip_suffix("?=")?).ok()?;
    String::from_utf8(code).ok()
}

fn mismatch(field: &str) -> Fault {
    let message = format!("`{field}` in the header is missing, or not what the body says");
    Fault::new(400, HEADER_MISMATCH, "mcp-header", message)
}

fn unsupported(version: Option<&str>) -> Fault {
    let message = "this version of the protocol is not spoken here";
    let mut fault = Fault::new(400, UNSUPPORTED_VERSION, "mcp-version", message);
    let requested: String = version.unwrap_or_default().chars().take(32).collect();
    fault.data = Some(json!({"supported": all(), "requested": requested}));
    fault
}
