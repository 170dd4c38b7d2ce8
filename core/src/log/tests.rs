//! What each line says, in whose keys.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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

fn settings(access: Access, dialect: Dialect) -> Settings {
    Settings { access, dialect, ..Settings::default() }
}

fn json(dialect: Dialect, entry: &Entry<'_>, end: &End) -> Value {
    let line = settings(Access::Json, dialect).request(entry, end);
    serde_json::from_str(&line).unwrap()
}

#[test]
fn text_has_what_one_looks_for() {
    let line = |dialect, entry| settings(Access::Text, dialect).request(&entry, &END);
    assert_eq!(
        line(Dialect::Gate, ENTRY),
        "a1b2 POST /v1/recall 200 45.23ms 192.0.2.1 api forwarded"
    );
    assert_eq!(
        line(Dialect::Astrocyte, ENTRY),
        "2026-04-13 10:30:45 - astrocyte_gateway.access - INFO - a1b2 POST /v1/recall 200 45.23ms"
    );
    let odd = Entry { path: b"/a b\n\xff\"", ..ENTRY };
    assert!(line(Dialect::Gate, odd).starts_with(r#"a1b2 POST /a b\n\xff\" 200 "#));
}

#[test]
fn json_is_the_gates_own() {
    assert_eq!(
        json(Dialect::Gate, &ENTRY, &END),
        json!({
            "time": "2026-04-13T10:30:45.123Z", "level": "info", "service": "gate\"way",
            "event": "http_request", "request_id": "a1b2", "method": "POST", "path": "/v1/recall",
            "status_code": 200, "duration_ms": 45.231, "client": "192.0.2.1", "class": "api",
            "decision": "forwarded"
        })
    );
    let opened = Entry { identity: Some("ADMIN_TOKEN"), path: b"/\xff\"\n", ..ENTRY };
    let line = json(Dialect::Gate, &opened, &END);
    assert_eq!(
        (&line["identity_id"], &line["path"]),
        (&"ADMIN_TOKEN".into(), &"/\u{fffd}\"\n".into())
    );
}

#[test]
fn astrocytes_json_holds_the_event_as_text() {
    let line = json(Dialect::Astrocyte, &ENTRY, &END);
    let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["level", "logger", "msg", "ts"]);
    assert_eq!(line["ts"], "2026-04-13T10:30:45.123+00:00");
    assert_eq!((&line["level"], &line["logger"]), (&"INFO".into(), &LOGGER.into()));
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
    let line = json(Dialect::AgentPlatform, &ENTRY, &END);
    assert_eq!(
        line,
        json!({
            "time": "2026-04-13T10:30:45.123Z", "level": "info", "service": "gate\"way",
            "msg": "request", "request_id": "a1b2", "method": "POST", "path": "/v1/recall",
            "status": 200, "duration_ms": 45.231, "client": "192.0.2.1", "class": "api",
            "decision": "forwarded"
        })
    );
    let call = json(Dialect::AgentPlatform, &ENTRY, &End { code: Some("NotFound"), ..END });
    assert_eq!((&call["code"], call.get("status")), (&"NotFound".into(), None));
}

#[test]
fn an_audit_line_tells_who_opened_or_why_not() {
    let audit = |entry: Entry<'_>, refused| {
        let (level, line) = Settings::default().audit(&entry, refused);
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
    let at = |access, level| Settings { access, level, ..Settings::default() }.requests();
    assert!(at(Access::Text, Level::Debug) && at(Access::Json, Level::Info));
    assert!(!at(Access::Json, Level::Warning) && !at(Access::Text, Level::Error));
    assert!(!at(Access::Off, Level::Debug));
}

#[test]
fn a_query_is_logged_only_if_asked_for() {
    let path = |query| Settings { query, ..Settings::default() }.path(b"/a?token=b?c");
    assert_eq!((path(false), path(true)), (&b"/a"[..], &b"/a?token=b?c"[..]));
}

#[test]
fn characters_that_a_terminal_acts_on_are_escaped() {
    let written = crate::json::Object::default()
        .text("path", "/a\u{9b}31m\u{202e}b\u{2028}c\u{7f}\u{feff}é")
        .end();
    assert_eq!(written, r#"{"path":"/a\u009b31m\u202eb\u2028c\u007f\ufeffé"}"#);
}
