//! What the last minute came to.

use super::sink::{finished, meter};
use crate::local_reply::WORDS;
use crate::metrics::{LastMinute, Meter};
use crate::testing::FakeStatistics;

const SECOND: u64 = 1_000_000;

fn told(meter: &mut Meter, statistics: &mut FakeStatistics) -> (u32, Vec<(&'static str, u32)>) {
    let minute: LastMinute = meter.last_minute(statistics);
    (minute.requests, minute.refused().collect())
}

#[test]
fn what_all_vms_counted_is_told_for_a_minute() {
    let mut statistics = FakeStatistics::default();
    statistics.shared.now = 100 * SECOND;
    let (mut one, mut other) = (meter("m"), meter("m"));
    for _ in 0..3 {
        one.began();
        one.finished(finished(b"GET", 200, 1));
    }
    one.refused("rate_limited");
    one.flush(&mut statistics);
    other.began();
    other.finished(finished(b"GET", 401, 1));
    other.refused("unauthorized");
    other.refused("rate_limited");
    let all = (4, vec![("unauthorized", 1), ("rate_limited", 2)]);
    assert_eq!(told(&mut other, &mut statistics), all, "its own are told at once");
    assert_eq!(told(&mut one, &mut statistics), all, "whoever is asked");

    statistics.shared.now = 154 * SECOND;
    other.refused("not_found");
    other.flush(&mut statistics);
    assert_eq!(told(&mut one, &mut statistics).1.len(), 3, "after 54 seconds");
    statistics.shared.now = 160 * SECOND;
    assert_eq!(told(&mut one, &mut statistics), (0, vec![("not_found", 1)]), "after a minute");
    statistics.shared.now = 10 * SECOND;
    assert_eq!(told(&mut one, &mut statistics), (0, vec![]), "the clock has stepped back");
}

#[test]
fn nothing_grows_with_what_is_refused() {
    let mut statistics = FakeStatistics::default();
    let mut meter = meter("m");
    for second in 0..600 {
        statistics.shared.now = (100 + second) * SECOND;
        WORDS.iter().for_each(|word| meter.refused(word));
        meter.refused("a word that there is not");
        meter.flush(&mut statistics);
    }
    assert!(
        statistics.shared.get("", 1).len() <= 12 * 40,
        "{}",
        statistics.shared.get("", 1).len()
    );
    let (_, refused) = told(&mut meter, &mut statistics);
    assert_eq!(refused.len(), WORDS.len());
    assert!(refused.iter().all(|(_, count)| (55..=60).contains(count)), "{refused:?}");
}

#[test]
fn without_a_clock_or_a_store_counts_wait() {
    let mut statistics = FakeStatistics::default();
    statistics.shared.now = 0;
    let mut meter = meter("m");
    meter.refused("internal");
    assert_eq!(told(&mut meter, &mut statistics), (0, vec![]));
    statistics.shared.now = SECOND * 100;
    assert_eq!(told(&mut meter, &mut statistics), (0, vec![("internal", 1)]));
}
