//! Braces that do not match: which one is missing, as far as the indentation tells.

use super::lexer::Kind;
use super::plain::Reader;
use crate::codes::Code;
use crate::diag::Finding;

/// An open block: where its brace stands and how far its line is indented.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opener {
    pub(super) at: usize,
    pub(super) indent: usize,
}

/// What the indentation of a line says about the block it stands in.
enum Fit {
    Fits,
    BlockEnded,
    Stray,
}

impl Reader<'_> {
    pub(super) fn unclosed(&mut self, at: usize) {
        self.is_unbalanced = true;
        self.notes.push(
            Finding::new(
                Code::Unbalanced,
                self.span(at, at + 1),
                "block has no closing brace",
            )
            .label("opened here")
            .help("add `}` on a line of its own after the last node of the block"),
        );
    }

    pub(super) fn stray_close(&mut self) {
        self.is_unbalanced = true;
        let place = self.span(self.token.start, self.token.end);
        self.notes.push(
            Finding::new(
                Code::Unbalanced,
                place,
                "closing brace without an opening one",
            )
            .label("closes nothing")
            .help("remove it, or add the `{` that is missing above"),
        );
        self.advance();
    }

    pub(super) fn indent_of(&self, line_start: usize) -> usize {
        if !self.by_indent {
            return 0;
        }
        let line = self.text.get(line_start..).unwrap_or("");
        line.bytes()
            .take(4096)
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count()
    }

    /// Acts on a line that does not fit its block by indentation; whether the block ends here.
    pub(super) fn leave_by_indent(&mut self) -> bool {
        loop {
            match self.fit() {
                Fit::Fits => return false,
                Fit::Stray => {
                    self.stray_close();
                    self.skip_lines();
                }
                Fit::BlockEnded => {
                    if let Some(opener) = self.openers.last() {
                        self.unclosed(opener.at);
                    }
                    self.block_ended = true;
                    return true;
                }
            }
        }
    }

    fn fit(&self) -> Fit {
        let Some((inner, outer)) = self.openers.split_last() else {
            return Fit::Fits;
        };
        let indent = self.indent_of(self.line_start);
        let is_first = self.line_start + indent == self.token.start;
        match self.token.kind {
            Kind::End => Fit::Fits,
            _ if !is_first => Fit::Fits,
            Kind::Close if indent > inner.indent => Fit::Stray,
            Kind::Close if indent < inner.indent && outer.iter().any(|o| o.indent == indent) => {
                Fit::BlockEnded
            }
            Kind::Close => Fit::Fits,
            _ if indent <= inner.indent => Fit::BlockEnded,
            _ => Fit::Fits,
        }
    }
}
