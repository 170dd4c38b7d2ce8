//! Envoy's answer to a configuration that is wrong, and the line about it.

use serde_json::{Value, json};
use testbed::envoy::Reload;
use testbed::{Bootstrap, Client, Envoy, Host, Upstream, tools};

use crate::request_id::id_of;

/// A message of the gate's own, from its mark on.
fn messages(log: &str) -> Vec<&str> {
    let said = log.lines().map(testbed::system::said);
    said.filter(|said| said.starts_with("probegate: ")).collect()
}

/// Each mistake makes Envoy refuse the configuration with one line that says where and what. The old
/// one keeps working, and no secret is printed.
#[test]
fn a_mistake_is_refused_with_one_line_and_the_old_configuration_stays() {
    let upstream = Upstream::start();
    let good = Bootstrap::to(upstream.address()).plugin(json!({"request_id": {"header": "x-old"}}));
    let mut envoy = Envoy::start(&good).expect("Envoy starts");
    let limit = |patch: Value| {
        let mut limit = json!({"requests": 1});
        limit
            .as_object_mut()
            .expect("an object")
            .extend(patch.as_object().cloned().unwrap_or_default());
        json!({"rate_limit": limit})
    };
    let paths = |paths: &[&str]| json!({"routes": [{"paths": paths, "class": "api"}]});
    let token = |token: Value| json!({"metrics_auth": {"tokens": [{"env": "A"}, token]}});
    let table = [
        (json!({"rout": []}), "there is no key `rout`"),
        (
            json!({"routes": [{"paths": ["/a"], "class": "api", "s3cret": 1}]}),
            "routes[0]: there is no key",
        ),
        (json!({"log": {"format": "json"}}), "log: there is no key `format`"),
        (json!({"mode": "s3cret"}), "mode: must be one of stable, rc, dev"),
        (json!({"mode": 7}), "mode: "),
        (json!({"request_id": {"header": "content-length"}}), "request_id.header: "),
        (json!({"request_id": {"header": "cookie"}}), "request_id.header: "),
        (
            json!({"routes": [{"paths": ["/a"], "class": "admin", "token_header": "x-request-id"}]}),
            "routes[0].token_header: ",
        ),
        (
            json!({"routes": [{"paths": ["/a"], "class": "admin", "token_header": "cookie"}]}),
            "routes[0].token_header: ",
        ),
        (json!({"system": "s3cret"}), "system: must be one of caracal"),
        (json!({"service": 7}), "service: "),
        (json!({"routes": "s3cret"}), "routes: "),
        (
            json!({"routes": [{"paths": ["/a"], "class": "open"}]}),
            "routes[0].class: must be one of",
        ),
        (json!({"routes": [{"class": "api"}]}), "routes[0]: the key `paths` is missing"),
        (paths(&["metrics"]), "routes[0].paths[0]: must start with \"/\""),
        (paths(&["/a", "/b/"]), "routes[0].paths[1]: must be in canonical form"),
        (paths(&["/a*"]), "routes[0].paths[0]: \"*\" may stand only at the end"),
        (
            json!({"routes": [{"paths": ["/a"], "class": "health"}, {"paths": ["/b", "/a"], "class": "closed"}]}),
            "routes[1].paths[1]: is in two classes: health and closed",
        ),
        (
            json!({"routes": [{"paths": ["/a"], "class": "api", "tokens": [{"value": "s3cret"}]}]}),
            "routes[0].tokens: only a route of class admin has it",
        ),
        (
            token(json!({"sha256": "s3cret"})),
            "metrics_auth.tokens[1].sha256: must be 64 hexadecimal digits",
        ),
        (token(json!({"sha256": 53})), " metrics_auth.tokens[1].sha256: ".trim()),
        (token(json!({"value": ""})), "metrics_auth.tokens[1].value: must be 1 to 4096 visible"),
        (
            token(json!({"value": "s3cret with spaces"})),
            "metrics_auth.tokens[1].value: must be 1 to 4096",
        ),
        (token(json!({"env": ""})), "metrics_auth.tokens[1].env: must name a variable"),
        (
            token(json!({"s3cret": "s3cret"})),
            "metrics_auth.tokens[1]: must be one of env, sha256, value",
        ),
        (token(json!("s3cret")), "metrics_auth.tokens[1]: "),
        (
            json!({"metrics_auth": {"strip": "yes"}}),
            "metrics_auth.strip: must be a boolean, not a string",
        ),
        (
            json!({"request_id": {"header": "x id"}}),
            "request_id.header: must be the name of a header",
        ),
        (json!({"request_id": {"accept_client": 1}}), "request_id.accept_client: "),
        (json!({"rate_limit": {}}), "rate_limit: the key `requests` is missing"),
        (limit(json!({"requests": 0})), "rate_limit.requests: must be from 1"),
        (limit(json!({"requests": -1})), "rate_limit.requests: "),
        (limit(json!({"requests": 1.5})), "rate_limit.requests: "),
        (limit(json!({"requests": 4_294_967_296_u64})), "rate_limit.requests: "),
        (limit(json!({"window": "99ms"})), "rate_limit.window: must be a whole number and a unit"),
        (limit(json!({"window": "2h"})), "rate_limit.window: "),
        (limit(json!({"window": 1})), "rate_limit.window: "),
        (
            limit(json!({"client": "cookie"})),
            "rate_limit.client: must be one of peer, remote_address, header, forwarded_for",
        ),
        (
            limit(json!({"client": {"header": ""}})),
            "rate_limit.client.header: must be the name of a header",
        ),
        (
            limit(json!({"client": {"forwarded_for": {"trusted_hops": 101}}})),
            "rate_limit.client.forwarded_for.trusted_hops: ",
        ),
        (limit(json!({"ipv4_prefix": 33})), "rate_limit.ipv4_prefix: must be from 0 to 32"),
        (limit(json!({"ipv6_prefix": 129})), "rate_limit.ipv6_prefix: must be from 0 to 128"),
        (limit(json!({"max_clients": 0})), "rate_limit.max_clients: must be from 1 to 1000000"),
        (
            limit(json!({"when_full": "s3cret"})),
            "rate_limit.when_full: must be one of refuse, admit",
        ),
        (limit(json!({"enforce": "no"})), "rate_limit.enforce: "),
        (json!({"metrics": {"namespace": "9x"}}), "metrics.namespace: must be letters"),
        (json!({"own_routes": "/"}), "own_routes: must be a path of its own"),
        (json!({"own_routes": ""}), "own_routes: "),
        (json!({"log": {"access": true}}), "log.access: must be off, text or json"),
    ];
    let bad = table.into_iter().flat_map(|(configuration, expected)| {
        let plain = Bootstrap::to(upstream.address());
        [plain.clone().plugin(configuration.clone()), plain.plugin_struct(configuration)]
            .map(|bootstrap| (bootstrap, expected))
    });
    let texts =
        ["[]", "7", "{", "mode: dev", "{\"mode\": \"dev\", \"mode\": \"s3cret\"}", "s3cret"]
            .map(|text| (Bootstrap::to(upstream.address()).plugin_text(text), ""));
    for (bootstrap, expected) in bad.chain(texts) {
        let Reload::Rejected(log) = envoy.reconfigure(&bootstrap) else {
            panic!("accepted, and should be refused with {expected}")
        };
        let expected = format!("probegate: {expected}");
        assert!(
            matches!(messages(&log).as_slice(), [only] if only.starts_with(&expected)),
            "one line should begin with\n{expected}\nin\n{log}"
        );
        assert!(!log.contains("s3cret\"") && !log.contains("s3cret with"), "{log}");
        let old = Client::new(envoy.address()).get("/v1/recall");
        assert_eq!((old.status, old.headers_named("x-old").len()), (200, 1), "{expected}");
    }
    let new = Bootstrap::to(upstream.address()).plugin(json!({}));
    assert_eq!(envoy.reconfigure(&new), Reload::Accepted, "and a right one is taken again");
    assert_eq!(id_of(&Client::new(envoy.address()).get("/v1/recall")).len(), 36);
}

/// With a mistake in its first configuration, Envoy does not listen at all.
#[test]
fn a_mistake_at_the_start_keeps_envoy_from_listening() {
    let upstream = Upstream::start();
    let three = json!({"routes": [
        {"paths": ["/a"], "class": "api"},
        {"paths": ["/b"], "class": "api"},
        {"paths": ["metrics"], "class": "api"},
    ]});
    let bootstrap = Bootstrap::to(upstream.address()).plugin_struct(three);
    let failed = Envoy::start(&bootstrap).err().expect("refused");
    assert_eq!(messages(&failed.log), [r#"probegate: routes[2].paths[0]: must start with "/""#]);
}

/// An Envoy that lacks what the dynamic module calls does not start with it, and says which it needs.
#[test]
fn an_envoy_that_is_too_old_for_the_dynamic_module_refuses_it() {
    if Host::Native.is_not_tested("the filter runs in Envoy 1.36") {
        return;
    }
    let upstream = Upstream::start();
    let old = tools::envoy(tools::OLDEST).expect("Envoy");
    let failed = Envoy::start_with(old, &Bootstrap::to(upstream.address())).err();
    let log = failed.expect("it does not start").log;
    let sentence = "this Envoy is too old for the dynamic module, which needs 1.38 or newer";
    assert!(log.contains(sentence), "{log}");
}
