//! A program as a value: it runs while the value lives, with a folder and a log of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::poll::{self, PATIENCE};
use crate::workspace;

/// A new folder below `target/testbed/`.
pub fn folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let nth = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = workspace().join(format!("target/testbed/{}-{nth}", process::id()));
    // One of a process that had this number before.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("make a folder below target/testbed");
    folder
}

/// The CPU time of all threads of a process.
pub fn cpu_time(pid: u32) -> std::io::Result<Duration> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let spent = fs::read_to_string(thread?.path().join("schedstat"))?;
        total += spent.split(' ').next().and_then(|spent| spent.parse().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(total))
}

/// Killed when it is dropped; its folder goes as well, unless a test is failing.
pub struct Process {
    name: &'static str,
    child: Child,
    folder: PathBuf,
}

impl Process {
    /// Starts it, with `<name>.log` in the folder.
    pub fn start(name: &'static str, folder: PathBuf, command: &mut Command) -> Self {
        let log = File::create(log_of(&folder, name)).expect("make a log");
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("share the log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Self { name, child, folder }
    }

    /// The first answer to the question whether it is ready; the error says how it ended.
    pub fn until_ready<T>(
        &mut self,
        patience: Duration,
        mut ask: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, String> {
        let name = self.name;
        let ready = poll::within(patience, || match self.ended() {
            Some(status) => Some(Err(format!("{name} ended with {status}"))),
            None => ask(self).map(Ok),
        });
        ready.unwrap_or_else(|| Err(format!("{name} was not ready after {patience:?}")))
    }

    /// The same, and panics with the log if it never is.
    pub fn ready(mut self, mut ask: impl FnMut() -> Option<()>) -> Self {
        match self.until_ready(PATIENCE, |_| ask()) {
            Ok(()) => self,
            Err(reason) => panic!("{reason}:\n{}", self.log()),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("ask for the state of the process")
    }

    pub fn log(&self) -> String {
        let bytes = fs::read(log_of(&self.folder, self.name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A number of kilobytes in `/proc/<pid>/status`, in bytes.
    pub fn status(&self, key: &str) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process runs");
        let kilobytes = status.lines().find_map(|line| {
            line.strip_prefix(key)?.strip_prefix(':')?.trim().strip_suffix(" kB")?.parse().ok()
        });
        kilobytes.map(|kilobytes: u64| kilobytes << 10).unwrap_or_else(|| panic!("no {key}"))
    }
}

fn log_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.log", name.to_lowercase()))
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("{}'s log is in {}", self.name, self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
