//! A folder that becomes a tool when it is whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use super::{Absent, Brought, folder, present_or, progress};

/// The folder of that name below the tools, after `fill` has written it, if it was not there. Whole or not at all.
pub fn filled(name: &str, what: &str, fill: impl FnOnce(&Path) -> Brought) -> Brought<PathBuf> {
    present_or(folder().join(name), what, |root| {
        beside(root, name, |scratch| {
            fill(scratch)?;
            fs::rename(scratch, root)
                // Another process that brought the same meanwhile is as good.
                .or_else(|error| if root.is_dir() { Ok(()) } else { Err(error) })
                .map_err(|error| Absent::unwritable(root, &error))
        })
    })
}

/// Lets `work` write into a folder beside that path, which goes then; meanwhile it tells how large it is.
pub fn beside(root: &Path, what: &str, work: impl FnOnce(&Path) -> Brought) -> Brought {
    let scratch = root.with_extension(format!("fetch-{}", process::id()));
    fs::create_dir_all(&scratch).map_err(|error| Absent::unwritable(&scratch, &error))?;
    let size = || progress::size(&scratch);
    let worked = progress::watched(what, size, || work(&scratch));
    // What is left over hurts nobody: it lies below `target/`.
    let _ = fs::remove_dir_all(&scratch);
    worked
}
