//! `probegate explain`.

use crate::{file, probegate};

const CONFIGURATION: &str = r#"system: astrocyte
routes:
  - paths: [/env, /health/deep]
    class: closed
  - paths: ["/root/*"]
    class: admin
    token_header: x-root
    tokens: [{env: ROOT}, {value: plain-secret}]
  - paths: ["/shut/*"]
    class: admin
  - paths: [/stats]
    class: metrics
  - paths: [/open]
    class: api
metrics_auth: {tokens: [{env: BEARER}, {sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}], strip: true}
rate_limit: {requests: 5, window: 250ms, client: {header: x-user}}
operations:
  - {name: recall, methods: [POST], paths: [/v1/recall], key: {json: /bank_id}, requests: 120, per: 60s}
  - {name: bank, paths: ["/v1/banks/*"], key: {path_segment: 2}, requests: 9, per: 1s, burst: 20}
global_rate_limit: {cluster: limits, descriptors: [{client: true}]}
replay: {routes: ["/v1/pay/*"]}
"#;

/// A path below an endpoint of the system's goes with the user's rule for it.
#[test]
fn an_endpoint_of_the_systems_goes_as_a_whole() {
    let text = "system: kestra\nroutes: [{paths: [/env], class: admin, token_header: x-a, tokens: [{env: A}]}]\n";
    let explained =
        |path| probegate(&["explain", path, "--config", file("whole.yaml", text)]).with(0);
    for path in ["/env", "/env/application"] {
        let out = explained(path);
        assert!(out.contains("class admin\n") && out.contains("x-a"), "{out}");
    }
    assert!(explained("/loggers/root").contains("class closed\n"));
}

fn explained(path: &str, more: &[&str]) -> String {
    let mut arguments = vec!["explain", path, "--config", file("explain.yaml", CONFIGURATION)];
    arguments.extend(more);
    let out = probegate(&arguments).with(0);
    assert!(!out.contains("plain-secret") && !out.contains("ba7816bf"), "{out}");
    out
}

/// Paths, and below each what is told of it.
const EXPLAINED: &str = r"
/v1/recall
    class api
    rule: none matches
    token: none is wanted
    limit: 5 requests in 250ms for each client (the header x-user); over it 429
/open
    class api
    rule: /open of routes[4].paths[0]
    as it was sent
/stats
    class metrics
    routes[3].paths[0] (line 11)
    as it was sent
    authorization: Bearer with the value of BEARER, or the token whose digest is in the configuration
    the service does not see it
//STATS%2f?x
    class metrics
    as a server may read it: /stats
/metrics;a=1
    class metrics
    /metrics of system: astrocyte
    as a server may read it: /metrics
/live
    class health
    system: astrocyte
    as it was sent
    limit: none: a health route is never refused
/live/
    class api
    /live of system: astrocyte does not exempt it
/health/deep
    class closed
    routes[0].paths[1]
    /health/* of system: astrocyte matches, too, but class closed stands before health
    404
/root/a/b
    class admin
    token: x-root with the value of ROOT, or the token in the configuration; else 401
/shut
    class admin
    none is configured for it, so nobody is let through: 401
/v1/admin/x
    class admin
    token: x-admin-token with the value of ASTROCYTE_ADMIN_TOKEN
/-/gate/ready
    class health: the gate answers itself
    own_routes
    token: none is wanted
/-/gate/x
    404: the gate has no such route
";

#[test]
fn the_rule_the_form_the_token_and_the_limit_are_told() {
    let mut out = String::new();
    for line in EXPLAINED.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("    ") {
            Some(told) if told.starts_with("class") => {
                assert!(out.lines().any(|line| line.ends_with(told)), "{told} is not in\n{out}");
            }
            Some(told) => assert!(out.contains(told), "{told} is not in\n{out}"),
            None => out = explained(line, &[]),
        }
    }
    assert!(explained("/%zz", &[]).starts_with("400: "));
    assert!(explained("/-/gate/metrics", &["--method", "POST"]).starts_with("405: "));
    assert!(explained("/-/gate/metrics", &["--method", "HEAD"]).contains("authorization: Bearer"));
}

/// In the default configuration, and in `mode: dev`.
#[test]
fn the_defaults_are_told() {
    let explained = |configuration: &str, path: &str| {
        let name = "explain-default.yaml";
        probegate(&["explain", path, "--config", file(name, configuration)]).with(0)
    };
    let out = explained("{}", "/metrics");
    assert!(out.contains("rule: /metrics of the default routes"), "{out}");
    assert!(out.contains("authorization: Bearer with the value of METRICS_BEARER"), "{out}");
    assert!(out.contains("limit: none is configured"), "{out}");
    assert!(explained("mode: dev", "/metrics").contains("token: none is wanted: mode is dev"));
}

/// It reads what `check` reads, and a mistake is no answer.
#[test]
fn explain_reads_the_files_that_check_reads() {
    let bootstrap = format!("{}/envoy/envoy.yaml", concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let out = probegate(&["explain", "/metrics", "--config", &bootstrap]).with(0);
    assert!(out.contains("class metrics") && out.contains("limit: 20 requests in 1s"), "{out}");
    let explain = |config: &str| probegate(&["explain", "/", "--config", config]);
    let err = explain(file("wrong.yaml", "mode: x")).refused(1);
    assert!(err.contains("wrong.yaml: mode: must be one of") && err.contains("probegate check"));
    for unread in
        ["nowhere.yaml", file("explain-empty.yaml", ""), file("explain-tab.yaml", "a:\n\t- x")]
    {
        let err = explain(unread).refused(2);
        assert!(err.contains(unread), "{err}");
    }
}

/// Readers differ in which of the two they take.
#[test]
fn a_key_that_stands_twice_is_not_explained() {
    let twice = file("explain-twice.yaml", "mode: rc\nlog: {query: true}\nmode: dev\n");
    let err = probegate(&["explain", "/metrics", "--config", twice]).refused(1);
    assert!(err.contains("explain-twice.yaml:3: this key stands twice"), "{err}");
}

/// A path may be anybody's, and is decoded where it is explained.
#[test]
fn an_explained_path_is_printed_escaped() {
    let out = explained("/health/%1b%5b2J/../x%0a%c2%9b/../../metrics", &[]);
    assert!(out.chars().all(|character| character == '\n' || !character.is_control()), "{out:?}");
}

#[test]
fn an_explanation_is_json_if_asked() {
    let config = file("explain-json.yaml", "rate_limit: {requests: 5}");
    let out = probegate(&["explain", "/metrics", "--config", config, "--format", "json"]).with(0);
    let message: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(message["path"], "/metrics");
    let gate = &message["gates"][0];
    assert_eq!(gate["decision"], "class metrics");
    for word in ["rule", "token", "limit"] {
        assert!(gate["because"][word][0].is_string(), "{word}: {out}");
    }
}

/// Limits that a request has to pass besides its client's own.
#[test]
fn operations_a_global_rate_limit_and_replay_are_told() {
    let recall = "operation: recall, 120 requests in 60000ms and 120 at once for each value at /bank_id of the body";
    let bank =
        "operation: bank, 9 requests in 1000ms and 20 at once for each segment 2 of the path";
    let global_rate_limit = "global_rate_limit: what the service at limits says";
    let replay = "replay: once for each x-nonce, at the time that x-timestamp says; else 409";
    let table: [(&str, &[&str], &[&str]); 5] = [
        ("/v1/recall", &["--method", "POST"], &[recall, global_rate_limit]),
        ("/v1/recall", &[], &[global_rate_limit]),
        ("//V1/banks/x/recall", &[], &[bank, global_rate_limit]),
        ("/v1/pay/x", &[], &[global_rate_limit, replay]),
        ("/health", &[], &[]),
    ];
    for (path, more, message) in table {
        let out = explained(path, more);
        for line in [recall, bank, global_rate_limit, replay] {
            assert_eq!(out.contains(line), message.contains(&line), "{path}: {line}\n{out}");
        }
    }
}
