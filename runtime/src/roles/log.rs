//! What a role says of itself: JSON lines on standard output. No secret, prompt or argument value is given to
//! it.

use serde_json::{Map, Value};
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Writes one line: Unix time in seconds, the event, and what belongs to it. A reader that is gone is no
/// fault.
pub(super) fn line(event: &str, details: Value) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut map = Map::new();
    map.insert("time".to_owned(), now.map_or(0, |t| t.as_secs()).into());
    map.insert("event".to_owned(), event.into());
    if let Value::Object(details) = details {
        map.extend(details);
    }
    let text = format!("{}\n", Value::Object(map));
    drop(std::io::stdout().lock().write_all(text.as_bytes()));
}
