//! The limits of operations, of a global_rate_limit and against replay that a request has to pass as well.

use probegate_core::config::shape::{Config, KeyShape, OperationShape};
use probegate_core::route::{Class, PathVariants, Pattern, ProtectedPatterns};

/// A line for each of them, in the order in which they are asked.
pub fn others(config: &Config, class: Class, method: &str, target: &[u8]) -> Vec<String> {
    let Ok(variants) = PathVariants::parse(target) else { return Vec::new() };
    if matches!(class, Class::Health | Class::Closed | Class::Endpoint) {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for operation in &config.operations {
        let methods = &operation.methods;
        if (methods.is_empty() || methods.iter().any(|held| held == method))
            && any(&operation.paths, &variants)
        {
            lines.push(format!("operation: {}", describe(operation)));
        }
    }
    if let Some(global_rate_limit) = &config.global_rate_limit {
        lines.push(format!(
            "global_rate_limit: what the service at {} says",
            global_rate_limit.cluster
        ));
    }
    if let Some(replay) = config.replay.as_ref().filter(|replay| any(&replay.routes, &variants)) {
        let (nonce, time) = (&replay.nonce_header, &replay.timestamp_header);
        lines
            .push(format!("replay: once for each {nonce}, at the time that {time} says; else 409"));
    }
    lines
}

fn any(patterns: &[String], variants: &PathVariants<'_>) -> bool {
    let mut wide = ProtectedPatterns::default();
    patterns.iter().filter_map(|path| Pattern::parse(path).ok()).for_each(|path| wide.add(path));
    wide.matches(variants)
}

fn describe(operation: &OperationShape) -> String {
    let key = match &operation.key {
        KeyShape::Client => "client".into(),
        KeyShape::Header(name) => format!("value of the header {name}"),
        KeyShape::Query(name) => format!("value of {name} in the query"),
        KeyShape::PathSegment(nth) => format!("segment {nth} of the path"),
        KeyShape::Json(pointer) => format!("value at {pointer} of the body"),
    };
    let (requests, millis) = (operation.requests, operation.per.0 / 1_000);
    let burst = operation.burst.unwrap_or(requests);
    format!(
        "{}, {requests} requests in {millis}ms and {burst} at once for each {key}; over it 429",
        operation.name
    )
}
