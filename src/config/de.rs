//! From a [`Value`] to the shape of the configuration: serde, with the place of every mistake and
//! without a word of what stood there.

mod access;
mod words;

use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

use super::path::Mistake;
use super::value::Value;
use access::{Entries, Items, Variant};

/// Reads a shape from a value.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Mistake> {
    T::deserialize(value)
}

impl<'de> Deserializer<'de> for Value {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Number(number) => visit_number(number, visitor),
            Self::String(value) => visitor.visit_string(value),
            Self::List(items) => visitor.visit_seq(Items::new(items)),
            Self::Object(entries) => visitor.visit_map(Entries::new(entries)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    /// Only an object: serde would take a list for the fields in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match self {
            Self::Object(entries) => visitor.visit_map(Entries::new(entries)),
            other => Err(other.instead_of(&"an object")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::List(items) => visitor.visit_seq(Items::new(items)),
            other => Err(other.instead_of(&visitor)),
        }
    }

    #[inline(never)]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::String(value) => visitor.visit_string(value),
            other => Err(other.instead_of(&visitor)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::Bool(value) => visitor.visit_bool(value),
            other => Err(other.instead_of(&visitor)),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::Number(number) => visit_number(number, visitor),
            other => Err(other.instead_of(&visitor)),
        }
    }

    /// Envoy makes text of a fraction that stands in YAML.
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::String(text) => match serde_json::from_slice(text.as_bytes()) {
                Ok(Self::Number(number)) => visit_number(number, visitor),
                _ => Err(Self::String(text).instead_of(&visitor)),
            },
            Self::Number(number) => visit_number(number, visitor),
            other => Err(other.instead_of(&visitor)),
        }
    }

    /// `name`, or `{name: content}`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let (name, content) = match self {
            Self::String(name) => (name, None),
            Self::Object(entries) => match <[_; 1]>::try_from(entries) {
                Ok([(name, content)]) => (name, Some(content)),
                Err(_) => return Err(Mistake::unknown_variant("", variants)),
            },
            _ => return Err(Mistake::unknown_variant("", variants)),
        };
        visitor.visit_enum(Variant::new(name, content))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u64 u128 f32 char str bytes byte_buf unit unit_struct tuple
        tuple_struct map identifier ignored_any
    }
}

/// A whole number as one, if a double holds it exactly.
fn visit_number<'de, V: Visitor<'de>>(number: f64, visitor: V) -> Result<V::Value, Mistake> {
    /// Beyond this a double does not hold every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() != 0.0 || number.abs() > EXACT {
        visitor.visit_f64(number)
    } else if number < 0.0 {
        visitor.visit_i64(number as i64)
    } else {
        visitor.visit_u64(number as u64)
    }
}
