//! `cargo xtask schema`: the JSON Schema of the configuration.

use crate::{Outcome, command};

/// The test that holds the file against the types writes it when it is asked to.
pub fn run() -> Outcome {
    command::run(
        command::cargo("test --quiet --lib --features schema the_schema_is_current")
            .env("PROBEGATE_WRITE_SCHEMA", "1"),
    )
}
