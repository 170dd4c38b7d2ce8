//! Tokens that stand in a file, as a secret is mounted.

use super::{Token, fetch};

/// A file of tokens, one a line. The host reads it anew when it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFile {
    /// Absolute.
    pub path: Box<str>,
}

impl TokenFile {
    /// The tokens of what the file holds, without the blanks, CR and LF around each: at most 16, each 1 to
    /// 4,096 visible ASCII characters. `None` for anything else.
    pub fn tokens(&self, content: &[u8]) -> Option<Vec<Token>> {
        let named = |digest| Token { digest, name: self.path.clone() };
        fetch::read(content).map(|digests| digests.into_iter().map(named).collect())
    }
}
