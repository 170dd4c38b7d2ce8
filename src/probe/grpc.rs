//! `grpc.health.v1.Health/Check` by hand: a message each way has one field.

use crate::config::protobuf::{self, Field};

use super::answer::{Answer, value};
use super::rung::{Outcome, Reason};

/// Where the check is asked.
pub const PATH: &str = "/grpc.health.v1.Health/Check";

/// `HealthCheckResponse.ServingStatus.SERVING`.
const SERVING: u64 = 1;

/// A `HealthCheckRequest` for this service, framed.
pub fn request(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service.is_empty() {
        // Field 1, a string.
        message.push(1 << 3 | 2);
        varint(&mut message, service.len());
        message.extend_from_slice(service.as_bytes());
    }
    let length = u32::try_from(message.len()).unwrap_or_default();
    // Not compressed.
    let mut frame = vec![0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend(message);
    frame
}

fn varint(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// What the answer with HTTP status 200 says.
pub fn judge(answer: Answer<'_>) -> Result<Outcome, Reason> {
    // An answer without a message has its trailers where the headers are.
    let status = value(answer.trailers, b"grpc-status").or(value(answer.headers, b"grpc-status"));
    match status {
        Some(b"0") => {}
        Some(_) => return Err(Reason::Status),
        None => return Err(Reason::Body),
    }
    match answer.body.and_then(serving_status) {
        Some(SERVING) => Ok(Outcome::Up),
        Some(_) => Err(Reason::Status),
        None => Err(Reason::Body),
    }
}

/// The field `status` of a framed `HealthCheckResponse`; `None` if it cannot be read.
fn serving_status(body: &[u8]) -> Option<u64> {
    let ([0, length @ ..], message) = body.split_first_chunk::<5>()? else { return None };
    if usize::try_from(u32::from_be_bytes(*length)).ok()? != message.len() {
        return None;
    }
    let (mut message, mut status) = (message, 0);
    while let Some(field) = protobuf::next(&mut message)? {
        if let (1, Field::Varint(number)) = field {
            status = number;
        }
    }
    Some(status)
}
