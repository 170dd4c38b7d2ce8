//! A service with Kubernetes' own names for its probes.

use super::{StandIn, System, TOKEN, check, exposition, json, well};

pub fn system() -> System {
    let pages = vec![
        ("/healthz", well()),
        ("/livez", well()),
        ("/livez/ping", well()),
        ("/readyz", well()),
        ("/readyz/etcd", well()),
        ("/healthz/log", well()),
        ("/metrics", exposition("process_open_fds", 12.0)),
        ("/api/v1/items", json(r#"{"items":[]}"#)),
    ];
    let service = StandIn::new("service", 8080, pages);
    System::new("kubernetes", vec![("METRICS_BEARER", TOKEN)], vec![service]).touring(vec![
        check("the service's own page is there", |seen| seen.says("process_open_fds 12")),
        check("the proxy's own liveness", |seen| {
            seen.says(r#"{"status":"live"}"#) && seen.reached("service").is_empty()
        }),
        check("the service's ladder", |seen| seen.answer.json()["services"][0]["rung"] == 2),
        check("a client over its limit", |seen| seen.header("retry-after", "1")),
    ])
}
