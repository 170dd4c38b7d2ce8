//! From a [`Value`] to the shape of the configuration, with the place of every mistake and without a
//! word of what stood there. `#[derive(Read)]` does it for the types of [`super::shape`].

mod choice;
mod object;

pub use choice::Choice;
pub use object::Object;
pub use probegate_derive::Read;

use super::path::Mistake;
use crate::json::Value;

/// What a value was read as.
pub type Result<T> = std::result::Result<T, Mistake>;

/// A part of the configuration.
pub trait Read: Sized {
    /// Reads it, or says what would be right.
    fn read(value: Value) -> Result<Self>;
}

impl<T: Read> Read for Option<T> {
    fn read(value: Value) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            value => T::read(value).map(Some),
        }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: Value) -> Result<Self> {
        let Value::List(items) = value else { return Err(value.is_not("a list")) };
        let mut list = Self::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            list.push(T::read(item).map_err(|mistake| mistake.within_index(index))?);
        }
        Ok(list)
    }
}

impl Read for String {
    fn read(value: Value) -> Result<Self> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(other.is_not("a string")),
        }
    }
}

impl Read for bool {
    fn read(value: Value) -> Result<Self> {
        match value {
            Value::Bool(value) => Ok(value),
            other => Err(other.is_not("a boolean")),
        }
    }
}

impl Read for u32 {
    fn read(value: Value) -> Result<Self> {
        const RIGHT: &str = "a whole number from 0 to 4294967295";
        match value {
            Value::Number(number) if number.fract() == 0.0 => {
                let fits = (0.0..=f64::from(Self::MAX)).contains(&number);
                if fits {
                    Ok(number as Self)
                } else {
                    Err(Mistake::new(format!("must be {RIGHT}")))
                }
            }
            other => Err(other.is_not(RIGHT)),
        }
    }
}

/// Envoy makes text of a fraction that stands in YAML.
impl Read for f64 {
    fn read(value: Value) -> Result<Self> {
        let parsed = match &value {
            Value::Number(number) => Some(*number),
            Value::String(text) => match serde_json::from_slice(text.as_bytes()) {
                Ok(Value::Number(number)) => Some(number),
                _ => None,
            },
            _ => None,
        };
        parsed.ok_or_else(|| value.is_not("a number"))
    }
}

impl Value {
    /// The mistake of a value that stands where another kind of value should.
    #[cold]
    #[inline(never)]
    pub fn is_not(&self, expected: &str) -> Mistake {
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
