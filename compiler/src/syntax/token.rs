//! The pieces that a text is made of.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The end of the text (empty).
    End,
    /// Blanks.
    Space,
    /// One line feed.
    Newline,
    /// `// …` without the line feed.
    LineComment,
    /// `/* … */`.
    BlockComment,
    /// `\` up to and with the line feed.
    Continuation,
    /// `;`
    Semicolon,
    /// `{`
    Open,
    /// `}`
    Close,
    /// `(`
    ParenOpen,
    /// `)`
    ParenClose,
    /// `=`
    Equals,
    /// `/-`
    Slashdash,
    /// A run of characters that may stand in a bare word: identifier or number.
    Bare,
    /// `#` and a word.
    Keyword,
    /// `"…"`
    Quoted,
    /// `"""…"""`
    Multi,
    /// `#"…"#`
    Raw,
    /// `#"""…"""#`
    RawMulti,
    /// A run that is never KDL but looks like one unquoted value: `a/b`, `/etc`, `${X}`.
    Word,
    /// A string, from its quote to the end of the line, or of the text for `"""`.
    OpenString,
    /// A block comment without its end, to the end of the line.
    OpenComment,
    /// A whole block comment that is nested deeper than [`super::lexer::COMMENT_DEPTH`].
    DeepComment,
    /// One character that fits nowhere.
    Stray,
}

/// One token: what it is and the bytes it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}
