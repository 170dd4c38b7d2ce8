//! Totals, whatever is counted when, and whenever the sink refuses.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Event {
    Began,
    Finished(usize, u16, u64),
    AuthFailed(usize),
    RateLimited(usize),
    Flush { defines: bool, adds: bool },
}

const METHODS: [&str; 3] = ["GET", "POST", "OTHER"];
const FAILURES: [AuthFailure; 3] =
    [AuthFailure::Missing, AuthFailure::Invalid, AuthFailure::Upstream];
const REASONS: [LimitReason; 3] =
    [LimitReason::Exceeded, LimitReason::TableFull, LimitReason::Contended];

fn events() -> impl Strategy<Value = Vec<Event>> {
    let duration = prop_oneof![Just(0), 0..20_000_u64, 0..20_000_000_u64];
    let status = prop::sample::select(vec![0, 200, 404, 503]);
    let event = prop_oneof![
        3 => Just(Event::Began),
        4 => (0..3_usize, status, duration).prop_map(|(method, status, time)| Event::Finished(method, status, time)),
        1 => (0..3_usize).prop_map(Event::AuthFailed),
        1 => (0..3_usize).prop_map(Event::RateLimited),
        2 => any::<(bool, bool)>().prop_map(|(defines, adds)| Event::Flush { defines, adds }),
    ];
    prop::collection::vec(event, 0..120)
}

proptest! {
    #[test]
    fn totals_are_what_happened(events in events()) {
        let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
        let mut model: BTreeMap<String, i64> = BTreeMap::new();
        let mut count = |name: String, by: i64| *model.entry(name).or_default() += by;
        for event in events {
            match event {
                Event::Began => {
                    meter.began();
                    count("caracal_gateway_requests_in_flight".into(), 1);
                }
                Event::Finished(method, status, duration) => {
                    let method = METHODS[method];
                    meter.finished(finished(method.as_bytes(), status, duration));
                    let labels = format!("method=.={method};.status_code=.={status};.");
                    count("caracal_gateway_requests_in_flight".into(), -1);
                    count(format!("{labels}auth_method=.=none;.caracal_gateway_requests_total"), 1);
                    let family = format!("{labels}caracal_gateway_request_duration");
                    count(format!("{family}_seconds_count"), 1);
                    count(format!("{family}_microseconds_sum"), duration as i64);
                    let bounds = histograms::BOUNDS.into_iter().chain([("+Inf", u64::MAX)]);
                    for (bound, _) in bounds.filter(|(_, most)| duration <= *most) {
                        count(format!("{labels}le=.={bound};.caracal_gateway_request_duration_seconds_bucket"), 1);
                    }
                }
                Event::AuthFailed(at) => {
                    meter.auth_failed(AuthMethod::Basic, FAILURES[at]);
                    let reason = FAILURES[at].label();
                    count(format!("auth_method=.=basic;.reason=.={reason};.caracal_gateway_auth_failures_total"), 1);
                }
                Event::RateLimited(at) => {
                    meter.rate_limited(0, REASONS[at]);
                    let reason = REASONS[at].label();
                    count(format!("limit=.=client;.reason=.={reason};.caracal_gateway_rate_limited_total"), 1);
                }
                Event::Flush { defines, adds } => {
                    (sink.defines, sink.adds) = (defines, adds);
                    meter.flush(&mut sink);
                }
            }
        }
        (sink.defines, sink.adds) = (true, true);
        meter.flush(&mut sink);
        // What is 0 may be there or not.
        let mut totals = sink.totals();
        totals.retain(|_, total| *total != 0);
        model.retain(|_, total| *total != 0);
        prop_assert_eq!(totals, model);
    }
}
