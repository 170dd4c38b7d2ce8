//! Plain words: readers of YAML differ.

use serde_json::{Number, Value};

use super::{Scalar, Style};

/// The reader of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Envoy reads YAML into a `google.protobuf.Struct` with what yaml-cpp takes for a boolean or a
    /// whole number, whatever its tag says; it makes a string of a number with a fraction, and of one
    /// beyond 32 bits.
    Envoy,
    /// JSON, and what Kubernetes makes of YAML.
    Json,
}

impl Scalar {
    /// The value that the gate is given.
    pub fn value(&self, dialect: Dialect) -> Value {
        let text = self.text.as_str();
        match (self.style, dialect) {
            (Style::Plain, _) | (Style::Tagged, Dialect::Envoy) => {}
            _ => return text.into(),
        }
        if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            return Value::Null;
        }
        if let Some(value) = boolean(text) {
            return value.into();
        }
        match (whole(text, dialect), dialect) {
            (Some(number), Dialect::Envoy) if i32::try_from(number).is_err() => {
                number.to_string().into()
            }
            (Some(number), _) => number.into(),
            (None, Dialect::Envoy) => text.into(),
            (None, Dialect::Json) => fraction(text).map_or_else(|| text.into(), Value::Number),
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    let rest = text.get(1..)?;
    let one_case = text == lower || text == text.to_ascii_uppercase();
    if !one_case && rest.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    match lower.as_str() {
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "no" | "off" | "n" => Some(false),
        _ => None,
    }
}

/// Decimal, `0x…`, and octal with a 0 in front, or with `0o` for all but Envoy.
fn whole(text: &str, dialect: Dialect) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o', ..] if dialect == Dialect::Json => (8, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

fn fraction(text: &str) -> Option<Number> {
    let numeric = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(numeric) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Number::from_f64(text.parse().ok()?)
}
