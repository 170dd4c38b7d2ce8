//! The label `auth_method`.

use super::*;

#[test]
fn method_of_an_authorization_header() {
    use AuthMethod::{Basic, Bearer, Jwt, Other};
    let table: [(&[u8], AuthMethod, &str); 12] = [
        (b"Bearer abc", Bearer, "an opaque token"),
        (b"bearer abc", Bearer, "the scheme in any case"),
        (b"Bearer", Bearer, "without a token"),
        (b"Bearer eyJhbGciOiJub25lIn0.e30.", Jwt, "a JSON Web Token, though unsigned"),
        (b"Bearer   eyJh.eyJz.c2ln", Jwt, "behind several spaces"),
        (b"Bearer eyJh.eyJz", Bearer, "two parts are no JSON Web Token"),
        (b"Bearer a.b.c", Bearer, "three parts of another kind"),
        (b"Basic dTpw", Basic, "a password"),
        (b"BASIC", Basic, "without one"),
        (b"Digest username=x", Other, "another scheme"),
        (b"", Other, "an empty header"),
        (b"\xff\xfe", Other, "bytes"),
    ];
    for (sent, expected, shows) in table {
        assert_eq!(AuthMethod::from_head(&bearer(Single::Once(sent))), expected, "{shows}");
    }
    assert_eq!(AuthMethod::from_head(&bearer(Single::Repeated)), Other, "several headers");
}

#[test]
fn method_by_precedence_of_headers() {
    let nothing = Head { tokens: vec![Single::Missing], ..Head::default() };
    let key = Head { api_key: true, client_certificate: true, ..nothing.clone() };
    let token = Head { tokens: vec![Single::Once(b"")], ..nothing.clone() };
    let certificate = Head { client_certificate: true, ..nothing.clone() };
    let all = Head { authorization: Single::Once(b"Basic x"), ..key.clone() };
    let table = [
        (&nothing, AuthMethod::None, "nothing"),
        (&key, AuthMethod::ApiKey, "a key goes before a certificate"),
        (&token, AuthMethod::ApiKey, "the token header of an admin route"),
        (&certificate, AuthMethod::Mtls, "a certificate"),
        (&all, AuthMethod::Basic, "authorization goes first"),
    ];
    for (head, expected, shows) in table {
        assert_eq!(AuthMethod::from_head(head), expected, "{shows}");
    }
}
