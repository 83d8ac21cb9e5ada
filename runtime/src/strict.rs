//! JSON from strangers: what two readers could read differently is refused.
//!
//! A key that stands twice is read as its first value by some readers and as its last by others; so a filter
//! that saw one could let the other through. [`value`] refuses it at every depth.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

mod pieces;

pub use pieces::{Broken, Pieces};

/// Reads a whole JSON text.
///
/// # Errors
/// What is no JSON, a key that stands twice, text after the value, more than 127 levels.
pub fn value(text: &[u8]) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Reads a JSON text into a type; keys that stand twice are refused also where the type would ignore them.
///
/// # Errors
/// As [`value`], and what does not fit the type.
pub fn read<T: serde::de::DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_value(value(text)?)
}

/// Reads a whole JSON text as [`value`] does, and keeps of an object one field only. Any other text than an object is
/// null.
///
/// # Errors
/// As [`value`].
pub fn field(text: &[u8], name: &str) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Pick(Some(name)).deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Judges like [`Strict`], and keeps the named field of an object, or nothing.
#[derive(Clone, Copy)]
struct Pick<'n>(Option<&'n str>);

impl<'de> DeserializeSeed<'de> for Pick<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Strict.expecting(f)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Strict.visit_f64(value).map(|_number| Value::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        while list.next_element_seed(Pick(None))?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let (mut keys, mut kept) = (BTreeSet::new(), Map::new());
        while let Some(Key(key)) = map.next_key()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format_args!("key `{key}` stands twice")));
            }
            match self.0 == Some(&*key) {
                true => {
                    kept.insert(key.to_string(), map.next_value_seed(Strict)?);
                }
                false => drop(map.next_value_seed(Pick(None))?),
            }
            keys.insert(key);
        }
        Ok(Value::Object(kept))
    }
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that JSON does not have"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Strict)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if values.contains_key(&key) {
                return Err(A::Error::custom(format_args!("key `{key}` stands twice")));
            }
            let value = map.next_value_seed(Strict)?;
            values.insert(key, value);
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use super::{field, value};
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn a_key_that_stands_twice_is_refused_at_every_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"x":{"a":1,"b":2,"a":3}}]"#,
        ] {
            let error = value(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("stands twice"), "{text}: {error}");
        }
        assert!(value(br#"{"a":{"a":1},"A":2}"#).is_ok());
    }

    #[test]
    fn only_one_value_of_bounded_depth_is_read() {
        for text in [&b"{} {}"[..], b"", b"{", b"nul", b"\xff", b"[1,]", b"01"] {
            assert!(value(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
        assert!(value("[".repeat(200).as_bytes()).is_err());
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(value(deep.as_bytes()).is_err());
    }

    /// What was judged, and what an approver saw the digest of, is what upstream reads.
    #[test]
    fn a_number_is_written_as_it_was_read() {
        for text in ["-922337203123456789012345678901236854775808", "0.7", "-0.0"] {
            let read = value(text.as_bytes()).unwrap();
            let written = serde_json::to_vec(&read).unwrap();
            assert_eq!(value(&written).unwrap(), read, "{text}");
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"usage\"",
            "\"\\u0061\"",
            "1",
            "1e999",
            "null",
            " ",
            "\"",
            "{\"a\":1}",
            "{\"usage\":{\"a\":[1]},\"a\":{\"a\":1}}",
            "{\"a\":{\"b\":1,\"b\":2}}",
            "[{\"a\":\"\\ud800\"}]",
        ]);
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        /// One field is taken from exactly those texts that are read as a whole.
        #[test]
        fn one_field_is_what_the_whole_says(text in texts()) {
            let whole = value(text.as_bytes());
            let picked = field(text.as_bytes(), "usage");
            match (whole, picked) {
                (Ok(whole), Ok(picked)) => prop_assert_eq!(whole.get("usage"), picked.get("usage")),
                (Err(whole), Err(picked)) => prop_assert_eq!(whole.to_string(), picked.to_string()),
                (whole, picked) => prop_assert!(false, "{whole:?} {picked:?}"),
            }
        }
    }

    #[test]
    fn a_field_is_kept_from_the_object_itself_only() {
        let kept = field(
            br#"{"a":{"usage":1},"\u0075sage":{"n":[2]},"b":[3]}"#,
            "usage",
        )
        .unwrap();
        assert_eq!(kept, serde_json::json!({"usage": {"n": [2]}}));
        assert_eq!(field(br#"[{"usage":1}]"#, "usage").unwrap(), Value::Null);
        assert!(field(br#"{"usage":{"n":1,"n":2}}"#, "usage").is_err());
        assert!(field(br#"{"b":[{"n":1,"n":2}],"usage":1}"#, "usage").is_err());
    }
}
