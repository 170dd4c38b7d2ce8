//! Streams that wait for the first byte of a body: Envoy may keep all bodies from the plugin, and then they
//! would wait for ever.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::held::with;
use super::super::plugin::Plugin;
use super::super::time::now;
use super::{Place, act_on};
use probegate_core::time::Micros;

/// Longest wait of a request for the first byte of a body, in microseconds.
const BODY_TIMEOUT: Micros = 5_000_000;

/// The streams that wait, in the order in which they came, and since when.
type Since = BTreeMap<u32, (Micros, Place)>;

thread_local! {
    static SINCE: RefCell<Since> = const { RefCell::new(BTreeMap::new()) };
}

/// A stream waits for a body from now on.
#[cold]
pub fn wait(stream: u32, exchange: Place) {
    with(&SINCE, |since| since.insert(stream, (now(), exchange)));
}

/// A stream no longer waits for the first byte of a body.
#[cold]
pub fn forget(stream: u32) {
    with(&SINCE, |since| since.remove(&stream));
}

/// The streams of a plugin that began to wait for a body so long ago that some of it should have come, each of
/// them once.
pub fn overdue(plugin: &Rc<Plugin>) -> Vec<Place> {
    let overdue = with(&SINCE, |since| {
        if since.is_empty() {
            return Vec::new();
        }
        let now = now();
        let is_overdue = |since: Micros, exchange: &Place| {
            now.saturating_sub(since) >= BODY_TIMEOUT && is_of(exchange, plugin)
        };
        let overdue = since.extract_if(.., |_, (since, exchange)| is_overdue(*since, exchange));
        overdue.map(|(_, (_, exchange))| exchange).collect()
    });
    overdue.unwrap_or_default()
}

fn is_of(exchange: &Place, plugin: &Rc<Plugin>) -> bool {
    act_on(exchange, |exchange| Rc::ptr_eq(&exchange.plugin, plugin)).unwrap_or_default()
}
