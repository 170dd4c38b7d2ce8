//! The credential that a client presents.

use crate::request::{Head, Single};

/// The longest token that is looked at, in bytes.
pub const MAX_LENGTH: usize = 4096;

/// The credential cannot be a token: several headers, another scheme, nothing behind it, bytes
/// that are not visible ASCII, or more than 4,096 of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// A token that a client presented: 1 to 4,096 visible ASCII characters. Never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credential<'a>(&'a [u8]);

impl<'a> Credential<'a> {
    /// Reads `Bearer <token>`, the scheme in any case (RFC 9110 section 11.1). `None` is no header.
    pub fn bearer(header: Single<'a>) -> Result<Option<Self>, Malformed> {
        let value = match header {
            Single::Missing => return Ok(None),
            Single::Repeated => return Err(Malformed),
            Single::Once(value) => value,
        };
        match split_scheme(value) {
            (scheme, Some(token)) if scheme.eq_ignore_ascii_case(b"bearer") => {
                Self::new(token).map(Some)
            }
            _ => Err(Malformed),
        }
    }

    /// True if a header has the scheme `Bearer`, whatever is behind it; of two nobody can tell.
    pub fn is_bearer(header: Single<'a>) -> bool {
        let scheme = header.once().map(|value| split_scheme(value).0);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
    }

    /// Reads a header that holds a token and nothing else. `None` is no header.
    pub fn bare(header: Single<'a>) -> Result<Option<Self>, Malformed> {
        match header {
            Single::Missing => Ok(None),
            Single::Repeated => Err(Malformed),
            Single::Once(value) => Self::new(value).map(Some),
        }
    }

    fn new(token: &'a [u8]) -> Result<Self, Malformed> {
        let fits = (1..=MAX_LENGTH).contains(&token.len());
        if fits && token.iter().all(u8::is_ascii_graphic) {
            Ok(Self(token))
        } else {
            Err(Malformed)
        }
    }

    pub(super) fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// True if the token has the shape that RFC 6750 section 2.1 calls `b64token`.
    pub fn is_b64token(self) -> bool {
        let padding = self.0.iter().rev().take_while(|byte| **byte == b'=').count();
        let body = self.0.get(..self.0.len().saturating_sub(padding)).unwrap_or_default();
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
        !body.is_empty() && body.iter().all(allowed)
    }
}

/// The scheme, and what stands behind the spaces that follow it.
fn split_scheme(value: &[u8]) -> (&[u8], Option<&[u8]>) {
    match value.iter().position(|byte| *byte == b' ') {
        None => (value, None),
        Some(space) => {
            let (scheme, rest) = value.split_at_checked(space).unwrap_or((value, b""));
            (scheme, Some(rest.trim_ascii_start()))
        }
    }
}

/// The kind of credential that a client presents: the values of the label `auth_method`. Nothing
/// is verified for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthMethod {
    /// Nothing is presented.
    #[default]
    None,
    /// `authorization: Bearer`, and no JSON Web Token.
    Bearer,
    /// `authorization: Bearer` with a JSON Web Token.
    Jwt,
    /// `authorization: Basic`.
    Basic,
    /// `x-api-key`, or the token header of an admin route.
    ApiKey,
    /// A client certificate, which the connection manager names in `x-forwarded-client-cert`.
    Mtls,
    /// Any other `authorization`.
    Other,
}

impl AuthMethod {
    /// The method of a request; `authorization` counts first, then a key, then a certificate.
    pub fn from_head(head: &Head<'_>) -> Self {
        match head.authorization {
            Single::Once(value) => Self::of_authorization(value),
            Single::Repeated => Self::Other,
            Single::Missing if head.api_key => Self::ApiKey,
            Single::Missing if head.tokens.iter().any(|token| *token != Single::Missing) => {
                Self::ApiKey
            }
            Single::Missing if head.client_certificate => Self::Mtls,
            Single::Missing => Self::None,
        }
    }

    fn of_authorization(value: &[u8]) -> Self {
        let (scheme, token) = split_scheme(value);
        if scheme.eq_ignore_ascii_case(b"basic") {
            Self::Basic
        } else if !scheme.eq_ignore_ascii_case(b"bearer") {
            Self::Other
        } else if token.is_some_and(is_jwt) {
            Self::Jwt
        } else {
            Self::Bearer
        }
    }
}

/// Three parts, the first one a JSON object in base64url: `eyJ` is `{"`.
fn is_jwt(token: &[u8]) -> bool {
    token.starts_with(b"eyJ") && token.iter().filter(|byte| **byte == b'.').count() == 2
}
