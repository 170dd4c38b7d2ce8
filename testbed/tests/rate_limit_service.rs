//! The rate limit service of the test bed, asked as a gRPC client asks it.

use envoy_types::pb::envoy::extensions::common::ratelimit::v3::{
    RateLimitDescriptor, rate_limit_descriptor::Entry,
};
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::Code;
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use prost::Message as _;
use testbed::client::h2;
use testbed::rate_limit_service::{Does, Limit};
use testbed::{RateLimitService, Redis, Request, Response};

const PATH: &str = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

fn call(client: &str) -> Request {
    let entry = Entry { key: "client".into(), value: client.into() };
    let descriptor = RateLimitDescriptor { entries: vec![entry], ..Default::default() };
    let request =
        RateLimitRequest { domain: "d".into(), descriptors: vec![descriptor], hits_addend: 0 };
    let message = request.encode_to_vec();
    let mut body = vec![0, 0, 0, 0, u8::try_from(message.len()).expect("a short message")];
    body.extend(message);
    let request = Request::new("POST", PATH).header("content-type", "application/grpc");
    request.header("te", "trailers").body(body)
}

fn decided(answer: &Response) -> RateLimitResponse {
    assert_eq!(answer.trailers.get("grpc-status"), Some("0"));
    RateLimitResponse::decode(&answer.body[5..]).expect("a RateLimitResponse")
}

/// The window is a day, whose border is passed once in very many runs.
#[test]
fn the_service_counts_in_redis_and_misbehaves_on_demand() {
    let redis = Redis::start();
    let day = Limit { keys: vec!["client"], requests: 2, seconds: 86_400 };
    let service = RateLimitService::start(&redis, std::slice::from_ref(&day));
    let other = RateLimitService::start(&redis, &[day]);
    let mut clients = [h2::Client::new(service.address()), h2::Client::new(other.address())];
    for (nth, expected) in [(0, 1), (1, 0)] {
        let answer = decided(&clients[nth].send(&call("a")));
        assert_eq!(answer.overall_code(), Code::Ok);
        assert_eq!(answer.statuses[0].limit_remaining, expected, "two services, one count");
    }
    let answer = decided(&clients[0].send(&call("a")));
    assert_eq!(answer.overall_code(), Code::OverLimit);
    let reset = answer.statuses[0].duration_until_reset.expect("a reset");
    assert!((1..=86_400).contains(&reset.seconds), "{reset:?}");
    assert_eq!(decided(&clients[0].send(&call("b"))).overall_code(), Code::Ok, "another client");
    assert_eq!((service.calls(), service.requests().len()), (3, 3));

    service.now(Does::Says(b"garbage".into()));
    let answer = clients[0].send(&call("a"));
    assert_eq!((answer.status, &answer.body[..]), (200, &b"garbage"[..]));
    assert_eq!(answer.trailers.get("grpc-status"), Some("0"));
    service.now(Does::Fails(14));
    assert_eq!(clients[0].send(&call("a")).trailers.get("grpc-status"), Some("14"));
    service.now(Does::Resets);
    assert!(clients[0].try_send(&call("a")).is_err());
    service.now(Does::Decides);
    assert_eq!(decided(&clients[0].send(&call("c"))).overall_code(), Code::Ok);
}
