//! Where a key is read, and what makes none.

use super::*;
use crate::request::{HeaderNames, Pairs};
use crate::route::Pattern;
use crate::testing::Headers;

fn find(source: &KeySource, target: &str, headers: Headers<'_>) -> Option<String> {
    let all = [&[(":method", "GET"), (":path", target)], headers].concat();
    let buffer = crate::testing::serialize(&all);
    let head = Head::read(Pairs::new(&buffer), &HeaderNames::default());
    let mut paths = ProtectedPatterns::default();
    paths.add(Pattern::parse("/v1/banks/*").unwrap());
    let variants = PathVariants::parse(head.path).unwrap();
    let found = source.find(&head, &variants, &paths);
    found.map(|key| String::from_utf8(key.into_owned()).unwrap())
}

#[test]
fn a_header_that_stands_once() {
    let source = KeySource::Header(b"x-bank".as_slice().into());
    let table: [(Headers<'_>, Option<&str>, &str); 4] = [
        (&[("x-bank", "a, b")], Some("a, b"), "its value, whatever it is"),
        (&[], None, "none"),
        (&[("x-bank", "")], None, "an empty one"),
        (&[("x-bank", "a"), ("x-bank", "a")], None, "several: whom to believe"),
    ];
    for (headers, expected, shows) in table {
        assert_eq!(find(&source, "/v1/banks/x", headers).as_deref(), expected, "{shows}");
    }
}

#[test]
fn a_parameter_that_stands_once() {
    let source = KeySource::Query(b"bank id".as_slice().into());
    let table = [
        ("/v1/banks?bank+id=a", Some("a"), "its value"),
        ("/v1/banks?x=1&bank%20id=%61%62", Some("ab"), "decoded, as servers decode it"),
        ("/v1/banks?bank%20id=a+b%2Bc", Some("a b+c"), "a plus is a space"),
        ("/v1/banks?bank+id=a=b", Some("a=b"), "all behind the first sign"),
        ("/v1/banks?bank+id=a?b#c", Some("a?b"), "up to the fragment"),
        ("/v1/banks", None, "no query"),
        ("/v1/banks?bank+id", None, "no value"),
        ("/v1/banks?bank+id=", None, "an empty one"),
        ("/v1/banks?bank+id=a&bank%20id=a", None, "twice: whom to believe"),
        ("/v1/banks?bank+id=%6", None, "a broken escape"),
        ("/v1/banks?%zz=1&bank+id=a", None, "a broken escape elsewhere: what is it called?"),
        ("/v1/banks?BANK+ID=a", None, "another spelling"),
        ("/v1/banks?bank+id=a&BANK+ID=b", None, "both spellings: servers differ"),
        ("/v1/banks?x=1;bank+id=b&bank+id=a", None, "behind a semicolon: servers differ"),
        ("/v1/banks?bank+id=a;x=1", Some("a;x=1"), "a semicolon that hides nothing"),
    ];
    for (target, expected, shows) in table {
        assert_eq!(find(&source, target, &[]).as_deref(), expected, "{shows}: {target}");
    }
}

#[test]
fn names_that_a_server_folds_into_one_stand_twice() {
    let source = KeySource::Query(b"bank_id".as_slice().into());
    let folded = [
        "bank.id",
        "bank%20id",
        "bank+id",
        "bank%5Bid",
        "bank[id",
        "+bank_id",
        "%20bank_id",
        "BANK_ID",
        "Bank.Id",
        "bank_id[]",
        "bank_id%5B%5D",
        "bank_id[x]",
        "bank_id[x][y]",
        "bank.id[]",
        "bank_id%00",
        "bank_id%00x",
        "bank_id%a0",
        "bank_id%0a",
        "%09bank_id",
        "ban%e2%84%aa_id",
        "bank%255fid",
        "bank%252eid",
        "bank-id",
        "%EF%BB%BFbank_id",
        "bank_id%20",
    ];
    for other in folded {
        for query in [format!("bank_id=d1&{other}=v"), format!("{other}=v&bank_id=d1")] {
            assert_eq!(find(&source, &format!("/v1/banks?{query}"), &[]), None, "{query}");
        }
        assert_eq!(find(&source, &format!("/v1/banks?{other}=v"), &[]), None, "{other} alone");
    }
    let others = [
        "bank",
        "id",
        "bank_ids",
        "bankid",
        "xbank_id",
        "id[bank_id]",
        "bank[bank_id]",
        "",
        "[",
        "bank_",
    ];
    for other in others {
        let target = format!("/v1/banks?bank_id=d1&{other}=v");
        assert_eq!(find(&source, &target, &[]).as_deref(), Some("d1"), "{target}");
    }
    let nested = KeySource::Query(b"filter[bank]".as_slice().into());
    let table = [
        ("filter[bank]=d1", Some("d1"), "its name to the letter"),
        ("filter[bank]=d1&filter[other]=v", Some("d1"), "another key"),
        ("filter[bank]=d1&filter=v", None, "what it is a part of"),
        ("filter[bank]=d1&filter[bank][x]=v", None, "a part of it"),
        ("filter[bank]=d1&filter_bank_=v", None, "what PHP makes of it where nothing closes it"),
    ];
    for (query, expected, shows) in table {
        assert_eq!(
            find(&nested, &format!("/v1/banks?{query}"), &[]).as_deref(),
            expected,
            "{shows}"
        );
    }
}

#[test]
fn a_segment_that_some_server_cuts_is_no_key() {
    let source = KeySource::PathSegment(2);
    for segment in ["abc%a0", "abc%20%e2%80%a8", "a%ffbc", "%09abc", "abc%c3%28", "abc\u{a0}"] {
        let target = format!("/v1/banks/{segment}");
        let found = find(&source, &target, &[]);
        assert!(found.is_none() || found.as_deref() == Some("abc"), "{target}: {found:?}");
    }
    assert_eq!(find(&source, "/v1/banks/caf%C3%A9", &[]).as_deref(), Some("caf\u{e9}"));
    assert_eq!(find(&source, "/v1/banks/voil%C3%A0", &[]).as_deref(), Some("voil\u{e0}"));
}

#[test]
fn a_segment_is_the_same_however_the_path_is_written() {
    let source = KeySource::PathSegment(2);
    let same = [
        "/v1/banks/abc/recall",
        "/v1/banks/abc",
        "/v1/banks/abc/",
        "/v1/banks/abc?x=1",
        "/v1//banks//abc",
        "/v1/banks/%61bc",
        "/v1/banks/%2561bc",
        "/v1/banks/abc;a=1",
        "/v1\\banks\\abc",
        "/V1/BANKS/ABC",
        "http://host/v1/banks/abc",
    ];
    for target in same {
        assert_eq!(find(&source, target, &[]).as_deref(), Some("abc"), "{target}");
    }
    let none = [
        ("/v1/banks", "there is none"),
        (
            "//key/v1/banks/abc",
            "as a host in front of the path, it would be the client's to choose",
        ),
        ("/v1/banks/x/../../../v1/banks", "it is not there in the canonical path"),
        ("/v1/banks/a/../../other/abc", "another path, that some servers read as this one"),
        ("/v1/banks/abc/docs/..%2f..%2fx", "who resolves before decoding reads abc"),
        ("/v1/banks/abc/docs/../../x", "and who does not resolve"),
        ("/v1/banks/./abc", "so nobody can tell what dots mean"),
        ("//v1/banks/abc", "nor two slashes in front"),
        ("/v1/banks/abc%3fx", "who decodes before the query reads abc"),
        ("/v1/banks/abc%23x/recall", "or before the fragment"),
    ];
    for (target, shows) in none {
        assert_eq!(find(&source, target, &[]), None, "{shows}: {target}");
    }
}
