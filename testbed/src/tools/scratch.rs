//! A folder that becomes a tool when it is whole.

use std::fs;
use std::path::Path;
use std::process;

use super::{Absent, Brought, progress};

/// Lets `fill` write into a folder, and gives it the name `root` then.
pub fn fill(root: &Path, what: &str, fill: impl FnOnce(&Path) -> Brought) -> Brought {
    beside(root, what, |scratch| {
        fill(scratch)?;
        fs::rename(scratch, root)
            // Another process that brought the same meanwhile is as good.
            .or_else(|error| if root.is_dir() { Ok(()) } else { Err(error) })
            .map_err(|error| Absent::unwritable(root, &error))
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
