//! Tokens that open, and the challenges of those that do not.

mod digests;
mod method;
mod properties;

use super::*;
use crate::digest::Digest;

const SECRET: &str = "s3cret-marker";

fn guard(carrier: Carrier, tokens: &[&str]) -> Guard {
    let tokens =
        tokens.iter().map(|token| Token::nameless(Digest::new(token.as_bytes()))).collect();
    Guard::new(carrier, tokens, Vec::new())
}

fn bearer(value: Single<'_>) -> Head<'_> {
    Head { authorization: value, ..Head::default() }
}

/// Why a guard stays shut, and the challenge.
type Shut = (AuthFailure, Challenge);

/// `None` if the guard opens.
fn refused(guard: &Guard, head: &Head<'_>) -> Option<Shut> {
    match guard.check(head) {
        Ok(_) => None,
        Err(Unauthorized { failure, challenge }) => Some((failure, challenge)),
    }
}

#[test]
fn bearer_tokens_after_rfc_6750() {
    use AuthFailure::{Invalid, Malformed};
    let guard = guard(Carrier::Authorization, &[SECRET]);
    let table: [(&str, Option<AuthFailure>, &str); 22] = [
        ("Bearer s3cret-marker", None, "the token"),
        ("bearer s3cret-marker", None, "the scheme is case-insensitive (RFC 9110 section 11.1)"),
        ("BEARER s3cret-marker", None, "in any case"),
        ("bEaReR   s3cret-marker", None, "several spaces (RFC 9110 section 11.4)"),
        ("Bearer S3cret-marker", Some(Invalid), "the token is case-sensitive"),
        ("Bearer s3cret-marke", Some(Invalid), "the start of the token"),
        ("Bearer s3cret-markers", Some(Invalid), "more than the token"),
        ("Bearer other==", Some(Invalid), "padding is of a token's shape"),
        ("Bearer a-b.c_d~e+f/g", Some(Invalid), "every character of a b64token"),
        ("Bearer oth=er", Some(Malformed), "padding within is not"),
        ("Bearer ==", Some(Malformed), "padding alone is not"),
        ("Bearer a!b", Some(Malformed), "a character that b64token has not"),
        ("Bearer a,Bearer b", Some(Malformed), "two headers that a proxy joined"),
        ("Bearer s3cret-marker extra", Some(Malformed), "more behind the token"),
        ("Bearer s3cr\u{e9}t", Some(Malformed), "beyond ASCII"),
        ("Bearer", Some(Malformed), "the scheme alone"),
        ("Bearer ", Some(Malformed), "the scheme and a space"),
        ("s3cret-marker", Some(Malformed), "the token alone"),
        ("Basic czNjcmV0LW1hcmtlcg==", Some(Malformed), "another scheme"),
        ("Bearers s3cret-marker", Some(Malformed), "a scheme with the same start"),
        ("Bearer: s3cret-marker", Some(Malformed), "a colon behind the scheme"),
        ("", Some(Malformed), "an empty header"),
    ];
    for (sent, failure, shows) in table {
        let head = bearer(Single::Once(sent.as_bytes()));
        let is_bearer = sent.split(' ').next().unwrap().eq_ignore_ascii_case("bearer");
        let challenge = if is_bearer { Challenge::OtherBearer } else { Challenge::Bearer };
        let expected = failure.map(|failure| (failure, challenge));
        assert_eq!(refused(&guard, &head), expected, "{shows}");
    }
}

#[test]
fn headers_that_are_missing_or_repeated() {
    let guard = guard(Carrier::Authorization, &[SECRET]);
    let missing = refused(&guard, &bearer(Single::Missing));
    assert_eq!(missing, Some((AuthFailure::Missing, Challenge::Bearer)), "nothing was sent");
    let repeated = refused(&guard, &bearer(Single::Repeated));
    let expected = Some((AuthFailure::Malformed, Challenge::Bearer));
    assert_eq!(repeated, expected, "nobody knows which one counts");
}

#[test]
fn the_longest_token() {
    let longest = "a".repeat(4096);
    let longer = "a".repeat(4097);
    let guard = guard(Carrier::Authorization, &[&longest, &longer]);
    let sent = |token: &str| format!("Bearer {token}");
    assert_eq!(refused(&guard, &bearer(Single::Once(sent(&longest).as_bytes()))), None);
    assert_eq!(
        refused(&guard, &bearer(Single::Once(sent(&longer).as_bytes()))),
        Some((AuthFailure::Malformed, Challenge::OtherBearer)),
        "longer ones are not even looked at"
    );
}

#[test]
fn without_a_token_nothing_opens() {
    let guard = guard(Carrier::Authorization, &[]);
    use Challenge::{Bearer, OtherBearer};
    let table: [(Single<'_>, Challenge, &str); 6] = [
        (Single::Missing, Bearer, "nothing sent"),
        (Single::Once(b"Bearer x"), OtherBearer, "any token"),
        (Single::Once(b"Bearer "), OtherBearer, "an empty token does not equal no token"),
        (Single::Once(b"Basic x"), Bearer, "another scheme"),
        (Single::Once(b""), Bearer, "an empty header"),
        (Single::Repeated, Bearer, "several"),
    ];
    for (sent, challenge, shows) in table {
        let expected = Some((AuthFailure::NotConfigured, challenge));
        assert_eq!(refused(&guard, &bearer(sent)), expected, "{shows}");
    }
}

#[test]
fn a_token_in_a_header_of_its_own() {
    use AuthFailure::{Invalid, Malformed, Missing};
    let guard = guard(Carrier::Header(1), &[SECRET]);
    let shut = |failure| Some((failure, Challenge::Header(1)));
    let table: [(Single<'_>, Option<Shut>, &str); 8] = [
        (Single::Once(b"s3cret-marker"), None, "the bare token"),
        (Single::Once(b"Bearer s3cret-marker"), shut(Malformed), "no scheme stands there"),
        (Single::Once(b"other"), shut(Invalid), "another token"),
        (Single::Once(b"oth er"), shut(Malformed), "a space"),
        (Single::Once(b"\xff"), shut(Malformed), "beyond ASCII"),
        (Single::Once(b""), shut(Malformed), "empty"),
        (Single::Repeated, shut(Malformed), "several"),
        (Single::Missing, shut(Missing), "nothing"),
    ];
    for (sent, expected, shows) in table {
        let head = Head { tokens: vec![Single::Missing, sent], ..Head::default() };
        assert_eq!(refused(&guard, &head), expected, "{shows}");
    }
    let elsewhere = Head {
        authorization: Single::Once(b"Bearer s3cret-marker"),
        tokens: vec![Single::Once(b"s3cret-marker"), Single::Missing],
        ..Head::default()
    };
    let expected = shut(Missing);
    assert_eq!(refused(&guard, &elsewhere), expected, "the token in other headers opens nothing");
    assert_eq!(refused(&guard, &Head::default()), expected, "nor does a head without the header");
}
