//! The limit over many Envoys: what is asked, and what each answer does to the request that waits.

mod breaker;
mod faults;

use envoy_types::pb::envoy::config::core::v3::HeaderValue;
use envoy_types::pb::envoy::service::ratelimit::v3::RateLimitResponse;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::{
    Code, DescriptorStatus, RateLimit, rate_limit::Unit,
};
use envoy_types::pb::google::protobuf::Duration;
use prost::Message as _;

use crate::envoy::outgoing::Answer;
use crate::envoy::{
    Call, Envoy, Exchange, Fault, Outgoing, Request, Response, Status, Stream, Worker,
};
use crate::faults::{STATUSES, STATUSES_OF_A_CALL};

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
        "global_rate_limit": {{
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
    let mut calls = worker.outgoing();
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls.remove(0)
}

/// A request for which the service answers so.
pub fn answered(worker: &Worker, request: Request, answer: Answer) -> Exchange {
    let stream = worker.open(request);
    assert!(!stream.forwarded(), "it waits");
    worker.run(move |_| {
        let mut stream = stream;
        stream.answer_call(answer);
        if stream.forwarded() {
            stream.respond(Response::of(200));
        }
        stream.close()
    })
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
