//! Tokens, kept as digests: a memory dump or a careless log line does not hold the secret.

use core::fmt;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::Credential;

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
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// The tokens that open a guard; any one of them does, so that two make a rotation.
#[derive(Clone, Debug, Default)]
pub struct Tokens(Vec<Digest>);

impl Tokens {
    /// Whether nothing can open.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares with every token, in a time that does not depend on which one matches or how much.
    pub fn contain(&self, credential: Credential<'_>) -> bool {
        let Digest(presented) = Digest::of(credential.bytes());
        let matches = |found: Choice, Digest(token): &Digest| found | presented.ct_eq(token);
        self.0.iter().fold(Choice::from(0), matches).into()
    }
}

impl FromIterator<Digest> for Tokens {
    fn from_iter<I: IntoIterator<Item = Digest>>(digests: I) -> Self {
        Self(digests.into_iter().collect())
    }
}
