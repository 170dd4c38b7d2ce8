//! `cargo xtask build --native`: the dynamic module as `dist/libprobegate.so`.

use testbed::workspace;

use super::{Place, digest, put};
use crate::Outcome;

/// Where it is written.
pub const LIBRARY: &str = "dist/libprobegate.so";

/// True if this workspace has the dynamic module.
pub fn is_there() -> bool {
    workspace().join("native/Cargo.toml").is_file()
}

/// Beside it lies the same file with the version in its name: what an Envoy has loaded must not be written over,
/// so it is installed under that name and by a rename.
pub fn run() -> Outcome {
    if !is_there() {
        return Err(
            "there is no dynamic module in this workspace yet: it would be in native/".into()
        );
    }
    let library = Place::here()?.native()?;
    std::fs::create_dir_all(workspace().join("dist"))?;
    let versioned = format!("dist/libprobegate-{}.so", env!("CARGO_PKG_VERSION"));
    for path in [LIBRARY, &versioned] {
        put(path, &library)?;
    }
    println!("{LIBRARY}  {} bytes  sha256 {}", library.len(), digest(&library));
    Ok(())
}
