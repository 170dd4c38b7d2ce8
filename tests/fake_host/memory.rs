//! The memory of a VM, which can grow to 4 GB and never shrinks.

use crate::envoy::{Call, Envoy, Fault, Request, Status};

const LIMITED: &str = r#"{
    "routes": [{"paths": ["/admin"], "class": "admin", "token_header": "x-token"}],
    "rate_limit": {"requests": 100, "client": {"header": "x-client"}, "max_clients": 64}
}"#;

/// Requests of 200 clients, which get every kind of answer.
fn round() -> Vec<Request> {
    let paths = ["/a", "/metrics", "/admin", "/-/gate", "/%00"];
    let request = |client: usize| {
        let request = Request::get(format!("{}?{client}", paths[client % paths.len()]));
        request.header("x-client", client.to_string()).bearer("x")
    };
    (0..200).map(request).collect()
}

/// A VM does not grow with the requests that it has handled.
#[test]
fn requests_leave_nothing_behind() {
    let envoy = Envoy::start(1, LIMITED);
    let growth = envoy.workers[0].growth(5, round);
    assert!(growth <= 0, "{growth} bytes");
}

/// Nor does it while its calls fail: what was handed over before is freed.
#[test]
fn failures_leave_nothing_behind() {
    for &call in Call::ALL {
        let envoy = Envoy::start(1, LIMITED);
        envoy.workers[0].vm.fail(Fault::always(call, Status::InternalFailure));
        let growth = envoy.workers[0].growth(5, round);
        assert!(growth <= 0, "{call:?}: {growth} bytes");
    }
}
