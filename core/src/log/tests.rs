//! Lines of the log, in each system's keys.

use serde_json::{Value, json};

use super::*;

const ENTRY: Entry<'static> = Entry {
    time: 1_776_076_245_123_456,
    service: "gate\"way",
    request_id: "a1b2",
    method: "POST",
    path: b"/v1/recall",
    client: "192.0.2.1",
    identity: None,
    decision: "forwarded",
};

const END: End = End { status: 200, code: None, duration: 45_231, class: "api" };

/// The dialect of a system, as its preset has it.
fn preset(text: &str) -> Dialect {
    let preset: Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(preset["log"].clone()).unwrap()
}

fn astrocyte() -> Dialect {
    preset(include_str!("../config/presets/astrocyte.json"))
}

fn agent_platform() -> Dialect {
    preset(include_str!("../config/presets/agent-platform.json"))
}

fn settings(access: Access, dialect: Dialect) -> LogSettings {
    LogSettings { access, dialect, ..LogSettings::default() }
}

fn json(dialect: Dialect, entry: &Entry<'_>, end: &End) -> Value {
    let line = settings(Access::Json, dialect).request(entry, end);
    serde_json::from_str(&line).unwrap()
}

#[test]
fn lines_of_text_in_each_dialect() {
    let line = |dialect, entry| settings(Access::Text, dialect).request(&entry, &END);
    assert_eq!(
        line(Dialect::default(), ENTRY),
        "a1b2 POST /v1/recall 200 45.23ms 192.0.2.1 api forwarded"
    );
    assert_eq!(
        line(astrocyte(), ENTRY),
        "2026-04-13 10:30:45 - astrocyte_gateway.access - INFO - a1b2 POST /v1/recall 200 45.23ms"
    );
    let odd = Entry { path: b"/a b\n\xff\"", ..ENTRY };
    assert!(line(Dialect::default(), odd).starts_with(r#"a1b2 POST /a b\n\xff\" 200 "#));
}

#[test]
fn line_of_json_in_the_gates_own_keys() {
    assert_eq!(
        json(Dialect::default(), &ENTRY, &END),
        json!({
            "time": "2026-04-13T10:30:45.123Z", "level": "info", "service": "gate\"way",
            "event": "http_request", "request_id": "a1b2", "method": "POST", "path": "/v1/recall",
            "status_code": 200, "duration_ms": 45.231, "client": "192.0.2.1", "class": "api",
            "decision": "forwarded"
        })
    );
    let opened = Entry { identity: Some("ADMIN_TOKEN"), path: b"/\xff\"\n", ..ENTRY };
    let line = json(Dialect::default(), &opened, &END);
    assert_eq!(
        (&line["identity_id"], &line["path"]),
        (&"ADMIN_TOKEN".into(), &"/\u{fffd}\"\n".into())
    );
}

#[test]
fn astrocytes_json_holds_the_event_as_text() {
    let line = json(astrocyte(), &ENTRY, &END);
    let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["level", "logger", "msg", "ts"]);
    assert_eq!(line["ts"], "2026-04-13T10:30:45.123+00:00");
    assert_eq!(
        (&line["level"], &line["logger"]),
        (&"INFO".into(), &"astrocyte_gateway.access".into())
    );
    let event: Value = serde_json::from_str(line["msg"].as_str().unwrap()).unwrap();
    assert_eq!(
        event,
        json!({
            "event": "http_request", "request_id": "a1b2", "method": "POST", "path": "/v1/recall",
            "status_code": 200, "duration_ms": 45.231, "client": "192.0.2.1", "class": "api",
            "decision": "forwarded"
        })
    );
}

#[test]
fn the_agent_platforms_json_has_a_status_or_a_code() {
    let line = json(agent_platform(), &ENTRY, &END);
    assert_eq!(
        line,
        json!({
            "time": "2026-04-13T10:30:45.123Z", "level": "info", "service": "gate\"way",
            "msg": "request", "request_id": "a1b2", "method": "POST", "path": "/v1/recall",
            "status": 200, "duration_ms": 45.231, "client": "192.0.2.1", "class": "api",
            "decision": "forwarded"
        })
    );
    let call = json(agent_platform(), &ENTRY, &End { code: Some("NotFound"), ..END });
    assert_eq!((&call["code"], call.get("status")), (&"NotFound".into(), None));
}

#[test]
fn an_audit_line_tells_who_opened_or_why_not() {
    let audit = |entry: Entry<'_>, refused| {
        let (level, line) = LogSettings::default().audit(&entry, refused);
        (level, serde_json::from_str::<Value>(&line).unwrap())
    };
    let (level, line) = audit(Entry { identity: Some("ADMIN_TOKEN"), ..ENTRY }, None);
    assert_eq!(level, Level::Info);
    assert_eq!(
        line,
        json!({
            "time": "2026-04-13T10:30:45.123Z", "level": "info", "service": "gate\"way",
            "msg": "audit", "event": "admin_route", "decision": "opened",
            "identity_id": "ADMIN_TOKEN", "request_id": "a1b2", "method": "POST",
            "path": "/v1/recall", "client": "192.0.2.1", "outcome": "forwarded"
        })
    );
    let (level, line) = audit(Entry { decision: "unauthorized", ..ENTRY }, Some("missing"));
    assert_eq!(level, Level::Warning);
    assert_eq!(
        [&line["level"], &line["decision"], &line["reason"], &line["outcome"]],
        ["warning", "refused", "missing", "unauthorized"]
    );
}

#[test]
fn requests_are_of_the_level_info() {
    let at = |access, level| LogSettings { access, level, ..LogSettings::default() }.requests();
    assert!(at(Access::Text, Level::Debug) && at(Access::Json, Level::Info));
    assert!(!at(Access::Json, Level::Warning) && !at(Access::Text, Level::Error));
    assert!(!at(Access::Off, Level::Debug));
}

#[test]
fn a_query_is_logged_only_if_asked_for() {
    let path = |query| LogSettings { query, ..LogSettings::default() }.path(b"/a?token=b?c");
    assert_eq!((path(false), path(true)), (&b"/a"[..], &b"/a?token=b?c"[..]));
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever clients and configurations hold, a line is one line of JSON, and says what was asked of it.
        #[test]
        fn any_bytes_make_one_line_of_json(
            path in prop::collection::vec(any::<u8>(), 0..40),
            texts in prop::array::uniform3(any::<String>()),
            opened in any::<bool>(),
            (time, duration, status) in (any::<u64>(), 0..1_u64 << 50, any::<u16>()),
            grpc in any::<bool>(),
        ) {
            let [service, request_id, client] = &texts;
            let entry = Entry {
                time, service, request_id, client, path: &path,
                identity: opened.then_some(&**client), ..ENTRY
            };
            let end = End { status, duration, code: grpc.then_some("NotFound"), ..END };
            let path = String::from_utf8_lossy(&path);
            let event = |line: &Value| -> Value { serde_json::from_str(line["msg"].as_str().unwrap()).unwrap() };
            let gate = json(Dialect::default(), &entry, &end);
            let platform = json(agent_platform(), &entry, &end);
            let astrocyte = event(&json(astrocyte(), &entry, &end));
            let audit = serde_json::from_str(&LogSettings::default().audit(&entry, Some("missing")).1).unwrap();
            for line in [&gate, &platform, &astrocyte, &audit] {
                prop_assert_eq!(line["path"].as_str(), Some(&*path));
                prop_assert_eq!(line["request_id"].as_str(), Some(&**request_id));
                prop_assert_eq!(line["client"].as_str(), Some(&**client));
                prop_assert_eq!(line.get("identity_id").is_some(), opened);
            }
            prop_assert_eq!(&gate["service"], service);
            prop_assert_eq!(&gate["status_code"], status);
            prop_assert_eq!(platform.get("status").is_some(), !grpc);
            let millis = gate["duration_ms"].as_f64().unwrap();
            prop_assert_eq!((millis * 1_000.0).round(), duration as f64);
            for access in [Access::Json, Access::Text] {
                for dialect in [Dialect::default(), self::astrocyte(), agent_platform()] {
                    let line = settings(access, dialect).request(&Entry { service: "", request_id: "", client: "", identity: None, ..entry }, &end);
                    prop_assert!(!line.contains(['\n', '\r', '\u{1b}', '\u{9b}', '\u{202e}']), "{}", line);
                }
            }
        }
    }
}
