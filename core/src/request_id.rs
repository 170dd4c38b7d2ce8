//! The one ID of a request: the client's own where it can be believed, else a fresh UUID.

use std::ops::Range;

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

/// Where each group of digits stands in the text, with a dash between them.
const GROUPS: [(usize, Range<usize>); 5] =
    [(0, 0..8), (9, 8..12), (14, 12..16), (19, 16..20), (24, 20..32)];

/// The digits of four bytes, all eight at once: every ID that is minted has 32 of them. Each half of a
/// byte gets a byte of its own, to which `0` is added, and where it is above 9 what lies between `9`
/// and `a`; adding 6 carries into the upper half just there.
fn hexadecimal(bytes: [u8; 4]) -> [u8; 8] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut halves = u64::from(u32::from_be_bytes(bytes));
    halves = (halves << 16 | halves) & 0x0000_ffff_0000_ffff;
    halves = (halves << 8 | halves) & 0x00ff_00ff_00ff_00ff;
    halves = (halves << 4 | halves) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = (halves + 6 * ONES) >> 4 & ONES;
    (halves + u64::from(b'0') * ONES + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

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
        let mut digits = [0; 32];
        for (digits, bytes) in digits.as_chunks_mut().0.iter_mut().zip(random.as_chunks().0) {
            *digits = hexadecimal(*bytes);
        }
        let mut text = [b'-'; UUID];
        for (place, group) in GROUPS {
            for (place, digit) in
                text.iter_mut().skip(place).zip(digits.get(group).unwrap_or_default())
            {
                *place = *digit;
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
