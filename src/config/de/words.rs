//! What serde says of a mistake, in words of the configuration's and without a word of what stood there.

use serde::de::{Error, Expected, Unexpected};

use crate::config::path::Mistake;
use crate::config::value::Value;

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

impl Value {
    /// The mistake of a value that stands where another kind of value should.
    #[cold]
    pub fn instead_of(self, expected: &dyn Expected) -> Mistake {
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
