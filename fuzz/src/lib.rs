//! Properties that hold for any input.
//!
//! Each target is a function that takes any bytes and panics where a promise is broken. libFuzzer feeds it
//! (`cargo xtask fuzz`), and `tests/corpus.rs` runs it over `corpus/` and near it, with a stable compiler.

pub mod accept;
pub mod bearer;
pub mod configuration;
pub mod durations;
pub mod forwarded_for;
mod gate;
pub mod headers;
pub mod paths;
pub mod probe_answers;
pub mod rate_limit_service;
mod servers;
pub mod shared_data;
mod wire;

/// A target's function.
pub type Target = fn(&[u8]);

/// Every target, by its name.
pub const TARGETS: [(&str, Target); 10] = [
    ("accept", accept::run),
    ("bearer", bearer::run),
    ("configuration", configuration::run),
    ("durations", durations::run),
    ("forwarded_for", forwarded_for::run),
    ("headers", headers::run),
    ("paths", paths::run),
    ("probe_answers", probe_answers::run),
    ("rate_limit_service", rate_limit_service::run),
    ("shared_data", shared_data::run),
];
