//! `grpc.health.v1.Health/Check`, byte by byte.

use crate::probe::grpc::request;

#[test]
fn the_request() {
    assert_eq!(request(""), [0, 0, 0, 0, 0], "all of the server: an empty message");
    assert_eq!(request("abc"), *b"\0\0\0\0\x05\x0a\x03abc");
    let long = "x".repeat(300);
    let framed = request(&long);
    assert_eq!(framed[..8], [0, 0, 0, 1, 0x2f, 0x0a, 0xac, 0x02], "a length of two bytes");
    assert_eq!(framed.len(), 5 + 3 + 300);
}
