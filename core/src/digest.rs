//! Secrets as their SHA-256: a memory dump or a careless log line does not hold them.

use core::fmt;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The SHA-256 of a token. Never printed.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digests a token.
    pub fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
        let mut digest = [0; 32];
        if pairs.len() != digest.len() {
            return None;
        }
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            let digits = [char::from(*high).to_digit(16)?, char::from(*low).to_digit(16)?];
            *byte = u8::try_from(digits[0] << 4 | digits[1]).ok()?;
        }
        Some(Self(digest))
    }

    /// A digest that was kept.
    pub fn held(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest's bytes, to keep them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// All digits.
    pub fn hex(&self) -> String {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
        self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// The first digits: enough to tell whose it is, and too few to find the token by.
    pub fn short(&self) -> String {
        let Self([first, second, third, fourth, ..]) = self;
        format!("sha256:{first:02x}{second:02x}{third:02x}{fourth:02x}")
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// In a time that does not depend on where two digests differ.
impl ConstantTimeEq for Digest {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}
