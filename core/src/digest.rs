//! Secrets as their SHA-256: a memory dump or a careless log line does not hold them.

use core::fmt;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::hex;

/// The SHA-256 of a token. Never printed.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digests a token.
    pub fn new(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text.as_bytes()).map(Self)
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
        hex::encode(&self.0)
    }

    /// The first digits: enough to tell whose it is, and too few to find the token by.
    pub fn short(&self) -> String {
        let (first, _) = self.0.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
        format!("sha256:{}", hex::encode(first))
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
