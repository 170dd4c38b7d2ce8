//! The process, its folder and its log.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::workspace;

/// Killed when it is dropped; its folder goes as well, unless a test is failing.
pub struct Process {
    child: Child,
    folder: PathBuf,
    kept: bool,
}

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

impl Process {
    /// A program and its first arguments, started in the workspace's root, so that a bootstrap may name files relative to it.
    pub fn spawn(
        command: &[OsString],
        folder: PathBuf,
        bootstrap: &Path,
        workers: u32,
        drain: Duration,
        environment: &[(&str, &str)],
    ) -> Self {
        let log = File::create(folder.join("envoy.log")).expect("make a log");
        let (program, arguments) = command.split_first().expect("a command has a program");
        let child = Command::new(program)
            .args(arguments)
            .current_dir(workspace())
            // Where Envoy looks for a dynamic module; it may be told another place.
            .env("ENVOY_DYNAMIC_MODULES_SEARCH_PATH", workspace().join("dist"))
            .envs(environment.iter().copied())
            .arg("--config-path")
            .arg(bootstrap)
            .arg("--admin-address-path")
            .arg(folder.join("admin.address"))
            .args(["--concurrency", &workers.to_string()])
            // Several run side by side, and share no memory.
            .arg("--disable-hot-restart")
            .args(["--drain-time-s", &drain.as_secs().to_string()])
            .args(["--drain-strategy", "immediate"])
            // What an access log has is in the log at once.
            .args(["--file-flush-interval-msec", "50"])
            .args([
                "--log-level",
                "warning",
                "--component-log-level",
                "wasm:info,dynamic_modules:info",
            ])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("share the log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot start {}: {error}", Path::new(program).display())
            });
        Self { child, folder, kept: false }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn keep_folder(&mut self) {
        self.kept = true;
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("ask for the state of the process")
    }

    /// Where the admin interface listens, once Envoy has said so.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        fs::read_to_string(self.folder.join("admin.address")).ok()?.trim().parse().ok()
    }

    pub fn log(&self) -> String {
        let bytes = fs::read(self.folder.join("envoy.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn resident_memory(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("Envoy runs");
        status
            .lines()
            .find_map(|line| {
                line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok()
            })
            .map(|kibibytes| kibibytes * 1024)
            .expect("VmRSS in the status of a process")
    }
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

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("Envoy's log is in {}", self.folder.display());
        } else if !self.kept {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
