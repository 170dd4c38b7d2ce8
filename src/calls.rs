//! The calls that are under way, by which Envoy's callback finds whose answer it is.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::exchange::Place;
use super::held::with;
use super::plugin::Plugin;
use probegate_core::probe::Ticket;

/// Purpose of a call.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// A probe.
    Probe(Ticket),
    /// A source of tokens, by its number.
    Fetch(usize),
    /// A request.
    Request(Place),
}

struct Call {
    token: u32,
    purpose: Purpose,
    /// A plugin that is gone does not want to hear of it.
    plugin: Weak<Plugin>,
}

thread_local! {
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// Remembers a call that was made.
pub fn remember(token: u32, purpose: Purpose, plugin: &Rc<Plugin>) {
    let call = Call { token, purpose, plugin: Rc::downgrade(plugin) };
    with(&CALLS, |calls| calls.push(call));
}

/// Lets go of calls of plugins that are gone: Envoy cancels those, and never calls back.
pub fn forget() {
    with(&CALLS, |calls| calls.retain(|call| call.plugin.strong_count() > 0));
}

/// A call is over: what it was for, and whose, unless they do not want to hear of it.
pub fn end(token: u32) -> Option<(Purpose, Rc<Plugin>)> {
    let call = with(&CALLS, |calls| {
        let place = calls.iter().position(|call| call.token == token)?;
        Some(calls.swap_remove(place))
    });
    let Call { purpose, plugin, .. } = call??;
    Some((purpose, plugin.upgrade()?))
}
