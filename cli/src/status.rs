//! `probegate status`: a running gate's ladders.

mod ladder;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};

use crate::{fail, print};
use ladder::Report;

#[derive(Args)]
pub struct Address {
    /// Where the gate is, as http://host:10000, or below which path it answers, as https://host/-/gate
    url: String,
    /// The variable that holds the metrics token: shows the details that it opens
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
}

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// More is no answer of a gate: it has at most 64 rungs.
const LARGEST: u64 = 1 << 20;

/// Ends with 0 if every service is ready, 1 if one is not, 2 if no gate answered.
pub fn run(address: &Address) -> ExitCode {
    let report = token(address).and_then(|token| {
        let url = url(&address.url, token.is_some())?;
        ask(&url, token.as_deref()).map_err(|error| format!("{url}: {error}"))
    });
    match report {
        Ok(report) => {
            print(&report);
            ExitCode::from(u8::from(!report.is_ready()))
        }
        Err(error) => fail(2, &error),
    }
}

fn token(address: &Address) -> Result<Option<String>, String> {
    let Some(name) = &address.token_env else { return Ok(None) };
    let token = std::env::var(name).unwrap_or_default();
    let token = token.trim_ascii();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "the variable {name} holds no token: it must be visible ASCII characters"
        ));
    }
    Ok(Some(token.to_owned()))
}

/// The URL of `/ready`, or of `/status`, out of what the user typed.
fn url(typed: &str, with_token: bool) -> Result<String, String> {
    let wrong = "the URL must be as http://host:10000, or with the path of own_routes behind it";
    let uri: Uri = typed.parse().map_err(|_| wrong)?;
    let (Some("http" | "https"), Some(authority), None) =
        (uri.scheme_str(), uri.authority(), uri.query())
    else {
        return Err(wrong.into());
    };
    if authority.as_str().contains('@') {
        return Err(
            "the URL must be without a user and a password: the gate takes a token (--token-env)"
                .into(),
        );
    }
    let path = uri.path().trim_end_matches('/');
    let path = path.strip_suffix("/ready").or(path.strip_suffix("/status")).unwrap_or(path);
    let base = if path.is_empty() { "/-/gate" } else { path };
    let leaf = if with_token { "status" } else { "ready" };
    let scheme = uri.scheme_str().unwrap_or("http");
    Ok(format!("{scheme}://{authority}{base}/{leaf}"))
}

fn ask(url: &str, token: Option<&str>) -> Result<Report, String> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        // A redirect would take the token elsewhere.
        .max_redirects(0)
        .http_status_as_error(false)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .build()
        .into();
    let mut request = agent.get(url).header("accept", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut answer = request.call().map_err(|error| format!("no answer: {error}"))?;
    match (answer.status().as_u16(), token) {
        (200 | 503, _) => {}
        (401, Some(_)) => return Err("401: the token is not one of metrics_auth.tokens".into()),
        (status, _) => {
            return Err(format!("{status}: no gate answers there (is own_routes another path?)"));
        }
    }
    let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
    let body = body.map_err(|error| format!("the answer broke off: {error}"))?;
    serde_json::from_slice(&body)
        .map_err(|_| "no gate answers there: what came is none of its reports".into())
}
