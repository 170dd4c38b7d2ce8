//! Guards of the metrics and admin routes: bearer tokens after RFC 6750, compared by digest.

pub mod fetch;
mod file;
mod presented;
mod token;

pub use file::TokenFile;
pub use presented::{AuthMethod, Credential, Malformed};
pub use token::{Token, Tokens};

use crate::request::{Head, Single};

/// Reason why a guarded route stays shut. The values of the label `reason`, but for `upstream`, which
/// counts the 401 and 403 that the service itself answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthFailure {
    /// No token was sent.
    Missing,
    /// The credential cannot be a token.
    Malformed,
    /// The token is none of ours.
    Invalid,
    /// There is no token that would open.
    NotConfigured,
    /// The service behind the gate refused.
    Upstream,
}

/// A guarded route that stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unauthorized {
    /// The reason.
    pub failure: AuthFailure,
    /// The challenge for the client.
    pub challenge: Challenge,
}

/// The challenge of `www-authenticate` (RFC 9110 section 11.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// A bearer token; none was sent (RFC 6750 section 3.1: then there is no error code).
    Bearer,
    /// A bearer token other than the one that was sent.
    OtherBearer,
    /// A token in a header of its own, by its index in [`crate::request::HeaderNames::tokens`].
    Header(usize),
}

/// The header that carries the token of a guarded route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `authorization`, with the scheme `Bearer`.
    Authorization,
    /// A header of its own, by its index in [`crate::request::HeaderNames::tokens`].
    Header(usize),
}

/// Keeps a class of routes: closed unless one of its tokens is presented.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The header in which the token is looked for.
    pub carrier: Carrier,
    /// The tokens that open.
    pub tokens: Tokens,
    /// Number of the tokens that stand in the configuration. Those of the files follow, then those of the
    /// sources.
    own: usize,
    /// Number of them that stand in files.
    in_files: usize,
    /// The files, by their number in the configuration.
    files: Vec<usize>,
    /// The sources of more tokens, by the number of a [`fetch::TokenSource`].
    pub sources: Vec<usize>,
}

impl Guard {
    /// A guard that opens for these tokens and for those of these sources.
    pub fn new(carrier: Carrier, tokens: Tokens, sources: Vec<usize>) -> Self {
        Self { carrier, own: tokens.len(), in_files: 0, tokens, files: Vec::new(), sources }
    }

    /// The guard that opens for the tokens of these files as well, once they are read.
    pub fn with_files(self, files: Vec<usize>) -> Self {
        Self { files, ..self }
    }

    /// Takes what all sources hand out now in place of what they did.
    pub fn renew(&mut self, handed_out: &[Vec<Token>]) {
        let tokens = self.sources.iter().filter_map(|source| handed_out.get(*source));
        self.tokens.replace(self.own + self.in_files, usize::MAX, tokens.flatten().cloned());
    }

    /// Takes what all files hold now in place of what they held.
    pub fn renew_files(&mut self, held: &[Vec<Token>]) {
        let tokens: Vec<_> =
            self.files.iter().filter_map(|file| held.get(*file)).flatten().collect();
        let count = std::mem::replace(&mut self.in_files, tokens.len());
        self.tokens.replace(self.own, count, tokens.into_iter().cloned());
    }

    /// Opens for exactly one well-formed token that is configured, and says which; says why not otherwise.
    ///
    /// The presented token is compared before it is called malformed: an operator may have chosen
    /// characters that RFC 6750 does not know.
    pub fn check(&self, head: &Head<'_>) -> Result<usize, Unauthorized> {
        let sent = match self.carrier {
            Carrier::Authorization => head.authorization,
            Carrier::Header(index) => head.tokens.get(index).copied().unwrap_or_default(),
        };
        self.open(sent).map_err(|failure| Unauthorized { failure, challenge: self.challenge(sent) })
    }

    fn challenge(&self, sent: Single<'_>) -> Challenge {
        match self.carrier {
            Carrier::Header(index) => Challenge::Header(index),
            Carrier::Authorization if Credential::is_bearer(sent) => Challenge::OtherBearer,
            Carrier::Authorization => Challenge::Bearer,
        }
    }

    fn open(&self, sent: Single<'_>) -> Result<usize, AuthFailure> {
        if self.tokens.is_empty() {
            return Err(AuthFailure::NotConfigured);
        }
        let credential = match self.carrier {
            Carrier::Authorization => Credential::bearer(sent),
            Carrier::Header(_) => Credential::bare(sent),
        };
        match credential {
            Ok(None) => Err(AuthFailure::Missing),
            Err(Malformed) => Err(AuthFailure::Malformed),
            Ok(Some(credential)) => match self.tokens.find(credential) {
                Some(token) => Ok(token),
                None if credential.is_b64token() => Err(AuthFailure::Invalid),
                None => Err(AuthFailure::Malformed),
            },
        }
    }
}

#[cfg(test)]
mod tests;
