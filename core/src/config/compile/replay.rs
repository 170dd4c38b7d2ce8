//! What the section `replay` means.

use crate::client::HashKey;
use crate::config::{Mistake, shape};
use crate::rate_limit::expiry_table::ExpiryTable;
use crate::replay::Replay;

use super::checks::{DAY, SECOND, in_range, span, wide};
use super::headers;
use super::rate_limit::when_full;

/// Checks the section and gives it its meaning.
#[inline(never)]
pub fn compile(replay: shape::Replay, hash_key: HashKey) -> Result<Replay, Mistake> {
    let name = |key, name: &str| headers::read(name).map_err(|mistake| mistake.within_key(key));
    span("tolerance", replay.tolerance, SECOND..=DAY, "must be from 1s to 24h")?;
    let max_nonces = in_range("max_nonces", replay.max_nonces, 1, 1_000_000)?;
    let nonce_header = name("nonce_header", &replay.nonce_header)?;
    let timestamp_header = name("timestamp_header", &replay.timestamp_header)?;
    if nonce_header == timestamp_header {
        return Err(Mistake::new("must not be that of the nonce").within_key("timestamp_header"));
    }
    Ok(Replay {
        routes: wide("routes", &replay.routes)?,
        nonce_header,
        timestamp_header,
        tolerance: replay.tolerance.0,
        when_full: when_full(replay.when_full),
        hash_key,
        expiries: ExpiryTable::new(max_nonces),
        // How many slots there are depends on it. What a nonce's end means depends on the tolerance, but
        // to begin anew would forget even those that a longer one need not.
        table: format!("replay.{max_nonces}"),
    })
}
