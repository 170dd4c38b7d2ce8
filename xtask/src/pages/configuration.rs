//! Configurations on pages, held against `probegate check`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use testbed::workspace;

use crate::test::FEATURES;
use crate::{Outcome, command};

/// Beginnings of lines by which a block is a bootstrap of Envoy, or a resource with the gate in it.
const OF_ENVOY: [&str; 7] = [
    "static_resources:",
    "http_filters:",
    "typed_config:",
    "kind: WasmPlugin",
    "kind: EnvoyFilter",
    "kind: TrafficExtension",
    "kind: EnvoyExtensionPolicy",
];

/// The command line as it is built for the tests, and the keys of a configuration.
pub struct Checker {
    program: PathBuf,
    keys: BTreeSet<String>,
}

impl Checker {
    pub fn new() -> Outcome<Self> {
        let schema = fs::read_to_string(workspace().join("envoy/probegate.schema.json"))?;
        let schema: Value = serde_json::from_str(&schema)?;
        let keys = schema["properties"].as_object().ok_or("the schema has no properties")?;
        Ok(Self { program: program()?, keys: keys.keys().cloned().collect() })
    }

    /// True for a configuration of the gate or of Envoy, and false for what others read.
    pub fn is_meant(&self, text: &str) -> bool {
        let mut keys = text.lines().filter_map(key).peekable();
        let of_gate = keys.peek().is_some() && keys.all(|key| self.keys.contains(key));
        of_gate || text.lines().any(|line| OF_ENVOY.iter().any(|begin| line.starts_with(begin)))
    }

    /// What the command line says of it, if it is not good.
    pub fn fault(&self, text: &str) -> Outcome<Option<String>> {
        let mut check = Command::new(&self.program);
        let (good, said) = command::fed(check.args(["check", "-"]), text.as_bytes())?;
        Ok((!good).then_some(said))
    }
}

/// The key of a line that begins with one.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(':')?;
    let is_key = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (!key.is_empty() && key.bytes().all(is_key)).then_some(key)
}

fn program() -> Outcome<PathBuf> {
    let words = format!("build --quiet --workspace --features {FEATURES} --bin probegate");
    let messages = command::messages(&mut command::cargo(&words))?;
    let mut programs = messages.iter().filter_map(|message| message["executable"].as_str());
    programs.next_back().map(PathBuf::from).ok_or_else(|| "cargo built no command line".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_meant_by_its_keys() {
        let keys = ["mode", "rate_limit"].map(str::to_owned).into();
        let checker = Checker { program: PathBuf::new(), keys };
        for (text, meant) in [
            ("mode: dev\nrate_limit:\n  requests: 1\n", true),
            ("# why\nmode: dev\n", true),
            ("http_filters:\n  - name: a\n", true),
            ("apiVersion: v1\nkind: WasmPlugin\n", true),
            ("scrape_configs: []\n", false),
            ("mode: dev\nother: 1\n", false),
            ("- 1\n", false),
        ] {
            assert_eq!(checker.is_meant(text), meant, "{text}");
        }
    }
}
