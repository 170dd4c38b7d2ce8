//! What stands around the gate, and what the gate says of it: once in the log, in a gauge and in its status.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::json;
use testbed::{Bootstrap, Client, Envoy, Host, Port, Response, Upstream, poll, tools, workspace};

const REQUESTS: &str = "probegate_gateway_requests_total";
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
/// zeros. The dynamic module answers a scrape from counts of its own.
#[test]
fn statistics_that_envoy_drops_are_told_and_fail_the_scrape() {
    if Host::from_env() == Host::Native {
        return;
    }
    let upstream = Upstream::start();
    let port = Port::hold();
    let matcher =
        "stats_config:\n  stats_matcher: {exclusion_list: {patterns: [{prefix: wasmcustom}]}}\n";
    let text = fs::read_to_string(workspace().join("envoy/envoy.yaml")).expect("the bootstrap");
    let text = text
        .replace("port_value: 10000 ", &format!("port_value: {} ", port.address().port()))
        .replace("port_value: 9901 ", "port_value: 0 ")
        .replace("port_value: 8080 ", &format!("port_value: {} ", upstream.address().port()))
        .replace("requests: 20 ", "requests: 1000 ")
        .replace("stats_config:\n", matcher);
    let token = [("METRICS_BEARER", "token")];
    let envoy = Envoy::start_text(tools::envoy_from_env(), &text, 2, &token).expect("Envoy starts");
    for _ in 0..20 {
        assert_eq!(Client::new(envoy.address()).get("/").status, 200);
    }
    poll::until(Duration::from_secs(60), "the warning", || {
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
    let upstream = Upstream::start();
    let gate = Bootstrap::to(upstream.address())
        .env("METRICS_BEARER", "token")
        .plugin(json!({"rate_limit": {"requests": 1000, "client": "peer"}}))
        .hcm(json!({"xff_num_trusted_hops": 1}));
    let envoy = Envoy::start(&gate).expect("Envoy starts");
    for nth in 0..20 {
        let forwarded = [("x-forwarded-for", format!("192.0.2.{nth}, 198.51.100.1"))];
        let answer = Client::new(envoy.address()).get_with("/", &forwarded);
        assert_eq!(answer.status, 200);
    }
    poll::until(Duration::from_secs(60), "the warning", || {
        (warned(envoy.address()) == ["peer_unknown"]).then_some(())
    });
    envoy.wait_for_stat(WARNINGS, &[("kind", "peer_unknown")], |value| value == 1.0);
    let line = "met an address that is no peer's";
    poll::until(Duration::from_secs(60), line, || (told(&envoy, line) > 0).then_some(()));
    assert_eq!(told(&envoy, line), 1, "once a process");
}

/// Whose status it is that is counted: the gate's, whatever the client is told; and of an answer of the upstream's
/// that is mapped, the upstream's.
#[test]
fn a_mapped_answer_is_counted_as_the_gate_answered() {
    let upstream = Upstream::start();
    let status = |status: u32| {
        json!({"status_code_filter": {"comparison": {"op": "EQ", "value": {
            "default_value": status, "runtime_key": "none"}}}})
    };
    let gate = Bootstrap::to(upstream.address())
        .plugin(json!({"rate_limit": {"requests": 1, "window": "1h"}}))
        .hcm(json!({"local_reply_config": {"mappers": [
            {"filter": status(429), "status_code": 503},
            {"filter": status(401), "status_code": 404},
        ]}}));
    let envoy = Envoy::start(&gate).expect("Envoy starts");
    let mut client = Client::new(envoy.address());
    let statuses = ["/metrics", "/status/401", "/"].map(|path| client.get(path).status);
    assert_eq!(statuses, [404, 401, 503], "only what Envoy sends for the gate is mapped");
    if Host::has_no_last_statistics() {
        return;
    }
    envoy.wait_for_stat(REQUESTS, &[], |count| count == 3.0);
    let stats = envoy.stats();
    let counted = |status| stats.value(REQUESTS, &[("status_code", status)]);
    assert_eq!([counted("429"), counted("503")], [1.0, 0.0]);
    assert_eq!([counted("401"), counted("404")], [2.0, 0.0]);
    // A scrape may fall into the middle of a flush.
    let exceeded = [("reason", "exceeded")];
    envoy.wait_for_stat("probegate_gateway_rate_limited_total", &exceeded, |count| count == 1.0);
}

/// An upstream that answers each connection with these bytes.
fn answers(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let mut reader = BufReader::new(connection.try_clone().expect("a second handle"));
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let _ = connection.write_all(bytes);
        }
    });
    address
}

/// The bytes of the answer to one request.
fn exchange(address: SocketAddr) -> String {
    let mut connection = TcpStream::connect(address).expect("connect");
    let request = b"GET / HTTP/1.1\r\nhost: gate.test\r\nte: trailers\r\nconnection: close\r\n\r\n";
    connection.write_all(request).expect("send");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("the answer");
    answer.to_ascii_lowercase()
}

/// An ID of the upstream's own in trailers goes. The head of an informational answer passes no filter of Wasm: that is
/// documented.
#[test]
fn an_upstreams_id_in_trailers_is_taken_off() {
    let upstream = answers(
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nx-request-id: early\r\n\r\n\
          HTTP/1.1 200 OK\r\nx-request-id: theirs\r\nconnection: close\r\ntransfer-encoding: chunked\r\ntrailer: x-request-id\r\n\r\n\
          2\r\nok\r\n0\r\nx-request-id: late\r\nx-checksum: 7\r\n\r\n",
    );
    let unused = Upstream::start();
    let trailers = json!({"http_protocol_options": {"enable_trailers": true}});
    let gate = Bootstrap::to(unused.address())
        .cluster_of("raw", upstream, trailers.clone())
        .routes(json!([{"match": {"prefix": "/"}, "route": {"cluster": "raw"}}]))
        .hcm(trailers);
    let envoy = Envoy::start(&gate).expect("Envoy starts");
    let answer = exchange(envoy.address());
    let (head, body) = answer.split_once("http/1.1 200 ok").expect("the answer");
    assert_eq!(body.matches("x-request-id:").count(), 1, "exactly one in the answer: {body}");
    assert!(!body.contains("theirs") && !body.contains("late"), "{body}");
    assert!(body.contains("x-checksum: 7"), "other trailers pass: {body}");
    assert!(head.is_empty() || head.contains("x-request-id: early"), "documented: {head}");
}
