//! The limit over many Envoys: what is asked, and what each answer does to the request that waits.

use envoy_types::pb::envoy::config::core::v3::HeaderValue;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::{
    Code, DescriptorStatus, RateLimit, rate_limit::Unit,
};
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use envoy_types::pb::google::protobuf::Duration;
use prost::Message as _;

use crate::envoy::outgoing::Answer;
use crate::envoy::{
    Call, Envoy, Exchange, Fault, Outgoing, Request, Response, Status, Stream, Worker,
};
use crate::faults::STATUSES;

/// A gate whose service is told of each client.
pub fn configuration(on_error: &str) -> String {
    format!(
        r#"{{
        "routes": [
            {{"paths": ["/health"], "class": "health"}},
            {{"paths": ["/metrics"], "class": "metrics"}},
            {{"paths": ["/env"], "class": "closed"}}
        ],
        "metrics_auth": {{"tokens": [{{"value": "t"}}]}},
        "rate_limit": {{"requests": 3, "window": "1h"}},
        "fleet_limit": {{
            "cluster": "rate_limit_service", "domain": "d", "timeout": "40ms",
            "on_error": "{on_error}", "descriptors": [{{"client": true}}]
        }}
    }}"#
    )
}

pub fn said(response: &RateLimitResponse) -> Answer {
    let message = response.encode_to_vec();
    let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
    let mut answer = Answer::of(200, [&[0], &length[..], &message].concat());
    answer.trailers.add("grpc-status", "0");
    answer
}

pub fn ok() -> Answer {
    said(&RateLimitResponse { overall_code: Code::Ok.into(), ..Default::default() })
}

fn over() -> Answer {
    let header = |key: &str, value: &str| HeaderValue {
        key: key.into(),
        value: value.into(),
        raw_value: Vec::new(),
    };
    let limit = RateLimit { name: String::new(), requests_per_unit: 20, unit: Unit::Minute.into() };
    said(&RateLimitResponse {
        overall_code: Code::OverLimit.into(),
        statuses: vec![DescriptorStatus {
            code: Code::OverLimit.into(),
            current_limit: Some(limit),
            duration_until_reset: Some(Duration { seconds: 7, nanos: 1 }),
            ..Default::default()
        }],
        response_headers_to_add: vec![
            header("X-Plan", "small"),
            header("x-request-id", "forged"),
            header("retry-after", "0"),
        ],
        ..Default::default()
    })
}

/// The one call of the worker's.
pub fn only_call(worker: &Worker) -> Outgoing {
    let mut calls = worker.vm.outgoing();
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls.remove(0)
}

/// A request for which the service answers so.
pub fn answered(worker: &Worker, request: Request, answer: Answer) -> Exchange {
    let stream = worker.open(request);
    assert!(!stream.forwarded(), "it waits");
    let mut stream = worker.answer_call(stream, answer);
    if stream.forwarded() {
        stream = worker.respond(stream, Response::of(200));
    }
    worker.close(stream)
}

#[test]
fn what_is_asked() {
    let envoy = Envoy::start(1, &configuration("local"));
    let worker = &envoy.workers[0];
    let stream = worker.open(Request::get("/a?secret=1").from("192.0.2.7:99"));
    let call = only_call(worker);
    assert_eq!((call.cluster.as_str(), call.timeout), ("rate_limit_service", 40));
    let path = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
    for (name, value) in [
        (":method", "POST"),
        (":path", path),
        (":authority", "rate_limit_service"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ] {
        assert_eq!(call.headers.only(name), value, "{name}");
    }
    let asked = RateLimitRequest::decode(&call.body[5..]).expect("a RateLimitRequest");
    assert_eq!((asked.domain.as_str(), asked.hits_addend), ("d", 0));
    let [descriptor] = &asked.descriptors[..] else { panic!("{asked:?}") };
    let [entry] = &descriptor.entries[..] else { panic!("{descriptor:?}") };
    assert_eq!((entry.key.as_str(), entry.value.as_str()), ("client", "192.0.2.7"));
    worker.close(stream);
    worker.vm.answer(call.token, over());
    assert_eq!(worker.vm.outgoing().len(), 0, "nobody waits for it any more");
}

#[test]
fn a_request_waits_and_goes_on() {
    let envoy = Envoy::start(1, &configuration("local"));
    let worker = &envoy.workers[0];
    let exchange = answered(worker, Request::get("/a"), ok());
    assert_eq!((exchange.status(), exchange.forwarded()), (200, true));
    assert_eq!(exchange.seen().only("x-request-id"), exchange.header("x-request-id"));
    let body = Request::new("POST", "/a").part("one").part("two");
    assert!(answered(worker, body.clone(), ok()).forwarded(), "its body waits with it");
    assert!(answered(worker, body.trailers(), ok()).forwarded());
}

/// With what the service says, but not in place of what the gate itself says.
#[test]
fn a_request_waits_and_is_refused() {
    let envoy = Envoy::start(1, &configuration("local"));
    let worker = &envoy.workers[0];
    let request = Request::new("POST", "/a").part("body").header("x-request-id", "mine");
    let exchange = answered(worker, request, over());
    assert_eq!((exchange.status(), exchange.forwarded()), (429, false));
    assert_eq!(exchange.header("retry-after"), "8");
    assert_eq!(exchange.header("ratelimit-policy"), r#""fleet";q=20;w=60"#);
    assert_eq!(exchange.header("ratelimit"), r#""fleet";r=0;t=8"#);
    assert_eq!(exchange.header("x-plan"), "small");
    assert_eq!(exchange.header("x-request-id"), "mine");
    let body = exchange.json();
    assert_eq!((&body["error"], &body["retry_after_seconds"]), (&"rate_limited".into(), &8.into()));
    let limitador =
        said(&RateLimitResponse { overall_code: Code::OverLimit.into(), ..Default::default() });
    let exchange = answered(worker, Request::get("/a"), limitador);
    assert_eq!((exchange.status(), exchange.header("retry-after")), (429, "1"));
    let told = exchange.answer().headers.first("ratelimit-policy");
    assert_eq!(told, None, "nobody has said what the limit is");
    let exchange = answered(worker, Request::grpc("/a.B/C"), over());
    assert_eq!((exchange.status(), exchange.header("grpc-status")), (200, "8"));
    envoy.tick();
    let labels = [("limit", "fleet"), ("reason", "exceeded")];
    assert_eq!(envoy.process.metric("caracal_gateway_rate_limited_total", &labels), 3);
    assert_eq!(envoy.process.metric("caracal_gateway_fleet_errors_total", &[]), 0);
}

/// An operation's key is told, wherever it stands; what the operation refuses is not asked for, and
/// replay protection comes last.
#[test]
fn operations_are_told() {
    let envoy = Envoy::start(
        1,
        r#"{
        "operations": [
            {"name": "recall", "paths": ["/recall"], "key": {"json": "/bank"}, "requests": 2, "per": "1h"},
            {"name": "all", "paths": ["/*"], "key": "client", "requests": 9, "per": "1h"}
        ],
        "fleet_limit": {"cluster": "c", "descriptors": [{"operation": true, "key": true}, {"operation": true}]}
    }"#,
    );
    let worker = &envoy.workers[0];
    let recall = || Request::new("POST", "/recall").part(r#"{"bank": "#).part(r#""one"}"#);
    let exchange = answered(worker, recall(), ok());
    assert_eq!((exchange.status(), exchange.forwarded()), (200, true));
    let stream = worker.open(recall());
    let asked = RateLimitRequest::decode(&only_call(worker).body[5..]).expect("a message");
    let told: Vec<String> = asked
        .descriptors
        .iter()
        .map(|descriptor| {
            let entries = descriptor.entries.iter();
            let entries = entries.map(|entry| format!("{}={}", entry.key, entry.value));
            entries.collect::<Vec<_>>().join(",")
        })
        .collect();
    assert_eq!(
        told,
        [
            "operation=all,key=192.0.2.1",
            "operation=recall,key=one",
            "operation=all",
            "operation=recall"
        ]
    );
    let stream = worker.answer_call(stream, over());
    assert_eq!(worker.close(stream).header("ratelimit-policy"), r#""fleet";q=20;w=60"#);
    let refused = worker.send(recall());
    assert_eq!((refused.status(), worker.vm.outgoing().len()), (429, 0));
    assert!(refused.header("ratelimit-policy").starts_with(r#""recall""#));
}

/// The service is not asked for what is decided without it.
#[test]
fn who_is_not_asked_for() {
    let envoy = Envoy::start(1, &configuration("local"));
    let worker = &envoy.workers[0];
    let own = |path: &str| Request::get(path).bearer("t");
    for (request, status) in [
        (Request::get("/health"), 200),
        (Request::get("/env"), 404),
        (Request::get("/metrics"), 401),
        (Request::get("/a%00"), 400),
        (own("/-/gate/live"), 200),
        (own("/-/gate/metrics"), 200),
    ] {
        let path = request.headers.only(":path").to_owned();
        assert_eq!(worker.send(request).status(), status, "{path}");
        assert_eq!(worker.vm.outgoing().len(), 0, "{path}");
    }
    assert!(answered(worker, own("/metrics"), ok()).forwarded(), "the service's own metrics are");
    for _ in 0..2 {
        let _ = worker.send(Request::get("/a"));
    }
    let calls = worker.vm.outgoing().len();
    assert_eq!(worker.send(Request::get("/a")).status(), 429, "over the client's own limit");
    assert_eq!(worker.vm.outgoing().len(), calls);
}

/// What the service does not say is decided as the configuration says, and counted by its reason.
#[test]
fn what_the_service_does_not_decide() {
    let mut unreadable = ok();
    unreadable.body.push(0);
    let unknown = said(&RateLimitResponse::default());
    let mut unavailable = Answer::of(200, "");
    unavailable.headers.add("grpc-status", "14");
    let mut late = Answer::default();
    late.headers.add(":status", "504");
    let mut refused = Answer { body: b"remote connection failure".into(), ..Answer::default() };
    refused.headers.add(":status", "503");
    let long = Answer { body: vec![0; 70_000], ..ok() };
    for (answer, reason) in [
        (unreadable, "body"),
        (unknown, "body"),
        (long, "body"),
        (unavailable, "status"),
        (Answer::of(404, ""), "status"),
        (late, "timeout"),
        (refused, "refused"),
        (Answer::default(), "reset"),
    ] {
        for on_error in ["local", "admit", "refuse"] {
            let envoy = Envoy::start(1, &configuration(on_error));
            let exchange = answered(&envoy.workers[0], Request::get("/a"), answer.clone());
            let refuses = on_error == "refuse";
            assert_eq!(exchange.forwarded(), !refuses, "{reason} {on_error}");
            if refuses {
                assert_eq!((exchange.status(), exchange.header("retry-after")), (503, "1"));
                assert_eq!(exchange.json()["error"], "unavailable");
            }
            envoy.tick();
            let family = "caracal_gateway_fleet_errors_total";
            assert_eq!(envoy.process.metric(family, &[("reason", reason)]), 1, "{reason}");
            let labels = [("limit", "fleet"), ("reason", "unavailable")];
            let counted = envoy.process.metric("caracal_gateway_rate_limited_total", &labels);
            assert_eq!(counted, i64::from(refuses), "{reason} {on_error}");
        }
    }
    let envoy = Envoy::start(1, &configuration("refuse"));
    let exchange = answered(&envoy.workers[0], Request::grpc("/a.B/C"), Answer::default());
    assert_eq!(exchange.header("grpc-status"), "14", "to a gRPC client: unavailable");
}

/// A call that Envoy does not take is decided at once.
#[test]
fn a_call_that_is_not_taken() {
    for status in STATUSES {
        for (on_error, expected) in [("local", 200), ("refuse", 503)] {
            let envoy = Envoy::start(1, &configuration(on_error));
            let worker = &envoy.workers[0];
            worker.vm.fail(Fault::always(Call::HttpCall, status));
            assert_eq!(worker.send(Request::get("/a")).status(), expected, "{status:?}");
            envoy.tick();
            let reason = if status == Status::BadArgument { "unknown_cluster" } else { "refused" };
            let family = "caracal_gateway_fleet_errors_total";
            assert_eq!(envoy.process.metric(family, &[("reason", reason)]), 1, "{status:?}");
        }
    }
}

/// A request that cannot be let go on is answered, and one that cannot be answered stays where it is.
#[test]
fn what_follows_the_call_may_fail() {
    for status in STATUSES {
        let envoy = Envoy::start(1, &configuration("local"));
        let worker = &envoy.workers[0];
        worker.vm.fail(Fault::always(Call::ContinueStream, status));
        let exchange = answered(worker, Request::get("/a"), ok());
        assert_eq!((exchange.status(), exchange.forwarded()), (500, false), "{status:?}");
        worker.vm.recover();
        worker.vm.fail(Fault::always(Call::SetEffectiveContext, status));
        let exchange = answered(worker, Request::get("/a"), ok());
        assert!(!exchange.forwarded() && exchange.response.is_none(), "{status:?}");
        worker.vm.recover();
        worker.vm.fail(Fault::always(Call::SendLocalResponse, status));
        let exchange = answered(worker, Request::get("/a"), over());
        assert!(!exchange.forwarded() && exchange.response.is_none(), "{status:?}");
        worker.vm.recover();
        for call in [Call::GetHeaderMapPairs, Call::GetBufferBytes] {
            let stream = worker.open(Request::get("/a").from("198.51.100.1:5"));
            worker.vm.fail(Fault::always(call, status));
            let stream = worker.answer_call(stream, over());
            worker.vm.recover();
            assert!(stream.forwarded(), "what cannot be read decides nothing: {call:?} {status:?}");
            worker.close(stream);
        }
    }
}

/// Neither a callback for a call that this request did not make, nor one after Envoy has answered the
/// request itself, does anything.
#[test]
fn callbacks_that_nobody_waits_for() {
    let envoy = Envoy::start(1, &configuration("local"));
    let worker = &envoy.workers[0];
    let stream = worker.open(Request::get("/a"));
    let call = only_call(worker);
    for token in [0, call.token + 1, u32::MAX] {
        worker.vm.answer(token, ok());
    }
    assert!(!stream.forwarded());
    let stream = worker.respond(stream, Response::of(408));
    let stream = worker.answer_call(stream, ok());
    assert!(!stream.forwarded(), "Envoy gave it up");
    assert_eq!(worker.close(stream).status(), 408);
    worker.vm.answer(call.token, ok());
    assert!(answered(worker, Request::get("/a"), ok()).forwarded(), "and the next one goes on");
}

/// Requests leave nothing behind in the VM, whatever becomes of them.
#[test]
fn waiting_does_not_grow_the_vm() {
    for answer in [ok(), over(), Answer::default(), Answer::of(200, "x".repeat(70_000))] {
        let envoy = Envoy::start(1, &configuration("refuse").replace(": 3,", ": 1000000,"));
        let (worker, process) = (&envoy.workers[0], envoy.process.clone());
        let root = worker.root;
        let growth = worker.vm.run(move || {
            let rounds = |rounds: u32| {
                for round in 0..rounds {
                    process.advance_ms(1_001);
                    let mut stream = Stream::open(root, Request::get("/a"));
                    if round % 3 > 0 {
                        stream.answer_call(answer.clone());
                    }
                    drop(stream.close());
                    crate::envoy::outgoing::answer_all(&answer);
                    root.tick();
                }
            };
            rounds(30);
            let before = crate::host::bytes_in_use();
            rounds(300);
            crate::host::bytes_in_use() - before
        });
        assert_eq!(growth, 0);
    }
}
