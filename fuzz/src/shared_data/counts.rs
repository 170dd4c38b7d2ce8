//! Lists of series.

use probegate_core::auth::AuthMethod;
use probegate_core::http::{Method, Status};
use probegate_core::metrics::{Finished, Format, MAX_SERIES, Meter};

use crate::gate::compiled;
use probegate_core::testing::FakeStatistics;

/// Series of a histogram: its buckets, its count and its sum.
const HISTOGRAM: usize = 14;

pub fn registry(value: &[u8]) {
    let mut meter = Meter::new(compiled("{}").metrics);
    let mut totals = FakeStatistics::default();
    totals.shared.put("", 0, value);
    meter.began();
    meter.finished(Finished {
        method: Method::from_bytes(b"GET"),
        status: Status::new(200),
        auth_method: AuthMethod::None,
        duration: 1,
    });
    let text = meter.expose(&mut totals).encode(Format::Text);
    assert!(
        totals.names().len() <= (MAX_SERIES + 100) * HISTOGRAM,
        "{} series",
        totals.names().len()
    );
    let total = text.lines().filter(|line| line.contains("requests_total{"));
    let count = |line: &str| line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
    assert_eq!(total.filter_map(count).sum::<u64>(), 1, "what is counted is shown");
}
