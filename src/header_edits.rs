//! Headers that are written: the edits of a request that is forwarded, and the ABI's encoding.

use super::abi::{self, Failed, Map};
use super::plugin::Plugin;
use probegate_core::gate::{Gate, Stream};
use probegate_core::request::{DEGRADED, WOULD_LIMIT};
use probegate_core::verdict::{Edits, HeaderEdit};

/// Edits the head of a request that is forwarded.
pub fn apply(edits: Edits, stream: &Stream, plugin: &Plugin, gate: &Gate) -> Result<(), Failed> {
    if stream.id_minted {
        abi::set_header(Map::Request, &plugin.names.request_id, stream.id.as_bytes())?;
    }
    if edits == Edits::default() { Ok(()) } else { apply_rest(edits, gate) }
}

/// Edits the head beyond its ID.
#[inline(never)]
fn apply_rest(edits: Edits, gate: &Gate) -> Result<(), Failed> {
    if edits.strip_authorization {
        abi::remove_header(Map::Request, b"authorization")?;
    }
    match (edits.degraded, &gate.upstream.degraded) {
        (HeaderEdit::Keep, _) => {}
        (HeaderEdit::Set(()), Some(degraded)) => {
            abi::set_header(Map::Request, DEGRADED, degraded.names.as_bytes())?;
        }
        (HeaderEdit::Set(()) | HeaderEdit::Remove, _) => {
            abi::remove_header(Map::Request, DEGRADED)?
        }
    }
    match edits.mark {
        HeaderEdit::Keep => Ok(()),
        HeaderEdit::Remove => abi::remove_header(Map::Request, WOULD_LIMIT),
        HeaderEdit::Set(_) => abi::set_header(Map::Request, WOULD_LIMIT, b"1"),
    }
}

/// Writes headers as [`Pairs`](probegate_core::request::Pairs) reads them.
pub fn serialize<'a>(
    fields: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone,
) -> Vec<u8> {
    // Room for nearly every answer, so that it is not copied as it grows.
    let mut bytes = Vec::with_capacity(512);
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or_default().to_le_bytes();
    bytes.extend_from_slice(&length(fields.len()));
    for (name, value) in fields.clone() {
        bytes.extend_from_slice(&length(name.len()));
        bytes.extend_from_slice(&length(value.len()));
    }
    for (name, value) in fields {
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(value);
        bytes.push(0);
    }
    bytes
}
