//! The core's modules in one direction: each imports only from those before it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// From what everything rests on to what rests on everything.
const ORDER: [&str; 34] = [
    "version",
    "time",
    "http",
    "json",
    "protobuf",
    "hex",
    "digest",
    "secret",
    "store",
    "warnings",
    "request",
    "client",
    "random",
    "request_id",
    "callout",
    "grpc",
    "breaker",
    "route",
    "auth",
    "rate_limit",
    "operations",
    "global_rate_limit",
    "replay",
    "probe",
    "verdict",
    "local_reply",
    "metrics",
    "status_page",
    "endpoints",
    "log",
    "gate",
    "access",
    "config",
    "testing",
];

#[test]
fn modules_import_only_from_those_before_them() {
    let mut against = Vec::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let name = module(&file);
        let Some(place) = position(&name) else {
            assert_eq!(name, "lib", "{} has no place in the order", file.display());
            continue;
        };
        let text = fs::read_to_string(&file).expect("a source");
        for imported in imports(&text) {
            let before = position(imported).is_some_and(|of| of <= place);
            if !before {
                against.push(format!("{} imports {imported}", file.display()));
            }
        }
    }
    assert!(against.is_empty(), "against the order:\n{}", against.join("\n"));
}

fn position(module: &str) -> Option<usize> {
    ORDER.iter().position(|name| *name == module)
}

/// The first name behind each `crate::`.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    let ends =
        |rest: &str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let paths = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1));
    // What stands at the root itself, such as the version, is nobody's.
    let names = paths.map(move |rest| &rest[..ends(rest)]);
    names.filter(|name| name.starts_with(char::is_lowercase))
}

/// All sources but tests, which may use anything.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().unwrap_or_default();
        if stem == "tests" {
            continue;
        }
        match path.is_dir() {
            true => files.extend(sources(&path)),
            false if path.extension().is_some_and(|extension| extension == "rs") => {
                files.push(path)
            }
            false => {}
        }
    }
    files
}

/// The module at the root of the crate that a file belongs to.
fn module(file: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inside = file.strip_prefix(root).expect("a source of the core");
    let first = inside.components().next().expect("a name");
    Path::new(first.as_os_str()).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
