//! `cargo xtask reproduce`: the same sources give the same bytes, wherever they lie.

use std::fs;
use std::path::Path;

use testbed::workspace;

use crate::{Outcome, build, setup};

/// What a build makes, and what no build reads.
const LEFT_OUT: [&str; 3] = ["target", "dist", ".git"];

pub fn run() -> Outcome {
    setup::targets()?;
    let elsewhere = workspace().join("target/reproduce");
    let copy = elsewhere.join("tree");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    copy_tree(workspace(), &copy)?;
    let here = build::module(workspace(), &workspace().join("target/module"))?;
    let there = build::module(&copy, &elsewhere.join("target"))?;
    let (here, there) = (build::digest(&here), build::digest(&there));
    if here != there {
        return Err(format!("the module differs between two folders: {here} and {there}").into());
    }
    println!("the same bytes in two folders: sha256 {here}");
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let left_out = LEFT_OUT.iter().any(|name| entry.file_name() == *name);
        if entry.file_type()?.is_dir() && !left_out {
            copy_tree(&entry.path(), &to.join(entry.file_name()))?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
