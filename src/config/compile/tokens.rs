//! What tokens mean.

use crate::auth::{Digest, Token, Tokens};
use crate::config::{Mistake, shape};

use super::Builder;

impl Builder<'_> {
    /// What opens a guard.
    pub fn tokens(&mut self, tokens: &[shape::Token]) -> Result<Tokens, Mistake> {
        let mut opening = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            opening.extend(self.token(token).map_err(|mistake| mistake.within_index(index))?);
        }
        Ok(opening.into_iter().collect())
    }

    /// A token; `None` for a variable that holds none, which opens nothing.
    fn token(&mut self, token: &shape::Token) -> Result<Option<Token>, Mistake> {
        use shape::Token::{Env, Sha256, Value};
        match token {
            Env(name) if name.is_empty() => {
                Err(Mistake::new("must name a variable").within_key("env"))
            }
            Env(name) => {
                let value = (self.env)(name).unwrap_or_default();
                let value = value.trim_ascii();
                if value.is_empty() {
                    self.warnings.push(format!(
                        "the variable {name} is not set in the VM: it opens nothing (set it in vm_config.environment_variables)"
                    ));
                } else if !is_presentable(value) {
                    self.warnings.push(format!(
                        "the variable {name} holds no token: it must be 1 to 4096 visible ASCII characters, so it opens nothing"
                    ));
                } else {
                    let digest = Digest::of(value.as_bytes());
                    return Ok(Some(Token { digest, name: name.as_str().into() }));
                }
                Ok(None)
            }
            Sha256(digest) => match Digest::from_hex(digest.expose()) {
                Some(digest) => Ok(Some(Token::nameless(digest))),
                None => Err(Mistake::new("must be 64 hexadecimal digits").within_key("sha256")),
            },
            Value(value) if is_presentable(value.expose()) => {
                self.warnings.push(
                    "a token stands in the configuration itself: prefer env or sha256".into(),
                );
                let digest = Digest::of(value.expose().as_bytes());
                Ok(Some(Token { digest, name: "value".into() }))
            }
            Value(_) => {
                let right = "must be 1 to 4096 visible ASCII characters";
                Err(Mistake::new(right).within_key("value"))
            }
        }
    }
}

/// Whether a client can present it: 1 to 4,096 visible ASCII characters.
pub fn is_presentable(token: &str) -> bool {
    (1..=4096).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}
