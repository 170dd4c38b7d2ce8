//! What stands around the gate, and what the gate says of it: once in the log, in a gauge and in its status.

use std::io::Read;
use std::net::SocketAddr;

use testbed::service::Does;
use testbed::tools;

use crate::gate::*;

const WARNINGS: &str = "probegate_configuration_warnings";

fn own(address: SocketAddr, path: &str) -> Response {
    Client::new(address).get_with(path, &[("authorization", "Bearer token")])
}

/// The kinds of warnings in the gate's status.
fn warned(address: SocketAddr) -> Vec<String> {
    let answer = own(address, "/-/gate/status");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let status = answer.json();
    let warnings = status["warnings"].as_array().expect("a list");
    warnings.iter().map(|warning| warning["kind"].as_str().unwrap().to_owned()).collect()
}

fn told(envoy: &Envoy, part: &str) -> usize {
    envoy.log().lines().filter(|line| line.contains(part)).count()
}

/// A list of the statistics that are kept is common, and leaves the gate's out: the scrape fails, rather than to show
/// zeros.
#[test]
fn statistics_that_envoy_drops_are_told_and_fail_the_scrape() {
    only!(Wasm: "the dynamic module answers a scrape from counts of its own");
    let upstream = Upstream::start();
    let matcher =
        "stats_config:\n  stats_matcher: {exclusion_list: {patterns: [{prefix: wasmcustom}]}}\n";
    let changes = [("requests: 20 ", "requests: 1000 "), ("stats_config:\n", matcher)];
    let text = shipped("envoy/envoy.yaml", upstream.address(), &changes);
    let token = [("METRICS_BEARER", "token")];
    let envoy = Envoy::start_text(tools::envoy_from_env(), &text, 2, &token).expect("Envoy starts");
    for _ in 0..20 {
        assert_eq!(http1(&envoy).get("/").status, 200);
    }
    poll::until(PATIENCE, "the warning", || {
        (warned(envoy.address()) == ["statistics_dropped"]).then_some(())
    });
    for _ in 0..10 {
        let scrape = own(envoy.address(), "/-/gate/metrics");
        assert_eq!(scrape.status, 503, "whichever worker is asked: {}", scrape.text());
    }
    assert_eq!(told(&envoy, "Envoy drops what is counted"), 1, "once a process");
}

/// With a trusted hop Envoy does not tell the peer, and all such clients are one.
#[test]
fn an_address_that_is_no_peers_is_told() {
    let (_upstream, envoy) = start_with(|gate| {
        gate.env("METRICS_BEARER", "token")
            .plugin(json!({"rate_limit": {"requests": 1000, "client": "peer"}}))
            .hcm(json!({"xff_num_trusted_hops": 1}))
    });
    for nth in 0..20 {
        let forwarded = [("x-forwarded-for", format!("192.0.2.{nth}, 198.51.100.1"))];
        let answer = http1(&envoy).get_with("/", &forwarded);
        assert_eq!(answer.status, 200);
    }
    poll::until(PATIENCE, "the warning", || {
        (warned(envoy.address()) == ["peer_unknown"]).then_some(())
    });
    counts(&envoy, WARNINGS, &[("kind", "peer_unknown")], 1.0);
    let line = "met an address that is no peer's";
    poll::until(PATIENCE, line, || (told(&envoy, line) > 0).then_some(()));
    assert_eq!(told(&envoy, line), 1, "once a process");
}

/// Whose status it is that is counted: the gate's, whatever the client is told; and of an answer of the upstream's
/// that is mapped, the upstream's.
#[test]
fn a_mapped_answer_is_counted_as_the_gate_answered() {
    let status = |status: u32| {
        json!({"status_code_filter": {"comparison": {"op": "EQ", "value": {
            "default_value": status, "runtime_key": "none"}}}})
    };
    let mappers = json!([
        {"filter": status(429), "status_code": 503},
        {"filter": status(401), "status_code": 404},
    ]);
    let (_upstream, envoy) = start_with(|gate| {
        gate.plugin(json!({"rate_limit": {"requests": 1, "window": "1h"}}))
            .hcm(json!({"local_reply_config": {"mappers": mappers}}))
    });
    let mut client = http1(&envoy);
    let statuses = ["/metrics", "/status/401", "/"].map(|path| client.get(path).status);
    assert_eq!(statuses, [404, 401, 503], "only what Envoy sends for the gate is mapped");
    only!(last_statistics);
    counts(&envoy, REQUESTS, &[], 3.0);
    let stats = envoy.stats();
    let counted = |status| stats.value(REQUESTS, &[("status_code", status)]);
    assert_eq!([counted("429"), counted("503")], [1.0, 0.0]);
    assert_eq!([counted("401"), counted("404")], [2.0, 0.0]);
    // A scrape may fall into the middle of a flush.
    let exceeded = [("reason", "exceeded")];
    counts(&envoy, LIMITED, &exceeded, 1.0);
}

/// An ID of the upstream's own in trailers goes. The head of an informational answer passes no filter of Wasm: that is
/// documented.
#[test]
fn an_upstreams_id_in_trailers_is_taken_off() {
    let service = Service::start(Does::Answers(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nx-request-id: early\r\n\r\n\
          HTTP/1.1 200 OK\r\nx-request-id: theirs\r\nconnection: close\r\ntransfer-encoding: chunked\r\ntrailer: x-request-id\r\n\r\n\
          2\r\nok\r\n0\r\nx-request-id: late\r\nx-checksum: 7\r\n\r\n".into()));
    let trailers = json!({"http_protocol_options": {"enable_trailers": true}});
    let (_upstream, envoy) = start_with(|gate| {
        gate.cluster_of("raw", service.address(), trailers.clone())
            .routes(json!([{"match": {"prefix": "/"}, "route": {"cluster": "raw"}}]))
            .hcm(trailers)
    });
    let request = b"GET / HTTP/1.1\r\nhost: gate.test\r\nte: trailers\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    sent(&envoy, request).read_to_string(&mut answer).expect("the answer");
    answer.make_ascii_lowercase();
    let (head, body) = answer.split_once("http/1.1 200 ok").expect("the answer");
    assert_eq!(body.matches("x-request-id:").count(), 1, "exactly one in the answer: {body}");
    assert!(!body.contains("theirs") && !body.contains("late"), "{body}");
    assert!(body.contains("x-checksum: 7"), "other trailers pass: {body}");
    assert!(head.is_empty() || head.contains("x-request-id: early"), "documented: {head}");
}
