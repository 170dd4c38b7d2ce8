//! Label values: closed sets, whatever a client sends.

use super::*;

#[test]
fn label_values_are_of_closed_sets() {
    let methods: [(&[u8], &str); 14] = [
        (b"GET", "GET"),
        (b"HEAD", "HEAD"),
        (b"POST", "POST"),
        (b"PUT", "PUT"),
        (b"DELETE", "DELETE"),
        (b"CONNECT", "CONNECT"),
        (b"OPTIONS", "OPTIONS"),
        (b"TRACE", "TRACE"),
        (b"PATCH", "PATCH"),
        (b"get", "OTHER"),
        (b"PROPFIND", "OTHER"),
        (b"", "OTHER"),
        (b"GET ", "OTHER"),
        (b"\xff;.x=.=y", "OTHER"),
    ];
    for (method, label) in methods {
        assert_eq!(Method::from_bytes(method).label(), label);
    }
    let statuses: [(&[u8], u16); 4] = [(b"200", 200), (b"100", 100), (b"999", 999), (b"", 0)];
    for (status, code) in statuses {
        assert_eq!(Status::parse(status).code(), code, "{status:?}");
        assert_eq!(Status::parse(status).to_string(), code.to_string());
    }
    for status in [b"99".as_slice(), b"1000", b"099", b"+20", b"2x0", b"\xff\xff\xff"] {
        assert_eq!(Status::parse(status), Status::OTHER, "{status:?}");
    }
    assert_eq!(
        [Status::OTHER, Status::OTHER.class()].map(|status| status.to_string()),
        ["other"; 2]
    );
    assert_eq!(Status::held(Status::OTHER.code()), Some(Status::OTHER));
    assert_eq!([Status::new(42), Status::new(1_000), Status::default()].map(Status::code), [0; 3]);
    let auth_failures =
        [200, 400, 401, 402, 403, 404, 0].map(|code| Status::new(code).is_auth_failure());
    assert_eq!(auth_failures, [false, false, true, false, true, false, false]);
    use AuthMethod::{ApiKey, Basic, Bearer, Jwt, Mtls, None, Other};
    assert_eq!(
        [None, Bearer, Jwt, Basic, ApiKey, Mtls, Other].map(AuthMethod::label),
        ["none", "bearer", "jwt", "basic", "api_key", "mtls", "other"]
    );
    use AuthFailure::{Invalid, Malformed, Missing, NotConfigured, Upstream};
    assert_eq!(
        [Missing, Malformed, Invalid, NotConfigured, Upstream].map(AuthFailure::label),
        ["missing", "malformed", "invalid", "not_configured", "upstream"]
    );
}
