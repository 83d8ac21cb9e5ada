//! Properties: `name=value`, and how other languages write it.

use super::lexer::{Kind, Lexer, Token};
use super::mistakes;
use super::plain::Reader;
use super::tree::{Node, Value};
use crate::span::Spanned;

impl Reader<'_> {
    /// The name of a property, if one stands here.
    pub(super) fn key(&mut self) -> Option<Spanned<String>> {
        let token = self.token;
        let word = self.slice(token.start, token.end);
        let is_string = !matches!(token.kind, Kind::Keyword | Kind::OpenString);
        if is_string && self.equals_follows(token.end) {
            return Some(self.text_atom());
        }
        let is_json = token.kind == Kind::Quoted && self.lexer.byte(token.end) == b':';
        let is_yaml = token.kind == Kind::Bare && word.len() > 1 && word.ends_with(':');
        if !is_json && (!is_yaml || mistakes::of_word(word) != Some(mistakes::Mistake::Unquoted)) {
            return None;
        }
        let mut look = self.lexer;
        look.go_to(token.end + usize::from(is_json));
        let next = match look.next_token() {
            Token {
                kind: Kind::Space, ..
            } => look.next_token(),
            next => next,
        };
        let is_value = matches!(
            next.kind,
            Kind::Bare | Kind::Word | Kind::Keyword | Kind::Quoted | Kind::Raw | Kind::Multi
        );
        if !is_value {
            return None;
        }
        let key = word.trim_end_matches(':');
        let fix = self.span(token.start, next.start);
        let finding = mistakes::colon_after_key(key, self.span(token.start, token.end), fix);
        self.notes.push(finding);
        let name = if is_json {
            self.text_atom()
        } else {
            Spanned::new(key.to_owned(), self.span(token.start, token.end - 1))
        };
        self.go_to(next.start);
        Some(name)
    }

    pub(super) fn property_value(
        &mut self,
        node: &mut Node,
        name: &Spanned<String>,
    ) -> Option<Spanned<Value>> {
        self.skip_blanks();
        let equals = self.token;
        let mut last = equals;
        while self.token.kind == Kind::Equals {
            last = self.token;
            self.advance();
            self.skip_blanks();
        }
        if last.end > equals.end {
            let finding = mistakes::double_equals(self.span(equals.start, last.end));
            self.notes.push(finding);
        }
        self.annotations(&mut node.annotations);
        if self.at_value() {
            return self.value_atom();
        }
        let place = self.span(name.span.start as usize, last.end);
        let finding = mistakes::no_value(
            self.slice(name.span.start as usize, name.span.end as usize),
            place,
        );
        self.notes.push(finding);
        None
    }

    /// Whether `=` follows, after blanks or at once.
    pub(super) fn equals_follows(&self, end: usize) -> bool {
        let mut at = end;
        while matches!(self.lexer.byte(at), b' ' | b'\t') {
            at += 1;
        }
        match self.lexer.byte(at) {
            b'=' => true,
            b'/' | b'\\' | 0x80.. => {
                let mut look: Lexer<'_> = self.lexer;
                look.go_to(at);
                loop {
                    match look.next_token().kind {
                        Kind::Space | Kind::BlockComment | Kind::Continuation => {}
                        kind => return kind == Kind::Equals,
                    }
                }
            }
            _ => false,
        }
    }
}
