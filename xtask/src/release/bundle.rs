//! A folder as one file: names in order, and neither times nor owners, so that it depends on nothing else.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use tar::{Builder, Header};
use walkdir::WalkDir;

use crate::Outcome;

/// The tar file of all files below the folder.
pub fn archive(folder: &Path) -> Outcome<Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(folder)?.to_string_lossy();
            files.insert(name.into_owned(), fs::read(entry.path())?);
        }
    }
    Ok(of_files(&files)?)
}

/// The tar file of these files.
pub fn of_files(files: &BTreeMap<String, Vec<u8>>) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, bytes.as_slice())?;
    }
    archive.into_inner()
}
