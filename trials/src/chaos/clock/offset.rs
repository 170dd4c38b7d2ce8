//! A process whose wall clock can be set while it runs; the machine's own stays as it is.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use testbed::envoy::process;
use testbed::workspace;

/// The wall clock of what is started under [`Clock::wrapper`].
pub struct Clock {
    folder: PathBuf,
    offset: File,
}

impl Clock {
    /// A clock that goes right. Builds a small library with the C compiler that Rust links with.
    pub fn right() -> Self {
        let folder = process::folder();
        let source = workspace().join("trials/src/chaos/clock/offset.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).args([folder.join("clock.so"), source]);
        let built = compiler.status().is_ok_and(|status| status.success());
        assert!(built, "cc cannot build offset.c");
        let offset = File::create(folder.join("offset")).expect("make a file");
        let clock = Self { folder, offset };
        clock.set(0);
        clock
    }

    /// For [`Bootstrap::under`](testbed::Bootstrap::under).
    pub fn wrapper(&self) -> Vec<OsString> {
        let variable =
            |name: &str, file: &str| format!("{name}={}", self.folder.join(file).display()).into();
        vec!["env".into(), variable("CLOCK_OFFSET", "offset"), variable("LD_PRELOAD", "clock.so")]
    }

    /// Sets it so many seconds forward from the right time, or back.
    pub fn set(&self, by: i64) {
        let offset = by * 1_000_000_000;
        self.offset.write_all_at(&offset.to_ne_bytes(), 0).expect("write the offset");
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
