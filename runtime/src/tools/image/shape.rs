//! What a server's answers may hold. It is built anew, so that nothing else is in it.

use super::super::{Described, Output};
use serde_json::{Map, Value};

/// Most bytes of a description.
const MOST_DESCRIPTION: usize = 16 * 1024;
/// Most bytes of a schema.
const MOST_SCHEMA: usize = 256 * 1024;
/// Most blocks of an answer.
const MOST_BLOCKS: usize = 1024;

/// The tools of a page, and where the next one begins. None where it is no such page.
pub(super) fn tools(mut page: Value) -> Option<(Vec<Described>, Option<String>)> {
    let next = match page.get("nextCursor") {
        None | Some(Value::Null) => None,
        Some(Value::String(next)) => Some(next.clone()),
        Some(_) => return None,
    };
    let Value::Array(tools) = page.get_mut("tools")?.take() else {
        return None;
    };
    let tools: Option<Vec<_>> = tools.into_iter().map(tool).collect();
    Some((tools?, next))
}

fn tool(mut tool: Value) -> Option<Described> {
    let name = tool.get("name")?.as_str()?.to_owned();
    let known = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
    if !(1..=128).contains(&name.len()) || !name.bytes().all(known) {
        return None;
    }
    let description = tool
        .get("description")
        .map_or(Some(""), Value::as_str)?
        .to_owned();
    let input = schema(tool.get_mut("inputSchema")?.take())?;
    let output = match tool.get_mut("outputSchema").map(Value::take) {
        None | Some(Value::Null) => None,
        Some(output) => Some(schema(output)?),
    };
    (description.len() <= MOST_DESCRIPTION).then_some(Described {
        name,
        description,
        input,
        output,
    })
}

fn schema(schema: Value) -> Option<Value> {
    let object = schema.get("type").and_then(Value::as_str) == Some("object");
    (object && schema.to_string().len() <= MOST_SCHEMA).then_some(schema)
}

/// The answer of a tool. None where it is none.
pub(super) fn output(mut answer: Value) -> Option<Output> {
    let content = match answer.get_mut("content").map(Value::take) {
        Some(Value::Array(blocks)) if blocks.len() <= MOST_BLOCKS => blocks,
        _ => return None,
    };
    let structured = match answer.get_mut("structuredContent").map(Value::take) {
        None | Some(Value::Null) => None,
        Some(value @ Value::Object(_)) => Some(value),
        Some(_) => return None,
    };
    let error = match answer.get("isError") {
        None => false,
        Some(error) => error.as_bool()?,
    };
    Some(Output {
        content: content.into_iter().map(block).collect::<Option<_>>()?,
        structured,
        error,
    })
}

/// A block of a known type, with the fields of that type. Links are refused: a client would follow them.
fn block(block: Value) -> Option<Value> {
    let kind = block.get("type")?.as_str()?.to_owned();
    let fields: &[&str] = match kind.as_str() {
        "text" => &["text"],
        "image" | "audio" => &["data", "mimeType"],
        "resource" => return resource(&block),
        _ => return None,
    };
    let mut built = texts(&block, fields)?;
    built.insert("type".to_owned(), Value::String(kind));
    Some(Value::Object(built))
}

fn resource(block: &Value) -> Option<Value> {
    let inner = block.get("resource")?;
    let content = if inner.get("text").is_some() {
        "text"
    } else {
        "blob"
    };
    let mut built = texts(inner, &["uri", content])?;
    if inner.get("mimeType").is_some() {
        built.extend(texts(inner, &["mimeType"])?);
    }
    Some(serde_json::json!({"type": "resource", "resource": built}))
}

fn texts(from: &Value, fields: &[&str]) -> Option<Map<String, Value>> {
    let field = |name: &&str| {
        let value = from.get(*name).filter(|value| value.is_string())?;
        Some(((*name).to_owned(), value.clone()))
    };
    fields.iter().map(field).collect()
}
