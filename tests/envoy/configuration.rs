//! Envoy's answer to a configuration, and the gate's lines.

mod mistakes;

use testbed::system::said;
use testbed::tools;

use crate::gate::*;
use crate::request_id::id_of;

/// One of everything.
fn everything() -> Value {
    json!({
        "mode": "rc",
        "service": "recall",
        "routes": [
            {"paths": ["/live", "/live/*"], "class": "health"},
            {"paths": ["/stats"], "class": "metrics"},
            {"paths": ["/root/*"], "class": "admin", "token_header": "X-Root", "tokens": [{"env": "ROOT"}]},
            {"paths": ["/closed"], "class": "closed"},
        ],
        "metrics_auth": {"tokens": [{"env": "BEARER"}, {"value": "plain"}], "strip": true},
        "request_id": {"header": "x-trace", "accept_client": false},
        "rate_limit": {
            "requests": 2, "window": "1h", "client": {"header": "x-client"}, "max_clients": 100,
            "when_full": "admit", "enforce": true, "ipv4_prefix": 24, "ipv6_prefix": 48,
        },
        "metrics": {"namespace": "own"},
        "own_routes": "/own",
        "log": {"access": "off"},
    })
}

/// The same configuration means the same as a `Struct` and as a `StringValue`.
#[test]
fn both_types_of_a_configuration_work() {
    let upstream = Upstream::start();
    let plain = Bootstrap::to(upstream.address()).env("BEARER", "token").env("ROOT", "root");
    let text = everything().to_string();
    let bootstraps = [
        (plain.clone().plugin_struct(everything()), "Struct"),
        (plain.clone().plugin_text(&text), "StringValue"),
        (plain.plugin_text(&format!("\n {text}\n")), "StringValue with space around it"),
    ];
    for (bootstrap, shows) in bootstraps {
        let envoy = run(&bootstrap);
        let mut client = http1(&envoy);
        let table = [
            ("/live/x", "", "", 200),
            ("/health", "", "", 200),
            ("/stats", "", "", 401),
            ("/STATS/", "authorization", "Bearer plain", 200),
            ("/root/x", "x-root", "root", 200),
            ("/root/x", "authorization", "Bearer root", 401),
            ("/closed", "", "", 404),
            ("/own/x", "", "", 404),
            ("/-/gate", "x-client", "a", 200),
            ("/v1", "x-client", "a", 200),
            ("/v1", "x-client", "a", 429),
            ("/live", "x-client", "a", 200),
        ];
        for (nth, (path, name, value, status)) in table.into_iter().enumerate() {
            let nth = nth.to_string();
            let mut headers = vec![("x-trace", "mine")];
            headers.extend((!name.is_empty()).then_some((name, value)));
            headers.extend((name != "x-client").then_some(("x-client", nth.as_str())));
            let answer = client.get_with(path, &headers);
            assert_eq!(answer.status, status, "{path} with {name} as a {shows}");
            assert!(answer.header("x-trace").is_some_and(|id| id.len() == 36), "{shows}");
        }
        let refused = [("status_code", "401")];
        counts(&envoy, "own_gateway_requests_total", &refused, 2.0);
    }
}

/// Nothing at all is a working, closed default.
#[test]
fn an_absent_configuration_is_a_closed_default() {
    let upstream = Upstream::start();
    let plain = Bootstrap::to(upstream.address());
    for bootstrap in [
        plain.clone(),
        plain.clone().plugin_struct(json!({})),
        plain.clone().plugin_text(""),
        plain.plugin_text("{}"),
    ] {
        let envoy = run(&bootstrap);
        let mut client = http1(&envoy);
        let paths = ["/health", "/v1/recall", "/metrics", "/prometheus", "/-/gate/x"];
        let statuses = paths.map(|path| client.get(path).status);
        assert_eq!(statuses, [200, 200, 401, 401, 404]);
        let warned = envoy.log().lines().filter(|line| line.contains("METRICS_BEARER")).count();
        assert_eq!(warned, 1, "one warning for all workers: {}", envoy.log());
    }
}

/// In Envoy's YAML a plain `off` is a boolean, which is understood.
#[test]
fn a_plain_off_in_yaml_is_understood() {
    let upstream = Upstream::start();
    let plain = Bootstrap::to(upstream.address());
    for access in [json!(false), json!("off")] {
        let bootstrap = plain.clone().plugin_struct(json!({"log": {"access": access}}));
        assert!(Envoy::start(&bootstrap).is_ok(), "{access}");
    }
    let key = "                            request_id:\n";
    let changed = format!("                            log: {{ access: off }}\n{key}");
    let text = shipped("envoy/envoy.yaml", upstream.address(), &[(key, &changed)]);
    let envoy = Envoy::start_text(tools::envoy_from_env(), &text, 1, &[]).expect("Envoy starts");
    let answer = http1(&envoy).get("/metrics");
    assert_eq!((answer.status, id_of(&answer).len()), (401, 36));
    assert!(!envoy.log().contains("GET /metrics"));
}

/// `log.access` writes a line for each request to Envoy's log, and never the query.
#[test]
fn an_access_log_has_a_line_for_each_request() {
    let upstream = Upstream::start();
    for access in ["off", "text", "json"] {
        let configuration = json!({"log": {"access": access}, "service": "recall"});
        let envoy = run(&Bootstrap::to(upstream.address()).plugin(configuration));
        let mut client = http1(&envoy);
        for path in ["/status/503?token=s3cret", "/metrics?token=s3cret", "/health"] {
            client.get_with(path, &[("x-request-id", "id-1")]);
        }
        let lines = || -> Vec<String> {
            let log = envoy.log();
            let lines = log.lines().filter(|line| said(line) != *line).map(str::to_owned);
            lines.filter(|line| line.contains("id-1")).collect()
        };
        let wanted = if access == "off" { 0 } else { 3 };
        let lines = poll::until(PATIENCE, "all is logged", || {
            Some(lines()).filter(|lines| lines.len() >= wanted)
        });
        assert_eq!(lines.len(), wanted, "{lines:#?}");
        assert!(!envoy.log().contains("s3cret"));
        match access {
            "text" => {
                for (line, part) in lines.iter().zip([
                    "id-1 GET /status/503 503 ",
                    "id-1 GET /metrics 401 ",
                    "id-1 GET /health 200 ",
                ]) {
                    let decision = if part.contains("401") { "unauthorized" } else { "forwarded" };
                    assert!(line.contains(part) && line.ends_with(decision), "{line}");
                }
            }
            "json" => {
                let json: Vec<Value> = lines
                    .iter()
                    .map(|line| {
                        serde_json::from_str(&line[line.find('{').expect("JSON")..]).expect("JSON")
                    })
                    .collect();
                let of = |key: &str| json.iter().map(|line| line[key].clone()).collect::<Vec<_>>();
                assert_eq!(of("path"), ["/status/503", "/metrics", "/health"]);
                assert_eq!(of("status_code"), [503, 401, 200]);
                assert_eq!(of("class"), ["api", "metrics", "health"]);
                assert_eq!(of("service"), ["recall"; 3]);
                assert_eq!(of("event"), ["http_request"; 3]);
                assert_eq!(of("client"), ["127.0.0.1"; 3]);
                assert_eq!(of("decision"), ["forwarded", "unauthorized", "forwarded"]);
            }
            _ => {}
        }
    }
}
