//! What the section `operations` means.

use crate::client::Clients;
use crate::client::{HashKey, Prefixes};
use crate::config::Mistake;
use crate::config::shape::{self, Key, MissingKey};
use crate::global_rate_limit::GlobalRateLimit;
use crate::local_reply::CLIENT;
use crate::operations::gcra::Bucket;
use crate::operations::key::Source;
use crate::operations::{Operation, Operations};
use crate::rate_limit::Quota;
use crate::rate_limit::expiry_table::ExpiryTable;

use super::checks::{DAY, SECOND, in_range, is_token, pointer, span, wide};
use super::headers;

const OPERATIONS: usize = 16;
const MOST: u32 = 1_000_000;

type Result<T> = std::result::Result<T, Mistake>;

/// Checks the section and gives it its meaning; `clients` is who a client is to `rate_limit`. The names
/// of the operations go to `limits`.
#[inline(never)]
pub fn compile(
    operations: Vec<shape::Operation>,
    clients: Option<Clients>,
    hash_key: HashKey,
    limits: &mut Vec<String>,
) -> Result<Operations> {
    if operations.len() > OPERATIONS {
        return Err(Mistake::new(format!("must be at most {OPERATIONS}")));
    }
    let mut all = Vec::new();
    for (index, operation) in operations.into_iter().enumerate() {
        let within = |mistake: Mistake| mistake.within_index(index);
        check_name(&operation.name, limits)
            .map_err(|mistake| within(mistake.within_key("name")))?;
        limits.push(operation.name.clone());
        all.push(self::operation(operation).map_err(within)?);
    }
    Ok(Operations::new(all, clients.unwrap_or_else(peers), hash_key))
}

/// Who a client is where there is no `rate_limit` that says it.
pub fn peers() -> Clients {
    Clients { prefixes: Prefixes { ipv4: 32, ipv6: 64 }, ..Clients::PEERS }
}

/// A name that is a label and stands in a header, and that no other limit has.
#[inline(never)]
fn check_name(name: &str, limits: &[String]) -> Result<()> {
    let closed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    if !(1..=40).contains(&name.len()) || !name.bytes().all(closed) {
        return Err(Mistake::new("must be 1 to 40 of a to z, digits, underscores and dashes"));
    }
    if name == CLIENT {
        return Err(Mistake::new("is the name of each client's own limit, in `rate_limit`"));
    }
    if name == GlobalRateLimit::NAME {
        return Err(Mistake::new("is the name of the limit in `global_rate_limit`"));
    }
    if limits.iter().any(|limit| limit == name) {
        return Err(Mistake::new("names a limit twice"));
    }
    Ok(())
}

#[inline(never)]
fn operation(operation: shape::Operation) -> Result<Operation> {
    let shape::Operation { name, requests, max_keys, .. } = operation;
    in_range("requests", requests, 1, MOST)?;
    in_range("max_keys", max_keys, 1, MOST)?;
    let burst = in_range("burst", operation.burst.unwrap_or(requests), 1, MOST)?;
    span("per", operation.per, SECOND..=DAY, "must be from 1s to 24h")?;
    let window = operation.per.0;
    Ok(Operation {
        methods: methods(operation.methods)?,
        paths: wide("paths", &operation.paths)?,
        source: source(operation.key).map_err(|mistake| mistake.within_key("key"))?,
        share: operation.missing_key == MissingKey::Share,
        quota: Quota { requests, window },
        bucket: Bucket::new(requests, window * 1_000, burst),
        expiries: ExpiryTable::new(max_keys),
        // What buckets mean depends on all of these.
        table: format!("operation.{name}.{requests}.{window}.{burst}.{max_keys}"),
    })
}

#[inline(never)]
fn methods(methods: Vec<String>) -> Result<Vec<Box<[u8]>>> {
    for (index, method) in methods.iter().enumerate() {
        if !is_token(method) || method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            let right = "must be the name of a method, as POST";
            return Err(Mistake::new(right).within_index(index).within_key("methods"));
        }
    }
    Ok(methods.into_iter().map(|method| method.into_bytes().into()).collect())
}

#[inline(never)]
fn source(key: Key) -> Result<Source> {
    Ok(match key {
        Key::Client => Source::Client,
        Key::Header(name) => {
            Source::Header(headers::read(&name).map_err(|mistake| mistake.within_key("header"))?)
        }
        Key::Query(name) if name.is_empty() => {
            let right = "must be the name of a parameter";
            return Err(Mistake::new(right).within_key("query"));
        }
        Key::Query(name) => Source::Query(name.into_bytes().into()),
        Key::PathSegment(place) => {
            Source::PathSegment(in_range("path_segment", place, 0, 100)? as usize)
        }
        Key::Json(text) => Source::Json(pointer("json", &text)?),
    })
}
