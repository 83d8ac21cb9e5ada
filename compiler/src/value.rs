//! The data model of every emitted object: what Kubernetes reads, and nothing else.
//!
//! No floats, and no integer that JSON readers disagree about: [`to_value`] refuses them, so that two
//! different inputs never have one digest. Map keys are unique and stand in RFC 8785 order, therefore
//! every writer is a plain walk and the same object always gives the same bytes.

mod map;
mod not_data;
mod read;
mod write;

use std::borrow::Cow;

pub use map::{Map, key_order};
pub use not_data::NotData;
pub use read::to_value;

/// The largest magnitude of an integer that every JSON reader keeps exactly: 2^53 - 1.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// A key or a string. Field names of Rust types are borrowed, so they cost no allocation.
pub type Text = Cow<'static, str>;

/// A piece of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Written only where a type says so; absent fields are absent.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// Within ±[`MAX_INTEGER`] when it comes from [`to_value`].
    Int(i64),
    /// Any text.
    Str(Text),
    /// Values in their own order.
    List(Vec<Value>),
    /// Values by key, in RFC 8785 order.
    Map(Map),
}

impl Value {
    /// The empty map.
    #[must_use]
    pub fn map() -> Value {
        Value::Map(Map::new())
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Value::Str(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The integer, if this is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(number) = self {
            Some(*number)
        } else {
            None
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(flag) = self {
            Some(*flag)
        } else {
            None
        }
    }

    /// The elements; none for anything but a list.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        if let Value::List(list) = self {
            list
        } else {
            &[]
        }
    }

    /// The elements, open to change; `None` for anything but a list.
    pub fn items_mut(&mut self) -> Option<&mut Vec<Value>> {
        if let Value::List(list) = self {
            Some(list)
        } else {
            None
        }
    }

    /// The map, if this is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = self {
            Some(map)
        } else {
            None
        }
    }

    /// The map, open to change.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if let Value::Map(map) = self {
            Some(map)
        } else {
            None
        }
    }

    /// The value of a key; `None` for anything but a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// The value of a key, open to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.as_map_mut()?.get_mut(key)
    }

    /// Follows keys (and, into lists, decimal indices): `path(&["spec", "containers", "0"])`.
    #[must_use]
    pub fn path(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| match value {
            Value::Map(map) => map.get(key),
            Value::List(list) => list.get(key.parse::<usize>().ok()?),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Str(_) => None,
        })
    }

    /// The text at the end of a path.
    #[must_use]
    pub fn text_at(&self, keys: &[&str]) -> Option<&str> {
        self.path(keys)?.as_str()
    }

    /// Calls `change` with every string at any depth, map keys excepted.
    pub fn each_text_mut(&mut self, change: &mut impl FnMut(&mut Text)) {
        match self {
            Value::Str(text) => change(text),
            Value::List(list) => list.iter_mut().for_each(|item| item.each_text_mut(change)),
            Value::Map(map) => map
                .iter_mut()
                .for_each(|(_, inner)| inner.each_text_mut(change)),
            Value::Null | Value::Bool(_) | Value::Int(_) => {}
        }
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Value::Str(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Str(Cow::Owned(text))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<Vec<Value>> for Value {
    fn from(list: Vec<Value>) -> Self {
        Value::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Map(map)
    }
}

/// A [`Map`] from `"key" => value` pairs; values go through `Value::from`.
#[macro_export]
macro_rules! object {
    ($($key:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "an empty object is never changed")]
        let mut map = $crate::value::Map::new();
        $(map.insert($key, $value);)*
        $crate::value::Value::Map(map)
    }};
}

/// A list of values; each goes through `Value::from`.
#[macro_export]
macro_rules! list {
    ($($value:expr),* $(,)?) => {
        $crate::value::Value::List(vec![$($crate::value::Value::from($value)),*])
    };
}

#[cfg(test)]
mod tests;
