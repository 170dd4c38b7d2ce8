//! Tokens as digests.

use super::*;

#[test]
fn digests_in_hexadecimal() {
    // printf foobar | sha256sum
    let foobar = "c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2";
    for text in [foobar, &foobar.to_uppercase()] {
        let tokens = Tokens::from_iter(Digest::from_hex(text).map(Token::nameless));
        let guard = Guard::new(Carrier::Authorization, tokens, Vec::new());
        assert_eq!(refused(&guard, &bearer(Single::Once(b"Bearer foobar"))), None);
    }
    let table = [
        ("", "nothing"),
        ("c3ab8ff1", "too short"),
        (&foobar[1..], "63 digits"),
        (&format!("{foobar}00"), "66 digits"),
        (&foobar.replace('f', "g"), "a letter that is no digit"),
        (&foobar.replacen("c3", "+3", 1), "a sign"),
        (&foobar.replacen("c3ab", "é", 1), "64 bytes or less that are not 64 digits"),
        (&format!("{} {}", &foobar[..32], &foobar[33..]), "a space"),
    ];
    for (text, shows) in table {
        assert!(Digest::from_hex(text).is_none(), "{shows}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let guard = guard(Carrier::Authorization, &[SECRET]);
    let printed = format!("{guard:?} {:?} {:?}", guard.tokens, Digest::new(SECRET.as_bytes()));
    let digest: [u8; 32] = sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        SECRET,
    ))
    .into();
    let [first, second, ..] = digest;
    for trace in [SECRET.into(), format!("{first:02x}{second:02x}"), format!("{first}, {second}")] {
        assert!(!printed.to_lowercase().contains(&trace), "{trace} is in {printed}");
    }
}
