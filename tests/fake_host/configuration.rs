//! Configurations that are accepted, refused, and put to work.

use std::collections::BTreeMap;

use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};

use crate::envoy::{Envoy, Level, Plugin, Process, Request, Vm, Worker};
use crate::host;

/// The one text of every secret here; no line of the log may have it.
const SECRET: &str = "s3cr3t-Value";

/// Every configuration here is taken, and without a word in the log.
#[test]
fn a_good_configuration_is_accepted_silently() {
    for (shows, configuration) in [
        ("no configuration at all is the closed default", ""),
        ("white space is no configuration either", " \n"),
        ("an empty object", "{}"),
        ("every built-in system", r#"{"system": "kestra", "metrics_auth": {"tokens": []}}"#),
        (
            "a limit with all its keys",
            r#"{"metrics_auth": {"tokens": []}, "rate_limit": {"requests": 100, "window": "100ms",
                "client": {"forwarded_for": {"trusted_hops": 1}}, "ipv4_prefix": 24, "ipv6_prefix": 48,
                "max_clients": 1, "when_full": "admit", "enforce": false}}"#,
        ),
        ("own routes switched off", r#"{"metrics_auth": {"tokens": []}, "own_routes": null}"#),
        ("`off` as YAML reads it", r#"{"metrics_auth": {"tokens": []}, "log": {"access": false}}"#),
    ] {
        let process = Process::start();
        assert!(Worker::start(&process, shows, &Plugin::new(configuration)).is_some(), "{shows}");
        let errors = process.log_at(Level::Error);
        assert!(errors.is_empty(), "{shows}: {errors:?}");
    }
}

/// A mistake is told once, with its place and without any secret, and the module says no.
#[test]
fn a_mistake_is_told_once_with_its_place() {
    for (place, configuration) in [
        ("", r#"{"rate_limt": {"requests": 1}}"#),
        ("rate_limit", r#"{"rate_limit": {"request": 1}}"#),
        ("mode", r#"{"mode": "open"}"#),
        ("routes[0].paths[1]", r#"{"routes": [{"paths": ["/a", "b"], "class": "health"}]}"#),
        (
            "routes[1].paths[0]",
            r#"{"routes": [{"paths": ["/a"], "class": "health"},
            {"paths": ["/a"], "class": "metrics"}]}"#,
        ),
        ("routes[0].class", r#"{"routes": [{"paths": ["/a"], "class": "s3cr3t-Value"}]}"#),
        ("rate_limit.requests", r#"{"rate_limit": {"requests": 0}}"#),
        ("rate_limit.window", r#"{"rate_limit": {"requests": 1, "window": "99ms"}}"#),
        ("rate_limit.ipv4_prefix", r#"{"rate_limit": {"requests": 1, "ipv4_prefix": 33}}"#),
        (
            "metrics_auth.tokens[1].sha256",
            r#"{"metrics_auth": {"tokens": [
            {"env": "X"}, {"sha256": "s3cr3t-Value"}]}}"#,
        ),
        (
            "metrics_auth.tokens[0].value",
            r#"{"metrics_auth": {"tokens": [{"value": "s3cr3t-Value 1"}]}}"#,
        ),
        ("metrics_auth.tokens[0]", r#"{"metrics_auth": {"tokens": ["s3cr3t-Value"]}}"#),
        ("metrics_auth.tokens[0]", r#"{"metrics_auth": {"tokens": [{"s3cr3t-Value": "x"}]}}"#),
        ("request_id.header", r#"{"request_id": {"header": "s3cr3t-Value:"}}"#),
        ("", r#"{"mode": "s3cr3t-Value"#),
        ("", r#""s3cr3t-Value""#),
    ] {
        let process = Process::start();
        let accepted = Worker::start(&process, place, &Plugin::new(configuration)).is_some();
        assert!(!accepted, "{configuration}");
        let lines = process.log();
        let [(Level::Error, line)] = &lines[..] else { panic!("{configuration}: {lines:?}") };
        assert!(line.starts_with(&format!("probegate: {place}")), "{configuration}: {line}");
        assert!(!line.contains(SECRET), "{configuration}: {line}");
        assert!(!line.contains('\n'), "{configuration}: {line}");
    }
}

/// Envoy hands a `google.protobuf.Struct` over as protobuf; it works as its JSON would.
#[test]
fn a_struct_works_as_its_json() {
    let text = |text: &str| Value { kind: Some(Kind::StringValue(text.into())) };
    let list = |values| Value { kind: Some(Kind::ListValue(ListValue { values })) };
    let object = |fields: BTreeMap<String, Value>| Struct { fields: fields.into_iter().collect() };
    let value = |fields| Value { kind: Some(Kind::StructValue(object(fields))) };
    let limit = Value { kind: Some(Kind::NumberValue(2.0)) };
    let route =
        value([("paths".into(), list(vec![text("/up")])), ("class".into(), text("health"))].into());
    let configuration = object(
        [
            ("routes".into(), list(vec![route])),
            ("rate_limit".into(), value([("requests".into(), limit)].into())),
        ]
        .into(),
    );
    let process = Process::start();
    let plugin = Plugin::new(configuration.encode_to_vec());
    let worker = Worker::start(&process, "struct", &plugin).expect("an accepted Struct");
    let statuses = ["/a", "/a", "/a", "/up"].map(|path| worker.send(Request::get(path)).status());
    assert_eq!(statuses, [200, 200, 429, 200]);
}

/// A refused configuration leaves the one before it at work, in the same root context.
#[test]
fn a_refused_configuration_leaves_the_old_one_at_work() {
    let envoy = Envoy::start(1, r#"{"rate_limit": {"requests": 1}}"#);
    let Worker { vm, root } = &envoy.workers[0];
    assert!(!vm.configure(*root, r#"{"rate_limit": {"requests": 0}}"#));
    let statuses = [(); 2].map(|()| envoy.send(Request::get("/a")).status());
    assert_eq!(statuses, [200, 429]);
}

/// A plugin that was never configured lets nothing pass.
#[test]
fn without_a_configuration_nothing_passes() {
    let process = Process::start();
    let vm = Vm::start(&process, "unconfigured");
    let (root, accepted) = vm.load(&Plugin::new("{"));
    assert!(!accepted);
    let worker = Worker { vm, root };
    for path in ["/", "/health", "/metrics"] {
        let exchange = worker.send(Request::get(path));
        assert_eq!((exchange.status(), exchange.forwarded()), (503, false), "{path}");
    }
}

/// A warning is logged by one VM of the process, whatever their number, and never names a secret.
#[test]
fn a_warning_is_told_once_in_a_process() {
    let envoy = Envoy::start(3, r#"{"metrics_auth": {"tokens": [{"value": "s3cr3t-Value"}]}}"#);
    let warnings = envoy.process.log_at(Level::Warn);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(!warnings[0].contains(SECRET), "{warnings:?}");
}

/// A token of the VM's environment opens, in spite of the line feed that files end with.
#[test]
fn a_token_comes_from_the_environment() {
    host::set_variable("FAKE_HOST_TOKEN", "s3cr3t-Value\n");
    let envoy = Envoy::start(1, r#"{"metrics_auth": {"tokens": [{"env": "FAKE_HOST_TOKEN"}]}}"#);
    assert_eq!(envoy.send(Request::get("/metrics").bearer(SECRET)).status(), 200);
    assert_eq!(envoy.send(Request::get("/metrics").bearer("s3cr3t")).status(), 401);
    assert_eq!(envoy.process.log(), []);
}

/// Which gate starts is told once a process, as the other lines are written.
#[test]
fn a_line_says_which_gate_starts() {
    let version = env!("CARGO_PKG_VERSION");
    let envoy = Envoy::start(3, "{}");
    let told = (Level::Info, format!("probegate {version}, wasm"));
    assert_eq!(envoy.process.starts(), [told]);
    assert!(envoy.workers[0].vm.configure(envoy.workers[0].root, r#"{"service": "other"}"#));
    assert_eq!(envoy.process.starts().len(), 1, "a new configuration is no start");

    let json = Envoy::start(1, r#"{"log": {"access": "json"}}"#).process.starts();
    let line: serde_json::Value = serde_json::from_str(&json[0].1).expect("JSON");
    assert_eq!((&line["version"], &line["host"]), (&version.into(), &"wasm".into()));
    assert_eq!(Envoy::start(1, r#"{"log": {"level": "warning"}}"#).process.starts(), []);
}
