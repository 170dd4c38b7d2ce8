//! Caracal Core: an application that knows policies, a database and breakers of its own, and leaves it to
//! the gate to count requests.

use super::{Page, StandIn, System, TOKEN, check, json, well};

/// The application's families. It holds those of its gateway, too, and no longer counts in them.
const EXPOSITION: &str = r#"# TYPE caracal_policy_evaluations_total counter
caracal_policy_evaluations_total{decision="allowed",agent_id="aggregated"} 90
caracal_policy_evaluations_total{decision="denied",agent_id="aggregated"} 10
# TYPE caracal_policy_evaluation_duration_seconds histogram
caracal_policy_evaluation_duration_seconds_bucket{decision="allowed",le="0.01"} 80
caracal_policy_evaluation_duration_seconds_bucket{decision="allowed",le="+Inf"} 90
caracal_policy_evaluation_duration_seconds_sum{decision="allowed"} 1
caracal_policy_evaluation_duration_seconds_count{decision="allowed"} 90
# TYPE caracal_policy_cache_hits_total counter
caracal_policy_cache_hits_total 70
# TYPE caracal_policy_cache_misses_total counter
caracal_policy_cache_misses_total 30
# TYPE caracal_policy_cache_size gauge
caracal_policy_cache_size 12
# TYPE caracal_policy_cache_evictions_total counter
caracal_policy_cache_evictions_total 2
# TYPE caracal_database_queries_total counter
caracal_database_queries_total{operation="select",table="agent_identities",status="success"} 200
# TYPE caracal_database_query_duration_seconds histogram
caracal_database_query_duration_seconds_bucket{operation="select",table="agent_identities",le="0.1"} 190
caracal_database_query_duration_seconds_bucket{operation="select",table="agent_identities",le="+Inf"} 200
caracal_database_query_duration_seconds_sum{operation="select",table="agent_identities"} 6
caracal_database_query_duration_seconds_count{operation="select",table="agent_identities"} 200
# TYPE caracal_database_connection_pool_size gauge
caracal_database_connection_pool_size 10
# TYPE caracal_database_connection_pool_checked_out gauge
caracal_database_connection_pool_checked_out 3
# TYPE caracal_database_connection_pool_overflow gauge
caracal_database_connection_pool_overflow 0
# TYPE caracal_database_connection_errors_total counter
caracal_database_connection_errors_total{error_type="timeout"} 1
# TYPE caracal_circuit_breaker_state gauge
caracal_circuit_breaker_state{name="policy_store"} 0
# TYPE caracal_circuit_breaker_failures_total counter
caracal_circuit_breaker_failures_total{name="policy_store"} 1
# TYPE caracal_circuit_breaker_successes_total counter
caracal_circuit_breaker_successes_total{name="policy_store"} 50
# TYPE caracal_gateway_requests_in_flight gauge
caracal_gateway_requests_in_flight 0
# TYPE caracal_gateway_degraded_mode_requests_total counter
caracal_gateway_degraded_mode_requests_total 0
"#;

pub fn system() -> System {
    let pages = vec![
        ("/health", well()),
        ("/metrics", metrics(1)),
        ("/v1/decisions", json(r#"{"decision":"allowed"}"#)),
    ];
    let core = StandIn::new("core", 8080, pages);
    System::new("caracal-core", vec![("METRICS_BEARER", TOKEN)], vec![core]).touring(vec![
        check("they pass as they are", |seen| {
            seen.says("caracal_policy_evaluations_total{")
                && seen.says("caracal_database_connection_pool_size 10")
                && seen.says(r#"caracal_circuit_breaker_state{name="policy_store"} 0"#)
        }),
        check("with a JWT", |seen| {
            let reached = seen.reached("core");
            reached.iter().any(|request| request.header("authorization").is_some())
        }),
        check("requests by `method`", |seen| {
            [
                r#"caracal_gateway_requests_total{method="POST",status_code="200",auth_method="jwt"} 1"#,
                r#"caracal_gateway_auth_failures_total{auth_method="none",reason="missing"} 2"#,
                r#"caracal_circuit_breaker_state{name="core"} 0"#,
            ]
            .into_iter()
            .all(|line| seen.says(line))
        }),
    ])
}

/// The application's page after that much work: its counters rise with it.
pub fn metrics(work: u32) -> Page {
    let worked = |line: &str| {
        let (series, value) = line.rsplit_once(' ')?;
        let name = series.split('{').next().unwrap_or_default();
        let counts = ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end));
        let value: u32 = value.parse().ok().filter(|_| counts)?;
        Some(format!("{series} {}", value * work))
    };
    let lines = EXPOSITION.lines().map(|line| worked(line).unwrap_or_else(|| line.to_owned()));
    Page::exposition(&(lines.collect::<Vec<_>>().join("\n") + "\n"))
}
