//! Known credentials are taken out of a text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem::Finder;
use std::fmt;

/// What stands where a credential stood.
const MARK: &str = "[redacted]";
/// What is shorter would be found everywhere.
const FEWEST: usize = 8;

/// Takes these values out of texts: as they are, as JSON writes them, and in base64.
#[derive(Clone, Default)]
pub struct Redact(Vec<Finder<'static>>);

impl fmt::Debug for Redact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redact").finish_non_exhaustive()
    }
}

impl Redact {
    /// Values that must not stand in any text; those of fewer than 8 bytes are left.
    #[must_use]
    pub fn new<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut needles = Vec::new();
        for value in values.into_iter().filter(|value| value.len() >= FEWEST) {
            let quoted = serde_json::Value::from(value).to_string();
            let inner = quoted.trim_matches('"').to_owned();
            needles.extend([value.to_owned(), inner]);
            needles.extend(encoded(value));
        }
        // The longest first, so that no rest of it is left.
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        needles.dedup();
        let finder = |needle: String| Finder::new(&needle).into_owned();
        Self(needles.into_iter().map(finder).collect())
    }

    /// The text without them.
    #[must_use]
    pub fn clean(&self, text: String) -> String {
        let mut text = text;
        for needle in &self.0 {
            if needle.find(text.as_bytes()).is_some()
                && let Ok(needle) = std::str::from_utf8(needle.needle())
            {
                text = text.replace(needle, MARK);
            }
        }
        text
    }
}

/// The base64 of a value wherever it begins in the encoded text: a byte stands at one of three places, and the
/// characters at either end that also hold neighbours are left.
fn encoded(value: &str) -> Vec<String> {
    let at = |shift: usize| {
        let padded = [vec![0_u8; shift], value.as_bytes().to_vec()].concat();
        let text = STANDARD_NO_PAD.encode(&padded);
        let from = (shift * 8).div_ceil(6);
        let to = padded.len() * 8 / 6;
        text.get(from..to).map(str::to_owned)
    };
    let found = (0..3).filter_map(at);
    found.filter(|text| text.len() >= FEWEST).collect()
}
