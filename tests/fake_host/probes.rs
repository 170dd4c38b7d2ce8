//! Probes that cannot be sent, and answers that nobody waits for: each costs a probe at most.

use crate::envoy::outgoing::{self, Answer};
use crate::envoy::{Call, Envoy, Exchange, Fault, Level, Outgoing, Request, Status, Worker};
use crate::faults::{STATUSES, STATUSES_OF_A_CALL};

/// Two rungs, probed each second; one failure is enough.
pub const PROBING: &str = r#"{
    "metrics_auth": {"tokens": [{"value": "token"}]},
    "probes": {
        "every": "1s", "timeout": "500ms", "open_for": "1s", "failure_threshold": 1,
        "when_degraded": "refuse",
        "targets": [{"service": "api", "cluster": "c", "rungs": [
            {"rung": "health", "path": "/health"},
            {"rung": "ingest", "path": "/ingest", "expect": {"json": "/status", "equals": "ok"}}
        ]}]
    }
}"#;

/// The answers of a ready service on both rungs.
pub fn well() -> Answer {
    Answer::of(200, r#"{"status":"ok"}"#)
}

/// A quarter of a second passes, after which every VM ticks; returns the calls that each has begun.
pub fn tick(envoy: &Envoy) -> Vec<Vec<Outgoing>> {
    envoy.process.advance_ms(250);
    let ticked = envoy.workers.iter().map(|worker| {
        worker.tick();
        worker.outgoing()
    });
    ticked.collect()
}

/// Waits until a round has begun; says in which VM, and what it calls.
pub fn begun(envoy: &Envoy) -> (usize, Vec<Outgoing>) {
    for _ in 0..40 {
        let found = tick(envoy).into_iter().enumerate().find(|(_, calls)| !calls.is_empty());
        if let Some(found) = found {
            return found;
        }
    }
    panic!("no round began within ten intervals")
}

/// So many quarters of a second, in which each probe is answered at once; says how many there were.
pub fn pass(envoy: &Envoy, quarters: usize, answer: &Answer) -> usize {
    let mut answered = 0;
    for _ in 0..quarters {
        for (worker, calls) in envoy.workers.iter().zip(tick(envoy)) {
            answered += calls.len();
            calls.iter().for_each(|call| worker.answer(call.token, answer.clone()));
        }
    }
    answered
}

/// The answer of `/-/gate/ready`, which must be JSON, and 503 unless all services are ready.
pub fn ready(worker: &Worker) -> serde_json::Value {
    let exchange: Exchange = worker.send(Request::get("/-/gate/ready"));
    let message = exchange.json();
    let well = ["ready", "degraded"].contains(&message["status"].as_str().expect("a status"));
    assert_eq!(exchange.status(), if well { 200 } else { 503 }, "{message}");
    message
}

fn reasons(worker: &Worker) -> Vec<serde_json::Value> {
    let message = ready(worker);
    let failed = message["services"][0]["failed"].as_array().cloned().unwrap_or_default();
    failed.into_iter().map(|failed| failed["reason"].clone()).collect()
}

/// A probe is a GET, or a POST of gRPC's, with the service's authority, a timeout, and no more.
#[test]
fn what_is_sent() {
    let envoy = Envoy::start(
        1,
        r#"{"probes": {"every": "1s", "timeout": "500ms", "targets": [
            {"service": "api", "cluster": "c", "token": {"value": "secret"}, "rungs": [
                {"rung": "health", "path": "/health?deep=1"}, {"rung": "grpc", "grpc": "a.B"}]},
            {"service": "other", "cluster": "d", "authority": "other.internal", "rungs": [
                {"rung": "health", "path": "/"}]}
        ]}}"#,
    );
    let mut calls: Vec<Outgoing> = Vec::new();
    for _ in 0..8 {
        let begun = tick(&envoy).remove(0);
        begun.iter().for_each(|call| envoy.workers[0].answer(call.token, Answer::default()));
        calls.extend(begun);
    }
    let sent = |cluster: &str, path: &str| {
        let of = |call: &&Outgoing| call.cluster == cluster && call.headers.only(":path") == path;
        calls.iter().find(of).unwrap_or_else(|| panic!("{cluster}{path}: {calls:?}"))
    };
    let health = sent("c", "/health?deep=1");
    assert_eq!((health.headers.only(":method"), health.body.len()), ("GET", 0));
    assert_eq!(health.headers.only(":authority"), "c");
    assert_eq!(health.headers.only("authorization"), "Bearer secret");
    assert_eq!(health.timeout, 500);
    let grpc = sent("c", "/grpc.health.v1.Health/Check");
    assert_eq!(
        (grpc.headers.only(":method"), &grpc.body[..]),
        ("POST", &b"\0\0\0\0\x05\n\x03a.B"[..])
    );
    let other = sent("d", "/");
    assert_eq!(other.headers.only(":authority"), "other.internal");
    assert!(other.headers.first("authorization").is_none(), "no token was given for this one");
}

/// A call that Envoy does not take is a failed probe, whatever Envoy says; the next round goes on.
#[test]
fn a_call_that_is_not_taken_is_a_failed_probe() {
    for status in STATUSES_OF_A_CALL {
        let envoy = Envoy::start(1, PROBING);
        let worker = &envoy.workers[0];
        worker.fail(Fault::always(Call::HttpCall, status));
        assert_eq!(pass(&envoy, 9, &well()), 0);
        let reason = if status == Status::BadArgument { "unknown_cluster" } else { "refused" };
        assert_eq!(reasons(worker), [reason, reason], "{status:?}");
        assert_eq!(
            worker.send(Request::get("/a")).status(),
            503,
            "{status:?}: the breaker is open"
        );
        assert!(worker.recover() >= 2);
        assert_eq!(pass(&envoy, 9, &well()) % 2, 0);
        assert_eq!(ready(worker)["status"], "ready", "{status:?}");
        assert_eq!(worker.send(Request::get("/a")).status(), 200, "{status:?}");
        envoy.tick();
        let labels = [("service", "api"), ("rung", "health"), ("reason", reason)];
        let counted = envoy.process.metric("probegate_probe_failures_total", &labels);
        assert!(counted >= 1, "{status:?}");
    }
}

/// Only the probe fails that could not be sent, and not the others of its round.
#[test]
fn one_call_that_is_not_taken_costs_one_probe() {
    for (nth, failed) in [(1, "health"), (2, "ingest")] {
        let envoy = Envoy::start(1, PROBING);
        let worker = &envoy.workers[0];
        worker.fail(Fault::nth(Call::HttpCall, nth, Status::InternalFailure));
        assert_eq!(pass(&envoy, 5, &well()), 1, "of two");
        let message = ready(worker);
        let down = message["services"][0]["failed"].as_array().expect("a list");
        assert_eq!((down.len(), &down[0]["rung"]), (1, &failed.into()), "{message}");
    }
}

/// A capability list without what the SDK needs to hand over an answer: no probe is sent, and the VM lives.
#[test]
fn without_answers_nothing_is_sent() {
    for status in STATUSES {
        let envoy = Envoy::start(1, PROBING);
        let worker = &envoy.workers[0];
        worker.fail(Fault::always(Call::SetEffectiveContext, status));
        assert_eq!(pass(&envoy, 9, &well()), 0, "{status:?}");
        assert_eq!(reasons(worker), ["refused", "refused"], "{status:?}");
        assert_eq!(worker.recover(), 1, "{status:?}: tried once a VM");
        assert_eq!(pass(&envoy, 9, &well()), 0, "{status:?}");
    }
}

/// Answers for a plugin that is gone, or has another configuration now, say nothing.
#[test]
fn answers_after_the_plugin_is_gone() {
    for gone in [true, false] {
        let envoy = Envoy::start(1, PROBING);
        let worker = &envoy.workers[0];
        let calls = begun(&envoy).1;
        match gone {
            true => worker.unload(),
            false => assert!(worker.configure("{}")),
        }
        for call in calls {
            worker.answer(call.token, Answer::of(500, ""));
        }
        worker.tick();
        assert_eq!(envoy.process.metric("probegate_probe_failures_total", &[]), 0);
        let message = envoy.process.log_at(Level::Info);
        assert!(message.is_empty(), "{message:?}");
    }
}

/// An answer that cannot be read, in whole or in part, is a failed probe or the next round's business.
#[test]
fn an_answer_that_cannot_be_read() {
    for call in [
        Call::GetHeaderMapPairs,
        Call::GetBufferBytes,
        Call::GetSharedData,
        Call::SetSharedData,
        Call::ClockTimeGet,
    ] {
        for status in STATUSES {
            let envoy = Envoy::start(1, PROBING);
            let worker = &envoy.workers[0];
            let calls = begun(&envoy).1;
            worker.fail(Fault::always(call, status));
            calls.iter().for_each(|call| worker.answer(call.token, well()));
            worker.recover();
            let message = ready(worker);
            if call != Call::ClockTimeGet {
                assert_ne!(message["status"], "ready", "{call:?} {status:?}");
            }
            pass(&envoy, 9, &well());
            assert_eq!(ready(worker)["status"], "ready", "{call:?} {status:?}");
        }
    }
}

/// Rounds leave nothing behind in the VM, whatever becomes of the probes.
#[test]
fn rounds_do_not_grow_the_vm() {
    let long = "x".repeat(70_000);
    for answer in [well(), Answer::default(), Answer::of(500, long), Answer::of(200, "[")] {
        let envoy = Envoy::start(1, PROBING);
        let (process, mut answered) = (envoy.process.clone(), 0);
        let growth = envoy.workers[0].growth(40, 400, move |root, round| {
            process.advance_ms(250);
            root.tick();
            answered += outgoing::answer_all(&answer);
            // Lines about the breaker are the test's memory, not the VM's.
            process.lock().log = Vec::new();
            assert!(
                answered >= round / 4,
                "{answered} probes after {round} quarters of an interval"
            );
        });
        assert_eq!(growth, 0);
    }
}
