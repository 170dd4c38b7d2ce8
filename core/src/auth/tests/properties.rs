//! Tokens over any bytes.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn nothing_but_the_token_opens(sent in prop::collection::vec(any::<u8>(), 0..64)) {
        let guard = guard(Carrier::Authorization, &[SECRET]);
        prop_assert!(refused(&guard, &bearer(Single::Once(&sent))).is_some());
        let with_scheme = [b"Bearer ", sent.as_slice()].concat();
        prop_assert!(refused(&guard, &bearer(Single::Once(&with_scheme))).is_some());
        let method = AuthMethod::from_head(&bearer(Single::Once(&with_scheme)));
        prop_assert!(matches!(method, AuthMethod::Bearer | AuthMethod::Jwt), "{:?}", method);
    }

    #[test]
    fn each_configured_token_opens(tokens in prop::collection::vec("[!-~]{1,40}", 1..5), one in any::<prop::sample::Index>()) {
        let configured: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let token = one.get(&tokens);
        let sent = format!("Bearer {token}");
        let guard = guard(Carrier::Authorization, &configured);
        prop_assert_eq!(refused(&guard, &bearer(Single::Once(sent.as_bytes()))), None);
        let bare = Head { tokens: vec![Single::Once(token.as_bytes())], ..Head::default() };
        prop_assert_eq!(refused(&self::guard(Carrier::Header(0), &configured), &bare), None);
    }

    #[test]
    fn a_token_that_is_not_configured_is_invalid_or_malformed(token in "[!-~]{1,40}") {
        let sent = format!("Bearer {token}");
        let (failure, challenge) =
            refused(&guard(Carrier::Authorization, &[SECRET]), &bearer(Single::Once(sent.as_bytes()))).unwrap();
        prop_assert_eq!(challenge, Challenge::OtherBearer);
        let trimmed = token.trim_end_matches('=');
        let b64 = !trimmed.is_empty()
            && trimmed.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        prop_assert_eq!(failure, if b64 { AuthFailure::Invalid } else { AuthFailure::Malformed });
    }
}
