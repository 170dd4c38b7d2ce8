//! Asks the sources of tokens, and lets the guards know what they say.

use std::rc::Rc;

use super::access;
use super::callouts::{self, CalloutResponse};
use super::calls::{self, Purpose};
use super::host_services::Shared;
use super::plugin::{Plugin, PluginState};
use super::time::now;
use probegate_core::auth::fetch;
use probegate_core::digest::Digest;

/// Asks what is due, and takes over what all VMs hold.
pub fn on_tick(plugin: &Rc<Plugin>) {
    let due = {
        let Some(mut state) = plugin.state() else { return };
        let PluginState { fetcher: Some(fetcher), gate, .. } = &mut *state else { return };
        let now = now();
        let due = fetcher.due(now, &mut Shared);
        gate.guarding.renew_tokens(&fetcher.tokens(now, &mut Shared));
        due
    };
    for index in due {
        match send(plugin, index) {
            Some(token) => calls::remember(token, Purpose::Fetch(index), plugin),
            None => conclude(plugin, index, None),
        }
    }
}

fn send(plugin: &Plugin, index: usize) -> Option<u32> {
    let state = plugin.state()?;
    let source = state.fetcher.as_ref()?.source(index)?;
    callouts::call(*plugin.root.upgrade()?, source.request()).ok()
}

/// A source has answered, or did not.
pub fn on_answer(plugin: &Plugin, index: usize, body: usize) {
    conclude(plugin, index, fetch::tokens(CalloutResponse::read(body).answer()));
}

/// Notes what a source has said, tells what that changed, and opens for it in this VM at once.
fn conclude(plugin: &Plugin, index: usize, said: Option<Vec<Digest>>) {
    let Some(mut state) = plugin.state() else { return };
    let PluginState { fetcher: Some(fetcher), gate, .. } = &mut *state else { return };
    let now = now();
    let change = fetcher.on_answer(index, said, now, &mut Shared);
    gate.guarding.renew_tokens(&fetcher.tokens(now, &mut Shared));
    let (Some(change), Some(source)) = (change, fetcher.source(index)) else { return };
    if let Some((level, line)) = plugin.teller.log.fetched(&source.name(), change) {
        access::write(level, &line);
    }
}
