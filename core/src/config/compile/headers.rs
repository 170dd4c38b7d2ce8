//! Checks of the headers that a configuration names.

use crate::config::Mistake;

use super::checks::is_token;

type Result<T> = std::result::Result<T, Mistake>;

/// Headers of one connection (RFC 9110 section 7.6.1), and `host`, which Envoy has as `:authority`.
const CONNECTION: [&str; 9] = [
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers with a secret.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "set-cookie"];

/// Headers that say something else to whoever reads them.
const MEANINGFUL: [&str; 29] = [
    "accept",
    "age",
    "allow",
    "alt-svc",
    "authentication-info",
    "authorization",
    "cache-control",
    "date",
    "etag",
    "expires",
    "forwarded",
    "from",
    "last-modified",
    "location",
    "origin",
    "pragma",
    "range",
    "ratelimit",
    "ratelimit-policy",
    "referer",
    "retry-after",
    "server",
    "strict-transport-security",
    "user-agent",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "x-real-ip",
];

/// Such families of headers.
const FAMILIES: [&str; 11] = [
    "accept-",
    "access-control-",
    "content-",
    "cross-origin-",
    "grpc-",
    "if-",
    "proxy-",
    "sec-",
    "x-envoy-",
    "x-forwarded-",
    "x-gate-",
];

/// The name, in lower case, of a header that is only read.
pub fn read(name: &str) -> Result<Box<[u8]>> {
    let name = parse(name)?;
    if CONNECTION.contains(&name.as_str()) {
        let right = "must not be a header of the connection, which Envoy does not show";
        return Err(Mistake::new(right));
    }
    Ok(name.into_bytes().into())
}

/// The name, in lower case, of a header that the gate writes into requests and answers.
pub fn written(name: &str) -> Result<Box<[u8]>> {
    let name = parse(name)?;
    let held = |list: &[&str]| list.contains(&name.as_str());
    let reason = if held(&CONNECTION) {
        "belongs to the connection: to write it breaks requests"
    } else if held(&CREDENTIALS) {
        "holds a secret, which would stand in answers and logs"
    } else if name.starts_with("content-") {
        "describes the body: to write it breaks requests"
    } else if held(&MEANINGFUL) || FAMILIES.iter().any(|family| name.starts_with(family)) {
        "has a meaning of its own to whoever reads it"
    } else {
        return Ok(name.into_bytes().into());
    };
    Err(Mistake::new(format!("must not be a header that {reason}")))
}

/// The name, in lower case, of a header that carries tokens; `request_id` is that of the request ID.
pub fn token(name: &str, request_id: &str) -> Result<Box<[u8]>> {
    let name = parse(name)?;
    let held = |list: &[&str]| list.contains(&name.as_str());
    let reason = if name.eq_ignore_ascii_case(request_id) {
        "the request ID's: the token would stand in answers and logs"
    } else if held(&CREDENTIALS) {
        "one of cookies, which others read and write as well"
    } else if held(&CONNECTION) || FAMILIES.iter().any(|family| name.starts_with(family)) {
        "one that clients and proxies write for another purpose"
    } else if held(&MEANINGFUL) {
        "one that has a meaning of its own, and stands in logs"
    } else {
        return Ok(name.into_bytes().into());
    };
    Err(Mistake::new(format!("must not be {reason}")))
}

fn parse(name: &str) -> Result<String> {
    if is_token(name) {
        return Ok(name.to_ascii_lowercase());
    }
    Err(Mistake::new("must be the name of a header, as x-request-id"))
}
