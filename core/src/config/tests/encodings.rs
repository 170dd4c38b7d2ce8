//! JSON text and `google.protobuf.Struct` say the same.

use proptest::prelude::*;
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct};
use serde_json::{Map, Value as Json, json};

use super::mistakes::{Case, cases};
use super::*;

fn encoded(object: &Map<String, Json>) -> Vec<u8> {
    fields(object).encode_to_vec()
}

fn fields(object: &Map<String, Json>) -> Struct {
    Struct { fields: object.iter().map(|(key, value)| (key.clone(), value_of(value))).collect() }
}

fn value_of(value: &Json) -> prost_types::Value {
    let kind = match value {
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(*value),
        Json::Number(value) => Kind::NumberValue(value.as_f64().unwrap()),
        Json::String(value) => Kind::StringValue(value.clone()),
        Json::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(value_of).collect() })
        }
        Json::Object(object) => Kind::StructValue(fields(object)),
    };
    prost_types::Value { kind: Some(kind) }
}

fn result(bytes: &[u8]) -> Result<String, String> {
    let config = parse(bytes).map_err(|mistake| mistake.to_string())?;
    let shape = format!("{config:?}");
    let compiled = compile(config, &Environment::wasm(&|_| None, HashKey::new([0; 16])))
        .map_err(|mistake| mistake.to_string())?;
    Ok(format!(
        "{shape} {:?} {:?} {:?}",
        compiled.gate, compiled.metrics.namespace, compiled.warnings
    ))
}

#[test]
fn of_fields_with_one_key_the_last_one_holds() {
    // So it is with every map of protobuf; a JSON text that says a key twice is refused.
    let both = [json!({"mode": "x", "service": "a"}), json!({"mode": "dev"})];
    let bytes = both.map(|fields| encoded(fields.as_object().unwrap())).concat();
    assert_eq!(Struct::decode(bytes.as_slice()).unwrap().fields.len(), 2);
    assert_eq!(result(&bytes), result(br#"{"mode": "dev", "service": "a"}"#));
}

/// A list within a list, so many times, in the encoding of a `Struct`'s field `mode`.
fn nested(depth: usize) -> Vec<u8> {
    // Written from the end, since each length is that of what follows.
    let mut bytes = Vec::new();
    let wrap = |bytes: &mut Vec<u8>, tag: u8| {
        let mut length = Vec::new();
        prost::encoding::encode_varint(bytes.len() as u64, &mut length);
        bytes.extend(length.iter().rev());
        bytes.push(tag);
    };
    for level in 0..2 * depth {
        wrap(&mut bytes, if level % 2 == 0 { 0x32 } else { 0x0a });
    }
    bytes.pop();
    bytes.push(0x12);
    bytes.extend(b"\x0a\x04mode".iter().rev());
    wrap(&mut bytes, 0x0a);
    bytes.reverse();
    bytes
}

#[test]
fn nothing_is_nested_without_end() {
    assert!(Struct::decode(nested(10).as_slice()).is_ok(), "what is tested is a Struct");
    for depth in [10, 100, 100_000] {
        assert!(parse(&nested(depth)).is_err(), "a Struct of {depth} levels");
        let text = [r#"{"mode":"#, &"[".repeat(depth), &"]".repeat(depth), "}"].concat();
        assert!(parse(text.as_bytes()).is_err(), "a text of {depth} levels");
    }
}

/// Configurations of the tables of mistakes, right and wrong, in which any JSON may stand for a section.
fn configurations() -> impl Strategy<Value = Map<String, Json>> {
    let all: Vec<Map<String, Json>> = cases()
        .iter()
        .flat_map(Case::configurations)
        .map(|(yaml, _)| serde_saphyr::from_str(&yaml).unwrap())
        .collect();
    let any = prop::option::weighted(0.2, anything());
    (prop::sample::select(all), any).prop_map(|(mut configuration, any)| {
        if let (Some(section), Some(any)) = (configuration.values_mut().next(), any) {
            *section = any;
        }
        configuration
    })
}

/// Any JSON.
fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-1e12..1e12_f64).prop_map(Json::from),
        (0..200_u32).prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[a-z/*-]{0,8}".prop_map(Json::from),
    ];
    let key = prop_oneof![
        any::<String>(),
        prop::sample::select(vec!["mode", "requests", "tokens", "value", "paths", "class", ""])
            .prop_map(String::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn both_encodings_say_the_same(object in configurations()) {
        let text = Json::Object(object.clone()).to_string();
        prop_assert_eq!(result(&encoded(&object)), result(text.as_bytes()), "{}", text);
    }

    #[test]
    fn any_object_says_the_same_in_both_encodings(object in prop::collection::vec((any::<String>(), anything()), 1..5)) {
        let object: Map<String, Json> = object.into_iter().collect();
        let text = Json::Object(object.clone()).to_string();
        prop_assert_eq!(result(&encoded(&object)), result(text.as_bytes()), "{}", text);
    }

    #[test]
    fn cut_text_is_no_configuration(object in configurations(), cut in any::<prop::sample::Index>()) {
        let text = Json::Object(object).to_string();
        let cut = 1 + cut.index(text.len() - 1);
        prop_assert!(cut == text.len() || result(&text.as_bytes()[..cut]).is_err());
    }

    #[test]
    fn bytes_that_are_neither_encoding_are_refused(bytes in prop::collection::vec(any::<u8>(), 1..120)) {
        let is_json = serde_json::from_slice::<Json>(&bytes).is_ok();
        let is_struct = Struct::decode(&*bytes).is_ok();
        // Blanks alone are the empty configuration.
        let is_blank = bytes.trim_ascii().is_empty();
        prop_assert!(is_json || is_struct || is_blank || result(&bytes).is_err());
    }
}
