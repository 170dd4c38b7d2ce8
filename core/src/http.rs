//! Methods and statuses of HTTP, as closed sets: no client can make series of them. And the limit for bodies.

use std::fmt;

/// The longest body that is read, of a request or of an answer to a call, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The label `method`: one of the nine standard methods, or `OTHER`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    #[default]
    Other,
}

impl Method {
    /// The method of `:method`; methods are case-sensitive (RFC 9110 section 9.1).
    pub fn from_bytes(method: &[u8]) -> Self {
        match method {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            b"POST" => Self::Post,
            b"PUT" => Self::Put,
            b"DELETE" => Self::Delete,
            b"CONNECT" => Self::Connect,
            b"OPTIONS" => Self::Options,
            b"TRACE" => Self::Trace,
            b"PATCH" => Self::Patch,
            _ => Self::Other,
        }
    }

    /// All there are.
    pub const ALL: [Self; 10] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Delete,
        Self::Connect,
        Self::Options,
        Self::Trace,
        Self::Patch,
        Self::Other,
    ];

    /// The label's value.
    pub fn label(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Patch => "PATCH",
            Self::Other => "OTHER",
        }
    }
}

/// The label `status_code`: 100 to 999, `other` for what a service answered beyond these, or 0 for a stream that
/// ended without an answer. Where there is no room for more, the class of a status: `1xx` to `9xx`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Status(u16);

impl Status {
    /// 200.
    pub const OK: Self = Self(200);

    /// A status that the gate itself answers.
    pub fn new(status: u16) -> Self {
        if (100..1000).contains(&status) { Self(status) } else { Self(0) }
    }

    /// A status that Envoy passes on, and RFC 9110 section 15 does not know: `099`, `1000`.
    pub const OTHER: Self = Self(1000);

    /// The status of `:status`; none is 0.
    pub fn parse(status: &[u8]) -> Self {
        let digit = |byte: u8| u16::from(byte - b'0');
        match *status {
            // Three digits, each in a few steps: every answer has them read.
            [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
                Self(digit(a) * 100 + digit(b) * 10 + digit(c))
            }
            [] => Self(0),
            _ => Self::OTHER,
        }
    }

    /// A status, or a class of statuses, as [`Status::code`] has it.
    pub fn held(code: u16) -> Option<Self> {
        (code < 10 || (100..=1000).contains(&code)).then_some(Self(code))
    }

    /// The class of the status.
    pub fn class(self) -> Self {
        match self.0 {
            100..1000 => Self(self.0 / 100),
            _ => self,
        }
    }

    /// The status as a number; that of a class is its first digit, and that of [`Status::OTHER`] 1000.
    pub fn code(self) -> u16 {
        self.0
    }

    /// True if the service behind refused for want of a credential or a right.
    pub fn is_auth_failure(self) -> bool {
        matches!(self.0, 401 | 403)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            class @ 1..10 => write!(f, "{class}xx"),
            1000 => f.write_str("other"),
            status => status.fmt(f),
        }
    }
}
