//! Tokens, kept as digests: a memory dump or a careless log line does not hold the secret.

use core::fmt;

use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

use super::Credential;
use crate::digest::Digest;

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
    /// Puts others in the place of `count` tokens from `first` on.
    pub fn replace(&mut self, first: usize, count: usize, others: impl Iterator<Item = Token>) {
        let first = first.min(self.0.len());
        let end = first.saturating_add(count).min(self.0.len());
        self.0.splice(first..end, others);
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if nothing can open.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The index of the token that is equal. Compares with every one, in a time that does not depend on which one
    /// matches or how much.
    pub fn find(&self, credential: Credential<'_>) -> Option<usize> {
        let presented = Digest::new(credential.bytes());
        let mut found = u32::MAX;
        for (index, token) in (0..).zip(&self.0) {
            found.conditional_assign(&index, presented.ct_eq(&token.digest));
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
