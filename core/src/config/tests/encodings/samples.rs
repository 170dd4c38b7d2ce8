//! JSON to try: configurations, what is nearly one, and what is none.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

fn section(right: Vec<Json>) -> impl Strategy<Value = Json> {
    prop_oneof![6 => prop::sample::select(right), 1 => anything()]
}

/// Objects that are configurations, or nearly so.
pub fn configurations() -> impl Strategy<Value = Map<String, Json>> {
    let tokens = json!([{"env": "A"}, {"value": "b"}, {"sha256": "0".repeat(64)}]);
    let sections = [
        ("mode", vec![json!("dev"), json!("stable"), json!("x")]),
        ("service", vec![json!("gateway"), Json::Null]),
        ("system", vec![json!("kestra"), json!("astrocyte"), Json::Null]),
        (
            "routes",
            vec![
                json!([]),
                json!([{"paths": ["/a", "/b/*"], "class": "admin", "tokens": tokens}]),
                json!([{"paths": ["a"], "class": "api"}]),
            ],
        ),
        (
            "metrics_auth",
            vec![json!({"tokens": tokens, "strip": true}), json!({"tokens": [{"value": ""}]})],
        ),
        ("request_id", vec![json!({"header": "x-id"}), json!({"accept_client": false})]),
        (
            "rate_limit",
            vec![
                json!({"requests": 100, "window": "5s"}),
                json!({"requests": 0}),
                json!({"requests": 1.5}),
                json!({"requests": 5, "client": {"forwarded_for": {"trusted_hops": 1}}}),
            ],
        ),
        ("metrics", vec![json!({"namespace": "app"}), json!({"namespace": "9"})]),
        ("own_routes", vec![Json::Null, json!("/gate")]),
        ("log", vec![json!({"access": false}), json!({"access": "json"}), json!({"level": 1})]),
    ];
    let sections: Vec<_> = sections
        .into_iter()
        .map(|(key, right)| prop::option::of(section(right)).prop_map(move |value| (key, value)))
        .collect();
    sections.prop_map(|sections| {
        let held = sections.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        held.collect()
    })
}

/// Any JSON.
pub fn anything() -> impl Strategy<Value = Json> {
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
