//! Every request and every answer carries one ID, and all who see it see the same.

use std::time::Duration;

use testbed::Port;

use crate::gate::*;

/// The ID of an answer. Panics if it has none, or several.
pub fn id_of(answer: &Response) -> &str {
    answer.header("x-request-id").unwrap_or_else(|| panic!("no ID in {answer:?}"))
}

/// True if an ID is a UUID of version 4 (RFC 9562), in lower case.
pub fn is_minted(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => b"89ab".contains(&byte),
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// IDs that a client sent under the names, and those in the answer and before the upstream.
fn exchange(upstream: &Upstream, client: &mut Client, name: &str, sent: &[&[u8]]) -> String {
    let lines: Vec<_> = sent.iter().map(|value| (name, value)).collect();
    let answer = client.get_with("/v1/recall", &lines);
    assert_eq!(answer.status, 200, "{sent:?}");
    let received = upstream.last();
    let (above, below) = (received.headers_named(name), answer.headers_named(name));
    assert_eq!(above.len(), 1, "{sent:?}: one before the upstream");
    assert_eq!(above, below, "{sent:?}: both see the same, once");
    String::from_utf8(below[0].to_vec()).expect("an ID is ASCII")
}

/// One value of 1 to 128 visible ASCII characters is kept; whatever else is replaced by a fresh UUID.
#[test]
fn a_clients_id_is_kept_or_replaced() {
    let (upstream, envoy) = start(json!({}));
    let mut client = http1(&envoy);
    let (longest, longer) = ([b'a'; 128], [b'a'; 129]);
    let kept: [(&[u8], &str); 7] = [
        (b"7", "one character"),
        (&longest, "128 of them"),
        (b"0b54a1f0-7a3c-1d6e-8d15-6a0e3c9c6d11", "a UUID of another version"),
        (b"!\"#$%&'()*+-./:;<=>?@[\\]^_`{|}~", "every kind of punctuation"),
        (b"CON:nul/../%00", "what means something elsewhere"),
        (b"${jndi:ldap://x/y}", "what looks like code"),
        (b"  padded\t", "spaces around a value are no part of it"),
    ];
    for (sent, shows) in kept {
        let id = exchange(&upstream, &mut client, "x-request-id", &[sent]);
        assert_eq!(id.as_bytes(), sent.trim_ascii(), "{shows}");
    }
    let replaced: [(&[&[u8]], &str); 10] = [
        (&[], "none"),
        (&[b""], "an empty one"),
        (&[&longer], "129 characters"),
        (&[&[b'a'; 20_000]], "20,000 characters"),
        (&[b"caf\xc3\xa9"], "beyond ASCII"),
        (&[b"\xff\xfe"], "no UTF-8"),
        (&[b"a b"], "a space inside"),
        (&[b"a\tb"], "a tab inside"),
        (&[b"a", b"a"], "the same twice"),
        (&[b"a", b"b"], "two, of which nobody knows the right one"),
    ];
    let mut seen = Vec::new();
    for (sent, shows) in replaced {
        let id = exchange(&upstream, &mut client, "x-request-id", sent);
        assert!(is_minted(&id), "{shows}: {id}");
        assert!(!seen.contains(&id), "{shows}: {id} is not fresh");
        seen.push(id);
    }
}

/// `request_id.header` names the header, in any case; the usual one is then like any other.
#[test]
fn the_header_may_have_another_name() {
    let (upstream, envoy) = start(json!({"request_id": {"header": "X-Correlation-ID"}}));
    let mut client = http1(&envoy);
    let name = "x-correlation-id";
    assert_eq!(exchange(&upstream, &mut client, name, &[b"mine"]), "mine");
    assert!(is_minted(&exchange(&upstream, &mut client, name, &[])));
    assert!(is_minted(&exchange(&upstream, &mut client, name, &[b"a", b"b"])));
    let answer = client.get_with("/metrics", &[(name, "mine"), ("x-request-id", "other")]);
    assert_eq!((answer.status, answer.header(name)), (401, Some("mine")));
    assert_eq!(
        (&answer.json()["request_id"], answer.header("x-request-id")),
        (&json!("mine"), None)
    );
    client.get_with("/v1", &[("x-request-id", "other")]);
    assert_eq!(upstream.last().header("x-request-id"), Some("other"));
}

/// An Envoy that answers some requests itself, in front of an upstream that does as it is told.
fn varied(upstream: &Upstream, nobody: &Port) -> Envoy {
    let upstream_route =
        |prefix: &str| json!({"match": {"prefix": prefix}, "route": {"cluster": "upstream"}});
    let slow = json!({"cluster": "upstream", "timeout": "0.02s", "prefix_rewrite": "/delay/5000"});
    let bootstrap = Bootstrap::to(upstream.address())
        .cluster("down", nobody.address())
        .plugin(json!({
            "routes": [
                {"paths": ["/metrics"], "class": "metrics"},
                {"paths": ["/env"], "class": "closed"},
            ],
            "rate_limit": {"requests": 1, "window": "1h", "client": {"header": "x-client"}},
        }))
        .routes(json!([
            upstream_route("/v1"),
            upstream_route("/status"),
            upstream_route("/reset"),
            {"match": {"prefix": "/down"}, "route": {"cluster": "down"}},
            {"match": {"prefix": "/slow"}, "route": slow},
            {"match": {"prefix": "/direct"}, "direct_response": {"status": 418}},
            {"match": {"prefix": "/moved"}, "redirect": {"path_redirect": "/v1"}},
        ]));
    run(&bootstrap)
}

/// Whoever answers, the gate, the upstream or Envoy itself: there is one ID, and it is the client's.
#[test]
fn every_answer_carries_the_id() {
    let (upstream, nobody) = (Upstream::start(), Port::hold());
    let envoy = varied(&upstream, &nobody);
    let own = |headers: &str| Request::get("/v1").header("x-upstream-headers", headers);
    let table = [
        (Request::get("/metrics"), 401, "the gate's refusal for want of a token"),
        (Request::get("/env"), 404, "its refusal of a closed route"),
        (Request::get("/v1/%zz"), 400, "its refusal of what nobody can read"),
        (Request::get("/v1").header("x-client", "twice"), 200, "the upstream's answer"),
        (Request::get("/v1").header("x-client", "twice"), 429, "the gate's refusal by the limit"),
        (Request::get("/status/503"), 503, "the upstream's error"),
        (own("x-request-id=theirs"), 200, "an upstream with an ID of its own"),
        (own("x-request-id=a&x-request-id=b"), 200, "with two of them"),
        (own("x-request-id="), 200, "with an empty one"),
        (Request::get("/nowhere"), 404, "Envoy's answer without a route"),
        (Request::get("/down"), 503, "without an upstream"),
        (Request::get("/reset"), 503, "to an upstream that closed the connection"),
        (Request::get("/slow"), 504, "to one that took too long"),
        (Request::get("/direct"), 418, "from its configuration"),
        (Request::get("/moved"), 301, "that redirects"),
        (Request::new("HEAD", "/metrics"), 401, "an answer without a body"),
    ];
    for (nth, (request, status, shows)) in table.into_iter().enumerate() {
        let client = match request.headers.get("x-client") {
            Some(_) => request,
            None => request.header("x-client", nth.to_string()),
        };
        let id = format!("id-{nth}");
        let answer = http1(&envoy).send(&client.header("x-request-id", id.as_str()));
        assert_eq!((answer.status, id_of(&answer)), (status, id.as_str()), "{shows}");
    }
}

/// A request that Envoy refuses before any filter sees it does not concern the gate, which has no say in the
/// answer. It does no harm to the gate either.
#[test]
fn an_early_refusal_of_envoys_own_does_no_harm() {
    let (upstream, envoy) = start(json!({}));
    let large = format!("GET / HTTP/1.1\r\nhost: a\r\nx-large: {}\r\n\r\n", "a".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "x-many: a\r\n".repeat(200));
    let table = [
        ("GET / HTTP/1.1\r\n\r\n", 400, "no host"),
        (&large, 431, "headers that are too large"),
        (&many, 431, "too many of them"),
        ("GET / HTTP/1.0\r\n\r\n", 426, "an old version"),
        ("GET / HTTP/1.1\r\nhost: a\r\nbro ken: a\r\n\r\n", 400, "no header's name"),
        ("GET / HTTP/1.1\r\nhost: a\r\nx-nul: \0\r\n\r\n", 400, "no header's value"),
        ("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n", 400, "no length"),
        (
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: x\r\n\r\n",
            501,
            "no coding that it knows",
        ),
        ("GET metrics HTTP/1.1\r\nhost: a\r\n\r\n", 400, "no path"),
        ("OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 404, "the whole server"),
        ("GET /metrics#x HTTP/1.1\r\nhost: a\r\n\r\n", 400, "a fragment"),
        ("no request\r\n\r\n", 400, "nothing that it can read"),
    ];
    for (bytes, status, shows) in table {
        let answers = raw(envoy.address(), bytes.as_bytes());
        assert_eq!(answers.len(), 1, "{shows}");
        assert_eq!(answers[0].status, status, "{shows}");
    }
    assert_eq!(upstream.count(), 0);
    let answer = http1(&envoy).get("/v1/recall");
    assert_eq!((answer.status, is_minted(id_of(&answer))), (200, true));
}

/// The gate's own answers carry one ID as well: the header, the body and Envoy's own copy of the
/// request's header say the same.
#[test]
fn a_refusal_has_one_id_where_envoy_copies_the_requests() {
    let (_upstream, envoy) = start_with(|gate| {
        gate.plugin(json!({})).hcm(json!({"always_set_request_id_in_response": true}))
    });
    let mut client = http1(&envoy);
    let long = [b'a'; 129];
    for sent in [&[&b"a b"[..]][..], &[&long], &[b"\xff"], &[b"a", b"b"], &[]] {
        let lines: Vec<_> = sent.iter().map(|value| ("x-request-id", value)).collect();
        let answer = client.get_with("/metrics", &lines);
        assert_eq!(answer.status, 401, "{sent:?}");
        assert_eq!(answer.headers_named("x-request-id").len(), 1, "{sent:?}");
        assert!(is_minted(id_of(&answer)), "{sent:?}: {}", id_of(&answer));
        let body = answer.json();
        assert_eq!(body["request_id"], id_of(&answer), "{sent:?}");
    }
}

/// Envoy's own access log shows a refused request under the ID that its client was told.
#[test]
fn envoys_access_log_has_the_id_of_a_refusal() {
    let (_upstream, envoy) = start_with(|gate| {
        gate.plugin(json!({"rate_limit": {"requests": 1, "window": "1h"}}))
            .hcm(access_log("seen %RESPONSE_CODE% %REQ(X-REQUEST-ID)%\n"))
    });
    let mut client = http1(&envoy);
    assert_eq!(client.get("/v1/recall").status, 200);
    for (path, status) in [("/metrics", 401), ("/v1/recall", 429)] {
        for sent in [&[][..], &[("x-request-id", &b"a b"[..])], &[("x-request-id", b"kept")]] {
            let answer = client.get_with(path, sent);
            assert_eq!(answer.status, status, "{path} {sent:?}");
            let line = format!("seen {status} {}", id_of(&answer));
            poll::until(Duration::from_secs(10), &line, || {
                envoy.log().lines().any(|logged| logged == line).then_some(())
            });
        }
    }
}
