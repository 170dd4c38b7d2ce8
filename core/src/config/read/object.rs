//! An object and its keys.

use crate::config::path::Mistake;
use crate::json::Value;

use super::{Read, Result};

/// The entries of an object that were not read yet, and the first mistake in those that were.
#[derive(Debug)]
pub struct Object {
    entries: Vec<(String, Value)>,
    mistake: Option<Mistake>,
}

impl Object {
    /// An object that has no other keys than these.
    #[inline(never)]
    pub fn of(value: Value, keys: &[&str]) -> Result<Self> {
        let Value::Object(entries) = value else { return Err(value.is_not("an object")) };
        match entries.iter().find(|(key, _)| !keys.contains(&key.as_str())) {
            Some((key, _)) => Err(unknown(key, keys)),
            None => Ok(Self { entries, mistake: None }),
        }
    }

    /// What a key says that must be there; `None` is a mistake.
    pub fn required<T: Read>(&mut self, key: &str) -> Option<T> {
        match self.take(key).map(T::read) {
            Some(Ok(read)) => Some(read),
            wrong => {
                self.note(key, wrong.and_then(Result::err));
                None
            }
        }
    }

    /// What a key says, or this, which is also what a mistake leaves.
    pub fn or<T: Read>(&mut self, key: &str, default: T) -> T {
        match self.take(key).map(T::read) {
            Some(Ok(read)) => read,
            Some(Err(mistake)) => {
                self.note(key, Some(mistake));
                default
            }
            None => default,
        }
    }

    /// The first mistake, if there was one.
    #[inline(never)]
    pub fn end(self) -> Result<()> {
        self.mistake.map_or(Ok(()), Err)
    }

    /// The mistake of a key that must be there, which [`Object::end`] tells first, and with its name.
    #[cold]
    pub fn missing() -> Mistake {
        Mistake::new("a key is missing")
    }

    #[cold]
    #[inline(never)]
    fn note(&mut self, key: &str, mistake: Option<Mistake>) {
        if self.mistake.is_none() {
            self.mistake = Some(match mistake {
                Some(mistake) => mistake.within_key(key),
                None => Mistake::new(format!("the key `{key}` is missing")),
            });
        }
    }

    #[inline(never)]
    fn take(&mut self, key: &str) -> Option<Value> {
        let place = self.entries.iter().position(|(held, _)| held == key)?;
        Some(self.entries.swap_remove(place).1)
    }
}

#[cold]
fn unknown(key: &str, keys: &[&str]) -> Mistake {
    // What does not look like a key may be a secret after all, as in `{value:secret}`.
    let is_key = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let key = if is_key { format!(" `{key}`") } else { String::new() };
    Mistake::new(format!("there is no key{key}; the keys here are {}", keys.join(", ")))
}
