//! How requests are counted when there is no room for more series.

use crate::gate::*;

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"];
const STATUSES: [u16; 10] = [200, 201, 202, 206, 301, 302, 400, 404, 422, 502];
const CREDENTIALS: [Option<(&str, &str)>; 6] = [
    None,
    Some(("authorization", "Bearer abc")),
    Some(("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl")),
    Some(("authorization", "Basic YTpi")),
    Some(("authorization", "Digest username=\"a\"")),
    Some(("x-api-key", "k")),
];

/// Of all these one is refused in the end, and an alert on that would fire.
#[test]
fn a_refusal_keeps_its_status_whatever_was_counted_before() {
    let (_upstream, envoy) = start(json!({
        "rate_limit": {"requests": 1, "window": "1h", "client": {"header": "x-client"}},
    }));
    let mut client = http1(&envoy);
    let mut sent = 0;
    for method in METHODS {
        for credentials in CREDENTIALS {
            for status in STATUSES {
                sent += 1;
                let request = Request::new(method, &format!("/status/{status}"));
                let request = request.header("x-client", sent.to_string());
                let request = match credentials {
                    Some((name, value)) => request.header(name, value),
                    None => request,
                };
                assert_eq!(client.send(&request).status, status);
            }
        }
    }
    assert_eq!(sent, 480);
    let refused = client.get_with("/", &[("x-client", "1")]);
    assert_eq!(refused.status, 429);
    let refused = [("method", "GET"), ("status_code", "429"), ("auth_method", "none")];
    counts(&envoy, REQUESTS, &refused, 1.0);
    let limited = [("limit", "client"), ("reason", "exceeded")];
    counts(&envoy, LIMITED, &limited, 1.0);
    counts(&envoy, REQUESTS, &[], 481.0);
}
