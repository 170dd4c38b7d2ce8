//! However many statuses there are, a scrape has an end.

use super::*;

/// An upstream that answers every status gets a series for each while there is room, and one for each
/// class behind that; no request is lost for it.
#[test]
fn a_status_too_many_folds_into_its_class() {
    let upstream = Upstream::start();
    let envoy = run(&gate(&upstream, json!({})).concurrency(4));
    let mut client = http1(&envoy);
    let mut sent = 0.0;
    for status in (200..1000).filter(|status| *status != 304) {
        assert_eq!(client.get(&format!("/status/{status}")).status, status);
        sent += 1.0;
    }
    const FOLDED: &str = "probegate_gateway_series_overflow_total";
    let stats = scraped_until(envoy.address(), "all are counted", |stats| {
        stats.value(REQUESTS, &[]) >= sent && stats.value(FOLDED, &[]) >= 100.0
    });
    let ours: Vec<_> =
        stats.0.iter().filter(|sample| sample.name.starts_with("probegate_")).collect();
    assert!(ours.len() <= 2_000, "{} series", ours.len());
    println!("{} series after {sent} statuses", ours.len());
    assert_eq!(stats.value(REQUESTS, &[("status_code", "201")]), 1.0);
    assert_eq!(stats.value(REQUESTS, &[("status_code", "9xx")]), 100.0);
    let page = envoy.stats();
    let in_envoy = page.0.iter().filter(|sample| sample.name.starts_with("probegate_")).count();
    assert!(in_envoy <= 2_000, "{in_envoy} series on Envoy's page");
}

/// The bounds of the configuration are the buckets, and each duration is in its own.
#[test]
fn the_bounds_are_the_configuration_s() {
    let upstream = Upstream::start();
    let configuration = json!({"metrics": {"buckets": [0.05, 3600]}});
    let envoy = run(&gate(&upstream, configuration));
    load(envoy.address(), &Load::new(Request::new("PUT", "/delay/100"), 4, 1));
    let put = [("method", "PUT"), ("status_code", "200")];
    let bucket = |stats: &Stats, bound: &str| {
        let labels = [put[0], put[1], ("le", bound)];
        stats.value("probegate_gateway_request_duration_seconds_bucket", &labels)
    };
    let sum = |stats: &Stats| stats.value("probegate_gateway_request_duration_seconds_sum", &put);
    let stats = scraped_until(envoy.address(), "four are counted", |stats| {
        bucket(stats, "3600.0") >= 4.0 && sum(stats) >= 0.4
    });
    assert_eq!(["0.05", "3600.0", "+Inf"].map(|bound| bucket(&stats, bound)), [0.0, 4.0, 4.0]);
    let sum = sum(&stats);
    assert!((0.4..400.0).contains(&sum), "{sum} seconds");
}
