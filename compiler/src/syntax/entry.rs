//! The line of a node: its name, its values, its properties, and the block behind them.

use super::lexer::Kind;
use super::mistakes;
use super::plain::Reader;
use super::tree::{Node, Property};
use crate::codes::Code;
use crate::diag::Finding;
use crate::span::{Span, Spanned};

impl Reader<'_> {
    /// One node with its block; nothing where the line does not begin with a name.
    pub(super) fn node(&mut self) -> Option<Node> {
        let mut annotations = Vec::new();
        self.annotations(&mut annotations);
        let name = self.name()?;
        let head = name.span;
        let mut node = Node {
            name,
            arguments: Vec::new(),
            properties: Vec::new(),
            children: None,
            head,
            annotations,
        };
        self.after_name(&mut node);
        self.entries(&mut node);
        Some(node)
    }

    fn name(&mut self) -> Option<Spanned<String>> {
        let token = self.token;
        let word = self.slice(token.start, token.end);
        match token.kind {
            Kind::Bare | Kind::Word | Kind::Quoted | Kind::Multi | Kind::Raw | Kind::RawMulti => {
                Some(self.text_atom())
            }
            Kind::OpenString => {
                self.open_string();
                None
            }
            Kind::Keyword if word == "#" || word.starts_with("#!") => {
                self.hash_comment();
                None
            }
            _ => {
                let place = self.span(token.start, token.end);
                self.notes.push(
                    Finding::new(
                        Code::Syntax,
                        place,
                        format!("`{word}` is not the name of a node"),
                    )
                    .label("a line begins with the name of a node")
                    .help("begin the line with a name"),
                );
                self.advance();
                self.skip_rest();
                None
            }
        }
    }

    /// `#` as in shells: the rest of the line is a comment.
    pub(super) fn hash_comment(&mut self) {
        let start = self.token.start;
        let rest = self.text.get(start..).unwrap_or("");
        let end = start + rest.find('\n').unwrap_or(rest.len());
        let finding = mistakes::hash_comment(self.span(start, end), self.span(start, start + 1));
        self.notes.push(finding);
        self.go_to(end);
    }

    /// Skips a line that could not be read, with the block at its end.
    fn skip_rest(&mut self) {
        loop {
            match self.token.kind {
                Kind::Newline | Kind::Semicolon | Kind::End | Kind::Close => return,
                Kind::Open => {
                    self.block();
                    return;
                }
                Kind::OpenString => self.open_string(),
                _ => self.advance(),
            }
        }
    }

    /// `name = value` and `name: value`, as other languages write it.
    fn after_name(&mut self, node: &mut Node) {
        let (start, end) = (node.name.span.start as usize, node.name.span.end as usize);
        if self.slice(start, end).ends_with(':') || self.is_colon() {
            node.name.value = node.name.value.trim_end_matches(':').to_owned();
            if self.is_colon() {
                self.go_to(self.token.start + 1);
            }
            let colon = end - usize::from(self.slice(start, end).ends_with(':'));
            self.skip_blanks();
            let whole = self.span(start, colon + 1);
            let fix = self.span(colon, self.token.start.max(colon + 1));
            let finding = mistakes::colon_after_node(&node.name.value, whole, fix);
            self.notes.push(finding);
            self.go_to(self.token.start);
            self.entry_list_at_blank(node);
        } else if self.equals_follows(end) {
            self.skip_blanks();
            let equals = self.token;
            while self.token.kind == Kind::Equals {
                self.advance();
                self.skip_blanks();
            }
            let fix = self.span(end, self.token.start);
            let place = self.span(equals.start, equals.end);
            let finding = mistakes::assignment(&node.name.value, place, fix);
            self.notes.push(finding);
            self.entry_list_at_blank(node);
        }
    }

    /// Reads the entry that stands here although no blank was needed before it.
    fn entry_list_at_blank(&mut self, node: &mut Node) {
        if self.at_value() || self.token.kind == Kind::ParenOpen {
            self.entry(node);
        }
    }

    fn is_colon(&self) -> bool {
        self.token.kind == Kind::Bare && self.slice(self.token.start, self.token.end) == ":"
    }

    pub(super) fn at_value(&self) -> bool {
        matches!(
            self.token.kind,
            Kind::Bare
                | Kind::Word
                | Kind::Keyword
                | Kind::Quoted
                | Kind::Multi
                | Kind::Raw
                | Kind::RawMulti
                | Kind::OpenString
        )
    }

    /// Everything up to the end of the node.
    fn entries(&mut self, node: &mut Node) {
        let mut has_block = false;
        let mut after_misplaced = false;
        self.in_list = false;
        self.node_ended = false;
        loop {
            if std::mem::take(&mut self.node_ended) {
                return;
            }
            let is_apart = self.skip_blanks() || after_misplaced;
            after_misplaced = false;
            match self.token.kind {
                Kind::Newline | Kind::LineComment | Kind::Semicolon | Kind::End | Kind::Close => {
                    return;
                }
                Kind::Open => {
                    self.node_block(node);
                    has_block = true;
                }
                Kind::Slashdash => has_block |= self.dropped_entry(is_apart),
                _ if has_block && node.children.is_some() => {
                    self.text_after_block();
                    return;
                }
                Kind::Equals | Kind::ParenClose | Kind::Stray => {
                    self.misplaced();
                    after_misplaced = true;
                }
                _ => {
                    if !is_apart && self.leading_comma() {
                        continue;
                    }
                    if has_block {
                        self.late_entry();
                    } else if !is_apart {
                        self.glued();
                    }
                    self.entry(node);
                }
            }
        }
    }

    fn node_block(&mut self, node: &mut Node) {
        if node.children.is_some() {
            let place = self.span(self.token.start, self.token.end);
            self.notes.push(
                Finding::new(Code::Syntax, place, "second block of one node")
                    .label("a node has one block")
                    .help("put its nodes into the first block"),
            );
        }
        let inner = self.block();
        node.children.get_or_insert_default().extend(inner);
    }

    /// `/-` and the entry or block that it takes out; whether it was a block.
    fn dropped_entry(&mut self, is_apart: bool) -> bool {
        let mark = self.token;
        if !is_apart {
            self.glued();
        }
        self.advance();
        self.skip_lines();
        match self.token.kind {
            Kind::Open => {
                self.block();
                return true;
            }
            _ if self.at_value() || self.token.kind == Kind::ParenOpen => {
                let mut dropped = Node {
                    name: Spanned::new(String::new(), self.span(mark.start, mark.end)),
                    arguments: Vec::new(),
                    properties: Vec::new(),
                    children: None,
                    head: self.span(mark.start, mark.end),
                    annotations: Vec::new(),
                };
                self.entry(&mut dropped);
            }
            _ => self.empty_mark(mark),
        }
        false
    }

    /// One argument or property.
    fn entry(&mut self, node: &mut Node) {
        let start = self.token.start;
        let known = node.annotations.len();
        let is_complete = self.annotations(&mut node.annotations);
        if !self.at_value() {
            if is_complete {
                self.value_missing(start);
            }
            return;
        }
        if node.annotations.len() > known && self.equals_follows(self.token.end) {
            self.annotated_key(start);
        }
        if let Some(name) = self.key() {
            if let Some(value) = self.property_value(node, &name) {
                extend_head(node, value.span);
                reserve_one(&mut node.properties);
                node.properties.push(Property { name, value });
            }
        } else if let Some(value) = self.value_atom() {
            extend_head(node, value.span);
            reserve_one(&mut node.arguments);
            node.arguments.push(value);
        }
    }

    /// The type annotation before a name or value, if there is one; whether all was well.
    pub(super) fn annotations(&mut self, list: &mut Vec<Span>) -> bool {
        let mut is_complete = true;
        let mut seen = 0;
        while self.token.kind == Kind::ParenOpen {
            let start = self.token.start;
            match self.annotation() {
                Some(span) => list.push(span),
                None => is_complete = false,
            }
            seen += 1;
            if seen == 2 {
                self.second_annotation(start);
            }
            self.skip_blanks();
        }
        is_complete
    }
}

fn extend_head(node: &mut Node, span: Span) {
    node.head.end = node.head.end.max(span.end);
}

/// Room for exactly one, because most nodes have one value.
fn reserve_one<T>(list: &mut Vec<T>) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
}
