//! Streams that wait for the first byte of a body: Envoy may keep all bodies from the plugin, and then they
//! would wait for ever.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::exchange::Place;
use super::plugin::Plugin;
use super::time::now;
use probegate_core::time::Micros;
use probegate_core::warnings::Warning;

/// How long a request may wait for the first byte of a body, in microseconds.
const BODY_TIMEOUT: Micros = 5_000_000;

/// The streams that wait, in the order in which they came, and since when.
#[derive(Debug, Default)]
pub struct AwaitedBodies {
    since: RefCell<BTreeMap<u32, (Micros, Place)>>,
    /// A body was shown: Envoy does not keep them from the plugin.
    shown: Cell<bool>,
}

impl AwaitedBodies {
    /// A stream waits for a body from now on.
    pub fn wait(&self, stream: u32, exchange: Place) {
        if let Ok(mut since) = self.since.try_borrow_mut() {
            since.insert(stream, (now(), exchange));
        }
    }

    /// The first byte of a body was shown, for which a stream waited.
    pub fn came(&self, stream: u32) {
        self.shown.set(true);
        self.forget(stream);
    }

    /// A stream no longer waits for the first byte of a body.
    pub fn forget(&self, stream: u32) {
        if let Ok(mut since) = self.since.try_borrow_mut() {
            since.remove(&stream);
        }
    }

    /// The streams that began to wait for a body so long ago that some of it should have come, each of
    /// them once.
    pub fn overdue(&self) -> Vec<Place> {
        let Ok(mut since) = self.since.try_borrow_mut() else { return Vec::new() };
        if since.is_empty() {
            return Vec::new();
        }
        let now = now();
        let overdue =
            since.extract_if(.., |_, (since, _)| now.saturating_sub(*since) >= BODY_TIMEOUT);
        overdue.map(|(_, (_, exchange))| exchange).collect()
    }
}

impl Plugin {
    /// A request ended of whose body nothing was shown, though it was waited for: its client may have gone
    /// away, or Envoy keeps all bodies from the plugin.
    pub fn body_missed(&self) {
        if !self.bodies.shown.get() {
            self.warn(Warning::BodyHidden);
        }
    }
}
