//! Numbers, spans and names: what is just right, and what is just not.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// Holds whether each value may stand in the place of `@`; where it may not, `place` is named.
fn assert_ranges(template: &str, place: &str, right: &[&str], wrong: &[&str]) {
    for value in right {
        let result = compiled(&template.replace('@', value));
        assert!(result.is_ok(), "{place}: {value} is right, but: {}", result.unwrap_err());
    }
    for value in wrong {
        let message = compiled(&template.replace('@', value)).err();
        let message = message.unwrap_or_else(|| panic!("{place}: {value} is wrong"));
        assert!(message.starts_with(&format!("{place}: must be ")), "{value}: {message}");
    }
}

#[test]
fn numbers() {
    let limit = |key: &str| format!(r#"{{"rate_limit": {{"requests": 1, "{key}": @}}}}"#);
    let requests = r#"{"rate_limit": {"requests": @}}"#;
    let wrong = ["0", "-1", "1.5", "4294967296", "1e10", "1e300", r#""1""#, "-0.0"];
    assert_ranges(
        requests,
        "rate_limit.requests",
        &["1", "100", "100.0", "1e2", "4294967295"],
        &wrong,
    );
    let table = [
        ("ipv4_prefix", ["0", "32", "32.0"], ["33", "-1", "0.5"]),
        ("ipv6_prefix", ["0", "64", "128"], ["129", "-1", "63.9"]),
        ("max_clients", ["1", "5000", "1000000"], ["0", "1000001", "1e9"]),
        ("max_share_per_network", ["1", "50", "100"], ["0", "101", "-1"]),
    ];
    for (key, right, wrong) in table {
        assert_ranges(&limit(key), &format!("rate_limit.{key}"), &right, &wrong);
    }
    let hops =
        r#"{"rate_limit": {"requests": 1, "client": {"forwarded_for": {"trusted_hops": @}}}}"#;
    assert_ranges(
        hops,
        "rate_limit.client.forwarded_for.trusted_hops",
        &["0", "1", "100"],
        &["101", "-1", "1.5"],
    );
}

#[test]
fn messages_say_what_would_be_right() {
    let table = [
        (r#"{"rate_limit": {"requests": 0}}"#, "rate_limit.requests: must be from 1 to 4294967295"),
        (
            r#"{"rate_limit": {"requests": 1, "ipv4_prefix": 33}}"#,
            "rate_limit.ipv4_prefix: must be from 0 to 32",
        ),
        (
            r#"{"rate_limit": {"requests": 1, "max_clients": 0}}"#,
            "rate_limit.max_clients: must be from 1 to 1000000",
        ),
        (
            r#"{"rate_limit": {"requests": 1, "max_share_per_network": 0}}"#,
            "rate_limit.max_share_per_network: must be from 1 to 100",
        ),
        (
            r#"{"rate_limit": {"requests": 1, "window": "1d"}}"#,
            r#"rate_limit.window: must be a whole number and a unit, from "100ms" to "1h", as "1s""#,
        ),
    ];
    for (configuration, expected) in table {
        assert_eq!(compiled(configuration).err().as_deref(), Some(expected));
    }
}

#[test]
fn windows() {
    let window = |text: &str| {
        let text = format!(r#"{{"rate_limit": {{"requests": 1, "window": "{text}"}}}}"#);
        compiled(&text).map(|compiled| compiled.gate.limits.client.unwrap().limiter.quota().window)
    };
    let right = [
        ("100ms", 100_000, "the shortest"),
        ("1500ms", 1_500_000, "milliseconds"),
        ("1s", 1_000_000, "seconds"),
        ("5m", 300_000_000, "minutes"),
        ("1h", 3_600_000_000, "the longest"),
        ("3600s", 3_600_000_000, "the longest in seconds"),
        ("060s", 60_000_000, "zeros in front"),
    ];
    for (text, micros, shows) in right {
        assert_eq!(window(text), Ok(micros), "{shows}");
    }
    let wrong = [
        "",
        "s",
        "1",
        "99ms",
        "0s",
        "3601s",
        "61m",
        "2h",
        "1d",
        "1S",
        "1 s",
        " 1s",
        "1.5s",
        "-1s",
        "+1s",
        "1e3ms",
        "100us",
        "1h30m",
        "٣s",
        "18446744073709551616ms",
        "18446744073709551615h",
    ];
    for text in wrong {
        let message = window(text).unwrap_err();
        assert!(message.starts_with("rate_limit.window: must be "), "{text:?}: {message}");
    }
}

#[test]
fn names() {
    let headers = (
        [r#""a""#, r#""X-Correlation""#, r#""a!#$%&'*+-.^_`|~9""#],
        [r#""""#, r#""a b""#, r#""a:""#, r#"":path""#, r#""é""#, r#""a\r\nb""#],
    );
    let templates = [
        (r#"{"request_id": {"header": @}}"#, "request_id.header"),
        (r#"{"rate_limit": {"requests": 1, "client": {"header": @}}}"#, "rate_limit.client.header"),
        (
            r#"{"routes": [{"paths": ["/a"], "class": "admin", "token_header": @}]}"#,
            "routes[0].token_header",
        ),
    ];
    for (template, place) in templates {
        assert_ranges(template, place, &headers.0, &headers.1);
    }
    let right = [r#""""#, r#""app""#, r#""_a9_B""#];
    let wrong = [r#""9a""#, r#""a-b""#, r#""a.b""#, r#""a:b""#, r#""a b""#, r#""é""#];
    assert_ranges(r#"{"metrics": {"namespace": @}}"#, "metrics.namespace", &right, &wrong);
}

#[test]
fn buckets() {
    let list = |bounds: &str| compiled(&format!(r#"{{"metrics": {{"buckets": {bounds}}}}}"#));
    let thirty: Vec<String> = (1..=30).map(|bound| bound.to_string()).collect();
    for right in ["[1]", "[0.000001, 0.5, 3600]", "[5e-3, 1e1]", &format!("[{}]", thirty.join(","))]
    {
        assert!(list(right).is_ok(), "{right}");
    }
    let thirty_one = format!("[0.5,{}]", thirty.join(","));
    let table = [
        ("[]", "metrics.buckets: must be 1 to 30 bounds"),
        (&thirty_one, "metrics.buckets: must be 1 to 30 bounds"),
        ("[0]", "metrics.buckets[0]: must be seconds, from 0.000001 to 3600"),
        ("[1, -1]", "metrics.buckets[1]: must be seconds, from 0.000001 to 3600"),
        ("[1, 3601]", "metrics.buckets[1]: must be seconds, from 0.000001 to 3600"),
        ("[1e300]", "metrics.buckets[0]: must be seconds, from 0.000001 to 3600"),
        ("[1, 1]", "metrics.buckets[1]: must be greater than the bound before it"),
        ("[1, 1.0000001]", "metrics.buckets[1]: must be greater than the bound before it"),
        ("[2, 1]", "metrics.buckets[1]: must be greater than the bound before it"),
    ];
    for (wrong, message) in table {
        assert_eq!(list(wrong).unwrap_err().to_string(), message, "{wrong}");
    }
    // Envoy makes text of a fraction that stands in YAML.
    let bounds = |text| list(text).unwrap().metrics.bounds.seconds().collect::<Vec<_>>();
    assert_eq!(bounds(r#"["0.25", "1"]"#), [0.25, 1.0]);
    for wrong in ["\"\"", "\"1s\"", "\"true\"", "true"] {
        let mistake = list(&format!("[{wrong}]")).unwrap_err().to_string();
        assert!(mistake.starts_with("metrics.buckets[0]: must be a number, not a "), "{mistake}");
    }
    assert!(list("1").unwrap_err().to_string().starts_with("metrics.buckets: must be a list"));
}
