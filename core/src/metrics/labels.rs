//! Label values: closed sets, so that no client can make series.

use crate::auth::{AuthFailure, AuthMethod};
use crate::rate_limit::LimitReason;
use crate::replay::Block;

impl AuthMethod {
    /// All there are.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Bearer, Self::Jwt, Self::Basic, Self::ApiKey, Self::Mtls, Self::Other];

    /// The label's value.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer => "bearer",
            Self::Jwt => "jwt",
            Self::Basic => "basic",
            Self::ApiKey => "api_key",
            Self::Mtls => "mtls",
            Self::Other => "other",
        }
    }
}

impl AuthFailure {
    /// All there are.
    pub const ALL: [Self; 5] =
        [Self::Missing, Self::Malformed, Self::Invalid, Self::NotConfigured, Self::Upstream];

    /// The label's value.
    pub fn label(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::NotConfigured => "not_configured",
            Self::Upstream => "upstream",
        }
    }
}

impl Block {
    /// All there are.
    pub const ALL: [Self; 6] =
        [Self::Missing, Self::Malformed, Self::Stale, Self::Seen, Self::Full, Self::Unavailable];

    /// The label's value.
    pub fn label(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Stale => "stale",
            Self::Seen => "seen",
            Self::Full => "full",
            Self::Unavailable => "unavailable",
        }
    }
}

impl LimitReason {
    /// All there are. Each client's own limit has all but the last one.
    pub const ALL: [Self; 5] =
        [Self::Exceeded, Self::TableFull, Self::Contended, Self::Unavailable, Self::MissingKey];

    /// The label's value.
    pub fn label(self) -> &'static str {
        match self {
            Self::Exceeded => "exceeded",
            Self::TableFull => "table_full",
            Self::Contended => "contended",
            Self::Unavailable => "unavailable",
            Self::MissingKey => "missing_key",
        }
    }
}
