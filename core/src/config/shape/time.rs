//! The shape of lengths of time.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// The length of a window, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowShape(pub u64);

impl Default for WindowShape {
    fn default() -> Self {
        Self(1_000_000)
    }
}

impl WindowShape {
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

impl<'de> Deserialize<'de> for WindowShape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let right = r#"a whole number and a unit, from "100ms" to "1h", as "1s""#;
        deserializer.deserialize_any(Text { right, parse: Self::parse })
    }
}

/// Reads a text, by this function.
struct Text<T> {
    right: &'static str,
    parse: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.right)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| E::custom(format_args!("must be {}", self.right)))
    }
}

/// A length of time in microseconds; which ones are allowed depends on the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub u64);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let right = r#"a whole number and a unit (ms, s, m, h), as "10s""#;
        deserializer.deserialize_any(Text { right, parse: |text| micros(text).map(Self) })
    }
}
