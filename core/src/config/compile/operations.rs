//! Compiles the section `operations`.

use crate::client::Clients;
use crate::client::Prefixes;
use crate::config::Mistake;
use crate::config::shape::{self, KeyShape, MissingKey};
use crate::global_rate_limit::GlobalRateLimit;
use crate::local_reply::CLIENT;
use crate::operations::gcra::Bucket;
use crate::operations::key::KeySource;
use crate::operations::{Operation, Operations};
use crate::rate_limit::Quota;
use crate::rate_limit::expiry_table::ExpiryTable;

use super::Builder;
use super::checks::{DAY, SECOND, in_range, is_token, pointer, span, wide};
use super::findings::Findings;
use super::headers;

const OPERATIONS: usize = 16;
const MAX: u32 = 1_000_000;

/// Checks the section and gives it its meaning; `clients` is who a client is to `rate_limit`. The names
/// of the operations go to `limits`.
pub fn compile(
    operations: Vec<shape::OperationShape>,
    clients: Option<Clients>,
    limits: &mut Vec<String>,
    builder: &mut Builder<'_>,
) -> Operations {
    if operations.len() > OPERATIONS {
        builder.findings.check::<()>(Err(Mistake::new(format!("must be at most {OPERATIONS}"))));
    }
    let mut all = Vec::new();
    for (index, operation) in operations.into_iter().enumerate() {
        all.extend(builder.within(index, |builder| {
            let findings = &mut builder.findings;
            findings.check_at("name", check_name(&operation.name, limits));
            limits.push(operation.name.clone());
            self::operation(operation, builder.share, findings)
        }));
    }
    Operations::new(all, clients.unwrap_or_else(peers), builder.environment.hash_key)
}

/// Clients where there is no `rate_limit` that tells them apart.
pub fn peers() -> Clients {
    Clients { prefixes: Prefixes { ipv4: 32, ipv6: 64 }, ..Clients::PEERS }
}

/// A name that is a label and stands in a header, and that no other limit has.
fn check_name(name: &str, limits: &[String]) -> Result<(), Mistake> {
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

fn operation(
    operation: shape::OperationShape,
    share: Option<u32>,
    findings: &mut Findings,
) -> Option<Operation> {
    let shape::OperationShape { name, requests, max_keys, .. } = operation;
    findings.check(in_range("requests", requests, 1, MAX));
    findings.check(in_range("max_keys", max_keys, 1, MAX));
    let burst = operation.burst.unwrap_or(requests);
    if operation.burst.is_some() {
        findings.check(in_range("burst", burst, 1, MAX));
    }
    let is_timely =
        findings.check(span("per", operation.per, SECOND..=DAY, "must be from 1s to 24h"));
    let window = operation.per.0;
    let methods = methods(operation.methods, findings);
    let paths = wide("paths", &operation.paths, findings);
    let source = findings.check_at("key", source(operation.key));
    is_timely?;
    Some(Operation {
        methods,
        paths,
        source: source?,
        share: operation.missing_key == MissingKey::Share,
        quota: Quota { requests, window },
        bucket: Bucket::new(requests, window * 1_000, burst),
        expiries: ExpiryTable::new(max_keys).share(share),
        // What buckets mean depends on all of these.
        table: format!("operation.{name}.{requests}.{window}.{burst}.{max_keys}"),
    })
}

fn methods(methods: Vec<String>, findings: &mut Findings) -> Vec<Box<[u8]>> {
    for (index, method) in methods.iter().enumerate() {
        if !is_token(method) || method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            let wrong = Mistake::new("must be the name of a method, as POST").within_index(index);
            findings.check_at::<()>("methods", Err(wrong));
        }
    }
    methods.into_iter().map(|method| method.into_bytes().into()).collect()
}

fn source(key: KeyShape) -> Result<KeySource, Mistake> {
    Ok(match key {
        KeyShape::Client => KeySource::Client,
        KeyShape::Header(name) => {
            KeySource::Header(headers::read(&name).map_err(|mistake| mistake.within_key("header"))?)
        }
        KeyShape::Query(name) if name.is_empty() => {
            let right = "must be the name of a parameter";
            return Err(Mistake::new(right).within_key("query"));
        }
        KeyShape::Query(name) => KeySource::Query(name.into_bytes().into()),
        KeyShape::PathSegment(place) => {
            KeySource::PathSegment(in_range("path_segment", place, 0, 100)? as usize)
        }
        KeyShape::Json(text) => KeySource::Json(pointer("json", &text)?),
    })
}
