//! The systems that the gate has built-in defaults for: stand-ins that answer as they do, and a tour of
//! what the gate gives each, with the `envoy.yaml` of its example.

mod agent_platform;
pub mod astrocyte;
mod caracal;
pub mod caracal_core;
mod kestra;
mod kubernetes;
mod running;
mod step;

pub use running::{Ports, Running, Seen, said};
pub use step::Step;

use std::path::PathBuf;

use crate::upstream::Page;
use crate::workspace;

/// The token for metrics in the commands of every example.
pub const TOKEN: &str = "example-token";

/// The services behind the gate of an example.
pub struct System {
    /// Of its folder below `examples/`.
    pub name: &'static str,
    /// The variables that Envoy is started with.
    pub environment: Vec<(&'static str, &'static str)>,
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

    /// The example's folder.
    pub fn folder(&self) -> PathBuf {
        workspace().join("examples").join(self.name)
    }
}

/// A page of metrics with nothing but this one.
fn exposition(name: &str, value: f64) -> Page {
    Page::exposition(&format!("# TYPE {name} gauge\n{name} {value}\n"))
}

/// A page that says that all is well.
fn well() -> Page {
    Page::json(200, r#"{"status":"ok"}"#)
}

fn json(body: &str) -> Page {
    Page::json(200, body)
}
