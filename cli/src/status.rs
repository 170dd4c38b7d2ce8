//! `probegate status`: a running gate's ladders.

mod address;
mod ladder;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, io, thread};

use clap::Args;
use serde::Deserialize as _;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::report::Format;
use crate::{complain, fail, print};
use ladder::Report;

#[derive(Args)]
pub struct Address {
    /// Where the gate is, as localhost:10000 or https://host, or below which path it answers, as https://host/-/gate
    url: String,
    /// The variable that holds the metrics token: shows the details that it opens
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// A file of certificates (PEM) to trust in place of the system's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Ask again every so many seconds, until it is interrupted
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "2",
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    watch: Option<u64>,
    /// Form of the answer; JSON is the gate's own
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Timeout of an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// More is no answer of a gate: it has at most 64 rungs.
const LARGEST: u64 = 1 << 20;

/// Ends with 0 if every service is ready, 1 if one is not, 2 if no gate answered.
pub fn run(address: &Address) -> ExitCode {
    let asked = match Asked::from_address(address) {
        Ok(asked) => asked,
        Err(error) => return fail(2, &error),
    };
    let Some(seconds) = address.watch else {
        return match asked.report() {
            Ok((report, answer)) => {
                show(address.format, &report, &answer);
                ExitCode::from(u8::from(!report.is_ready()))
            }
            Err(error) => fail(2, &error),
        };
    };
    let clears = address.format == Format::Text && io::stdout().is_terminal();
    loop {
        let report = asked.report();
        if clears {
            // The cursor goes home, and what was there is gone.
            print("\u{1b}[2J\u{1b}[H");
        }
        match report {
            Ok((_, answer)) if address.format == Format::Json => print(answer),
            Ok((report, answer)) => show(address.format, &report, &answer),
            Err(error) => complain(error),
        }
        thread::sleep(Duration::from_secs(seconds));
    }
}

fn show(format: Format, report: &Report, answer: &Value) {
    match format {
        Format::Text => print(report),
        Format::Json => print(format_args!("{answer:#}")),
    }
}

/// The gate that is asked, and how.
struct Asked {
    url: String,
    token: Option<String>,
    agent: Agent,
}

impl Asked {
    fn from_address(address: &Address) -> Result<Self, String> {
        let token = token(address)?;
        let url = address::url(&address.url, token.is_some())?;
        let roots = match &address.cacert {
            None => RootCerts::PlatformVerifier,
            Some(file) => {
                let name = crate::check::name(file);
                let pem =
                    fs::read(file).map_err(|error| format!("{name}: cannot be read: {error}"))?;
                certificates(&pem).ok_or(format!("{name}: has no certificate in PEM form"))?
            }
        };
        let agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            // A redirect would take the token elsewhere.
            .max_redirects(0)
            .http_status_as_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .into();
        Ok(Self { url, token, agent })
    }

    /// The gate's answer, read and as it came.
    fn report(&self) -> Result<(Report, Value), String> {
        let answer = self.ask().map_err(|error| format!("{}: {error}", self.url))?;
        let report = Report::deserialize(&answer)
            .map_err(|_| format!("{}: the answer is not a report of the gate", self.url))?;
        Ok((report, answer))
    }

    fn ask(&self) -> Result<Value, String> {
        let mut request = self.agent.get(&self.url).header("accept", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = request.call().map_err(|error| format!("no answer: {error}"))?;
        match (answer.status().as_u16(), &self.token) {
            (200 | 503, _) => {}
            (401, Some(_)) => return Err("401: the token is not one of metrics_auth.tokens".into()),
            (429, _) => return Err(rate_limited(&answer)),
            (status, _) => {
                return Err(format!(
                    "{status}: not a report of the gate (is own_routes another path?)"
                ));
            }
        }
        let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
        let body = body.map_err(|error| format!("the answer broke off: {error}"))?;
        serde_json::from_slice(&body).map_err(|_| "the answer is not a report of the gate".into())
    }
}

/// With the time after which it may be asked again, if it says one.
fn rate_limited<T>(answer: &Response<T>) -> String {
    let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
    match after.and_then(|value| value.trim().parse::<u32>().ok()) {
        Some(seconds) => format!("429: rate limited, retry in {seconds} s"),
        None => "429: rate limited".into(),
    }
}

fn certificates(pem: &[u8]) -> Option<RootCerts> {
    let items = parse_pem(pem).filter_map(Result::ok);
    let certificates: Vec<_> = items
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() { None } else { Some(RootCerts::new_with_certs(&certificates)) }
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
