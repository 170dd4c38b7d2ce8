//! Configurations: whatever the bytes, they are compiled or refused, the same way in both encodings, with a
//! place and without a word of a secret.

use probegate_core::client::HashKey;
use probegate_core::config::{self, Environment, Mistake};
use probegate_core::metrics::Meter;
use serde_json::Value;

use crate::wire::put;

/// Where it stands in an input it is a secret.
const SECRET: &str = "s3cretmarker";

/// The length of a variable's value, the value, and a configuration.
pub fn run(data: &[u8]) {
    let Some((length, rest)) = data.split_first() else { return };
    let (variable, bytes) = rest.split_at(usize::from(*length).min(rest.len()));
    let variable = String::from_utf8_lossy(variable).into_owned();
    let env = |_: &str| (!variable.is_empty()).then(|| variable.clone());
    let compiled = compile(bytes, &env);
    match &compiled {
        Ok(compiled) => assert_eq!(compile(bytes, &env).as_ref(), Ok(compiled)),
        Err(mistake) => check(mistake, bytes),
    }
    // The same as a `google.protobuf.Struct`, which is how Envoy hands it over.
    if let (Ok(Value::Object(object)), Ok(_)) = (serde_json::from_slice(bytes), &compiled) {
        let message = structure(&object);
        assert!(message.is_empty() == object.is_empty());
        assert_eq!(compile(&message, &env), compiled, "both encodings mean the same");
    }
}

/// All that can be told of a configuration, without its secrets.
fn compile(bytes: &[u8], env: &dyn Fn(&str) -> Option<String>) -> Result<String, Mistake> {
    let compiled =
        config::compile(config::parse(bytes)?, &Environment::wasm(env, HashKey::new([1; 16])))?;
    let told = format!("{compiled:?}");
    let variable = env("").unwrap_or_default();
    assert!(!variable.contains(SECRET) || !told.contains(SECRET) || text(bytes).contains(SECRET));
    let _ = Meter::new(compiled.metrics);
    Ok(told)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn check(mistake: &Mistake, bytes: &[u8]) {
    let place = mistake.place();
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.[]".contains(&byte);
    assert!(place.bytes().all(known), "a place names keys of ours: {mistake}");
    assert!(!mistake.message().is_empty() && !mistake.to_string().contains('\n'));
    // Between accents a message names a key that is none of ours.
    let told = mistake.to_string();
    let words: String = told.split('`').step_by(2).collect();
    let named = told != words && holds_key(bytes);
    assert!(!words.contains(SECRET) && (named || !told.contains(SECRET)), "{mistake}");
}

/// True if the secret stands in a key, as far as that can be told.
fn holds_key(bytes: &[u8]) -> bool {
    fn any(value: &Value) -> bool {
        match value {
            Value::Object(object) => object.iter().any(|(key, at)| key.contains(SECRET) || any(at)),
            Value::Array(items) => items.iter().any(any),
            _ => false,
        }
    }
    serde_json::from_slice(bytes).as_ref().map_or(true, any)
}

/// `message Struct { map<string, Value> fields = 1; }`
fn structure(object: &serde_json::Map<String, Value>) -> Vec<u8> {
    let mut message = Vec::new();
    for (key, value) in object {
        let mut entry = Vec::new();
        put(&mut entry, 1, key.as_bytes());
        put(&mut entry, 2, &encoded(value));
        put(&mut message, 1, &entry);
    }
    message
}

/// `message Value`
fn encoded(value: &Value) -> Vec<u8> {
    let mut message = Vec::new();
    match value {
        Value::Null => message.extend([1 << 3, 0]),
        Value::Bool(flag) => message.extend([4 << 3, u8::from(*flag)]),
        Value::Number(number) => {
            message.push(2 << 3 | 1);
            message.extend(number.as_f64().unwrap_or_default().to_le_bytes());
        }
        Value::String(text) => put(&mut message, 3, text.as_bytes()),
        Value::Object(object) => put(&mut message, 5, &structure(object)),
        Value::Array(items) => {
            let mut list = Vec::new();
            items.iter().for_each(|item| put(&mut list, 1, &encoded(item)));
            put(&mut message, 6, &list);
        }
    }
    message
}
