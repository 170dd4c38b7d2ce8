//! A real Prometheus as a value: it runs while the value lives.

mod api;

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::client::{Client, Request};
use crate::envoy::process;
use crate::stats::Sample;
use crate::{Port, poll, tools};
pub use api::{Series, Span};

/// Time that a start or an answer of a query is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Prometheus with a database of its own, below `target/testbed/`. Dropped, it is killed;
/// its folder stays if the test failed.
pub struct Prometheus {
    child: Child,
    folder: PathBuf,
    /// It does not tell which one it got, so it is given one.
    port: Port,
}

impl Prometheus {
    /// Starts it with this configuration, and returns when it answers. Relative paths in it are below
    /// its own folder, so name files by their whole path.
    pub fn start(configuration: &str) -> Self {
        let folder = process::folder();
        fs::write(folder.join("prometheus.yml"), configuration).expect("write the configuration");
        let port = Port::hold();
        let address = port.address();
        let mut prometheus = Self { child: spawn(&folder, address), folder, port };
        let ready = poll::within(PATIENCE, || {
            if let Some(status) = prometheus.child.try_wait().expect("ask for the process") {
                return Some(Err(format!("Prometheus ended with {status}")));
            }
            TcpStream::connect(address).ok()?;
            (prometheus.get("/-/ready").0 == 200).then_some(Ok(()))
        });
        if let Err(reason) = ready.unwrap_or_else(|| Err("Prometheus was not ready".to_owned())) {
            panic!("{reason}:\n{}", prometheus.log());
        }
        prometheus
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The value of an expression now. Panics with Prometheus's words if it has none.
    pub fn query(&self, expression: &str) -> Vec<Sample> {
        api::vector(&self.ask("/api/v1/query", &[("query", expression)]))
    }

    /// The value of an expression over a time.
    pub fn range(&self, expression: &str, span: Span) -> Vec<Series> {
        let times = [span.start, span.end, span.step].map(|seconds| seconds.to_string());
        let parameters =
            [("query", expression), ("start", &times[0]), ("end", &times[1]), ("step", &times[2])];
        api::matrix(&self.ask("/api/v1/query_range", &parameters))
    }

    /// Asks until the answer is as wanted, and returns it. Panics with the last answer.
    pub fn wait_for(&self, expression: &str, wanted: impl Fn(&[Sample]) -> bool) -> Vec<Sample> {
        let mut last = Vec::new();
        let found = poll::within(PATIENCE, || {
            last = self.query(expression);
            wanted(&last).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("{expression} stayed {last:?}\n{}", self.targets()))
    }

    /// Waits until an expression of one value has one that is as wanted, and returns it.
    pub fn wait_for_value(&self, expression: &str, wanted: impl Fn(f64) -> bool) -> f64 {
        let one = |samples: &[Sample]| match samples {
            [only] => wanted(only.value),
            _ => false,
        };
        self.wait_for(expression, one)[0].value
    }

    /// The targets that are scraped, each with its health and last error.
    pub fn targets(&self) -> Value {
        self.ask("/api/v1/targets", &[("state", "active")])["activeTargets"].clone()
    }

    /// The groups of rules that were loaded.
    pub fn rules(&self) -> Value {
        self.ask("/api/v1/rules", &[])["groups"].clone()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("prometheus.log")).unwrap_or_default()
    }

    fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let (status, body) = self.get(&api::target(path, parameters));
        let page: Value = serde_json::from_str(&body).unwrap_or_default();
        assert!(status == 200 && page["status"] == "success", "{parameters:?}: {status} {body}");
        page["data"].clone()
    }

    fn get(&self, target: &str) -> (u16, String) {
        let request = Request::get(target).header("connection", "close");
        let answer = Client::new(self.address()).send(&request);
        (answer.status, answer.text())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("Prometheus's log is in {}", self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn spawn(folder: &Path, address: SocketAddr) -> Child {
    let program = tools::prometheus().expect("Prometheus");
    let log = File::create(folder.join("prometheus.log")).expect("make a log");
    Command::new(&program)
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address={address}"))
        // Tells of each scrape that fails, and why.
        .arg("--log.level=debug")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("share the log"))
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()))
}
