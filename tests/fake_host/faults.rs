//! Every host call failing in turn: never a panic, never a hole, and one request at most is lost.

use crate::envoy::{
    Call, Envoy, Exchange, Fault, Plugin, Process, Request, Response, Status, Worker,
};

pub const CONFIGURATION: &str = r#"{
    "routes": [
        {"paths": ["/health"], "class": "health"},
        {"paths": ["/metrics"], "class": "metrics"},
        {"paths": ["/admin"], "class": "admin", "token_header": "x-token", "tokens": [{"value": "t"}]},
        {"paths": ["/env"], "class": "closed"}
    ],
    "metrics_auth": {"tokens": [{"value": "t"}], "strip": true},
    "rate_limit": {"requests": 100},
    "log": {"access": "text"}
}"#;

pub const STATUSES: [Status; 6] = [
    Status::NotFound,
    Status::BadArgument,
    Status::SerializationFailure,
    Status::CasMismatch,
    Status::InternalFailure,
    Status::Unimplemented,
];

/// Those of a call of a cluster: Envoy gives no other, and the SDK panics on any other.
pub const STATUSES_OF_A_CALL: [Status; 2] = [Status::BadArgument, Status::InternalFailure];

/// The requests of a case: the status that each gets while nothing fails.
pub fn requests() -> [(u16, Request); 9] {
    let answer = Response::of(200).header("x-request-id", "other").trailer("x-request-id", "late");
    [
        (200, Request::get("/a")),
        (200, Request::get("/a").header("x-gate-would-limit", "1")),
        (401, Request::get("/metrics")),
        (401, Request::get("/metrics").bearer("no")),
        (401, Request::get("/admin")),
        (404, Request::get("/env")),
        (200, Request::get("/metrics").bearer("t")),
        (200, Request::get("/health").answered(answer)),
        (200, Request::get("/a").header("x-request-id", "mine")),
    ]
}

/// The mistake of an exchange while this call may fail: it got through where it should not, or
/// was answered with what is not an answer to a failure.
pub fn hole(call: Call, expected: u16, exchange: &Exchange) -> Option<String> {
    if exchange.forwarded() && expected != 200 {
        return Some(format!("forwarded in spite of {expected}"));
    }
    let status = exchange.status();
    let unanswered = status == 0 && call == Call::SendLocalResponse;
    let answered = [expected, 429, 500, 503].contains(&status);
    (!answered && !unanswered).then(|| format!("{status} in place of {expected}"))
}

/// The mistake after all of a case's requests, of which one call failed once.
fn holes(call: Call, worker: &Worker, process: &Process) -> Vec<String> {
    let mut holes = Vec::new();
    let mut lost = 0;
    for (expected, request) in requests() {
        let exchange = worker.send(request);
        holes.extend(hole(call, expected, &exchange));
        lost += usize::from(exchange.status() != expected);
    }
    worker.tick();
    worker.tick();
    if lost > 1 {
        holes.push(format!("{lost} requests were lost"));
    }
    for (family, right) in [
        ("probegate_gateway_requests_total", 9),
        ("probegate_gateway_request_duration_seconds_count", 9),
        ("probegate_gateway_requests_in_flight", 0),
    ] {
        let counted = process.metric(family, &[]);
        if counted != right {
            holes.push(format!("{family} is {counted}"));
        }
    }
    holes
}

/// A call that fails once, whichever it is and whenever, costs one request at most, and no count.
#[test]
fn a_call_that_fails_costs_one_request_at_most() {
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for call in Call::at_times() {
        for nth in 1.. {
            let statuses = if nth <= 2 { &STATUSES[..] } else { &[Status::InternalFailure] };
            let mut hits = 0;
            for status in statuses {
                let case = format!("{call:?} {nth} {status:?}");
                let process = Process::start();
                let worker = Worker::start(&process, &case, &Plugin::new(CONFIGURATION));
                let worker = worker.expect("an accepted configuration");
                worker.fail(Fault::nth(call, nth, *status));
                let holes = holes(call, &worker, &process);
                found.extend(holes.iter().map(|hole| format!("{case}: {hole}")));
                hits += worker.recover();
            }
            if hits == 0 {
                break;
            }
            failed.push(call);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    // What no gate can do without: had it never failed, nothing would be shown.
    for call in
        [Call::ClockTimeGet, Call::GetSharedData, Call::SetSharedData, Call::IncrementMetric]
    {
        assert!(failed.contains(&call), "{call:?}");
    }
}

/// A call that always fails, from the start of the plugin's work on, opens nothing.
#[test]
fn a_call_that_always_fails_opens_nothing() {
    let mut found = Vec::new();
    for call in Call::at_times() {
        for status in STATUSES {
            let envoy = Envoy::start(1, CONFIGURATION);
            let worker = &envoy.workers[0];
            worker.fail(Fault::always(call, status));
            for (expected, request) in requests() {
                let hole = hole(call, expected, &worker.send(request));
                found.extend(hole.map(|hole| format!("{call:?} {status:?}: {hole}")));
            }
            worker.answered_early(Response::of(400));
            envoy.tick();
            worker.unload();
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A request whose head cannot be read or written is answered and counted as 500, with an ID, and the next one is
/// served.
#[test]
fn a_head_that_cannot_be_read_or_written_is_500() {
    for call in [Call::GetHeaderMapPairs, Call::ReplaceHeaderMapValue] {
        let envoy = Envoy::start(1, CONFIGURATION);
        envoy.workers[0].fail(Fault::nth(call, 1, Status::InternalFailure));
        let refused = envoy.send(Request::get("/a"));
        assert_eq!((refused.status(), refused.forwarded()), (500, false), "{call:?}");
        assert_eq!(refused.header("x-request-id").len(), 36, "{call:?}");
        assert_eq!(envoy.send(Request::get("/a")).status(), 200, "{call:?}");
        envoy.tick();
        let labels = [("status_code", "500")];
        let counted = envoy.process.metric("probegate_gateway_requests_total", &labels);
        assert_eq!(counted, 1, "{call:?}");
    }
}
