//! The one layout of a source: four blanks per level, one node per line, one blank between
//! values, at most one empty line, comments where they were, strings as written.
//!
//! Works on tokens, so that nothing gets lost; the parsed tree stays the same.

mod gap;
mod multiline;

use crate::diag::Findings;
use crate::span::SourceId;
use crate::syntax::lexer::{Kind, Lexer, Token};
use crate::syntax::{parse, read};

/// Blanks per level.
const INDENT: usize = 4;

/// Formats a text; a leading byte order mark and CRLF go. Formatting the result again changes
/// nothing.
///
/// # Errors
/// The findings of a text with refused characters or syntax errors; their places are those of the
/// text as [`crate::syntax::read`] returns it.
pub fn format(text: &str, source: SourceId) -> Result<String, Findings> {
    let text = read(text.as_bytes());
    let mut findings = text.findings(source);
    if text.is_readable() {
        findings.extend(parse(&text.text, source).1);
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let mut printer = Printer::new(&text.text);
    let mut lexer = Lexer::new(&text.text);
    loop {
        let token = lexer.next_token();
        if token.kind == Kind::End {
            return Ok(printer.finish());
        }
        printer.token(token);
    }
}

/// What was written last between nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing yet, in the text or in the block.
    Start,
    /// A comment that begins its line: a node may follow on the line.
    Leading,
    /// Anything else.
    Other,
}

#[derive(Debug)]
struct Printer<'a> {
    text: &'a str,
    out: String,
    depth: usize,
    in_node: bool,
    /// The last token of the node that counts.
    previous: Kind,
    /// Comments and continuations since then.
    gap: Vec<Token>,
    last: Last,
    /// Line feeds since something was written between nodes.
    newlines: usize,
}

impl<'a> Printer<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            out: String::with_capacity(text.len() + text.len() / 4),
            depth: 0,
            in_node: false,
            previous: Kind::End,
            gap: Vec::new(),
            last: Last::Start,
            newlines: 0,
        }
    }

    fn slice(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or("")
    }

    fn token(&mut self, token: Token) {
        let after_mark = self.in_node && self.previous == Kind::Slashdash;
        match token.kind {
            Kind::Space => {}
            Kind::Newline if after_mark => {}
            Kind::Newline if self.in_node => {
                self.end_node();
                self.newlines = 1;
            }
            Kind::Newline => self.newlines += 1,
            Kind::LineComment if after_mark => {
                self.write_gap(Kind::LineComment);
                self.out.push(' ');
                self.comment(token);
                self.new_line(1);
            }
            Kind::LineComment if self.in_node => {
                self.write_gap(Kind::LineComment);
                self.blank();
                self.comment(token);
            }
            Kind::BlockComment | Kind::Continuation if self.in_node => self.gap.push(token),
            Kind::LineComment | Kind::BlockComment => self.free_comment(token),
            Kind::Continuation => self.free_continuation(token),
            Kind::Semicolon => self.end_node(),
            Kind::Close => self.close(),
            Kind::Open => self.open(),
            kind => self.piece(kind, token),
        }
    }

    /// A name, a value, `=`, a parenthesis or `/-`.
    fn piece(&mut self, kind: Kind, token: Token) {
        if self.in_node {
            self.write_gap(kind);
        } else {
            if self.last != Last::Leading || self.newlines > 0 {
                self.fresh_line();
            } else {
                self.out.push(' ');
            }
            self.in_node = true;
        }
        let written = self.slice(token);
        match kind {
            Kind::Multi | Kind::RawMulti => {
                let prefix = " ".repeat((self.depth + 1) * INDENT);
                multiline::push(written, &prefix, &mut self.out);
            }
            _ => self.out.push_str(written),
        }
        self.previous = kind;
    }

    fn open(&mut self) {
        self.write_gap(Kind::Open);
        self.out.push('{');
        self.depth += 1;
        self.in_node = false;
        self.last = Last::Start;
        self.newlines = 0;
    }

    fn close(&mut self) {
        self.end_node();
        self.depth = self.depth.saturating_sub(1);
        if self.last != Last::Start {
            self.newlines = 0;
            self.fresh_line();
        }
        self.out.push('}');
        self.in_node = true;
        self.previous = Kind::Close;
    }

    /// Ends the node, if one is open: what follows on its line is a comment or a new line.
    fn end_node(&mut self) {
        if self.in_node {
            // A line comment ends its line, wherever the node ended.
            let ends_line = self.gap.last().is_some_and(|t| self.holds_line_comment(*t));
            self.write_gap(Kind::Newline);
            self.in_node = false;
            self.last = Last::Other;
            self.newlines = usize::from(ends_line);
        }
    }

    /// A comment between nodes: behind what stands on its line, or on a line of its own.
    fn free_comment(&mut self, token: Token) {
        if self.depth == 0 && self.last == Last::Start {
            self.last = Last::Leading;
        } else if self.newlines > 0 {
            self.fresh_line();
            self.last = Last::Leading;
        } else {
            self.blank();
            if self.last == Last::Start {
                self.last = Last::Other;
            }
        }
        self.comment(token);
        self.newlines = 0;
    }

    /// Begins a line, with an empty one before it where the text had one.
    fn fresh_line(&mut self) {
        let newlines = std::mem::take(&mut self.newlines);
        if self.last == Last::Start && self.depth == 0 {
            return;
        }
        if newlines > 1 && self.last != Last::Start {
            self.out.push('\n');
        }
        self.new_line(0);
    }

    fn new_line(&mut self, deeper: usize) {
        self.out.push('\n');
        self.out
            .extend(std::iter::repeat_n(' ', (self.depth + deeper) * INDENT));
    }

    /// One blank, but for the beginning of a line.
    fn blank(&mut self) {
        if !self.out.ends_with([' ', '\n']) && !self.out.is_empty() {
            self.out.push(' ');
        }
    }

    /// A comment without the blanks at the ends of its lines.
    fn comment(&mut self, token: Token) {
        push_trimmed(self.slice(token), &mut self.out);
    }

    fn finish(mut self) -> String {
        self.end_node();
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }
}

fn push_trimmed(comment: &str, out: &mut String) {
    for (at, line) in comment.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        out.push_str(line.trim_end());
    }
}
