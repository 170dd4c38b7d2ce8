//! The host that a configuration is compiled for, and what it lends to that.

use crate::client::HashKey;

/// The form of the gate that runs a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// The proxy-wasm filter, which reads no files.
    Wasm,
    /// The dynamic module.
    Native,
}

impl Host {
    /// The form's name, as metrics and the status have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wasm => "wasm",
            Self::Native => "native",
        }
    }
}

/// The environment that a configuration is compiled in.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The form of the gate.
    pub host: Host,
    /// Looks up an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a file; only asked of [`Host::Native`].
    pub file: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    /// Places the limiter's clients.
    pub hash_key: HashKey,
}

impl<'a> Environment<'a> {
    /// The environment of a Wasm VM.
    pub fn wasm(variable: &'a dyn Fn(&str) -> Option<String>, hash_key: HashKey) -> Self {
        Self { host: Host::Wasm, variable, file: &|_| None, hash_key }
    }

    /// The environment of a dynamic module.
    pub fn native(
        variable: &'a dyn Fn(&str) -> Option<String>,
        file: &'a dyn Fn(&str) -> Option<Vec<u8>>,
        hash_key: HashKey,
    ) -> Self {
        Self { host: Host::Native, variable, file, hash_key }
    }

    /// A variable's value, without the blanks, CR and LF around it; empty if it is not set.
    pub fn trimmed(&self, name: &str) -> String {
        (self.variable)(name).unwrap_or_default().trim_ascii().to_owned()
    }
}
