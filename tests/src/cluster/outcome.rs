//! The result document of a run, without what is another in each.

use serde_json::{Value, json};

/// What of the document must be the same wherever the same spec runs with the same agent: names of runs, their UIDs,
/// digests and addresses of what they made are left out.
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
