//! `grpc.health.v1.Health/Check`.

use prost::Message as _;

use crate::grpc;
use crate::protobuf::{HealthCheckRequest, HealthCheckResponse};

use super::rung::Outcome;
use crate::callout::FailureReason;
use crate::callout::Response;

/// The path of the check.
pub const PATH: &str = "/grpc.health.v1.Health/Check";

/// `HealthCheckResponse.ServingStatus.SERVING`.
const SERVING: i32 = 1;

/// A `HealthCheckRequest` for this service, framed.
pub fn request(service: &str) -> Vec<u8> {
    grpc::frame(&HealthCheckRequest { service: service.into() }.encode_to_vec())
}

/// Judges an answer with HTTP status 200.
pub fn judge(answer: Response<'_>) -> Result<Outcome, FailureReason> {
    match HealthCheckResponse::decode(grpc::message(answer)?) {
        Ok(HealthCheckResponse { status: SERVING }) => Ok(Outcome::Up),
        Ok(_) => Err(FailureReason::Status),
        Err(_) => Err(FailureReason::Body),
    }
}
