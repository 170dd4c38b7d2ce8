//! `cargo xtask build --native`: the dynamic module as `dist/libprobegate.so`.

use testbed::workspace;

use crate::Outcome;

/// True if this workspace has the dynamic module.
pub fn is_there() -> bool {
    workspace().join("native/Cargo.toml").is_file()
}

pub fn run() -> Outcome {
    if !is_there() {
        return Err("there is no dynamic module in this workspace yet".into());
    }
    Err("the dynamic module cannot be built yet".into())
}
