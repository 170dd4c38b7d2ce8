//! Envoy's answer to a configuration that is wrong, and the line about it.

use testbed::tools;

use crate::gate::*;
use crate::request_id::id_of;

/// A message of the gate's own, from its mark on.
fn messages(log: &str) -> Vec<&str> {
    let said = log.lines().map(testbed::system::said);
    said.filter(|said| said.starts_with("probegate: ")).collect()
}

/// A mistake of each kind makes Envoy refuse the configuration with one line that says where and what. The old
/// one keeps working, and no secret is printed. The core's tables have every mistake.
#[test]
fn a_mistake_is_refused_with_one_line_and_the_old_configuration_stays() {
    let (upstream, mut envoy) = start(json!({"request_id": {"header": "x-old"}}));
    let table = [
        (json!({"rout": []}), "there is no key `rout`"),
        (
            json!({"routes": [{"paths": ["/a"], "class": "api", "s3cret": 1}]}),
            "routes[0]: there is no key",
        ),
        (json!({"routes": [{"class": "api"}]}), "routes[0]: the key `paths` is missing"),
        (json!({"routes": "s3cret"}), "routes: "),
        (json!({"mode": "s3cret"}), "mode: must be one of stable, rc, dev"),
        (
            json!({"routes": [{"paths": ["/a"], "class": "health"}, {"paths": ["/b", "/a"], "class": "closed"}]}),
            "routes[1].paths[1]: is in two classes: health and closed",
        ),
        (
            json!({"metrics_auth": {"tokens": [{"env": "A"}, {"sha256": "s3cret"}]}}),
            "metrics_auth.tokens[1].sha256: must be 64 hexadecimal digits",
        ),
        (
            json!({"metrics_auth": {"tokens": [{"value": "s3cret with spaces"}]}}),
            "metrics_auth.tokens[0].value: must be 1 to 4096",
        ),
        (json!({"rate_limit": {"requests": 1.5}}), "rate_limit.requests: "),
        (json!({"rate_limit": {"requests": 0}}), "rate_limit.requests: must be from 1"),
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
        let old = http1(&envoy).get("/v1/recall");
        assert_eq!((old.status, old.headers_named("x-old").len()), (200, 1), "{expected}");
    }
    let new = Bootstrap::to(upstream.address()).plugin(json!({}));
    assert_eq!(envoy.reconfigure(&new), Reload::Accepted, "and a right one is taken again");
    assert_eq!(id_of(&http1(&envoy).get("/v1/recall")).len(), 36);
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
    only!(Native: "the filter runs in Envoy 1.36");
    let upstream = Upstream::start();
    let old = tools::envoy(tools::OLDEST).expect("Envoy");
    let failed = Envoy::start_with(old, &Bootstrap::to(upstream.address())).err();
    let log = failed.expect("it does not start").log;
    let sentence = "this Envoy is too old for the dynamic module, which needs 1.38 or newer";
    assert!(log.contains(sentence), "{log}");
}
