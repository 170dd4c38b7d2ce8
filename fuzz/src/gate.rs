//! A gate that is compiled, and its tokens.

use probegate_core::client::HashKey;
use probegate_core::config::{self, Compiled, Environment};

/// Tokens of the metrics routes and of the admin routes.
pub const METRICS: &[u8] = b"metrics-token";
pub const ADMIN: &[u8] = b"admin-token";

/// Microseconds on both clocks, far from their beginning.
pub const NOW: u64 = 1 << 50;

/// A compiled configuration.
pub fn compiled(configuration: &str) -> Compiled {
    let env = |name: &str| match name {
        "METRICS_BEARER" => String::from_utf8(METRICS.into()).ok(),
        "ADMIN" => String::from_utf8(ADMIN.into()).ok(),
        _ => None,
    };
    let config = config::parse(configuration.as_bytes()).expect("a configuration");
    config::compile(config, &Environment::wasm(&env, HashKey::new([1; 16])))
        .expect("a configuration")
}
