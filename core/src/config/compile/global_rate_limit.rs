//! What the section `global_rate_limit` means.

use crate::config::Mistake;
use crate::config::shape::{self, GlobalRateLimitShape};
use crate::gate::ClientLimit;
use crate::global_rate_limit::breaker::Breaker;
use crate::global_rate_limit::request::{Descriptor, Told};
use crate::global_rate_limit::{GlobalRateLimit, OnError};
use crate::operations::{Operations, Source};

use super::checks::span;
use super::operations::peers;
use super::probes::header_value;

const DESCRIPTORS: usize = 16;

type Result<T> = std::result::Result<T, Mistake>;

/// Checks the section and gives it its meaning. Its name goes to `limits`, behind the operations'.
#[inline(never)]
pub fn compile(
    global_rate_limit: GlobalRateLimitShape,
    limit: Option<&ClientLimit>,
    operations: &Operations,
    limits: &mut Vec<String>,
) -> Result<GlobalRateLimit> {
    let limited = limit.is_some_and(|limit| limit.enforce) || !operations.is_empty();
    let cluster = header_value("cluster", global_rate_limit.cluster)?;
    let domain = header_value("domain", global_rate_limit.domain)?;
    span("timeout", global_rate_limit.timeout, 5_000..=1_000_000, "must be from 5ms to 1s")?;
    let on_error = match global_rate_limit.on_error {
        shape::OnError::Local if !limited => {
            let right = "must be refuse or admit: no limit of this process stands in for the service (rate_limit that is enforced, or operations)";
            return Err(Mistake::new(right).within_key("on_error"));
        }
        shape::OnError::Local | shape::OnError::Admit => OnError::Forward,
        shape::OnError::Refuse => OnError::Refuse,
    };
    if !(1..=DESCRIPTORS).contains(&global_rate_limit.descriptors.len()) {
        let right = format!("must be 1 to {DESCRIPTORS}");
        return Err(Mistake::new(right).within_key("descriptors"));
    }
    let mut descriptors = Vec::new();
    for (index, descriptor) in global_rate_limit.descriptors.into_iter().enumerate() {
        let descriptor = self::descriptor(descriptor, !operations.is_empty())
            .map_err(|mistake| mistake.within_index(index).within_key("descriptors"))?;
        descriptors.push(descriptor);
    }
    // The names behind each client's own.
    let mut told = Vec::new();
    for (name, source) in limits.iter().skip(1).zip(operations.sources()) {
        let by_client = *source == Source::Client;
        let by_header = matches!(source, Source::Header(_));
        told.push(Told { name: name.clone(), by_client, by_header });
    }
    let global_rate_limit = GlobalRateLimit {
        cluster,
        domain,
        timeout: global_rate_limit.timeout.0,
        on_error,
        limit: u8::try_from(limits.len()).unwrap_or(u8::MAX),
        descriptors,
        clients: limit.map_or_else(peers, |limit| limit.clients.clone()),
        operations: told,
        breaker: Breaker::default(),
    };
    limits.push(GlobalRateLimit::NAME.into());
    Ok(global_rate_limit)
}

fn descriptor(descriptor: shape::Descriptor, operations: bool) -> Result<Descriptor> {
    let shape::Descriptor { client, operation, key } = descriptor;
    if key && !operation {
        return Err(Mistake::new("only a descriptor with `operation` has it").within_key("key"));
    }
    if !client && !operation {
        return Err(Mistake::new("must have `client` or `operation`"));
    }
    if operation && !operations {
        return Err(Mistake::new("there are no operations").within_key("operation"));
    }
    Ok(Descriptor { client, operation, key })
}
