//! Caracal's endpoints, modes and token.

use testbed::system::Running;

use super::{refused, start_with};
use crate::gate::*;

/// Name, and which of the metrics pages it has.
const SERVICES: [(&str, &[&str]); 6] = [
    ("api", &["/metrics"]),
    ("sts", &["/metrics", "/metrics.json"]),
    ("gateway", &["/metrics", "/metrics.json"]),
    ("audit", &["/metrics", "/metrics.json"]),
    ("coordinator", &["/metrics"]),
    ("control", &[]),
];

fn ask(running: &Running, service: &str, path: &str, token: Option<&str>) -> u16 {
    let mut request = Request::get(path).header("host", format!("{service}.localhost:10000"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    Client::new(running.address(10000)).send(&request).status
}

/// Each service's health and readiness are open, its metrics are not, and what it has not is its own 404.
#[test]
fn the_endpoint_map() {
    let running = start_with("caracal", &[]);
    for (service, metrics) in SERVICES {
        for path in ["/health", "/ready"] {
            assert_eq!(ask(&running, service, path, None), 200, "{service}{path}");
        }
        for path in ["/metrics", "/metrics.json"] {
            assert_eq!(ask(&running, service, path, None), 401, "{service}{path}");
            assert_eq!(ask(&running, service, path, Some("guess")), 401, "{service}{path}");
            let has = if metrics.contains(&path) { 200 } else { 404 };
            assert_eq!(ask(&running, service, path, Some("example-token")), has, "{service}{path}");
        }
        let reached = running.stand_in(service).requests();
        let asked = |path: &str| {
            let of_clients = |request: &&testbed::upstream::Received| {
                request.target == path && request.header("authorization").is_some()
            };
            reached.iter().filter(of_clients).count()
        };
        assert_eq!((asked("/metrics"), asked("/metrics.json")), (1, 1), "{service}");
    }
}

/// A host with its domain, with its port, or alone leads to the service; another one nowhere.
#[test]
fn each_host_is_found_by_its_name() {
    let running = start_with("caracal", &[]);
    let mut client = Client::new(running.address(10000));
    for (service, _) in SERVICES {
        for end in ["", ":10000", ".caracal.svc.cluster.local", ".example.com:443"] {
            let host = format!("{service}{end}");
            let before = running.stand_in(service).count();
            assert_eq!(client.get_with("/v1/zones", &[("host", &host)]).status, 200, "{host}");
            let seen = running.stand_in(service).requests().split_off(before);
            assert!(seen.iter().any(|request| request.target == "/v1/zones"), "{host}");
        }
    }
    for host in ["localhost:10000", "other.example.com", "xsts.localhost"] {
        assert_eq!(client.get_with("/v1/zones", &[("host", host)]).status, 404, "{host}");
    }
}

/// Published builds fail closed, and a developer's own does not; a mode that nobody knows starts nothing.
#[test]
fn the_mode_is_that_of_the_variable() {
    for (mode, without_token) in [("stable", 401), ("rc", 401), ("dev", 200), ("", 401)] {
        let running = start_with("caracal", &[("CARACAL_MODE", mode)]);
        for (path, open) in [("/metrics", without_token), ("/health", 200)] {
            assert_eq!(ask(&running, "sts", path, None), open, "{mode}: {path}");
        }
    }
    refused("caracal", "CARACAL_MODE", "production");
}

/// Without a token nobody reads metrics, and both the log and the counters say why.
#[test]
fn without_a_token_the_gate_says_that_it_has_none() {
    let running = start_with("caracal", &[("METRICS_BEARER", "")]);
    for token in [None, Some("example-token")] {
        assert_eq!(ask(&running, "sts", "/metrics", token), 401);
    }
    let log = running.envoy.log();
    assert!(log.contains("the variable METRICS_BEARER is not set"), "{log}");
    let reason = [("reason", "not_configured")];
    counts(&running.envoy, "caracal_gateway_auth_failures_total", &reason, 2.0);
}
