//! The name of a system.

use std::fmt;

#[cfg(feature = "schema")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, EnumAccess, Error, VariantAccess, Visitor};

/// A system whose operational surface is built in; `none` has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct System(&'static str);

impl System {
    /// As a configuration names it.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl<'de> Deserialize<'de> for System {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("System", Self::NAMES, Name)
    }
}

struct Name;

impl<'de> Visitor<'de> for Name {
    type Value = System;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a system")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<System, A::Error> {
        let (name, content) = choice.variant::<String>()?;
        content.unit_variant()?;
        let known = System::NAMES.iter().find(|known| **known == name);
        known.map(|name| System(name)).ok_or_else(|| Error::unknown_variant("", System::NAMES))
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for System {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "System".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A system whose operational surface is built in; `none` has none.",
            "enum": Self::NAMES,
            "type": "string"
        })
    }
}
