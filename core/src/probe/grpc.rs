//! `grpc.health.v1.Health/Check` by hand: a message each way has one field.

use crate::grpc;
use crate::protobuf::{self, Field};

use super::rung::Outcome;
use crate::callout::FailureReason;
use crate::callout::Response;

/// Where the check is asked.
pub const PATH: &str = "/grpc.health.v1.Health/Check";

/// `HealthCheckResponse.ServingStatus.SERVING`.
const SERVING: u64 = 1;

/// A `HealthCheckRequest` for this service, framed.
pub fn request(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service.is_empty() {
        protobuf::put(&mut message, 1, service.as_bytes());
    }
    grpc::frame(&message)
}

/// What the answer with HTTP status 200 says.
pub fn judge(answer: Response<'_>) -> Result<Outcome, FailureReason> {
    match serving_status(grpc::message(answer)?) {
        Some(SERVING) => Ok(Outcome::Up),
        Some(_) => Err(FailureReason::Status),
        None => Err(FailureReason::Body),
    }
}

/// The field `status` of a `HealthCheckResponse`; `None` if it cannot be read.
fn serving_status(mut message: &[u8]) -> Option<u64> {
    let mut status = 0;
    while let Some(field) = protobuf::next(&mut message)? {
        if let (1, Field::Varint(number)) = field {
            status = number;
        }
    }
    Some(status)
}
