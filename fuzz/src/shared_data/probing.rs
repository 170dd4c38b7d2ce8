//! Records of probes.

use probegate_core::probe::Prober;
use probegate_core::probe::leader::Leadership;
use probegate_core::probe::record::ProbeRecord;
use probegate_core::probe::rung::Outcome;
use probegate_core::store::{Store, Tables};
use probegate_core::time::Now;

use crate::gate::{NOW, compiled};
use probegate_core::testing::Memory;

const SECTION: &str = r#"{"probes": {"every": "10s", "targets": [{"service": "a", "cluster": "c",
    "rungs": [{"rung": "one", "path": "/"}, {"rung": "two", "path": "/"}]}]}}"#;

const SECOND: u64 = 1_000_000;

/// Of this length a minute and a half goes by, in which every target is due, open breaker or not.
const SECONDS: u64 = 90;

pub fn target(value: &[u8]) {
    for rungs in 0..3 {
        if let Some(record) = ProbeRecord::decode(value, rungs) {
            assert_eq!(record.encode(), value, "what is read is what would be written");
            assert_eq!(record.rungs.len(), rungs);
            assert!(record.available_rungs() <= rungs);
        }
    }
    probes("probegate.probe.", value);
}

pub fn leadership(value: &[u8]) {
    if let Some(leadership) = Leadership::decode(value) {
        assert_eq!(leadership.encode(), value, "what is read is what would be written");
    }
    probes("probegate.prober.", value);
}

/// Probing goes on, whatever stands in the keys that start so.
fn probes(prefix: &'static str, value: &[u8]) {
    let plan = || compiled(SECTION).probes.expect("a plan");
    let now = |second| Now { monotonic: NOW + second * SECOND, wall: NOW };
    let mut prober = Prober::new(plan(), "x", now(0));
    let mut tables = Poisoned { shared: Memory::default(), prefix, value };
    let mut answered = 0;
    for second in 0..SECONDS {
        let ticked = prober.on_tick(now(second), &mut || [0; 16], &mut tables);
        for ticket in ticked.tickets {
            prober.on_outcome(ticket, Outcome::Up, now(second), &mut tables);
            answered += 1;
        }
    }
    assert!(answered > 0, "nothing is probed: {}", value.escape_ascii());
    let record = &prober.records(&mut tables)[0];
    assert!(record.as_ref().is_some_and(|record| record.available_rungs() == 2), "{record:?}");
}

/// Shared values, where something else stands until it is written for the first time.
struct Poisoned<'a> {
    shared: Memory,
    prefix: &'static str,
    value: &'a [u8],
}

impl Tables for Poisoned<'_> {
    fn table(&mut self, name: &str) -> impl Store {
        if name.starts_with(self.prefix) && !self.shared.values.contains_key(&(name.to_owned(), 0))
        {
            self.shared.put(name, 0, self.value);
        }
        self.shared.table(name)
    }
}
