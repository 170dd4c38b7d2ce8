//! `probegate status`, of a real gate in a real Envoy.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
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
    assert!(out.starts_with("ready (2 of 2)\n"), "{out}");
    assert!(out.contains("\napi  ready, rung 1 of 1"), "{out}");
    assert!(out.contains("\nledger  ready, rung 2 of 2"), "{out}");
    assert!(out.contains("\n  ready  up\n  live   up"), "{out}");

    // Every way to name it.
    for url in ["/", "/-/gate", "/-/gate/", "/-/gate/ready", "/-/gate/status"] {
        status(&[&format!("{}{url}", envoy.url())], "").with(0);
    }

    ready.now(answer(503, ""));
    let out = ladders(1, "ledger  not ready");
    assert!(out.starts_with("not ready (1 of 2)\n"), "{out}");
    assert!(out.contains("\napi  ready, rung 1 of 1"), "{out}");
    assert!(out.contains("\nledger  not ready, rung 0 of 2, breaker "), "{out}");
    assert!(out.contains("\n  live   down (status) since 20"), "{out}");
    assert!(!out.contains("cluster"), "no details without a token: {out}");

    let with_token = |token: &str| status(&[&envoy.url(), "--token-env", "GATE_TOKEN"], token);
    let out = with_token(TOKEN).with(1);
    let version = format!("not ready (1 of 2)  probegate {}", env!("CARGO_PKG_VERSION"));
    assert!(out.starts_with(&version), "{out}");
    assert!(out.contains("cluster ready") && out.contains("GET /live; "), "{out}");
    for (token, said) in [
        ("another", "401: the token is not one of metrics_auth.tokens"),
        ("", "the variable GATE_TOKEN holds no token"),
    ] {
        let err = with_token(token).refused(2);
        assert!(err.contains(said), "{err}");
    }
}

/// An address that is unreachable, or no gate's, ends with 2.
#[test]
fn status_of_no_gate_ends_with_2() {
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
        (&at(&json), "the answer is not a report of the gate"),
        (&at(&absent), "404: not a report of the gate"),
        (&at(&redirect), "302: not a report of the gate"),
        (&at(&json).replace("http", "https"), "no answer: "),
        (held.address().to_string().as_str(), "no answer: "),
        ("localhost:99999", "the port must be from 1 to 65535"),
        ("http://localhost:0/-/gate", "the port must be from 1 to 65535"),
        ("https://[::1]:65536", "the port must be from 1 to 65535"),
        ("local host", "the URL must be as http://host:10000"),
        ("ftp://host", "the URL must be as http://host:10000"),
        ("http://user:pass-word@host", "without a user and a password"),
    ] {
        let err = probegate(&["status", url]).refused(2);
        assert!(err.contains(said) && !err.contains("pass-word"), "{url}: {err}");
    }
    assert!(redirect.count("/elsewhere") == 0, "a redirect would take the token elsewhere");
}

/// The same without a scheme; it is asked by HTTP.
#[test]
fn a_scheme_is_guessed() {
    let gate = Service::start(answer(200, r#"{"status": "ready", "services": []}"#));
    let out = probegate(&["status", &gate.address().to_string()]).with(0);
    assert_eq!(out, "ready (nothing is probed)\n");
    assert_eq!(gate.count("/-/gate/ready"), 1);
}

#[test]
fn over_the_limit_it_says_when_to_ask_again() {
    let limited = |more: &str| {
        let text = format!("HTTP/1.1 429 X\r\n{more}content-length: 0\r\n\r\n");
        Service::start(testbed::service::Does::Answers(text.into_bytes()))
    };
    for (headers, said) in [
        ("retry-after: 1\r\n", "429: rate limited, retry in 1 s\n"),
        ("", "429: rate limited\n"),
        ("retry-after: soon\r\n", "429: rate limited\n"),
    ] {
        let gate = limited(headers);
        for more in [&[][..], &["--token-env", "GATE_TOKEN"]] {
            let url = format!("http://{}", gate.address());
            let err = status(&[&[url.as_str()], more].concat(), "a-token").refused(2);
            assert!(err.ends_with(said), "{err:?}");
        }
    }
}

/// An answer may be anybody's: it neither writes to the terminal nor ends the process.
#[test]
fn a_hostile_answer_is_printed_as_text() {
    let name = "\u{1b}[2J\u{202e}".to_owned() + &"x".repeat(65_536);
    let service = json!({
        "service": name, "status": name, "rung": 1, "of": 1, "breaker": name, "latency_ms": null, "failed": [],
        "rungs": [{"rung": name, "state": name}, {"rung": "ready", "state": "up"}],
    });
    let report = json!({"status": "ready", "services": [service]});
    let gate = Service::start(answer(200, &report.to_string()));
    let out = probegate(&["status", &gate.address().to_string()]).with(0);
    assert!(out.contains("\\u{1b}[2J\\u{202e}xxx"), "{out:?}");
    assert!(out.chars().all(|character| character == '\n' || !character.is_control()), "{out:?}");
    assert!(out.len() < 10_000, "{}", out.len());
}

/// JSON is what the gate answered, whatever of it the lines do not show.
#[test]
fn status_as_json_is_the_gates_own_answer() {
    let report = json!({"status": "not_ready", "services": [], "more": [1]});
    let gate = Service::start(answer(503, &report.to_string()));
    let out = probegate(&["status", "--format", "json", &gate.address().to_string()]).with(1);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).expect("JSON"), report);
}

/// It asks until it is interrupted, also while nothing answers.
#[test]
fn watched_it_asks_again() {
    let gate = Service::start(answer(200, r#"{"status": "ready", "services": []}"#));
    let mut watching =
        command(&["status", "--watch=1", "--format=json", &gate.address().to_string()]);
    let mut child = watching.stdout(Stdio::piped()).spawn().expect("start probegate");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let lines: Vec<_> = lines.take(2).map(|line| line.expect("a line")).collect();
    child.kill().expect("end it");
    child.wait().expect("its end");
    assert_eq!(lines, [r#"{"services":[],"status":"ready"}"#; 2]);
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
    let certificate_file = file("tls.pem", &certificate);
    let out = probegate(&["status", &url, "--cacert", certificate_file]).with(0);
    assert_eq!(out, "ready (nothing is probed)\n");
    for (wrong, said) in
        [("nowhere.pem", "cannot be read"), (file("no.pem", "x"), "no certificate")]
    {
        let err = probegate(&["status", &url, "--cacert", wrong]).refused(2);
        assert!(err.contains(said), "{err}");
    }
    let mut trusting = command(&["status", &url]);
    trusting.env("SSL_CERT_FILE", folder().join(certificate_file));
    let out = run(trusting, "").with(0);
    assert_eq!(out, "ready (nothing is probed)\n");
}
