//! Tells of what keeps the gate from its work: once a process in the log, in a gauge and in the status.

use crate::access;
use crate::plugin::Plugin;
use crate::store::{Shared, locked};
use probegate_core::log::Level;
use probegate_core::store::Tables as _;
use probegate_core::warnings::Warnings;

/// The shared table that holds what all plugins have found.
const TABLE: &str = "warnings";

/// What all plugins of the process have found.
pub fn shared() -> Warnings {
    Warnings::shared(&mut Shared.table(TABLE))
}

/// Tells of what has been found since the last tick.
pub fn on_tick(plugin: &Plugin) {
    let found = plugin.found();
    let told = locked(&plugin.background).told;
    for warning in found.iter().filter(|warning| !told.contains(*warning)) {
        if Warnings::share(warning, &mut Shared.table(TABLE)) {
            access::write(Level::Warning, &format!("probegate: {}", warning.sentence()));
        }
    }
    let all = shared();
    let background = &mut *locked(&plugin.background);
    if background.told != all {
        background.told = all;
        background.meter.warned(all);
    }
}
