//! Any `Serialize` type to [`Value`].

use super::{MAX_INTEGER, Map, NotData, Text, Value};
use serde::ser::{self, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The data of a typed object. Field names are borrowed, fields may come in any order.
///
/// # Errors
/// Floats, integers beyond ±(2^53 - 1), bytes, keys that are not text, keys written twice.
pub fn to_value<T: Serialize + ?Sized>(data: &T) -> Result<Value, NotData> {
    data.serialize(Reader)
}

struct Reader;

struct ListReader {
    items: Vec<Value>,
    variant: Option<&'static str>,
}

struct MapReader {
    entries: Vec<(Text, Value)>,
    key: Option<Text>,
    variant: Option<&'static str>,
}

fn integer<N: Copy + fmt::Display + TryInto<i64>>(number: N) -> Result<Value, NotData> {
    match number.try_into() {
        Ok(small) if (-MAX_INTEGER..=MAX_INTEGER).contains(&small) => Ok(Value::Int(small)),
        _ => Err(NotData::Integer(number.to_string())),
    }
}

/// `{variant: value}`, as serde tags enums; the plain value without a variant.
fn tagged(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(name) => Value::Map(Map::from_iter([(name, value)])),
        None => value,
    }
}

fn list_reader(length: Option<usize>, variant: Option<&'static str>) -> ListReader {
    ListReader {
        items: Vec::with_capacity(length.unwrap_or(0)),
        variant,
    }
}

fn map_reader(length: Option<usize>, variant: Option<&'static str>) -> MapReader {
    MapReader {
        entries: Vec::with_capacity(length.unwrap_or(0)),
        key: None,
        variant,
    }
}

macro_rules! integers {
    ($($method:ident $type:ty;)*) => {
        $(fn $method(self, number: $type) -> Result<Value, NotData> { integer(number) })*
    };
}

impl ser::Serializer for Reader {
    type Ok = Value;
    type Error = NotData;
    type SerializeSeq = ListReader;
    type SerializeTuple = ListReader;
    type SerializeTupleStruct = ListReader;
    type SerializeTupleVariant = ListReader;
    type SerializeMap = MapReader;
    type SerializeStruct = MapReader;
    type SerializeStructVariant = MapReader;

    integers! {
        serialize_i8 i8; serialize_i16 i16; serialize_i32 i32; serialize_i64 i64;
        serialize_i128 i128; serialize_u8 u8; serialize_u16 u16; serialize_u32 u32;
        serialize_u64 u64; serialize_u128 u128;
    }

    fn serialize_bool(self, flag: bool) -> Result<Value, NotData> {
        Ok(Value::Bool(flag))
    }

    fn serialize_f32(self, _: f32) -> Result<Value, NotData> {
        Err(NotData::Float)
    }

    fn serialize_f64(self, _: f64) -> Result<Value, NotData> {
        Err(NotData::Float)
    }

    fn serialize_char(self, char: char) -> Result<Value, NotData> {
        Ok(Value::from(char.to_string()))
    }

    fn serialize_str(self, text: &str) -> Result<Value, NotData> {
        Ok(Value::from(text.to_owned()))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Value, NotData> {
        Err(NotData::Bytes)
    }

    fn serialize_none(self) -> Result<Value, NotData> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, inner: &T) -> Result<Value, NotData> {
        inner.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, NotData> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, NotData> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, NotData> {
        Ok(Value::from(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        inner: &T,
    ) -> Result<Value, NotData> {
        inner.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        inner: &T,
    ) -> Result<Value, NotData> {
        Ok(tagged(Some(variant), inner.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<ListReader, NotData> {
        Ok(list_reader(length, None))
    }

    fn serialize_tuple(self, length: usize) -> Result<ListReader, NotData> {
        Ok(list_reader(Some(length), None))
    }

    fn serialize_tuple_struct(self, _: &'static str, n: usize) -> Result<ListReader, NotData> {
        Ok(list_reader(Some(n), None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<ListReader, NotData> {
        Ok(list_reader(Some(length), Some(variant)))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<MapReader, NotData> {
        Ok(map_reader(length, None))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<MapReader, NotData> {
        Ok(map_reader(Some(length), None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<MapReader, NotData> {
        Ok(map_reader(Some(length), Some(variant)))
    }
}

impl ListReader {
    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), NotData> {
        self.items.push(item.serialize(Reader)?);
        Ok(())
    }

    fn done(self) -> Result<Value, NotData> {
        Ok(tagged(self.variant, Value::List(self.items)))
    }
}

impl MapReader {
    fn push<T: Serialize + ?Sized>(&mut self, key: Text, value: &T) -> Result<(), NotData> {
        self.entries.push((key, value.serialize(Reader)?));
        Ok(())
    }

    fn done(self) -> Result<Value, NotData> {
        let map =
            Map::from_entries(self.entries).map_err(|key| NotData::Twice(key.into_owned()))?;
        Ok(tagged(self.variant, Value::Map(map)))
    }
}

macro_rules! list_traits {
    ($($trait:ident $method:ident;)*) => {$(
        impl ser::$trait for ListReader {
            type Ok = Value;
            type Error = NotData;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), NotData> {
                self.push(item)
            }

            fn end(self) -> Result<Value, NotData> {
                self.done()
            }
        }
    )*};
}

list_traits! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! struct_traits {
    ($($trait:ident;)*) => {$(
        impl ser::$trait for MapReader {
            type Ok = Value;
            type Error = NotData;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), NotData> {
                self.push(Cow::Borrowed(key), value)
            }

            fn end(self) -> Result<Value, NotData> {
                self.done()
            }
        }
    )*};
}

struct_traits! {
    SerializeStruct;
    SerializeStructVariant;
}

impl ser::SerializeMap for MapReader {
    type Ok = Value;
    type Error = NotData;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotData> {
        self.key = Some(match key.serialize(Reader)? {
            Value::Str(text) => text,
            Value::Int(number) => Cow::Owned(number.to_string()),
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => {
                return Err(NotData::Key);
            }
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotData> {
        let key = self.key.take().ok_or(NotData::Key)?;
        self.push(key, value)
    }

    fn end(self) -> Result<Value, NotData> {
        self.done()
    }
}
