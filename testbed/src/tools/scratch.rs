//! A folder that becomes a tool when it is whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::Context as _;

use super::{Brought, folder, present_or, progress};

/// The folder of that name below the tools, after `fill` has written it, if it was not there. Whole or not at all.
pub fn filled(name: &str, what: &str, fill: impl FnOnce(&Path) -> Brought) -> Brought<PathBuf> {
    present_or(folder().join(name), what, |root| {
        let scratch = root.with_extension(format!("fetch-{}", process::id()));
        fs::create_dir_all(&scratch)
            .with_context(|| format!("cannot write {}", scratch.display()))?;
        let filled = progress::watched(name, || progress::size(&scratch), || fill(&scratch))
            .and_then(|()| {
                fs::rename(&scratch, root)
                    // Another process that brought the same meanwhile is as good.
                    .or_else(|error| if root.is_dir() { Ok(()) } else { Err(error) })
                    .with_context(|| format!("cannot write {}", root.display()))
            });
        // What is left over hurts nobody: it lies below `target/`.
        let _ = fs::remove_dir_all(&scratch);
        filled
    })
}
