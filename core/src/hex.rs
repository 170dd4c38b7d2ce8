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

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

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
}
