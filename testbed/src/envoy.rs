//! A real Envoy as a value: it runs while the value lives.

mod admin;
mod start;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::{fmt, fs};

use serde_json::{Value, json};

use crate::Host;
use crate::bootstrap::Bootstrap;
use crate::poll::{self, PATIENCE};
use crate::stats::Stats;
use admin::Admin;
use process::Process;

pub use crate::process;

/// Updates of the listeners that Envoy accepted.
const TAKEN: &str = "listener_manager.lds.update_success";
/// Listeners that a worker has put in place, once for each worker.
const CREATED: &str = "listener_manager.listener_create_success";

/// A running Envoy. Dropped, it is killed; its log stays below `target/testbed/` if the test failed.
pub struct Envoy {
    process: Process,
    admin: Admin,
    addresses: Vec<SocketAddr>,
    workers: u64,
    listeners: Vec<Value>,
    version: u32,
}

/// Why Envoy did not start, with its whole log. `Debug` shows both as text, for `expect`.
pub struct Failed {
    pub reason: String,
    pub log: String,
}

/// Envoy's answer to a changed configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reload {
    /// Every worker has it for new connections. Older ones keep what they had until they are closed,
    /// within a second or so.
    Accepted,
    /// Envoy kept what it had. The text is what was logged meanwhile.
    Rejected(String),
}

impl Envoy {
    /// Replaces the listeners, and with them the plugin's configuration, while Envoy runs. The other
    /// parts of the bootstrap (workers, clusters, addresses of listeners) stay what they were.
    pub fn reconfigure(&mut self, bootstrap: &Bootstrap) -> Reload {
        assert!(self.workers > 0, "started from a file: there is nothing to replace");
        let listeners = bootstrap.listeners();
        let counter = |name: &str| self.admin.counter(name);
        let (taken, refused) = (counter(TAKEN), self.admin.refusals());
        let created = counter(CREATED);
        // Envoy leaves a listener alone that did not change, and then creates none.
        let wanted =
            if listeners == self.listeners { 0 } else { self.workers * listeners.len() as u64 };
        let logged = self.log().len();

        self.version += 1;
        write_listeners(self.process.folder(), self.version, &listeners);
        let accepted = poll::until(PATIENCE, "Envoy took or refused the listeners", || {
            if self.admin.refusals() > refused {
                return Some(false);
            }
            (counter(TAKEN) > taken && counter(CREATED) >= created + wanted).then_some(true)
        });
        if accepted {
            self.listeners = listeners;
            Reload::Accepted
        } else {
            Reload::Rejected(self.log().split_off(logged))
        }
    }

    /// The first listener's address.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Each listener's address, in the order of the bootstrap.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub fn admin_address(&self) -> SocketAddr {
        self.admin.address()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The memory that Envoy holds, in bytes.
    pub fn resident_memory(&self) -> u64 {
        self.status("VmRSS")
    }

    /// A size in `/proc/<pid>/status`, in bytes.
    pub fn status(&self, key: &str) -> u64 {
        self.process.status(key)
    }

    /// True if Envoy still runs.
    pub fn alive(&mut self) -> bool {
        self.ended().is_none()
    }

    /// Its exit status, if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.ended()
    }

    /// The lines that Envoy and the module have logged so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The body of a page of the admin interface. Panics if it is not a 200.
    pub fn admin(&self, path: &str) -> String {
        self.admin.ask("GET", path)
    }

    /// The same with a POST, for what changes something.
    pub fn admin_post(&self, path: &str) -> String {
        self.admin.ask("POST", path)
    }

    /// One scrape of Envoy's own Prometheus page.
    pub fn stats(&self) -> Stats {
        Stats::parse(&self.admin("/stats/prometheus"))
    }

    /// Waits until that sum (see [`Stats::value`]) is what `wanted` takes, and returns it. The module
    /// flushes once a second, so a number that a request changed is not there at once; see [`Host::statistics_lag`].
    pub fn wait_for_stat(
        &self,
        name: &str,
        labels: &[(&str, &str)],
        wanted: impl Fn(f64) -> bool,
    ) -> f64 {
        let mut last = 0.0;
        let found = poll::within(PATIENCE, || {
            last = self.stats().value(name, labels);
            (wanted(last) || Host::statistics_lag()).then_some(last)
        });
        found.unwrap_or_else(|| panic!("{name} {labels:?} stayed {last}"))
    }

    /// Asks Envoy to end, and returns its log when it has: the workers' VMs are taken down in order.
    pub fn stop(mut self) -> String {
        self.end();
        self.log()
    }

    /// The same, for a log that is too long to be held: it stays below [`Envoy::folder`].
    pub fn end(&mut self) {
        self.admin_post("/quitquitquit");
        poll::until(PATIENCE, "Envoy ended", || self.process.ended());
    }

    /// Where `envoy.log` and `bootstrap.json` lie, and other files of this Envoy may.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }
}

fn listeners_file(folder: &Path) -> PathBuf {
    folder.join("listeners.json")
}

/// Envoy watches for renames, which also keeps it from reading half a file.
fn write_listeners(folder: &Path, version: u32, listeners: &[Value]) {
    let page = json!({"version_info": version.to_string(), "resources": listeners});
    let scratch = folder.join("listeners.new");
    fs::write(&scratch, page.to_string()).expect("write the listeners");
    fs::rename(&scratch, listeners_file(folder)).expect("replace the listeners");
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Envoy did not start: {}\n{}", self.reason, self.log)
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Failed {}
