//! Against the encoding of the protocol's own types.

use envoy_types::pb::envoy::config::core::v3::HeaderValue;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::{
    DescriptorStatus, RateLimit,
};
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use envoy_types::pb::google::protobuf::{Duration, Struct, Value, value::Kind};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;

use crate::callout::{FailureReason, Response};
use crate::client::Identity;
use crate::global_rate_limit::Decision;
use crate::global_rate_limit::answer::judge;
use crate::global_rate_limit::breaker::{FAILURES, PAUSE, ServiceBreaker};
use crate::global_rate_limit::request::{Descriptor, OperationDescriptor, Question};
use crate::grpc::frame;
use crate::request::Pairs;
use crate::testing::serialize;

fn judged(body: &[u8]) -> Result<Decision, FailureReason> {
    let headers = serialize(&[(":status", "200"), ("x-envoy-upstream-service-time", "1")]);
    let trailers = serialize(&[("grpc-status", "0")]);
    let (headers, trailers) = (Pairs::new(&headers).into(), Pairs::new(&trailers).into());
    judge(Response { headers, body: Some(body), trailers }, 10, 50_000)
}

prop_compose! {
    fn status()(
        code in 0..4,
        limit in option::of((any::<u32>(), 0..9, "[a-z]{0,9}")),
        limit_remaining in any::<u32>(),
        reset in option::of((prop_oneof![-9..99_i64, -9..9_999_999_i64, Just(i64::MAX)], -9..9_i32)),
    ) -> DescriptorStatus {
        let current_limit =
            limit.map(|(requests_per_unit, unit, name)| RateLimit { name, requests_per_unit, unit });
        let duration_until_reset = reset.map(|(seconds, nanos)| Duration { seconds, nanos });
        DescriptorStatus { code, current_limit, limit_remaining, duration_until_reset, quota: None }
    }
}

prop_compose! {
    fn response()(
        overall_code in 0..4,
        statuses in vec(status(), 0..4),
        headers in vec(("[A-Za-z-]{1,9}", "[ -~]{0,20}"), 0..5),
        raw_body in vec(any::<u8>(), 0..200),
        text in option::of(".{0,9}"),
    ) -> RateLimitResponse {
        let value = |(key, value)| HeaderValue { key, value, raw_value: Vec::new() };
        let headers: Vec<HeaderValue> = headers.into_iter().map(value).collect();
        let dynamic_metadata = text.map(|text| {
            let value = Value { kind: Some(Kind::StringValue(text.clone())) };
            Struct { fields: [(text, value)].into() }
        });
        RateLimitResponse {
            overall_code,
            statuses,
            request_headers_to_add: headers.clone(),
            response_headers_to_add: headers,
            raw_body,
            dynamic_metadata,
            quota: None,
        }
    }
}

const DAY: i64 = 24 * 3600;

/// Requests and seconds. As the services have it, a month has 30 days, and a year 365.
fn policy(limit: &RateLimit) -> Option<(u64, u64)> {
    let seconds = [0, 1, 60, 3600, DAY, 30 * DAY, 365 * DAY, 7 * DAY, 0][limit.unit as usize];
    (seconds > 0).then_some((limit.requests_per_unit.into(), seconds.cast_unsigned()))
}

prop_compose! {
    fn descriptor()(client in any::<bool>(), operation in any::<bool>(), key in any::<bool>())
        -> Descriptor
    {
        Descriptor { client: client || !operation, operation, key: key && operation }
    }
}

proptest! {
    #[test]
    fn the_decision_is_the_services_answer(response in response()) {
        let judged = judged(&frame(&response.encode_to_vec()));
        match response.overall_code {
            1 => prop_assert_eq!(judged, Ok(Decision::Admitted)),
            2 => {
                let Ok(Decision::Refused(over)) = judged else { panic!("{judged:?}") };
                let over_limit = response.statuses.iter().filter(|status| status.code == 2);
                let waits = over_limit.map(|status| {
                    let Duration { seconds, nanos } = status.duration_until_reset.unwrap_or_default();
                    let wait = seconds.saturating_add((nanos > 0).into()).clamp(1, 31 * DAY);
                    (wait, status.current_limit.as_ref().and_then(policy))
                });
                // Of those that are as long the last one.
                let (wait, policy) = waits.max_by_key(|(wait, _)| *wait).unwrap_or((1, None));
                prop_assert_eq!((over.retry_after.cast_signed(), over.policy), (wait, policy));
                for (name, value) in &over.headers {
                    let sent = |header: &HeaderValue| {
                        header.key.eq_ignore_ascii_case(name) && header.value == *value
                    };
                    prop_assert!(response.response_headers_to_add.iter().any(sent));
                }
            }
            _ => prop_assert_eq!(judged, Err(FailureReason::Body)),
        }
    }

    #[test]
    fn bytes_that_are_no_message_decide_nothing(body in vec(any::<u8>(), 0..300)) {
        let is_message = RateLimitResponse::decode(&*body).is_ok();
        prop_assert!(is_message || judged(&frame(&body)) == Err(FailureReason::Body));
        let is_framed = matches!(&*body, [0, _, _, _, _, ..]);
        prop_assert!(is_framed || judged(&body) == Err(FailureReason::Body));
    }

    /// An answer with one byte changed, or cut off.
    #[test]
    fn a_damaged_message_decides_nothing(response in response(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = response.encode_to_vec();
        bytes.push(0);
        let at = at.index(bytes.len());
        let decides = |bytes: &[u8]| judged(&frame(bytes)) != Err(FailureReason::Body);
        prop_assert!(RateLimitResponse::decode(&bytes[..at]).is_ok() || !decides(&bytes[..at]));
        bytes[at] = byte;
        prop_assert!(RateLimitResponse::decode(&*bytes).is_ok() || !decides(&bytes));
    }

    /// The protocol's own types read what is sent, and find in it what was put in.
    #[test]
    fn what_is_asked(
        domain in ".{1,300}",
        descriptors in vec(descriptor(), 0..6),
        name in vec(any::<u8>(), 0..9),
        operations in vec(("[a-z]{1,200}", option::of(vec(any::<u8>(), 0..300))), 0..4),
    ) {
        let mut question = Question::new(Identity::Name(&name));
        let mut all = Vec::new();
        for (place, (name, key)) in operations.iter().enumerate() {
            all.push(OperationDescriptor { name: name.as_str().into(), by_client: false, by_header: false });
            question.operation(place, key.as_deref());
        }
        let sent = question.message(&domain, &descriptors, &all);
        let mut expected = Vec::new();
        for descriptor in &descriptors {
            let client = descriptor.client.then_some("client");
            if !descriptor.operation {
                expected.push(client.into_iter().collect());
                continue;
            }
            for (name, _) in operations.iter().filter(|(_, key)| !descriptor.key || key.is_some()) {
                let key = descriptor.key.then_some("key");
                let entries: Vec<&str> =
                    client.into_iter().chain([name.as_str()]).chain(key).collect();
                expected.push(entries);
            }
        }
        prop_assert_eq!(sent.is_none(), expected.is_empty());
        if let Some(sent) = sent {
            let decoded = RateLimitRequest::decode(&sent[5..]).unwrap();
            prop_assert_eq!(decoded.domain, domain);
            prop_assert_eq!(decoded.hits_addend, 0);
            let found: Vec<Vec<&str>> = decoded.descriptors.iter().map(|descriptor| {
                let named = descriptor.entries.iter().map(|entry| match entry.key.as_str() {
                    "operation" => entry.value.as_str(),
                    other => other,
                });
                named.collect()
            }).collect();
            prop_assert_eq!(found, expected);
        }
    }

    /// An open breaker lets one request through a pause, whatever else happens; a closed one all.
    #[test]
    fn a_breaker_is_what_it_saw(steps in vec((0..PAUSE, any::<bool>(), any::<bool>()), 0..200)) {
        let mut breaker = ServiceBreaker::default();
        let (mut now, mut row, mut last) = (1, 0, None::<u64>);
        for (pass, asks, fails) in steps {
            now += pass;
            if asks {
                let permitted = breaker.permits(now);
                if row < FAILURES {
                    prop_assert!(permitted);
                } else if permitted {
                    prop_assert!(last.is_none_or(|last| now - last >= PAUSE));
                    last = Some(now);
                }
            } else {
                breaker.observe(fails, now);
                row = if fails { row + 1 } else { 0 };
                last = None;
            }
        }
    }
}
