//! Headers that a configuration may not name.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

fn refused(template: &str, place: &str, headers: &[&str]) {
    for header in headers.iter().flat_map(|name| [name.to_string(), name.to_ascii_uppercase()]) {
        let message = compiled(&template.replace('@', &header)).err();
        let message = message.unwrap_or_else(|| panic!("{place}: {header} may not be named"));
        assert!(message.starts_with(&format!("{place}: must not be ")), "{header}: {message}");
    }
}

#[test]
fn a_request_id_is_written_into_no_header_that_means_something_else() {
    let request_id = r#"{"request_id": {"header": "@"}}"#;
    refused(
        request_id,
        "request_id.header",
        &[
            "content-length",
            "content-type",
            "host",
            "authorization",
            "proxy-authorization",
            "transfer-encoding",
            "cookie",
            "set-cookie",
            "connection",
            "keep-alive",
            "te",
            "upgrade",
            "trailer",
            "grpc-status",
            "grpc-timeout",
            "x-forwarded-for",
            "x-envoy-original-path",
            "x-gate-degraded",
            "www-authenticate",
            "retry-after",
            "ratelimit",
            "location",
        ],
    );
    for path in [":path", ":authority", ":status"] {
        assert!(compiled(&request_id.replace('@', path)).is_err(), "{path}");
    }
    for right in ["x-request-id", "X-Correlation-Id", "traceparent-id", "request-id", "x-trace"] {
        assert!(compiled(&request_id.replace('@', right)).is_ok(), "{right}");
    }
}

#[test]
fn a_token_stands_in_no_header_that_others_see() {
    let route = r#""routes": [{"paths": ["/a"], "class": "admin", "token_header": "@"}]"#;
    let template = format!("{{{route}}}");
    let place = "routes[0].token_header";
    let names = ["cookie", "set-cookie", "x-request-id", "host", "content-length", "referer"];
    refused(&template, place, &names);
    refused(&template, place, &["x-forwarded-for", "user-agent", "te", "proxy-authorization"]);
    let other = format!(r#"{{"request_id": {{"header": "X-Id"}}, {route}}}"#);
    refused(&other, place, &["x-id"]);
    for right in ["x-admin-token", "authorization", "Authorization", "x-api-key"] {
        assert!(compiled(&template.replace('@', right)).is_ok(), "{right}");
    }
    assert!(compiled(&other.replace('@', "x-request-id")).is_ok(), "it is none of the gate's then");
    let message = compiled(r#"{"system": "astrocyte", "request_id": {"header": "x-admin-token"}}"#);
    assert!(message.unwrap_err().starts_with("system.token_header: must not be the request ID's"));
}

#[test]
fn a_header_that_envoy_does_not_show_tells_nobody_apart() {
    let client = r#"{"rate_limit": {"requests": 1, "client": {"header": "@"}}}"#;
    refused(client, "rate_limit.client.header", &["host", "connection", "te", "x-request-id"]);
    let key = r#"{"operations": [{"name": "a", "paths": ["/a"], "requests": 1, "per": "1s", "key": {"header": "@"}}]}"#;
    refused(key, "operations[0].key.header", &["host", "upgrade"]);
    let nonce = r#"{"replay": {"routes": ["/a"], "nonce_header": "@"}}"#;
    refused(nonce, "replay.nonce_header", &["host", "transfer-encoding"]);
    for right in ["authorization", "x-api-key", "cookie"] {
        assert!(compiled(&client.replace('@', right)).is_ok(), "{right}: it is only read");
    }
}
