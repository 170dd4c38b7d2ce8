//! Host calls that fail while a plugin is loaded: it is refused, or works as if nothing had been.

use std::collections::BTreeSet;

use crate::envoy::{Call, Envoy, Fault, Level, Plugin, Process, Request, Status, Worker};
use crate::faults::{CONFIGURATION, STATUSES, hole, requests};

const LIMITED: &str = r#"{"rate_limit": {"requests": 5}}"#;

/// Every call failing always, or once: what is refused lets nothing pass, and what is accepted has
/// all of its guards.
#[test]
fn a_plugin_is_loaded_as_a_whole_or_not_at_all() {
    let mut found = BTreeSet::new();
    for &call in Call::ALL {
        for status in STATUSES {
            let nths = if call == Call::Log { 0..0 } else { 1..5 };
            let once = nths.map(|nth| Fault::nth(call, nth, status));
            for fault in once.chain([Fault::always(call, status)]) {
                let case = fault.to_string();
                let mut worker = Worker::without_plugin(&Process::start(), &case);
                worker.fail(fault);
                let accepted = worker.load(&Plugin::new(CONFIGURATION));
                worker.recover();
                for (expected, request) in requests() {
                    let exchange = worker.send(request);
                    let hole = match accepted {
                        true => hole(call, expected, &exchange),
                        false => exchange.forwarded().then(|| "forwarded, though refused".into()),
                    };
                    found.extend(hole.map(|hole| format!("{case}: {hole}")));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A worker that starts badly has no limit of its own beside the one that the others share.
#[test]
fn a_worker_that_starts_badly_shares_the_limit() {
    let mut found = Vec::new();
    for call in Call::at_times() {
        for nth in 1..=6 {
            let envoy = Envoy::start(1, LIMITED);
            let case = format!("{call:?} {nth}");
            let mut worker = Worker::without_plugin(&envoy.process, &case);
            worker.fail(Fault::nth(call, nth, Status::InternalFailure));
            let accepted = worker.load(&Plugin::new(LIMITED));
            worker.recover();
            let forwarded = envoy.workers[0].forwarded(9) + worker.forwarded(9);
            if forwarded > 5 {
                found.push(format!("{case}: {forwarded} of 5; accepted: {accepted}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A configuration that is refused while Envoy fails is not at work: the one before it is.
#[test]
fn a_refused_configuration_is_not_at_work() {
    let mut found = Vec::new();
    for call in Call::at_times() {
        for nth in 1..=6 {
            let envoy = Envoy::start(1, r#"{"request_id": {"header": "x-old"}}"#);
            let worker = &envoy.workers[0];
            worker.fail(Fault::nth(call, nth, Status::InternalFailure));
            let accepted = worker.configure(r#"{"request_id": {"header": "x-new"}}"#);
            worker.recover();
            let new = envoy.send(Request::get("/a")).answer().headers.first("x-new").is_some();
            if new != accepted {
                found.push(format!("{call:?} {nth}: accepted: {accepted}, at work: {new}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Without random bytes, shared data or its configuration the gate does not start, and says so.
#[test]
fn a_missing_host_call_at_start_is_named() {
    for call in [Call::RandomGet, Call::GetSharedData, Call::SetSharedData, Call::GetBufferBytes] {
        for status in [Status::NotFound, Status::InternalFailure] {
            let process = Process::start();
            let case = format!("{call:?} {status:?}");
            let mut worker = Worker::without_plugin(&process, &case);
            worker.fail(Fault::always(call, status));
            assert!(!worker.load(&Plugin::new(LIMITED)), "{case}");
            assert_eq!(process.log_at(Level::Error).len(), 1, "{case}");
        }
    }
}

/// A VM whose lines Envoy does not take works as any other, and writes none.
#[test]
fn without_a_log_everything_works() {
    for status in STATUSES {
        let process = Process::start();
        let mut worker = Worker::without_plugin(&process, &format!("{status:?}"));
        worker.fail(Fault::always(Call::Log, status));
        assert!(worker.load(&Plugin::new(CONFIGURATION)), "{status:?}");
        for (expected, request) in requests() {
            assert_eq!(worker.send(request).status(), expected, "{status:?}");
        }
        assert_eq!(process.log(), [], "{status:?}");
        assert_eq!(worker.recover(), 1, "{status:?}: tried once a VM");
    }
}
