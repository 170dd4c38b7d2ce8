//! The built-in systems.

use super::*;
use Class::{Admin, Api, Closed, Health, Metrics};

#[test]
fn a_users_routes_are_added_before_the_systems_own() {
    let compiled = compiled(
        r#"{"system": "kestra", "routes": [{"paths": ["/env", "/up"], "class": "health"}, {"paths": ["/metrics"], "class": "api"}]}"#,
    )
    .unwrap();
    let paths = ["/env", "/up", "/metrics", "/prometheus", "/info"];
    assert_eq!(paths.map(|path| class(&compiled, path)), [Health, Health, Api, Metrics, Closed]);
}

#[test]
fn paths_below_an_endpoint_go_with_it() {
    let kestra = compiled(r#"{"system": "kestra"}"#).unwrap();
    let below = ["/env/process", "/metrics/jvm.memory.used", "/loggers/root"];
    assert_eq!(below.map(|path| class(&kestra, path)), [Closed, Metrics, Closed]);
    let users = compiled(
        r#"{"system": "kestra", "routes": [{"paths": ["/env"], "class": "admin"}, {"paths": ["/metrics"], "class": "closed"}]}"#,
    )
    .unwrap();
    assert_eq!(below.map(|path| class(&users, path)), [Admin, Closed, Closed]);
    let astrocyte = compiled(
        r#"{"system": "astrocyte", "routes": [{"paths": ["/v1/admin"], "class": "api"}]}"#,
    )
    .unwrap();
    assert_eq!(class(&astrocyte, "/v1/admin/keys"), Admin, "a subtree of admin is no endpoint");
}

#[test]
fn an_admin_route_of_a_system_is_closed_without_its_variable() {
    let compiled = compiled(r#"{"system": "astrocyte"}"#).unwrap();
    let route = compiled.gate.routes.find(b"/v1/admin/sources").unwrap();
    assert!(compiled.gate.guarding.guards[route.guard].tokens.is_empty());
    assert_eq!(*compiled.gate.names.tokens[0], *b"x-admin-token");
    assert!(messages(&compiled).iter().any(|warning| warning.contains("ASTROCYTE_ADMIN_TOKEN")));
}

/// A configuration in a VM that has these variables.
fn with(variables: &[(&str, &str)], configuration: &str) -> Result<Compiled, String> {
    let env = |name: &str| {
        let set = variables.iter().find(|(set, _)| *set == name);
        set.map(|(_, value)| (*value).to_owned())
    };
    compiled_with(configuration, &environment(&env))
}

#[test]
fn caracals_mode_is_a_variable_unless_the_configuration_says() {
    let open = |mode: &str, configuration: &str| {
        with(&[("CARACAL_MODE", mode)], configuration).map(|c| c.gate.guarding.metrics_routes.open)
    };
    let system = r#"{"system": "caracal"}"#;
    assert_eq!(open("dev", system), Ok(true));
    for closed in ["rc", "stable", "", " "] {
        assert_eq!(open(closed, system), Ok(false), "{closed}");
    }
    assert_eq!(open("dev", r#"{"system": "caracal", "mode": "stable"}"#), Ok(false));
    assert_eq!(open("dev", "{}"), Ok(false), "without the system it is somebody else's");
    for wrong in ["Dev", "development", "s3cr3t"] {
        let message = open(wrong, system).unwrap_err();
        assert_eq!(message, "the variable CARACAL_MODE must be dev, rc or stable");
    }
}

#[test]
fn astrocytes_limit_is_a_variable_unless_the_configuration_says() {
    let limit = |requests: &str, configuration: &str| {
        let variables = [("ASTROCYTE_RATE_LIMIT_PER_SECOND", requests)];
        with(&variables, configuration)
            .map(|c| c.gate.limits.client.map(|limit| limit.limiter.quota()))
    };
    let system = r#"{"system": "astrocyte"}"#;
    assert_eq!(limit("100", system), Ok(Some(Quota { requests: 100, window: 1_000_000 })));
    assert_eq!(limit("", system), Ok(None), "unset: no limit");
    let own = r#"{"system": "astrocyte", "rate_limit": {"requests": 7}}"#;
    assert_eq!(limit("100", own), Ok(Some(Quota { requests: 7, window: 1_000_000 })));
    for wrong in ["0", "-1", "1.5", "many", "99999999999"] {
        let message = limit(wrong, system).unwrap_err();
        let right = "must be a whole number, at least 1";
        assert_eq!(message, format!("the variable ASTROCYTE_RATE_LIMIT_PER_SECOND {right}"));
    }
}

#[test]
fn astrocytes_log_follows_its_variables() {
    use log::{Access, Level};
    let settings = |format: &str, level: &str, configuration: &str| {
        let variables = [("ASTROCYTE_LOG_FORMAT", format), ("ASTROCYTE_LOG_LEVEL", level)];
        with(&variables, configuration).map(|c| (c.log.access, c.log.level))
    };
    let system = r#"{"system": "astrocyte"}"#;
    for json in ["json", "JSON", "1", "true", "yes"] {
        assert_eq!(settings(json, "", system).unwrap().0, Access::Json, "{json}");
    }
    for text in ["", "text", "0", "no"] {
        assert_eq!(settings(text, "", system).unwrap().0, Access::Text, "{text}");
    }
    let levels = [
        ("", Level::Info),
        ("DEBUG", Level::Debug),
        ("info", Level::Info),
        ("WARNING", Level::Warning),
        ("ERROR", Level::Error),
    ];
    for (level, expected) in levels {
        assert_eq!(settings("", level, system).unwrap().1, expected, "{level}");
    }
    let message = settings("", "LOUD", system).unwrap_err();
    let right = "must be DEBUG, INFO, WARNING or ERROR";
    assert_eq!(message, format!("the variable ASTROCYTE_LOG_LEVEL {right}"));
    let own = r#"{"system": "astrocyte", "log": {"access": "off", "level": "info"}}"#;
    assert_eq!(settings("json", "ERROR", own).unwrap(), (Access::Off, Level::Info));
}

#[test]
fn the_agent_platform_logs_and_audits_by_itself() {
    let log = |configuration: &str| with(&[], configuration).unwrap().log;
    let platform = log(r#"{"system": "agent-platform"}"#);
    assert_eq!((platform.access, platform.audit), (Access::Json, true));
    assert_ne!(platform.dialect, log::Dialect::default(), "its own keys");
    let own = log(r#"{"system": "agent-platform", "log": {"access": "off", "audit": false}}"#);
    assert_eq!((own.access, own.audit), (Access::Off, false));
}
