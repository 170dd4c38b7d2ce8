//! `probegate status`, of a real gate in a real Envoy.

use std::time::Duration;

use serde_json::json;
use testbed::service::answer;
use testbed::{Bootstrap, Envoy, Port, Service, Upstream, poll};

use crate::{Ran, command, file, folder, probegate, render, run};

const TOKEN: &str = "metrics-token-of-the-gate";

/// A gate that probes `api` with two rungs, of which the second has its own service.
fn probing(upstream: &Upstream, live: &Service, ready: &Service) -> Envoy {
    let rung = |name: &str| json!({"rung": name, "path": format!("/{name}")});
    let plugin = json!({"probes": {"every": "1s", "timeout": "500ms", "failure_threshold": 1, "targets": [
        {"service": "api", "cluster": "live", "rungs": [rung("live")]},
        {"service": "ledger", "cluster": "ready", "rungs": [rung("live"), rung("ready")]},
    ]}});
    let bootstrap = Bootstrap::to(upstream.address())
        .env("METRICS_BEARER", TOKEN)
        .plugin(plugin)
        .cluster("live", live.address())
        .cluster("ready", ready.address());
    Envoy::start(&bootstrap).expect("Envoy starts")
}

fn status(arguments: &[&str], token: &str) -> Ran {
    let mut command = command(&[&["status"], arguments].concat());
    command.env("GATE_TOKEN", token);
    let ran = run(command, "");
    assert!(token.is_empty() || !ran.text().contains(token), "{}", ran.text());
    ran
}

#[test]
fn a_ready_gate_and_one_that_is_not() {
    let upstream = Upstream::start();
    let (live, ready) = (Service::start(answer(200, "")), Service::start(answer(200, "")));
    let envoy = probing(&upstream, &live, &ready);
    let ladders = |code: i32, wanted: &str| {
        poll::until(Duration::from_secs(60), "the gate said so", || {
            let ran = status(&[&envoy.url()], "");
            (ran.code == code && ran.out.contains(wanted)).then_some(ran.out)
        })
    };

    let out = ladders(0, "ledger  ready");
    assert!(out.starts_with("ready\n"), "{out}");
    assert!(out.contains("\napi  ready, rung 1 of 1"), "{out}");
    assert!(out.contains("\nledger  ready, rung 2 of 2"), "{out}");
    assert!(out.contains("\n  ready  up\n  live   up"), "{out}");

    // Every way to name it.
    for url in ["/", "/-/gate", "/-/gate/", "/-/gate/ready", "/-/gate/status"] {
        status(&[&format!("{}{url}", envoy.url())], "").with(0);
    }

    ready.now(answer(503, ""));
    let out = ladders(1, "ledger  not ready");
    assert!(out.starts_with("not ready\n"), "{out}");
    assert!(out.contains("\napi  ready, rung 1 of 1"), "{out}");
    assert!(out.contains("\nledger  not ready, rung 0 of 2, breaker "), "{out}");
    assert!(out.contains("\n  live   down (status) since 20"), "{out}");
    assert!(!out.contains("cluster"), "no details without a token: {out}");

    let with_token = |token: &str| status(&[&envoy.url(), "--token-env", "GATE_TOKEN"], token);
    let out = with_token(TOKEN).with(1);
    assert!(out.contains("cluster ready") && out.contains("GET /live; "), "{out}");
    let ran = with_token("another");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("401: the token is not one of metrics_auth.tokens"), "{}", ran.err);
    let ran = with_token("");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("the variable GATE_TOKEN holds no token"), "{}", ran.err);
}

/// What is unreachable, or answers and is no gate, ends with 2.
#[test]
fn no_gate_ends_with_2() {
    let held = Port::hold();
    let nobody = format!("http://{}", held.address());
    let json = Service::start(answer(200, "{\"status\": \"ok\"}"));
    let absent = Service::start(answer(404, ""));
    let redirect = testbed::service::Does::Answers(
        b"HTTP/1.1 302 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".to_vec(),
    );
    let redirect = Service::start(redirect);
    let at = |service: &Service| format!("http://{}", service.address());
    for (url, said) in [
        (nobody.as_str(), "no answer: "),
        (&nobody.replace("http", "https"), "no answer: "),
        (&at(&json), "no gate answers there"),
        (&at(&absent), "404: no gate answers there"),
        (&at(&redirect), "302: no gate answers there"),
        (&at(&json).replace("http", "https"), "no answer: "),
        ("localhost:10000", "the URL must be as http://host:10000"),
        ("ftp://host", "the URL must be as http://host:10000"),
        ("http://user:pass-word@host", "without a user and a password"),
    ] {
        let ran = probegate(&["status", url]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{url}");
        assert!(ran.err.contains(said) && !ran.err.contains("pass-word"), "{url}: {}", ran.err);
    }
    assert!(redirect.count("/elsewhere") == 0, "a redirect would take the token elsewhere");
}

/// With TLS, if the system trusts the certificate. A gate without probes is ready.
#[test]
fn a_gate_behind_tls() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, secret) = (key.cert.pem(), key.signing_key.serialize_pem());
    let tls = json!({"name": "envoy.transport_sockets.tls", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"tls_certificates": [
            {"certificate_chain": {"inline_string": certificate}, "private_key": {"inline_string": secret}},
        ]},
    }});
    let upstream = Upstream::start();
    let envoy = render::start("caracal", &upstream, &[], &format!("transport_socket: {tls}"));
    let url = format!("https://localhost:{}", envoy.address().port());

    let ran = probegate(&["status", &url]);
    assert_eq!(ran.code, 2, "nobody trusts it");
    assert!(ran.err.contains("no answer: "), "{}", ran.err);
    let mut trusting = command(&["status", &url]);
    trusting.env("SSL_CERT_FILE", folder().join(file("tls.pem", &certificate)));
    let out = run(trusting, "").with(0);
    assert_eq!(out, "ready (nothing is probed)\n");
}
