//! The one ID of a request: the client's own where it can be believed, else a fresh UUID.

use crate::hex;
use crate::request::Single;

/// The longest ID of a client that is kept, in bytes.
pub const MAX_LENGTH: usize = 128;

/// 1 to 128 visible ASCII characters: safe in a header, a log line and a JSON string.
#[derive(Clone)]
pub struct RequestId(Text);

#[derive(Clone)]
enum Text {
    /// A UUID, all of it ASCII.
    Minted([u8; 36]),
    Client(Box<str>),
}

impl RequestId {
    /// Keeps a client's ID: exactly one value of 1 to 128 visible ASCII characters, no comma.
    ///
    /// A comma is a repetition: Envoy joins the values of a repeated `x-request-id` with one
    /// before any filter sees them, as RFC 9110 section 5.3 allows it to.
    pub fn from_client(sent: Single<'_>) -> Option<Self> {
        sent.once().and_then(Self::kept)
    }

    /// The ID that was sent, if it is kept.
    #[inline(never)]
    fn kept(value: &[u8]) -> Option<Self> {
        if !(1..=MAX_LENGTH).contains(&value.len()) {
            return None;
        }
        let fits = value.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',');
        let text = str::from_utf8(value).ok().filter(|_| fits)?;
        Some(Self(Text::Client(text.into())))
    }

    /// Makes a UUID of version 4 (RFC 9562) out of 16 random bytes.
    pub fn mint(random: [u8; 16]) -> Self {
        let [a, b, c, d, e, f, version, g, variant, h, i, j, k, l, m, n] = random;
        let (version, variant) = (version & 0x0f | 0x40, variant & 0x3f | 0x80);
        let mut text = [b'-'; 36];
        text[..8].copy_from_slice(&hex::digits([a, b, c, d]));
        let [p, q, r, s, t, u, v, w] = hex::digits([e, f, version, g]);
        text[9..13].copy_from_slice(&[p, q, r, s]);
        text[14..18].copy_from_slice(&[t, u, v, w]);
        let [p, q, r, s, t, u, v, w] = hex::digits([variant, h, i, j]);
        text[19..23].copy_from_slice(&[p, q, r, s]);
        text[24..28].copy_from_slice(&[t, u, v, w]);
        text[28..].copy_from_slice(&hex::digits([k, l, m, n]));
        Self(Text::Minted(text))
    }

    /// True if it is the gate's own, in which no quote or backslash can be.
    pub fn is_minted(&self) -> bool {
        matches!(self.0, Text::Minted(_))
    }

    /// The ID as it stands in a header.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Minted(text) => text,
            Text::Client(text) => text.as_bytes(),
        }
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Minted(text) => str::from_utf8(text).unwrap_or_default(),
            Text::Client(text) => text,
        }
    }
}

impl core::fmt::Debug for RequestId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
