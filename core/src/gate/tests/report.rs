//! The gate itself, as the status tells it.

use serde_json::{Value, json};

use super::*;

#[test]
fn what_is_limited_and_opened_and_was_refused() {
    let configuration = r#"{
        "routes": [{"paths": ["/admin/*"], "class": "admin", "token_header": "x-admin-token", "tokens": [{"env": "NOT_SET"}]}],
        "rate_limit": {"requests": 2, "enforce": false, "client": "remote_address"},
        "operations": [{"name": "recall", "paths": ["/v1/recall"], "key": "client", "requests": 3, "per": "1m"}],
        "global_rate_limit": {"cluster": "ratelimit", "domain": "d", "timeout": "50ms", "descriptors": [{"client": true}]}
    }"#;
    let mut world = World::new(configuration);
    world.answered("/x", &[], 200);
    world.answered("/metrics", &[], 200);
    world.answered("/admin/x", &[ADMIN], 200);
    let told = world.report(&["client", "recall", "global_rate_limit"]);
    assert_eq!(
        told["limits"],
        json!([
            {"limit": "client", "requests": 2, "window_ms": 1000, "client": "remote_address", "enforce": false},
            {"limit": "recall", "requests": 3, "window_ms": 60000},
        ])
    );
    let header =
        |name: &str, tokens: usize| json!({"header": name, "tokens": tokens, "fetched": false});
    assert_eq!(told["guards"], json!([header("authorization", 1), header("x-admin-token", 0)]));
    assert_eq!(told["last_minute"], json!({"requests": 3, "refused": {"unauthorized": 2}}));
    let global = &told["global_rate_limit"];
    assert_eq!((&global["cluster"], &global["breaker"]), (&json!("ratelimit"), &json!("closed")));
    let warnings = told["configuration_warnings"].as_array().expect("a list");
    assert!(!warnings.is_empty(), "enforce: false is one");
    let text = told.to_string();
    assert!(
        !text.contains("metrics-token") && !text.contains("sha256"),
        "no token is told: {text}"
    );
}

#[test]
fn the_breaker_of_the_rate_limit_service_is_told() {
    let configuration = r#"{"global_rate_limit": {"cluster": "ratelimit", "domain": "d", "on_error": "refuse", "descriptors": [{"client": true}]}}"#;
    let mut world = World::new(configuration);
    let limit = world.gate.limits.global.as_mut().expect("a limit");
    for _ in 0..3 {
        limit.breaker.observe(true, 1);
    }
    assert_eq!(world.report(&["client"])["global_rate_limit"]["breaker"], "open");
    assert_eq!(World::new("{}").report(&["client"])["global_rate_limit"], Value::Null);
}
