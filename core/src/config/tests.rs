//! Compiled configurations, and the messages of mistakes.

mod encodings;
mod files;
mod mistakes;
mod presets;
mod routes;
mod secrets;
mod sections;
mod tokens;

use super::*;
use crate::client::{ClientSource, HashKey, Prefixes};
use crate::gate::MetricsRoutes;
use crate::log::Access;
use crate::rate_limit::Quota;
use crate::route::Class;

/// Compiles a configuration in a VM that has the variables `METRICS_BEARER` and `SET`.
fn compiled(configuration: &str) -> Result<Compiled, String> {
    compiled_with(configuration, &environment(&variable))
}

fn compiled_with(configuration: &str, environment: &Environment<'_>) -> Result<Compiled, String> {
    let config = parse(configuration.as_bytes()).map_err(|mistake| mistake.to_string())?;
    compile(config, environment).map_err(|mistake| mistake.to_string())
}

/// A VM with these variables.
fn environment<'a>(variable: &'a dyn Fn(&str) -> Option<String>) -> Environment<'a> {
    Environment::wasm(variable, HashKey::new([0; 16]))
}

fn variable(name: &str) -> Option<String> {
    match name {
        "METRICS_BEARER" | "SET" => Some("token".into()),
        "BLANK" => Some(" \n".into()),
        "SPACED" => Some("to ken".into()),
        "LINE" => Some("token\n".into()),
        _ => None,
    }
}

/// The warnings, without their places.
fn messages(compiled: &Compiled) -> Vec<String> {
    compiled.warnings.iter().map(|warning| warning.message().to_owned()).collect()
}

fn class(compiled: &Compiled, path: &str) -> Class {
    compiled.gate.routes.find(path.as_bytes()).unwrap().class
}

#[test]
fn nothing_at_all_is_a_closed_default() {
    for configuration in ["", " \n", "{}", " {\n} "] {
        let compiled = compiled(configuration).unwrap();
        let gate = &compiled.gate;
        for path in ["/health", "/healthz", "/live", "/livez", "/ready", "/readyz", "/health/x"] {
            assert_eq!(class(&compiled, path), Class::Health, "{path}");
        }
        for path in ["/metrics", "/metrics.json", "/prometheus"] {
            assert_eq!(class(&compiled, path), Class::Metrics, "{path}");
        }
        assert_eq!(
            [class(&compiled, "/x"), class(&compiled, "/-/gate")],
            [Class::Api, Class::Endpoint]
        );
        let MetricsRoutes { open, strip_authorization } = gate.guarding.metrics_routes;
        assert!(!open && !strip_authorization && gate.limits.client.is_none());
        assert!(gate.accept_request_id);
        assert_eq!(*gate.names.request_id, *b"x-request-id");
        assert_eq!(
            (compiled.metrics.namespace.as_str(), compiled.service.as_deref()),
            ("probegate", None)
        );
        assert_eq!(compiled.log.access, Access::Off);
        assert_eq!(compiled.warnings.len(), 0, "the variable METRICS_BEARER is set");
    }
}

#[test]
fn every_key_has_its_effect() {
    let compiled = compiled(
        r#"{
            "mode": "dev", "service": "gateway", "own_routes": "/gate",
            "routes": [
                {"paths": ["/up", "/up/*"], "class": "health"},
                {"paths": ["/stats"], "class": "metrics"},
                {"paths": ["/root/*"], "class": "admin", "token_header": "X-Root", "tokens": [{"env": "SET"}]},
                {"paths": ["/secret"], "class": "closed"},
                {"paths": ["/plain"], "class": "api"}
            ],
            "metrics_auth": {"tokens": [{"env": "SET"}, {"value": "plain"}], "strip": true},
            "request_id": {"header": "X-Correlation-Id", "accept_client": false},
            "rate_limit": {
                "requests": 100, "window": "1500ms", "client": {"forwarded_for": {"trusted_hops": 2}},
                "ipv4_prefix": 24, "ipv6_prefix": 48, "max_clients": 10, "when_full": "admit", "enforce": false, "headers": "always"
            },
            "metrics": {"namespace": "app"},
            "log": {"access": "json"}
        }"#,
    )
    .unwrap();
    let paths = [
        "/up", "/up/x", "/stats", "/root", "/secret", "/plain", "/gate/x", "/metrics", "/health",
        "/-/gate",
    ];
    use Class::{Admin, Api, Closed, Endpoint, Health, Metrics};
    let classes = [Health, Health, Metrics, Admin, Closed, Api, Endpoint, Metrics, Health, Api];
    assert_eq!(
        paths.map(|path| class(&compiled, path)),
        classes,
        "the default routes stay behind the user's"
    );
    assert_eq!(
        (compiled.metrics.namespace.as_str(), compiled.service.as_deref()),
        ("app", Some("gateway"))
    );
    assert_eq!(compiled.log.access, Access::Json);
    let gate = &compiled.gate;
    let MetricsRoutes { open, strip_authorization } = gate.guarding.metrics_routes;
    assert!(open && strip_authorization && !gate.accept_request_id);
    assert_eq!(*gate.names.request_id, *b"x-correlation-id", "in lower case, as Envoy has it");
    assert_eq!(*gate.names.tokens[0], *b"x-root");
    let limit = gate.limits.client.as_ref().unwrap();
    assert_eq!(limit.limiter.quota(), Quota { requests: 100, window: 1_500_000 });
    assert_eq!(limit.clients.source, ClientSource::ForwardedFor { trusted_hops: 2 });
    assert_eq!(limit.clients.prefixes, Prefixes { ipv4: 24, ipv6: 48 });
    assert!(!limit.enforce);
    assert!(limit.tells_always);
}

#[test]
fn a_limit_has_defaults() {
    let limit = |text: &str| compiled(text).unwrap().gate.limits.client.unwrap();
    let determined = limit(r#"{"rate_limit": {"requests": 7, "client": "remote_address"}}"#);
    assert_eq!(determined.clients.source, ClientSource::RemoteAddress);
    let limit = limit(r#"{"rate_limit": {"requests": 7}}"#);
    assert_eq!(limit.limiter.quota(), Quota { requests: 7, window: 1_000_000 });
    assert_eq!(limit.clients.source, ClientSource::Peer);
    assert!(!limit.tells_always);
    assert_eq!(limit.clients.prefixes, Prefixes { ipv4: 32, ipv6: 64 });
    assert!(limit.enforce);
}

#[test]
fn a_plain_off_is_a_boolean_in_yaml() {
    let access =
        |text: &str| compiled(&format!(r#"{{"log": {{"access": {text}}}}}"#)).map(|c| c.log.access);
    assert_eq!(access("false"), Ok(Access::Off));
    assert_eq!(access(r#""off""#), Ok(Access::Off));
    assert_eq!(access(r#""text""#), Ok(Access::Text));
    assert_eq!(access("true"), Err("log.access: must be off, text or json".into()));
}

#[test]
fn a_rule_tells_where_it_stands() {
    let text = r#"{"system": "caracal-core", "routes": [{"paths": ["/a", "/b/*"], "class": "closed"}, {"paths": ["/metrics"], "class": "api"}]}"#;
    let compiled = compiled(text).unwrap();
    let rules: Vec<_> = compiled
        .rules
        .iter()
        .map(|rule| (rule.pattern.to_string(), rule.route.class, rule.origin))
        .collect();
    let user = |rule, path| Origin::User { rule, path };
    let expected = [
        ("/a", Class::Closed, user(0, 0)),
        ("/b/*", Class::Closed, user(0, 1)),
        ("/metrics", Class::Api, user(1, 0)),
        ("/health", Class::Health, Origin::System),
        ("/-/gate/*", Class::Endpoint, Origin::Endpoints),
    ];
    assert_eq!(rules, expected.map(|(pattern, class, origin)| (pattern.into(), class, origin)));
}

#[test]
fn a_warning_has_a_place() {
    let text = r#"{"metrics_auth": {"tokens": [{"env": "SET"}, {"value": "a"}]}, "routes": [{"paths": ["/a"], "class": "admin", "tokens": [{"env": "UNSET"}]}]}"#;
    let compiled = compiled(text).unwrap();
    let places: Vec<_> = compiled.warnings.iter().map(Mistake::place).collect();
    assert_eq!(places, ["metrics_auth.tokens[1]", "routes[0].tokens[0]"]);
}

#[test]
fn a_window_is_a_span_of_time() {
    let table = [
        ("100ms", 100_000, "the shortest"),
        ("1500ms", 1_500_000, "milliseconds"),
        ("1s", 1_000_000, "seconds"),
        ("5m", 300_000_000, "minutes"),
        ("1h", 3_600_000_000, "the longest"),
        ("3600s", 3_600_000_000, "the longest in seconds"),
        ("060s", 60_000_000, "zeros in front"),
    ];
    for (text, micros, shows) in table {
        let text = format!(r#"{{"rate_limit": {{"requests": 1, "window": "{text}"}}}}"#);
        let window = compiled(&text).unwrap().gate.limits.client.unwrap().limiter.quota().window;
        assert_eq!(window, micros, "{shows}");
    }
}

#[test]
fn buckets_are_seconds_as_numbers_or_text() {
    // Envoy makes text of a fraction that stands in YAML.
    let compiled = compiled(r#"{"metrics": {"buckets": ["0.25", "1"]}}"#).unwrap();
    assert_eq!(compiled.metrics.bounds.seconds().collect::<Vec<_>>(), [0.25, 1.0]);
}

/// A list of so many is right, and one more is not; `item` has a `#` for its number.
fn assert_most(list: &str, most: usize, item: &str, mistake: &str) {
    let with = |count| {
        let items: Vec<_> = (1..=count).map(|nth| item.replace('#', &nth.to_string())).collect();
        compiled(&list.replace('@', &items.join(","))).map(drop)
    };
    assert_eq!(with(most), Ok(()));
    assert_eq!(with(most + 1), Err(mistake.into()));
}

#[test]
fn lists_are_bounded() {
    assert_most(
        r#"{"metrics": {"buckets": [@]}}"#,
        30,
        "#",
        "metrics.buckets: must be 1 to 30 bounds",
    );
    let operation = r##"{"name": "n#", "paths": ["/x"], "requests": 1, "per": "1s"}"##;
    assert_most(r#"{"operations": [@]}"#, 16, operation, "operations: must be at most 16");
    let of_one = r#"{"probes": {"targets": [{"service": "a", "cluster": "c", "rungs": [@]}]}}"#;
    let rung = r##"{"rung": "r#", "path": "/"}"##;
    assert_most(of_one, 16, rung, "probes.targets[0].rungs: must be 1 to 16");
    let targets = r#"{"probes": {"targets": [@]}}"#;
    let target = |rungs: usize| {
        let rungs: Vec<_> =
            (0..rungs).map(|nth| format!(r#"{{"rung": "r{nth}", "path": "/"}}"#)).collect();
        format!(r##"{{"service": "s#", "cluster": "c", "rungs": [{}]}}"##, rungs.join(","))
    };
    assert_most(targets, 16, &target(1), "probes.targets: must be at most 16");
    let in_all = "probes.targets: must have at most 64 rungs in all";
    assert_most(targets, 16, &target(4), "probes.targets: must be at most 16");
    assert_most(targets, 12, &target(5), in_all);
    assert_most(targets, 4, &target(16), in_all);
    let descriptors =
        r#"{"global_rate_limit": {"cluster": "c", "on_error": "admit", "descriptors": [@]}}"#;
    assert_most(
        descriptors,
        16,
        r#"{"client": true}"#,
        "global_rate_limit.descriptors: must be 1 to 16",
    );
    let token = r#"{"metrics_auth": {"tokens": [{"value": "@"}]}}"#;
    let length = "metrics_auth.tokens[0].value: must be 1 to 4096 visible ASCII characters";
    let of = |length| compiled(&token.replace('@', &"a".repeat(length))).map(drop);
    assert_eq!((of(4_096), of(4_097)), (Ok(()), Err(length.into())));
}
