//! What Argo would fill in, as fixed samples. Anything that is not on this list is an error.

use crate::value::Value;
use std::borrow::Cow;

/// What stands between the braces, and a value of the kind that Argo puts there.
const SAMPLES: [(&str, &str); 17] = [
    ("workflow.name", "run-sample"),
    ("workflow.uid", "00000000-0000-4000-8000-000000000000"),
    ("workflow.parameters.inputs", "e30"),
    ("workflow.parameters.retry-of", ""),
    ("inputs.parameters.cycle", "0"),
    ("inputs.parameters.visit", "304"),
    ("inputs.parameters.next", "1"),
    ("inputs.parameters.gateway", "192.0.2.10"),
    ("inputs.parameters.phase", "Succeeded"),
    ("inputs.parameters.exit-code", "0"),
    ("inputs.parameters.start-code", "0"),
    ("inputs.parameters.pod-reason", "Evicted"),
    ("inputs.parameters.end-reason", "Completed"),
    ("inputs.parameters.cycles", "Succeeded"),
    ("inputs.parameters.packing", "Succeeded"),
    ("inputs.parameters.router", "Succeeded"),
    ("inputs.parameters.pack", "Succeeded"),
];

/// The address of an image server, whatever its name.
const SERVER: (&str, &str) = ("inputs.parameters.server-", "192.0.2.11");

/// Replaces every `{{…}}` at any depth.
///
/// # Errors
/// The first one that has no sample.
pub(super) fn fill(value: &mut Value) -> Result<(), String> {
    let mut fault = None;
    value.each_text_mut(&mut |text| match filled(text) {
        Ok(Some(new)) => *text = Cow::Owned(new),
        Ok(None) => {}
        Err(tag) => fault = Some(tag),
    });
    fault.map_or(Ok(()), |tag| Err(format!("no sample for `{tag}`")))
}

/// The text with samples; `None` if there is nothing to replace.
fn filled(text: &str) -> Result<Option<String>, String> {
    if !text.contains("{{") && !text.contains("}}") {
        return Ok(None);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("{{") {
        let Some((tag, after)) = from.split_once("}}") else {
            return Err(from.to_owned());
        };
        out.push_str(before);
        out.push_str(sample(tag).ok_or_else(|| tag.to_owned())?);
        rest = after;
    }
    out.push_str(rest);
    if out.contains("{{") || out.contains("}}") {
        Err(text.to_owned())
    } else {
        Ok(Some(out))
    }
}

fn sample(tag: &str) -> Option<&'static str> {
    let name = tag.strip_prefix(SERVER.0);
    if name
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    {
        return Some(SERVER.1);
    }
    SAMPLES
        .iter()
        .find(|(known, _)| *known == tag)
        .map(|(_, sample)| *sample)
}
