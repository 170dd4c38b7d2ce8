//! The gate's own configuration, as the gate reads it, with the line of every key.

use std::cell::RefCell;
use std::collections::BTreeSet;

use probegate_core::client::HashKey;
use probegate_core::config::shape::Config;
use probegate_core::config::{self, Checked, Compiled, Environment, Host, Mistake, presets};
use probegate_core::json;
use serde_json::{Map, Value};

use crate::document::{Dialect, Kind, Node};

/// A configuration, and how its reader takes a plain word.
pub struct Source {
    pub root: Node,
    dialect: Dialect,
}

/// A configuration with a meaning, and the variables that it asked the VM for.
pub struct Meaning {
    pub config: Config,
    pub compiled: Compiled,
    pub variables: BTreeSet<String>,
    /// Those that hold no token.
    pub settings: BTreeSet<String>,
}

/// A value of a configuration, by the position of each key and item on the way to it.
pub type Way = Vec<usize>;

impl Source {
    pub fn new(root: Node, dialect: Dialect) -> Self {
        Self { root, dialect }
    }

    /// The compiled configuration in this host, or every mistake.
    ///
    /// Every variable and every file holds a token here: where a configuration is checked its secrets need
    /// not be.
    pub fn meaning(&self, host: Host) -> Result<Meaning, Vec<Mistake>> {
        let (variables, settings) = (RefCell::new(BTreeSet::new()), RefCell::new(BTreeSet::new()));
        let variable = |name: &str| {
            if presets::is_setting(name) {
                settings.borrow_mut().insert(name.to_owned());
                return None;
            }
            variables.borrow_mut().insert(name.to_owned());
            Some("a-token".to_owned())
        };
        let file = |_: &str| Some(b"a-token".to_vec());
        let (variable, file, hash_key) = (&variable, &file, HashKey::new([0; 16]));
        let environment = Environment { host, variable, file, hash_key };
        let checked = config::check(value(self.whole()), &environment)?;
        let Checked { config, compiled } = *checked;
        Ok(Meaning {
            config,
            compiled,
            variables: variables.into_inner(),
            settings: settings.into_inner(),
        })
    }

    /// All of it as a value. Of a key that stands twice the last one holds.
    pub fn whole(&self) -> Value {
        self.json(&self.root)
    }

    fn json(&self, node: &Node) -> Value {
        match &node.kind {
            Kind::Scalar(scalar) => scalar.value(self.dialect),
            Kind::List(items) => items.iter().map(|item| self.json(item)).collect(),
            Kind::Map(entries) => {
                let values =
                    entries.iter().map(|entry| (entry.key.clone(), self.json(&entry.value)));
                Value::Object(values.collect::<Map<_, _>>())
            }
        }
    }

    /// True if Envoy takes a number for a string there.
    pub fn is_number_as_text(&self, way: &[usize]) -> bool {
        match self.node(way).map(|node| &node.kind) {
            Some(Kind::Scalar(scalar)) => {
                scalar.value(self.dialect).is_string() && scalar.value(Dialect::Json).is_number()
            }
            _ => false,
        }
    }

    pub fn node(&self, way: &[usize]) -> Option<&Node> {
        way.iter().try_fold(&self.root, |node, nth| node.children().nth(*nth))
    }

    /// The line of a value's key or item, and its place as `routes[2].paths[0]`.
    pub fn describe(&self, way: &[usize]) -> (usize, String) {
        let (mut node, mut line, mut place) = (&self.root, self.root.line, String::new());
        for &nth in way {
            if let Some(entry) = node.entries().get(nth) {
                let dot = if place.is_empty() { "" } else { "." };
                place = format!("{place}{dot}{}", entry.key);
                (node, line) = (&entry.value, entry.line);
            } else if let Some(item) = node.items().get(nth) {
                place = format!("{place}[{nth}]");
                (node, line) = (item, item.line);
            }
        }
        (line, place)
    }

    /// The way to the value at a place, or to the nearest one around it that stands in the file.
    pub fn spot(&self, place: &str) -> Way {
        let (mut node, mut way, mut rest) = (&self.root, Way::new(), place);
        while !rest.is_empty() {
            let (step, behind) = first_step(rest);
            let found = match step {
                Step::Key(key) => node.entries().iter().position(|entry| entry.key == key),
                Step::Index(index) => Some(index),
            };
            let child = found.and_then(|nth| Some((nth, node.children().nth(nth)?)));
            let Some((nth, child)) = child else { break };
            way.push(nth);
            (node, rest) = (child, behind);
        }
        way
    }

    /// The line of the first key that stands twice in its object.
    pub fn repeated_key(&self) -> Option<usize> {
        self.repeated_keys().into_iter().next()
    }

    /// The line of each key that stands twice in its object.
    pub fn repeated_keys(&self) -> Vec<usize> {
        let mut lines = Vec::new();
        repeated(&self.root, &mut lines);
        lines
    }
}

fn repeated(node: &Node, lines: &mut Vec<usize>) {
    let mut seen = BTreeSet::new();
    for entry in node.entries() {
        if !seen.insert(&entry.key) {
            lines.push(entry.line);
        }
    }
    node.children().for_each(|child| repeated(child, lines));
}

/// The same value as the gate has it.
fn value(value: Value) -> json::Value {
    match value {
        Value::Null => json::Value::Null,
        Value::Bool(value) => json::Value::Bool(value),
        Value::Number(number) => json::Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => json::Value::String(text),
        Value::Array(items) => json::Value::List(items.into_iter().map(self::value).collect()),
        Value::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (key, self::value(value)));
            json::Value::Object(entries.collect())
        }
    }
}

/// A variable's name, unless it may be a secret in the wrong place: names are in capitals.
pub fn variable(name: &str) -> &str {
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if name.bytes().all(capital) { name } else { "(a name not in capitals)" }
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The first key or index of a place, and what is behind it.
fn first_step(place: &str) -> (Step<'_>, &str) {
    if let Some((index, rest)) = place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        return (Step::Index(index.parse().unwrap_or(usize::MAX)), rest);
    }
    let end = place.find(['.', '[']).unwrap_or(place.len());
    let (key, rest) = place.split_at(end);
    (Step::Key(key), rest.strip_prefix('.').unwrap_or(rest))
}
