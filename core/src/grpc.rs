//! A gRPC call with one message each way: how it stands in a body, and how it ended.

use crate::callout::FailureReason;
use crate::callout::{Request, Response, value};
use crate::time::Micros;

/// The call of a method, by its path, with a [framed](frame) message.
pub fn call<'a>(
    (cluster, authority): (&'a str, &'a str),
    path: &'a str,
    message: Vec<u8>,
    timeout: Micros,
) -> Request<'a> {
    let mut call = Request::new((cluster, authority), ("POST", path), timeout);
    call.headers.extend([("content-type", "application/grpc"), ("te", "trailers")]);
    call.body = message;
    call
}

/// A message as the body of a request, not compressed.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or_default();
    let mut frame = vec![0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(message);
    frame
}

/// The message of an answer with HTTP status 200, if the call succeeded.
pub fn message(answer: Response<'_>) -> Result<&[u8], FailureReason> {
    // An answer without a message has its trailers where the headers are.
    let status = value(answer.trailers, b"grpc-status").or(value(answer.headers, b"grpc-status"));
    match status {
        Some(b"0") => answer.body.and_then(unframe).ok_or(FailureReason::Body),
        Some(_) => Err(FailureReason::Status),
        None => Err(FailureReason::Body),
    }
}

fn unframe(body: &[u8]) -> Option<&[u8]> {
    let ([0, length @ ..], message) = body.split_first_chunk::<5>()? else { return None };
    (usize::try_from(u32::from_be_bytes(*length)).ok()? == message.len()).then_some(message)
}
