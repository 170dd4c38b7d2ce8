//! The descriptors of a request.

use prost::Message as _;

use crate::client::Identity;
use crate::digest::Digest;
use crate::grpc;
use crate::protobuf::{DescriptorEntry, RateLimitDescriptor, RateLimitRequest};

/// The path at which the service is asked.
pub(super) const PATH: &str = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

/// Text up to this length is sent as it is: longer than any name, shorter than what would fill a store.
const LONGEST: usize = 128;

/// The parts of one descriptor, in the order of its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// An entry `client`: who asks.
    pub client: bool,
    /// An entry `operation`: the name of what is asked for. One descriptor for each that matches.
    pub operation: bool,
    /// An entry `key`: what the operation is counted by.
    pub key: bool,
}

/// An operation as descriptors name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationDescriptor {
    /// Its name.
    pub name: String,
    /// Its key is the client.
    pub by_client: bool,
    /// Its key is a header's value, which may be a secret.
    pub by_header: bool,
}

/// The parts of one request's descriptors, gathered by its stages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    client: String,
    /// The places of those that match it, and their keys, if the request has them.
    operations: Vec<(usize, Option<Vec<u8>>)>,
}

impl Question {
    /// A request of this client's.
    ///
    /// A client is described by what is the same on every Envoy. A name may be a secret, such as an API key,
    /// and would stand in the service's store and logs: so its digest is sent.
    pub fn new(client: Identity<'_>) -> Self {
        let client = match client {
            Identity::Address(address) => address.to_string(),
            Identity::Name(name) => Digest::new(name).hex(),
            Identity::Unknown => "unknown".into(),
        };
        Self { client, operations: Vec::new() }
    }

    /// Adds the operation at this place, which the request matches, and its key, if the request has one.
    pub fn operation(&mut self, place: usize, key: Option<&[u8]>) {
        self.operations.push((place, key.map(Vec::from)));
    }

    /// The framed `RateLimitRequest`; `None` if there is nothing to ask. A descriptor of which a part
    /// is missing is left out.
    pub fn message(
        &self,
        domain: &str,
        descriptors: &[Descriptor],
        operations: &[OperationDescriptor],
    ) -> Option<Vec<u8>> {
        let mut described = Vec::new();
        for descriptor in descriptors {
            let client = descriptor.client.then_some(&*self.client);
            if !descriptor.operation {
                described.push(self::descriptor(client, None, None));
                continue;
            }
            for (place, key) in &self.operations {
                let Some(operation) = operations.get(*place) else { continue };
                let key = match key.as_deref() {
                    _ if !descriptor.key => None,
                    _ if operation.by_client => Some(self.client.clone()),
                    Some(key) if operation.by_header => Some(Digest::new(key).hex()),
                    key => key.map(text),
                };
                if key.is_some() || !descriptor.key {
                    described.push(self::descriptor(client, Some(&operation.name), key.as_deref()));
                }
            }
        }
        let request = RateLimitRequest { domain: domain.into(), descriptors: described };
        (!request.descriptors.is_empty()).then(|| grpc::frame(&request.encode_to_vec()))
    }
}

/// A descriptor with an entry for each part that there is.
fn descriptor(
    client: Option<&str>,
    operation: Option<&str>,
    key: Option<&str>,
) -> RateLimitDescriptor {
    let parts = [("client", client), ("operation", operation), ("key", key)];
    let entry = |(key, value): (&str, Option<&str>)| {
        Some(DescriptorEntry { key: key.into(), value: value?.into() })
    };
    RateLimitDescriptor { entries: parts.into_iter().filter_map(entry).collect() }
}

/// A client's value as text of a bounded length: as it is, or by its digest. Protobuf's strings are
/// UTF-8, and a service that cannot read one decides nothing.
fn text(value: &[u8]) -> String {
    match str::from_utf8(value) {
        Ok(text) if text.len() <= LONGEST => text.into(),
        _ => Digest::new(value).hex(),
    }
}
