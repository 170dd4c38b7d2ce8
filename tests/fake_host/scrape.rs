//! Endpoints, and a scrape above all: what all workers counted, whichever of them is asked.

use crate::envoy::{Call, Envoy, Exchange, Fault, Plugin, Request, Response, Status, Worker};

/// The token's digest is that of `token`.
pub const OPEN: &str = r#"{"metrics_auth": {"tokens": [
    {"sha256": "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"}]}}"#;

fn scrape() -> Request {
    Request::get("/-/gate/metrics").bearer("token")
}

/// The value of a series by the end of its name and its labels; 0 if it is not there.
fn value(exchange: &Exchange, series: &str) -> f64 {
    assert_eq!(exchange.status(), 200);
    let found = exchange.answer().body.lines().find_map(|line| {
        line.strip_prefix("probegate_gateway_")?.strip_prefix(series)?.trim().parse().ok()
    });
    found.unwrap_or(0.0)
}

fn requests(method: &str, status: u16) -> String {
    format!(r#"requests_total{{method="{method}",status_code="{status}",auth_method="none"}}"#)
}

/// A series that is new to two workers at the same time is written down once by each.
#[test]
fn series_that_are_new_to_two_workers_at_once_are_both_kept() {
    let envoy = Envoy::start(2, OPEN);
    let [a, b] = &envoy.workers[..] else { panic!("two workers") };
    a.send(Request::get("/a").answered(Response::of(201)));
    b.send(Request::get("/a").answered(Response::of(202)));
    let mut first = a.begin_sending(&[Call::SetSharedData], scrape());
    first.wait_at(Call::SetSharedData);
    assert_eq!(value(&b.send(scrape()), &requests("GET", 202)), 1.0);
    first.go_on();
    first.wait_at(Call::SetSharedData);
    first.go_on();
    let exchange = first.finish();
    for status in [201, 202] {
        assert_eq!(value(&exchange, &requests("GET", status)), 1.0, "{status}");
        assert_eq!(value(&b.send(scrape()), &requests("GET", status)), 1.0, "{status}");
    }
}

/// A new configuration holds every counter before the old one lets go of it: Envoy forgets those that
/// nobody holds.
#[test]
fn a_new_configuration_holds_all_counters_at_once() {
    let envoy = Envoy::start(1, OPEN);
    envoy.send(Request::get("/a").answered(Response::of(201)));
    envoy.tick();
    let next = Worker::start(&envoy.process, "next", &Plugin::new(OPEN)).expect("it starts");
    next.fail(Fault::always(Call::DefineMetric, Status::InternalFailure));
    assert_eq!(
        value(&next.send(scrape()), &requests("GET", 201)),
        1.0,
        "nothing is left to define"
    );
}

/// A series that cannot be read is left out of one scrape, and there again in the next.
#[test]
fn a_failed_call_costs_one_scrape_some_series() {
    for call in [Call::GetMetric, Call::GetSharedData, Call::SetSharedData, Call::IncrementMetric] {
        let envoy = Envoy::start(1, OPEN);
        envoy.send(Request::get("/a").answered(Response::of(201)));
        envoy.workers[0].fail(Fault::always(call, Status::InternalFailure));
        assert_eq!(envoy.send(scrape()).status(), 200, "{call:?}");
        envoy.workers[0].recover();
        assert_eq!(value(&envoy.send(scrape()), &requests("GET", 201)), 1.0, "{call:?}");
    }
}

/// Whoever leaves the slash out is sent to the page.
#[test]
fn the_path_above_the_page_redirects_to_it() {
    for (configuration, path, page) in
        [("{}", "/-/gate", "/-/gate/"), (r#"{"own_routes": "/ops"}"#, "/ops", "/ops/")]
    {
        let envoy = Envoy::start(1, configuration);
        let exchange = envoy.send(Request::get(path));
        assert_eq!((exchange.status(), exchange.header("location")), (308, page));
    }
}

/// Envoy writes a body into a header for a gRPC client, so an endpoint's is a short one.
#[test]
fn an_endpoint_answers_a_grpc_client_in_short() {
    let envoy = Envoy::start(1, "{}");
    for path in ["/-/gate/", "/-/gate/live", "/-/gate/ready"] {
        let exchange = envoy.send(Request::get(path).header("content-type", "application/grpc"));
        assert_eq!(exchange.header("grpc-status"), "0", "{path}");
        let message = exchange.answer().headers.first("grpc-message").unwrap_or_default();
        assert!(message.len() < 100, "{path}: {} bytes", message.len());
    }
}
