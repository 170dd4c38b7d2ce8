//! A configuration that has every feature.

use crate::gate::*;

pub fn configuration() -> Value {
    json!({
        "routes": [
            {"paths": ["/metrics"], "class": "metrics"},
            {"paths": ["/health"], "class": "health"},
            {"paths": ["/closed"], "class": "closed"},
            {"paths": ["/v1/admin"], "class": "admin"},
        ],
        "metrics_auth": {"tokens": [
            {"env": "METRICS_BEARER"},
            {"fetch": {"cluster": "vault", "path": "/token", "every": "1s"}},
        ]},
        "rate_limit": {"requests": 3, "window": "1h", "client": {"header": "x-client"}},
        "operations": [
            {"name": "reflect", "paths": ["/v1/reflect"], "key": {"header": "x-bank"}, "requests": 1, "per": "1h"},
            {"name": "recall", "paths": ["/v1/recall"], "key": {"json": "/bank_id"}, "requests": 1, "per": "1h"},
            {"name": "global_rate_limit-wide", "paths": ["/v1/global_rate_limit"], "key": {"header": "x-bank"}, "requests": 100, "per": "1h"},
        ],
        "replay": {"routes": ["/v1/pay"]},
        "global_rate_limit": {
            "cluster": "global_rate_limit", "domain": "probegate", "timeout": "1s", "on_error": "refuse",
            "descriptors": [{"operation": true, "key": true}],
        },
        "probes": {"every": "1s", "timeout": "500ms", "targets": [
            {"service": "api", "cluster": "service", "rungs": [{"rung": "health", "path": "/health"}]},
        ]},
        "log": {"access": "json", "audit": true, "filter_state": true},
    })
}
