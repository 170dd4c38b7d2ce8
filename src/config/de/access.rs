//! The parts of a value, each with its place in case of a mistake.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::config::path::Mistake;
use crate::config::value::Value;

/// The items of a list.
#[derive(Debug)]
pub struct Items {
    items: std::vec::IntoIter<Value>,
    index: usize,
}

impl Items {
    /// All of them.
    pub fn new(items: Vec<Value>) -> Self {
        Self { items: items.into_iter(), index: 0 }
    }
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

/// The entries of an object.
#[derive(Debug)]
pub struct Entries {
    entries: std::vec::IntoIter<(String, Value)>,
    current: Option<(String, Value)>,
}

impl Entries {
    /// All of them.
    pub fn new(entries: Vec<(String, Value)>) -> Self {
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

/// One of several choices.
#[derive(Debug)]
pub struct Variant {
    name: String,
    content: Option<Value>,
}

impl Variant {
    /// The choice of that name, and what it says.
    pub fn new(name: String, content: Option<Value>) -> Self {
        Self { name, content }
    }
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

/// What a choice says.
#[derive(Debug)]
pub struct Content {
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
