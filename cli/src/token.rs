//! `probegate token`: a new token, and the digest that stands for it in a configuration.

use std::io::{Read, Write as _};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use probegate_core::digest::Digest;

use crate::{fail, print};

/// Prints 32 bytes of the system's generator, as a client presents them; on the standard error their digest and where
/// each belongs, so that `probegate token > file` has the token alone.
pub fn make() -> ExitCode {
    let mut bytes = [0; 32];
    if let Err(error) = getrandom::fill(&mut bytes) {
        return fail(2, &format!("the system gave no random bytes: {error}"));
    }
    let token = URL_SAFE_NO_PAD.encode(bytes);
    print(&token);
    let digest = Digest::new(token.as_bytes()).hex();
    let _ = writeln!(
        anstream::stderr(),
        "sha256: {digest}\nGive clients the token, and the gate its digest: metrics_auth: {{tokens: [{{sha256: {digest}}}]}}"
    );
    ExitCode::SUCCESS
}

/// Prints the digest of a token that is read, without the white space around it.
pub fn digest(mut input: impl Read) -> ExitCode {
    // A token has at most 4,096 bytes; a little room for a line's end.
    let mut bytes = Vec::new();
    if let Err(error) = input.by_ref().take(8_192).read_to_end(&mut bytes) {
        return fail(2, &format!("the token cannot be read: {error}"));
    }
    let token = bytes.trim_ascii();
    if !(1..=4_096).contains(&token.len()) || !token.iter().all(u8::is_ascii_graphic) {
        return fail(1, "a token must be 1 to 4096 visible ASCII characters");
    }
    print(Digest::new(token).hex());
    ExitCode::SUCCESS
}
