//! Random bytes of the operating system, fetched many at a time.

use std::fmt;
use std::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::host_services::now;
use probegate_core::client::HashKey;

/// Random bytes for one worker.
pub struct Random {
    pool: Box<[u8; Self::POOL]>,
    used: usize,
    key: HashKey,
    draws: u64,
}

impl Random {
    /// Enough for 256 request IDs.
    const POOL: usize = 4096;

    /// `key` was drawn for this worker, and no other has it.
    pub fn new(key: HashKey) -> Self {
        Self { pool: Box::new([0; Self::POOL]), used: Self::POOL, key, draws: 0 }
    }

    /// 16 bytes that nobody can predict.
    pub fn next(&mut self) -> [u8; 16] {
        if self.used >= Self::POOL && getrandom::fill(&mut *self.pool).is_ok() {
            self.used = 0;
        }
        match self.pool.get(self.used..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => {
                self.used += bytes.len();
                *bytes
            }
            None => self.derive(),
        }
    }

    /// Without the operating system's generator an ID still must not be guessed nor repeated: a keyed hash
    /// of the time and of how many there were.
    fn derive(&mut self) -> [u8; 16] {
        self.draws += 1;
        let mut hasher = SipHasher13::new_with_key(&self.key.0);
        hasher.write_u64(now());
        hasher.write_u64(self.draws);
        hasher.finish128().as_bytes()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_bytes_come_twice_over_the_border_of_a_pool() {
        let mut random = Random::new(HashKey([7; 16]));
        let drawn: HashSet<_> = (0..600).map(|_| random.next()).collect();
        assert_eq!(drawn.len(), 600);
    }

    #[test]
    fn without_a_generator_bytes_still_differ_by_draw_and_by_key() {
        let (mut one, mut other) = (Random::new(HashKey([1; 16])), Random::new(HashKey([2; 16])));
        let drawn: HashSet<_> = (0..100).flat_map(|_| [one.derive(), other.derive()]).collect();
        assert_eq!(drawn.len(), 200);
    }
}
