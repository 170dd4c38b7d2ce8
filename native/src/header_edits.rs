//! The edits of a request that is forwarded.

use crate::envoy::{Failed, Filter, Map};
use crate::plugin::Plugin;
use probegate_core::gate::Stream;
use probegate_core::probe::prober::Degraded;
use probegate_core::request::{DEGRADED, WOULD_LIMIT};
use probegate_core::verdict::{Edits, HeaderEdit};

/// Edits the head of a request that is forwarded.
pub fn apply(
    edits: Edits,
    stream: &Stream,
    plugin: &Plugin,
    degraded: Option<&Degraded>,
    filter: &mut Filter,
) -> Result<(), Failed> {
    set_request_id(stream, plugin, filter)?;
    if edits.strip_authorization {
        filter.remove_header(Map::Request, b"authorization")?;
    }
    match (edits.degraded, degraded) {
        (HeaderEdit::Keep, _) => {}
        (HeaderEdit::Set(()), Some(degraded)) => {
            filter.set_header(Map::Request, DEGRADED, degraded.names.as_bytes())?;
        }
        (HeaderEdit::Set(()) | HeaderEdit::Remove, _) => {
            filter.remove_header(Map::Request, DEGRADED)?;
        }
    }
    match edits.mark {
        HeaderEdit::Keep => Ok(()),
        HeaderEdit::Remove => filter.remove_header(Map::Request, WOULD_LIMIT),
        HeaderEdit::Set(_) => filter.set_header(Map::Request, WOULD_LIMIT, b"1"),
    }
}

/// Gives the request its ID where the client's own was not kept. What is refused has it as well: Envoy's access
/// log shows the request's, and may be told to answer with it.
pub fn set_request_id(stream: &Stream, plugin: &Plugin, filter: &mut Filter) -> Result<(), Failed> {
    match stream.id_minted {
        true => filter.set_header(Map::Request, &plugin.names.request_id, stream.id.as_bytes()),
        false => Ok(()),
    }
}
