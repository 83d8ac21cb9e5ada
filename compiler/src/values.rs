//! The values that stand in strings: durations, sizes, hosts, patterns and so on.
//!
//! Every type reads its text with `parse`, shows its canonical form with `Display`, and serialises
//! as that form. What `parse` refuses comes back as a [`Refusal`]: what is wrong, and what to write.

use std::fmt;

pub mod branch;
pub mod cidr;
pub mod cpu;
pub mod cron;
pub mod date;
pub mod duration;
pub mod event_pointer;
pub mod file_name;
pub mod host;
pub mod image;
pub mod money;
pub mod name;
pub mod pattern;
pub mod regex;
pub mod repo;
pub mod s3;
pub mod size;
pub mod ssh_key;
pub mod temperature;
pub mod template;
pub mod timezone;
pub mod url;

/// Why a text is no value of its type, in prose for a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// What is wrong: a lower-case fragment without a full stop; the user's text in backticks.
    pub message: String,
    /// What to write instead, with an example.
    pub help: String,
}

impl Refusal {
    /// Puts the two sentences together.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for Refusal {}

/// What `parse` returns.
pub type Parsed<T> = Result<T, Refusal>;

/// Most characters of the user's text that a message repeats.
const SHOWN: usize = 80;

/// The user's text as a message may show it: in backticks, short, without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::from("`");
    for (index, c) in text.chars().enumerate() {
        if index == SHOWN {
            out.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out.push('`');
    out
}

/// Characters that change how a line looks without being seen: zero width and bidirectional ones.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Reads ASCII digits only: no sign, no space, no digit of another script. `None` on overflow too.
pub(crate) fn digits(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// A value serialises as its canonical text.
macro_rules! serialize_as_text {
    ($($kind:ty),+) => {$(
        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}
pub(crate) use serialize_as_text;

/// A checked text: the type says which check it passed.
macro_rules! text_value {
    ($(#[$doc:meta])* $kind:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $kind(String);

        impl $kind {
            /// The text, in canonical form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        $crate::values::serialize_as_text!($kind);
    };
}
pub(crate) use text_value;

#[cfg(test)]
mod tests;
