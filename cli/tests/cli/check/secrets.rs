//! A secret in the wrong place is not printed, wherever that is.

use serde_json::{Value, json};

use super::{in_struct, in_text, in_wasm_plugin};
use crate::{file, probegate};

const SECRET: &str = "s3cr3t-Pa55/word=";

fn everything() -> Value {
    json!({
        "mode": "rc",
        "service": "recall",
        "system": "astrocyte",
        "routes": [
            {"paths": ["/live"], "class": "health"},
            {"paths": ["/root/*"], "class": "admin", "token_header": "x-root", "tokens": [{"env": "ROOT"}]},
        ],
        "metrics_auth": {"tokens": [{"env": "BEARER"}, {"value": "x"}, {"sha256": "00".repeat(32)}], "strip": true},
        "request_id": {"header": "x-trace", "accept_client": false},
        "rate_limit": {"requests": 2, "window": "1h", "client": {"forwarded_for": {"trusted_hops": 1}}, "when_full": "admit"},
        "metrics": {"namespace": "own", "buckets": [1, 2]},
        "probes": {"every": "1s", "targets": [{
            "service": "a", "cluster": "c", "authority": "d", "token": {"env": "PROBE"},
            "rungs": [{"rung": "r", "path": "/", "expect": {"json": "/status", "equals": "ok"}}],
        }]},
        "own_routes": "/own",
        "log": {"access": "text"},
    })
}

/// The value with the secret in place of each part, and of each key.
fn variants(value: &Value) -> Vec<Value> {
    let mut variants =
        vec![json!(SECRET), json!([SECRET]), json!({SECRET: null}), json!({"value": SECRET})];
    match value {
        Value::Object(map) => {
            for (key, child) in map {
                for variant in self::variants(child) {
                    let mut map = map.clone();
                    map.insert(key.clone(), variant);
                    variants.push(map.into());
                }
                let mut map = map.clone();
                map.remove(key);
                map.insert(SECRET.into(), child.clone());
                variants.push(map.into());
            }
        }
        Value::Array(items) => {
            for (nth, child) in items.iter().enumerate() {
                for variant in self::variants(child) {
                    let mut items = items.clone();
                    items[nth] = variant;
                    variants.push(items.into());
                }
            }
        }
        _ => {}
    }
    variants
}

#[test]
fn a_secret_is_never_printed() {
    assert!(probegate(&["check", file("no-secret.yaml", &everything().to_string())]).code == 0);
    let mut files = Vec::new();
    for (nth, variant) in variants(&everything()).iter().enumerate() {
        let text = variant.to_string();
        files.push((format!("secret-{nth}.yaml"), text.clone()));
        files.push((format!("secret-{nth}-struct.yaml"), in_struct(&text)));
        files.push((format!("secret-{nth}-text.yaml"), in_text(&text)));
        files.push((format!("secret-{nth}-plugin.yaml"), in_wasm_plugin(&text)));
    }
    // And texts that are neither YAML nor JSON.
    for (nth, broken) in [
        format!("mode: rc\n\t{SECRET}"),
        format!("{SECRET}: {SECRET}: x"),
        format!("[{SECRET}"),
        format!("mode: *{SECRET}"),
        format!("mode: !{SECRET} \"x"),
        format!("%{SECRET} x\n---\n"),
        format!("mode: \"\\{SECRET}\""),
        in_text(&format!("{{\"mode\": {SECRET}}}")),
        in_text(&format!("{{\"{SECRET}\": \"a\" \"b\"}}")),
        in_text(&format!("{{\"mode\": \"\\{SECRET}\"}}")),
        in_struct("{}").replace(
            "METRICS_BEARER]",
            &format!("METRICS_BEARER], key_values: {{ROOT: {SECRET}}}"),
        ),
        in_struct("{}").replace("FAIL_RELOAD", SECRET),
        in_struct("{}").replace("google.protobuf.Struct", SECRET),
    ]
    .into_iter()
    .enumerate()
    {
        files.push((format!("broken-{nth}.yaml"), broken.clone()));
        files.push((format!("broken-{nth}.json"), broken));
    }
    assert!(files.len() > 400, "{}", files.len());
    for some in files.chunks(500) {
        let mut arguments = vec!["check"];
        for (name, text) in some {
            assert!(text.contains(SECRET) || text.contains(&SECRET.replace('/', "\\/")));
            arguments.push(file(name, text));
        }
        let ran = probegate(&arguments);
        let text = ran.text();
        assert!(text.lines().count() >= some.len(), "each file has its line");
        let message = text.lines().find(|line| line.contains(SECRET) || line.contains("s3cr3t"));
        assert_eq!(message, None);
    }
}
