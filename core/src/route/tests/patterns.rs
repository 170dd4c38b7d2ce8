//! Patterns as they are written.

use super::*;

#[test]
fn a_pattern_is_a_canonical_path() {
    let table = [
        ("/a", Ok(("/a", false)), "a path"),
        ("/A.b/C", Ok(("/A.b/C", false)), "in any case"),
        ("/a/*", Ok(("/a", true)), "a subtree"),
        ("/", Ok(("/", false)), "the root alone"),
        ("/*", Ok(("", true)), "everything"),
        ("/100%25", Ok(("/100%25", false)), "a percent sign, escaped"),
        ("", Err(r#"must start with "/""#), "nothing"),
        ("a", Err(r#"must start with "/""#), "no slash in front"),
        ("*", Err(r#"must start with "/""#), "a star alone"),
        ("http://h/a", Err(r#"must start with "/""#), "an address"),
        ("/a*", Err(r#""*" may stand only at the end, as in "/admin/*""#), "a star within a name"),
        ("/*/a", Err(r#""*" may stand only at the end, as in "/admin/*""#), "a star within"),
        ("/a/**", Err(r#""*" may stand only at the end, as in "/admin/*""#), "two stars"),
        ("/a?b", Err("must be a path, without a query or a fragment"), "a query"),
        ("/a#b", Err("must be a path, without a query or a fragment"), "a fragment"),
        ("/a/", Err("must be in canonical form"), "a trailing slash"),
        ("//a/*", Err("must be in canonical form"), "an empty segment"),
        ("/a/../b", Err("must be in canonical form"), "a segment that goes up"),
        ("/%61", Err("must be in canonical form"), "an escape"),
        ("/a;b", Err("must be in canonical form"), "parameters"),
        (
            "/a%",
            Err(r#"the path has a "%" without two hexadecimal digits behind it"#),
            "a broken escape",
        ),
        ("/a%00", Err("the path has a NUL in it"), "a NUL"),
    ];
    for (written, expected, shows) in table {
        match (Pattern::parse(written), expected) {
            (Ok(pattern), Ok((path, subtree))) => {
                assert_eq!(pattern.path(), path.as_bytes(), "{written}: {shows}");
                assert_eq!(pattern.is_subtree(), subtree, "{written}: {shows}");
            }
            (Err(message), Err(right)) => {
                assert!(message.starts_with(right), "{written}: {shows}: {message}");
            }
            (parsed, _) => panic!("{written}: {shows}: {parsed:?}"),
        }
    }
}
