//! Sections, and what their keys mean.

use super::*;
use crate::global_rate_limit::request::Descriptor;
use crate::global_rate_limit::{GlobalRateLimit, OnError};
use crate::probe::plan::{Check, Scalar, WhenDegraded};

#[test]
fn operations_and_replay_protection_are_asked_for() {
    let text = r#"{"operations": [{"name": "a", "paths": ["/x"], "requests": 1, "per": "1s"}],
        "replay": {"routes": ["/v1/pay/*"]}}"#;
    let both = compiled(text).unwrap();
    assert_eq!(both.metrics.configured.limits, ["client", "a"]);
    for (configuration, is_there) in [(both, true), (compiled("{}").unwrap(), false)] {
        let limits = configuration.gate.limits;
        assert_eq!((!limits.operations.is_empty(), limits.replay.is_some()), (is_there, is_there));
    }
}

fn global_rate_limit(configuration: &str) -> GlobalRateLimit {
    compiled(configuration).unwrap().gate.limits.global.unwrap()
}

#[test]
fn the_global_rate_limit() {
    let global_rate_limit = global_rate_limit(
        r#"{"global_rate_limit": {
            "cluster": "rate_limit_service", "domain": "shop", "timeout": "20ms", "on_error": "refuse",
            "descriptors": [{"client": true}]
        }}"#,
    );
    assert_eq!(
        (&*global_rate_limit.cluster, &*global_rate_limit.domain),
        ("rate_limit_service", "shop")
    );
    assert_eq!((global_rate_limit.timeout, global_rate_limit.on_error), (20_000, OnError::Refuse));
    assert_eq!(
        global_rate_limit.descriptors,
        [Descriptor { client: true, operation: false, key: false }]
    );
}

#[test]
fn the_global_rate_limit_has_defaults() {
    assert!(compiled("{}").unwrap().gate.limits.global.is_none(), "nobody is asked");
    let global_rate_limit = global_rate_limit(
        r#"{"rate_limit": {"requests": 1},
            "global_rate_limit": {"cluster": "c", "descriptors": [{"client": true}]}}"#,
    );
    assert_eq!((&*global_rate_limit.domain, global_rate_limit.timeout), ("probegate", 50_000));
    assert_eq!(global_rate_limit.on_error, OnError::Forward, "local, as with admit");
}

fn plan(configuration: &str) -> Plan {
    compiled(configuration).unwrap().probes.unwrap()
}

#[test]
fn probes() {
    let plan = plan(
        r#"{"probes": {
            "every": "5s", "timeout": "500ms", "failure_threshold": 2, "success_threshold": 4,
            "open_for": "1m", "when_degraded": "refuse",
            "targets": [
                {"service": "api", "cluster": "caracal_api", "authority": "api.internal", "token": {"env": "SET"},
                 "rungs": [
                    {"rung": "health", "path": "/health?full=1"},
                    {"rung": "ingest", "path": "/i", "expect": {"json": "/a~1b/0/~0", "equals": "ok"}},
                    {"rung": "grpc", "grpc": ""}
                 ]},
                {"service": "sts", "cluster": "sts", "rungs": [{"rung": "health", "grpc": "a.B"}]}
            ]}}"#,
    );
    assert_eq!((plan.every, plan.timeout, plan.open_for), (5_000_000, 500_000, 60_000_000));
    assert_eq!((plan.failure_threshold, plan.success_threshold), (2, 4));
    assert_eq!(plan.when_degraded, WhenDegraded::Refuse);
    let [api, sts] = &plan.targets[..] else { panic!("two targets") };
    assert_eq!(
        (&*api.service, &*api.cluster, &*api.authority),
        ("api", "caracal_api", "api.internal")
    );
    assert_eq!(api.authorization.as_ref().unwrap().expose(), "Bearer token");
    assert_eq!((&*sts.authority, sts.authorization.is_none()), ("sts", true), "the cluster's name");
    let Check::Http { path, expect: Some(expect) } = &api.rungs[1].check else { panic!("HTTP") };
    assert_eq!((&**path, &expect.equals), ("/i", &Scalar::String("ok".into())));
    assert_eq!(expect.pointer, ["a/b".into(), "0".into(), "~".into()]);
    let Check::Grpc { service } = &sts.rungs[0].check else { panic!("gRPC") };
    assert_eq!(&**service, "a.B");
}

#[test]
fn probes_have_defaults() {
    assert!(compiled("{}").unwrap().probes.is_none(), "nothing is probed");
    let plan = plan(r#"{"probes": {}}"#);
    assert_eq!((plan.every, plan.timeout, plan.open_for), (10_000_000, 1_000_000, 30_000_000));
    assert_eq!((plan.failure_threshold, plan.success_threshold), (3, 1));
    assert_eq!((plan.when_degraded, plan.targets.len()), (WhenDegraded::Forward, 0));
}
