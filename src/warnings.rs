//! Tells of what keeps the gate from its work: once a process in the log, in a gauge and in the status.

use super::host_services::Shared;
use super::plugin::{Plugin, State};
use super::{abi, access};
use probegate_core::log::Level;
use probegate_core::store::Tables as _;
use probegate_core::warnings::{Warning, Warnings};

/// The shared table that holds what all VMs have found.
const TABLE: &str = "probegate.warnings";

impl State {
    /// What requests and counters have shown here.
    pub fn found(&self) -> Warnings {
        let mut found = self.gate.warnings;
        if self.meter.dropped() {
            found.insert(Warning::StatisticsDropped);
        }
        found
    }
}

impl Plugin {
    /// Writes a warning to the log, if no VM of the process has.
    pub fn warn(&self, warning: Warning) {
        let mut warned = self.warned.get();
        if !warned.insert(warning) {
            return;
        }
        self.warned.set(warned);
        if Warnings::share(warning, &mut Shared.table(TABLE)) {
            access::write(Level::Warning, &format!("probegate: {}", warning.sentence()));
        }
    }

    /// What all VMs have found.
    pub fn warnings(&self) -> Warnings {
        Warnings::shared(&mut Shared.table(TABLE)).union(self.warned.get())
    }

    /// Tells of what was found, and sets the gauge if there is something new.
    pub fn tell(&self, found: Warnings, state: &mut State) {
        found.iter().for_each(|warning| self.warn(warning));
        let warned = self.warned.get();
        if state.told != warned {
            state.told = warned;
            state.meter.warned(self.warnings());
        }
    }
}

/// Logs lines in one of a process's VMs, unless they are the ones that were logged last.
pub fn log_once(key: &str, level: Level, lines: &[String]) {
    let text = lines.join("\n");
    let (last, version) = match abi::shared_data(key) {
        Ok(Some(shared)) => shared,
        _ => (Vec::new(), abi::ABSENT),
    };
    if last != text.as_bytes() && abi::set_shared_data(key, text.as_bytes(), version) == Ok(true) {
        for line in lines {
            access::write(level, line);
        }
    }
}
