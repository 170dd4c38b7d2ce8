//! One limit over many Envoys: a real rate limit service that counts in a real Redis.

mod answers;
mod breaker;
mod errors;
mod gone;
mod together;

use std::net::SocketAddr;

use testbed::rate_limit_service::Limit;
use testbed::{RateLimitService, Redis};

use crate::gate::*;

const CLUSTER: &str = "rate_limit_service";

/// So many requests of each client in a day, whose border is passed once in very many runs.
fn daily(requests: u32) -> Limit {
    Limit { keys: vec!["client"], requests, seconds: 86_400 }
}

/// A configuration that tells the service of each client; `patch` changes the section.
fn configuration(patch: Value) -> Value {
    let global_rate_limit = json!({
        "cluster": CLUSTER, "timeout": "1s", "on_error": "admit",
        "descriptors": [{"client": true}],
    });
    json!({"global_rate_limit": patched(global_rate_limit, &patch)})
}

fn bootstrap(upstream: &Upstream, service: SocketAddr, plugin: Value) -> Bootstrap {
    Bootstrap::to(upstream.address()).plugin(plugin).cluster_http2(CLUSTER, service)
}

/// An Envoy in front of a service with these limits.
fn limited(limits: &[Limit], patch: Value) -> (Upstream, Redis, RateLimitService, Envoy) {
    let (upstream, redis) = (Upstream::start(), Redis::start());
    let service = RateLimitService::start(&redis, limits);
    let bootstrap = bootstrap(&upstream, service.address(), configuration(patch));
    let envoy = run(&bootstrap);
    (upstream, redis, service, envoy)
}
