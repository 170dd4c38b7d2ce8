//! Compiles the section `global_rate_limit`.

use crate::config::Mistake;
use crate::config::shape::{self, GlobalRateLimitShape};
use crate::gate::ClientLimit;
use crate::global_rate_limit::breaker::ServiceBreaker;
use crate::global_rate_limit::request::{Descriptor, OperationDescriptor};
use crate::global_rate_limit::{GlobalRateLimit, OnError};
use crate::operations::{KeySource, Operations};

use super::checks::span;
use super::findings::Findings;
use super::operations::peers;
use super::probes::header_value;

const DESCRIPTORS: usize = 16;

/// The sections before it, compiled.
pub struct Before<'a> {
    /// A limit of this process is enforced.
    pub is_limited: bool,
    /// There are operations.
    pub has_operations: bool,
    /// The limit of each client.
    pub limit: Option<&'a ClientLimit>,
    /// The operations that are well.
    pub operations: &'a Operations,
}

/// Checks the section and gives it its meaning. Its name goes to `limits`, behind the operations'.
pub fn compile(
    section: GlobalRateLimitShape,
    before: &Before<'_>,
    limits: &mut Vec<String>,
    findings: &mut Findings,
) -> Option<GlobalRateLimit> {
    let cluster = findings.check(header_value("cluster", section.cluster));
    let domain = findings.check(header_value("domain", section.domain));
    let timeouts = 5_000..=1_000_000;
    findings.check(span("timeout", section.timeout, timeouts, "must be from 5ms to 1s"));
    if section.on_error == shape::OnErrorShape::Local && !before.is_limited {
        let right = "must be refuse or admit: no limit of this process stands in for the service (rate_limit that is enforced, or operations)";
        findings.mistake("on_error", right);
    }
    if !(1..=DESCRIPTORS).contains(&section.descriptors.len()) {
        findings.mistake("descriptors", format!("must be 1 to {DESCRIPTORS}"));
    }
    let mut descriptors = Vec::new();
    for (index, descriptor) in section.descriptors.into_iter().enumerate() {
        let descriptor = self::descriptor(descriptor, before.has_operations)
            .map_err(|mistake| mistake.within_index(index));
        descriptors.extend(findings.check_at("descriptors", descriptor));
    }
    // The names behind each client's own.
    let mut described = Vec::new();
    for (name, source) in limits.iter().skip(1).zip(before.operations.sources()) {
        let by_client = *source == KeySource::Client;
        let by_header = matches!(source, KeySource::Header(_));
        described.push(OperationDescriptor { name: name.clone(), by_client, by_header });
    }
    let global_rate_limit = GlobalRateLimit {
        cluster: cluster?,
        domain: domain?,
        timeout: section.timeout.0,
        on_error: match section.on_error {
            shape::OnErrorShape::Local | shape::OnErrorShape::Admit => OnError::Forward,
            shape::OnErrorShape::Refuse => OnError::Refuse,
        },
        limit: u8::try_from(limits.len()).unwrap_or(u8::MAX),
        descriptors,
        clients: before.limit.map_or_else(peers, |limit| limit.clients.clone()),
        operations: described,
        breaker: ServiceBreaker::default(),
    };
    limits.push(GlobalRateLimit::NAME.into());
    Some(global_rate_limit)
}

fn descriptor(descriptor: shape::DescriptorShape, operations: bool) -> Result<Descriptor, Mistake> {
    let shape::DescriptorShape { client, operation, key } = descriptor;
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
