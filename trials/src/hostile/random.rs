//! Chance that repeats itself.

use std::iter;

/// The same numbers for the same seed.
pub struct Random(fastrand::Rng);

impl Random {
    /// Another one for each of a seed's streams.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95)).fork())
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound)
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// A word of a text.
    pub fn word<'a>(&mut self, of: &'a str) -> &'a str {
        self.pick(&of.split_whitespace().collect::<Vec<_>>())
    }

    pub fn byte(&mut self) -> u8 {
        self.0.u8(..)
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        iter::repeat_with(|| self.byte()).take(length).collect()
    }

    /// Bytes of which most servers let pass what stands in a header.
    pub fn value(&mut self, longest: usize) -> Vec<u8> {
        let (length, ascii) = (self.below(longest), self.one_in(2));
        let bytes = iter::repeat_with(|| self.byte()).take(length);
        bytes.map(|byte| if ascii { 0x21 + byte % 0x5e } else { passable(byte) }).collect()
    }

    /// A few bytes more, less or other ones.
    pub fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.below(4) {
            let at = self.below(bytes.len() + 1);
            match self.below(3) {
                0 => bytes.insert(at, passable(self.byte())),
                1 if at < bytes.len() => bytes[at] = passable(self.byte()),
                _ => bytes.truncate(at),
            }
        }
    }

    /// These bytes in pieces.
    pub fn pieces<'a>(&mut self, bytes: &'a [u8], longest: usize) -> Vec<&'a [u8]> {
        let (mut pieces, mut rest) = (Vec::new(), bytes);
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at((1 + self.below(longest)).min(rest.len()));
            pieces.push(piece);
            rest = behind;
        }
        pieces
    }
}

/// No control character: one in a field, and Envoy refuses the request before the gate sees it. Torn
/// requests have them.
fn passable(byte: u8) -> u8 {
    if byte.is_ascii_control() { byte ^ 0xa0 } else { byte }
}
