//! `probegate token`.

use sha2::{Digest, Sha256};

use crate::{command, probegate, run};

/// Of a token that is made, what is to be in the configuration opens with it.
#[test]
fn a_token_is_random_and_comes_with_its_digest() {
    let tokens = [0; 2].map(|_| {
        let ran = probegate(&["token"]);
        assert_eq!(ran.code, 0, "{}", ran.text());
        let token = ran.out.strip_suffix('\n').expect("one line, for a file or a pipe").to_owned();
        let digest =
            ran.err.lines().find_map(|line| line.strip_prefix("sha256: ")).expect("a digest");
        assert!(!ran.err.contains(&token), "a terminal's log has no secret: {}", ran.err);
        assert_eq!(token.len(), 43, "256 bits in base64url");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let of: String = Sha256::digest(&token).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, of);
        let again = run(command(&["token", "--digest"]), &format!("{token}\n")).with(0);
        assert_eq!(again, format!("{digest}\n"));
        token
    });
    assert_ne!(tokens[0], tokens[1]);
}

/// As the gate reads a variable: without the white space around it, and nothing that no client can present.
#[test]
fn a_digest_is_of_what_the_gate_would_take() {
    let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
    for token in ["abc", "abc\n", " abc\r\n"] {
        assert_eq!(run(command(&["token", "--digest"]), token).with(0), of_abc);
    }
    for token in ["", "\n", "a b", "s\u{e9}cret", &"x".repeat(4097), &"x".repeat(10_000)] {
        let err = run(command(&["token", "--digest"]), token).refused(1);
        assert!(err.contains("1 to 4096 visible ASCII characters"), "{err}");
        assert!(token.trim().is_empty() || !err.contains(token));
    }
}
