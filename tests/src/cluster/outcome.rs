//! The result document of a run, without what is another in each.

use serde_json::{Value, json};

/// The document of the reference example with the scripted agent, compared so.
///
/// # Panics
/// If the file is no JSON.
#[must_use]
pub fn reference() -> Value {
    serde_json::from_str(include_str!("outcome/reference.json")).unwrap()
}

/// What of the document must be the same wherever the same spec runs with the same agent: names of runs, their UIDs,
/// digests, addresses of what they made and bytes of TLS are left out.
#[must_use]
pub fn comparable(result: &Value) -> Value {
    let mut result = result.clone();
    for name in ["run", "uid", "bundle", "spec"] {
        result[name] = json!("");
    }
    if result["submission"].is_string() {
        // It names the run's own branch.
        result["submission"] = json!("");
    }
    if let Some(usage) = result["usage"].as_object_mut() {
        usage.remove("traffic");
        let agents = usage.get_mut("agents").and_then(Value::as_object_mut);
        for agent in agents.into_iter().flat_map(serde_json::Map::values_mut) {
            drop(agent.as_object_mut().map(|agent| agent.remove("traffic")));
        }
    }
    for export in result["exports"].as_array_mut().into_iter().flatten() {
        let place = export["url"].as_str().map(place);
        if let Some(place) = place {
            export["url"] = json!(place);
        }
    }
    result
}

/// The host of an address, and what kind of thing it names.
fn place(url: &str) -> String {
    let parts: Vec<&str> = url.splitn(5, '/').collect();
    match parts.as_slice() {
        [scheme, _, host, ..] => format!("{scheme}//{host}"),
        _ => String::new(),
    }
}
