//! Mistakes: the configurations of three tables, each with what is said of it.

use super::*;

const TABLES: [&str; 3] = [
    include_str!("mistakes/shape.txt"),
    include_str!("mistakes/values.txt"),
    include_str!("mistakes/sections.txt"),
];

/// A value of each type.
const TYPES: [&str; 8] = ["null", "true", "7", "-1", "1.5", "some", "[]", "{}"];

/// Beginning of a line below a configuration that is no mistake.
const KEYS: [&str; 4] = ["right", "wrong", "either case", "only"];

/// A configuration of a table, and the lines below it.
pub struct Case {
    template: String,
    about: Vec<&'static str>,
}

pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let lines = TABLES.into_iter().flat_map(str::lines);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line.strip_prefix("    "), cases.last_mut()) {
            (Some(about), Some(case)) => case.about.push(about),
            (None, Some(case)) if case.about.is_empty() => case.template += &format!("\n{line}"),
            _ => cases.push(Case { template: line.into(), about: Vec::new() }),
        }
    }
    cases
}

impl Case {
    /// The values behind a key.
    fn values(&self, key: &str) -> Vec<&'static str> {
        let lists = self.about.iter().filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        lists.flat_map(|list| list.split(" | ")).map(str::trim).collect()
    }

    /// All configurations of the case, each with whether it is right.
    pub fn configurations(&self) -> Vec<(String, bool)> {
        if !self.template.contains('@') {
            return vec![(self.template.clone(), self.about == ["right"])];
        }
        let only = self.values("only");
        let types = if only.is_empty() { &[][..] } else { &TYPES };
        let types = types.iter().map(|value| ((*value).to_owned(), only.contains(value)));
        let of = |key, is_right| {
            self.values(key).into_iter().map(move |value| (value.to_owned(), is_right))
        };
        let upper = of("either case", false).map(|(value, _)| (value.to_ascii_uppercase(), false));
        let all = types.chain(of("right", true)).chain(of("wrong", false));
        let all = all.chain(of("either case", false)).chain(upper);
        all.map(|(value, is_right)| (self.template.replace('@', &value), is_right)).collect()
    }

    fn mistakes(&self) -> Vec<&'static str> {
        let is_mistake = |line: &&str| !KEYS.iter().any(|key| line.starts_with(key));
        self.about.iter().copied().filter(is_mistake).collect()
    }
}

/// All mistakes of a configuration, of which the gate itself tells the first.
fn told(yaml: &str) -> Vec<String> {
    let text = serde_saphyr::from_str::<serde_json::Value>(yaml).unwrap().to_string();
    let value = serde_json::from_str(&text).unwrap();
    let mistakes = check(value, &environment(&variable)).err().unwrap_or_default();
    let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(compiled(&text).err(), told.first().cloned(), "{yaml}");
    told
}

#[test]
fn what_is_wrong_is_told_and_what_is_right_is_not() {
    for case in cases() {
        for (configuration, is_right) in case.configurations() {
            let expected = if is_right { Vec::new() } else { case.mistakes() };
            assert!(is_right || !expected.is_empty(), "{configuration}: what is said?");
            let told = told(&configuration);
            let is_told = |(told, expected): (&String, &&str)| match expected.strip_suffix('…') {
                Some(beginning) => told.starts_with(beginning),
                None => told == expected,
            };
            assert!(
                told.len() == expected.len() && told.iter().zip(&expected).all(is_told),
                "{configuration}\n  should be: {expected:#?}\n  but is: {told:#?}"
            );
        }
    }
}

/// A secret may stand in any place by mistake, and right there or wrong.
#[test]
fn nothing_is_told_of_a_value() {
    const MARKER: &str = "s3cretmarker";
    let wrong = format!("{MARKER} // {MARKER}");
    for case in cases().iter().filter(|case| case.template.contains('@')) {
        for value in [MARKER, &wrong] {
            let told = told(&case.template.replace('@', value));
            assert!(told.iter().all(|told| !told.contains(MARKER)), "{}: {told:?}", case.template);
        }
    }
}

#[test]
fn no_key_was_meant_by_a_very_long_one() {
    let long = format!(r#"{{"{}": 1}}"#, "rate_limit".repeat(10_000));
    assert!(compiled(&long).unwrap_err().contains("; the keys here are "));
}

#[test]
fn a_mistake_is_one_line_whatever_the_key() {
    for configuration in [
        r#"{"a\nprobegate: all is well": 1, "a\nprobegate: all is well": 2}"#,
        r#"{"log": {"a\u001b[2K": 1, "a\u001b[2K": 2}}"#,
        r#"{"a\nb": 1}"#,
        r#"{"routes": [{"a\u202eb": 1}]}"#,
        r#"{"metrics_auth": {"tokens": [{"env": "A\nB"}, {"sha256": "a\nb"}]}}"#,
    ] {
        let mistake = compiled(configuration).unwrap_err();
        assert!(!mistake.contains(|c: char| c.is_control() || c == '\u{202e}'), "{mistake:?}");
        assert!(!mistake.contains("all is well"), "{mistake}");
    }
    let warned = compiled(r#"{"metrics_auth": {"tokens": [{"env": "a\nb"}]}}"#).unwrap();
    let warnings = messages(&warned);
    assert!(warnings.iter().all(|warning| !warning.contains('\n')), "{warnings:?}");
}

#[test]
fn text_that_is_no_object_is_told() {
    for text in ["null", "[]", "true", "3", r#""text""#] {
        assert!(compiled(text).unwrap_err().starts_with("must be an object"), "{text}");
    }
    for text in [
        "{",
        "{]",
        "mode: dev",
        r#"{"mode": "dev",}"#,
        r#"{"mode": "dev"} x"#,
        "{'mode': 'dev'}",
        "\u{feff}{}",
    ] {
        assert!(
            compiled(text).unwrap_err().starts_with("neither a JSON object nor a Struct: "),
            "{text}"
        );
    }
    for text in [
        r#"{"mode": "dev", "mode": "stable"}"#,
        r#"{"log": {"access": "off", "access": "json"}}"#,
        r#"{"x": [{"a": 1, "a": 1}]}"#,
    ] {
        assert!(compiled(text).unwrap_err().contains("stands twice"), "{text}");
    }
}
