//! One of several names, which may have content.

use crate::config::path::Mistake;
use crate::json::Value;

use super::{Read, Result};

/// `name`, or `{name: content}`.
#[derive(Debug)]
pub struct Choice {
    index: Option<usize>,
    name: &'static str,
    content: Option<Value>,
}

impl Choice {
    /// Which of these names it is.
    #[inline(never)]
    pub fn of(value: Value, names: &'static [&'static str]) -> Self {
        let (name, content) = match value {
            Value::String(name) => (name, None),
            Value::Object(entries) => match <[_; 1]>::try_from(entries) {
                Ok([(name, content)]) => (name, Some(content)),
                Err(_) => (String::new(), None),
            },
            _ => (String::new(), None),
        };
        let index = names.iter().position(|held| *held == name);
        let name = index.and_then(|index| names.get(index)).copied().unwrap_or_default();
        Self { index, name, content }
    }

    /// The number of the name; `None` if it is none of them.
    pub fn index(&self) -> Option<usize> {
        self.index
    }

    /// Has no content.
    #[inline(never)]
    pub fn bare(self) -> Result<()> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(Mistake::new(format!("must be just `{}`", self.name))),
        }
    }

    /// Reads its content.
    pub fn content<T: Read>(self) -> Result<T> {
        match self.content {
            Some(content) => T::read(content).map_err(|mistake| mistake.within_key(self.name)),
            None => Err(Mistake::new(format!("must be an object, as {{{}: …}}", self.name))),
        }
    }

    /// The mistake of what is none of these names.
    #[cold]
    #[inline(never)]
    pub fn none(names: &[&str]) -> Mistake {
        Mistake::new(format!("must be one of {}", names.join(", ")))
    }
}
