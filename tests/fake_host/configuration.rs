//! A plugin without a configuration, and the line about one that starts.

use crate::envoy::{Envoy, Level, Plugin, Process, Request, Worker};

/// A plugin that was never configured lets nothing pass.
#[test]
fn without_a_configuration_nothing_passes() {
    let process = Process::start();
    let mut worker = Worker::without_plugin(&process, "unconfigured");
    assert!(!worker.load(&Plugin::new("{")));
    for path in ["/", "/health", "/metrics"] {
        let exchange = worker.send(Request::get(path));
        assert_eq!((exchange.status(), exchange.forwarded()), (503, false), "{path}");
    }
}

/// Which gate starts is told once a process, as the other lines are written.
#[test]
fn a_line_says_which_gate_starts() {
    let version = env!("CARGO_PKG_VERSION");
    let envoy = Envoy::start(3, "{}");
    let told = (Level::Info, format!("probegate {version}, wasm"));
    assert_eq!(envoy.process.starts(), [told]);
    assert!(envoy.workers[0].configure(r#"{"service": "other"}"#));
    assert_eq!(envoy.process.starts().len(), 1, "a new configuration is no start");

    let json = Envoy::start(1, r#"{"log": {"access": "json"}}"#).process.starts();
    let line: serde_json::Value = serde_json::from_str(&json[0].1).expect("JSON");
    assert_eq!((&line["version"], &line["host"]), (&version.into(), &"wasm".into()));
    assert_eq!(Envoy::start(1, r#"{"log": {"level": "warning"}}"#).process.starts(), []);
}
