//! The URL of the gate, out of what the user typed.

use ureq::http::Uri;

const WRONG: &str =
    "the URL must be as http://host:10000, or with the path of own_routes behind it";

/// The URL of `/ready`, or of `/status`. Without a scheme it is `http`.
pub fn url(typed: &str, with_token: bool) -> Result<String, String> {
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("http://{typed}") };
    let uri: Uri = whole.parse().map_err(|_| wrong(&whole))?;
    let (Some(scheme @ ("http" | "https")), Some(authority), None) =
        (uri.scheme_str(), uri.authority(), uri.query())
    else {
        return Err(WRONG.into());
    };
    if authority.as_str().contains('@') {
        return Err(
            "the URL must be without a user and a password: the gate takes a token (--token-env)"
                .into(),
        );
    }
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if !port.is_empty() && !is_port(port.trim_start_matches(':')) {
        return Err(PORT.into());
    }
    let path = uri.path().trim_end_matches('/');
    let path = path.strip_suffix("/ready").or(path.strip_suffix("/status")).unwrap_or(path);
    let base = if path.is_empty() { "/-/gate" } else { path };
    let leaf = if with_token { "status" } else { "ready" };
    Ok(format!("{scheme}://{authority}{base}/{leaf}"))
}

const PORT: &str = "the port must be from 1 to 65535";

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A port that is none is most of what cannot be parsed.
fn wrong(whole: &str) -> String {
    let authority = whole.split("://").nth(1).and_then(|rest| rest.split('/').next());
    let port = authority.and_then(|authority| authority.rsplit_once(':')).map(|(_, port)| port);
    let digits = port.filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if digits.is_some_and(|port| !is_port(port)) { PORT.into() } else { WRONG.into() }
}
