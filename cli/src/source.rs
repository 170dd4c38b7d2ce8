//! The gate's own configuration, as the gate reads it, with the line of every key.

use std::cell::RefCell;
use std::collections::BTreeSet;

use probegate_core::client::HashKey;
use probegate_core::config::shape::Config;
use probegate_core::config::{self, Compiled, Environment, Mistake, presets};
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

/// What is done to a value before the gate is asked: another in its place, or it is left out.
#[derive(Clone, Debug)]
pub struct Change {
    pub way: Way,
    pub to: Option<Value>,
}

/// A place in the configuration that the gate names.
pub struct Spot {
    pub way: Way,
    /// What of the place is not in the file: it is the default of a key.
    pub rest: String,
}

impl Source {
    pub fn of(root: Node, dialect: Dialect) -> Self {
        Self { root, dialect }
    }

    /// What the gate makes of it, with these changes.
    ///
    /// Every variable holds a token here: where a configuration is checked its secrets need not be.
    pub fn meaning(&self, changes: &[Change]) -> Result<Meaning, Mistake> {
        let json = self.json(&self.root, &mut Vec::new(), changes).to_string();
        let config = config::parse(json.as_bytes())?;
        let (variables, settings) = (RefCell::new(BTreeSet::new()), RefCell::new(BTreeSet::new()));
        let env = |name: &str| {
            if presets::is_setting(name) {
                settings.borrow_mut().insert(name.to_owned());
                return None;
            }
            variables.borrow_mut().insert(name.to_owned());
            Some("a-token".to_owned())
        };
        let compiled = config::compile(config.clone(), &Environment::wasm(&env, HashKey([0; 16])))?;
        Ok(Meaning {
            config,
            compiled,
            variables: variables.into_inner(),
            settings: settings.into_inner(),
        })
    }

    /// All of it as a value.
    pub fn whole(&self) -> Value {
        self.json(&self.root, &mut Vec::new(), &[])
    }

    fn json(&self, node: &Node, way: &mut Way, changes: &[Change]) -> Value {
        let mut below = |nth: usize, child: &Node| {
            way.push(nth);
            let value = match changes.iter().find(|change| change.way == *way) {
                Some(change) => change.to.clone(),
                None => Some(self.json(child, way, changes)),
            };
            way.pop();
            value
        };
        match &node.kind {
            Kind::Scalar(scalar) => scalar.value(self.dialect),
            Kind::List(items) => {
                items.iter().enumerate().filter_map(|(nth, item)| below(nth, item)).collect()
            }
            Kind::Map(entries) => {
                let values = entries.iter().enumerate().filter_map(|(nth, entry)| {
                    Some((entry.key.clone(), below(nth, &entry.value)?))
                });
                Value::Object(values.collect::<Map<_, _>>())
            }
        }
    }

    /// Whether Envoy takes a number for a string there.
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

    /// The value at a place that was named after these changes.
    pub fn spot(&self, place: &str, changes: &[Change]) -> Spot {
        let (mut node, mut way, mut rest) = (&self.root, Way::new(), place);
        while !rest.is_empty() {
            let (step, behind) = first_step(rest);
            let left = |nth: &usize| {
                let way = [way.as_slice(), &[*nth]].concat();
                !changes.iter().any(|change| change.way == way && change.to.is_none())
            };
            let found = match step {
                Step::Key(key) => (0..node.entries().len())
                    .filter(left)
                    .find(|nth| node.entries().get(*nth).is_some_and(|entry| entry.key == key)),
                Step::Index(index) => (0..node.items().len()).filter(left).nth(index),
            };
            let child = found.and_then(|nth| Some((nth, node.children().nth(nth)?)));
            let Some((nth, child)) = child else { break };
            way.push(nth);
            (node, rest) = (child, behind);
        }
        Spot { way, rest: rest.to_owned() }
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
