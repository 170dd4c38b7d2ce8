//! Requests that the service does not decide, and calls and callbacks that fail.

use super::*;

/// A call that Envoy does not take is decided at once. With a capability list that lacks what the SDK needs to hand over
/// an answer the service is not asked, and the VM lives.
#[test]
fn a_call_that_is_not_taken() {
    let calls = STATUSES_OF_A_CALL.map(|status| (Call::HttpCall, status));
    let answers = STATUSES.map(|status| (Call::SetEffectiveContext, status));
    for (call, status) in calls.into_iter().chain(answers) {
        let unknown = (Call::HttpCall, Status::BadArgument);
        let reason = if (call, status) == unknown { "unknown_cluster" } else { "refused" };
        for (on_error, expected) in [("local", 200), ("refuse", 503)] {
            let envoy = Envoy::start(1, &configuration(on_error));
            let worker = &envoy.workers[0];
            worker.fail(Fault::always(call, status));
            assert_eq!(worker.send(Request::get("/a")).status(), expected, "{call:?} {status:?}");
            assert_eq!(worker.outgoing().len(), 0, "{call:?} {status:?}");
            envoy.tick();
            let family = "probegate_gateway_global_rate_limit_errors_total";
            let counted = envoy.process.metric(family, &[("reason", reason)]);
            assert_eq!(counted, 1, "{call:?} {status:?}");
        }
    }
}

/// A request that cannot be let go on is answered, and one that cannot be answered stays where it is.
#[test]
fn what_follows_the_call_may_fail() {
    for status in STATUSES {
        let envoy = Envoy::start(1, &configuration("local"));
        let worker = &envoy.workers[0];
        worker.fail(Fault::always(Call::ContinueStream, status));
        let exchange = answered(worker, Request::get("/a"), ok());
        assert_eq!((exchange.status(), exchange.forwarded()), (500, false), "{status:?}");
        worker.recover();
        worker.fail(Fault::always(Call::SendLocalResponse, status));
        let exchange = answered(worker, Request::get("/a"), over());
        assert!(!exchange.forwarded() && exchange.response.is_none(), "{status:?}");
        worker.recover();
        for call in [Call::GetHeaderMapPairs, Call::GetBufferBytes] {
            let stream = worker.open(Request::get("/a").from("198.51.100.1:5"));
            worker.fail(Fault::always(call, status));
            let stream = worker.at(stream, |stream| stream.answer_call(over()));
            worker.recover();
            assert!(stream.forwarded(), "what cannot be read decides nothing: {call:?} {status:?}");
            worker.close(stream);
        }
    }
}

/// An answer after Envoy has answered the request itself does nothing to it.
#[test]
fn callbacks_that_nobody_waits_for() {
    let envoy = Envoy::start(1, &configuration("local"));
    let worker = &envoy.workers[0];
    let stream = worker.open(Request::get("/a"));
    let _ = only_call(worker);
    let stream = worker.at(stream, |stream| {
        stream.respond(Response::of(408));
        stream.answer_call(ok());
    });
    assert!(!stream.forwarded(), "Envoy gave it up");
    assert_eq!(worker.close(stream).status(), 408);
    assert!(answered(worker, Request::get("/a"), ok()).forwarded(), "and the next one goes on");
}

/// Requests leave nothing behind in the VM, whatever becomes of them.
#[test]
fn waiting_does_not_grow_the_vm() {
    for answer in [ok(), over(), Answer::default(), Answer::of(200, "x".repeat(70_000))] {
        let envoy = Envoy::start(1, &configuration("refuse").replace(": 3,", ": 1000000,"));
        let process = envoy.process.clone();
        let growth = envoy.workers[0].growth(30, 300, move |root, round| {
            process.advance_ms(1_001);
            let mut stream = Stream::open(root, Request::get("/a"));
            if round % 3 > 0 {
                stream.answer_call(answer.clone());
            }
            drop(stream.close());
            crate::envoy::outgoing::answer_all(&answer);
            root.tick();
        });
        assert_eq!(growth, 0);
    }
}
