//! The modules of the core and of both hosts in one direction: each imports only from those before it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "import_order/paths.rs"]
mod paths;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use paths::imports;

/// From what everything rests on to what rests on everything.
const CORE: &str = "
    version time http json protobuf hex digest secret store warnings
    request client random request_id callout grpc breaker
    route auth rate_limit operations global_rate_limit replay probe
    verdict local_reply metrics status_page endpoints log
    gate access config testing";

/// The proxy-wasm filter.
const FILTER: &str = "
    abi wasi held time host_services meter access warnings callouts
    plugin header_edits exchange calls global_rate_limit probes token_fetches stream root";

/// The dynamic module.
const DYNAMIC_MODULE: &str = "
    abi envoy time store callouts host_services counts envoy_statistics access warnings token_files ticker worker
    plugin probes token_fetches main_thread header_edits stream hooks";

#[test]
fn modules_import_only_from_those_before_them() {
    let mut against = Vec::new();
    for (folder, order) in [("core/src", CORE), ("src", FILTER), ("native/src", DYNAMIC_MODULE)] {
        let order: Vec<&str> = order.split_whitespace().collect();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        let mut seen = BTreeSet::new();
        for file in sources(&root) {
            let module = module(file.strip_prefix(&root).expect("a source of the crate"));
            let name = format!("{folder}: {}", module.join("::"));
            // The root of a crate declares its modules, and comes after all of them.
            let place = match module.first() {
                Some(first) => order.iter().position(|name| name == first),
                None => Some(order.len()),
            };
            let Some(place) = place else { panic!("{name} has no place in the order") };
            seen.extend(module.first().cloned());
            for imported in imports(&module, &fs::read_to_string(&file).expect("a source")) {
                let before = order.iter().take(place + 1).any(|name| *name == imported);
                if !before {
                    against.push(format!("{name} imports {imported}"));
                }
            }
        }
        let gone: Vec<_> = order.iter().filter(|name| !seen.contains(**name)).collect();
        assert!(gone.is_empty(), "{folder} has no {gone:?}");
    }
    assert!(against.is_empty(), "against the order:\n{}", against.join("\n"));
}

/// All sources but tests, which may use anything.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.file_stem().unwrap_or_default() {
            stem if stem == "tests" => {}
            _ if path.is_dir() => files.extend(sources(&path)),
            _ if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            _ => {}
        }
    }
    files
}

/// The path of a file's module; none for the root of the crate.
fn module(file: &Path) -> Vec<String> {
    let path = file.with_extension("");
    let names = path.iter().map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| name != "lib").collect()
}
