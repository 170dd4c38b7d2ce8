//! Hexadecimal digits: of digests, and of the escapes in paths and queries.

/// The value of a digit, in either case.
pub fn digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The byte of the next two digits.
pub fn byte(digits: &mut impl Iterator<Item = u8>) -> Option<u8> {
    Some(digit(digits.next()?)? << 4 | digit(digits.next()?)?)
}

/// Exactly so many bytes, by two digits each.
pub fn decode<const BYTES: usize>(text: &[u8]) -> Option<[u8; BYTES]> {
    let (mut bytes, mut digits) = ([0; BYTES], text.iter().copied());
    for place in &mut bytes {
        *place = byte(&mut digits)?;
    }
    digits.next().is_none().then_some(bytes)
}

/// Two digits of each byte, in lower case.
pub fn encode(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Two digits of each of four bytes, in lower case; all at once, since each request is given an ID.
pub fn digits(bytes: [u8; 4]) -> [u8; 8] {
    // Every other byte is one of those, then each is parted in two.
    let bytes = u64::from(u32::from_le_bytes(bytes));
    let apart = (bytes | bytes << 16) & 0x0000_ffff_0000_ffff;
    let apart = (apart | apart << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = apart >> 4 & 0x000f_000f_000f_000f | (apart & 0x000f_000f_000f_000f) << 8;
    // A sum of 16 and more is a letter's, which stands so far behind the digits.
    let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (nibbles + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'9' - 1)).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_decoded_by_two_digits_each() {
        let table: [(&[u8], Option<[u8; 2]>); 7] = [
            (b"00ff", Some([0, 255])),
            (b"A1b2", Some([0xa1, 0xb2])),
            (b"a1b", None),
            (b"a1b2c3", None),
            (b"", None),
            (b"g0b2", None),
            (b"+1b2", None),
        ];
        for (text, expected) in table {
            assert_eq!(decode(text), expected, "{}", text.escape_ascii());
        }
        assert_eq!(encode(&[0x00, 0xa1, 0xff]), "00a1ff");
    }

    #[test]
    fn four_bytes_at_once_have_the_digits_that_each_has() {
        for byte in 0..=u8::MAX {
            let bytes = [byte, !byte, byte.wrapping_mul(7), byte.rotate_left(4)];
            assert_eq!(digits(bytes), *encode(&bytes).as_bytes(), "{bytes:?}");
        }
    }
}
