//! The configuration that a user starts with, in front of one service.

use super::{Seen, System, TOKEN, check};
use crate::Stats;

pub fn system() -> System {
    System::of_a_service("", vec![("METRICS_BEARER", TOKEN)]).touring(vec![
        check("gets one", |seen| same_id(seen) && is_uuid_v4(seen)),
        check("is kept", |seen| same_id(seen) && seen.header("x-request-id", "my-trace-123")),
        check("nobody reads metrics", |seen| {
            seen.header("www-authenticate", r#"Bearer realm="metrics""#)
                && seen.says(r#""error":"unauthorized""#)
                && seen.reached("service").is_empty()
        }),
        check("the service's metrics are there", |seen| seen.says("app_recalls_total")),
        check("held to its limit", |seen| {
            seen.header("retry-after", "1") && seen.says(r#""error":"rate_limited""#)
        }),
        check("all of it is counted", |seen| {
            let page = Stats::parse(&seen.answer.text());
            let missing = [("auth_method", "none"), ("reason", "missing")];
            page.value("probegate_gateway_auth_failures_total", &missing) == 1.0
                && page.value("probegate_gateway_rate_limited_total", &[]) >= 1.0
        }),
        check("for all workers", |seen| {
            seen.says(r#"probegate_gateway_requests_total{method="GET",status_code="429""#)
        }),
    ])
}

/// The service saw the ID that the answer carries, once.
fn same_id(seen: &Seen<'_>) -> bool {
    let id = seen.answer.header("x-request-id").unwrap_or_default();
    let reached = seen.reached("service");
    reached.last().is_some_and(|request| request.headers_named("x-request-id") == [id.as_bytes()])
}

fn is_uuid_v4(seen: &Seen<'_>) -> bool {
    let id = seen.answer.header("x-request-id").unwrap_or_default();
    let groups: Vec<&str> = id.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
        && groups[2].starts_with('4')
        && groups[3].starts_with(['8', '9', 'a', 'b'])
}
