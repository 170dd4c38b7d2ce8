//! The shape of lengths of time.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

use crate::config::Mistake;
use crate::config::read::{Read, Result};
use crate::json::Value;

/// The length of a window, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(pub u64);

impl Default for Window {
    fn default() -> Self {
        Self(1_000_000)
    }
}

impl Window {
    const RANGE: std::ops::RangeInclusive<u64> = 100_000..=3_600_000_000;

    /// Reads a whole number and a unit: `100ms`, `30s`, `5m`, `1h`. Between 100 ms and 1 h.
    pub fn parse(text: &str) -> Option<Self> {
        micros(text).filter(|window| Self::RANGE.contains(window)).map(Self)
    }
}

/// Microseconds of a whole number and a unit: `100ms`, `30s`, `5m`, `1h`.
fn micros(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let micros: u64 = match unit {
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(micros)
}

impl Read for Window {
    fn read(value: Value) -> Result<Self> {
        const RIGHT: &str = r#"must be a whole number and a unit, from "100ms" to "1h", as "1s""#;
        let Value::String(text) = value else { return Err(Mistake::new(RIGHT)) };
        Self::parse(&text).ok_or_else(|| Mistake::new(RIGHT))
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for Window {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Window".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h)$" })
    }
}

/// A length of time in microseconds; which ones are allowed depends on the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub u64);

impl Read for Span {
    fn read(value: Value) -> Result<Self> {
        const RIGHT: &str = r#"must be a whole number and a unit (ms, s, m, h), as "10s""#;
        let Value::String(text) = value else { return Err(Mistake::new(RIGHT)) };
        micros(&text).map(Self).ok_or_else(|| Mistake::new(RIGHT))
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h)$" })
    }
}
