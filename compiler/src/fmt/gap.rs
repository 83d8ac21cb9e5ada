//! What stands between two values of a node: comments and line continuations.

use super::{Printer, push_trimmed};
use crate::syntax::lexer::{Kind, Lexer, Token};

impl Printer<'_> {
    /// Writes what was collected, and the blank before `next`.
    pub(super) fn write_gap(&mut self, next: Kind) {
        let mut gap = std::mem::take(&mut self.gap);
        let is_glued = matches!(
            self.previous,
            Kind::Equals | Kind::ParenOpen | Kind::ParenClose | Kind::Slashdash
        ) || matches!(next, Kind::Equals | Kind::ParenClose);
        let is_end = matches!(next, Kind::Newline | Kind::LineComment);
        if is_glued || is_end || next == Kind::Open {
            // A continuation without a comment is of no use here.
            gap.retain(|t| t.kind == Kind::BlockComment || !self.comments_of(*t).is_empty());
        }
        for (at, token) in gap.iter().enumerate() {
            let is_last = next == Kind::Newline && at + 1 == gap.len();
            match token.kind {
                Kind::BlockComment => {
                    if !is_glued {
                        self.blank();
                    }
                    self.comment(*token);
                }
                _ => self.continuation(*token, is_glued, is_last),
            }
        }
        if !is_glued && !is_end {
            self.blank();
        }
    }

    /// A continuation stays, but for one at the end of a node, whose comments stay.
    fn continuation(&mut self, token: Token, is_glued: bool, is_last: bool) {
        let comments = self.comments_of(token);
        let is_useless = is_last || (comments.is_empty() && self.at_line_start());
        let breaks = !is_useless;
        if breaks {
            self.blank();
            self.out.push('\\');
        }
        for comment in comments {
            if breaks || !is_glued {
                self.blank();
            }
            push_trimmed(self.slice(comment), &mut self.out);
        }
        if breaks {
            self.new_line(1);
        }
    }

    pub(super) fn holds_line_comment(&self, token: Token) -> bool {
        token.kind == Kind::Continuation
            && self
                .comments_of(token)
                .iter()
                .any(|c| c.kind == Kind::LineComment)
    }

    fn at_line_start(&self) -> bool {
        let line = self.out.rfind('\n').map_or(0, |n| n + 1);
        self.out
            .get(line..)
            .is_none_or(|l| l.trim_start_matches(' ').is_empty())
    }

    /// The comments within a continuation.
    fn comments_of(&self, token: Token) -> Vec<Token> {
        let mut lexer = Lexer::new(self.text);
        lexer.go_to(token.start + 1);
        let mut comments = Vec::new();
        loop {
            let inner = lexer.next_token();
            if inner.start >= token.end || inner.kind == Kind::End {
                return comments;
            }
            if matches!(inner.kind, Kind::LineComment | Kind::BlockComment) {
                comments.push(inner);
            }
        }
    }

    /// A continuation between nodes means nothing; its comments stay.
    pub(super) fn free_continuation(&mut self, token: Token) {
        for comment in self.comments_of(token) {
            self.free_comment(comment);
            if comment.kind == Kind::LineComment {
                self.newlines = 1;
            }
        }
    }
}
