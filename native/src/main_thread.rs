//! Events without a request, on Envoy's main thread: ticks, and the answers to calls of a configuration.

use crate::access;
use crate::callouts::Purpose;
use crate::envoy::Config;
use crate::plugin::{Background, Plugin};
use crate::store::{Shared, locked};
use crate::time::now;
use crate::{probes, token_fetches};
use probegate_core::log::Level;

/// Sees the time go by.
pub fn on_tick(plugin: &Plugin, config: &mut Config) {
    let now = now();
    plugin.for_each_gate(|gate| {
        gate.on_tick(now);
        for (level, line) in gate.news(&plugin.teller.log, &mut Shared) {
            access::write(level, &line);
        }
    });
    probes::on_tick(plugin, config);
    token_fetches::on_tick(plugin, config);
    if plugin.flushes() {
        read_token_files(plugin);
        plugin.warn();
        plugin.flush();
        plugin.statistics.on_tick(config);
    }
}

/// Looks at the files of tokens, and lets the guards know of what changed.
fn read_token_files(plugin: &Plugin) {
    let (changed, held) = {
        let Background { files, .. } = &mut *locked(&plugin.background);
        let changed = files.look();
        if changed.is_empty() {
            return;
        }
        (changed, files.held())
    };
    plugin.for_each_gate(|gate| gate.guarding.renew_token_files(&held));
    for (path, count) in changed {
        let (level, what) = match count {
            0 => (Level::Warning, "holds no tokens any more, so it opens nothing".to_owned()),
            count => (Level::Info, format!("holds other tokens than before: {count}")),
        };
        if plugin.teller.log.level <= level {
            access::write(level, &format!("probegate: the file {path} {what}"));
        }
    }
}

/// A call is over, and what came of it is all that there will be.
pub fn on_call_end(plugin: &Plugin, id: u64, reset: bool) {
    let Some((purpose, mut response)) = plugin.calls.end(id) else { return };
    if reset {
        response.on_reset();
    }
    match purpose {
        Purpose::Probe(ticket) => probes::on_answer(plugin, ticket, &response),
        Purpose::Fetch(source) => token_fetches::on_answer(plugin, source, &response),
    }
}
