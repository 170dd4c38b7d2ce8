//! The protobuf messages that the gate reads and writes, in prost's derive.
//!
//! Text of others is `bytes` here, so that one value that is no UTF-8 does not spoil the message around it.

use prost::Message;
use prost_types::Struct;
use prost_types::value::Kind;

use crate::json::Value;

/// Reads a `google.protobuf.Struct`; `None` if the bytes are none.
pub fn parse_struct(bytes: &[u8]) -> Option<Value> {
    let message = Struct::decode(bytes).ok()?;
    // What holds fields of other numbers alone is another message, or chance.
    (!message.fields.is_empty()).then(|| object(message))
}

fn object(message: Struct) -> Value {
    let entries = message.fields.into_iter().map(|(key, message)| (key, value(message)));
    Value::Object(entries.collect())
}

fn value(message: prost_types::Value) -> Value {
    match message.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::NumberValue(number)) => Value::Number(number),
        Some(Kind::StringValue(text)) => Value::String(text),
        Some(Kind::BoolValue(flag)) => Value::Bool(flag),
        Some(Kind::StructValue(message)) => object(message),
        Some(Kind::ListValue(list)) => Value::List(list.values.into_iter().map(value).collect()),
    }
}

/// `envoy.service.ratelimit.v3.RateLimitRequest`
#[derive(Clone, PartialEq, Message)]
pub struct RateLimitRequest {
    /// The configuration of the service.
    #[prost(string, tag = "1")]
    pub domain: String,
    /// The descriptors of the request.
    #[prost(message, repeated, tag = "2")]
    pub descriptors: Vec<RateLimitDescriptor>,
}

/// `envoy.extensions.common.ratelimit.v3.RateLimitDescriptor`
#[derive(Clone, PartialEq, Message)]
pub struct RateLimitDescriptor {
    /// In their order.
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<DescriptorEntry>,
}

/// `RateLimitDescriptor.Entry`
#[derive(Clone, PartialEq, Eq, Message)]
pub struct DescriptorEntry {
    /// Its name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// `envoy.service.ratelimit.v3.RateLimitResponse`
#[derive(Clone, PartialEq, Message)]
pub struct RateLimitResponse {
    /// `Code`: 1 is OK, 2 is OVER_LIMIT.
    #[prost(int32, tag = "1")]
    pub overall_code: i32,
    /// Of each descriptor.
    #[prost(message, repeated, tag = "2")]
    pub statuses: Vec<DescriptorStatus>,
    /// Headers for the client.
    #[prost(message, repeated, tag = "3")]
    pub response_headers_to_add: Vec<HeaderValue>,
}

/// `RateLimitResponse.DescriptorStatus`
#[derive(Clone, PartialEq, Message)]
pub struct DescriptorStatus {
    /// `Code`
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// The limit.
    #[prost(message, optional, tag = "2")]
    pub current_limit: Option<RateLimit>,
    /// Until the limit begins anew.
    #[prost(message, optional, tag = "4")]
    pub duration_until_reset: Option<prost_types::Duration>,
}

/// `RateLimitResponse.RateLimit`
#[derive(Clone, PartialEq, Eq, Message)]
pub struct RateLimit {
    /// Number of requests in a unit.
    #[prost(uint32, tag = "1")]
    pub requests_per_unit: u32,
    /// `Unit`: 1 is a second, 2 a minute, 3 an hour, 4 a day, 5 a month, 6 a year, 7 a week.
    #[prost(int32, tag = "2")]
    pub unit: i32,
}

/// `envoy.config.core.v3.HeaderValue`
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HeaderValue {
    /// Its name.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    /// Its value, as text.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
    /// Its value in place of that.
    #[prost(bytes = "vec", tag = "3")]
    pub raw_value: Vec<u8>,
}

/// `grpc.health.v1.HealthCheckRequest`
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HealthCheckRequest {
    /// Empty for all of the server.
    #[prost(string, tag = "1")]
    pub service: String,
}

/// `grpc.health.v1.HealthCheckResponse`
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HealthCheckResponse {
    /// `ServingStatus`: 1 is SERVING.
    #[prost(int32, tag = "1")]
    pub status: i32,
}
