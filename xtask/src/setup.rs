//! `cargo xtask setup`: everything that the tests need, brought once; says nothing where it is there.

use std::process::Command;

use testbed::tools::{self, containers};

use crate::{Outcome, command};

const TARGETS: [&str; 2] = ["wasm32-wasip1", "wasm32-unknown-unknown"];

/// Everything, with what builds and runs containers, and what looks at dependencies.
pub fn all() -> Outcome {
    run()?;
    containers::podman();
    containers::debian();
    containers::podman_compose();
    tools::cargo_deny();
    tools::cyclonedx();
    Ok(())
}

/// What the quick tests need.
pub fn run() -> Outcome {
    targets()?;
    tools::envoy(tools::NEWEST);
    tools::envoy(tools::OLDEST);
    tools::prometheus();
    tools::redis();
    tools::nginx();
    tools::python_frameworks();
    tools::express();
    tools::grafana_types();
    tools::helm();
    tools::node();
    tools::schemas();
    tools::wasm_bindgen_test_runner(&tools::wasm_bindgen_version());
    tools::valgrind("valgrind");
    Ok(())
}

/// The targets of the module. Without rustup the compiler must bring them itself.
pub fn targets() -> Outcome {
    if tools::on_path("rustup").is_none() {
        return compiler_has_targets();
    }
    let installed =
        command::output(Command::new("rustup").args(["target", "list", "--installed"]))?;
    for target in TARGETS {
        if !installed.lines().any(|line| line == target) {
            command::run(Command::new("rustup").args(["target", "add", target]))?;
        }
    }
    Ok(())
}

fn compiler_has_targets() -> Outcome {
    for target in TARGETS {
        let query = ["--print", "target-libdir", "--target", target];
        let folder = command::output(Command::new("rustc").args(query))?;
        if !std::fs::exists(&folder)? {
            return Err(format!("rustc has no {target}, and there is no rustup to add it").into());
        }
    }
    Ok(())
}
