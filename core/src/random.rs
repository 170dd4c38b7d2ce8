//! Random bytes of the host's, fetched many at a time.

use std::fmt;
use std::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::client::HashKey;
use crate::time::Micros;

/// Random bytes for one worker.
pub struct RandomPool {
    pool: Box<[u8; Self::SIZE]>,
    used: usize,
    key: HashKey,
    draws: u64,
}

impl RandomPool {
    /// Enough for 256 request IDs.
    const SIZE: usize = 4096;

    /// `key` was drawn for this worker, and no other has it.
    pub fn new(key: HashKey) -> Self {
        Self { pool: Box::new([0; Self::SIZE]), used: Self::SIZE, key, draws: 0 }
    }

    /// 16 bytes that nobody can predict. `fill` has the host write random bytes, and says whether it did;
    /// `now` is the time.
    pub fn next(
        &mut self,
        fill: impl FnOnce(&mut [u8]) -> bool,
        now: impl FnOnce() -> Micros,
    ) -> [u8; 16] {
        if self.used >= Self::SIZE && fill(&mut *self.pool) {
            self.used = 0;
        }
        match self.pool.get(self.used..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => {
                self.used += bytes.len();
                *bytes
            }
            None => self.derive(now()),
        }
    }

    /// Without the host's generator an ID still must not be guessed nor repeated: a keyed hash of the time and
    /// of how many there were.
    fn derive(&mut self, now: Micros) -> [u8; 16] {
        self.draws += 1;
        let mut hasher = SipHasher13::new_with_key(self.key.bytes());
        hasher.write_u64(now);
        hasher.write_u64(self.draws);
        hasher.finish128().as_bytes()
    }
}

impl fmt::Debug for RandomPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomPool(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_bytes_come_twice_over_the_border_of_a_pool() {
        let (mut random, mut fills) = (RandomPool::new(HashKey::new([7; 16])), 0_u64);
        let drawn: HashSet<_> = (0..600)
            .map(|_| {
                let fill = |pool: &mut [u8]| {
                    fills += 1;
                    for (place, bytes) in pool.as_chunks_mut::<16>().0.iter_mut().enumerate() {
                        let number = (fills << 32 | place as u64).to_be_bytes();
                        bytes[..8].copy_from_slice(&number);
                    }
                    true
                };
                random.next(fill, || 0)
            })
            .collect();
        assert_eq!((drawn.len(), fills), (600, 3));
    }

    #[test]
    fn without_a_generator_bytes_still_differ_by_draw_and_by_key() {
        let mut pools = [1, 2].map(|key| RandomPool::new(HashKey::new([key; 16])));
        let drawn: HashSet<_> = (0..100)
            .flat_map(|_| pools.each_mut().map(|pool| pool.next(|_| false, || 5)))
            .collect();
        assert_eq!(drawn.len(), 200);
    }
}
