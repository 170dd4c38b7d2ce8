//! State that all VMs of one Envoy process share.

use std::sync::{Arc, Mutex, MutexGuard};

use super::shared_data::SharedData;
use super::statistics::Statistics;

/// The two clocks of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    Realtime,
    Monotonic,
}

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

impl Level {
    pub fn of(level: u32) -> Option<Self> {
        use Level::*;
        [Trace, Debug, Info, Warn, Error, Critical].get(level as usize).copied()
    }
}

/// An Envoy process: shared data, statistics, log, and a clock that stands still.
#[derive(Debug)]
pub struct Process(Mutex<Shared>);

#[derive(Debug)]
pub struct Shared {
    pub data: SharedData,
    pub statistics: Statistics,
    pub log: Vec<(Level, String)>,
    /// Nanoseconds on the monotonic clock.
    pub clock: u64,
    entropy: u64,
}

impl Process {
    /// A process on a machine that has been up for a day.
    pub fn start() -> Arc<Self> {
        const DAY: u64 = 86_400_000_000_000;
        Arc::new(Self(Mutex::new(Shared {
            data: SharedData::default(),
            statistics: Statistics::default(),
            log: Vec::new(),
            clock: DAY,
            entropy: 0,
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        // A test that fails while it holds the lock has said why.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
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

    pub fn step_back_ms(&self, millis: u64) {
        self.step_back_us(millis * 1_000);
    }

    /// The log, without the line that says which gate starts.
    pub fn log(&self) -> Vec<(Level, String)> {
        let mut log = self.lock().log.clone();
        log.retain(|(_, line)| !is_start(line));
        log
    }

    /// The lines that say which gate starts.
    pub fn starts(&self) -> Vec<(Level, String)> {
        let mut log = self.lock().log.clone();
        log.retain(|(_, line)| is_start(line));
        log
    }

    /// The lines of the log at this level.
    pub fn log_at(&self, level: Level) -> Vec<String> {
        let log = self.log();
        log.into_iter().filter(|(at, _)| *at == level).map(|(_, line)| line).collect()
    }

    /// The sum over all series of a family that have these labels, among others.
    pub fn metric(&self, family: &str, labels: &[(&str, &str)]) -> i64 {
        self.lock().statistics.sum(family, labels)
    }
}

fn is_start(line: &str) -> bool {
    line.starts_with("probegate 0") || line.starts_with(r#"{"event":"started""#)
}

impl Shared {
    /// Bytes that never repeat (SplitMix64).
    pub fn random(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < size {
            self.entropy = self.entropy.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = self.entropy;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bytes.extend_from_slice(&(word ^ (word >> 31)).to_le_bytes());
        }
        bytes.truncate(size);
        bytes
    }
}
