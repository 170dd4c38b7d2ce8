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

/// Huffman codes of all that is looked for: the code's bits, and how many they are.
const CODES: [(u8, u32, usize); 24] = [
    (b'0', 0x0, 5),
    (b'1', 0x1, 5),
    (b'2', 0x2, 5),
    (b'3', 0x19, 6),
    (b'4', 0x1a, 6),
    (b'5', 0x1b, 6),
    (b'6', 0x1c, 6),
    (b'7', 0x1d, 6),
    (b'8', 0x1e, 6),
    (b'9', 0x1f, 6),
    (b'-', 0x16, 6),
    (b'a', 0x3, 5),
    (b'c', 0x4, 5),
    (b'd', 0x24, 6),
    (b'e', 0x5, 5),
    (b'g', 0x26, 6),
    (b'i', 0x6, 5),
    (b'p', 0x2b, 6),
    (b'q', 0x76, 7),
    (b'r', 0x2c, 6),
    (b's', 0x8, 5),
    (b't', 0x9, 5),
    (b'u', 0x2d, 6),
    (b'x', 0x79, 7),
];

/// The text, if all of it is of these letters; whatever else it has ends it.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    let (mut text, mut bits, mut length) = (Vec::new(), 0, 0);
    for bit in packed.iter().flat_map(|byte| (0..8).rev().map(move |nth| byte >> nth & 1)) {
        (bits, length) = (bits << 1 | u32::from(bit), length + 1);
        if let Some((letter, ..)) =
            CODES.iter().find(|(_, code, own)| (*code, *own) == (bits, length))
        {
            text.push(*letter);
            (bits, length) = (0, 0);
        } else if length > 7 {
            break;
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
