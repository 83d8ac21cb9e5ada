//! Allow-lists as tables: what a JSON value may hold.
//!
//! A table names every field, type and word that may stand; what it does not name is refused. Free JSON
//! stands only where the provider takes it as data for the model: arguments and schemas of tools.

use super::rule::Rule;
use serde_json::Value;

/// What a value may be.
pub(super) enum Shape {
    /// Any value: only below [`Field::Drop`].
    Any,
    /// Any string.
    Text,
    /// A string that passes a check.
    Check(fn(&str) -> Result<(), (Rule, &'static str)>),
    /// One of these strings.
    Words(&'static [&'static str]),
    /// Either boolean.
    Bool,
    /// `false`; `true` breaks the rule.
    False(Rule),
    /// 1; another number breaks the rule.
    One(Rule),
    /// A whole number from 0 to [`MOST_COUNT`].
    Count,
    /// Any number.
    Number,
    /// An object with any content.
    Json,
    /// A JSON schema without references outward.
    Schema,
    /// A list, and how long it may be.
    List(&'static Shape, usize),
    /// An object with any keys and such values.
    Map(&'static Shape),
    /// An object with these fields.
    Object(&'static Object),
    /// An object whose fields depend on one of them.
    Tagged(&'static Tagged),
    /// The first of these that has the JSON type of the value.
    Or(&'static [Shape]),
    /// A picture or document, which is counted.
    Counted(Media, &'static Shape),
}

/// What is counted apart from its bytes.
pub(super) enum Media {
    /// A picture.
    Image,
    /// A PDF.
    Document,
}

/// How many of them a request has.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) images: u64,
    pub(super) documents: u64,
}

/// A field of an object. Where it need not stand it may be `null`, which means the same and is passed on.
pub(super) enum Field {
    /// It must stand.
    Must(&'static str, &'static Shape),
    /// It may stand.
    May(&'static str, &'static Shape),
    /// It may stand and does not go upstream.
    Drop(&'static str, &'static Shape),
}

/// An object without fields, but for the one that told what it is.
pub(super) static NOTHING: Object = Object {
    fields: &[],
    denied: &[],
};

/// The fields of an object.
pub(super) struct Object {
    pub(super) fields: &'static [Field],
    /// Fields that are refused with a rule of their own; `null` and `false` ask for nothing and are left out.
    pub(super) denied: &'static [(&'static str, Rule)],
}

/// Objects by the value of one field.
pub(super) struct Tagged {
    /// The field.
    pub(super) key: &'static str,
    /// Its values.
    pub(super) cases: &'static [(&'static str, &'static Object)],
    /// What holds if the field is missing.
    pub(super) absent: Option<&'static Object>,
    /// Values with a rule of their own.
    pub(super) denied: &'static [(&'static str, Rule)],
    /// The rule for every other value.
    pub(super) rule: Rule,
}

/// Most of any [`Shape::Count`]: every reader of JSON has it exactly.
pub(super) const MOST_COUNT: u64 = 1 << 53;

impl Shape {
    /// Whether a value has the JSON type of this shape.
    pub(super) fn takes(&self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Text | Self::Check(_) | Self::Words(_) => value.is_string(),
            Self::Bool | Self::False(_) => value.is_boolean(),
            Self::One(_) | Self::Number => value.is_number(),
            Self::Count => value.as_u64().is_some_and(|n| n <= MOST_COUNT),
            Self::List(..) => value.is_array(),
            Self::Json | Self::Schema | Self::Map(_) | Self::Object(_) | Self::Tagged(_) => {
                value.is_object()
            }
            Self::Or(shapes) => shapes.iter().any(|shape| shape.takes(value)),
            Self::Counted(_, shape) => shape.takes(value),
        }
    }

    /// What it must be, for a sentence.
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Any => "a value".to_owned(),
            Self::Text | Self::Check(_) => "a string".to_owned(),
            Self::Words(words) => format!("one of {}", words.join(", ")),
            Self::Bool | Self::False(_) => "true or false".to_owned(),
            Self::One(_) | Self::Number => "a number".to_owned(),
            Self::Count => "a whole number of at least 0".to_owned(),
            Self::List(..) => "a list".to_owned(),
            Self::Json | Self::Schema | Self::Map(_) | Self::Object(_) | Self::Tagged(_) => {
                "an object".to_owned()
            }
            Self::Or(shapes) => shapes
                .iter()
                .map(Self::expected)
                .collect::<Vec<_>>()
                .join(" or "),
            Self::Counted(_, shape) => shape.expected(),
        }
    }
}
