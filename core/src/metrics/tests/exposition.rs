//! The text of a scrape.

use super::*;

/// One of everything.
fn busy(namespace: &str) -> (Meter, FakeStatistics) {
    let bounds = Bounds::from_seconds(&[0.001, 2.5]).unwrap();
    let settings = MetricsSettings { bounds, limited: true, ..settings(namespace) };
    let (mut meter, sink) = (Meter::new(settings), FakeStatistics::default());
    for duration in [900, 1_000, 1_001, 3_000_000] {
        meter.began();
        meter.finished(finished(b"GET", 200, duration));
    }
    meter.began();
    meter.auth_failed(AuthMethod::Bearer, AuthFailure::Invalid);
    meter.rate_limited(0, LimitReason::Exceeded);
    meter.grpc_handled(Code::Unauthenticated);
    (meter, sink)
}

const TEXT: &str = r#"# HELP caracal_gateway_requests_total Requests that ended, by method, status and credentials the client presented (not verified)
# TYPE caracal_gateway_requests_total counter
caracal_gateway_requests_total{method="GET",status_code="200",auth_method="none"} 4
# HELP caracal_gateway_request_duration_seconds Time from the arrival of a request's head to the end of its stream
# TYPE caracal_gateway_request_duration_seconds histogram
caracal_gateway_request_duration_seconds_sum{method="GET",status_code="200"} 3.002901
caracal_gateway_request_duration_seconds_count{method="GET",status_code="200"} 4
caracal_gateway_request_duration_seconds_bucket{le="0.001",method="GET",status_code="200"} 2
caracal_gateway_request_duration_seconds_bucket{le="2.5",method="GET",status_code="200"} 3
caracal_gateway_request_duration_seconds_bucket{le="+Inf",method="GET",status_code="200"} 4
# HELP caracal_gateway_requests_in_flight Requests that have begun and not ended
# TYPE caracal_gateway_requests_in_flight gauge
caracal_gateway_requests_in_flight 1
# HELP caracal_gateway_auth_failures_total Requests that were refused for want of a valid credential, by the gate or by the upstream
# TYPE caracal_gateway_auth_failures_total counter
caracal_gateway_auth_failures_total{auth_method="none",reason="missing"} 0
caracal_gateway_auth_failures_total{auth_method="bearer",reason="malformed"} 0
caracal_gateway_auth_failures_total{auth_method="bearer",reason="invalid"} 1
# HELP caracal_gateway_rate_limited_total Requests over a rate limit: rejected, or only counted (enforce: false)
# TYPE caracal_gateway_rate_limited_total counter
caracal_gateway_rate_limited_total{limit="client",reason="exceeded"} 1
caracal_gateway_rate_limited_total{limit="client",reason="table_full"} 0
caracal_gateway_rate_limited_total{limit="client",reason="contended"} 0
caracal_gateway_rate_limited_total{limit="client",reason="unavailable"} 0
# HELP caracal_gateway_replay_blocks_total Requests that replay protection refused
# TYPE caracal_gateway_replay_blocks_total counter
# HELP caracal_gateway_degraded_mode_requests_total Requests that were forwarded while a circuit breaker was not closed
# TYPE caracal_gateway_degraded_mode_requests_total counter
caracal_gateway_degraded_mode_requests_total 0
# HELP caracal_gateway_grpc_server_handled_total gRPC requests that ended, by status code
# TYPE caracal_gateway_grpc_server_handled_total counter
caracal_gateway_grpc_server_handled_total{code="Unauthenticated"} 1
# HELP caracal_gateway_series_overflow_total Requests recorded under the method OTHER or under their status class because the series limit was reached
# TYPE caracal_gateway_series_overflow_total counter
caracal_gateway_series_overflow_total 0
"#;

#[test]
fn the_text_format() {
    let (mut meter, mut sink) = busy("caracal");
    assert_eq!(meter.expose(&mut sink).encode(Format::Text), TEXT);
}

#[test]
fn openmetrics_names_a_counter_s_family_without_its_total_and_marks_the_end() {
    let (mut meter, mut sink) = busy("caracal");
    let text = meter.expose(&mut sink).encode(Format::OpenMetrics);
    let mut expected = String::new();
    for line in TEXT.lines() {
        let about = line.starts_with("# ");
        expected += &if about { line.replacen("_total ", " ", 1) } else { line.to_owned() };
        expected += "\n";
    }
    assert_eq!(text, expected + "# EOF\n");
}

#[test]
fn without_a_namespace_nothing_stands_in_front() {
    let (mut meter, mut sink) = busy("");
    let text = meter.expose(&mut sink).encode(Format::Text);
    assert_eq!(text, TEXT.replace("caracal_", ""));
}

#[test]
fn any_worker_says_what_all_have_counted() {
    let mut sink = FakeStatistics::default();
    let (mut one, mut other) = (meter("caracal"), meter("caracal"));
    one.began();
    one.finished(finished(b"PUT", 204, 1));
    one.flush(&mut sink);
    other.began();
    other.finished(finished(b"PUT", 204, 1));
    let text = other.expose(&mut sink).encode(Format::Text);
    let line = r#"requests_total{method="PUT",status_code="204",auth_method="none"} 2"#;
    assert!(text.contains(line), "what the other has, and its own of just now: {text}");
    let mut idle = meter("caracal");
    assert_eq!(idle.expose(&mut sink).encode(Format::Text), text);
}

#[test]
fn bounds_that_change_keep_a_histogram_in_order() {
    let mut sink = FakeStatistics::default();
    let observe = |bounds: &[f64], sink: &mut FakeStatistics| {
        let bounds = Bounds::from_seconds(bounds).unwrap();
        let mut meter = Meter::new(MetricsSettings { bounds, ..settings("x") });
        meter.began();
        meter.finished(finished(b"GET", 200, 500_000));
        meter.expose(sink).encode(Format::Text)
    };
    observe(&[1.0, 3.0], &mut sink);
    let text = observe(&[1.0, 2.0], &mut sink);
    for line in [
        r#"_bucket{le="1.0",method="GET",status_code="200"} 2"#,
        r#"_bucket{le="2.0",method="GET",status_code="200"} 2"#,
        r#"_bucket{le="+Inf",method="GET",status_code="200"} 2"#,
        r#"_count{method="GET",status_code="200"} 2"#,
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}
