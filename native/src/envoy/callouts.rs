//! Calls of clusters.

use std::fmt;

use super::{Config, Filter};
use crate::abi::{self, Buffer, Pair, callbacks};
use probegate_core::callout::{FailureReason, Request};
use probegate_core::time::Micros;

/// A call of a cluster that is to be made, when nothing is locked any more that it was read from.
#[derive(Clone, Default)]
pub struct Outgoing {
    pub cluster: Box<str>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub timeout: Micros,
}

/// Without its headers, of which one may be a token.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl From<Request<'_>> for Outgoing {
    fn from(request: Request<'_>) -> Self {
        let Request { cluster, headers, body, timeout } = request;
        let headers = headers.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        Self { cluster: cluster.into(), headers, body, timeout }
    }
}

impl Outgoing {
    fn start(
        &self,
        start: impl FnOnce(*mut u64, Buffer, &[Pair], Buffer, u64) -> u32,
    ) -> Result<u64, FailureReason> {
        let pair = |(name, value): &(&str, String)| Pair::new(name.as_bytes(), value.as_bytes());
        let pairs: Vec<Pair> = self.headers.iter().map(pair).collect();
        let (mut id, cluster) = (0, Buffer::new(self.cluster.as_bytes()));
        let timeout = self.timeout.div_ceil(1_000);
        match start(&raw mut id, cluster, &pairs, Buffer::new(&self.body), timeout) {
            abi::SUCCESS => Ok(id),
            abi::CLUSTER_NOT_FOUND => Err(FailureReason::UnknownCluster),
            // The cluster has nobody to be asked: no endpoint, or none that is healthy.
            _ => Err(FailureReason::Refused),
        }
    }
}

impl Filter {
    /// Calls a cluster for this stream; its hooks may be called before this returns.
    pub fn start_call(&mut self, call: &Outgoing) -> Result<u64, FailureReason> {
        let envoy = callbacks().ok_or(FailureReason::Refused)?;
        call.start(|id, cluster, pairs, body, timeout| {
            let start = envoy.http_filter_start_http_stream;
            // SAFETY: all of it outlives the call, which copies it.
            unsafe {
                start(self.raw, id, cluster, pairs.as_ptr(), pairs.len(), body, true, timeout)
            }
        })
    }
}

impl Config {
    /// Calls a cluster; the hooks about it may be called before this returns.
    pub fn start_call(&mut self, call: &Outgoing) -> Result<u64, FailureReason> {
        let envoy = callbacks().ok_or(FailureReason::Refused)?;
        call.start(|id, cluster, pairs, body, timeout| {
            let start = envoy.http_filter_config_start_http_stream;
            // SAFETY: all of it outlives the call, which copies it.
            unsafe {
                start(self.raw, id, cluster, pairs.as_ptr(), pairs.len(), body, true, timeout)
            }
        })
    }
}
