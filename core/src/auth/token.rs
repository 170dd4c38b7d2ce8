//! Tokens, kept as digests: a memory dump or a careless log line does not hold the secret.

use core::fmt;

use sha2::{Digest as _, Sha256};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

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

/// A token, and the name by which a log tells who presented it. Never printed.
#[derive(Clone)]
pub struct Token {
    /// Of the token.
    pub digest: Digest,
    /// The variable that holds it, or the first digits of its digest.
    pub name: Box<str>,
}

impl Token {
    /// A token that is known by its digest alone.
    pub fn nameless(digest: Digest) -> Self {
        Self { digest, name: digest.short().into() }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The tokens that open a guard; any one of them does, so that two make a rotation.
#[derive(Clone, Debug, Default)]
pub struct Tokens(Vec<Token>);

impl Tokens {
    /// Puts others behind the first so many.
    pub fn renew(&mut self, first: usize, others: impl Iterator<Item = Token>) {
        self.0.truncate(first);
        self.0.extend(others);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing can open.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Which token it is. Compares with every one, in a time that does not depend on which one
    /// matches or how much.
    pub fn find(&self, credential: Credential<'_>) -> Option<usize> {
        let Digest(presented) = Digest::of(credential.bytes());
        let mut found = u32::MAX;
        for (index, Token { digest: Digest(token), .. }) in (0..).zip(&self.0) {
            found.conditional_assign(&index, presented.ct_eq(token));
        }
        (found != u32::MAX).then_some(found as usize)
    }

    /// The name of a token that was found.
    pub fn name(&self, index: usize) -> Option<&str> {
        self.0.get(index).map(|token| &*token.name)
    }
}

impl FromIterator<Token> for Tokens {
    fn from_iter<I: IntoIterator<Item = Token>>(tokens: I) -> Self {
        Self(tokens.into_iter().collect())
    }
}
