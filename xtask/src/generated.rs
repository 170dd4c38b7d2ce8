//! What the repository holds besides its sources, written anew. The test that holds each of them
//! against its source writes it when it is asked to.

use crate::host::Host;
use crate::{Outcome, build, command};

/// `cargo xtask schema`: the JSON Schema of the configuration.
pub fn schema() -> Outcome {
    command::run(
        command::cargo(
            "test --quiet --package probegate-core --lib --features schema the_schema_is_current",
        )
        .env("PROBEGATE_WRITE_SCHEMA", "1"),
    )
}

/// `cargo xtask picture`: the dashboard's panels as an SVG.
pub fn picture() -> Outcome {
    build::run(Host::Wasm)?;
    command::run(
        command::cargo("test --quiet --test prometheus every_panel_shows_data")
            .env("PROBEGATE_WRITE_PICTURE", "1"),
    )
}
