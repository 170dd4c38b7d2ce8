//! Tokens in files: of the native host alone.

use super::*;

const FILE: &str = r#"{"metrics_auth": {"tokens": [{"file": "/run/secrets/metrics"}]}}"#;

/// A configuration as the native host reads it, with one file and these variables.
fn native(file: Option<&[u8]>, variables: &[(&str, &str)], text: &str) -> Result<Compiled, String> {
    let variable = |name: &str| {
        let set = variables.iter().find(|(set, _)| *set == name);
        set.map(|(_, value)| (*value).to_owned())
    };
    let read = |path: &str| file.filter(|_| path == "/run/secrets/metrics").map(<[u8]>::to_vec);
    compiled_with(text, &Environment::native(&variable, &read, HashKey::new([0; 16])))
}

/// Number of tokens that open the metrics routes, and the warnings.
fn opens(compiled: &Compiled) -> (usize, Vec<String>) {
    (compiled.gate.guarding.guards[0].tokens.len(), messages(compiled))
}

#[test]
fn a_file_opens_with_its_lines_trimmed() {
    let same: [&[u8]; 6] =
        [b"s3cret", b"s3cret\n", b"s3cret\r\n", b" s3cret \r\n", b"\r\n\ts3cret\n\n", b"s3cret "];
    for content in same {
        let compiled = native(Some(content), &[], FILE).unwrap();
        assert_eq!(opens(&compiled), (1, vec![]), "{}", content.escape_ascii());
        let paths: Vec<_> = compiled.token_files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["/run/secrets/metrics"]);
        // A variable with the same bytes opens as well.
        let content = str::from_utf8(content).unwrap();
        let variable = native(None, &[("METRICS_BEARER", content)], "{}").unwrap();
        assert_eq!(opens(&variable), (1, vec![]), "{content:?}");
    }
    let two = native(Some(b"old\nnew\n"), &[], FILE).unwrap();
    assert_eq!(opens(&two).0, 2, "two lines make a rotation");
}

#[test]
fn a_file_without_a_token_opens_nothing_and_is_warned_of() {
    let wrong: [(Option<&[u8]>, &str); 4] = [
        (None, "cannot be read"),
        (Some(b""), "holds no tokens"),
        (Some(b" \r\n"), "holds no tokens"),
        (Some(b"two words"), "holds no tokens"),
    ];
    for (content, what) in wrong {
        let compiled = native(content, &[], FILE).unwrap();
        let (tokens, warnings) = opens(&compiled);
        assert_eq!((tokens, warnings.len()), (0, 1), "{warnings:?}");
        assert!(warnings[0].starts_with(&format!("the file /run/secrets/metrics {what}")));
        assert_eq!(compiled.token_files.len(), 1, "it may come yet");
    }
}

#[test]
fn a_file_is_read_once_for_all_that_it_opens() {
    let text = r#"{"metrics_auth": {"tokens": [{"env": "SET"}, {"file": "/run/secrets/metrics"}]},
        "routes": [{"paths": ["/a"], "class": "admin", "tokens": [{"file": "/run/secrets/metrics"}]},
            {"paths": ["/b"], "class": "admin", "tokens": [{"file": "/other"}]}]}"#;
    let mut compiled = native(Some(b"a\nb"), &[("SET", "token")], text).unwrap();
    let tokens = |compiled: &Compiled| {
        compiled.gate.guarding.guards.iter().map(|g| g.tokens.len()).collect::<Vec<_>>()
    };
    assert_eq!((compiled.token_files.len(), tokens(&compiled)), (2, vec![3, 2, 0]));
    let [first, second] = &*compiled.token_files else { panic!("two files") };
    let held = [first.tokens(b"c").unwrap(), second.tokens(b"d\ne").unwrap()];
    compiled.gate.guarding.renew_token_files(&held);
    assert_eq!(
        tokens(&compiled),
        [2, 1, 2],
        "what the files hold now takes the place of what they held"
    );
}

#[test]
fn a_path_is_absolute() {
    for path in ["", "metrics", "./metrics", "/a\\nb", "s3cretmarker"] {
        let text = FILE.replace("/run/secrets/metrics", path);
        let message = native(None, &[], &text).unwrap_err();
        let expected =
            "metrics_auth.tokens[0].file: must be an absolute path, as /run/secrets/metrics";
        assert_eq!(message, expected, "{path}");
    }
}

#[test]
fn a_variable_may_name_the_file_of_its_token() {
    let file = [("METRICS_BEARER_FILE", "/run/secrets/metrics")];
    let compiled = native(Some(b"s3cret\r\n"), &file, "{}").unwrap();
    assert_eq!(opens(&compiled), (1, vec![]));
    let both = [("METRICS_BEARER", "token"), file[0]];
    let compiled = native(Some(b"s3cret"), &both, "{}").unwrap();
    assert_eq!(compiled.token_files.len(), 0, "the variable itself comes first");
    let message = native(None, &[("METRICS_BEARER_FILE", "secrets")], "{}").unwrap_err();
    assert!(
        message.ends_with("the variable METRICS_BEARER_FILE must be an absolute path"),
        "{message}"
    );
    let unset = native(None, &[], "{}").unwrap();
    assert_eq!(
        messages(&unset),
        ["the variable METRICS_BEARER is not set for Envoy: it opens nothing"]
    );
}
