//! A panic in the dynamic module costs one request, not Envoy: a module that panics for requests that ask for it.

use std::path::PathBuf;
use std::process::Command;

use testbed::workspace;

use crate::gate::*;

/// The dynamic module as it is released, but for requests that panic.
fn panicking_module() -> PathBuf {
    let target = workspace().join("target/panic-for-tests");
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--locked", "--profile", "native"])
        .args(["--package", "probegate-native", "--features", "panic-for-tests", "--target-dir"])
        .arg(&target)
        .current_dir(workspace())
        .status()
        .expect("run cargo");
    assert!(built.success(), "the module was not built: {built}");
    // Envoy finds a module by this name.
    let module = target.join("libprobegate.so");
    std::fs::copy(target.join("native/libprobegate_native.so"), &module).expect("copy the module");
    module
}

fn panics(envoy: &Envoy) -> usize {
    let log = envoy.log();
    log.lines()
        .filter(|line| line.contains("[critical]") && line.contains("a panic was caught"))
        .count()
}

/// One worker serves all; each request but the last spends one of the client's five.
#[test]
fn a_panic_costs_one_request() {
    only!(Native: "a panic of the proxy-wasm filter ends its VM");
    let upstream = Upstream::start();
    let bootstrap = Bootstrap::without_module(upstream.address())
        .dynamic_module(&panicking_module())
        .concurrency(1)
        .plugin(json!({"rate_limit": {"requests": 5, "window": "1h"}}));
    let mut envoy = run(&bootstrap);
    let mut client = http1(&envoy);
    assert_eq!(client.get("/a").status, 200);

    let answer = client.get_with("/a", &[("x-panic", "request"), ("x-request-id", "mine")]);
    assert_eq!(answer.status, 500);
    assert_eq!(answer.headers_named("x-request-id"), [b"mine"]);
    assert_eq!(answer.json()["request_id"], "mine");
    assert_eq!(panics(&envoy), 1);

    let call = grpc("/a.Service/Call").header("x-request-id", "call").header("x-panic", "request");
    let answer = http2(&envoy).send(&call);
    assert_eq!((answer.status, answer.header("grpc-status")), (200, Some("2")));
    assert_eq!(answer.headers_named("x-request-id"), [b"call"]);
    assert_eq!(panics(&envoy), 2);
    assert_eq!(upstream.count(), 1, "neither got through");

    // The request was let through, and so is its answer.
    assert_eq!(client.get_with("/a", &[("x-panic", "response")]).status, 200);
    assert_eq!(panics(&envoy), 3);

    assert_eq!([client.get("/a").status, client.get("/a").status], [200, 429]);
    assert_eq!(upstream.count(), 3);
    assert_eq!(panics(&envoy), 3);
    let connections = envoy.admin("/stats?filter=http.gate.downstream_cx_total");
    assert_eq!(connections.trim(), "http.gate.downstream_cx_total: 2", "one of each protocol");
    assert!(envoy.alive());
    only!(last_statistics);
    counts(&envoy, REQUESTS, &[], 6.0);
    counts(&envoy, IN_FLIGHT, &[], 0.0);
    let stats = envoy.stats();
    // The status of the answer at which something panicked was not read.
    for (method, code, count) in [
        ("GET", "200", 2.0),
        ("GET", "500", 1.0),
        ("POST", "200", 1.0),
        ("GET", "0", 1.0),
        ("GET", "429", 1.0),
    ] {
        let labels = [("method", method), ("status_code", code)];
        assert_eq!(stats.value(REQUESTS, &labels), count, "{method} {code}");
    }
}
