//! Values that all workers of a process share, each changed by compare-and-swap.

use crate::time::Micros;

/// The most times that a value which others changed meanwhile is tried again. Each time one of them succeeded,
/// so workers that all serve one client get their turn long before.
const CAS_ATTEMPTS: usize = 64;

/// One table of shared values, by their numbers, and a clock that all workers share.
pub trait Store {
    /// Reads a slot: its bytes, into `value`, and its version. A slot that was never written is
    /// empty, and has the version that [`Store::swap`] takes for creating it.
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable>;

    /// Writes a slot if it still has that version; returns whether it did.
    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable>;

    /// Microseconds on a clock that does not step, if there is one; 0 if it cannot be read.
    fn now(&mut self) -> Micros;

    /// The number of the write behind the one of this number, where a version is the number of its
    /// write among all writes of the process. `None` where versions are made in another way.
    fn next_version(&self, _version: Version) -> Option<Version> {
        None
    }
}

impl<S: Store> Store for &mut S {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        S::read(self, slot, value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        S::swap(self, slot, value, version)
    }

    fn now(&mut self) -> Micros {
        S::now(self)
    }

    fn next_version(&self, version: Version) -> Option<Version> {
        S::next_version(self, version)
    }
}

/// Shared tables by their names. A single value is the slot 0 of a table of its own.
pub trait Tables {
    /// The table of that name, which is empty until something is written.
    fn table(&mut self, name: &str) -> impl Store;
}

/// The version of a shared value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u32);

/// The shared values cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// The new contents of a slot, and the outcome of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update<T> {
    /// The slot stays as it is.
    Keep(T),
    /// The slot becomes what the decision has made of its value.
    Write(T),
}

/// Reason why a slot was not updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateError {
    /// It cannot be read or written.
    Unavailable,
    /// Others changed it each time it was to be written.
    Contended,
}

impl From<Unavailable> for UpdateError {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

/// Reads a slot into `value`, decides on it, and writes what the decision has made of it; all anew whenever
/// somebody else wrote meanwhile, for a bounded number of times. Only what a decision came to last counts.
pub fn update<S: Store + ?Sized, T>(
    store: &mut S,
    slot: u32,
    value: &mut Vec<u8>,
    mut decide: impl FnMut(&mut Vec<u8>, Version, &mut S) -> Update<T>,
) -> Result<T, UpdateError> {
    for _ in 0..CAS_ATTEMPTS {
        let version = store.read(slot, value)?;
        match decide(value, version, store) {
            Update::Keep(came) => return Ok(came),
            Update::Write(came) if store.swap(slot, value, version)? => return Ok(came),
            Update::Write(_) => {}
        }
    }
    Err(UpdateError::Contended)
}

#[cfg(test)]
mod tests;
