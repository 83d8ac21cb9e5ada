//! The one parameter of a Workflow: base64url of canonical JSON.

use crate::json;
use crate::value::{Map, Value};
use std::collections::BTreeMap;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The parameter for these inputs, by name: `[A-Za-z0-9_-]*`, without padding.
#[must_use]
pub fn encode(inputs: &BTreeMap<String, String>) -> String {
    let object: Map = inputs
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    base64url(json::canonical(&Value::Map(object)).as_bytes())
}

fn base64url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - group.len()));
        let digits = [18, 12, 6, 0].into_iter().take(group.len() + 1);
        let digits = digits.filter_map(|shift| ALPHABET.get((word >> shift & 63) as usize));
        out.extend(digits.map(|digit| char::from(*digit)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that submits another one writes inputs down as a person's command does.
    #[cfg(feature = "run")]
    #[test]
    fn s4_15_the_gateway_encodes_inputs_alike() {
        let texts = [
            "",
            "plain",
            "\" \\ / \u{7f}",
            "\0\u{8}\t\n\u{b}\u{c}\r\u{1f}",
            "한글 \u{1f600} \u{2028}",
        ];
        let inputs = texts.iter().enumerate();
        let inputs = inputs.map(|(at, text)| (format!("input-{at}"), (*text).to_owned()));
        let inputs: BTreeMap<String, String> = inputs.collect();
        for inputs in [&inputs, &BTreeMap::new()] {
            let theirs = pure_agent_runtime::gateway::inputs::encode(inputs);
            assert_eq!(encode(inputs), theirs);
        }
    }

    #[test]
    fn base64url_agrees_with_rfc_4648() {
        let cases = [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
            ("\u{3ff}\u{3ff}", "z7_Pvw"),
            ("~~~???", "fn5-Pz8_"),
        ];
        for (plain, coded) in cases {
            assert_eq!(base64url(plain.as_bytes()), coded, "{plain}");
        }
    }

    #[test]
    fn no_inputs_are_an_empty_object() {
        assert_eq!(encode(&BTreeMap::new()), "e30");
    }

    #[test]
    fn text_that_argo_would_fill_in_cannot_get_through() {
        let inputs = BTreeMap::from([(
            "prompt".to_owned(),
            "{{workflow.uid}} \n \" 한글".to_owned(),
        )]);
        let coded = encode(&inputs);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        assert!(coded.bytes().all(plain), "{coded}");
    }
}
