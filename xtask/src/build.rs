//! `cargo xtask build`: the module as `dist/probegate.wasm`, and what is linked into it; or the dynamic module.

mod hints;
mod order;
mod place;
mod trim;

pub use place::Place;
pub use trim::{mute, trim};

use std::{fs, process};

use sha2::{Digest, Sha256};
use testbed::workspace;

use crate::host::Host;
use crate::{Outcome, sbom, setup};

/// What is linked into the module.
pub const BILL: &str = "dist/probegate.cdx.json";

/// Builds the gate in that form.
pub fn run(host: Host) -> Outcome {
    match host {
        Host::Wasm => wasm(),
        Host::Native => native(),
    }
}

fn wasm() -> Outcome {
    setup::target()?;
    let module = Place::here()?.module()?;
    put("dist/probegate.wasm", &module)?;
    put(BILL, sbom::of(workspace(), &module)?.as_bytes())?;
    println!("dist/probegate.wasm  {} bytes  sha256 {}", module.len(), digest(&module));
    Ok(())
}

/// Beside it lies the same file with the version in its name: what an Envoy has loaded must not be written over,
/// so it is installed under that name and by a rename.
fn native() -> Outcome {
    const LIBRARY: &str = "dist/libprobegate.so";
    let library = Place::here()?.native()?;
    let versioned = format!("dist/libprobegate-{}.so", env!("CARGO_PKG_VERSION"));
    for path in [LIBRARY, &versioned] {
        put(path, &library)?;
    }
    println!("{LIBRARY}  {} bytes  sha256 {}", library.len(), digest(&library));
    Ok(())
}

/// Writes a file in `dist/`. An Envoy that starts meanwhile reads the old one or the new one, and never a part of one.
pub fn put(path: &str, bytes: &[u8]) -> Outcome {
    let scratch = workspace().join(format!("{path}.{}", process::id()));
    fs::create_dir_all(workspace().join("dist"))?;
    fs::write(&scratch, bytes)?;
    Ok(fs::rename(&scratch, workspace().join(path))?)
}

pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
