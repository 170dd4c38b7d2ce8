//! Traffic of many kinds at once, so that every family has something to show.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use testbed::client::{Load, h2, load};
use testbed::{Bootstrap, Request, poll};

use crate::world::TOKEN;

const JWT: &str = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

/// The gate that the traffic is made for: two of its clients are over their limit. It probes the service,
/// which does not say what one rung expects, and another one that is not there; nor is the rate limit service.
pub fn gate(bootstrap: Bootstrap) -> Bootstrap {
    let configuration = json!({
        "routes": [
            {"paths": ["/metrics"], "class": "metrics"},
            {"paths": ["/health"], "class": "health"},
            {"paths": ["/v1/admin/*"], "class": "admin", "token_header": "x-admin-token", "tokens": [{"env": "NOT_SET"}]},
        ],
        "rate_limit": {"requests": 50, "window": "1s"},
        "operations": [{"name": "search", "paths": ["/status/201"], "requests": 600, "per": "60s", "burst": 5}],
        "replay": {"routes": ["/v1/pay"]},
        "global_rate_limit": {"cluster": "nowhere", "on_error": "admit", "descriptors": [{"client": true}]},
        "probes": {"every": "1s", "timeout": "500ms", "open_for": "2s", "targets": [
            {"service": "api", "cluster": "upstream", "rungs": [
                {"rung": "health", "path": "/health"},
                {"rung": "ingest", "path": "/health", "expect": {"json": "/status", "equals": "well"}},
            ]},
            {"service": "sts", "cluster": "nowhere", "rungs": [{"rung": "health", "path": "/health"}]},
        ]},
    });
    bootstrap.plugin(configuration)
}

/// Sends all of it, spread over that time. Returns when the last answer is there.
pub fn send(address: SocketAddr, time: Duration) {
    let begin = Instant::now();
    let delayed = |milliseconds: u32| Request::get(&format!("/delay/{milliseconds}"));
    let status = |method: &str, code: u16| Request::new(method, &format!("/status/{code}"));
    let bearer = |token: &str| format!("Bearer {token}");
    // From and to as parts of the time, requests a second, connections, the client, the request.
    let plans = [
        (0.0, 1.0, 12, 2, 1, delayed(4)),
        (0.1, 0.9, 14, 4, 2, delayed(18)),
        (0.25, 0.7, 12, 4, 3, delayed(35)),
        (0.4, 0.65, 8, 4, 4, delayed(120)),
        (0.0, 1.0, 1, 2, 1, delayed(700)),
        (0.0, 1.0, 18, 2, 5, status("POST", 201).header("authorization", JWT)),
        (0.3, 0.8, 9, 2, 5, status("PUT", 204).header("x-api-key", "key")),
        (0.0, 1.0, 2, 1, 6, status("GET", 404)),
        (0.55, 0.72, 8, 2, 6, status("POST", 503)),
        (0.15, 0.95, 1, 1, 7, Request::get("/metrics")),
        (0.35, 0.6, 3, 1, 7, Request::get("/metrics").header("authorization", bearer("guess"))),
        (0.5, 0.55, 2, 1, 7, Request::get("/metrics").header("authorization", "Bearer a b")),
        (0.6, 0.75, 2, 1, 7, Request::get("/v1/admin/x").header("x-admin-token", "any")),
        (0.0, 1.0, 1, 1, 7, status("GET", 403).header("authorization", "Basic dTpw")),
        (0.2, 0.4, 90, 4, 8, Request::get("/v1/recall")),
        (0.7, 0.85, 70, 4, 9, Request::get("/v1/recall")),
        (0.3, 0.9, 2, 1, 11, Request::new("POST", "/v1/pay")),
        (0.0, 1.0, 1, 1, 10, Request::get("/metrics").header("authorization", bearer(TOKEN))),
    ];
    thread::scope(|scope| {
        for (from, to, rate, connections, client, request) in plans {
            scope.spawn(move || {
                let source = IpAddr::V4(Ipv4Addr::new(127, 0, 1, client));
                let plan = Load::new(request, connections, u32::MAX / connections - 1)
                    .paced(Duration::from_secs(1) / rate)
                    .lasting(time.mul_f64(to - from))
                    .from(source);
                poll::at(begin + time.mul_f64(from));
                load(address, &plan);
            });
        }
        scope.spawn(move || grpc(address, begin, time));
    });
}

/// Ten calls a second, of which some end with another code than OK.
fn grpc(address: SocketAddr, begin: Instant, time: Duration) {
    let mut client = h2::Client::new(address);
    for call in 0.. {
        let at = Duration::from_millis(100) * call;
        if at >= time {
            break;
        }
        poll::at(begin + at);
        let late = at > time.mul_f64(0.6);
        let status = match call % 20 {
            3 => "5",
            9 | 13 if late => "14",
            17 => "13",
            _ => "0",
        };
        let request = Request::new("POST", "/v1.Recall/Get")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("x-grpc-status", status)
            .body([0; 5]);
        client.send(&request);
    }
}
