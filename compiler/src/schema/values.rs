//! Schemas of values.

use crate::nodes::Kind;
use crate::shape::kind_word;
use serde_json::{Map, Value, json};

/// The schema of a value of a kind, with what it says.
pub(super) fn of(kind: Kind, says: &str) -> Value {
    let mut out = Map::new();
    out.insert(
        "description".to_owned(),
        json!(format!(
            "{}: {}",
            says.trim_end_matches('.'),
            kind_word(kind)
        )),
    );
    match kind {
        Kind::Int(low, high) => {
            out.insert("type".to_owned(), json!("integer"));
            out.insert("minimum".to_owned(), json!(low));
            out.insert("maximum".to_owned(), json!(high));
        }
        Kind::Temperature => {
            out.insert("type".to_owned(), json!("number"));
            out.insert("minimum".to_owned(), json!(0));
            out.insert("maximum".to_owned(), json!(2));
        }
        Kind::Bool => {
            out.insert("type".to_owned(), json!("boolean"));
        }
        Kind::Word(words) => {
            out.insert("enum".to_owned(), json!(words));
        }
        Kind::Text => {
            out.insert("type".to_owned(), json!("string"));
        }
        // The empty pointer is the whole payload.
        Kind::EventPointer => {
            out.insert("type".to_owned(), json!("string"));
            out.insert("pattern".to_owned(), json!("^(/|$)"));
        }
        _ => {
            out.insert("type".to_owned(), json!("string"));
            out.insert("minLength".to_owned(), json!(1));
            if let Some(pattern) = pattern(kind) {
                out.insert("pattern".to_owned(), json!(pattern));
            }
        }
    }
    Value::Object(out)
}

/// A pattern that every value of the kind fits; not every text that fits is a value.
fn pattern(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Name | Kind::Ref(_) => "^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$",
        Kind::Line => "^[^\\n\\r\\t]*$",
        Kind::Duration => "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
        Kind::Size => "^[0-9]+(Ki|Mi|Gi|Ti|k|M|G|T)?$",
        Kind::Image => "@sha256:[0-9a-f]{64}$",
        Kind::Url => "^https?://",
        Kind::S3 => "^s3://",
        Kind::PathPattern | Kind::PathTemplate | Kind::Pointer => "^/",
        Kind::Identifier => "^[A-Za-z][A-Za-z0-9_]*$",
        Kind::Date => "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        Kind::Code => "^PA[0-9]{4}$",
        Kind::Method => "^[A-Z]+$",
        Kind::Semver => "^[0-9]+\\.[0-9]+\\.[0-9]+$",
        Kind::Account => "^system:serviceaccount:[^:]+:[^:]+$",
        Kind::FileName => "^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,7}$",
        Kind::EnvName => "^[A-Za-z_][A-Za-z0-9_]*$",
        _ => return None,
    })
}
