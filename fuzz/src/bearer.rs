//! Tokens: nothing opens but the exact token in exactly one header.

use probegate_core::auth::{
    AuthFailure, AuthMethod, Carrier, Challenge, Credential, Guard, Token, Unauthorized, fetch,
};
use probegate_core::digest::Digest;
use probegate_core::request::{Head, Single};

const TOKENS: [&[u8]; 2] = [b"metrics-token", b"an~other+token/1=="];

/// A header's value, as sent.
pub fn run(value: &[u8]) {
    let tokens = || TOKENS.iter().map(|token| Token::nameless(Digest::new(token))).collect();
    let opens = |carrier, head: &Head<'_>| Guard::new(carrier, tokens(), Vec::new()).check(head);

    // The scheme, a space or more, and the token.
    let bearer = Head { authorization: Single::Once(value), ..Head::default() };
    let token =
        value.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "));
    let token = token.map(|(_, rest)| rest.trim_ascii_start());
    let exact = TOKENS.iter().position(|exact| Some(*exact) == token);
    assert_eq!(opens(Carrier::Authorization, &bearer).ok(), exact, "{}", value.escape_ascii());

    let bare = Head { tokens: vec![Single::Once(value)], ..Head::default() };
    let exact = TOKENS.iter().position(|exact| *exact == value);
    assert_eq!(opens(Carrier::Header(0), &bare).ok(), exact, "{}", value.escape_ascii());

    // In another header it is worth nothing, nor where a second one stands beside it.
    for head in [
        Head { tokens: vec![Single::Repeated], ..bearer.clone() },
        Head { authorization: Single::Repeated, ..bare.clone() },
        Head { api_key: true, request_id: Single::Once(value), ..Head::default() },
    ] {
        assert!(
            opens(Carrier::Header(0), &Head { tokens: vec![Single::Repeated], ..head.clone() })
                .is_err()
        );
        let elsewhere = Head { authorization: Single::Repeated, ..head };
        assert!(opens(Carrier::Authorization, &elsewhere).is_err());
    }
    assert!(opens(Carrier::Header(1), &bare).is_err(), "a header that no configuration names");

    // Nothing is configured: nothing opens, and that is what is said.
    let none =
        Guard::new(Carrier::Authorization, std::iter::empty::<Token>().collect(), Vec::new());
    let refused = none.check(&bearer);
    let not_configured = Err(AuthFailure::NotConfigured);
    assert_eq!(refused.map_err(|Unauthorized { failure, .. }| failure), not_configured);
    // Only who sent a bearer token is told that it is not the one.
    let is_bearer = value.len() > 6 && value[..7].eq_ignore_ascii_case(b"bearer ")
        || value.eq_ignore_ascii_case(b"bearer");
    let challenge = if is_bearer { Challenge::OtherBearer } else { Challenge::Bearer };
    assert!(refused.is_err_and(|refused| refused.challenge == challenge));

    let _ = AuthMethod::from_head(&bearer);
    if let Ok(Some(credential)) = Credential::bearer(Single::Once(value)) {
        let _ = credential.is_b64token();
    }
    handed_out(value);
}

/// The answer of a service: each line is a token, or none of it is.
fn handed_out(body: &[u8]) {
    let Some(digests) = fetch::read(body) else { return };
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let lines: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).collect();
    assert!((1..=16).contains(&lines.len()) && lines.len() == digests.len());
    for (line, digest) in lines.into_iter().zip(digests) {
        assert!(line.len() <= 4096 && line.iter().all(u8::is_ascii_graphic));
        assert_eq!(digest.hex(), Digest::new(line).hex());
    }
}
