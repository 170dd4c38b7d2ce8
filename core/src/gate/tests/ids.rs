//! One request ID for every stream.

use super::*;

#[test]
fn every_stream_has_one_request_id() {
    let mut world = World::new(FULL);
    let sent = ("x-request-id", "abc-123");
    for path in ["/live", "/x", "/metrics", "/admin/x", "/env", "/x%00", "/x", "/x"] {
        let (stream, verdict) = world.request(path, &[sent]);
        assert_eq!(stream.id.as_str(), "abc-123", "{path}: the client's own");
        assert!(!stream.id_minted, "{path}: it is there already: {verdict:?}");
    }
    let mut seen: Vec<String> = Vec::new();
    for (path, headers) in [
        ("/live", vec![]),
        ("/metrics", vec![("x-request-id", "")]),
        ("/env", vec![("x-request-id", "a b")]),
        ("/x%00", vec![sent, sent]),
        ("/live", vec![("x-request-id", "a,b")]),
    ] {
        let (stream, verdict) = world.request(path, &headers);
        let id = stream.id.as_str().to_owned();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "{path}: a fresh one");
        assert!(!seen.contains(&id), "{path}: another one each time");
        seen.push(id);
        assert!(stream.id_minted, "{path}: the upstream sees the same: {verdict:?}");
    }
}

#[test]
fn a_clients_id_may_be_of_no_account() {
    let mut world = World::new(r#"{"request_id": {"accept_client": false}}"#);
    let (stream, verdict) = world.request("/x", &[("x-request-id", "abc-123")]);
    assert_ne!(stream.id.as_str(), "abc-123");
    assert!(stream.id_minted && matches!(verdict, Verdict::Forward(_)));
    let mut world = World::new(r#"{"request_id": {"header": "X-Correlation-Id"}}"#);
    let headers = [("x-request-id", "other"), ("x-correlation-id", "abc-123")];
    assert_eq!(
        world.request("/x", &headers).0.id.as_str(),
        "abc-123",
        "in a header of another name"
    );
}
