//! `cargo xtask reproduce`: the same sources give the same bytes, wherever they and their dependencies lie.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use testbed::workspace;
use walkdir::{DirEntry, WalkDir};

use crate::build::{self, Place};
use crate::{Outcome, sbom, setup};

/// What a build makes, and what no build reads.
const LEFT_OUT: [&str; 3] = ["target", "dist", ".git"];

/// What cargo keeps of a registry as it came, and how it finds it. It unpacks the sources anew.
const KEPT: [&str; 3] = ["registry/index", "registry/cache", "config.toml"];

/// Compares both forms of the gate, the filter's bill, and if `all` the command line.
pub fn run(all: bool) -> Outcome {
    setup::target()?;
    let elsewhere = workspace().join("target/reproduce");
    let here = Place::here()?;
    let there = Place {
        root: elsewhere.join("tree"),
        target: elsewhere.join("target"),
        home: elsewhere.join("cargo"),
        commit: here.commit.clone(),
    };
    for old in [&there.root, &there.home].into_iter().filter(|folder| folder.exists()) {
        fs::remove_dir_all(old)?;
    }
    copy_tree(&here.root, &there.root)?;
    fs::create_dir_all(there.home.join("registry"))?;
    for kept in KEPT.iter().filter(|kept| here.home.join(kept).exists()) {
        symlink(here.home.join(kept), there.home.join(kept))?;
    }
    let (one, other) = (here.module()?, there.module()?);
    same("the Wasm filter", &one, &other)?;
    if sbom::of(&here.root, &one)? != sbom::of(&there.root, &other)? {
        return Err("the module's bill of materials differs between two places".into());
    }
    same("the dynamic module", &here.native()?, &there.native()?)?;
    if all {
        same("the command line", &here.command_line()?, &there.command_line()?)?;
    }
    Ok(())
}

fn same(what: &str, one: &[u8], other: &[u8]) -> Outcome {
    let (digest, differing) = (build::digest(one), build::digest(other));
    if one != other {
        return Err(format!("{what} differs between two places: {digest} and {differing}").into());
    }
    println!("{what}: the same bytes from two folders, with two homes of cargo: sha256 {digest}");
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Outcome {
    let is_read = |entry: &DirEntry| LEFT_OUT.iter().all(|name| entry.file_name() != *name);
    for entry in WalkDir::new(from).into_iter().filter_entry(is_read) {
        let entry = entry?;
        let copy = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(copy)?;
        } else if entry.file_type().is_file() {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}
