//! What is no data for an object.

use serde::ser;
use std::fmt;

/// Why a value of a Rust type is no data for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotData {
    /// A float: readers print them differently.
    Float,
    /// An integer beyond ±(2^53 - 1): readers round it, so two inputs would have one digest.
    Integer(String),
    /// Raw bytes.
    Bytes,
    /// A map key that is neither text nor an integer.
    Key,
    /// A key that stands twice in one map.
    Twice(String),
    /// What the type itself reported.
    Other(String),
}

impl fmt::Display for NotData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotData::Float => f.write_str("a float is not allowed in an object"),
            NotData::Integer(number) => write!(f, "integer `{number}` is beyond 2^53 - 1"),
            NotData::Bytes => f.write_str("raw bytes are not allowed in an object"),
            NotData::Key => f.write_str("a map key must be text"),
            NotData::Twice(key) => write!(f, "key `{key}` stands twice in one map"),
            NotData::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for NotData {}

impl ser::Error for NotData {
    fn custom<T: fmt::Display>(message: T) -> Self {
        NotData::Other(message.to_string())
    }
}
