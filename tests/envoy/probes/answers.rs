//! Each way to misbehave has its reason.

use testbed::service::{Does, answer};

use super::*;

#[test]
fn six_reasons_told_apart() {
    let raw = |bytes: &str| bytes.as_bytes().to_vec();
    let short = raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort");
    let envoys =
        "upstream connect error or disconnect/reset before headers. reset reason: overflow";
    let long = format!(r#"{{"status":"ok","filler":"{}"}}"#, "x".repeat(70_000));
    let plain = json!({"rung": "r", "path": "/health"});
    let expecting =
        json!({"rung": "r", "path": "/health", "expect": {"json": "/status", "equals": "ok"}});
    let table = [
        ("well", answer(200, "ok"), &plain, "up", json!(null)),
        ("redirects", answer(302, ""), &plain, "up", json!(null)),
        ("long-but-unread", answer(200, &long), &plain, "up", json!(null)),
        (
            "says-more",
            Does::Answers(raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok, and more")),
            &plain,
            "up",
            json!(null),
        ),
        ("refuses", Does::Refuses, &plain, "down", json!("refused")),
        ("closes", Does::Breaks(Vec::new()), &plain, "down", json!("reset")),
        ("resets", Does::Resets, &plain, "down", json!("reset")),
        ("garbage", Does::Answers(raw("\0\x01 what?\r\n\r\n")), &plain, "down", json!("reset")),
        ("lies-about-its-length", Does::Breaks(short.clone()), &plain, "down", json!("reset")),
        ("stops-in-the-middle", Does::Hangs(short), &plain, "down", json!("timeout")),
        ("hangs", Does::Hangs(Vec::new()), &plain, "down", json!("timeout")),
        ("fails", answer(500, "no"), &plain, "down", json!("status")),
        ("speaks-as-envoy", answer(503, envoys), &plain, "down", json!("status")),
        (
            "is-degraded",
            answer(200, r#"{"status":"degraded"}"#),
            &expecting,
            "degraded",
            json!("body"),
        ),
        ("is-no-json", answer(200, "<html>"), &expecting, "down", json!("body")),
        ("is-too-long", answer(200, &long), &expecting, "down", json!("body")),
    ];
    let upstream = Upstream::start();
    let services: Vec<(&str, Service)> =
        table.iter().map(|(name, does, ..)| (*name, Service::start(does.clone()))).collect();
    let services: Vec<(&str, &Service)> = services.iter().map(|(name, s)| (*name, s)).collect();
    let targets = table
        .iter()
        .map(|(name, _, rung, ..)| json!({"service": name, "cluster": name, "rungs": [rung]}));
    let plugin = probing(targets.collect(), json!({"failure_threshold": 1}));
    let envoy = run(&bootstrap(&upstream, &services, plugin));
    wait_ready(&envoy, 503, |report| {
        table.iter().all(|(name, _, _, state, reason)| {
            let service = service(report, name);
            service["rungs"][0]["state"] == *state && service["failed"][0]["reason"] == *reason
        })
    });
    for (name, _, _, state, reason) in &table {
        let Some(reason) = reason.as_str() else { continue };
        let labels = [("service", *name), ("rung", "r"), ("reason", reason)];
        envoy.wait_for_stat("probegate_probe_failures_total", &labels, |count| count >= 1.0);
        let labels = [("service", *name), ("rung", "r")];
        let up = f64::from(*state == "degraded");
        counts(&envoy, "probegate_probe_up", &labels, up);
        counts(&envoy, "probegate_probe_degraded", &labels, up);
    }
}

/// A cluster that Envoy does not know is a failed probe and never a crash; nor is one without endpoints.
#[test]
fn a_cluster_that_is_not_there() {
    let upstream = Upstream::start();
    let plugin = probing(json!([target("nowhere", &["/health"])]), json!({}));
    let envoy = run(&bootstrap(&upstream, &[], plugin));
    let message = wait_ready(&envoy, 503, |report| report["status"] == "not_ready");
    assert_eq!(service(&message, "nowhere")["failed"][0]["reason"], "unknown_cluster", "{message}");
    assert_eq!(http1(&envoy).get("/").status, 200, "and requests pass");
}

/// A gRPC server's own health, over the same call as any probe.
#[test]
fn grpc_health() {
    let upstream = Upstream::start();
    let rung = |name: &str, service: &str| json!({"rung": name, "grpc": service});
    let rungs = [rung("server", ""), rung("one", "no.such.Service")];
    let targets = json!([{"service": "grpc", "cluster": "grpc", "rungs": rungs}]);
    let plugin = probing(targets, json!({}));
    let bootstrap = Bootstrap::to(upstream.address()).plugin(plugin);
    let bootstrap = bootstrap.cluster_http2("grpc", upstream.address());
    let envoy = run(&bootstrap);
    // The server is serving, and one service of it is not.
    wait_ready(&envoy, 503, |report| {
        let service = service(report, "grpc");
        let failed = &service["failed"][0];
        service["rung"] == 1 && failed["rung"] == "one" && failed["reason"] == "status"
    });
}
