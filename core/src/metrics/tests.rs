//! Counts, and their names.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

mod accept;
mod exposition;
mod grpc;
mod histograms;
mod labels;
mod last_minute;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod registry;
mod sink;

use super::*;
use crate::testing::FakeStatistics;
use sink::{finished, meter};

fn flushed(namespace: &str, events: impl Fn(&mut Meter)) -> FakeStatistics {
    let (mut meter, mut sink) = (meter(namespace), FakeStatistics::default());
    events(&mut meter);
    meter.flush(&mut sink);
    sink
}

#[test]
fn every_family_by_its_name() {
    let sink = flushed("caracal", |meter| {
        meter.began();
        meter.began();
        meter.finished(finished(b"GET", 200, 7));
        meter.auth_failed(AuthMethod::Bearer, AuthFailure::Invalid);
        meter.rate_limited(0, LimitReason::Exceeded);
    });
    let labels = "method=.=GET;.status_code=.=200;.";
    let table = [
        (
            Kind::Counter,
            "method=.=GET;.status_code=.=200;.auth_method=.=none;.caracal_gateway_requests_total"
                .into(),
            1,
        ),
        (Kind::Counter, format!("{labels}caracal_gateway_request_duration_seconds_count"), 1),
        (
            Kind::Counter,
            format!("{labels}le=.=0.005;.caracal_gateway_request_duration_seconds_bucket"),
            1,
        ),
        (
            Kind::Counter,
            "auth_method=.=bearer;.reason=.=invalid;.caracal_gateway_auth_failures_total".into(),
            1,
        ),
        (
            Kind::Counter,
            "limit=.=client;.reason=.=exceeded;.caracal_gateway_rate_limited_total".into(),
            1,
        ),
        (Kind::Gauge, "caracal_gateway_requests_in_flight".into(), 1),
    ];
    for (kind, name, value) in table {
        assert_eq!(sink.get(&name), Some((kind, value)), "{name}");
    }
}

#[test]
fn the_namespace_stands_in_front_of_every_family() {
    let events = |meter: &mut Meter| {
        meter.began();
        meter.began();
        meter.finished(finished(b"GET", 200, 7));
        meter.auth_failed(AuthMethod::None, AuthFailure::Missing);
        meter.rate_limited(0, LimitReason::TableFull);
    };
    for (namespace, prefix) in [("caracal", "caracal_"), ("my_app", "my_app_"), ("", "")] {
        let sink = flushed(namespace, events);
        assert!(!sink.names().is_empty());
        for name in sink.names() {
            let family = name.rsplit(";.").next().unwrap();
            assert!(family.starts_with(&format!("{prefix}gateway_")), "{name}");
        }
    }
}

#[test]
fn each_combination_of_labels_is_a_series() {
    let sink = flushed("caracal", |meter| {
        for (method, status, count) in
            [("GET", 200, 2), ("POST", 200, 1), ("GET", 404, 3), ("GET", 200, 1)]
        {
            for _ in 0..count {
                meter.began();
                meter.finished(finished(method.as_bytes(), status, 1));
            }
        }
    });
    let total = |method: &str, status: u16| {
        let labels = format!("method=.={method};.status_code=.={status};.auth_method=.=none;.");
        sink.get(&format!("{labels}caracal_gateway_requests_total"))
    };
    let counter = |value| Some((Kind::Counter, value));
    assert_eq!(
        [total("GET", 200), total("POST", 200), total("GET", 404)],
        [counter(3), counter(1), counter(3)]
    );
    assert_eq!(total("POST", 404), None, "what never came up has no series");
}

#[test]
fn a_second_flush_adds_nothing() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    meter.began();
    meter.began();
    meter.finished(finished(b"GET", 200, 7));
    meter.auth_failed(AuthMethod::None, AuthFailure::Missing);
    meter.rate_limited(0, LimitReason::Contended);
    meter.flush(&mut sink);
    let (totals, calls) = (sink.totals(), sink.calls);
    meter.flush(&mut sink);
    assert_eq!((sink.totals(), sink.calls), (totals, calls), "nor does it call anything");
}

#[test]
fn a_sink_that_refuses_loses_nothing() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    let mut expected = FakeStatistics::default();
    for (defines, adds) in
        [(false, true), (true, false), (false, false), (true, true), (true, false), (true, true)]
    {
        meter.began();
        meter.began();
        meter.finished(finished(b"GET", 200, 30_000));
        meter.auth_failed(AuthMethod::None, AuthFailure::Missing);
        meter.rate_limited(0, LimitReason::Unavailable);
        (sink.defines, sink.adds) = (defines, adds);
        meter.flush(&mut sink);
    }
    let mut other = sink::meter("caracal");
    for _ in 0..6 {
        other.began();
        other.began();
        other.finished(finished(b"GET", 200, 30_000));
        other.auth_failed(AuthMethod::None, AuthFailure::Missing);
        other.rate_limited(0, LimitReason::Unavailable);
    }
    other.flush(&mut expected);
    assert_eq!(sink.totals(), expected.totals());
}

#[test]
fn requests_in_flight_come_and_go() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    let gauge = |sink: &FakeStatistics| sink.get("caracal_gateway_requests_in_flight");
    meter.flush(&mut sink);
    assert_eq!(gauge(&sink), Some((Kind::Gauge, 0)), "there is a gauge before the first request");
    meter.began();
    meter.began();
    meter.flush(&mut sink);
    assert_eq!(gauge(&sink), Some((Kind::Gauge, 2)));
    meter.finished(finished(b"GET", 200, 7));
    meter.flush(&mut sink);
    assert_eq!(gauge(&sink), Some((Kind::Gauge, 1)));
    meter.finished(finished(b"GET", 0, 7));
    meter.flush(&mut sink);
    assert_eq!(gauge(&sink), Some((Kind::Gauge, 0)), "and back to none");
}

/// A counter that is added to and stays 0 is one that Envoy does not keep; it is looked for once.
#[test]
fn dropped_statistics_are_noticed() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    sink.drops = true;
    meter.flush(&mut sink);
    assert!(!meter.dropped(), "nothing was added");
    meter.began();
    meter.finished(finished(b"GET", 200, 7));
    meter.flush(&mut sink);
    assert!(meter.dropped());
}

/// A warning's series has the same name in every namespace.
#[test]
fn a_warning_is_the_gates_own() {
    use crate::warnings::{Warning, Warnings};
    let mut found = Warnings::default();
    found.insert(Warning::BodyHidden);
    let sink = flushed("caracal", |meter| meter.warned(found));
    for (kind, value) in [("body_hidden", 1), ("peer_unknown", 0)] {
        let name = format!("kind=.={kind};.probegate_configuration_warnings");
        assert_eq!(sink.get(&name), Some((Kind::Gauge, value)), "{name}");
    }
}
