//! Texts of strangers that people will read.

use super::Problem;

/// How long a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Most {
    /// Bytes of UTF-8.
    Bytes(u64),
    /// Characters.
    Characters(usize),
}

/// What a text may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) most: Most,
    /// Whether it may hold newlines and tabs.
    pub(super) lines: bool,
    /// Whether it may have nothing in it.
    pub(super) empty: bool,
}

/// Whether a text has the form; all that is wrong is put to `problems`.
pub(super) fn check(text: &str, form: Form, pointer: &str, problems: &mut Vec<Problem>) {
    let mut wrong = |rule, message: String| {
        problems.push(Problem {
            pointer: pointer.to_owned(),
            rule,
            message,
        });
    };
    if !form.empty && text.trim().is_empty() {
        wrong("text-empty", "it needs a text".to_owned());
    }
    match form.most {
        Most::Bytes(most) if text.len() as u64 > most => {
            let found = text.len();
            wrong(
                "text-length",
                format!("it has {found} bytes of UTF-8 and may have {most}"),
            );
        }
        Most::Characters(most) if text.chars().count() > most => {
            let found = text.chars().count();
            wrong(
                "text-length",
                format!("it has {found} characters and may have {most}"),
            );
        }
        Most::Bytes(_) | Most::Characters(_) => {}
    }
    let allowed = |c: char| form.lines && matches!(c, '\n' | '\t');
    if let Some(c) = text.chars().find(|c| is_hidden(*c) && !allowed(*c)) {
        let code = u32::from(c);
        let but = match form.lines {
            true => "control and bidi characters other than newline and tab",
            false => "control and bidi characters",
        };
        wrong(
            "text-character",
            format!("it has U+{code:04X} in it; it may have no {but}"),
        );
    }
}

/// Characters that change how a text looks without being seen. Joiners stay: emoji and scripts are written with them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{e0000}'..='\u{e007f}')
}
