//! Tells of what keeps the gate from its work: once a process in the log, in a gauge and in the status.

use std::cell::Cell;

use super::host_services::Shared;
use super::{abi, access};
use probegate_core::log::Level;
use probegate_core::metrics::Meter;
use probegate_core::store::Tables as _;
use probegate_core::warnings::{Warning, Warnings};

/// The shared table that holds what all VMs have found.
const TABLE: &str = "probegate.warnings";

/// The warnings of this VM.
#[derive(Debug, Default)]
pub struct Found {
    here: Cell<Warnings>,
    /// Those that the gauge has from here.
    told: Cell<Warnings>,
}

impl Found {
    /// Writes a warning to the log, if no VM of the process has.
    pub fn warn(&self, warning: Warning) {
        let mut here = self.here.get();
        if !here.insert(warning) {
            return;
        }
        self.here.set(here);
        if Warnings::share(warning, &mut Shared.table(TABLE)) {
            access::write(Level::Warning, &format!("probegate: {}", warning.sentence()));
        }
    }

    /// The warnings of all VMs.
    pub fn anywhere(&self) -> Warnings {
        Warnings::shared(&mut Shared.table(TABLE)).union(self.here.get())
    }

    /// Tells of what requests and counters have shown here, and sets the gauge if there is something new.
    pub fn tell(&self, mut shown: Warnings, meter: &mut Meter) {
        if meter.dropped() {
            shown.insert(Warning::StatisticsDropped);
        }
        shown.iter().for_each(|warning| self.warn(warning));
        let here = self.here.get();
        if self.told.replace(here) != here {
            meter.warned(self.anywhere());
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
