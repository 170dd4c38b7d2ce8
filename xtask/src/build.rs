//! `cargo xtask build`: the module as `dist/probegate.wasm`, and what is linked into it.

mod trim;

pub use trim::trim;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::{env, fs};

use serde_json::Value;
use sha2::{Digest, Sha256};
use testbed::workspace;

use crate::{Outcome, command, sbom, setup};

/// What is linked into the module.
pub const BILL: &str = "dist/probegate.cdx.json";

pub fn run() -> Outcome {
    setup::targets()?;
    let module = module(workspace(), &workspace().join("target/module"))?;
    let dist = workspace().join("dist");
    fs::create_dir_all(&dist)?;
    put("dist/probegate.wasm", &module)?;
    put(BILL, sbom::of(workspace(), &module)?.as_bytes())?;
    println!("dist/probegate.wasm  {} bytes  sha256 {}", module.len(), digest(&module));
    Ok(())
}

/// An Envoy that starts meanwhile reads the old one or the new one, and never a part of one.
fn put(path: &str, bytes: &[u8]) -> Outcome {
    let scratch = workspace().join(format!("{path}.{}", process::id()));
    fs::write(&scratch, bytes)?;
    Ok(fs::rename(&scratch, workspace().join(path))?)
}

/// The bytes of the module, the same for the same sources in whatever folder they lie.
pub fn module(root: &Path, target: &Path) -> Outcome<Vec<u8>> {
    trim(&compile(root, target, "probegate")?)
}

/// What the compiler makes of a package of the workspace, as a module.
pub fn compile(root: &Path, target: &Path, package: &str) -> Outcome<Vec<u8>> {
    // The folders of the dependencies must be there before they can be named.
    command::run(
        command::cargo("fetch --quiet --locked --target wasm32-wasip1").current_dir(root),
    )?;
    command::run(&mut compiler(root, target, package)?)?;
    Ok(fs::read(target.join(format!("wasm32-wasip1/release/{package}.wasm")))?)
}

/// The crates that the compiler is given for such a module beside its own, as `name@version`.
pub fn linked(root: &Path, target: &Path, package: &str) -> Outcome<BTreeSet<String>> {
    let said = command::output(compiler(root, target, package)?.arg("--message-format=json"))?;
    let mut linked = BTreeSet::new();
    for line in said.lines() {
        let message: Value = serde_json::from_str(line)?;
        // Macros and build scripts are made for this machine, and lie elsewhere.
        let made_for_it = message["filenames"][0]
            .as_str()
            .is_some_and(|path| path.contains("/wasm32-wasip1/release/"));
        if made_for_it && message["target"]["name"] != package {
            let id = message["package_id"].as_str().and_then(|id| id.rsplit_once('#'));
            linked.insert(id.ok_or("an artifact without a package")?.1.to_owned());
        }
    }
    Ok(linked)
}

fn compiler(root: &Path, target: &Path, package: &str) -> Outcome<Command> {
    let words = "build --quiet --locked --release --lib --target wasm32-wasip1 --package";
    let mut cargo = command::cargo(words);
    cargo
        .arg(package)
        .arg("--target-dir")
        .arg(target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root)?)
        .current_dir(root);
    Ok(cargo)
}

pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Panic messages name source files: the folders of this machine are taken out of them. SHA-256 comes
/// as a loop: unrolled it would be 7 KB more, for the few requests that present a token. And less is
/// inlined than LLVM would: 20 KB less, for 200 of the 126,000 instructions of a request.
fn flags(root: &Path) -> Outcome<String> {
    let rustc =
        |words: &[&str]| command::output(Command::new("rustc").args(words).current_dir(root));
    let library = PathBuf::from(rustc(&["--print", "sysroot"])?).join("lib/rustlib/src/rust");
    let version = rustc(&["--version", "--verbose"])?;
    let commit =
        version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or_default();
    let mut folders = vec![
        (root.canonicalize()?, "/probegate".to_owned()),
        // What the standard library is called where its sources are not installed.
        (library, format!("/rustc/{commit}")),
    ];
    folders.extend(registries()?.into_iter().map(|folder| (folder, "/crates".to_owned())));
    let flags = folders
        .iter()
        .map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
    let compact = ["--cfg=sha2_backend_soft=\"compact\"", "-Cllvm-args=-inline-threshold=75"];
    let compact = compact.map(str::to_owned);
    Ok(flags.chain(compact).collect::<Vec<_>>().join("\u{1f}"))
}

/// Where cargo keeps the sources of the dependencies: a folder for each registry.
fn registries() -> Outcome<Vec<PathBuf>> {
    let sources = cargo_home()?.join("registry/src");
    let folders: Result<_, _> =
        fs::read_dir(sources)?.map(|entry| entry.map(|entry| entry.path())).collect();
    Ok(folders?)
}

fn cargo_home() -> Outcome<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .ok_or_else(|| "neither CARGO_HOME nor a home folder is set".into())
}
