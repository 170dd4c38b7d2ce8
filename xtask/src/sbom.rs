//! The module's bill of materials, `dist/probegate.cdx.json`: CycloneDX of what is linked into it.
//!
//! Macros and what builds are not in it: they run on the machine that builds. No time and no serial
//! number stand in it, so that the same module has the same bill.

mod check;

pub use check::check;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::{Outcome, build, command};

const PACKAGE: &str = "probegate";

/// What a crate is, as `cargo tree` says, and which others it stands on. By `name@version`.
type Crates = BTreeMap<String, Crate>;

struct Crate {
    licence: String,
    /// A crate of this workspace, of which there is no archive.
    is_own: bool,
    on: BTreeSet<String>,
}

/// The bill of this module, built from the sources in `root`.
pub fn of(root: &Path, module: &[u8]) -> Outcome<String> {
    let crates = crates(root)?;
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    let (compiler, library) = toolchain(root)?;
    let (ours, others): (Vec<_>, Vec<_>) =
        crates.iter().partition(|(id, _)| split(id).0 == PACKAGE);
    let (id, own) = ours.first().ok_or("cargo tree does not name the module's own crate")?;
    let components = others.into_iter().map(|(id, other)| component(id, other, &lock));
    let mut components = components.collect::<Outcome<Vec<Value>>>()?;
    let mut dependencies: Vec<_> = crates
        .iter()
        .map(|(id, at)| {
            let on: Vec<_> = at.on.iter().map(|id| reference(id)).collect();
            json!({"ref": reference(id), "dependsOn": on})
        })
        .collect();
    dependencies.push(json!({"ref": library["bom-ref"]}));
    components.push(library);
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [compiler]},
            "component": {
                "type": "application",
                "bom-ref": reference(id),
                "name": "probegate.wasm",
                "version": split(id).1,
                "licenses": [{"expression": own.licence}],
                "hashes": [{"alg": "SHA-256", "content": build::digest(module)}],
            },
        },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(serde_json::to_string_pretty(&bill)? + "\n")
}

fn component(id: &str, at: &Crate, lock: &str) -> Outcome<Value> {
    let (name, version) = split(id);
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(id),
        "name": name,
        "version": version,
        "purl": reference(id),
        "licenses": [{"expression": at.licence}],
    });
    if !at.is_own {
        component["hashes"] =
            json!([{"alg": "SHA-256", "content": checksum(lock, name, version)?}]);
    }
    Ok(component)
}

/// The compiler, and the standard library that it links: no crate of `Cargo.lock`.
fn toolchain(root: &Path) -> Outcome<(Value, Value)> {
    let said =
        command::output(Command::new("rustc").args(["--version", "--verbose"]).current_dir(root))?;
    let field = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
    let version = field("release: ").ok_or("rustc does not say its release")?;
    let commit = field("commit-hash: ").ok_or("rustc does not say its commit")?;
    let purl = format!("pkg:github/rust-lang/rust@{commit}");
    let compiler = json!({"type": "application", "name": "rustc", "version": version});
    let library = json!({
        "type": "library",
        "bom-ref": purl,
        "name": "rust-std",
        "description": "Rust's standard library for wasm32-wasip1, with the crates that come in it",
        "version": version,
        "purl": purl,
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
    });
    Ok((compiler, library))
}

/// What cargo resolves for the module alone: its target, none of its features, none of its tests.
fn crates(root: &Path) -> Outcome<Crates> {
    let words = "tree --locked --edges normal,no-proc-macro --target wasm32-wasip1 --prefix depth \
                 --no-dedupe --format |{p}|{l} --package";
    let tree = command::output(command::cargo(words).arg(PACKAGE).current_dir(root))?;
    let mut crates = Crates::new();
    let mut above: Vec<String> = Vec::new();
    for line in tree.lines() {
        let fields: Vec<_> = line.split('|').collect();
        let odd = || format!("cargo tree says `{line}`");
        let [depth, package, licence] = fields[..] else { return Err(odd().into()) };
        let mut words = package.split(' ');
        let (name, version) = words.next().zip(words.next()).ok_or_else(odd)?;
        let id = format!("{name}@{}", version.trim_start_matches('v'));
        above.truncate(depth.parse()?);
        if let Some(parent) = above.last().and_then(|parent| crates.get_mut(parent)) {
            parent.on.insert(id.clone());
        }
        let (licence, is_own) = (licence.replace('/', " OR "), words.next().is_some());
        crates.entry(id.clone()).or_insert_with(|| Crate { licence, is_own, on: BTreeSet::new() });
        above.push(id);
    }
    Ok(crates)
}

/// The SHA-256 of the crate's archive, that cargo holds a download against.
fn checksum<'a>(lock: &'a str, name: &str, version: &str) -> Outcome<&'a str> {
    let head = format!("name = \"{name}\"\nversion = \"{version}\"\n");
    lock.split_once(&head)
        .and_then(|(_, rest)| rest.split("\n\n").next())
        .and_then(|entry| entry.split_once("checksum = \""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(checksum, _)| checksum)
        .ok_or_else(|| format!("Cargo.lock has no checksum of {name} {version}").into())
}

fn reference(id: &str) -> String {
    format!("pkg:cargo/{id}")
}

fn split(id: &str) -> (&str, &str) {
    id.split_once('@').unwrap_or((id, ""))
}
