//! Built-in defaults of the systems that the gate is made for: a file for each, read by the parser that
//! reads the user's configuration. A new system is its file and its name in the list below.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Mistake;
use super::environment::Environment;
use super::read::Reader;
use super::shape::{Config, RouteRule, System};
use crate::json::Value;
use crate::log::Dialect;

macro_rules! systems {
    ($($name:literal),+) => {
        /// The files, by the system whose defaults they are.
        const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("presets/", $name, ".json")))),+];

        impl System {
            /// The names that a configuration may have.
            pub const NAMES: &[&str] = &[$($name,)+ "none"];
        }
    };
}

systems!["caracal", "caracal-core", "astrocyte", "agent-platform", "kestra", "kubernetes"];

/// The defaults where no system is named: for services that name their routes as most do.
const DEFAULT: &str = include_str!("presets/default.json");

/// The file of a system.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preset {
    /// Stands where the user says nothing; its routes stand behind the user's.
    pub configuration: Config,
    /// Variables that say it instead.
    pub variables: Vec<Variable>,
    /// The system whose keys the log's lines have.
    pub log: Dialect,
}

/// A variable of the VM that stands in for a key of the configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    name: String,
    /// The way to the key.
    key: String,
    /// The key's value for each word of the variable; without any, it holds a number.
    #[serde(default)]
    words: BTreeMap<String, String>,
    #[serde(default)]
    ignore_case: bool,
    /// The key's value for any other word; absent: it is a mistake.
    otherwise: Option<String>,
    /// The values that would be right, for the message.
    #[serde(default)]
    right: String,
}

impl Preset {
    /// The preset of a system; that of `none` is empty.
    pub fn new(system: Option<System>) -> Result<Self, Mistake> {
        let Some(system) = system else { return read(DEFAULT) };
        match FILES.iter().find(|(name, _)| *name == system.name()) {
            Some((_, text)) => read(text),
            None => Ok(Self::default()),
        }
    }

    /// The variable that stands in for a key of the configuration, if one does.
    pub fn variable(&self, key: &str) -> Option<&str> {
        self.variables.iter().find(|variable| variable.key == key).map(|variable| &*variable.name)
    }

    /// Puts in what the variables say, and then what the file says, where the configuration says nothing.
    pub fn complete(
        &self,
        config: &mut Config,
        environment: &Environment<'_>,
    ) -> Result<(), Mistake> {
        for variable in &self.variables {
            let text = environment.trimmed(&variable.name);
            if !text.is_empty() && is_open(config, &variable.key) {
                fill(config, variable.read(&text)?);
            }
        }
        fill(config, self.configuration.clone());
        Ok(())
    }
}

impl Variable {
    /// The configuration that it stands for.
    fn read(&self, text: &str) -> Result<Config, Mistake> {
        let wrong = || Mistake::new(format!("the variable {} must be {}", self.name, self.right));
        let word = if self.ignore_case { text.to_ascii_lowercase() } else { text.to_owned() };
        let value = match self.words.get(&word).or(self.otherwise.as_ref()) {
            Some(word) => Value::String(word.clone()),
            None if self.words.is_empty() => {
                let number = text.parse::<u32>().ok().filter(|number| *number > 0);
                Value::Number(f64::from(number.ok_or_else(wrong)?))
            }
            None => return Err(wrong()),
        };
        let within = |value, key: &str| Value::Object(vec![(key.to_owned(), value)]);
        Config::deserialize(Reader(self.key.rsplit('.').fold(value, within)))
    }
}

/// True if the configuration says nothing of a key that a variable may stand in for.
fn is_open(config: &Config, key: &str) -> bool {
    match key {
        "mode" => config.mode.is_none(),
        "log.access" => config.log.access.is_none(),
        "log.level" => config.log.level.is_none(),
        "rate_limit.requests" => config.rate_limit.is_none(),
        _ => false,
    }
}

/// Puts what `from` says where the configuration says nothing. The routes are no such key: they are added.
fn fill(config: &mut Config, from: Config) {
    fn or<T>(key: &mut Option<T>, default: Option<T>) {
        if key.is_none() {
            *key = default;
        }
    }
    or(&mut config.mode, from.mode);
    or(&mut config.rate_limit, from.rate_limit);
    or(&mut config.metrics.namespace, from.metrics.namespace);
    or(&mut config.log.access, from.log.access);
    or(&mut config.log.level, from.log.level);
    or(&mut config.log.audit, from.log.audit);
}

/// The routes of a system, or the default ones.
pub fn routes(system: Option<System>) -> Vec<RouteRule> {
    Preset::new(system).ok().and_then(|preset| preset.configuration.routes).unwrap_or_default()
}

/// True if a variable holds no token: what it says stands in for a key of the configuration.
pub fn is_setting(name: &str) -> bool {
    let presets = FILES.iter().filter_map(|(_, text)| read(text).ok());
    presets.flat_map(|preset| preset.variables).any(|variable| variable.name == name)
}

fn read(text: &str) -> Result<Preset, Mistake> {
    let value = serde_json::from_str(text).map_err(|error| Mistake::new(error.to_string()))?;
    Preset::deserialize(Reader(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_read_and_its_variables_have_keys() {
        for (system, text) in FILES.iter().chain(&[("default", DEFAULT)]) {
            let preset = read(text).unwrap_or_else(|mistake| panic!("{system}: {mistake}"));
            for Variable { name, key, .. } in &preset.variables {
                assert!(is_open(&Config::default(), key), "{name}: {key}");
            }
        }
        assert!(is_setting("CARACAL_MODE") && !is_setting("METRICS_BEARER"));
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn every_file_has_a_name_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/presets");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut files: Vec<_> = files.map(|name| name.to_string_lossy().into_owned()).collect();
        let names = FILES.iter().map(|(name, _)| *name).chain(["default"]);
        let mut names: Vec<_> = names.map(|name| format!("{name}.json")).collect();
        files.sort();
        names.sort();
        assert_eq!(files, names);
    }
}
