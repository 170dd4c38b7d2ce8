//! HPACK (RFC 7541) without a table: what a request is packed into, and what is read of an answer.

use super::tally::Answer;

/// A field as a literal that nobody checked.
pub fn literal(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    block.push(0);
    for text in [name, value] {
        let length = text.len();
        if length < 127 {
            block.push(u8::try_from(length).expect("below 127"));
        } else {
            let mut rest = length - 127;
            block.push(127);
            while rest >= 128 {
                block.push(u8::try_from(rest % 128).expect("below 128") | 128);
                rest /= 128;
            }
            block.push(u8::try_from(rest).expect("below 128"));
        }
        block.extend(text);
    }
}

/// Huffman's codes of five, six and seven bits: the first of each length, and the letters that have it and those that follow.
const CODES: [(u32, &[u8]); 3] = [
    (0x00, b"012aceiost"),
    (0x14, b" %-./3456789=A_bdfghlmnpru"),
    (0x5c, b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
];

/// The text, if all of it is of these letters; whatever else it has ends it.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    let (mut text, mut code, mut length) = (Vec::new(), 0, 0);
    for bit in packed.iter().flat_map(|byte| (0..8).rev().map(move |nth| byte >> nth & 1)) {
        (code, length) = (code << 1 | u32::from(bit), length + 1);
        let Some((first, letters)) = CODES.get(length.max(5) - 5) else { break };
        let place = code.checked_sub(*first).filter(|_| length >= 5);
        if let Some(letter) = place.and_then(|place| letters.get(place as usize)) {
            text.push(*letter);
            (code, length) = (0, 0);
        }
    }
    text
}

/// The statuses that have a place in the static table, from the eighth on.
const STATUSES: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];

/// What a block says of an answer; `None` for trailers. The client's table has no room, so that each
/// field stands in the block or in the static table.
pub fn answer(block: &[u8]) -> Option<Answer> {
    let mut answer =
        Answer { status: 0, ids: Vec::new(), refused_call: false, packed: true, last: false };
    let mut rest = block;
    while let Some(first) = rest.first() {
        match first {
            0x80.. => {
                let index = integer(&mut rest, 7)?;
                let status = index.checked_sub(8).and_then(|nth| STATUSES.get(nth));
                answer.status = status.copied().unwrap_or(answer.status);
            }
            0x20..0x40 => drop(integer(&mut rest, 5)?),
            _ => {
                let prefix = if *first >= 0x40 { 6 } else { 4 };
                let index = integer(&mut rest, prefix)?;
                let name = if index == 0 { text(&mut rest)?.0 } else { Vec::new() };
                let (value, packed) = text(&mut rest)?;
                match name.as_slice() {
                    _ if (8..15).contains(&index) => {
                        answer.status = str::from_utf8(&value).ok()?.parse().ok()?;
                    }
                    b"x-request-id" => answer.ids.push(packed),
                    b"grpc-status" => answer.refused_call = true,
                    _ => {}
                }
            }
        }
    }
    (answer.status > 0).then_some(answer)
}

fn integer(rest: &mut &[u8], prefix: u32) -> Option<usize> {
    let most = (1 << prefix) - 1;
    let (first, mut behind) = rest.split_first()?;
    let mut value = usize::from(*first) & most;
    if value == most {
        for shift in (0..28).step_by(7) {
            let (byte, more) = behind.split_first()?;
            behind = more;
            value += usize::from(byte & 127) << shift;
            if *byte < 128 {
                break;
            }
        }
    }
    *rest = behind;
    Some(value)
}

/// A text, and its bytes as they are in the block.
fn text(rest: &mut &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let huffman = rest.first()? & 128 > 0;
    let length = integer(rest, 7)?;
    let (packed, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some((if huffman { unpacked(packed) } else { packed.to_vec() }, packed.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status is that of RFC 7541, C.6.1.
    #[test]
    fn an_answer_is_read() {
        let mut block = vec![0x48, 0x82, 0x64, 0x02];
        literal(&mut block, b"x-request-id", b"a");
        literal(&mut block, b"grpc-status", b"8");
        let answer = answer(&block).expect("an answer");
        assert_eq!(
            (answer.status, answer.ids, answer.refused_call),
            (302, vec![b"a".to_vec()], true)
        );
        assert_eq!(super::answer(&[0x8d]).expect("an answer").status, 404);
        assert!(super::answer(&[0x00, 1, b'a', 1, b'b']).is_none(), "trailers");
    }
}
