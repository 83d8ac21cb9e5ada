//! Tokens to nodes: the structure of a document. One pass, no backtracking; after a mistake it
//! goes on with the next value, line or block, so that one run shows all mistakes of a text.

use super::braces::Opener;
use super::full::Authority;
use super::guard::span;
use super::lexer::{Kind, Lexer, Token};
use super::notes::Notes;
use super::tree::Node;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::span::{SourceId, Span};

/// Blocks within blocks.
pub const DEPTH: usize = 64;

/// Reads one text.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) lexer: Lexer<'a>,
    /// The token that is looked at.
    pub(super) token: Token,
    pub(super) notes: Notes,
    pub(super) authority: Authority,
    pub(super) openers: Vec<Opener>,
    pub(super) line_start: usize,
    /// Braces do not match: indentation decides which one is missing.
    pub(super) by_indent: bool,
    pub(super) is_unbalanced: bool,
    pub(super) block_ended: bool,
    /// The block of a node ended by indentation, and the node with it.
    pub(super) node_ended: bool,
    pub(super) comment_reported: bool,
    pub(super) too_slow_reported: bool,
    swallowed_rest: bool,
    /// Between `[` and `]`: what is wrong was said at the `[`.
    pub(super) in_list: bool,
}

/// Reads the nodes of a text. Nodes that could be read are returned even where there are findings.
pub(super) fn parse(text: &str, source: SourceId) -> (Vec<Node>, Findings) {
    let mut first = Reader::new(text, source, false);
    let nodes = first.nodes();
    if first.is_unbalanced {
        let mut second = Reader::new(text, source, true);
        let by_indent = second.nodes();
        // Where indentation blames more braces than needed, it is not to be trusted.
        if second.notes.count(Code::Unbalanced) <= first.notes.count(Code::Unbalanced) {
            return (by_indent, second.notes.finish());
        }
    }
    (nodes, first.notes.finish())
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, source: SourceId, by_indent: bool) -> Self {
        let mut lexer = Lexer::new(text);
        let token = lexer.next_token();
        Self {
            text,
            lexer,
            token,
            notes: Notes::new(source),
            authority: Authority::default(),
            openers: Vec::new(),
            line_start: 0,
            by_indent,
            is_unbalanced: false,
            block_ended: false,
            node_ended: false,
            comment_reported: false,
            too_slow_reported: false,
            swallowed_rest: false,
            in_list: false,
        }
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        self.notes.span(start, end)
    }

    #[inline]
    pub(super) fn advance(&mut self) {
        if self.token.kind == Kind::Newline {
            self.line_start = self.token.end;
        }
        self.token = self.lexer.next_token();
    }

    /// Goes on at another place.
    pub(super) fn go_to(&mut self, at: usize) {
        self.lexer.go_to(at);
        self.token = self.lexer.next_token();
    }

    /// Skips what may stand between the values of a node; whether anything was there.
    pub(super) fn skip_blanks(&mut self) -> bool {
        let start = self.token.start;
        loop {
            match self.token.kind {
                Kind::Space | Kind::BlockComment | Kind::Continuation => self.advance(),
                Kind::OpenComment | Kind::DeepComment => self.bad_comment(),
                _ => return self.token.start > start,
            }
        }
    }

    /// Skips what may stand between nodes.
    pub(super) fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            match self.token.kind {
                Kind::Newline | Kind::LineComment => self.advance(),
                _ => return,
            }
        }
    }

    /// The nodes up to the end of the block or of the text.
    fn nodes(&mut self) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        loop {
            self.skip_lines();
            if self.by_indent && self.leave_by_indent() {
                return nodes;
            }
            match self.token.kind {
                Kind::End => return nodes,
                Kind::Close if !self.openers.is_empty() => return nodes,
                Kind::Close => self.stray_close(),
                Kind::Semicolon => self.stray_semicolon(),
                Kind::Slashdash => self.dropped_node(),
                Kind::Open => self.block_without_name(&mut nodes),
                _ => {
                    nodes.extend(self.node());
                    self.end_node();
                }
            }
        }
    }

    /// `{ … }`: the nodes inside, or nothing where it is nested too deep.
    pub(super) fn block(&mut self) -> Vec<Node> {
        let open = self.token;
        if self.openers.len() >= DEPTH {
            self.notes.push(
                Finding::new(
                    Code::TooDeep,
                    self.span(open.start, open.end),
                    format!("block is nested deeper than {DEPTH} levels"),
                )
                .label("the first block that is too deep")
                .help("write it with fewer levels"),
            );
            self.skip_block();
            return Vec::new();
        }
        let indent = self.indent_of(self.line_start);
        self.openers.push(Opener {
            at: open.start,
            indent,
        });
        self.advance();
        let nodes = self.nodes();
        self.openers.pop();
        if std::mem::take(&mut self.block_ended) {
            self.node_ended = true;
            return nodes;
        }
        match self.token.kind {
            Kind::Close => self.advance(),
            _ if !self.swallowed_rest => self.unclosed(open.start),
            _ => {}
        }
        nodes
    }

    fn skip_block(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                Kind::End => return,
                Kind::OpenString => self.swallowed_rest |= self.token.end == self.text.len(),
                _ => {}
            }
            self.advance();
            if depth == 0 {
                return;
            }
        }
    }

    /// Remembers that an open string took the rest of the text: braces are missing because of it.
    pub(super) fn swallow(&mut self, token: Token) {
        self.swallowed_rest |= token.end == self.text.len();
    }

    fn stray_semicolon(&mut self) {
        let place = self.span(self.token.start, self.token.end);
        self.notes.push(
            Finding::new(Code::Syntax, place, "`;` without a node before it")
                .label("`;` ends a node")
                .help("remove it")
                .fix(place, ""),
        );
        self.advance();
    }

    fn dropped_node(&mut self) {
        let mark = self.token;
        self.advance();
        self.skip_lines();
        match self.token.kind {
            Kind::End | Kind::Close | Kind::Semicolon | Kind::Slashdash => self.empty_mark(mark),
            Kind::Open => {
                self.empty_mark(mark);
                self.block();
            }
            _ => {
                self.node();
                self.end_node();
            }
        }
    }

    /// Takes the `;` that ends a node.
    fn end_node(&mut self) {
        if self.token.kind == Kind::Semicolon {
            self.advance();
        }
    }

    /// `/-` with nothing behind it that it could take out.
    pub(super) fn empty_mark(&mut self, mark: Token) {
        let place = self.span(mark.start, mark.end);
        self.notes.push(
            Finding::new(
                Code::Syntax,
                place,
                "`/-` stands before nothing that it could take out",
            )
            .label("takes out the node, value, property or block after it")
            .help("remove it")
            .fix(place, ""),
        );
    }

    /// A brace on a line of its own belongs to the node above; elsewhere its nodes are dropped.
    fn block_without_name(&mut self, nodes: &mut [Node]) {
        let open = self.token;
        let previous = nodes.last_mut().filter(|n| n.children.is_none());
        let place = self.span(open.start, open.end);
        let finding = Finding::new(Code::Syntax, place, "block without a node before it")
            .label("`{` stands on the line of its node");
        let finding = match &previous {
            Some(node) => finding.help(format!(
                "move `{{` to the end of the line of `{}`",
                node.name.value
            )),
            None => finding.help("write the name of the node before it"),
        };
        self.notes.push(finding);
        let inner = self.block();
        if let Some(node) = previous {
            node.children = Some(inner);
        }
        self.end_node();
    }

    /// A comment that is open or nested too deep.
    fn bad_comment(&mut self) {
        let token = self.token;
        let place = span(self.notes.source(), token.start, token.start + 2);
        if token.kind == Kind::DeepComment {
            self.notes.push(
                Finding::new(
                    Code::TooDeep,
                    place,
                    "comments are nested deeper than 16 levels",
                )
                .label("the outermost comment")
                .help("use `//` on each line"),
            );
        } else if !self.comment_reported {
            self.comment_reported = true;
            self.notes.push(
                Finding::new(Code::Unbalanced, place, "comment has no end")
                    .label("opened here")
                    .help("add `*/`; a value that holds `/*` must be quoted"),
            );
        }
        self.advance();
    }
}
