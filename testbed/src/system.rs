//! The systems that the gate has built-in defaults for: stand-ins that answer as they do, and a tour of
//! what the gate gives each, with the `envoy.yaml` of its example and the tables of its README.

mod agent_platform;
pub mod astrocyte;
mod caracal;
pub mod caracal_core;
mod kestra;
mod kubernetes;
mod plain;
mod running;
mod step;

pub use running::{Ports, Running, Seen, said};
pub use step::{Step, rows};

use std::fs;
use std::path::PathBuf;

use crate::upstream::Page;
use crate::{Host, workspace};
use step::{Check, check};

/// The token for metrics in the commands of every example.
pub const TOKEN: &str = "example-token";

/// A list of variables and their values.
pub type Variables = Vec<(&'static str, &'static str)>;

/// The services behind the gate of an example.
pub struct System {
    /// Of its folder below `examples/`.
    pub name: &'static str,
    /// The variables that Envoy is started with.
    pub environment: Variables,
    /// The ports of the listeners in its `envoy.yaml`, in the order of the listeners' names.
    pub listeners: Vec<u16>,
    pub stand_ins: Vec<StandIn>,
    pub tour: Vec<Step>,
}

/// One service of a system.
pub struct StandIn {
    pub name: &'static str,
    /// Where `envoy.yaml` looks for it.
    pub port: u16,
    pub pages: Vec<(&'static str, Page)>,
}

impl StandIn {
    fn new(name: &'static str, port: u16, pages: Vec<(&'static str, Page)>) -> Self {
        Self { name, port, pages }
    }
}

impl System {
    /// One for each folder of that kind.
    pub fn all() -> Vec<Self> {
        vec![
            caracal::system(),
            caracal_core::system(),
            astrocyte::system(),
            agent_platform::system(),
            kestra::system(),
            kubernetes::system(),
        ]
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|system| system.name == name)
    }

    /// The configuration that a user starts with, whose tour stands in `examples/README.md`.
    pub fn plain() -> Self {
        plain::system()
    }

    /// Services behind one listener, and no tour.
    fn new(name: &'static str, environment: Variables, stand_ins: Vec<StandIn>) -> Self {
        Self { name, environment, listeners: vec![10000], stand_ins, tour: Vec::new() }
    }

    /// The same with one service on port 8080, that answers as [`Upstream`](crate::Upstream) does.
    pub fn of_a_service(name: &'static str, environment: Variables) -> Self {
        Self::new(name, environment, vec![StandIn::new("service", 8080, Vec::new())])
    }

    /// The example's folder.
    pub fn folder(&self) -> PathBuf {
        workspace().join("examples").join(self.name)
    }

    pub fn readme(&self) -> String {
        fs::read_to_string(self.folder().join("README.md")).expect("the example's README")
    }

    /// The example's own bootstrap, or the one that a user starts with.
    pub fn bootstrap(&self, host: Host) -> PathBuf {
        let own = self.folder().join("envoy.yaml");
        if own.is_file() { own } else { workspace().join(host.bootstrap()) }
    }

    /// The same with the tour of its README.
    fn touring(mut self, checks: Vec<Check>) -> Self {
        self.tour = step::tour(&self.readme(), checks);
        assert!(!self.tour.is_empty(), "{}: nothing to try", self.name);
        self
    }
}

/// A page of metrics with nothing but this one.
fn exposition(name: &str, value: f64) -> Page {
    Page::exposition(&format!("# TYPE {name} gauge\n{name} {value}\n"))
}

/// A page that says that all is well.
fn well() -> Page {
    json(r#"{"status":"ok"}"#)
}

fn json(body: &str) -> Page {
    Page::json(200, body)
}
