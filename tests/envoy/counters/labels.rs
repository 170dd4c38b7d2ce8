//! The labels: from closed sets, by what was sent and what was answered.

use std::collections::BTreeMap;

use serde_json::json;
use testbed::client::h2;
use testbed::{Bootstrap, Client, Envoy, Host, Request, Upstream};

use super::{AUTH_FAILURES, REQUESTS, series};

const JWT: &str = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

fn get(path: &str, headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(Request::get(path), |request, (name, value)| request.header(name, *value))
}

/// Sends each row's request, and compares every series of both families with what the rows say.
fn check(envoy: &Envoy, rows: Vec<(&str, Request, &str, Option<&str>)>) {
    let (mut requests, mut failures) = (BTreeMap::new(), BTreeMap::new());
    for (sentence, request, labels, failure) in &rows {
        let status = Client::new(envoy.address()).send(request).status.to_string();
        assert_eq!(labels.split(' ').nth(1), Some(&*status), "{sentence}");
        *requests.entry((*labels).to_owned()).or_insert(0.0) += 1.0;
        if let Some(failure) = failure {
            *failures.entry((*failure).to_owned()).or_insert(0.0) += 1.0;
        }
    }
    envoy.wait_for_stat(REQUESTS, &[], |count| count >= rows.len() as f64);
    // A scrape may fall into the middle of a flush.
    let refused: f64 = failures.values().sum();
    envoy.wait_for_stat(AUTH_FAILURES, &[], |count| count >= refused);
    let stats = envoy.stats();
    assert_eq!(series(&stats, REQUESTS, &["method", "status_code", "auth_method"]), requests);
    assert_eq!(series(&stats, AUTH_FAILURES, &["auth_method", "reason"]), failures);
}

/// The label `auth_method` says what was presented; nothing is verified for it.
#[test]
fn the_presented_credential_is_a_label() {
    if Host::has_no_last_statistics() {
        return;
    }
    let upstream = Upstream::start();
    let envoy = Envoy::start(&Bootstrap::to(upstream.address())).expect("Envoy starts");
    let with = |value: &str| get("/", &[("authorization", value)]);
    let rows = vec![
        ("nothing", get("/", &[]), "GET 200 none", None),
        ("a bearer token", with("Bearer abc"), "GET 200 bearer", None),
        ("in any case", with("bEARER abc"), "GET 200 bearer", None),
        ("a JSON Web Token", with(JWT), "GET 200 jwt", None),
        ("a name and a password", with("Basic YTpi"), "GET 200 basic", None),
        ("another scheme", with("Digest username=\"a\""), "GET 200 other", None),
        ("a key", get("/", &[("x-api-key", "k")]), "GET 200 api_key", None),
        (
            "a token counts before a key",
            get("/", &[("x-api-key", "k"), ("authorization", "Bearer abc")]),
            "GET 200 bearer",
            None,
        ),
        (
            "a certificate that only the client speaks of is none",
            get("/", &[("x-forwarded-client-cert", "Hash=1")]),
            "GET 200 none",
            None,
        ),
    ];
    check(&envoy, rows);
}

/// A certificate that the connection manager vouches for is one.
#[test]
fn a_certificate_is_a_label() {
    if Host::has_no_last_statistics() {
        return;
    }
    let upstream = Upstream::start();
    let manager = json!({"forward_client_cert_details": "ALWAYS_FORWARD_ONLY"});
    let envoy =
        Envoy::start(&Bootstrap::to(upstream.address()).hcm(manager)).expect("Envoy starts");
    let certificate = get("/", &[("x-forwarded-client-cert", "Hash=1")]);
    check(&envoy, vec![("a certificate", certificate, "GET 200 mtls", None)]);
}

/// A refusal is counted with its reason, whether the gate refused or the service behind.
#[test]
fn why_a_client_was_refused_is_a_label() {
    if Host::has_no_last_statistics() {
        return;
    }
    let upstream = Upstream::start();
    let gate = Bootstrap::to(upstream.address()).plugin(json!({
        "routes": [
            {"paths": ["/metrics"], "class": "metrics"},
            {"paths": ["/admin"], "class": "admin", "token_header": "x-admin-token"},
            {"paths": ["/env"], "class": "closed"},
        ],
        "metrics_auth": {"tokens": [{"value": "secret"}]},
    }));
    let envoy = Envoy::start(&gate).expect("Envoy starts");
    let metrics = |value: &str| get("/metrics", &[("authorization", value)]);
    let rows = vec![
        ("no token", get("/metrics", &[]), "GET 401 none", Some("none missing")),
        ("no bearer token", metrics("Basic YTpi"), "GET 401 basic", Some("basic malformed")),
        ("another token", metrics("Bearer no"), "GET 401 bearer", Some("bearer invalid")),
        ("the token", metrics("Bearer secret"), "GET 200 bearer", None),
        (
            "a route that nothing opens",
            get("/admin", &[("x-admin-token", "a")]),
            "GET 401 api_key",
            Some("api_key not_configured"),
        ),
        ("a closed route", get("/env", &[]), "GET 404 none", None),
        ("a path of no meaning", get("/%00", &[]), "GET 400 none", None),
        ("the upstream's 401", get("/status/401", &[]), "GET 401 none", Some("none upstream")),
        (
            "the upstream's 403",
            get("/status/403", &[("authorization", JWT)]),
            "GET 403 jwt",
            Some("jwt upstream"),
        ),
        ("any other status is none", get("/status/407", &[]), "GET 407 none", None),
    ];
    check(&envoy, rows);
}

/// The nine standard methods are labels, and all others are one.
#[test]
fn methods_are_a_closed_set() {
    if Host::has_no_last_statistics() {
        return;
    }
    let upstream = Upstream::start();
    let envoy = Envoy::start(&Bootstrap::to(upstream.address())).expect("Envoy starts");
    let method = |method: &str| Request::new(method, "/");
    let rows = vec![
        ("GET", method("GET"), "GET 200 none", None),
        ("HEAD", method("HEAD"), "HEAD 200 none", None),
        ("POST", method("POST"), "POST 200 none", None),
        ("PUT", method("PUT"), "PUT 200 none", None),
        ("DELETE", method("DELETE"), "DELETE 200 none", None),
        ("OPTIONS", method("OPTIONS"), "OPTIONS 200 none", None),
        ("TRACE", method("TRACE"), "TRACE 200 none", None),
        ("PATCH", method("PATCH"), "PATCH 200 none", None),
        ("one of WebDAV", method("PROPFIND"), "OTHER 200 none", None),
        ("one of a cache", method("PURGE"), "OTHER 200 none", None),
    ];
    check(&envoy, rows);
    let mut client = h2::Client::new(envoy.address());
    for invented in ["BREW", "method.|A", "get"] {
        client.send(&Request::new(invented, "/"));
    }
    envoy.wait_for_stat(REQUESTS, &[("method", "OTHER")], |count| count == 5.0);
    assert_eq!(envoy.stats().value(REQUESTS, &[("method", "GET")]), 1.0, "methods have a case");
}

/// A gRPC client that is refused gets a 200 with the refusal in a trailer: that is its status.
#[test]
fn a_refused_call_is_counted_as_it_was_answered() {
    let upstream = Upstream::start();
    let envoy = Envoy::start(&Bootstrap::to(upstream.address())).expect("Envoy starts");
    let call = Request::new("POST", "/metrics").header("content-type", "application/grpc");
    let answer = h2::Client::new(envoy.address()).send(&call);
    assert_eq!((answer.status, answer.header("grpc-status")), (200, Some("16")));
    let labels = [("method", "POST"), ("status_code", "200"), ("auth_method", "none")];
    envoy.wait_for_stat(REQUESTS, &labels, |count| count == 1.0);
    let labels = [("auth_method", "none"), ("reason", "not_configured")];
    envoy.wait_for_stat(AUTH_FAILURES, &labels, |count| count == 1.0);
}

/// So is a page of the gate's own, which says 503 to everybody else.
#[test]
fn an_own_answer_to_a_call_is_counted_as_it_was_answered() {
    let upstream = Upstream::start();
    let target = json!({"service": "nobody", "cluster": "nobody", "rungs": [{"rung": "health", "path": "/"}]});
    let gate = Bootstrap::to(upstream.address()).plugin(json!({"probes": {"targets": [target]}}));
    let envoy = Envoy::start(&gate).expect("Envoy starts");
    let call = Request::get("/-/gate/ready").header("content-type", "application/grpc");
    let answer = h2::Client::new(envoy.address()).send(&call);
    assert_eq!((answer.status, answer.header("grpc-status")), (200, Some("14")));
    let counted = envoy.wait_for_stat(REQUESTS, &[("status_code", "200")], |count| count == 1.0);
    assert_eq!(counted, envoy.stats().value(REQUESTS, &[]));
}
