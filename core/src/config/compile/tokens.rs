//! What tokens mean.

use crate::auth::fetch::Source;
use crate::auth::{Token, Tokens};
use crate::config::Mistake;
use crate::config::shape::{self, Fetch};
use crate::digest::Digest;

use super::Builder;
use super::checks::{DAY, HOUR, SECOND, span};
use super::probes::{header_value, path};

impl Builder<'_> {
    /// What opens a guard, and the numbers of the sources that hand out more.
    pub fn tokens(&mut self, tokens: &[shape::Token]) -> Result<(Tokens, Vec<usize>), Mistake> {
        let (mut opening, mut sources) = (Vec::new(), Vec::new());
        for (index, token) in tokens.iter().enumerate() {
            let within = |mistake: Mistake| mistake.within_index(index);
            match token {
                shape::Token::Fetch(fetch) => {
                    sources.push(self.source(fetch).map_err(|m| within(m.within_key("fetch")))?);
                }
                token => opening.extend(self.token(token).map_err(within)?),
            }
        }
        Ok((opening.into_iter().collect(), sources))
    }

    /// The number of a source of tokens.
    fn source(&mut self, fetch: &Fetch) -> Result<usize, Mistake> {
        span("every", fetch.every, SECOND..=DAY, "must be from 1s to 24h")?;
        // An answer that comes later could bring back what a newer one has taken away.
        let timely = SECOND / 20..=fetch.every.0.min(30 * SECOND);
        span("timeout", fetch.timeout, timely, "must be from 50ms to `every`, and at most 30s")?;
        let kept = fetch.every.0..=720 * HOUR;
        span("keep_for", fetch.keep_for, kept, "must be at least `every`, and at most 720h")?;
        let cluster = header_value("cluster", fetch.cluster.clone())?;
        let source = Source {
            path: path(fetch.path.clone())?,
            authority: match &fetch.authority {
                Some(authority) => header_value("authority", authority.clone())?,
                None => cluster.clone(),
            },
            cluster,
            every: fetch.every.0,
            timeout: fetch.timeout.0,
            keep_for: fetch.keep_for.0,
        };
        let is_same = |held: &Source| {
            (&held.cluster, &held.path, &held.authority)
                == (&source.cluster, &source.path, &source.authority)
        };
        match self.sources.iter().position(is_same) {
            Some(index) if self.sources.get(index) == Some(&source) => Ok(index),
            Some(_) => Err(Mistake::new("must have the times of the other one that asks there")),
            None => {
                self.sources.push(source);
                Ok(self.sources.len() - 1)
            }
        }
    }

    /// A token; `None` for a variable that holds none, which opens nothing.
    fn token(&mut self, token: &shape::Token) -> Result<Option<Token>, Mistake> {
        use shape::Token::{Env, Fetch, Sha256, Value};
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
            // Has no token before it is asked.
            Fetch(_) => Ok(None),
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
