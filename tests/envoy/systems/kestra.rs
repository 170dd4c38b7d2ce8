//! Kestra's endpoints, opened one by one.

use crate::gate::*;

/// Paths that the system closes.
const CLOSED: [&str; 6] = ["/env", "/info", "/scheduler", "/worker", "/loggers", "/kafkastreams"];
/// Those that Kestra serves more below.
const WITH_MORE: [&str; 3] = ["/env", "/loggers", "/kafkastreams"];

fn bootstrap(upstream: &Upstream, made_admin: &str) -> Bootstrap {
    let rule =
        json!({"paths": [made_admin], "class": "admin", "tokens": [{"env": "KESTRA_ADMIN_TOKEN"}]});
    Bootstrap::to(upstream.address())
        .env("KESTRA_ADMIN_TOKEN", "example-admin")
        .concurrency(1)
        .plugin(json!({"system": "kestra", "routes": [rule]}))
}

/// A rule for one endpoint opens it and what is below it, and leaves the others closed.
#[test]
fn each_closed_endpoint_can_be_made_admin_alone() {
    let upstream = Upstream::start();
    let mut envoy = run(&bootstrap(&upstream, "/v1/*"));
    for made_admin in CLOSED {
        assert_eq!(envoy.reconfigure(&bootstrap(&upstream, made_admin)), Reload::Accepted);
        let mut client = http1(&envoy);
        for path in CLOSED {
            let below = format!("{path}/one/lag");
            for path in
                [path, &below].into_iter().take(if WITH_MORE.contains(&path) { 2 } else { 1 })
            {
                let token = [("authorization", "Bearer example-admin")];
                let statuses = (client.get(path).status, client.get_with(path, &token).status);
                let wanted = if path.starts_with(made_admin) { (401, 200) } else { (404, 404) };
                assert_eq!(statuses, wanted, "{made_admin} is admin: {path}");
            }
        }
    }
}
