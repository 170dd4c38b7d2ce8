//! The JSON Schema in `envoy/`, made from the types of [`super::shape`].

use std::path::Path;

use super::shape::Config;

/// The schema is the one of the types; `cargo xtask schema` writes it anew.
#[test]
fn the_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy/probegate.schema.json");
    let mut schema = schemars::schema_for!(Config);
    schema.insert("title".into(), "probegate".into());
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("PROBEGATE_WRITE_SCHEMA").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "envoy/probegate.schema.json is not current: run `cargo xtask schema`"
    );
}
