//! Results of calls: what a tool answered, in the shapes that clients know and no others.

use crate::tools::Output;
use serde_json::{Map, Value, json};

/// Most blocks of one answer.
const MOST_BLOCKS: usize = 1024;

/// An answer of a tool as the result of `tools/call`; none where a block has an unknown shape.
#[must_use]
pub fn result(output: Output) -> Option<Value> {
    let Output {
        content,
        structured,
        error,
    } = output;
    if content.len() > MOST_BLOCKS {
        return None;
    }
    let content: Option<Vec<Value>> = content.iter().map(block).collect();
    let mut result = json!({"content": content?, "isError": error});
    if let (Some(structured), Some(result)) = (structured, result.as_object_mut()) {
        result.insert("structuredContent".to_owned(), structured);
    }
    Some(result)
}

/// The result that says why there is none: `RULE: sentence`.
#[must_use]
pub fn refused(rule: &str, message: &str) -> Value {
    let text = format!("{rule}: {message}");
    json!({"content": [{"type": "text", "text": text}], "isError": true})
}

/// A block with the members that its type has; what else an upstream wrote is left out.
fn block(block: &Value) -> Option<Value> {
    let kind = block.get("type").and_then(Value::as_str)?;
    let mut kept = match kind {
        "text" => texts(block, &["text"], &[])?,
        "image" | "audio" => texts(block, &["data", "mimeType"], &[])?,
        "resource_link" => texts(
            block,
            &["uri", "name"],
            &["title", "description", "mimeType"],
        )?,
        "resource" => {
            let inner = block.get("resource")?;
            let body = if inner.get("text").is_some() {
                "text"
            } else {
                "blob"
            };
            let inner = texts(inner, &["uri", body], &["mimeType"])?;
            Map::from_iter([("resource".to_owned(), Value::Object(inner))])
        }
        _ => return None,
    };
    kept.insert("type".to_owned(), kind.into());
    Some(Value::Object(kept))
}

fn texts(from: &Value, required: &[&str], optional: &[&str]) -> Option<Map<String, Value>> {
    let mut kept = Map::new();
    for name in required {
        let text = from.get(name).filter(|value| value.is_string())?;
        kept.insert((*name).to_owned(), text.clone());
    }
    for name in optional {
        if let Some(text) = from.get(name).filter(|value| value.is_string()) {
            kept.insert((*name).to_owned(), text.clone());
        }
    }
    Some(kept)
}
