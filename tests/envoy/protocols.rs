//! The same promises over every protocol that a client may speak.

use std::io::{BufRead, BufReader, Write};

use crate::gate::*;
use crate::request_id::{id_of, is_minted};

fn start() -> (Upstream, Envoy) {
    start_with(|gate| {
        gate.env("METRICS_BEARER", "token")
        .plugin(json!({
            "routes": [
                {"paths": ["/health", "/grpc.health.v1.Health/Check"], "class": "health"},
                {"paths": ["/metrics", "/admin.Metrics/*"], "class": "metrics"},
                {"paths": ["/env"], "class": "closed"},
            ],
            "rate_limit": {"requests": 1, "window": "1h", "client": {"header": "x-client"}},
        }))
        .hcm(json!({"upgrade_configs": [{"upgrade_type": "websocket"}, {"upgrade_type": "CONNECT"}]}))
        .routes(json!([
            {"match": {"connect_matcher": {}}, "route": {"cluster": "upstream",
                "upgrade_configs": [{"upgrade_type": "CONNECT", "connect_config": {}}]}},
            {"match": {"prefix": "/"}, "route": {"cluster": "upstream"}},
        ]))
    })
}

/// HTTP/2 has the same answers, each with its ID.
#[test]
fn http2_is_judged_like_http1() {
    let (upstream, envoy) = start();
    let mut client = http2(&envoy);
    let api = Request::get("/v1/recall").header("x-client", "one");
    let table = [
        (Request::get("/metrics"), 401, "without a token"),
        (Request::get("/metrics").header("authorization", "Bearer token"), 200, "with it"),
        (Request::get("/%6Detrics/"), 401, "a disguise"),
        (Request::get("/env"), 404, "a closed route"),
        (Request::get("/v1/%zz"), 400, "a path that nobody can read"),
        (api.clone(), 200, "the first request of a client"),
        (api.clone(), 429, "the second"),
        (Request::get("/health").header("x-client", "one"), 200, "a route that is never refused"),
        (Request::new("HEAD", "/metrics"), 401, "a HEAD"),
    ];
    for (request, status, shows) in table {
        let answer = client.send(&request.clone().header("x-request-id", "mine"));
        assert_eq!((answer.status, id_of(&answer)), (status, "mine"), "{shows}");
        if answer.status == 200 {
            assert_eq!(upstream.last().header("x-request-id"), Some("mine"), "{shows}");
        }
        let minted = client.send(&request);
        assert!(is_minted(id_of(&minted)), "{shows}");
    }
    let repeated = api.header("x-request-id", "a").header("x-request-id", "b");
    assert!(is_minted(id_of(&client.send(&repeated))));
}

/// A gRPC client gets the gate's refusals as statuses of its own: 16 and 8.
#[test]
fn a_grpc_client_gets_a_grpc_status() {
    let (upstream, envoy) = start();
    let mut client = http2(&envoy);
    let call = |path: &str| grpc(path).header("x-client", "grpc");
    let other = Request::new("POST", "/admin.Metrics/Get")
        .header("content-type", "application/grpc+proto")
        .header("te", "trailers");
    for refused in [call("/admin.Metrics/Get"), other] {
        let refused = client.send(&refused);
        assert_eq!((refused.status, refused.header("grpc-status")), (200, Some("16")));
        assert!(refused.header("grpc-message").is_some_and(|text| text.contains("unauthorized")));
        assert!(is_minted(id_of(&refused)));
    }
    let first = client.send(&call("/v1.Recall/Get"));
    assert_eq!((first.status, first.trailers.get("grpc-status")), (200, Some("0")));
    assert_eq!(upstream.last().header("x-request-id"), Some(id_of(&first)));
    let limited = client.send(&call("/v1.Recall/Get"));
    assert_eq!((limited.status, limited.header("grpc-status")), (200, Some("8")));
    assert!(limited.header("retry-after").is_some());
    for _ in 0..3 {
        let health = client.send(&call("/grpc.health.v1.Health/Check"));
        assert_eq!(health.trailers.get("grpc-status"), Some("0"));
    }
    let opened = grpc("/admin.Metrics/Get")
        .header("x-grpc-status", "5")
        .header("authorization", "Bearer token");
    let opened = client.send(&opened);
    assert_eq!(opened.trailers.get("grpc-status"), Some("5"), "the upstream's own status");
}

/// A WebSocket passes through with an ID in its 101, and is in flight until it ends.
#[test]
fn a_websocket_passes_and_is_counted_when_it_ends() {
    let (upstream, envoy) = start();
    let upgrade = |path: &str| {
        Request::get(path)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("x-client", "socket")
            .header("x-request-id", "ws-1")
    };
    let refused = http1(&envoy).send(&upgrade("/metrics"));
    assert_eq!((refused.status, id_of(&refused)), (401, "ws-1"));

    let (answer, mut tunnel) = http1(&envoy).upgrade(&upgrade("/chat"));
    assert_eq!((answer.status, id_of(&answer)), (101, "ws-1"));
    assert_eq!(upstream.last().header("x-request-id"), Some("ws-1"));
    for round in 0..3 {
        let sent = format!("round {round}\n");
        tunnel.get_mut().write_all(sent.as_bytes()).expect("write to the tunnel");
        let mut line = String::new();
        tunnel.read_line(&mut line).expect("read from the tunnel");
        assert_eq!(line, sent);
    }
    counts(&envoy, IN_FLIGHT, &[], 1.0);
    let labels = [("method", "GET"), ("status_code", "101")];
    assert_eq!(envoy.stats().value(REQUESTS, &labels), 0.0);
    let limited = http1(&envoy).send(&upgrade("/chat"));
    assert_eq!((limited.status, id_of(&limited)), (429, "ws-1"));
    drop(tunnel);
    counts(&envoy, REQUESTS, &labels, 1.0);
    counts(&envoy, IN_FLIGHT, &[], 0.0);
}

/// A CONNECT has no path; it is answered with an ID, and limited like any other request.
#[test]
fn a_connect_is_limited_like_any_other_request() {
    let (upstream, envoy) = start();
    let head = "CONNECT host.test:443 HTTP/1.1\r\nhost: host.test:443\r\nx-client: tunnel\r\nx-request-id: c-1\r\n";
    // What is behind the head goes through the tunnel.
    let inner = "GET /inner HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let stream = sent(&envoy, format!("{head}\r\n{inner}").as_bytes());
    let lines: Vec<String> = BufReader::new(stream)
        .lines()
        .map(|line| line.expect("read"))
        .take_while(|line| !line.starts_with("{"))
        .collect();
    assert_eq!(lines[0], "HTTP/1.1 200 OK");
    assert_eq!(lines.iter().filter(|line| *line == "x-request-id: c-1").count(), 1, "{lines:?}");
    assert_eq!(upstream.last().target, "/inner", "the tunnel ends at the upstream");
    let second = raw(envoy.address(), format!("{head}connection: close\r\n\r\n").as_bytes());
    assert_eq!((second[0].status, id_of(&second[0])), (429, "c-1"));
}

/// PathVariants of a request target other than a path are judged, and not waved through.
#[test]
fn every_form_of_a_target_is_judged() {
    let (upstream, envoy) = start();
    let table = [
        ("OPTIONS /metrics", 401, "a method does not open a route"),
        ("GET http://host/metrics", 401, "the absolute form"),
        ("GET http://user:x@[::1]:1//METRICS/", 401, "with all that it may have"),
        ("GET http://host/env", 404, "of a closed route"),
        ("PROPFIND /metrics", 401, "a method that few know"),
        ("GET /metrics?a=http://host/health", 401, "an address in a query"),
    ];
    for (line, status, shows) in table {
        let request =
            format!("{line} HTTP/1.1\r\nhost: a\r\nx-client: {line}\r\nconnection: close\r\n\r\n");
        let answers = raw(envoy.address(), request.as_bytes());
        assert_eq!(answers[0].status, status, "{line}: {shows}");
        assert!(is_minted(id_of(&answers[0])), "{line}: {shows}");
    }
    assert_eq!(upstream.count(), 0);
}

/// An answer to HEAD has the headers and no body; a body, trailers and `Expect` change nothing.
#[test]
fn head_requests_and_expectations_change_nothing() {
    let (upstream, envoy) = start();
    let mut client = http1(&envoy);
    let head = client.send(&Request::new("HEAD", "/metrics"));
    assert_eq!((head.status, head.body.len()), (401, 0));
    assert!(head.header("www-authenticate").is_some());
    assert_eq!(client.send(&Request::new("HEAD", "/health")).status, 200, "the connection goes on");

    let expect = |path: &str| {
        Request::new("POST", path)
            .header("expect", "100-continue")
            .header("x-client", "e")
            .body("body")
    };
    let admitted = client.send(&expect("/v1"));
    assert_eq!((admitted.status, upstream.last().body.as_slice()), (200, b"body".as_slice()));
    assert_eq!(upstream.last().header("x-request-id"), Some(id_of(&admitted)));
    for (path, status) in [("/metrics", 401), ("/v1", 429)] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nx-client: e\r\nexpect: 100-continue\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbody"
        );
        let answers = raw(envoy.address(), request.as_bytes());
        let last = answers.last().expect("an answer");
        assert_eq!(last.status, status, "{path}");
        assert!(is_minted(id_of(last)), "{path}");
    }
    let trailers = "POST /health HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntrailer: x-request-id\r\nconnection: close\r\n\r\n4\r\nbody\r\n0\r\nx-request-id: late\r\nauthorization: Bearer token\r\n\r\n";
    let answers = raw(envoy.address(), trailers.as_bytes());
    assert_eq!(answers[0].status, 200);
    assert!(is_minted(id_of(&answers[0])), "a trailer is no header");
    let guarded = trailers.replace("/health", "/metrics");
    assert_eq!(raw(envoy.address(), guarded.as_bytes())[0].status, 401, "nor does it open");
}
