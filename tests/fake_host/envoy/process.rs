//! State that all VMs of one Envoy process share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::shared_data::SharedData;

/// The levels of Envoy's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Critical,
}

/// An Envoy process: shared data, statistics, log, and a clock that stands still.
pub struct Process(Mutex<Shared>);

pub struct Shared {
    pub data: SharedData,
    /// One value for each name that a filter gave, whatever the number of VMs that add to it.
    pub statistics: BTreeMap<String, i64>,
    pub log: Vec<(Level, String)>,
    /// Nanoseconds on the monotonic clock.
    pub clock: u64,
    entropy: TestRng,
}

impl Process {
    /// A process on a machine that has been up for a day.
    pub fn start() -> Arc<Self> {
        const DAY: u64 = 86_400_000_000_000;
        Arc::new(Self(Mutex::new(Shared {
            data: SharedData::default(),
            statistics: BTreeMap::new(),
            log: Vec::new(),
            clock: DAY,
            entropy: TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        // A test that fails while it holds the lock has said why.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn advance_us(&self, micros: u64) {
        self.lock().clock += micros * 1_000;
    }

    pub fn advance_ms(&self, millis: u64) {
        self.advance_us(millis * 1_000);
    }

    /// The clock is set back, which a monotonic one should never be.
    pub fn step_back_us(&self, micros: u64) {
        self.lock().clock -= micros * 1_000;
    }

    /// The log, without the line that says which gate starts.
    pub fn log(&self) -> Vec<(Level, String)> {
        self.lock().log.iter().filter(|(_, line)| !is_start(line)).cloned().collect()
    }

    /// The lines that say which gate starts.
    pub fn starts(&self) -> Vec<(Level, String)> {
        self.lock().log.iter().filter(|(_, line)| is_start(line)).cloned().collect()
    }

    /// The lines of the log at this level.
    pub fn log_at(&self, level: Level) -> Vec<String> {
        self.log().into_iter().filter(|(at, _)| *at == level).map(|(_, line)| line).collect()
    }

    /// The sum over all series of a family that have these labels, among others.
    pub fn metric(&self, family: &str, labels: &[(&str, &str)]) -> i64 {
        let wanted = |name: &str| {
            let mut parts: Vec<&str> = name.split(";.").collect();
            let of_family = parts.pop() == Some(family);
            let has = |(label, value): &(&str, &str)| {
                parts.iter().any(|part| *part == format!("{label}=.={value}"))
            };
            of_family && labels.iter().all(has)
        };
        let shared = self.lock();
        shared.statistics.iter().filter(|(name, _)| wanted(name)).map(|(_, value)| value).sum()
    }
}

fn is_start(line: &str) -> bool {
    line.starts_with("probegate 0") || line.starts_with(r#"{"event":"started""#)
}

impl Shared {
    /// Bytes that never repeat.
    pub fn random(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        self.entropy.fill_bytes(&mut bytes);
        bytes
    }
}
