//! Compiles the section `replay`.

use crate::client::HashKey;
use crate::config::shape;
use crate::rate_limit::expiry_table::ExpiryTable;
use crate::replay::Replay;

use super::Builder;
use super::checks::{DAY, SECOND, in_range, span, wide};
use super::headers;
use super::rate_limit::when_full;

/// Checks the section and gives it its meaning.
pub fn compile(
    replay: shape::ReplayShape,
    hash_key: HashKey,
    builder: &mut Builder<'_>,
) -> Option<Replay> {
    let findings = &mut builder.findings;
    findings.check(span("tolerance", replay.tolerance, SECOND..=DAY, "must be from 1s to 24h"));
    findings.check(in_range("max_nonces", replay.max_nonces, 1, 1_000_000));
    let nonce_header = findings.check_at("nonce_header", headers::read(&replay.nonce_header));
    let timestamp_header =
        findings.check_at("timestamp_header", headers::read(&replay.timestamp_header));
    if nonce_header.is_some() && nonce_header == timestamp_header {
        findings.mistake("timestamp_header", "must not be that of the nonce");
    }
    let routes = wide("routes", &replay.routes, findings);
    let (nonce_header, timestamp_header) = (nonce_header?, timestamp_header?);
    let max_nonces = replay.max_nonces;
    Some(Replay {
        routes,
        nonce_header,
        timestamp_header,
        tolerance: replay.tolerance.0,
        when_full: when_full(replay.when_full),
        hash_key,
        expiries: ExpiryTable::new(max_nonces).share(builder.share),
        // How many slots there are depends on it. What a nonce's end means depends on the tolerance, but
        // to begin anew would forget even those that a longer one need not.
        table: format!("replay.{max_nonces}"),
    })
}
