//! Limits of operations, as clients see them.

mod answers;
mod bodies;
mod exact;
mod held;

use crate::gate::*;

/// So many in an hour, by the header `x-bank`.
fn by_bank(name: &str, requests: u32) -> Value {
    json!({"name": name, "paths": ["/*"], "key": {"header": "x-bank"}, "requests": requests, "per": "1h"})
}

/// So many in an hour, by the body.
fn by_body(requests: u32) -> Value {
    json!({
        "name": "recall", "methods": ["POST"], "paths": ["/v1/recall"], "key": {"json": "/bank_id"},
        "requests": requests, "per": "1h",
    })
}

fn limiting(gate: Bootstrap, operations: Value) -> Bootstrap {
    gate.concurrency(4)
        .wasm(json!({"allow_on_headers_stop_iteration": true}))
        .plugin(json!({"operations": operations}))
}

fn bootstrap(upstream: &Upstream, operations: Value) -> Bootstrap {
    limiting(Bootstrap::to(upstream.address()), operations)
}

fn start(operations: Value) -> (Upstream, Envoy) {
    start_with(|gate| limiting(gate, operations))
}
