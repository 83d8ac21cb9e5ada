//! One name or value: decoded here where its form is plain, by the authority where it is odd,
//! and read as it was most likely meant where it is a known mistake.

use super::full::Answer;
use super::lexer::{Kind, Token};
use super::mistakes::{self, Mistake};
use super::plain::Reader;
use super::tree::Value;
use crate::codes::Code;
use crate::diag::Finding;
use crate::span::{Span, Spanned};

impl Reader<'_> {
    /// A name of a node or property.
    pub(super) fn text_atom(&mut self) -> Spanned<String> {
        let token = self.token;
        let word = self.slice(token.start, token.end);
        let span = self.span(token.start, token.end);
        let is_other = self.quotes_end(token).is_some();
        let is_name = token.kind != Kind::Word && !starts_number(word) && !is_reserved(word);
        if matches!(token.kind, Kind::Bare | Kind::Word) && !is_other && !is_name {
            let finding = mistakes::unquoted_name(word, span);
            self.notes.push(finding);
            self.advance();
            return Spanned::new(word.to_owned(), span);
        }
        if token.kind == Kind::Bare && word.ends_with(':') && word.len() > 1 {
            self.advance();
            return Spanned::new(word.to_owned(), span);
        }
        match self.value_atom() {
            Some(Spanned {
                value: Value::String(text),
                span,
            }) => Spanned::new(text, span),
            _ => Spanned::new(word.to_owned(), span),
        }
    }

    /// The value that stands here.
    pub(super) fn value_atom(&mut self) -> Option<Spanned<Value>> {
        let token = self.token;
        let span = self.span(token.start, token.end);
        let word = self.slice(token.start, token.end);
        let value = match token.kind {
            Kind::Quoted => self.string(token, 1, 1),
            Kind::Multi => self.string(token, 3, 3),
            Kind::Raw | Kind::RawMulti => self.raw_string(token),
            Kind::OpenString => return Some(Spanned::new(Value::String(self.open_text()), span)),
            Kind::Bare | Kind::Word if self.quotes_end(token).is_some() => {
                return self.other_quotes(token);
            }
            Kind::Word => {
                let finding = mistakes::unquoted(word, span);
                self.notes.push(finding);
                Value::String(word.to_owned())
            }
            Kind::Bare => self.bare(word, span)?,
            _ => match word {
                "#true" => Value::Bool(true),
                "#false" => Value::Bool(false),
                "#null" => Value::Null,
                "#" => {
                    self.hash_comment();
                    return None;
                }
                _ => self.odd_keyword(word, span),
            },
        };
        self.advance();
        Some(Spanned::new(value, span))
    }

    fn bare(&mut self, word: &str, span: Span) -> Option<Value> {
        let first = word.bytes().next().unwrap_or(b' ');
        if first.is_ascii_alphabetic() && !word.ends_with([',', ':']) && !is_reserved(word) {
            return Some(Value::String(word.to_owned()));
        }
        if let Some(number) = integer(word) {
            return Some(Value::Int(number));
        }
        match mistakes::of_word(word) {
            Some(Mistake::Keyword(value)) => {
                let finding = mistakes::keyword(word, span);
                self.notes.push(finding);
                Some(value)
            }
            Some(Mistake::Comma) => {
                let kept = word.trim_end_matches(',');
                let comma = Span {
                    start: span.end - 1,
                    ..span
                };
                self.comma(comma);
                if kept.is_empty() {
                    self.advance();
                    return None;
                }
                self.bare(
                    kept,
                    Span {
                        end: comma.start,
                        ..span
                    },
                )
            }
            Some(Mistake::Unquoted | Mistake::WrongQuotes) => {
                let finding = mistakes::unquoted(word, span);
                self.notes.push(finding);
                Some(Value::String(word.to_owned()))
            }
            None if starts_number(word) || matches!(first, b'+' | b'-' | b'.') => {
                Some(self.odd_word(word, span))
            }
            None => Some(Value::String(word.to_owned())),
        }
    }

    /// Numbers that are not plain integers, and words that begin with a sign or a dot.
    fn odd_word(&mut self, word: &str, span: Span) -> Value {
        match self.authority.ask(word) {
            Answer::Value(value) => value,
            Answer::TooSlow => self.too_slow(word, span),
            Answer::Refused(_) => {
                let finding = mistakes::unquoted(word, span);
                self.notes.push(finding);
                Value::String(word.to_owned())
            }
        }
    }

    fn odd_keyword(&mut self, word: &str, span: Span) -> Value {
        match self.authority.ask(word) {
            Answer::Value(value) => value,
            Answer::TooSlow => self.too_slow(word, span),
            Answer::Refused(_) => {
                let (value, finding) = mistakes::unknown_keyword(word, span);
                self.notes.push(finding);
                value
            }
        }
    }

    pub(super) fn too_slow(&mut self, word: &str, span: Span) -> Value {
        if !std::mem::replace(&mut self.too_slow_reported, true) {
            let start = Span {
                end: span.start + 1,
                ..span
            };
            let message = "text holds too many values of unusual form";
            self.notes.push(
                Finding::new(Code::TooSlow, start, message)
                    .label("the first value that was not read")
                    .help("write them as quoted strings and plain integers"),
            );
        }
        Value::String(word.to_owned())
    }

    /// The end of a string in quotes that KDL does not know, if one begins at this token.
    fn quotes_end(&self, token: Token) -> Option<usize> {
        if !matches!(token.kind, Kind::Bare | Kind::Word) {
            return None;
        }
        let text = self.text.get(token.start..)?;
        let first = text.chars().next()?;
        let closing = mistakes::closing_quotes(first);
        if closing.is_empty() {
            return None;
        }
        // Bounded, so that a line of opening quotes stays linear.
        let mut length = first.len_utf8();
        for c in text.chars().skip(1).take(1024).take_while(|c| *c != '\n') {
            length += c.len_utf8();
            if closing.contains(&c) {
                return Some(token.start + length);
            }
        }
        None
    }

    fn other_quotes(&mut self, token: Token) -> Option<Spanned<Value>> {
        let end = self.quotes_end(token)?;
        let written = self.slice(token.start, end);
        let mut inner = written.chars();
        inner.next();
        inner.next_back();
        let span = self.span(token.start, end);
        let finding = mistakes::wrong_quotes(written, inner.as_str(), span);
        self.notes.push(finding);
        self.go_to(end);
        Some(Spanned::new(Value::String(inner.as_str().to_owned()), span))
    }
}

/// `true` and the like, which KDL keeps from being names and strings.
fn is_reserved(word: &str) -> bool {
    matches!(word, "true" | "false" | "null" | "inf" | "-inf" | "nan")
}

/// A digit, or a sign and a digit.
fn starts_number(word: &str) -> bool {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    digits.bytes().next().is_some_and(|b| b.is_ascii_digit())
}

/// A decimal integer with an optional sign and `_` between digits.
fn integer(word: &str) -> Option<i128> {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    if !digits.bytes().next()?.is_ascii_digit() {
        return None;
    }
    let mut number: i128 = 0;
    for byte in digits.bytes().filter(|b| *b != b'_') {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number
            .checked_mul(10)?
            .checked_add(i128::from(byte - b'0'))?;
    }
    Some(if word.starts_with('-') {
        -number
    } else {
        number
    })
}
