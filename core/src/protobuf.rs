//! Protobuf's binary encoding, and `google.protobuf.Struct` (google/protobuf/struct.proto) in it.
//!
//! The three messages need a page, and nothing else of protobuf; a library costs the module more
//! bytes than this, and the tests compare with one.

use crate::json::Value;

/// Nested deeper than any configuration; a stack is finite.
const MAX_DEPTH: u32 = 32;

/// Reads a `Struct`; `None` if the bytes are none.
pub fn parse_struct(bytes: &[u8]) -> Option<Value> {
    object(bytes, MAX_DEPTH)
}

/// `message Struct { map<string, Value> fields = 1; }`
fn object(mut bytes: &[u8], depth: u32) -> Option<Value> {
    let mut entries: Vec<(String, Value)> = Vec::new();
    while let Some((number, field)) = next(&mut bytes)? {
        let (1, Field::Bytes(mut entry)) = (number, field) else { return None };
        let (mut key, mut value) = (String::new(), Value::Null);
        while let Some(part) = next(&mut entry)? {
            match part {
                (1, Field::Bytes(text)) => key = String::from_utf8(text.into()).ok()?,
                (2, Field::Bytes(message)) => value = self::value(message, depth.checked_sub(1)?)?,
                _ => return None,
            }
        }
        // Of entries with one key the last one holds.
        entries.retain(|(held, _)| *held != key);
        entries.push((key, value));
    }
    Some(Value::Object(entries))
}

/// `message Value { oneof kind { null_value = 1; number_value = 2; string_value = 3;
/// bool_value = 4; struct_value = 5; list_value = 6; } }`
fn value(mut bytes: &[u8], depth: u32) -> Option<Value> {
    let mut value = Value::Null;
    while let Some(field) = next(&mut bytes)? {
        value = match field {
            (1, Field::Varint(_)) => Value::Null,
            (2, Field::Fixed64(bits)) => Value::Number(f64::from_le_bytes(bits)),
            (3, Field::Bytes(text)) => Value::String(String::from_utf8(text.into()).ok()?),
            (4, Field::Varint(flag)) => Value::Bool(flag != 0),
            (5, Field::Bytes(message)) => object(message, depth)?,
            (6, Field::Bytes(message)) => list(message, depth)?,
            _ => return None,
        };
    }
    Some(value)
}

/// `message ListValue { repeated Value values = 1; }`
fn list(mut bytes: &[u8], depth: u32) -> Option<Value> {
    let mut items = Vec::new();
    while let Some(field) = next(&mut bytes)? {
        let (1, Field::Bytes(message)) = field else { return None };
        items.push(value(message, depth.checked_sub(1)?)?);
    }
    Some(Value::List(items))
}

/// What a field holds.
#[derive(Debug)]
pub enum Field<'a> {
    /// A number.
    Varint(u64),
    /// Eight bytes.
    Fixed64([u8; 8]),
    /// Text or a message.
    Bytes(&'a [u8]),
}

/// The next field and its number: `Some(None)` at the end, `None` if there is no field.
#[allow(clippy::option_option)]
pub fn next<'a>(bytes: &mut &'a [u8]) -> Option<Option<(u64, Field<'a>)>> {
    if bytes.is_empty() {
        return Some(None);
    }
    let tag = varint(bytes)?;
    let field = match tag & 7 {
        0 => Field::Varint(varint(bytes)?),
        1 => {
            let (bits, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            Field::Fixed64(*bits)
        }
        2 => {
            let length = usize::try_from(varint(bytes)?).ok()?;
            let (taken, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Field::Bytes(taken)
        }
        _ => return None,
    };
    Some(Some((tag >> 3, field)))
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Shows each field; `None` if the bytes are none, or if one of them is not what it should be.
pub fn each<'a>(
    mut message: &'a [u8],
    see: &mut dyn FnMut(u64, Field<'a>) -> Option<()>,
) -> Option<()> {
    while let Some((number, field)) = next(&mut message)? {
        see(number, field)?;
    }
    Some(())
}

/// Adds a field that holds text or a message.
pub fn put(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.push(number << 3 | 2);
    let mut length = bytes.len();
    while length >= 0x80 {
        message.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    message.push(length as u8);
    message.extend_from_slice(bytes);
}
