//! From a [`Value`] to the shape of the configuration, by serde, with the place of every mistake and
//! without a word of what stood there.

use std::vec::IntoIter;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::path::Mistake;
use crate::json::Value;

type Result<T> = std::result::Result<T, Mistake>;

/// A value that is read as a type of [`super::shape`].
pub struct Reader(pub Value);

impl<'de> Deserializer<'de> for Reader {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => visitor.visit_f64(number),
            Value::String(text) => visitor.visit_string(text),
            Value::List(items) => visitor.visit_seq(Items::new(items)),
            Value::Object(entries) => visitor.visit_map(Entries::new(entries)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        const RIGHT: &str = "a whole number from 0 to 4294967295";
        match self.0 {
            Value::Number(number) if number.fract() == 0.0 => {
                let fits = (0.0..=f64::from(u32::MAX)).contains(&number);
                let wrong = || Mistake::new(format!("must be {RIGHT}"));
                if fits { visitor.visit_u32(number as u32) } else { Err(wrong()) }
            }
            other => Err(other.is_not(RIGHT)),
        }
    }

    /// Envoy makes text of a fraction that stands in YAML.
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let number = match &self.0 {
            Value::Number(number) => Some(*number),
            Value::String(text) => match serde_json::from_slice(text.as_bytes()) {
                Ok(Value::Number(number)) => Some(number),
                _ => None,
            },
            _ => None,
        };
        visitor.visit_f64(number.ok_or_else(|| self.0.is_not("a number"))?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Value::List(items) => visitor.visit_seq(Items::new(items)),
            other => Err(other.is_not("a list")),
        }
    }

    /// The keys are read in the order of the fields, whatever the order in which an encoding has them, and
    /// one that is none of them is refused first.
    // Not inlined: else all of a configuration is read by one function of 45 KB, which Envoy's V8 takes
    // megabytes to compile.
    #[inline(never)]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_map(self.fields(fields)?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let (name, content) = match self.0 {
            Value::String(name) => (name, None),
            Value::Object(entries) => match <[_; 1]>::try_from(entries) {
                Ok([(name, content)]) => (name, Some(content)),
                Err(_) => return Err(Mistake::no_choice(variants)),
            },
            _ => return Err(Mistake::no_choice(variants)),
        };
        match variants.iter().find(|variant| **variant == name) {
            Some(name) => visitor.visit_enum(Choice { name, content }),
            None => Err(Mistake::no_choice(variants)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u64 u128 f32 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct map identifier ignored_any
    }
}

impl Reader {
    /// The entries of an object with these keys, in the order of the fields, whatever the order in which an
    /// encoding has them; one that is none of them is told first. Without the standard library's sort, which
    /// is 8 KB of the module.
    fn fields(self, fields: &[&str]) -> Result<Entries> {
        let Value::Object(mut entries) = self.0 else { return Err(self.0.is_not("an object")) };
        if let Some((key, _)) = entries.iter().find(|(key, _)| !fields.contains(&key.as_str())) {
            return Err(Mistake::unknown_key(key, fields));
        }
        let mut ordered = Vec::with_capacity(entries.len());
        for field in fields {
            ordered.extend(entries.extract_if(.., |(key, _)| key == field));
        }
        Ok(Entries::new(ordered))
    }
}

/// The items of a list, each with its place.
struct Items {
    items: std::iter::Enumerate<IntoIter<Value>>,
}

impl Items {
    fn new(items: Vec<Value>) -> Self {
        Self { items: items.into_iter().enumerate() }
    }
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some((index, item)) = self.items.next() else { return Ok(None) };
        seed.deserialize(Reader(item)).map(Some).map_err(|mistake| mistake.within_index(index))
    }
}

/// The entries of an object, each with its place.
struct Entries {
    entries: IntoIter<(String, Value)>,
    next: Option<(String, Value)>,
}

impl Entries {
    fn new(entries: Vec<(String, Value)>) -> Self {
        Self { entries: entries.into_iter(), next: None }
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.next = self.entries.next();
        let Some((key, _)) = &self.next else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        let (key, value) = self.next.take().unwrap_or((String::new(), Value::Null));
        seed.deserialize(Reader(value)).map_err(|mistake| mistake.within_key(&key))
    }
}

/// `name`, or `{name: content}`.
struct Choice {
    name: &'static str,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Choice {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        Ok((seed.deserialize(StrDeserializer::new(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Choice {
    type Error = Mistake;

    fn unit_variant(self) -> Result<()> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(Mistake::new(format!("must be just `{}`", self.name))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        let Self { name, content } = self;
        let missing = || Mistake::new(format!("must be an object, as {{{name}: …}}"));
        let content = content.ok_or_else(missing)?;
        seed.deserialize(Reader(content)).map_err(|mistake| mistake.within_key(name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value> {
        Err(Mistake::new("must be an object"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let Self { name, content } = self;
        Reader(content.unwrap_or(Value::Null))
            .deserialize_struct(name, fields, visitor)
            .map_err(|mistake| mistake.within_key(name))
    }
}

impl Value {
    /// The mistake of a value that stands where another kind of value should.
    fn is_not(&self, expected: &str) -> Mistake {
        let kind = match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(number) if number.fract() != 0.0 => "a number with a fraction",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        };
        Mistake::new(format!("must be {expected}, not {kind}"))
    }
}
