//! Counts, and their names.

mod accept;
mod exposition;
mod grpc;
mod histograms;
mod labels;
mod last_minute;
mod properties;
mod registry;
mod sink;

use super::*;
use crate::testing::FakeStatistics;
use sink::{finished, meter, settings};

fn flushed(namespace: &str, events: impl Fn(&mut Meter)) -> FakeStatistics {
    let (mut meter, mut sink) = (meter(namespace), FakeStatistics::default());
    events(&mut meter);
    meter.flush(&mut sink);
    sink
}

#[test]
fn a_second_flush_adds_nothing() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    meter.flush(&mut sink);
    let gauge = sink.get("caracal_gateway_requests_in_flight");
    assert_eq!(gauge, Some((Kind::Gauge, 0)), "there is a gauge before the first request");
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
