//! Slots as this worker wrote them last, so that it can write them again without reading them.
//!
//! A host may count the writes of the whole process, and give a value the number of its write for a
//! version ([`Store::next_version`]). Then a worker that has written foretells the version: one more
//! than the last write that it knows of. The guess is never later than the write was, since numbers
//! only rise, and what others wrote meanwhile only makes the true number greater. A write that is tried
//! with the guess succeeds only if the slot has exactly that number, which is then this worker's own
//! write: so the slot still holds what this worker remembers. Any other number is a mismatch, and the
//! slot is read.

use crate::store::{Store, Version};

/// Number of slots that are remembered.
const LINES: u32 = 8;

/// The most requests in a row that do not guess, after guesses that were wrong.
const MAX_PAUSE: u32 = 256;

/// This worker's last writes, and what it knows of the writes of the process.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    lines: [Line; LINES as usize],
    /// The last write that this worker knows of.
    last: Option<Version>,
    /// Number of requests that are not to guess.
    pause: u32,
    /// Length of the next pause, less one.
    longer: u32,
}

/// A slot, and its value.
#[derive(Clone, Debug, Default)]
struct Line {
    /// `None`: the line remembers nothing.
    written: Option<(u32, Version)>,
    value: Vec<u8>,
}

impl Recent {
    /// The version that the slot has if nobody wrote it since this worker did, with the value that it
    /// had then. Once: whoever takes it remembers it anew.
    pub fn take(&mut self, slot: u32, value: &mut Vec<u8>) -> Option<Version> {
        let line = self.lines.get_mut((slot % LINES) as usize)?;
        let (_, version) = line.written.take_if(|(held, _)| *held == slot)?;
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        std::mem::swap(&mut line.value, value);
        Some(version)
    }

    /// A slot was read with this version: so many writes there were at least.
    pub fn on_read(&mut self, version: Version) {
        // Numbers begin anew after 2^32 writes, so it is the distance that tells which is later.
        let later = self.last.is_none_or(|last| version.0.wrapping_sub(last.0) < u32::MAX / 2);
        if later {
            self.last = Some(version);
        }
    }

    /// A slot was written with this value; `guessed` if that was without reading it.
    pub fn on_write(&mut self, slot: u32, value: &mut Vec<u8>, guessed: bool, store: &impl Store) {
        if guessed {
            self.longer = 0;
        }
        self.last = self.last.and_then(|last| store.next_version(last));
        let line = self.lines.get_mut((slot % LINES) as usize);
        if let (Some(line), Some(version)) = (line, self.last) {
            line.written = Some((slot, version));
            std::mem::swap(&mut line.value, value);
        }
    }

    /// A guess was wrong. Where other workers write the same slots most are, so ever fewer are made.
    pub fn on_mismatch(&mut self) {
        self.pause = self.longer;
        self.longer = (2 * self.longer + 1).min(MAX_PAUSE);
    }

    /// Forgets everything: what is remembered for long might have a number that came around again.
    pub fn forget(&mut self) {
        for line in &mut self.lines {
            line.written = None;
        }
        self.last = None;
    }
}
