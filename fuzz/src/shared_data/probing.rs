//! What is known of the services behind.

use probegate_core::probe::leader::Generation;
use probegate_core::probe::record::Record;
use probegate_core::probe::rung::Outcome;
use probegate_core::probe::{Now, Prober, Store};
use probegate_core::rate_limit::{Unavailable, Version};

use crate::gate::{NOW, compiled};
use crate::memory::Shared;

const SECTION: &str = r#"{"probes": {"every": "10s", "targets": [{"service": "a", "cluster": "c",
    "rungs": [{"rung": "one", "path": "/"}, {"rung": "two", "path": "/"}]}]}}"#;

const SECOND: u64 = 1_000_000;

/// Of this length a minute and a half goes by, in which every target is due, open breaker or not.
const SECONDS: u64 = 90;

pub fn target(value: &[u8]) {
    for rungs in 0..3 {
        if let Some(record) = Record::decode(value, rungs) {
            assert_eq!(record.encode(), value, "what is read is what would be written");
            assert_eq!(record.rungs.len(), rungs);
            assert!(record.height() <= rungs);
        }
    }
    probes("probegate.probe.", value);
}

pub fn generation(value: &[u8]) {
    if let Some(generation) = Generation::decode(value) {
        assert_eq!(generation.encode(), value, "what is read is what would be written");
    }
    probes("probegate.prober.", value);
}

/// Probing goes on, whatever stands in the keys that start so.
fn probes(prefix: &'static str, value: &[u8]) {
    let plan = || compiled(SECTION).probes.expect("a plan");
    let now = |second| Now { monotonic: NOW + second * SECOND, wall: NOW };
    let mut prober = Prober::new(plan(), "x", now(0));
    let mut store = Poisoned { shared: Shared::default(), prefix, value };
    let mut answered = 0;
    for second in 0..SECONDS {
        let ticked = prober.on_tick(now(second), &mut || [0; 16], &mut store);
        for ticket in ticked.tickets {
            prober.on_outcome(ticket, Outcome::Up, now(second), &mut store);
            answered += 1;
        }
    }
    assert!(answered > 0, "nothing is probed: {}", value.escape_ascii());
    let record = &prober.records(&mut store)[0];
    assert!(record.as_ref().is_some_and(|record| record.height() == 2), "{record:?}");
}

/// Shared values, where something else stands until it is written for the first time.
struct Poisoned<'a> {
    shared: Shared,
    prefix: &'static str,
    value: &'a [u8],
}

impl Store for Poisoned<'_> {
    fn read(&mut self, key: &str, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        if key.starts_with(self.prefix) && self.shared.get(key).is_empty() {
            self.shared.put(key, self.value);
        }
        self.shared.read(key, value)
    }

    fn swap(&mut self, key: &str, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.shared.swap(key, value, version)
    }
}
