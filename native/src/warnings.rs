//! Tells of what keeps the gate from its work: once a process in the log.

use std::sync::Mutex;

use crate::access;
use crate::store::{Shared, locked};
use probegate_core::log::Level;
use probegate_core::store::Tables as _;
use probegate_core::warnings::Warnings;

/// The table that holds what all configurations have found.
const TABLE: &str = "warnings";

/// The warnings that any configuration of the process has told of.
pub fn told() -> Warnings {
    Warnings::shared(&mut Shared.table(TABLE))
}

/// Writes to the log what nobody has told of.
pub fn tell(found: Warnings) {
    for warning in found.iter() {
        if Warnings::share(warning, &mut Shared.table(TABLE)) {
            access::write(Level::Warning, &format!("probegate: {}", warning.sentence()));
        }
    }
}

/// Logs warnings, unless they are the ones that were logged last.
pub fn warn_once(warnings: &[String]) {
    static LAST: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut last = locked(&LAST);
    if *last != warnings {
        for warning in warnings {
            access::write(Level::Warning, &format!("probegate: {warning}"));
        }
        *last = warnings.to_vec();
    }
}
