//! Whether the bill is true: held against the module, the compiler, and CycloneDX's own schema.

use std::collections::BTreeSet;
use std::process::Command;
use std::{fs, str};

use serde_json::Value;
use testbed::{module, tools, workspace};

use super::PACKAGE;
use crate::build::{self, Place};
use crate::{Outcome, command};

/// Holds `dist/probegate.cdx.json` against `dist/probegate.wasm`. The error says what is wrong in it.
pub fn check() -> Outcome {
    let module = fs::read(module())?;
    let text = fs::read_to_string(workspace().join(build::BILL))?;
    let bill: Value = serde_json::from_str(&text)?;
    let hash = &bill["metadata"]["component"]["hashes"][0]["content"];
    if *hash != *build::digest(&module) {
        return Err(format!("the bill is of the module {hash}, which is not in dist/").into());
    }
    schema(&text)?;
    let named = named(&bill);
    let linked = Place::here()?.linked(PACKAGE)?;
    if named != linked {
        let differing: Vec<_> = named.symmetric_difference(&linked).collect();
        return Err(format!("the bill and the compiler differ in {differing:?}").into());
    }
    let (paths, seen) = (sources(&module), named.len());
    if let Some(stray) = paths.iter().find(|id| !named.contains(*id)) {
        return Err(format!("the module has code of {stray}, which is not in the bill").into());
    }
    println!(
        "{} names the {seen} crates that the compiler was given, among them the {} whose paths stand in \
         the module; valid CycloneDX 1.6",
        build::BILL,
        paths.len()
    );
    Ok(())
}

/// The crates of the bill, as `name@version`.
fn named(bill: &Value) -> BTreeSet<String> {
    let components = bill["components"].as_array().into_iter().flatten();
    let purls = components.filter_map(|component| component["purl"].as_str());
    purls.filter_map(|purl| purl.strip_prefix("pkg:cargo/")).map(str::to_owned).collect()
}

/// The crates whose sources are named in the module: where they may panic.
fn sources(module: &[u8]) -> BTreeSet<String> {
    let folder = b"/crates/";
    let starts = module.windows(folder.len()).enumerate().filter(|(_, bytes)| bytes == folder);
    starts
        .filter_map(|(at, _)| {
            let name = module[at + folder.len()..].split(|byte| *byte == b'/').next()?;
            let (name, version) = str::from_utf8(name).ok()?.rsplit_once('-')?;
            Some(format!("{name}@{version}"))
        })
        .collect()
}

fn schema(bill: &str) -> Outcome {
    let mut node = Command::new(tools::node()?);
    node.arg(workspace().join("xtask/src/sbom/schema.cjs")).arg(tools::cyclonedx()?);
    match command::fed(&mut node, bill.as_bytes())? {
        (true, said) if said.lines().any(|line| line == "null") => Ok(()),
        (_, faults) => Err(format!("{} is no CycloneDX 1.6: {faults}", build::BILL).into()),
    }
}
