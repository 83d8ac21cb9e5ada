//! Maps with unique keys in a fixed order.

use super::{Text, Value};
use std::cmp::Ordering;

/// Values by key: keys are unique and stand in RFC 8785 order (UTF-16 code units).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Map {
    entries: Vec<(Text, Value)>,
}

impl Map {
    /// A map without entries.
    #[must_use]
    pub const fn new() -> Map {
        Map {
            entries: Vec::new(),
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let at = self.find(key).ok()?;
        self.entries.get(at).map(|(_, value)| value)
    }

    /// The value of a key, open to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let at = self.find(key).ok()?;
        self.entries.get_mut(at).map(|(_, value)| value)
    }

    /// Sets a key and gives back what stood there.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        match self.find(&key) {
            Ok(at) => self
                .entries
                .get_mut(at)
                .map(|(_, old)| std::mem::replace(old, value)),
            Err(at) => {
                self.entries.insert(at, (key, value));
                None
            }
        }
    }

    /// Changes the map at a key; one is made where there is none, or something else.
    pub fn change_map(&mut self, key: impl Into<Text>, change: impl FnOnce(&mut Map)) {
        let key = key.into();
        let mut inner = match self.remove(&key) {
            Some(Value::Map(map)) => map,
            _ => Map::new(),
        };
        change(&mut inner);
        self.insert(key, inner);
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.find(key).ok()?;
        Some(self.entries.remove(at).1)
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_ref(), value))
    }

    /// Values with their keys, the values open to change.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Value)> {
        self.entries.iter_mut().map(|(key, value)| (&**key, value))
    }

    /// The entries in any order, made a map; the first key that occurs twice is the error.
    ///
    /// # Errors
    /// The key that stands twice.
    pub fn from_entries(mut entries: Vec<(Text, Value)>) -> Result<Map, Text> {
        if !entries.is_sorted_by(|a, b| key_order(&a.0, &b.0) == Ordering::Less) {
            entries.sort_by(|a, b| key_order(&a.0, &b.0));
            let twice = entries
                .iter()
                .zip(entries.iter().skip(1))
                .find(|(a, b)| a.0 == b.0);
            if let Some((entry, _)) = twice {
                return Err(entry.0.clone());
            }
        }
        Ok(Map { entries })
    }

    #[cfg(test)]
    pub(super) fn keys_are_borrowed(&self) -> bool {
        self.entries
            .iter()
            .all(|(key, _)| matches!(key, Text::Borrowed(_)))
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|(other, _)| key_order(other, key))
    }
}

impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Map {
    /// The last value of a key that occurs twice wins.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Map::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

/// RFC 8785 order: by UTF-16 code units.
///
/// UTF-8 bytes give the order of code points, which differs in one case only: characters beyond the
/// basic plane (first byte F0..F4) are surrogates in UTF-16 and stand before U+E000..U+FFFF (first
/// byte EE or EF). Those bytes occur nowhere else in UTF-8, so comparing adjusted bytes is enough.
#[must_use]
pub fn key_order(a: &str, b: &str) -> Ordering {
    let weight = |byte: u8| {
        if matches!(byte, 0xEE | 0xEF) {
            byte + 0x10
        } else {
            byte
        }
    };
    match a.bytes().zip(b.bytes()).find(|(x, y)| x != y) {
        Some((x, y)) => weight(x).cmp(&weight(y)),
        None => a.len().cmp(&b.len()),
    }
}
