//! Tells of what requests have shown that keeps the gate from its work: once a process in the log, in a gauge and
//! in the status.

use std::sync::Mutex;

use crate::access;
use crate::plugin::Plugin;
use crate::store::{Shared, locked};
use probegate_core::log::Level;
use probegate_core::store::Tables as _;
use probegate_core::warnings::Warnings;

/// The table that holds what all configurations have found.
const TABLE: &str = "warnings";

impl Plugin {
    /// What was found, by any configuration of the process.
    pub fn warnings(&self) -> Warnings {
        let found = self.workers().map(|worker| locked(worker).gate.warnings);
        found.fold(Warnings::shared(&mut Shared.table(TABLE)), Warnings::union)
    }

    /// Tells of what is new, and keeps the gauge.
    pub fn warn(&self) {
        let found = self.warnings();
        for warning in found.iter() {
            if Warnings::share(warning, &mut Shared.table(TABLE)) {
                access::write(Level::Warning, &format!("probegate: {}", warning.sentence()));
            }
        }
        let background = &mut *locked(&self.background);
        if background.warned != Some(found) {
            background.warned = Some(found);
            background.meter.warned(found);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::Config;
    use probegate_core::metrics::Format;
    use probegate_core::warnings::Warning;

    #[test]
    fn what_a_worker_finds_is_in_the_scrape_and_the_status() {
        let configuration = br#"{"metrics": {"namespace": "warned"}}"#;
        let plugin = Plugin::compile(&mut Config::none(), "warned", configuration).unwrap();
        let line =
            |value| format!("probegate_configuration_warnings{{kind=\"peer_unknown\"}} {value}\n");
        plugin.warn();
        let text = plugin.expose(Format::Text);
        assert!(text.contains(&line(0)), "{text}");
        locked(plugin.worker(0)).gate.warnings.insert(Warning::PeerUnknown);
        plugin.warn();
        let text = plugin.expose(Format::Text);
        assert!(text.contains(&line(1)), "{text}");
        assert!(plugin.warnings().contains(Warning::PeerUnknown));
    }
}
