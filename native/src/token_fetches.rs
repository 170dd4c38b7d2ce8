//! Asks the sources of tokens, and lets the guards know what they say.

use crate::access;
use crate::callouts::{Purpose, Response};
use crate::envoy::{Config, Outgoing};
use crate::plugin::{Background, Plugin};
use crate::store::{Shared, locked};
use crate::time::now;
use probegate_core::auth::fetch::{self, TokenFetcher, TokenSource};
use probegate_core::digest::Digest;

/// Asks what is due, and takes over what is held.
pub fn on_tick(plugin: &Plugin, config: &mut Config) {
    let (due, tokens) = {
        let Background { fetcher: Some(fetcher), .. } = &mut *locked(&plugin.background) else {
            return;
        };
        let now = now();
        let due = fetcher.due(now, &mut Shared).into_iter();
        let call = |index| Some(Outgoing::from(fetcher.source(index)?.request()));
        let due: Vec<_> = due.map(|index| (index, call(index))).collect();
        (due, fetcher.tokens(now, &mut Shared))
    };
    plugin.for_each_gate(|gate| gate.guarding.renew_tokens(&tokens));
    for (index, call) in due {
        let sent =
            call.is_some_and(|call| plugin.call(config, Purpose::Fetch(index), &call).is_ok());
        if !sent {
            conclude(plugin, index, None);
        }
    }
}

/// A source has answered, or did not.
pub fn on_answer(plugin: &Plugin, index: usize, response: &Response) {
    conclude(plugin, index, response.judge(fetch::tokens));
}

/// Notes what a source has said, tells what that changed, and opens for it at once.
fn conclude(plugin: &Plugin, index: usize, said: Option<Vec<Digest>>) {
    let (change, name, tokens) = {
        let background = &mut *locked(&plugin.background);
        let Background { fetcher: Some(fetcher), .. } = background else { return };
        let now = now();
        let change = fetcher.on_answer(index, said, now, &mut Shared);
        (change, name(fetcher, index), fetcher.tokens(now, &mut Shared))
    };
    plugin.for_each_gate(|gate| gate.guarding.renew_tokens(&tokens));
    let (Some(change), Some(name)) = (change, name) else { return };
    if let Some((level, line)) = plugin.teller.log.fetched(&name, change) {
        access::write(level, &line);
    }
}

fn name(fetcher: &TokenFetcher, index: usize) -> Option<Box<str>> {
    fetcher.source(index).map(TokenSource::name)
}
