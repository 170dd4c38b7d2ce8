//! The gate's answer to a scrape of its own, on the port that serves the traffic.

mod bounds;
mod monotone;

use std::net::SocketAddr;
use std::time::Duration;

use testbed::Stats;

use crate::gate::*;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn gate(upstream: &Upstream, configuration: Value) -> Bootstrap {
    Bootstrap::to(upstream.address()).env("METRICS_BEARER", "token").plugin(configuration)
}

fn ask(address: SocketAddr, accept: &str) -> Response {
    let headers = [("authorization", "Bearer token".to_owned()), ("accept", accept.to_owned())];
    Client::new(address).get_with("/-/gate/metrics", &headers)
}

/// The gate's answer to a scrape.
fn scrape(address: SocketAddr) -> Stats {
    let answer = ask(address, "text/plain");
    assert_eq!(answer.status, 200, "{}", answer.text());
    Stats::parse(&answer.text())
}

/// Scrapes until the gate says so, which it does a second later at most.
fn scraped_until(address: SocketAddr, what: &str, found: impl Fn(&Stats) -> bool) -> Stats {
    poll::until(PATIENCE, what, || Some(scrape(address)).filter(&found))
}

/// The gate's own routes are answered at exactly their paths, each by its class, and the upstream
/// sees none of it.
#[test]
fn the_own_routes_answer_at_their_paths_alone() {
    let upstream = Upstream::start();
    let limit =
        json!({"rate_limit": {"requests": 1, "window": "1h", "client": {"header": "x-client"}}});
    let envoy = run(&gate(&upstream, limit));
    let table = [
        ("GET", "/-/gate/metrics", "token", 200, "with the token"),
        ("GET", "/-/gate/metrics?name[]=x", "token", 200, "a query is not part of the path"),
        ("HEAD", "/-/gate/metrics", "token", 200, "as GET, without the body"),
        ("POST", "/-/gate/metrics", "token", 405, "it is only read"),
        ("GET", "/-/gate/metrics", "", 401, "without a token"),
        ("POST", "/-/gate/metrics", "", 401, "nobody learns more without one"),
        ("GET", "/-/gate/metrics", "other", 401, "with another"),
        ("GET", "/-/gate/live", "", 200, "open"),
        ("GET", "/-/gate/metrics/", "token", 404, "no other path is it"),
        ("GET", "/-/gate//metrics", "token", 404, "nor is what some servers take for it"),
        ("GET", "/-/gate/%6Detrics", "token", 404, "nor with an escape"),
        ("GET", "/-/GATE/metrics", "token", 404, "nor in upper case"),
        ("GET", "/x/../-/gate/live", "", 404, "nor by a detour"),
        ("GET", "/-/gate/else", "token", 404, "and the rest is the gate's, too"),
    ];
    for (nth, (method, path, token, status, shows)) in table.into_iter().enumerate() {
        let request = Request::new(method, path)
            .header("authorization", format!("Bearer {token}"))
            .header("x-client", format!("client {nth}"));
        let answer = http1(&envoy).send(&request);
        assert_eq!(answer.status, status, "{method} {path}: {shows}");
        assert_eq!(answer.headers_named("x-request-id").len(), 1, "{method} {path}");
        if status == 405 {
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    assert_eq!(upstream.count(), 0);
    let again = |path: &str| {
        let request = Request::get(path)
            .header("authorization", "Bearer token")
            .header("x-client", "client 0");
        http1(&envoy).send(&request).status
    };
    assert_eq!(again("/-/gate/metrics"), 429, "a scrape is limited like any metrics route");
    assert_eq!([again("/-/gate/live"), again("/-/gate/live")], [200; 2], "and health is not");
}

/// `own_routes` moves them, and null leaves their paths to the upstream.
#[test]
fn the_own_routes_can_be_moved_and_left_out() {
    let upstream = Upstream::start();
    for (own_routes, path, other) in
        [(json!("/ops/gate"), "/ops/gate/live", "/-/gate/live"), (Value::Null, "", "/-/gate/live")]
    {
        let envoy = run(&gate(&upstream, json!({"own_routes": own_routes})));
        let answer = |path: &str| http1(&envoy).get(path).text();
        if !path.is_empty() {
            assert_eq!(answer(path), r#"{"status":"live"}"#);
        }
        assert!(answer(other).contains("from the upstream"), "{own_routes}");
    }
}

/// A scraper gets the format that it asks for, and the same values in both.
#[test]
fn two_formats_say_the_same() {
    let upstream = Upstream::start();
    let envoy = run(&gate(&upstream, json!({})));
    http1(&envoy).get("/a");
    scraped_until(envoy.address(), "the request is counted", |stats| {
        stats.value(REQUESTS, &[("status_code", "200")]) >= 1.0
    });
    let (text, openmetrics) =
        (ask(envoy.address(), "*/*"), ask(envoy.address(), "application/openmetrics-text"));
    assert_eq!(text.header("content-type"), Some(TEXT));
    assert_eq!(openmetrics.header("content-type"), Some(OPENMETRICS));
    assert_eq!(text.header("cache-control"), Some("no-store"));
    assert!(openmetrics.text().ends_with("\n# EOF\n"));
    assert!(text.text().contains(&format!("# TYPE {REQUESTS} counter\n")));
    assert!(openmetrics.text().contains("# TYPE probegate_gateway_requests counter\n"));
    let names = |answer: &Response| -> Vec<String> {
        let stats = Stats::parse(&answer.text());
        stats.0.iter().map(|sample| format!("{} {:?}", sample.name, sample.labels)).collect()
    };
    let (text, openmetrics) = (names(&text), names(&openmetrics));
    // The scrapes themselves make series, one after the other.
    assert!(text.iter().all(|series| openmetrics.contains(series)), "{text:?} {openmetrics:?}");
}

/// The gate shows the figures of Envoy's own page.
#[test]
fn envoy_s_page_says_the_same() {
    let upstream = Upstream::start();
    // No limit of the gate's own routes, so that it can be asked as often as it takes.
    let operation = json!({"name": "all", "paths": ["/*"], "requests": 3, "per": "1h"});
    let envoy = Envoy::start(&gate(&upstream, json!({"operations": [operation]})));
    let envoy = envoy.expect("Envoy starts");
    for path in ["/a", "/metrics", "/status/503", "/b", "/c", "/d"] {
        http1(&envoy).get(path);
    }
    // The scrapes themselves are counted as answers with 200 to who presents a token.
    let figures = [
        (REQUESTS, ("auth_method", "none"), 6.0),
        (REQUESTS, ("status_code", "503"), 1.0),
        (AUTH_FAILURES, ("reason", "missing"), 1.0),
        (LIMITED, ("limit", "all"), 2.0),
        ("probegate_gateway_request_duration_seconds_count", ("status_code", "429"), 2.0),
    ];
    for (family, label, figure) in figures {
        counts(&envoy, family, &[label], figure);
        scraped_until(envoy.address(), family, |stats| stats.value(family, &[label]) == figure);
    }
}

/// gRPC calls are counted by their code, whether it comes in the headers or in the trailers, from the
/// upstream, from the gate or from Envoy.
#[test]
fn grpc_calls_are_counted_by_their_code() {
    let upstream = Upstream::start();
    let configuration = json!({
        "routes": [{"paths": ["/admin.Metrics/*"], "class": "metrics"}],
        "metrics": {"namespace": ""},
        "rate_limit": {"requests": 3, "window": "1h", "client": {"header": "x-client"}},
    });
    let envoy = run(&gate(&upstream, configuration));
    let mut client = http2(&envoy);
    let mut call = |path: &str, status: &str| {
        client.send(&grpc(path).header("x-client", "one").header("x-grpc-status", status));
    };
    for (path, status) in [
        ("/v1.Recall/Get", "0"),
        ("/v1.Recall/Get", "5"),
        ("/v1.Recall/Get", "99"),
        ("/v1.Recall/Get", "0"),
        ("/admin.Metrics/Get", "0"),
    ] {
        call(path, status);
    }
    let codes = [
        ("OK", 1.0),
        ("NotFound", 1.0),
        ("Unknown", 1.0),
        ("ResourceExhausted", 1.0),
        ("Unauthenticated", 1.0),
    ];
    const HANDLED: &str = "gateway_grpc_server_handled_total";
    let calls = |stats: &Stats| stats.value("gateway_requests_total", &[("method", "POST")]);
    let mut scrapes = 0;
    let stats = poll::until(PATIENCE, "five calls are counted", || {
        // Each scrape is another client's: they are limited as well.
        scrapes += 1;
        let headers = [
            ("authorization", "Bearer token".to_owned()),
            ("accept", "text/plain".to_owned()),
            ("x-client", format!("scrape {scrapes}")),
        ];
        let answer = http1(&envoy).get_with("/-/gate/metrics", &headers);
        let stats = Stats::parse(&answer.text());
        (stats.value(HANDLED, &[]) >= 5.0 && calls(&stats) >= 5.0).then_some(stats)
    });
    for (code, count) in codes {
        assert_eq!(stats.value(HANDLED, &[("code", code)]), count, "{code}");
    }
    assert_eq!(stats.named(HANDLED).count(), codes.len(), "what never happened has no series");
    assert_eq!(calls(&stats), 5.0);
}
