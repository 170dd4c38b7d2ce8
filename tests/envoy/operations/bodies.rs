//! A key that stands in the body, however the body comes.

use std::io::{Read, Write};

use super::*;

fn post(body: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", "/v1/recall").body(body)
}

fn bank(bank: &str) -> String {
    json!({"query": "x", "bank_id": bank}).to_string()
}

/// A body of exactly so many bytes.
fn of_size(size: usize, bank: &str) -> String {
    let empty = json!({"bank_id": bank, "x": ""}).to_string().len();
    json!({"bank_id": bank, "x": "x".repeat(size - empty)}).to_string()
}

/// Over HTTP/1.1 and HTTP/2, each bank has its own, and the service gets each body whole.
#[test]
fn each_bank_has_its_own() {
    let (upstream, envoy) = start(json!([by_body(2)]));
    let (mut http1, mut http2) = (http1(&envoy), http2(&envoy));
    for name in ["a", "b"] {
        let request = post(bank(name)).header("content-type", "application/json");
        let statuses = [
            http1.send(&request),
            http2.send(&request),
            http1.send(&request),
            http2.send(&request),
        ];
        assert_eq!(statuses.map(|answer| answer.status), [200, 200, 429, 429], "{name}");
    }
    let bodies: Vec<_> = upstream.take().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, ["a", "a", "b", "b"].map(|name| bank(name).into_bytes()));
    let get = Request::get("/v1/recall");
    assert_eq!([http1.send(&get).status, http2.send(&get).status], [200, 200], "another method");
    assert_eq!(
        http1.send(&Request::new("POST", "/v1/other").body("x")).status,
        200,
        "another path"
    );
    let id = upstream.last().header("x-request-id").map(str::to_owned);
    assert!(id.is_some());
}

/// A body without a key is refused, with the request's own ID. The core has every document.
#[test]
fn a_body_without_the_key_is_refused() {
    let (upstream, envoy) = start(json!([by_body(1_000)]));
    let (mut http1, mut http2) = (http1(&envoy), http2(&envoy));
    let table: [(Vec<u8>, &str); 5] = [
        (b"".into(), "no body"),
        (b"{}".into(), "no key"),
        (b"{\"bank_id\": \"\xff\"}".into(), "no UTF-8"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00".into(), "compressed"),
        (of_size(64 * 1024 + 1, "a").into(), "a byte too long"),
    ];
    for (body, shows) in table {
        let request = post(body).header("x-request-id", "mine");
        for answer in [http1.send(&request), http2.send(&request)] {
            assert_eq!(
                (answer.status, answer.header("x-request-id")),
                (400, Some("mine")),
                "{shows}"
            );
        }
    }
    assert_eq!(upstream.count(), 0, "nothing of them has reached the service");
    let longest = of_size(64 * 1024, "a");
    for answer in [http1.send(&post(longest.clone())), http2.send(&post(longest.clone()))] {
        assert_eq!(answer.status, 200, "the longest that is read");
    }
    assert_eq!(upstream.last().body, longest.into_bytes());
    counts(&envoy, LIMITED, &[("limit", "recall"), ("reason", "missing_key")], 10.0);
}

/// Shared, they have one bucket; and a body that is too long goes on whole.
#[test]
fn or_shares_one_bucket() {
    let mut operation = by_body(2);
    operation["missing_key"] = "share".into();
    let (upstream, envoy) = start(json!([operation]));
    let mut client = http1(&envoy);
    let long = of_size(300_000, "a");
    assert_eq!(client.send(&post(long.clone())).status, 200);
    assert_eq!(upstream.last().body, long.into_bytes());
    let statuses = ["{}", "no JSON", "[]"].map(|body| client.send(&post(body)).status);
    assert_eq!(statuses, [200, 429, 429]);
    assert_eq!(client.send(&post(bank("a"))).status, 200, "who has a key has a bucket");
}

/// In chunks, one byte in each, and ended by trailers.
#[test]
fn chunks_and_trailers() {
    let upstream = Upstream::start();
    let bootstrap = bootstrap(&upstream, json!([by_body(1)]))
        .hcm(json!({"http_protocol_options": {"enable_trailers": true}}));
    let envoy = run(&bootstrap);
    let head = "POST /v1/recall HTTP/1.1\r\nhost: gate.test\r\ntransfer-encoding: chunked\r\nconnection: close\r\n";
    let chunks = |body: &str| body.chars().map(|c| format!("1\r\n{c}\r\n")).collect::<String>();
    let rows = [("a", "0\r\n\r\n"), ("b", "0\r\nx-trailer: 1\r\n\r\n")];
    for (name, end) in rows {
        let trailer = if end.contains("x-trailer") { "trailer: x-trailer\r\n" } else { "" };
        let message = format!("{head}{trailer}\r\n{}{end}", chunks(&bank(name)));
        let statuses = [0; 2].map(|_| raw(envoy.address(), message.as_bytes())[0].status);
        assert_eq!(statuses, [200, 429], "{name}");
        assert_eq!(upstream.last().body, bank(name).into_bytes());
    }
    let nothing = format!("{head}trailer: x-trailer\r\n\r\n0\r\nx-trailer: 1\r\n\r\n");
    assert_eq!(raw(envoy.address(), nothing.as_bytes())[0].status, 400, "trailers alone");
    assert_eq!(upstream.count(), 2);
}

/// `expect: 100-continue`: Envoy asks for the body, and the request is judged by it.
#[test]
fn a_client_that_waits_to_be_asked() {
    let (_upstream, envoy) = start(json!([by_body(1)]));
    let body = bank("a");
    let head = format!(
        "POST /v1/recall HTTP/1.1\r\nhost: gate.test\r\nexpect: 100-continue\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = sent(&envoy, head.as_bytes());
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).expect("an interim answer");
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).expect("write the body");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
