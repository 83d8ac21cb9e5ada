//! The rules of a record, and where one is broken.

use std::{fmt, io};

/// The rule that a line breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// It is no JSON.
    BadJson,
    /// A key stands twice.
    KeyTwice,
    /// It has a field that is not known.
    UnknownField,
    /// It lacks a field, or one has another type.
    Malformed,
    /// Its number is not the next.
    Sequence,
    /// Its time is before that of the line before.
    Time,
    /// It does not name the hash of the line before.
    PreviousHash,
    /// It is JSON, but in another form than the one that is written.
    NotCanonical,
    /// Its hash is not its own.
    OwnHash,
    /// It is longer than [`MOST_LINE`](super::chain::MOST_LINE).
    TooLong,
    /// No run was opened before it.
    NoRun,
    /// It opens another run.
    OtherRun,
    /// The end of the file is neither a line nor the beginning of the next.
    Tail,
    /// The end of the file is the beginning of a line.
    Torn,
    /// The file cannot be read.
    Unreadable(io::ErrorKind),
}

impl Rule {
    /// The rule as a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::BadJson => "bad-json",
            Self::KeyTwice => "key-twice",
            Self::UnknownField => "unknown-field",
            Self::Malformed => "malformed",
            Self::Sequence => "sequence",
            Self::Time => "time",
            Self::PreviousHash => "previous-hash",
            Self::NotCanonical => "not-canonical",
            Self::OwnHash => "own-hash",
            Self::TooLong => "too-long",
            Self::NoRun => "no-run",
            Self::OtherRun => "other-run",
            Self::Tail => "tail",
            Self::Torn => "torn",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadJson => "it is no JSON",
            Self::KeyTwice => "a key stands twice",
            Self::UnknownField => "it has an unknown field",
            Self::Malformed => "it is no line of a record",
            Self::Sequence => "its number is not the next",
            Self::Time => "its time is before that of the line before",
            Self::PreviousHash => "it does not name the hash of the line before",
            Self::NotCanonical => "it is not in the form that is written",
            Self::OwnHash => "its hash is not its own",
            Self::TooLong => "it is too long",
            Self::NoRun => "no run was opened before it",
            Self::OtherRun => "it opens another run",
            Self::Tail => "the file ends with what is neither a line nor the beginning of one",
            Self::Torn => "the file ends in the middle of it",
            Self::Unreadable(kind) => return write!(f, "the file cannot be read: {kind}"),
        })
    }
}

/// Where a record is broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Number of the line, from 1.
    pub line: u64,
    /// The rule.
    pub rule: Rule,
}

impl Broken {
    /// The rule as a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule.rule()
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the record: {}", self.line, self.rule)
    }
}

impl std::error::Error for Broken {}
