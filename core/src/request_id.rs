//! The one ID of a request: the client's own where it can be believed, else a fresh UUID.

use arrayvec::ArrayString;
use uuid::Builder;
use uuid::fmt::Hyphenated;

use crate::request::Single;

/// The longest ID of a client that is kept, in bytes.
pub const MAX_LENGTH: usize = 128;

/// 1 to 128 visible ASCII characters: safe in a header, a log line and a JSON string.
#[derive(Clone)]
pub struct RequestId(Text);

#[derive(Clone)]
enum Text {
    Minted(ArrayString<{ Hyphenated::LENGTH }>),
    Client(Box<str>),
}

impl RequestId {
    /// Keeps a client's ID: exactly one value of 1 to 128 visible ASCII characters, no comma.
    ///
    /// A comma is a repetition: Envoy joins the values of a repeated `x-request-id` with one
    /// before any filter sees them, as RFC 9110 section 5.3 allows it to.
    pub fn from_client(sent: Single<'_>) -> Option<Self> {
        let value = sent.once().filter(|value| (1..=MAX_LENGTH).contains(&value.len()))?;
        let fits = value.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',');
        let text = str::from_utf8(value).ok().filter(|_| fits)?;
        Some(Self(Text::Client(text.into())))
    }

    /// Makes a UUID of version 4 (RFC 9562) out of 16 random bytes.
    pub fn mint(random: [u8; 16]) -> Self {
        let (mut bytes, mut text) = ([0; Hyphenated::LENGTH], ArrayString::new());
        // It has just that room.
        let _ = text.try_push_str(
            Builder::from_random_bytes(random).into_uuid().hyphenated().encode_lower(&mut bytes),
        );
        Self(Text::Minted(text))
    }

    /// True if it is the gate's own, in which no quote or backslash can be.
    pub fn is_minted(&self) -> bool {
        matches!(self.0, Text::Minted(_))
    }

    /// The ID as it stands in a header.
    pub fn as_bytes(&self) -> &[u8] {
        self.as_str().as_bytes()
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Minted(text) => text,
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
