//! The one ID of a request: the client's own where it can be believed, else a fresh UUID.

use crate::request::Single;

/// The longest ID of a client that is kept, in bytes.
pub const MAX_LENGTH: usize = 128;

/// 1 to 128 visible ASCII characters: safe in a header, a log line and a JSON string.
#[derive(Clone)]
pub struct RequestId(Source);

#[derive(Clone)]
enum Source {
    Minted([u8; UUID]),
    Client(Box<[u8]>),
}

/// Length of a UUID's text.
const UUID: usize = 36;

impl RequestId {
    /// Keeps a client's ID: exactly one value of 1 to 128 visible ASCII characters, no comma.
    ///
    /// A comma is a repetition: Envoy joins the values of a repeated `x-request-id` with one
    /// before any filter sees them, as RFC 9110 section 5.3 allows it to.
    pub fn from_client(sent: Single<'_>) -> Option<Self> {
        let value = sent.once().filter(|value| (1..=MAX_LENGTH).contains(&value.len()))?;
        let fits = value.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',');
        fits.then(|| Self(Source::Client(value.into())))
    }

    /// Makes a UUID of version 4 (RFC 9562) out of 16 random bytes.
    pub fn mint(mut random: [u8; 16]) -> Self {
        random[6] = random[6] & 0x0f | 0x40;
        random[8] = random[8] & 0x3f | 0x80;
        let mut text = [b'-'; UUID];
        let mut places = text.iter_mut();
        for (at, byte) in random.into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                places.next();
            }
            for (digit, place) in [byte >> 4, byte & 0x0f].into_iter().zip(&mut places) {
                *place = if digit < 10 { b'0' + digit } else { b'a' - 10 + digit };
            }
        }
        Self(Source::Minted(text))
    }

    /// The ID as it stands in a header.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Source::Minted(text) => text,
            Source::Client(text) => text,
        }
    }

    /// The ID as text; it is ASCII by construction.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl core::fmt::Debug for RequestId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
