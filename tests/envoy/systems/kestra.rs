//! Kestra's endpoints, opened one by one.

use serde_json::json;
use testbed::{Bootstrap, Client, Envoy, Upstream};

/// What the system closes.
const CLOSED: [&str; 6] =
    ["/env", "/info", "/scheduler", "/worker", "/loggers/*", "/kafkastreams/*"];

/// A rule for one path opens that path, and leaves the others closed.
#[test]
fn each_closed_endpoint_can_be_made_admin_alone() {
    let upstream = Upstream::start();
    for made_admin in CLOSED {
        let bootstrap = Bootstrap::to(upstream.address())
            .env("KESTRA_ADMIN_TOKEN", "example-admin")
            .concurrency(1)
            .plugin(json!({
                "system": "kestra",
                "routes": [{"paths": [made_admin], "class": "admin", "tokens": [{"env": "KESTRA_ADMIN_TOKEN"}]}],
            }));
        let envoy = Envoy::start(&bootstrap).expect("Envoy starts");
        let mut client = Client::new(envoy.address());
        for path in CLOSED {
            let below = path.replace('*', "one/lag");
            let token = [("authorization", "Bearer example-admin")];
            let statuses = (client.get(&below).status, client.get_with(&below, &token).status);
            let wanted = if path == made_admin { (401, 200) } else { (404, 404) };
            assert_eq!(statuses, wanted, "{made_admin} is admin: {below}");
        }
    }
}
