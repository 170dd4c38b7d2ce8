//! A real Prometheus as a value: it runs while the value lives.

mod api;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use serde_json::Value;

use crate::client::{Client, Request};
use crate::poll::{self, PATIENCE};
use crate::process::{self, Process};
use crate::stats::Sample;
use crate::{Port, tools};
pub use api::{Series, Span};

/// A running Prometheus with a database of its own, below `target/testbed/`. Dropped, it is killed;
/// its folder stays if the test failed.
pub struct Prometheus {
    process: Process,
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
        let mut command = Command::new(tools::prometheus().expect("Prometheus"));
        command
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            // Tells of each scrape that fails, and why.
            .arg("--log.level=debug");
        let process = Process::start("Prometheus", folder, &mut command).ready(|| {
            TcpStream::connect(address).ok()?;
            (get(address, "/-/ready").0 == 200).then_some(())
        });
        Self { process, port }
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
        self.process.log()
    }

    fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let (status, body) = get(self.address(), &api::target(path, parameters));
        let page: Value = serde_json::from_str(&body).unwrap_or_default();
        assert!(status == 200 && page["status"] == "success", "{parameters:?}: {status} {body}");
        page["data"].clone()
    }
}

fn get(address: SocketAddr, target: &str) -> (u16, String) {
    let request = Request::get(target).header("connection", "close");
    let answer = Client::new(address).send(&request);
    (answer.status, answer.text())
}
