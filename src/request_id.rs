//! The one ID of a request: the client's own where it can be believed, else a fresh UUID.

use crate::request::Single;

/// The longest ID of a client that is kept, in bytes.
pub const MAX_LENGTH: usize = 128;

/// 1 to 128 visible ASCII characters: safe in a header, a log line and a JSON string.
#[derive(Clone, Copy)]
pub struct RequestId {
    bytes: [u8; MAX_LENGTH],
    length: u8,
}

impl RequestId {
    /// Keeps a client's ID: exactly one value of 1 to 128 visible ASCII characters, no comma.
    ///
    /// A comma is a repetition: Envoy joins the values of a repeated `x-request-id` with one
    /// before any filter sees them, as RFC 9110 section 5.3 allows it to.
    pub fn from_client(sent: Single<'_>) -> Option<Self> {
        let value = sent.once()?;
        let mut bytes = [0; MAX_LENGTH];
        let kept = bytes.get_mut(..value.len()).filter(|kept| !kept.is_empty())?;
        kept.copy_from_slice(value);
        if kept.iter().any(|byte| !byte.is_ascii_graphic() || *byte == b',') {
            return None;
        }
        Some(Self { bytes, length: u8::try_from(value.len()).ok()? })
    }

    /// Makes a UUID of version 4 (RFC 9562) out of 16 random bytes.
    pub fn mint(mut random: [u8; 16]) -> Self {
        const HEX: [u8; 16] = *b"0123456789abcdef";
        random[6] = random[6] & 0x0f | 0x40;
        random[8] = random[8] & 0x3f | 0x80;
        let mut id = Self { bytes: [0; MAX_LENGTH], length: 36 };
        let mut place = id.bytes.iter_mut();
        let mut put = |byte| {
            if let Some(place) = place.next() {
                *place = byte;
            }
        };
        for (index, byte) in random.into_iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                put(b'-');
            }
            for digit in [byte >> 4, byte & 0x0f] {
                put(HEX.get(usize::from(digit)).copied().unwrap_or(b'0'));
            }
        }
        id
    }

    /// The ID as it stands in a header.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
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
