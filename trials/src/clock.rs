//! A process whose clocks can be set while it runs; the machine's own stay as they are.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use testbed::envoy::process;
use testbed::workspace;

/// The clocks of what is started under [`Clock::wrapper`].
pub struct Clock {
    folder: PathBuf,
    offsets: File,
}

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The time since 1970.
    Wall = 0,
    /// What limits and timers go by.
    Monotonic = 1,
}

impl Clock {
    /// Clocks that go right. Builds a small library with the C compiler that Rust links with.
    pub fn right() -> Self {
        let folder = process::folder();
        let source = workspace().join("trials/src/clock.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([folder.join("clock.so"), source])
            .status();
        assert!(built.is_ok_and(|status| status.success()), "cc cannot build trials/src/clock.c");
        let offsets = File::create(folder.join("offsets")).expect("make a file");
        offsets.write_all_at(&[0; 16], 0).expect("write the offsets");
        Self { folder, offsets }
    }

    /// For [`Bootstrap::under`](testbed::Bootstrap::under).
    pub fn wrapper(&self) -> Vec<OsString> {
        let variable = |name: &str, file: &str| {
            let mut variable = OsString::from(name);
            variable.push(self.folder.join(file));
            variable
        };
        let (offsets, library) =
            (variable("CLOCK_OFFSETS=", "offsets"), variable("LD_PRELOAD=", "clock.so"));
        vec!["env".into(), offsets, library]
    }

    /// Sets a clock so many seconds forward from the right time, or back.
    pub fn set(&self, which: Which, by: i64) {
        let offset = by * 1_000_000_000;
        self.offsets
            .write_all_at(&offset.to_ne_bytes(), which as u64 * 8)
            .expect("write the offsets");
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
