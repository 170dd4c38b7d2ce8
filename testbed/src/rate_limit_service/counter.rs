//! Counts as envoyproxy/ratelimit does: `INCRBY` and `EXPIRE` of a key for each window.

use std::io;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use envoy_types::pb::envoy::config::core::v3::HeaderValue;
use envoy_types::pb::envoy::extensions::common::ratelimit::v3::RateLimitDescriptor;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::{
    Code, DescriptorStatus, RateLimit, rate_limit::Unit,
};
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use envoy_types::pb::google::protobuf::Duration;

use super::Limit;
use crate::redis::{Connection, Redis};

/// Decides by what Redis counts.
pub struct Counter {
    redis: Mutex<Connection>,
    limits: Vec<Limit>,
}

impl Counter {
    pub fn new(redis: &Redis, limits: &[Limit]) -> Self {
        let redis = Connection::open(redis.address()).expect("connect to Redis");
        Self { redis: Mutex::new(redis), limits: limits.to_vec() }
    }

    pub fn decide(&self, request: &RateLimitRequest) -> io::Result<RateLimitResponse> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?.as_secs();
        let statuses: io::Result<Vec<DescriptorStatus>> = request
            .descriptors
            .iter()
            .map(|descriptor| self.status(&request.domain, descriptor, request.hits_addend, now))
            .collect();
        let statuses = statuses?;
        let over = statuses.iter().any(|status| status.code() == Code::OverLimit);
        let remaining = statuses.iter().map(|status| status.limit_remaining).min();
        let header = HeaderValue {
            key: "x-ratelimit-remaining".into(),
            value: remaining.unwrap_or_default().to_string(),
            raw_value: Vec::new(),
        };
        let overall = if over { Code::OverLimit } else { Code::Ok };
        Ok(RateLimitResponse {
            overall_code: overall.into(),
            statuses,
            response_headers_to_add: vec![header],
            ..RateLimitResponse::default()
        })
    }

    fn status(
        &self,
        domain: &str,
        descriptor: &RateLimitDescriptor,
        hits: u32,
        now: u64,
    ) -> io::Result<DescriptorStatus> {
        let keys: Vec<&str> = descriptor.entries.iter().map(|entry| entry.key.as_str()).collect();
        let Some(limit) = self.limits.iter().find(|limit| limit.keys == keys) else {
            return Ok(DescriptorStatus { code: Code::Ok.into(), ..DescriptorStatus::default() });
        };
        let begin = now - now % limit.seconds;
        let values =
            descriptor.entries.iter().map(|entry| format!("{}_{}", entry.key, entry.value));
        let key = format!("{domain}_{}_{begin}", values.collect::<Vec<_>>().join("_"));
        let hits = hits.max(1).to_string();
        let counted = {
            let mut redis = self.redis.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let counted = redis.ask(&["INCRBY", &key, &hits])?;
            redis.ask(&["EXPIRE", &key, &limit.seconds.to_string()])?;
            counted.parse::<u32>().map_err(io::Error::other)?
        };
        let code = if counted > limit.requests { Code::OverLimit } else { Code::Ok };
        let unit = match limit.seconds {
            1 => Unit::Second,
            60 => Unit::Minute,
            3_600 => Unit::Hour,
            _ => Unit::Day,
        };
        let reset = begin + limit.seconds - now;
        Ok(DescriptorStatus {
            code: code.into(),
            current_limit: Some(RateLimit {
                name: String::new(),
                requests_per_unit: limit.requests,
                unit: unit.into(),
            }),
            limit_remaining: limit.requests.saturating_sub(counted),
            duration_until_reset: Some(Duration { seconds: reset.cast_signed(), nanos: 0 }),
            quota: None,
        })
    }
}
