//! The upstream's side: what got through, judged as it comes.

use percent_encoding::percent_decode;

use super::tally::is_good;
use super::{ADMIN_TOKEN, METRICS_TOKEN};
use crate::report::Report;
use testbed::upstream::Received;

#[derive(Default)]
pub struct Guard {
    /// Requests that got through.
    pub served: u64,
    /// Those of them to a guarded path, with its token.
    pub opened: u64,
    /// Those without.
    pub opened_without_token: u64,
    pub seen: Report,
}

impl Guard {
    pub fn judge(&mut self, request: &Received) {
        self.served += 1;
        let ids = request.headers_named("x-request-id");
        if !matches!(ids.as_slice(), [id] if is_good(id)) {
            self.broke("the upstream sees one good ID", request);
        }
        match opens(request) {
            None => {}
            Some(true) => self.opened += 1,
            Some(false) => {
                self.opened_without_token += 1;
                self.broke("no guarded path opens without its token", request);
            }
        }
    }

    fn broke(&mut self, promise: &str, request: &Received) {
        let lines = request.headers.lines().escape_debug().to_string();
        let seen = format!("{} {}\n{lines}", request.method, request.target.escape_debug());
        self.seen.check(false, promise, seen);
    }
}

/// Whether a request to a guarded path has what opens it; `None` for any other path.
fn opens(request: &Received) -> Option<bool> {
    let has = |name: &str, value: &[u8]| request.headers_named(name) == [value];
    match read(request.target.as_bytes()).as_str() {
        "/metrics" | "/metrics.json" => {
            Some(has("authorization", format!("Bearer {METRICS_TOKEN}").as_bytes()))
        }
        path if path == "/env" || is_below(path, "/loggers") || is_below(path, "/-/gate") => {
            Some(false)
        }
        path if is_below(path, "/v1/admin/") && path != "/v1/admin" => {
            Some(has("x-admin-token", ADMIN_TOKEN.as_bytes()))
        }
        _ => None,
    }
}

fn is_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || root.ends_with('/'))
}

/// A target's path as the most obliging server may read it. Written apart from what the gate does, to
/// find what that overlooks.
fn read(target: &[u8]) -> String {
    let mut path =
        target.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default().to_vec();
    loop {
        let decoded: Vec<u8> = percent_decode(&path).collect();
        if decoded == path {
            break;
        }
        path = decoded;
    }
    let path = String::from_utf8_lossy(&path).to_ascii_lowercase().replace('\\', "/");
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/').map(|segment| segment.split(';').next().unwrap_or_default()) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_obliging_server_finds_the_guarded_page() {
        for target in
            ["/metrics", "//METRICS/", "/x/%2e%2e/metrics;a?b", "/%256detrics", "\\metrics"]
        {
            assert_eq!(read(target.as_bytes()), "/metrics", "{target}");
        }
        assert_eq!(read(b"/metrics/x"), "/metrics/x");
    }
}
