//! `cargo xtask build --native`: the dynamic module as `dist/libprobegate.so`.

<<<<<<< HEAD
use testbed::workspace;

use super::{Place, digest, put};
use crate::Outcome;

/// Where it is written.
pub const LIBRARY: &str = "dist/libprobegate.so";

/// True if this workspace has the dynamic module.
pub fn is_there() -> bool {
    workspace().join("native/Cargo.toml").is_file()
}

pub fn run() -> Outcome {
    if !is_there() {
        return Err(
            "there is no dynamic module in this workspace yet: it would be in native/".into()
        );
    }
    let library = Place::here()?.native()?;
    std::fs::create_dir_all(workspace().join("dist"))?;
    put(LIBRARY, &library)?;
    println!("{LIBRARY}  {} bytes  sha256 {}", library.len(), digest(&library));
    Ok(())
}
=======
use std::fs;
use std::process::Command;

use testbed::workspace;

use super::{Place, digest, put};
use crate::{Outcome, command};

/// What Envoy looks for below `ENVOY_DYNAMIC_MODULES_SEARCH_PATH` by the name `probegate`.
pub const MODULE: &str = "dist/libprobegate.so";

/// Builds it for this machine's architecture. Beside it lies the same file with the version in its name: a file
/// that an Envoy has loaded must not be written over, so it is installed under that name and by a rename.
pub fn run() -> Outcome {
    let module = Place::here()?.native_module()?;
    fs::create_dir_all(workspace().join("dist"))?;
    let versioned = format!("dist/libprobegate-{}.so", env!("CARGO_PKG_VERSION"));
    for path in [MODULE, &versioned] {
        put(path, &module)?;
    }
    println!("{MODULE}  {} bytes  sha256 {}", module.len(), digest(&module));
    Ok(())
}

impl Place {
    /// The bytes of the dynamic module, the same for the same sources in whatever place.
    pub fn native_module(&self) -> Outcome<Vec<u8>> {
        command::run(&mut self.cargo("fetch --quiet --locked"))?;
        let target = self.target.with_file_name("native");
        let mut cargo: Command =
            self.cargo("build --quiet --locked --profile native --lib --package probegate-native");
        let flags = self.remaps()?.join("\u{1f}");
        cargo.arg("--target-dir").arg(&target).env("CARGO_ENCODED_RUSTFLAGS", flags);
        command::run(&mut cargo)?;
        Ok(fs::read(target.join("native/libprobegate_native.so"))?)
    }
}
>>>>>>> 6bdd5ea (native: add the gate as an Envoy dynamic module)
