//! Compiles tokens.

use crate::auth::fetch::TokenSource;
use crate::auth::{Carrier, Guard, Token, TokenFile};
use crate::config::shape::{self, Fetch};
use crate::config::{Host, Mistake};
use crate::digest::Digest;

use super::Builder;
use super::checks::{DAY, HOUR, SECOND, span};
use super::probes::{header_value, path};

/// The tokens of a guard.
#[derive(Default)]
pub struct GuardKeys {
    tokens: Vec<Token>,
    /// The numbers of the files that hold more.
    files: Vec<usize>,
    /// The numbers of the sources that hand out more.
    sources: Vec<usize>,
}

impl GuardKeys {
    /// The guard that opens for them.
    pub fn guard(self, carrier: Carrier) -> Guard {
        Guard::new(carrier, self.tokens.into_iter().collect(), self.sources).with_files(self.files)
    }
}

impl Builder<'_> {
    /// The tokens of a guard.
    pub fn tokens(&mut self, tokens: &[shape::TokenShape]) -> GuardKeys {
        let mut keys = GuardKeys::default();
        for (index, token) in tokens.iter().enumerate() {
            self.within(index, |builder| builder.token(token, &mut keys));
        }
        keys
    }

    /// The number of a file of tokens, which only the native host reads.
    fn file(&mut self, path: &str) -> Result<usize, Mistake> {
        if self.environment.host == Host::Wasm {
            let right = "is for the dynamic module only: Wasm reads no files; give the token in a variable (env), or let a service hand it out (fetch)";
            return Err(Mistake::new(right));
        }
        if !path.starts_with('/') || path.contains(char::is_control) {
            return Err(Mistake::new("must be an absolute path, as /run/secrets/metrics"));
        }
        if let Some(index) = self.files.iter().position(|file| &*file.path == path) {
            return Ok(index);
        }
        let file = TokenFile { path: path.into() };
        let content = (self.environment.file)(path);
        let tokens = content.as_deref().and_then(|content| file.tokens(content));
        if tokens.is_none() {
            let what = if content.is_some() {
                "holds no tokens: one a line, each 1 to 4096 visible ASCII characters"
            } else {
                "cannot be read"
            };
            self.findings.warn(format!("the file {path} {what}, so it opens nothing"));
        }
        self.held.push(tokens.unwrap_or_default());
        self.files.push(file);
        Ok(self.files.len() - 1)
    }

    /// A variable that holds a token. In the native host one that is not set may have another one beside it,
    /// with `_FILE` behind its name, that names a file.
    fn variable(&mut self, name: &str, keys: &mut GuardKeys) -> Result<(), Mistake> {
        let value = self.environment.trimmed(name);
        let shown = shown(name);
        if value.is_empty() && self.environment.host == Host::Native {
            let file = format!("{name}_FILE");
            let path = self.environment.trimmed(&file);
            if !path.is_empty() {
                let wrong =
                    |_| Mistake::new(format!("the variable {shown}_FILE must be an absolute path"));
                keys.files.push(self.file(&path).map_err(wrong)?);
                return Ok(());
            }
        }
        if value.is_empty() {
            let place = match self.environment.host {
                Host::Wasm => {
                    "in the VM: it opens nothing (set it in vm_config.environment_variables)"
                }
                Host::Native => "for Envoy: it opens nothing",
            };
            self.findings.warn(format!("the variable {shown} is not set {place}"));
        } else if is_presentable(&value) {
            keys.tokens.push(Token { digest: Digest::new(value.as_bytes()), name: name.into() });
        } else {
            self.findings.warn(format!(
                "the variable {shown} holds no token: it must be 1 to 4096 visible ASCII characters, so it opens nothing"
            ));
        }
        Ok(())
    }

    /// The number of a source of tokens.
    fn source(&mut self, fetch: &Fetch) -> Option<usize> {
        let findings = &mut self.findings;
        findings.check(span("every", fetch.every, SECOND..=DAY, "must be from 1s to 24h"));
        // An answer that comes later could bring back what a newer one has taken away.
        let timely = SECOND / 20..=fetch.every.0.clamp(SECOND / 20, 30 * SECOND);
        let right = "must be from 50ms to `every`, and at most 30s";
        findings.check(span("timeout", fetch.timeout, timely, right));
        let kept = fetch.every.0.min(720 * HOUR)..=720 * HOUR;
        let right = "must be at least `every`, and at most 720h";
        findings.check(span("keep_for", fetch.keep_for, kept, right));
        let cluster = findings.check(header_value("cluster", fetch.cluster.clone()));
        let path = findings.check(path(fetch.path.clone()));
        let authority = match &fetch.authority {
            Some(authority) => findings.check(header_value("authority", authority.clone())),
            None => cluster.clone(),
        };
        let source = TokenSource {
            path: path?,
            authority: authority?,
            cluster: cluster?,
            every: fetch.every.0,
            timeout: fetch.timeout.0,
            keep_for: fetch.keep_for.0,
        };
        let is_same = |held: &TokenSource| {
            (&held.cluster, &held.path, &held.authority)
                == (&source.cluster, &source.path, &source.authority)
        };
        match self.sources.iter().position(is_same) {
            Some(index) if self.sources.get(index) == Some(&source) => Some(index),
            Some(_) => {
                let right = "must have the times of the other one that asks there";
                self.findings.check(Err(Mistake::new(right)))
            }
            None => {
                self.sources.push(source);
                Some(self.sources.len() - 1)
            }
        }
    }

    /// The digest of a token, or its file or source.
    fn token(&mut self, token: &shape::TokenShape, keys: &mut GuardKeys) {
        use shape::TokenShape::{Env, Fetch, File, Sha256, Value};
        match token {
            Env(name) if name.is_empty() => self.findings.mistake("env", "must name a variable"),
            Env(name) => {
                let read = self.variable(name, keys);
                self.findings.check_at("env", read);
            }
            File(path) => {
                let file = self.file(path);
                keys.files.extend(self.findings.check_at("file", file));
            }
            Fetch(fetch) => {
                let source = self.within("fetch", |builder| builder.source(fetch));
                keys.sources.extend(source);
            }
            Sha256(digest) => match Digest::from_hex(digest.expose()) {
                Some(digest) => keys.tokens.push(Token::nameless(digest)),
                None => self.findings.mistake("sha256", "must be 64 hexadecimal digits"),
            },
            Value(value) if is_presentable(value.expose()) => {
                let warning = "a token stands in the configuration itself: prefer env or sha256";
                self.findings.warn(warning);
                let digest = Digest::new(value.expose().as_bytes());
                keys.tokens.push(Token { digest, name: "value".into() });
            }
            Value(_) => {
                self.findings.mistake("value", "must be 1 to 4096 visible ASCII characters");
            }
        }
    }
}

/// True if a client can present it: 1 to 4,096 visible ASCII characters.
pub fn is_presentable(token: &str) -> bool {
    (1..=4096).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A variable's name for a message. One that is not in capitals may be a secret in the wrong place.
pub fn shown(name: &str) -> &str {
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if name.bytes().all(capital) { name } else { "(a name not in capitals)" }
}
