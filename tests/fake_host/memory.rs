//! The memory of a VM, which can grow to 4 GB and never shrinks.

use crate::envoy::{Call, Envoy, Fault, Request, Status, Worker};

const LIMITED: &str = r#"{
    "routes": [{"paths": ["/admin"], "class": "admin", "token_header": "x-token"}],
    "rate_limit": {"requests": 100, "client": {"header": "x-client"}, "max_clients": 64}
}"#;

/// Requests of 200 clients, which get every kind of answer.
fn clients() -> Vec<Request> {
    let paths = ["/a", "/metrics", "/admin", "/-/gate", "/%00"];
    let request = |client: usize| {
        let request = Request::get(format!("{}?{client}", paths[client % paths.len()]));
        request.header("x-client", client.to_string()).bearer("x")
    };
    (0..200).map(request).collect()
}

fn scrapes() -> Vec<Request> {
    let scrape = || Request::get("/-/gate/metrics").bearer("token");
    vec![scrape(), Request::get("/a"), scrape()]
}

fn bodies() -> Vec<Request> {
    (0..50).map(|_| Request::new("POST", "/recall").part("{").part("}")).collect()
}

/// Bytes that the VM holds more of after so many requests, with ticks between them.
fn growth(worker: &Worker, requests: fn() -> Vec<Request>) -> isize {
    worker.growth(2, 5, move |root, _| {
        requests().into_iter().for_each(|request| drop(root.send(request)));
        root.tick();
    })
}

/// A VM does not grow with the requests that it has handled.
#[test]
fn requests_leave_nothing_behind() {
    for (shows, configuration, requests) in [
        ("clients", LIMITED, clients as fn() -> _),
        ("scrapes", crate::scrape::OPEN, scrapes),
        ("bodies that are held", crate::bodies::CONFIGURATION, bodies),
    ] {
        let envoy = Envoy::start(1, configuration);
        let growth = growth(&envoy.workers[0], requests);
        assert!(growth <= 0, "{shows}: {growth} bytes");
    }
}

/// Nor does it while its calls fail: what was handed over before is freed.
#[test]
fn failures_leave_nothing_behind() {
    for &call in Call::ALL {
        let envoy = Envoy::start(1, LIMITED);
        envoy.workers[0].fail(Fault::always(call, Status::InternalFailure));
        let growth = growth(&envoy.workers[0], clients);
        assert!(growth <= 0, "{call:?}: {growth} bytes");
    }
}
