//! Text to tokens. The tokens cover the text without gaps, and every call moves on, whatever the
//! text holds; the cost is linear in its length.

use super::chars::{BREAK, CLASS, WIDE, WORD, is_blank, is_word, refused};
pub use super::token::{Kind, Token};

/// Block comments within block comments.
pub const COMMENT_DEPTH: usize = 16;

/// Reads tokens one by one. A copy remembers a place to come back to.
#[derive(Debug, Clone, Copy)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// An open block comment was met: looking for further ends would be quadratic.
    comment_open: bool,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            comment_open: false,
        }
    }

    /// Goes on at another place, which must be a character boundary.
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// The byte at a place; 0 beyond the end.
    #[inline]
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The text from a place on.
    #[inline]
    fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or("")
    }

    /// The next token.
    #[inline]
    pub fn next_token(&mut self) -> Token {
        let start = self.at;
        let (kind, end) = self.scan(start);
        self.at = end;
        Token { kind, start, end }
    }

    #[inline]
    fn scan(&mut self, at: usize) -> (Kind, usize) {
        if at >= self.text.len() {
            return (Kind::End, at);
        }
        match self.byte(at) {
            b'\n' => (Kind::Newline, at + 1),
            b' ' | b'\t' => (Kind::Space, self.spaces(at)),
            b';' => (Kind::Semicolon, at + 1),
            b'{' => (Kind::Open, at + 1),
            b'}' => (Kind::Close, at + 1),
            b'(' => (Kind::ParenOpen, at + 1),
            b')' => (Kind::ParenClose, at + 1),
            b'=' => (Kind::Equals, at + 1),
            b'"' => self.quoted(at),
            b'#' => self.hash(at),
            b'/' => self.slash(at),
            b'\\' => self
                .continuation(at)
                .map_or((Kind::Stray, at + 1), |e| (Kind::Continuation, e)),
            b'[' | b']' => (Kind::Stray, at + 1),
            b if CLASS[usize::from(b)] == WORD => self.bare(at),
            // Controls were reported by the guard; here they only part words.
            b if CLASS[usize::from(b)] == BREAK => (Kind::Space, at + 1),
            _ if self.rest(at).chars().next().is_some_and(is_word) => self.bare(at),
            _ => (Kind::Space, self.spaces(at)),
        }
    }

    #[inline]
    fn spaces(&self, mut at: usize) -> usize {
        loop {
            match self.byte(at) {
                b' ' | b'\t' => at += 1,
                b if CLASS[usize::from(b)] == WIDE => match self.rest(at).chars().next() {
                    Some(c) if is_blank(c) || refused(c).is_some() => at += c.len_utf8(),
                    _ => return at,
                },
                _ => return at,
            }
        }
    }

    #[inline]
    fn word_end(&self, mut at: usize) -> usize {
        loop {
            let rest = self.text.as_bytes().get(at..).unwrap_or(&[]);
            at += rest
                .iter()
                .position(|b| CLASS[usize::from(*b)] != WORD)
                .unwrap_or(rest.len());
            match CLASS[usize::from(self.byte(at))] {
                WORD => at += 1,
                WIDE => match self.rest(at).chars().next() {
                    Some(c) if is_word(c) => at += c.len_utf8(),
                    _ => return at,
                },
                _ => return at,
            }
        }
    }

    fn bare(&self, start: usize) -> (Kind, usize) {
        let end = self.word_end(start);
        let next = self.byte(end);
        if matches!(next, b' ' | b'\n' | b'=' | b';' | b')' | b'"' | b'}') {
            return (Kind::Bare, end);
        }
        let last = self.byte(end.saturating_sub(1));
        let is_part = match next {
            b'/' => match self.byte(end + 1) {
                b'/' => last == b':',
                b'*' => false,
                _ => true,
            },
            b'#' | b'[' | b'(' => true,
            b'\\' => self.continuation(end).is_none(),
            b'{' => last == b'$' && self.braces(end).is_some(),
            _ => false,
        };
        if is_part {
            (Kind::Word, self.loose_end(end))
        } else {
            (Kind::Bare, end)
        }
    }

    /// The end of something that should have been quoted: up to a blank, `;`, `"` or a brace
    /// that is not a placeholder.
    fn loose_end(&self, mut at: usize) -> usize {
        loop {
            match self.byte(at) {
                0 | b' ' | b'\t' | b'\n' | b';' | b'"' | b'}' => return at,
                b'{' => match self.braces(at) {
                    Some(end) => at = end,
                    None => return at,
                },
                b if CLASS[usize::from(b)] == WIDE => match self.rest(at).chars().next() {
                    Some(c) if is_word(c) => at += c.len_utf8(),
                    _ => return at,
                },
                _ => at += 1,
            }
        }
    }

    /// The end of `{name}` written without blanks.
    fn braces(&self, at: usize) -> Option<usize> {
        let end = self.word_end(at + 1);
        (end > at + 1 && self.byte(end) == b'}').then_some(end + 1)
    }

    fn slash(&mut self, at: usize) -> (Kind, usize) {
        match self.byte(at + 1) {
            b'/' => (Kind::LineComment, self.line_end(at)),
            b'-' => (Kind::Slashdash, at + 2),
            b'*' => self.block_comment(at),
            _ => (Kind::Word, self.loose_end(at + 1)),
        }
    }

    fn line_end(&self, at: usize) -> usize {
        self.rest(at).find('\n').map_or(self.text.len(), |n| at + n)
    }

    fn block_comment(&mut self, start: usize) -> (Kind, usize) {
        let (mut depth, mut deepest, mut at) = (1_usize, 1_usize, start + 2);
        while at < self.text.len() {
            match (self.byte(at), self.byte(at + 1)) {
                (b'*', b'/') => {
                    depth -= 1;
                    at += 2;
                    if depth == 0 {
                        let is_deep = deepest > COMMENT_DEPTH;
                        return (
                            if is_deep {
                                Kind::DeepComment
                            } else {
                                Kind::BlockComment
                            },
                            at,
                        );
                    }
                }
                (b'/', b'*') => {
                    depth += 1;
                    deepest = deepest.max(depth);
                    at += 2;
                }
                (b'\n', _) if self.comment_open => break,
                _ => at += 1,
            }
        }
        self.comment_open = true;
        (Kind::OpenComment, self.line_end(start))
    }

    /// `\`, blanks and comments, then the line feed or the end of the text.
    fn continuation(&self, at: usize) -> Option<usize> {
        let mut look = Lexer {
            at: at + 1,
            ..*self
        };
        loop {
            let next = (self.byte(look.at), self.byte(look.at + 1));
            let is_comment = matches!(next, (b'/', b'/' | b'*'));
            let is_blank = self
                .rest(look.at)
                .chars()
                .next()
                .is_none_or(|c| c == '\n' || is_blank(c));
            if !is_comment && !is_blank {
                return None;
            }
            let token = look.next_token();
            match token.kind {
                Kind::Newline | Kind::End => return Some(token.end),
                Kind::OpenComment | Kind::DeepComment => return None,
                _ => {}
            }
        }
    }

    fn quoted(&self, start: usize) -> (Kind, usize) {
        if self.byte(start + 1) == b'"' && self.byte(start + 2) == b'"' {
            return self.multi(start);
        }
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        loop {
            let rest = bytes.get(at..).unwrap_or(&[]);
            at += rest
                .iter()
                .position(|b| matches!(b, b'"' | b'\\' | b'\n'))
                .unwrap_or(rest.len());
            match bytes.get(at) {
                Some(b'"') => return (Kind::Quoted, at + 1),
                Some(b'\\') => at = self.escape_end(at),
                _ => return (Kind::OpenString, self.open_string_end(start, at)),
            }
        }
    }

    /// One past an escape: `\` and a character, or `\` and all white space that follows.
    fn escape_end(&self, at: usize) -> usize {
        let after = self.rest(at + 1);
        let trimmed = after.trim_start_matches(|c| c == '\n' || is_blank(c));
        if trimmed.len() < after.len() {
            return self.text.len() - trimmed.len();
        }
        at + 1 + after.chars().next().map_or(0, char::len_utf8)
    }

    /// An open string leaves the brace at the end of its line alone, so that the block stays one.
    fn open_string_end(&self, start: usize, line_end: usize) -> usize {
        let line = self.text.get(start..line_end).unwrap_or("");
        let kept = line
            .trim_end()
            .strip_suffix('{')
            .map_or(line, str::trim_end);
        start + kept.len().max(1)
    }

    fn multi(&self, start: usize) -> (Kind, usize) {
        let bytes = self.text.as_bytes();
        let mut at = start + 3;
        loop {
            match bytes.get(at) {
                Some(b'"') if self.rest(at).starts_with("\"\"\"") => return (Kind::Multi, at + 3),
                Some(b'\\') => at += 1 + self.rest(at + 1).chars().next().map_or(0, char::len_utf8),
                Some(_) => at += 1,
                None => return (Kind::OpenString, self.text.len()),
            }
        }
    }

    fn hash(&self, start: usize) -> (Kind, usize) {
        let rest = self.rest(start);
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let open = start + hashes;
        let body = self.rest(open);
        if !body.starts_with('"') {
            return (Kind::Keyword, self.word_end(open));
        }
        let is_multi = body.starts_with("\"\"\"\n");
        let shut = if is_multi { "\"\"\"" } else { "\"" };
        let bytes = self.text.as_bytes();
        let mut at = open + shut.len();
        loop {
            match bytes.get(at) {
                None => break,
                Some(b'\n') if !is_multi => break,
                Some(b'"') => {
                    let tail = self.rest(at).strip_prefix(shut).unwrap_or("");
                    if tail.bytes().take(hashes).filter(|b| *b == b'#').count() == hashes {
                        let kind = if is_multi { Kind::RawMulti } else { Kind::Raw };
                        return (kind, at + shut.len() + hashes);
                    }
                    at += 1;
                }
                Some(_) => at += 1,
            }
        }
        (
            Kind::OpenString,
            if is_multi {
                at
            } else {
                self.open_string_end(start, at)
            },
        )
    }
}
