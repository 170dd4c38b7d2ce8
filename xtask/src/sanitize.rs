//! `cargo xtask sanitize`: the tests of the core and of what the workers of a dynamic module share, under
//! AddressSanitizer and ThreadSanitizer.
//!
//! In a real Envoy neither can be: its allocator is linked into it, and it is not compiled for them. So threads stand
//! for its workers, and in Envoy valgrind's memcheck looks at each access to memory.

use std::env::consts::ARCH;
use std::process::Command;

use testbed::workspace;

use crate::{Outcome, command, fuzz, trials};

/// Cases of a property, where 256 are usual: what is looked for does not depend on the case.
const CASES: &str = "16";

pub fn run() -> Outcome {
    let nightly = fuzz::nightly().filter(|toolchain| has_sources(toolchain)).ok_or(
        "sanitizers want a nightly compiler with its sources: \
         `rustup toolchain install nightly --component rust-src`",
    )?;
    // What the core does is one thread's. For threads the standard library is compiled anew as well: locks that are
    // not would be taken for races.
    let runs =
        [("address", ["--package", "probegate-core"].as_slice()), ("thread", &["-Zbuild-std"])];
    for (sanitizer, more) in runs {
        println!("\n{sanitizer}, by {nightly}");
        let target = format!("{ARCH}-unknown-linux-gnu");
        let mut tests = Command::new("cargo");
        tests
            .args(["test", "--quiet", "--locked", "--lib", "--target", &target])
            .args(["--package", "probegate-native"])
            .args(more)
            .current_dir(workspace())
            // That of the cargo that started this is another one.
            .env_remove("CARGO")
            .env("RUSTUP_TOOLCHAIN", &nightly)
            .env("CARGO_TARGET_DIR", workspace().join("target/sanitize").join(sanitizer))
            .env("RUSTFLAGS", format!("-Zsanitizer={sanitizer}"))
            .env("PROPTEST_CASES", CASES);
        command::run(&mut tests)?;
    }
    println!("\nEnvoy, under memcheck");
    trials::memcheck()
}

fn has_sources(toolchain: &str) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "sysroot"]).env("RUSTUP_TOOLCHAIN", toolchain);
    let sources = "lib/rustlib/src/rust/library/Cargo.lock";
    command::output(&mut rustc)
        .is_ok_and(|root| std::path::Path::new(&root).join(sources).is_file())
}
