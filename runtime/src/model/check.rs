//! Holds a value to its table.

use super::place::Place;
use super::rule::{Refused, Rule, quote};
use super::shape::{Field, Media, Object, Shape, Tagged, Tally};
use serde_json::{Map, Value};

/// Holds a value to its shape, and takes out what does not go upstream.
fn check(
    shape: &Shape,
    value: &mut Value,
    place: &Place<'_>,
    tally: &mut Tally,
) -> Result<(), Refused> {
    if !shape.takes(value) {
        let sentence = format!("{} must be {}", place.name(), shape.expected());
        return Err(place.refuse(Rule::WrongType, sentence));
    }
    match (shape, value) {
        (Shape::Check(accept), Value::String(text)) => accept(text)
            .map_err(|(rule, why)| place.refuse(rule, format!("{} {why}", place.name()))),
        (Shape::Words(words), Value::String(text)) => word(words, text, place),
        (Shape::False(rule), Value::Bool(true)) => Err(denied(*rule, place)),
        (Shape::One(rule), Value::Number(n)) if n.as_u64() != Some(1) => Err(denied(*rule, place)),
        (Shape::Schema, value) => schema(value, place),
        (Shape::List(item, most), Value::Array(list)) => items(item, *most, list, place, tally),
        (Shape::Map(item), Value::Object(map)) => map
            .iter_mut()
            .try_for_each(|(key, value)| check(item, value, &place.key(key), tally)),
        (Shape::Object(table), Value::Object(map)) => object(table, map, None, place, tally),
        (Shape::Tagged(table), Value::Object(map)) => tagged(table, map, place, tally),
        (Shape::Or(shapes), value) => match shapes.iter().find(|shape| shape.takes(value)) {
            Some(shape) => check(shape, value, place, tally),
            None => Err(place.refuse(Rule::WrongType, format!("{} is refused", place.name()))),
        },
        (Shape::Counted(media, shape), value) => {
            match media {
                Media::Image => tally.images = tally.images.saturating_add(1),
                Media::Document => tally.documents = tally.documents.saturating_add(1),
            }
            check(shape, value, place, tally)
        }
        // `takes` has seen the rest whole.
        _ => Ok(()),
    }
}

fn denied(rule: Rule, place: &Place<'_>) -> Refused {
    place.refuse(rule, format!("{} is refused: {}", place.name(), rule.why()))
}

fn word(words: &[&str], text: &str, place: &Place<'_>) -> Result<(), Refused> {
    if words.contains(&text) {
        return Ok(());
    }
    let allowed = words.join(", ");
    let sentence = format!(
        "{} is {}, and allowed is: {allowed}",
        place.name(),
        quote(text)
    );
    Err(place.refuse(Rule::UnknownValue, sentence))
}

fn items(
    item: &Shape,
    most: usize,
    list: &mut [Value],
    place: &Place<'_>,
    tally: &mut Tally,
) -> Result<(), Refused> {
    if list.len() > most {
        let sentence = format!(
            "{} has {} entries, at most {most}",
            place.name(),
            list.len()
        );
        return Err(place.refuse(Rule::TooMany, sentence));
    }
    list.iter_mut()
        .enumerate()
        .try_for_each(|(index, value)| check(item, value, &place.index(index), tally))
}

/// Holds an object to its table; `tag` is a field that has been read already.
pub(super) fn object(
    table: &'static Object,
    map: &mut Map<String, Value>,
    tag: Option<&str>,
    place: &Place<'_>,
    tally: &mut Tally,
) -> Result<(), Refused> {
    let mut dropped: Vec<String> = Vec::new();
    for (key, value) in map.iter_mut() {
        if tag != Some(key) && !field(table, key, value, &place.key(key), tally)? {
            dropped.push(key.clone());
        }
    }
    for key in dropped {
        map.remove(&key);
    }
    let missing = table.fields.iter().find_map(|field| match field {
        Field::Must(name, _) if !map.contains_key(*name) => Some(*name),
        _ => None,
    });
    match missing {
        None => Ok(()),
        Some(name) => {
            let sentence = format!("`{name}` is missing in {}", place.name());
            Err(place.refuse(Rule::MissingField, sentence))
        }
    }
}

/// Holds one field to its table; whether it goes upstream.
fn field(
    table: &'static Object,
    key: &str,
    value: &mut Value,
    place: &Place<'_>,
    tally: &mut Tally,
) -> Result<bool, Refused> {
    for field in table.fields {
        match field {
            Field::Must(name, shape) if *name == key => {
                return check(shape, value, place, tally).map(|()| true);
            }
            Field::May(name, _) if *name == key && value.is_null() => return Ok(true),
            Field::May(name, shape) if *name == key => {
                return check(shape, value, place, tally).map(|()| true);
            }
            Field::Drop(name, _) if *name == key && value.is_null() => return Ok(false),
            Field::Drop(name, shape) if *name == key => {
                return check(shape, value, place, &mut Tally::default()).map(|()| false);
            }
            _ => {}
        }
    }
    match table.denied.iter().find(|(name, _)| *name == key) {
        Some(_) if matches!(value, Value::Null | Value::Bool(false)) => Ok(false),
        Some((_, rule)) => Err(denied(*rule, place)),
        None => Err(denied(Rule::UnknownField, place)),
    }
}

fn tagged(
    table: &'static Tagged,
    map: &mut Map<String, Value>,
    place: &Place<'_>,
    tally: &mut Tally,
) -> Result<(), Refused> {
    let key = table.key;
    let tag = match (map.get(key), table.absent) {
        (Some(Value::String(tag)), _) => tag.as_str(),
        (None, Some(absent)) => return object(absent, map, None, place, tally),
        (None, None) => {
            let sentence = format!("`{key}` is missing in {}", place.name());
            return Err(place.refuse(Rule::MissingField, sentence));
        }
        (Some(_), _) => {
            let place = place.key(key);
            return Err(place.refuse(Rule::WrongType, format!("`{key}` must be a string")));
        }
    };
    if let Some((_, case)) = table.cases.iter().find(|(name, _)| *name == tag) {
        return object(case, map, Some(key), place, tally);
    }
    let rule = table
        .denied
        .iter()
        .find(|(name, _)| *name == tag)
        .map_or(table.rule, |(_, r)| *r);
    let allowed: Vec<&str> = table.cases.iter().map(|(name, _)| *name).collect();
    let sentence = format!(
        "`{key}` {} is refused: {}; allowed is: {}",
        quote(tag),
        rule.why(),
        allowed.join(", ")
    );
    Err(place.key(key).refuse(rule, sentence))
}

/// References must stay within the schema: no reader may fetch one.
fn schema(value: &Value, place: &Place<'_>) -> Result<(), Refused> {
    match value {
        Value::Object(map) => map.iter().try_for_each(|(key, value)| match value {
            Value::String(to)
                if matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef")
                    && !to.starts_with('#') =>
            {
                let place = place.key(key);
                let sentence = format!("`{key}` must begin with `#`");
                Err(place.refuse(Rule::SchemaReference, sentence))
            }
            value => schema(value, &place.key(key)),
        }),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| schema(value, &place.index(index))),
        _ => Ok(()),
    }
}
