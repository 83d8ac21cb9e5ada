//! String literals: what they hold, and what is wrong inside them.

use super::chars::refused;
use super::full::Answer;
use super::lexer::{Kind, Token};
use super::plain::Reader;
use super::strings::{self, Decoded, Fault, FaultKind};
use super::tree::Value;
use crate::codes::Code;
use crate::diag::Finding;

impl Reader<'_> {
    /// `"…"` and `"""…"""`: decodes, and reports what is wrong inside.
    pub(super) fn string(&mut self, token: Token, open: usize, close: usize) -> Value {
        let body = self.slice(token.start + open, token.end - close);
        let decoded = if open == 1 {
            strings::quoted(body)
        } else {
            strings::multi(body, false)
        };
        let text = match decoded {
            // Without escapes the text is as long as it was written, and the guard has seen it.
            Decoded::Text(text) if text.len() == body.len() => return Value::String(text),
            Decoded::Text(text) => text,
            Decoded::Faulty(faults, text) => {
                self.faults(token.start + open, &faults);
                text
            }
            Decoded::Odd => return self.odd_string(token),
        };
        self.refuse_hidden(&text, token);
        Value::String(text)
    }

    pub(super) fn raw_string(&mut self, token: Token) -> Value {
        let word = self.slice(token.start, token.end);
        let inner = word.trim_start_matches('#');
        let hashes = word.len() - inner.len();
        let body = inner
            .get(..inner.len().saturating_sub(hashes))
            .unwrap_or("");
        if token.kind == Kind::RawMulti {
            let body = body.get(3..body.len().saturating_sub(3)).unwrap_or("");
            return match strings::multi(body, true) {
                Decoded::Text(text) => Value::String(text),
                Decoded::Faulty(faults, text) => {
                    self.faults(token.start + hashes + 3, &faults);
                    Value::String(text)
                }
                Decoded::Odd => self.odd_string(token),
            };
        }
        let body = body.get(1..body.len().saturating_sub(1)).unwrap_or("");
        if body.starts_with('"') {
            return self.odd_string(token);
        }
        Value::String(body.to_owned())
    }

    /// Strings whose white space is escaped, and raw strings that begin with a quote.
    fn odd_string(&mut self, token: Token) -> Value {
        let word = self.slice(token.start, token.end);
        let span = self.span(token.start, token.end);
        match self.authority.ask(word) {
            Answer::Value(Value::String(text)) => {
                self.refuse_hidden(&text, token);
                Value::String(text)
            }
            Answer::TooSlow => self.too_slow(word, span),
            answer => {
                let finding = Finding::new(Code::Syntax, span, "string is not well formed")
                    .label("this string");
                let said = match answer {
                    Answer::Refused(Some(said)) => said,
                    _ => "write it as `\"…\"` with `\\n` for line feeds".to_owned(),
                };
                self.notes.push(finding.help(said));
                Value::String(word.to_owned())
            }
        }
    }

    fn faults(&mut self, base: usize, faults: &[Fault]) {
        for fault in faults {
            let (start, end) = (base + fault.start, base + fault.end);
            let place = self.span(start, end);
            let written = self.slice(start, end);
            let finding = match fault.what {
                FaultKind::UnknownEscape => {
                    Finding::new(Code::Syntax, place, format!("`{written}` is not an escape"))
                        .label("escapes are `\\n \\t \\s \\\" \\\\ \\u{…}`")
                        .help(format!("write `\\{written}`, or a raw string `#\"…\"#`"))
                        .fix(place, format!("\\{written}"))
                }
                FaultKind::NotACharacter => Finding::new(
                    Code::Syntax,
                    place,
                    format!("`{written}` is not a character"),
                )
                .label("`\\u{…}` takes one to six hexadecimal digits")
                .help("write the number of a Unicode character"),
                FaultKind::TextAfterQuotes => Finding::new(
                    Code::Syntax,
                    place,
                    "text on the line of the opening `\"\"\"`",
                )
                .label("the string begins on the next line")
                .help("break the line after `\"\"\"`, or use `\"…\"`"),
                FaultKind::TextBeforeQuotes => Finding::new(
                    Code::Syntax,
                    place,
                    "text on the line of the closing `\"\"\"`",
                )
                .label("`\"\"\"` stands on a line of its own")
                .help("break the line before `\"\"\"`"),
                FaultKind::Indentation => Finding::new(
                    Code::Syntax,
                    place,
                    "line of a `\"\"\"` string is not indented enough",
                )
                .label("begins left of the closing `\"\"\"`")
                .help("indent every line at least as far as the closing `\"\"\"`"),
            };
            self.notes.push(finding);
        }
    }

    /// Escapes must not bring in what may not be written.
    fn refuse_hidden(&mut self, text: &str, token: Token) {
        let Some((char, what)) = text.chars().find_map(|c| refused(c).map(|what| (c, what))) else {
            return;
        };
        let place = self.span(token.start, token.end);
        let message = format!("string holds `U+{:04X}` ({what})", u32::from(char));
        self.notes.push(
            Finding::new(Code::TextControl, place, message)
                .label("control and invisible characters are refused as escapes, too")
                .help("remove the escape"),
        );
    }

    /// Reports an open string and returns what it holds.
    pub(super) fn open_text(&mut self) -> String {
        let token = self.token;
        let written = self.slice(token.start, token.end);
        self.open_string();
        written.trim_matches(['#', '"']).to_owned()
    }

    pub(super) fn open_string(&mut self) {
        let token = self.token;
        let written = self.slice(token.start, token.end);
        let quotes = written.trim_start_matches('#');
        let hashes = written.len() - quotes.len();
        let is_multi = quotes.starts_with("\"\"\"");
        let length = hashes + if is_multi { 3 } else { 1 };
        if is_multi {
            self.swallow(token);
        }
        let close = format!(
            "{}{}",
            if is_multi { "\"\"\"" } else { "\"" },
            "#".repeat(hashes.min(8))
        );
        let place = self.span(token.start, token.start + length);
        self.notes.push(
            Finding::new(Code::Unbalanced, place, "string has no closing quote")
                .label("opened here")
                .help(format!("add `{close}`")),
        );
        self.advance();
    }
}
