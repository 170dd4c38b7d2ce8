//! YAML and JSON with the line of every key and value.

mod compose;
mod scalar;

pub use compose::{Unreadable, documents};
pub use scalar::Dialect;

use serde_json::Value;

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Counted from 1.
    pub line: usize,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the order of the file; a key may stand twice.
    Map(Vec<Entry>),
}

/// Text, and how it was written.
#[derive(Clone, Debug)]
pub struct Scalar {
    pub text: String,
    pub style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// May be a number, a boolean or null.
    Plain,
    /// The same, with a tag such as `!!str` in front.
    Tagged,
    Quoted,
    /// A block after `|`: its lines are the file's, from the line after this one's on.
    Literal,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub line: usize,
    pub value: Node,
}

impl Node {
    /// An empty map.
    pub fn empty(line: usize) -> Self {
        Self { line, kind: Kind::Map(Vec::new()) }
    }

    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The values right below this one.
    pub fn children(&self) -> impl Iterator<Item = &Node> {
        self.items().iter().chain(self.entries().iter().map(|entry| &entry.value))
    }

    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The entry of a field of a protobuf message, whose JSON may call `vm_config` `vmConfig`.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        let plain = |key: &str| key.replace('_', "").to_ascii_lowercase();
        let name = plain(name);
        self.entries().iter().find(|entry| plain(&entry.key) == name)
    }

    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// The same, through several messages.
    pub fn at(&self, names: &[&str]) -> Option<&Node> {
        names.iter().try_fold(self, |node, name| node.get(name))
    }

    /// True if this is the word `true`, or another that Envoy takes for it.
    pub fn is_true(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.value(Dialect::Envoy) == Value::Bool(true))
    }

    /// A text as a parser without lines reads it.
    pub fn without_lines(value: &Value, line: usize) -> Self {
        let below = |value| Self::without_lines(value, line);
        let quoted = |text: &str| Scalar { text: text.into(), style: Style::Quoted };
        let kind = match value {
            Value::Array(items) => Kind::List(items.iter().map(below).collect()),
            Value::Object(map) => Kind::Map(
                map.iter()
                    .map(|(key, value)| Entry { key: key.clone(), line, value: below(value) })
                    .collect(),
            ),
            Value::String(text) => Kind::Scalar(quoted(text)),
            other => Kind::Scalar(Scalar { text: other.to_string(), style: Style::Plain }),
        };
        Self { line, kind }
    }
}
