//! What a VM holds beside the SDK's contexts.

use std::cell::RefCell;
use std::thread::LocalKey;

/// Acts on it; `None` if something else acts on it now, which nothing does, or if its thread, one of a test, ends.
pub fn with<T, R>(held: &'static LocalKey<RefCell<T>>, act: impl FnOnce(&mut T) -> R) -> Option<R> {
    held.try_with(|held| held.try_borrow_mut().ok().map(|mut held| act(&mut held))).ok()?
}
