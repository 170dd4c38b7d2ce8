//! gRPC's codes.

use crate::metrics::{Code, Status};

#[test]
fn a_code_has_the_name_that_its_number_has_in_grpc() {
    let names = [
        "OK",
        "Canceled",
        "Unknown",
        "InvalidArgument",
        "DeadlineExceeded",
        "NotFound",
        "AlreadyExists",
        "PermissionDenied",
        "ResourceExhausted",
        "FailedPrecondition",
        "Aborted",
        "OutOfRange",
        "Unimplemented",
        "Internal",
        "Unavailable",
        "DataLoss",
        "Unauthenticated",
    ];
    for (number, name) in names.into_iter().enumerate() {
        assert_eq!(Code::parse(number.to_string().as_bytes()).label(), name);
    }
    for wrong in ["", "17", "-1", "OK", "1 ", "18446744073709551616"] {
        assert_eq!(Code::parse(wrong.as_bytes()), Code::Unknown, "{wrong}");
    }
    assert_eq!(Code::parse(b"\xff"), Code::Unknown);
}

#[test]
fn an_answer_without_a_code_has_that_of_its_status() {
    let table = [
        (0, Code::Canceled),
        (200, Code::Unknown),
        (400, Code::Internal),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (429, Code::Unavailable),
        (500, Code::Unknown),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::Unavailable),
        (505, Code::Unknown),
    ];
    for (status, code) in table {
        assert_eq!(Code::without_status(Status::new(status)), code, "{status}");
    }
}
