//! Which series there are.

use probegate_core::auth::AuthMethod;
use probegate_core::metrics::{Finished, Format, MOST, Meter, Method, Status};

use crate::gate::compiled;
use crate::memory::Totals;

/// Series of a histogram: its buckets, its count and its sum.
const HISTOGRAM: usize = 14;

pub fn roster(value: &[u8]) {
    let mut meter = Meter::new(compiled("{}").metrics);
    let mut totals = Totals::default();
    totals.roster = value.into();
    meter.began();
    meter.finished(Finished {
        method: Method::of(b"GET"),
        status: Status::new(200),
        auth_method: AuthMethod::None,
        duration: 1,
    });
    let text = meter.expose(&mut totals).encode(Format::Text);
    assert!(totals.defined() <= (MOST + 100) * HISTOGRAM, "{} series", totals.defined());
    let total = text.lines().filter(|line| line.contains("requests_total{"));
    let count = |line: &str| line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
    assert_eq!(total.filter_map(count).sum::<u64>(), 1, "what is counted is shown");
}
