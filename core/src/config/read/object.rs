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
    if !is_key {
        return Mistake::new(format!("there is no key; the keys here are {}", keys.join(", ")));
    }
    if let Some((_, now)) = RENAMED.iter().find(|(was, now)| *was == key && keys.contains(now)) {
        return Mistake::new(format!("there is no key `{key}`: it is called `{now}` now"));
    }
    let near = match nearest(key, keys) {
        Some(near) => format!("did you mean `{near}`? The"),
        None => "the".into(),
    };
    Mistake::new(format!("there is no key `{key}`; {near} keys here are {}", keys.join(", ")))
}

/// Keys that had another name in version 0.1.
const RENAMED: [(&str, &str); 1] = [("fleet_limit", "global_rate_limit")];

/// No key of ours is as long; to compare is quadratic.
const MAX_KEY: usize = 64;

/// The key that was meant, if one is near enough.
fn nearest<'a>(key: &str, keys: &[&'a str]) -> Option<&'a str> {
    if key.len() > MAX_KEY {
        return None;
    }
    let key = key.to_ascii_lowercase();
    let near = keys.iter().map(|known| (strsim::damerau_levenshtein(&key, known), *known));
    // A third of it may be wrong.
    let near = near.filter(|(distance, known)| *distance <= known.len().div_ceil(3));
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}
