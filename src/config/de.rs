//! From a [`Value`] to the shape of the configuration: serde, with the place of every mistake and
//! without a word of what stood there.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::path::Mistake;
use super::value::Value;

/// Reads a shape from a value.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Mistake> {
    T::deserialize(value)
}

impl Error for Mistake {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("must be {}, not {}", plainly(expected), kind(&found)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("must be {}", plainly(expected)))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("must be one of {}", expected.join(", ")))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        // What does not look like a key may be a secret after all, as in `{value:secret}`.
        let is_key =
            field.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        let field = if is_key { format!(" `{field}`") } else { String::new() };
        Self::new(format!("there is no key{field}; the keys here are {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("the key `{field}` is missing"))
    }
}

/// What is expected, in words of the configuration's and not of Rust's.
fn plainly(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "u32" => "a whole number from 0 to 4294967295".into(),
        "f64" => "a number".into(),
        "a sequence" => "a list".into(),
        expected if expected.starts_with("struct ") => "an object".into(),
        expected => expected.into(),
    }
}

/// What stood there, without saying what it was.
fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a number",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Str(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "an object",
        _ => "this",
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Number(number) => visit_number(number, visitor),
            Self::String(value) => visitor.visit_string(value),
            Self::List(items) => visitor.visit_seq(Items { items: items.into_iter(), index: 0 }),
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
            Self::List(items) => visitor.visit_seq(Items { items: items.into_iter(), index: 0 }),
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
        visitor.visit_enum(Variant { name, content })
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

impl Value {
    /// The mistake of a value that stands where another kind of value should.
    #[cold]
    fn instead_of(self, expected: &dyn Expected) -> Mistake {
        let found = match &self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Number(number) if number.fract() != 0.0 => Unexpected::Float(*number),
            Self::Number(_) => Unexpected::Signed(0),
            Self::String(value) => Unexpected::Str(value),
            Self::List(_) => Unexpected::Seq,
            Self::Object(_) => Unexpected::Map,
        };
        Mistake::invalid_type(found, expected)
    }
}

struct Items {
    items: std::vec::IntoIter<Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mistake> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(item).map(Some).map_err(|mistake| mistake.within_index(index))
    }
}

struct Entries {
    entries: std::vec::IntoIter<(String, Value)>,
    current: Option<(String, Value)>,
}

impl Entries {
    fn new(entries: Vec<(String, Value)>) -> Self {
        Self { entries: entries.into_iter(), current: None }
    }

    /// The key that comes next.
    #[inline(never)]
    fn advance(&mut self) -> Option<&str> {
        self.current = self.entries.next();
        self.current.as_ref().map(|(key, _)| key.as_str())
    }

    /// The value of the key that came last.
    #[inline(never)]
    fn take(&mut self) -> (String, Value) {
        self.current.take().unwrap_or((String::new(), Value::Null))
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mistake> {
        let Some(key) = self.advance() else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let (key, value) = self.take();
        seed.deserialize(value).map_err(|mistake| mistake.within_key(&key))
    }
}

struct Variant {
    name: String,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Mistake;
    type Variant = Content;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content), Mistake> {
        let variant = seed.deserialize(StrDeserializer::new(&self.name))?;
        Ok((variant, Content { name: self.name, value: self.content }))
    }
}

struct Content {
    name: String,
    value: Option<Value>,
}

impl Content {
    fn read<T>(self, read: impl FnOnce(Value) -> Result<T, Mistake>) -> Result<T, Mistake> {
        match self.value {
            Some(value) => read(value).map_err(|mistake| mistake.within_key(&self.name)),
            None => Err(Mistake::new(format!("must be an object, as {{{}: …}}", self.name))),
        }
    }
}

impl<'de> VariantAccess<'de> for Content {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(Mistake::new(format!("must be just `{}`", self.name))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mistake> {
        self.read(|value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mistake> {
        self.read(|value| value.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.read(|value| value.deserialize_any(visitor))
    }
}
