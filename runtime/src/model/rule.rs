//! Why a request is refused.

use std::fmt;

/// What kind of no it is; each protocol has a status for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is no request of the protocol.
    Malformed,
    /// It asks for something that the run does not have.
    NotGranted,
    /// A limit of the run is used up.
    UsedUp,
}

/// The rules, by stable words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// No JSON, or a key twice.
    Malformed,
    /// A field that must stand is missing.
    MissingField,
    /// A value of another JSON type.
    WrongType,
    /// A list is too long.
    TooMany,
    /// A tool name with other characters.
    ToolName,
    /// No base64, or a `data:` URL of another form.
    Encoding,
    /// A field that no allow-list names.
    UnknownField,
    /// A word that no allow-list names.
    UnknownValue,
    /// A content or item type that no allow-list names.
    ContentType,
    /// Content that the provider would fetch.
    OutsideSource,
    /// A tool that the provider runs.
    HostedTool,
    /// An MCP server that the provider would call.
    OutsideServer,
    /// A container at the provider.
    Container,
    /// Something that the provider keeps, or has kept.
    Stored,
    /// Another tier, speed or price.
    ServiceTier,
    /// Another place of inference.
    Geography,
    /// A model that the contract does not see.
    OtherModel,
    /// Several answers to one request.
    SeveralAnswers,
    /// An answer without a sure bound.
    Unbounded,
    /// A schema that names a place outside itself.
    SchemaReference,
    /// A model that the agent does not have.
    Model,
    /// A model of another protocol.
    ModelProtocol,
    /// A bound of the answer that is missing or too large.
    MaxTokens,
}

impl Rule {
    /// The stable word.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::MissingField => "missing-field",
            Self::WrongType => "wrong-type",
            Self::TooMany => "too-many",
            Self::ToolName => "tool-name",
            Self::Encoding => "encoding",
            Self::UnknownField => "unknown-field",
            Self::UnknownValue => "unknown-value",
            Self::ContentType => "content-type",
            Self::OutsideSource => "outside-source",
            Self::HostedTool => "hosted-tool",
            Self::OutsideServer => "outside-server",
            Self::Container => "container",
            Self::Stored => "stored",
            Self::ServiceTier => "service-tier",
            Self::Geography => "geography",
            Self::OtherModel => "other-model",
            Self::SeveralAnswers => "several-answers",
            Self::Unbounded => "unbounded",
            Self::SchemaReference => "schema-reference",
            Self::Model => "model",
            Self::ModelProtocol => "model-protocol",
            Self::MaxTokens => "max-tokens",
        }
    }

    /// What kind of no it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Malformed
            | Self::MissingField
            | Self::WrongType
            | Self::TooMany
            | Self::ToolName
            | Self::Encoding => Kind::Malformed,
            _ => Kind::NotGranted,
        }
    }

    /// Why the rule is there, as the end of a sentence.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::OutsideSource => "the provider would fetch it from elsewhere",
            Self::HostedTool => "the provider would run it, past the granted tools",
            Self::OutsideServer => "the provider would call servers that the run does not grant",
            Self::Container => "the provider would run code",
            Self::Stored => "nothing is kept at the provider or taken from what it keeps",
            Self::ServiceTier => "tier, speed and price are not the agent's choice",
            Self::Geography => "the place of inference is not the agent's choice",
            Self::OtherModel => "another model would answer",
            Self::SeveralAnswers => "one request has one answer",
            Self::Unbounded => "its tokens cannot be bounded before the call",
            _ => "it is not on the allow-list",
        }
    }
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The rule.
    pub rule: Rule,
    /// JSON pointer (RFC 6901) of the place; empty: the whole body. An unknown key is cut at 64 characters.
    pub place: String,
    /// What is wrong, in a sentence without a full stop.
    pub sentence: String,
}

impl Refused {
    pub(super) fn new(rule: Rule, place: String, sentence: String) -> Self {
        Self {
            rule,
            place,
            sentence,
        }
    }

    /// The stable word of the rule.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule.rule()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Refused {}

/// Text from a stranger, for a sentence: at most 64 characters, nothing that a terminal obeys.
pub(super) fn quote(text: &str) -> String {
    format!("`{}`", plain(text))
}

/// As [`quote`], without the quotes.
pub(super) fn plain(text: &str) -> String {
    let mut shown: String = text.chars().take(64).flat_map(char::escape_debug).collect();
    if text.chars().nth(64).is_some() {
        shown.push('…');
    }
    shown
}
