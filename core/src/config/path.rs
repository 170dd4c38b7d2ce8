//! The place of a mistake, and its text.

use std::fmt::{self, Display, Write as _};

use serde::de::{Expected, Unexpected};

/// A mistake in a configuration: its place, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(Box<Words>);

/// Apart, so that a result is as small as what it holds when all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Words {
    /// From the inside out.
    steps: Vec<Step>,
    message: String,
    /// Of the object there, the key that is none.
    key: Option<Box<str>>,
}

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Of an object.
    Key(Box<str>),
    /// Of a list.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.into())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl Mistake {
    /// A mistake whose place is not known yet, or is the whole configuration.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Words { steps: Vec::new(), message: message.into(), key: None }))
    }

    /// A key that is none of these. One that does not look like a key may be a secret in the wrong place, as
    /// in `{value:secret}`, and is not named.
    pub fn unknown_key(key: &str, keys: &[&str]) -> Self {
        let mut mistake = Self::new(Self::instead_of(key, keys));
        mistake.0.key = Some(key.into());
        mistake
    }

    fn instead_of(key: &str, keys: &[&str]) -> String {
        let known = keys.join(", ");
        if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)) {
            return format!("there is no key; the keys here are {known}");
        }
        if let Some((_, now)) = RENAMED.iter().find(|(was, now)| *was == key && keys.contains(now))
        {
            return format!("there is no key `{key}`: it is called `{now}` now");
        }
        let near = match nearest(key, keys) {
            Some(near) => format!("did you mean `{near}`? The"),
            None => "the".into(),
        };
        format!("there is no key `{key}`; {near} keys here are {known}")
    }

    /// A name that is none of these.
    pub fn no_choice(names: &[&str]) -> Self {
        Self::new(format!("must be one of {}", names.join(", ")))
    }

    /// The way to its place, from the outside in.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.0.steps.iter().rev()
    }

    /// Its place, as `routes[2].paths[0]`; empty for the whole configuration.
    pub fn place(&self) -> String {
        let mut place = String::new();
        for step in self.steps() {
            // Writing to a string cannot fail.
            let _ = match step {
                Step::Key(key) if place.is_empty() => write!(place, "{key}"),
                Step::Key(key) => write!(place, ".{key}"),
                Step::Index(index) => write!(place, "[{index}]"),
            };
        }
        place
    }

    /// The key of the object there that is none of ours. It may be a secret in the wrong place.
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The mistake, at another place.
    pub fn moved(mut self, place: &[Step]) -> Self {
        self.0.steps = place.iter().rev().cloned().collect();
        self
    }

    /// The mistake, and what would be right.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The mistake, one key further out: `paths[0]` within `routes` is `routes.paths[0]`.
    pub fn within_key(mut self, key: &str) -> Self {
        self.0.steps.push(Step::Key(key.into()));
        self
    }

    /// The mistake, within all these steps.
    pub fn within(mut self, steps: &[Step]) -> Self {
        self.0.steps.extend(steps.iter().rev().cloned());
        self
    }

    /// The mistake, one index further out.
    pub fn within_index(mut self, index: usize) -> Self {
        self.0.steps.push(Step::Index(index));
        self
    }
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

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place().as_str() {
            "" => f.write_str(&self.0.message),
            place => write!(f, "{place}: {}", self.0.message),
        }
    }
}

impl std::error::Error for Mistake {}

/// Serde's own words would quote the value.
impl serde::de::Error for Mistake {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let kind = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Float(number) if number.fract() != 0.0 => "a number with a fraction",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Str(_) | Unexpected::Char(_) => "a string",
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::Seq => "a list",
            _ => "an object",
        };
        Self::new(format!("must be {expected}, not {kind}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("must be {expected}"))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("must be {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::no_choice(expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown_key(field, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("the key `{field}` is missing"))
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::new("a key stands twice in one object")
    }
}
