//! The labels: from closed sets, by what was sent and what was answered.

use std::collections::BTreeMap;

use super::series;
use crate::gate::*;

const JWT: &str = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

fn get(path: &str, headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(Request::get(path), |request, (name, value)| request.header(name, *value))
}

/// Sends each row's request, and compares every series of both families with what the rows say.
fn check(envoy: &Envoy, rows: Vec<(&str, Request, &str, Option<&str>)>) {
    let (mut requests, mut failures) = (BTreeMap::new(), BTreeMap::new());
    for (sentence, request, labels, failure) in &rows {
        let status = http1(envoy).send(request).status.to_string();
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

/// A certificate that the connection manager vouches for is one, and one that only the client speaks of is none.
#[test]
fn a_certificate_is_a_label() {
    only!(last_statistics);
    let upstream = Upstream::start();
    let forwards = json!({"forward_client_cert_details": "ALWAYS_FORWARD_ONLY"});
    for (manager, labels) in [(forwards, "GET 200 mtls"), (json!({}), "GET 200 none")] {
        let envoy = run(&Bootstrap::to(upstream.address()).hcm(manager));
        let certificate = get("/", &[("x-forwarded-client-cert", "Hash=1")]);
        check(&envoy, vec![("a certificate", certificate, labels, None)]);
    }
}

/// A refusal is counted with its reason, whether the gate refused or the service behind.
#[test]
fn why_a_client_was_refused_is_a_label() {
    only!(last_statistics);
    let (_upstream, envoy) = start(json!({
        "routes": [
            {"paths": ["/metrics"], "class": "metrics"},
            {"paths": ["/admin"], "class": "admin", "token_header": "x-admin-token"},
            {"paths": ["/env"], "class": "closed"},
        ],
        "metrics_auth": {"tokens": [{"value": "secret"}]},
    }));
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

/// A gRPC client that is refused gets a 200 with the refusal in a trailer: that is its status. So it is with a page of
/// the gate's own, which says 503 to everybody else.
#[test]
fn an_answer_to_a_call_is_counted_as_it_was_answered() {
    let target = json!({"service": "nobody", "cluster": "nobody", "rungs": [{"rung": "health", "path": "/"}]});
    let (_upstream, envoy) = start(json!({"probes": {"targets": [target]}}));
    for (path, status) in [("/metrics", "16"), ("/-/gate/ready", "14")] {
        let call = Request::get(path).header("content-type", "application/grpc");
        let answer = http2(&envoy).send(&call);
        assert_eq!((answer.status, answer.header("grpc-status")), (200, Some(status)), "{path}");
    }
    let counted = envoy.wait_for_stat(REQUESTS, &[("status_code", "200")], |count| count == 2.0);
    assert_eq!(counted, envoy.stats().value(REQUESTS, &[]));
    let labels = [("auth_method", "none"), ("reason", "not_configured")];
    counts(&envoy, AUTH_FAILURES, &labels, 1.0);
}
