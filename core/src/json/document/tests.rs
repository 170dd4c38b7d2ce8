//! Values at places of documents, and the same against a parser.

use super::*;

fn at(document: &str, pointer: &str) -> Option<String> {
    let tokens: Vec<Box<str>> = pointer.split('/').skip(1).map(Into::into).collect();
    find(document.as_bytes(), &tokens).map(Cow::into_owned)
}

#[test]
fn text_and_whole_numbers_are_keys() {
    let table = [
        (r#"{"id": "a"}"#, Some("a"), "text"),
        (" {\"x\" : [1, {\"id\": 2}], \"id\" :\t\"a\"\r\n}\n", Some("a"), "behind other parts"),
        (r#"{"id": "\u0061\n\"\ud83d\ude00"}"#, Some("a\n\"😀"), "with escapes"),
        (r#"{"\u0069d": "a"}"#, Some("a"), "an escape in the key"),
        (r#"{"id": 17}"#, Some("17"), "a number"),
        (r#"{"id": -17}"#, Some("-17"), "a negative one"),
        (
            r#"{"id": 9007199254740991}"#,
            Some("9007199254740991"),
            "the last that JavaScript tells apart",
        ),
        (r#"{"id": -9007199254740991}"#, Some("-9007199254740991"), "and the first"),
        (r#"{"id": 9007199254740992}"#, None, "which JavaScript reads 9007199254740993 as"),
        (r#"{"id": 9007199254740993}"#, None, "and the other one"),
        (r#"{"id": -9007199254740992}"#, None, "below, too"),
        (r#"{"id": 18446744073709551617}"#, None, "more than 64 bits"),
        (r#"{"id": 12345678901234567890123}"#, None, "however long"),
        (r#"{"id": "9007199254740993"}"#, Some("9007199254740993"), "text is text"),
        (r#"{"id": 1e0}"#, None, "a whole number in another spelling"),
        (r#"{"id": ""}"#, Some(""), "empty text"),
        (r#"{"id": 1.0}"#, None, "a fraction"),
        (r#"{"id": 1e3}"#, None, "an exponent"),
        (r#"{"id": -0}"#, None, "nothing below nothing"),
        (r#"{"id": true}"#, None, "a word"),
        (r#"{"id": null}"#, None, "nothing"),
        (r#"{"id": {"id": "a"}}"#, None, "an object"),
        (r#"{"id": ["a"]}"#, None, "a list"),
        (r#"{"ID": "a"}"#, None, "another spelling"),
        (r#"{"id": "a", "ID": "b"}"#, None, "both spellings: parsers differ"),
        (r#"{"id": "a", "id": "a"}"#, None, "twice: parsers differ"),
        (r#"{"id": "a", "\u0069d": 1}"#, None, "twice, with an escape"),
        (r#"{"other": {"id": "b"}, "id": "a"}"#, Some("a"), "elsewhere does not count"),
        (r#"[{"id": "a"}]"#, None, "within a list"),
        (r#"{"id": "a"} x"#, None, "something behind it"),
        (r#"{"id": "a""#, None, "cut off"),
        (r#"{"id": "a",}"#, None, "a comma too many"),
        (r#"{"id" "a"}"#, None, "no colon"),
        (r#"{id: "a"}"#, None, "no quotes"),
        (r#"{"id": "a", "x": 01}"#, None, "no number"),
        (r#"{"id": "a", "x": "\x"}"#, None, "no escape"),
        ("{\"id\": \"a\", \"x\": \"\n\"}", None, "a line break in a text"),
        (r#"{"id": "\ud83d"}"#, None, "half a character"),
        ("", None, "nothing at all"),
        ("\u{feff}{\"id\": \"a\"}", None, "a byte order mark"),
    ];
    for (document, expected, shows) in table {
        assert_eq!(at(document, "/id").as_deref(), expected, "{shows}: {document}");
    }
    assert_eq!(find(b"{\"id\": \"\xff\"}", &["id".into()]), None, "not UTF-8");
}

#[test]
fn a_name_that_go_folds_is_another_spelling() {
    for name in ["ban\u{212a}_id", "BAN\u{212a}_ID"] {
        let document = format!(r#"{{"bank_id": "a", "{name}": "b"}}"#);
        assert_eq!(at(&document, "/bank_id"), None, "{document}");
    }
    assert_eq!(at(r#"{"users": "a", "u\u017fers": "b"}"#, "/users"), None);
    assert_eq!(at(r#"{"bank_id": "a", "banc_id": "b"}"#, "/bank_id").as_deref(), Some("a"));
}

#[test]
fn a_pointer_goes_as_far_as_it_is_long() {
    let document = r#"{"a": [{"b": "x"}, {"b": {"": "y"}}], "0": "z"}"#;
    let table = [
        ("/a/0/b", Some("x")),
        ("/a/1/b/", Some("y")),
        ("/0", Some("z")),
        ("/a/00/b", None),
        ("/a/2/b", None),
        ("/a/-/b", None),
        ("/a/0", None),
        ("/a/0/b/c", None),
        ("", None),
    ];
    for (pointer, expected) in table {
        assert_eq!(at(document, pointer).as_deref(), expected, "{pointer}");
    }
    assert_eq!(at(r#""whole""#, "").as_deref(), Some("whole"));
}

#[test]
fn a_deep_document_is_refused_and_a_wide_one_is_quick() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(at(&format!(r#"{{"x": {}, "id": "a"}}"#, deep(126)), "/id").as_deref(), Some("a"));
    for depth in [127, 60_000] {
        assert_eq!(at(&format!(r#"{{"x": {}, "id": "a"}}"#, deep(depth)), "/id"), None, "{depth}");
    }
    let quoted = format!(r#"{{"x": "\"{}", "id": "a"}}"#, "[".repeat(200));
    assert_eq!(at(&quoted, "/id").as_deref(), Some("a"), "brackets in a text");
    let wide: Vec<_> = (0..9_000).map(|at| format!("\"{at}\":1")).collect();
    assert_eq!(at(&format!(r#"{{{}, "id": "a"}}"#, wide.join(",")), "/id").as_deref(), Some("a"));
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn documents() -> impl Strategy<Value = serde_json::Value> {
        let text = prop_oneof![
            Just("id".to_owned()),
            Just("ID".into()),
            ".{0,4}",
            "[a-z\"\\\\/\u{1}é😀]{0,4}"
        ];
        let leaf = prop_oneof![
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            (-3..3_i64).prop_map(|near| serde_json::Value::from((1 << 53) + near)),
            any::<f64>().prop_map(serde_json::Value::from),
            text.clone().prop_map(serde_json::Value::from),
            Just(serde_json::Value::Null),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            let entries = prop::collection::vec((text.clone(), inner.clone()), 0..5);
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(serde_json::Value::from),
                entries
                    .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    fn pointers() -> impl Strategy<Value = Vec<Box<str>>> {
        let token = prop_oneof![4 => Just("id".to_owned()), 2 => Just("0".into()), 1 => Just("1".into()), 1 => "[a-z]{0,2}"];
        prop::collection::vec(token.prop_map(Into::into), 0..4)
    }

    /// The value that a parser finds.
    fn model(document: &serde_json::Value, pointer: &[Box<str>]) -> Option<String> {
        let place = pointer.iter().try_fold(document, |value, token| match value {
            serde_json::Value::Object(entries) => {
                let alike = entries.keys().filter(|key| key.eq_ignore_ascii_case(token)).count();
                entries.get(&**token).filter(|_| alike == 1)
            }
            serde_json::Value::Array(items) => {
                let plain = token.parse::<usize>().ok().filter(|at| at.to_string() == **token);
                items.get(plain?)
            }
            _ => None,
        });
        match place? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => {
                let exact = number.as_i64().filter(|number| number.unsigned_abs() < 1 << 53);
                exact.map(|_| number.to_string()).filter(|text| text != "-0")
            }
            _ => None,
        }
    }

    proptest! {
        #[test]
        fn a_place_has_the_value_that_a_parser_finds(document in documents(), pointer in pointers(), pretty in any::<bool>()) {
            let text = match pretty {
                true => serde_json::to_string_pretty(&document).unwrap(),
                false => document.to_string(),
            };
            let found = find(text.as_bytes(), &pointer).map(Cow::into_owned);
            prop_assert_eq!(found, model(&document, &pointer), "{}", text);
        }

        #[test]
        fn a_malformed_document_holds_no_key(document in documents(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
            let mut bytes = serde_json::json!({"id": "a", "x": document}).to_string().into_bytes();
            let place = at.index(bytes.len());
            if cut {
                bytes.truncate(place);
            } else {
                bytes[place] = byte;
            }
            let found = find(&bytes, &["id".into()]).map(Cow::into_owned);
            match serde_json::from_slice::<serde_json::Value>(&bytes) {
                Ok(value) if model(&value, &["id".into()]).is_none() => prop_assert_eq!(found, None),
                // A parser that does not look for keys that stand twice keeps the last.
                Ok(value) => prop_assert!(found.is_none() || found == model(&value, &["id".into()])),
                // Half characters and numbers beyond a double stand elsewhere than where it looks.
                Err(error) => prop_assert!(found.is_none() || error.to_string().contains("surrogate") || error.to_string().contains("out of range") || error.to_string().contains("hex escape")),
            }
        }

        #[test]
        fn nothing_is_found_in_what_is_no_document(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
            prop_assert!(is_json || find(&bytes, &[]).is_none());
        }
    }
}
