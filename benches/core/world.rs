//! The core's host, in memory.

use probegate_core::client::HashKey;
use probegate_core::config::{self, Compiled, Environment};

/// HeaderNames and values.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

/// A configuration, whose token for metrics is `s3cret`.
pub fn compiled(configuration: &str) -> Compiled {
    let config = config::parse(configuration.as_bytes()).expect("a configuration");
    let token = |name: &str| (name == "METRICS_BEARER").then(|| "s3cret".to_owned());
    config::compile(config, &Environment::wasm(&token, HashKey::new([1; 16])))
        .expect("a configuration")
}
