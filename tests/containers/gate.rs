//! The gate's container, as locked up as it says it can be.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use testbed::client::{Load, load};
use testbed::{Client, Request, poll, workspace};

use crate::podman::{Container, ENVOY, GATE, GATE_NATIVE, Podman};
use crate::{PATIENCE, answered, bearer, secret, yaml};

/// Podman would else add places to write to, which other tools do not.
pub const HARDENED: [&str; 6] = [
    "--read-only",
    "--read-only-tmpfs=false",
    "--user=65532:65532",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--publish=127.0.0.1::10000",
];

/// The demo service of `envoy/compose.yaml`, which has port 8080 under this name for the others.
fn demo(podman: &Arc<Podman>, name: &str) -> Container {
    let demo = &yaml("envoy/compose.yaml")["services"]["demo"];
    let words = demo["command"].as_array().expect("a command");
    let words: Vec<&str> = words.iter().map(|word| word.as_str().expect("a word")).collect();
    let entrypoint = format!("--entrypoint={}", demo["entrypoint"][0].as_str().expect("a program"));
    Container::start(podman, name, &[&[entrypoint.as_str(), ENVOY][..], &words[..]].concat())
}

/// The gate of that image under that name, in front of a demo service, with a file for its token.
struct Guarded {
    podman: Arc<Podman>,
    file: PathBuf,
    gate: Container,
    _demo: Container,
}

impl Guarded {
    fn start(image: &str, name: &str) -> Self {
        let podman = Podman::shared();
        let service = format!("{name}-demo");
        let _demo = demo(&podman, &service);
        // As an editor leaves it.
        let file = secret(name, "the-token\n");
        let mount = format!("--volume={}:/run/secrets/metrics:ro", file.display());
        let upstream = format!("--env=UPSTREAM={service}:8080");
        let token = "--env=METRICS_BEARER_FILE=/run/secrets/metrics";
        let arguments = [&HARDENED[..], &[&upstream, token, &mount, image]].concat();
        let gate = Container::start(&podman, name, &arguments);
        Self { podman, file, gate, _demo }
    }
}

#[test]
fn the_container_works_with_nothing_to_write_and_no_rights() {
    works(&Guarded::start(GATE, "gate"), "gate");
}

/// And reads the file again when somebody has written another token into it, where the filter would want a restart.
#[test]
fn the_container_with_the_dynamic_module_works_and_its_token_rotates() {
    let guarded = Guarded::start(GATE_NATIVE, "native");
    works(&guarded, "native");
    // In place, since the file alone is mounted.
    fs::write(&guarded.file, "the-next-token\n").expect("write the secret");
    let mut client = Client::new(guarded.gate.address(10000));
    poll::until(PATIENCE, "the next token opens", || {
        let next = client.get_with("/-/gate/metrics", &bearer("the-next-token"));
        (next.status == 200).then_some(())
    });
    assert_eq!(client.get_with("/-/gate/metrics", &bearer("the-token")).status, 401);
}

/// A request from outside is answered as everywhere.
fn works(Guarded { podman, gate, .. }: &Guarded, name: &str) {
    let address = gate.address(10000);
    answered(address, "/-/gate/live", 200);
    let health = answered(address, "/health", 200);
    assert!(health.text().contains("from the demo service"));
    let mut client = Client::new(address);
    let kept = client.get_with("/v1/recall", &[("x-request-id", "mine")]);
    assert_eq!((kept.status, kept.header("x-request-id")), (200, Some("mine")));
    let minted = client.get("/metrics");
    assert_eq!(minted.status, 401);
    assert_eq!(minted.header("x-request-id").map(str::len), Some(36));
    assert_eq!(client.get_with("/metrics", &bearer("another")).status, 401);
    assert_eq!(client.get_with("/metrics", &bearer("the-token")).status, 200);
    let scrape = client.get_with("/-/gate/metrics", &bearer("the-token"));
    assert!(scrape.text().contains("probegate_gateway_requests_total"), "{}", scrape.text());
    let limited = poll::until(PATIENCE, "20 a second are too many", || {
        load(address, &Load::new(Request::get("/v1/recall"), 16, 4));
        Some(client.get("/v1/recall")).filter(|answer| answer.status == 429)
    });
    assert!(limited.header("retry-after").is_some());
    assert_eq!(client.get("/health").status, 200);

    let log = poll::until(PATIENCE, "the log is there", || {
        let log = podman.output(&["logs", name]).stderr;
        let log = String::from_utf8_lossy(&log).into_owned();
        log.contains("starting main dispatch loop").then_some(log)
    });
    assert!(!log.contains("the-token"), "{log}");
}

/// A bootstrap of one's own takes the place of the image's, and needs no `UPSTREAM`.
#[test]
fn another_bootstrap_can_be_mounted() {
    let podman = Podman::shared();
    let text = fs::read_to_string(workspace().join("envoy/envoy.yaml")).expect("the bootstrap");
    assert!(text.contains("127.0.0.1, port_value: 10000"));
    let file = secret(
        "envoy.yaml",
        &text.replace("127.0.0.1, port_value: 10000", "0.0.0.0, port_value: 10000"),
    );
    let mount = format!("--volume={}:/etc/envoy/envoy.yaml:ro", file.display());
    let token = "--env=METRICS_BEARER=the-token";
    let gate = Container::start(&podman, "own", &[&HARDENED[..], &[&mount, token, GATE]].concat());
    let address = gate.address(10000);
    answered(address, "/-/gate/live", 200);
    let scrape = Client::new(address).get_with("/-/gate/metrics", &bearer("the-token"));
    assert_eq!(scrape.status, 200);
    assert_eq!(Client::new(address).get("/").status, 503, "its service is not there");
}

/// The two bootstraps of a form differ in where they listen and in the service, so that what is said of one holds
/// for the other.
#[test]
fn the_container_s_bootstrap_differs_in_two_places() {
    for (host, container) in [
        ("envoy/envoy.yaml", "envoy/container.yaml"),
        ("envoy/native.yaml", "envoy/container-native.yaml"),
    ] {
        let (mut host, container) = (yaml(host), yaml(container));
        let listener = "/static_resources/listeners/0/address/socket_address/address";
        assert_eq!(host.pointer(listener), Some(&json!("127.0.0.1")));
        host["static_resources"]["listeners"][0]["address"]["socket_address"]["address"] =
            "0.0.0.0".into();
        let resources = host["static_resources"].as_object_mut().expect("resources");
        let clusters = resources.remove("clusters");
        assert_eq!(clusters.as_ref().and_then(Value::as_array).map(Vec::len), Some(1));
        assert_eq!(host, container);
    }
}
