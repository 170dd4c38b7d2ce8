//! Guards of routes, on the wire.

use crate::gate::*;

const ENV: &str = "s3cret-of-env";
const DIGESTED: &str = "s3cret-two";
/// `printf s3cret-two | sha256sum`
const SHA256: &str = "93cf9e8ecc8d01d9bdec2f680f8559d3c3b0d6d2663cd869dd1e384d7023f12a";
const VALUE: &str = "s3cret-in-the-configuration";
const ADMIN: &str = "s3cret-of-admins";

fn start(configuration: Value) -> (Upstream, Envoy) {
    let (upstream, envoy) = start_with(|gate| {
        gate.plugin(configuration)
            .env("METRICS_BEARER", ENV)
            .env("ADMIN_TOKEN", ADMIN)
            .env("EMPTY", "")
    });
    (upstream, envoy)
}

fn three_tokens() -> Value {
    json!({
        "routes": [
            {"paths": ["/metrics"], "class": "metrics"},
            {"paths": ["/v1/admin/*"], "class": "admin", "token_header": "x-admin-token", "tokens": [{"env": "ADMIN_TOKEN"}]},
        ],
        "metrics_auth": {"tokens": [{"env": "METRICS_BEARER"}, {"sha256": SHA256}, {"value": VALUE}]},
        "log": {"access": "json"},
    })
}

fn metrics(client: &mut Client, authorization: &str) -> Response {
    client.get_with("/metrics", &[("authorization", authorization)])
}

/// All that a client can read of an answer.
fn readable(answer: &Response) -> String {
    format!("{:?} {} {:?}", answer.headers, answer.text(), String::from_utf8_lossy(&answer.body))
}

/// RFC 6750: one well-formed bearer token that is configured opens, and nothing else does. The core has every form.
#[test]
fn a_bearer_token_opens_the_metrics() {
    let (upstream, envoy) = start(json!({}));
    let mut client = http1(&envoy);
    let table = [
        ("Bearer s3cret-of-env", 200, "the token"),
        ("bEARER s3cret-of-env", 200, "the scheme in any case"),
        ("Bearer s3cret-of-env  ", 200, "spaces behind a header's value are no part of it"),
        ("Bearer s3cret-of-en", 401, "the start of the token"),
        ("Bearer s3cret-of-env,Bearer x", 401, "two that a proxy joined"),
        ("Bearer s3cret-of-\u{e9}nv", 401, "beyond ASCII"),
        ("Bearer\ts3cret-of-env", 401, "a tab"),
        ("", 401, "an empty header"),
    ];
    for (sent, status, shows) in table {
        upstream.take();
        assert_eq!(metrics(&mut client, sent).status, status, "{sent}: {shows}");
        assert_eq!(upstream.count(), usize::from(status == 200), "{sent}: {shows}");
    }
    for path in ["/metrics.json", "/prometheus", "/metrics?token=s3cret-of-env"] {
        assert_eq!(client.get(path).status, 401, "{path}");
    }
}

/// Of two authorization lines nobody knows which one counts, so they open nothing.
#[test]
fn two_authorization_lines_open_nothing() {
    let (upstream, envoy) = start(json!({}));
    let good = "authorization: Bearer s3cret-of-env\r\n";
    let bad = "authorization: Bearer other\r\n";
    for (lines, shows) in [
        ([good, good], "the same twice"),
        ([good, bad], "the right one first"),
        ([bad, good], "the right one last"),
    ] {
        let [first, second] = lines;
        let request =
            format!("GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{first}{second}\r\n");
        let answer = &raw(envoy.address(), request.as_bytes())[0];
        assert_eq!(answer.status, 401, "{shows}");
    }
    assert_eq!(upstream.count(), 0);
}

/// Any one of several tokens opens, wherever it is configured; the upstream sees it as it came.
#[test]
fn every_kind_of_token_opens() {
    let (upstream, envoy) = start(three_tokens());
    let mut client = http1(&envoy);
    for token in [ENV, DIGESTED, VALUE] {
        let sent = format!("bearer  {token}");
        assert_eq!(metrics(&mut client, &sent).status, 200, "{token}");
        assert_eq!(upstream.last().header("authorization"), Some(sent.as_str()));
    }
    for wrong in [ADMIN, SHA256, "METRICS_BEARER", ""] {
        assert_eq!(metrics(&mut client, &format!("Bearer {wrong}")).status, 401, "{wrong}");
    }
}

/// An admin route opens for its own token, bare in its own header, and for no other.
#[test]
fn an_admin_route_has_a_token_and_a_header_of_its_own() {
    let (upstream, envoy) = start(three_tokens());
    let mut client = http1(&envoy);
    let bearer = format!("Bearer {ADMIN}");
    let table = [
        ("x-admin-token", ADMIN, 200, "the token"),
        ("X-Admin-Token", ADMIN, 200, "a header's name has no case"),
        ("x-admin-token", bearer.as_str(), 401, "no scheme stands there"),
        ("x-admin-token", ENV, 401, "the token of the metrics"),
        ("x-admin-token", "", 401, "an empty one"),
        ("authorization", bearer.as_str(), 401, "the token in another header"),
    ];
    for (name, value, status, shows) in table {
        let answer = client.get_with("/v1/admin/keys", &[(name, value)]);
        assert_eq!(answer.status, status, "{shows}");
        let challenge = r#"ApiKey realm="admin", in="header", name="x-admin-token""#;
        let challenge = (status == 401).then_some(challenge);
        assert_eq!(answer.header("www-authenticate"), challenge, "{shows}");
    }
    assert_eq!(upstream.count(), 2);
    assert_eq!(upstream.last().header("x-admin-token"), Some(ADMIN), "it is passed on");
    let twice = client.get_with("/v1/admin", &[("x-admin-token", ADMIN), ("x-admin-token", ADMIN)]);
    assert_eq!(twice.status, 401, "several are nobody's");
}

/// Without a token that is configured, the routes stay shut for everybody.
#[test]
fn no_token_opens_nothing() {
    let table = [
        (json!([]), "no tokens"),
        (json!([{"env": "NOT_SET"}]), "a variable that is not set"),
        (json!([{"env": "EMPTY"}]), "an empty one"),
    ];
    for (tokens, shows) in table {
        let (upstream, envoy) = start(json!({"metrics_auth": {"tokens": tokens}}));
        let mut client = http1(&envoy);
        for sent in ["", "Bearer", "Bearer ", "Bearer NOT_SET", "Bearer s3cret-of-env"] {
            let answer = metrics(&mut client, sent);
            assert_eq!(answer.status, 401, "{shows}: {sent}");
            let message = answer.json()["message"].to_string();
            assert!(message.contains("no token is configured"), "{shows}: {message}");
        }
        assert_eq!(
            client.get("/metrics").header("www-authenticate"),
            Some(r#"Bearer realm="metrics""#)
        );
        assert_eq!(upstream.count(), 0, "{shows}");
    }
}

/// No token and no digest stands in an answer, in Envoy's log or in its statistics.
#[test]
fn no_secret_is_logged() {
    let (_upstream, envoy) = start(three_tokens());
    let mut client = http1(&envoy);
    let mut output = String::new();
    for path in ["/metrics", "/v1/admin/x", "/metrics?access_token=s3cret-in-a-query", "/v1/%zz"] {
        for sent in [ENV, DIGESTED, VALUE, ADMIN, "s3cret-that-is-wrong", "s3cret with spaces"] {
            let bearer = format!("Bearer {sent}");
            let headers = [("authorization", bearer.as_str()), ("x-admin-token", sent)];
            output += &readable(&client.get_with(path, &headers));
        }
    }
    output += &envoy.admin("/stats/prometheus");
    output += &envoy.stop();
    assert!(output.contains("unauthorized") && output.contains("http_request"), "it was all read");
    for secret in ["s3cret", SHA256, &SHA256.to_uppercase()] {
        let at = output.find(secret).map(|at| &output[at.saturating_sub(200)..at + secret.len()]);
        assert_eq!(at, None);
    }
}
