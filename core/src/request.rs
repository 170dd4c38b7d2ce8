//! A borrowed view of a request's head: bytes only, since a client may send any.

use std::fmt::Debug;

/// A header's name and value.
pub type Header<'a> = (&'a [u8], &'a [u8]);

/// Headers in the order of the message, as the host has them.
#[derive(Clone, Copy, Debug)]
pub enum Headers<'a> {
    /// Serialised as in the proxy-wasm ABI.
    Serialized(Pairs<'a>),
    /// Listed one by one.
    Listed(&'a [Header<'a>]),
    /// The host's list of them, from that place on.
    Lent(&'a dyn HeaderList, usize),
}

/// Headers that the host lends one by one, without a copy.
pub trait HeaderList: Debug {
    /// The header at that place of the message.
    fn header(&self, place: usize) -> Option<Header<'_>>;
}

impl<'a> From<Pairs<'a>> for Headers<'a> {
    fn from(pairs: Pairs<'a>) -> Self {
        Self::Serialized(pairs)
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Serialized(pairs) => pairs.next(),
            Self::Listed(headers) => headers.split_off_first().copied(),
            Self::Lent(headers, place) => {
                let header = headers.header(*place)?;
                *place += 1;
                Some(header)
            }
        }
    }
}

/// Reads the header map as the proxy-wasm ABI serialises it.
///
/// Shape: a count, then a pair of lengths for each header, then each name and value with a NUL
/// behind it; all numbers are little-endian `u32`. A buffer that ends early yields the headers
/// that are whole and then stops.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'a> {
    lengths: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> Pairs<'a> {
    /// Borrows a serialised header map. Never fails: what cannot be read is empty.
    pub fn new(buffer: &'a [u8]) -> Self {
        let empty = Self { lengths: &[], bytes: &[] };
        let Some((count, rest)) = buffer.split_first_chunk() else { return empty };
        let Some(lengths) = (u32::from_le_bytes(*count) as usize).checked_mul(8) else {
            return empty;
        };
        match rest.split_at_checked(lengths) {
            Some((lengths, bytes)) => Self { lengths, bytes },
            None => empty,
        }
    }

    fn take(&mut self, length: u32) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length as usize)?;
        // The NUL behind it.
        self.bytes = rest.get(1..)?;
        Some(taken)
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Header<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let ([name, value], rest) = self.lengths.as_chunks().0.split_first_chunk()?;
        let (name, value) = (u32::from_le_bytes(*name), u32::from_le_bytes(*value));
        // Nothing is read behind a header that is cut off: that would begin in the middle of it.
        self.lengths = &[];
        let pair = (self.take(name)?, self.take(value)?);
        self.lengths = rest.as_flattened();
        Some(pair)
    }
}

/// A header that must come once to mean anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Single<'a> {
    /// It was not sent.
    #[default]
    Missing,
    /// It was sent once, with this value.
    Once(&'a [u8]),
    /// It was sent several times: whom to believe is anybody's guess.
    Repeated,
}

impl<'a> Single<'a> {
    fn see(&mut self, value: &'a [u8]) {
        *self = match self {
            Self::Missing => Self::Once(value),
            _ => Self::Repeated,
        };
    }

    /// The value, if it was sent exactly once.
    pub fn once(self) -> Option<&'a [u8]> {
        match self {
            Self::Once(value) => Some(value),
            _ => None,
        }
    }
}

/// The names that a configuration adds to those which the gate always reads.
#[derive(Clone, Debug, Default)]
pub struct HeaderNames {
    /// Header of the request ID, in lower case.
    pub request_id: Box<[u8]>,
    /// Header that names the client, in lower case; empty if none does.
    pub client: Box<[u8]>,
    /// Headers that carry a token, in lower case.
    pub tokens: Vec<Box<[u8]>>,
}

/// The head of a request as far as the gate reads it, gathered in one pass over its headers.
#[derive(Clone, Debug, Default)]
pub struct Head<'a> {
    /// `:method`; empty if there is none.
    pub method: &'a [u8],
    /// `:path` with its query; empty for a CONNECT without one.
    pub path: &'a [u8],
    /// The request ID that came with the request.
    pub request_id: Single<'a>,
    /// `authorization`.
    pub authorization: Single<'a>,
    /// The header that names the client, if the configuration has one.
    pub client: Single<'a>,
    /// The configuration's token headers, in its order.
    pub tokens: Vec<Single<'a>>,
    /// `x-forwarded-for`, if it stands in one line, as Envoy keeps it.
    pub forwarded_for: Single<'a>,
    /// Nothing follows the head.
    pub ends: bool,
    /// All headers, for what is looked at rarely.
    pub headers: Option<Headers<'a>>,
    /// `content-type` says gRPC, and there is a path: to Envoy a CONNECT without one is no call.
    pub grpc: bool,
    /// `x-api-key` was sent.
    pub api_key: bool,
    /// `x-forwarded-client-cert` was sent: the connection manager verified a certificate.
    pub client_certificate: bool,
    /// The client sent the mark of a limit, which only the gate may set.
    pub marked: bool,
    /// The client sent the mark of a service that is not well, which only the gate may set.
    pub degraded: bool,
}

/// Marks a request that a limit would have refused, were it enforced.
pub const WOULD_LIMIT: &[u8] = b"x-gate-would-limit";

/// Names the services that are not well.
pub const DEGRADED: &[u8] = b"x-gate-degraded";

/// The lengths of the names that every gate reads, a bit for each.
const KNOWN_LENGTHS: u64 =
    1 << 5 | 1 << 7 | 1 << 9 | 1 << 12 | 1 << 13 | 1 << 15 | 1 << 18 | 1 << 23;

impl<'a> Head<'a> {
    /// The head that has these headers.
    pub fn read<H>(headers: H, names: &HeaderNames) -> Self
    where
        H: Iterator<Item = Header<'a>> + Into<Headers<'a>> + Copy,
    {
        let mut head = Self::default();
        head.gather(headers, names);
        head
    }

    /// Gathers what the gate reads, into an empty head. Names arrive in lower case, as Envoy keeps them.
    ///
    /// Generic, so that the one pass of every request knows how its headers are held.
    // Not inlined, as little as what it calls: what they keep would be carried along in more registers than there are.
    #[inline(never)]
    pub fn gather<H>(&mut self, headers: H, names: &HeaderNames)
    where
        H: Iterator<Item = Header<'a>> + Into<Headers<'a>> + Copy,
    {
        self.headers = Some(headers.into());
        // Only a configuration with token headers pays for them.
        if !names.tokens.is_empty() {
            self.tokens = none_of(names.tokens.len());
        }
        let bit = |length: usize| 1_u64 << length.min(63);
        let own = [&names.request_id, &names.client].into_iter().chain(&names.tokens);
        let lengths = own.fold(KNOWN_LENGTHS, |lengths, name| lengths | bit(name.len()));
        for (name, value) in headers {
            // Most headers are none of those that are read, as their length tells.
            if lengths & bit(name.len()) != 0 {
                self.see(name, value, names);
            }
        }
        self.grpc &= !self.path.is_empty();
    }

    /// Keeps a header that is read.
    // Names are compared whole: a `match` looks at each byte by itself.
    #[inline(never)]
    fn see(&mut self, name: &[u8], value: &'a [u8], names: &HeaderNames) {
        if name == b":path" {
            self.path = value;
        } else if name == b":method" {
            self.method = value;
        } else if name == b"x-api-key" {
            self.api_key = true;
        } else if name == b"content-type" {
            self.grpc = is_grpc(value);
        } else if name == b"authorization" {
            self.authorization.see(value);
        } else if name == b"x-forwarded-for" {
            self.forwarded_for.see(value);
        } else if name == WOULD_LIMIT {
            self.marked = true;
        } else if name == DEGRADED {
            self.degraded = true;
        } else if name == b"x-forwarded-client-cert" {
            self.client_certificate = true;
        }
        if name == &*names.request_id {
            self.request_id.see(value);
        }
        if name == &*names.client {
            self.client.see(value);
        }
        for (wanted, seen) in names.tokens.iter().zip(&mut self.tokens) {
            if name == &**wanted {
                seen.see(value);
            }
        }
    }

    /// The header called `name`, for those that are looked at rarely.
    pub fn single(&self, name: &[u8]) -> Single<'a> {
        let mut seen = Single::Missing;
        let pairs = self.headers.into_iter().flatten();
        pairs.filter(|(held, _)| *held == name).for_each(|(_, value)| seen.see(value));
        seen
    }

    /// Every value of the header called `name`, in the order of the message.
    pub fn values(&self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.headers.into_iter().flatten().filter(move |(n, _)| *n == name).map(|(_, value)| value)
    }
}

/// `application/grpc`, or that with a suffix such as `+proto`, as Envoy decides it: with a parameter it is
/// none.
fn is_grpc(content_type: &[u8]) -> bool {
    match content_type.strip_prefix(b"application/grpc") {
        Some(rest) => matches!(rest.first(), None | Some(b'+')),
        None => false,
    }
}

/// So many headers that are missing. Apart, since few configurations allocate here.
#[inline(never)]
fn none_of<'a>(length: usize) -> Vec<Single<'a>> {
    vec![Single::Missing; length]
}

#[cfg(test)]
mod tests;
