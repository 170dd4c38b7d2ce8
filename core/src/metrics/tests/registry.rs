//! The number of series is bounded, whatever is answered.

use std::collections::BTreeMap;

use super::*;

fn scrape(meter: &mut Meter, sink: &mut FakeStatistics) -> BTreeMap<String, f64> {
    let text = meter.expose(sink).encode(Format::Text);
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(series, value)| (series.to_owned(), value.parse().unwrap()))
        .collect()
}

fn total(scraped: &BTreeMap<String, f64>, family: &str) -> f64 {
    let of_family = |series: &&String| series.split('{').next() == Some(family);
    scraped.iter().filter(|(series, _)| of_family(series)).map(|(_, value)| value).sum()
}

fn answer(meter: &mut Meter, method: &[u8], status: u16, auth_method: AuthMethod) {
    meter.began();
    meter.finished(Finished { auth_method, ..finished(method, status, 1) });
}

const METHODS: [&[u8]; 10] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH",
    b"BREW",
];

#[test]
fn sixty_statuses_have_a_series_each() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    for status in 200..260 {
        answer(&mut meter, b"GET", status, AuthMethod::None);
    }
    let scraped = scrape(&mut meter, &mut sink);
    assert_eq!(total(&scraped, "caracal_gateway_series_overflow_total"), 0.0);
    let series = |status| {
        format!(
            r#"caracal_gateway_requests_total{{method="GET",status_code="{status}",auth_method="none"}}"#
        )
    };
    for status in 200..260 {
        assert_eq!(scraped.get(&series(status)), Some(&1.0), "{status}");
    }
}

#[test]
fn a_status_too_many_folds_into_its_class() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    for round in 1..=2 {
        for status in 100..1000 {
            answer(&mut meter, b"GET", status, AuthMethod::None);
        }
        let scraped = scrape(&mut meter, &mut sink);
        assert!(scraped.len() <= MAX_SERIES, "{} series", scraped.len());
        let requests = f64::from(900 * round);
        assert_eq!(total(&scraped, "caracal_gateway_requests_total"), requests);
        assert_eq!(total(&scraped, "caracal_gateway_request_duration_seconds_count"), requests);
        let class =
            r#"caracal_gateway_requests_total{method="GET",status_code="5xx",auth_method="none"}"#;
        assert_eq!(scraped.get(class), Some(&f64::from(98 * round)), "all but 500 and 503");
        let exact: f64 = scraped
            .iter()
            .filter(|(series, _)| series.contains("requests_total{") && !series.contains("xx\""))
            .map(|(_, value)| value)
            .sum();
        assert_eq!(total(&scraped, "caracal_gateway_series_overflow_total"), requests - exact);
        let first =
            r#"caracal_gateway_requests_total{method="GET",status_code="100",auth_method="none"}"#;
        assert_eq!(scraped.get(first), Some(&f64::from(round)), "what there was room for stays");
    }
}

/// What a scrape shows of one status, by method, over all credentials.
fn by_method(scraped: &BTreeMap<String, f64>, status: &str) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for (series, value) in scraped {
        let Some(labels) = series.strip_prefix("caracal_gateway_requests_total{method=\"") else {
            continue;
        };
        let (method, rest) = labels.split_once('"').unwrap();
        if rest.contains(&format!("status_code=\"{status}\"")) {
            *found.entry(method.to_owned()).or_default() += value;
        }
    }
    found
}

/// Whatever services have answered before, and however often.
#[test]
fn what_the_gate_refuses_keeps_its_status() {
    const REFUSALS: [u16; 9] = [400, 401, 404, 405, 409, 413, 429, 500, 503];
    const STATUSES: [u16; 10] = [200, 201, 204, 206, 301, 304, 400, 403, 422, 502];
    let floods: [Vec<u16>; 2] = [STATUSES.into(), (100..1000).collect()];
    for flood in floods {
        let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
        let mut requests = 0.0;
        for method in &METHODS[..8] {
            for auth_method in &AuthMethod::ALL[..6] {
                for status in flood.iter().filter(|status| !REFUSALS[1..].contains(status)) {
                    answer(&mut meter, method, *status, *auth_method);
                    requests += 1.0;
                }
            }
            meter.flush(&mut sink);
        }
        for status in REFUSALS {
            let before = by_method(&scrape(&mut meter, &mut sink), &status.to_string());
            for auth_method in AuthMethod::ALL {
                METHODS.iter().for_each(|m| answer(&mut meter, m, status, auth_method));
                requests += METHODS.len() as f64;
            }
            let after = by_method(&scrape(&mut meter, &mut sink), &status.to_string());
            let gained = |method: &str| {
                after.get(method).unwrap_or(&0.0) - before.get(method).unwrap_or(&0.0)
            };
            assert_eq!([gained("GET"), gained("POST")], [7.0; 2], "{status}: {after:?}");
            let all: f64 = after.keys().map(|method| gained(method)).sum();
            assert_eq!(all, 70.0, "{status}: rare methods fold, the status does not: {after:?}");
        }
        let scraped = scrape(&mut meter, &mut sink);
        assert!(scraped.len() <= MAX_SERIES, "{} series", scraped.len());
        assert_eq!(total(&scraped, "caracal_gateway_requests_total"), requests);
    }
}

#[test]
fn rare_methods_fold_before_statuses_do() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    for method in [&b"PUT"[..], b"DELETE", b"TRACE", b"HEAD"] {
        (200..212).for_each(|status| answer(&mut meter, method, status, AuthMethod::None));
        meter.flush(&mut sink);
    }
    (200..212).for_each(|status| answer(&mut meter, b"GET", status, AuthMethod::None));
    let scraped = scrape(&mut meter, &mut sink);
    let methods: Vec<String> = by_method(&scraped, "211").into_keys().collect();
    assert_eq!(methods, ["DELETE", "GET", "OTHER", "PUT"], "the later ones are one method");
    let class = |series: &&String| series.contains("xx\"");
    assert_eq!(scraped.keys().filter(class).count(), 0, "and no status is a class");
}

#[test]
fn everything_at_once_still_has_an_end() {
    for bounds in [vec![1.0], (1..=Bounds::MAX_SERIES).map(|bound| bound as f64).collect()] {
        let bounds = Bounds::from_seconds(&bounds).unwrap();
        let settings = MetricsSettings { bounds, limited: true, ..settings("caracal") };
        let mut meters = [Meter::new(settings.clone()), Meter::new(settings)];
        let mut sink = FakeStatistics::default();
        let mut requests = 0.0;
        for (round, method) in METHODS.into_iter().enumerate() {
            for status in (100..1000).chain([0]) {
                for auth_method in AuthMethod::ALL {
                    requests += 1.0;
                    answer(
                        &mut meters[(round + usize::from(status)) % 2],
                        method,
                        status,
                        auth_method,
                    );
                }
            }
            for failure in AuthFailure::ALL {
                AuthMethod::ALL.iter().for_each(|auth| meters[0].auth_failed(*auth, failure));
            }
            Code::ALL.iter().for_each(|code| meters[0].grpc_handled(*code));
            meters[round % 2].flush(&mut sink);
        }
        meters[1].flush(&mut sink);
        let scraped = scrape(&mut meters[0], &mut sink);
        assert!(scraped.len() <= MAX_SERIES, "{} series", scraped.len());
        assert_eq!(total(&scraped, "caracal_gateway_requests_total"), requests);
        assert_eq!(total(&scraped, "caracal_gateway_request_duration_seconds_count"), requests);
        assert!(sink.names().len() <= MAX_SERIES, "{} metrics in Envoy", sink.names().len());
    }
}

#[test]
fn a_foreign_value_in_the_shared_list_is_not_believed() {
    let garbage = [
        vec![0xff; 3],
        vec![0xff; 50_000],
        (0..=255).cycle().take(20_000).collect(),
        vec![3, 0, 0, 0xff, 0xff, 3, 10, 0, 200, 0, 6, 4, 0, 0, 0, 7, 17, 0, 0, 0, 0, 1, 0, 0, 0],
    ];
    for registry in garbage {
        let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
        sink.shared.put("", 0, &registry);
        answer(&mut meter, b"GET", 200, AuthMethod::None);
        let scraped = scrape(&mut meter, &mut sink);
        assert!(scraped.len() <= MAX_SERIES);
        assert_eq!(total(&scraped, "caracal_gateway_requests_total"), 1.0);
    }
}

#[test]
fn without_the_shared_list_counts_wait() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    sink.shared.broken = true;
    answer(&mut meter, b"GET", 200, AuthMethod::None);
    let scraped = scrape(&mut meter, &mut sink);
    assert_eq!(total(&scraped, "caracal_gateway_requests_total"), 0.0);
    sink.shared.broken = false;
    answer(&mut meter, b"GET", 200, AuthMethod::None);
    let scraped = scrape(&mut meter, &mut sink);
    assert_eq!(total(&scraped, "caracal_gateway_requests_total"), 2.0);
}

#[test]
fn every_key_is_read_as_it_was_written() {
    let statuses = (0..10).chain(100..1000).map(|code| Status::held(code).unwrap());
    let mut keys = vec![SeriesName::InFlight, SeriesName::Degraded, SeriesName::Folded];
    for status in statuses {
        keys.extend(Method::ALL.map(|method| SeriesName::Durations(method, status)));
        keys.extend(AuthMethod::ALL.map(|auth| SeriesName::Requests(Method::Patch, status, auth)));
    }
    for failure in AuthFailure::ALL {
        keys.extend(AuthMethod::ALL.map(|auth| SeriesName::AuthFailures(auth, failure)));
    }
    keys.extend(LimitReason::ALL.map(|reason| SeriesName::RateLimited(0, reason)));
    keys.extend(Code::ALL.map(SeriesName::GrpcHandled));
    for key in keys {
        assert_eq!(SeriesName::decode(key.encode()), Some(key));
    }
}
