//! Envoy in front of all servers, with everything that it may do to a path before any filter sees it.

use std::iter;
use std::net::SocketAddr;

use testbed::WebServer;

use crate::gate::*;

/// The value of `x-to` for which Envoy itself answers, past the gate, with what it made of the path.
/// Any other is the name of a server behind the gate.
pub const TELL: &str = "envoy";

/// A listener for each normalization.
pub struct Proxy {
    envoy: Envoy,
    names: Vec<String>,
}

impl Proxy {
    pub fn start(servers: &[WebServer]) -> Self {
        let (names, patches): (Vec<_>, Vec<_>) = normalizations().into_iter().unzip();
        let bootstrap = Bootstrap::to(servers[0].address())
            .plugin(json!({
                "routes": [
                    {"paths": ["/metrics"], "class": "metrics"},
                    {"paths": ["/v1/admin/*"], "class": "admin", "tokens": [{"env": "METRICS_BEARER"}]},
                    {"paths": ["/env"], "class": "closed"},
                ],
            }))
            .env("METRICS_BEARER", "token")
            .hcm(json!({
                "local_reply_config": {"mappers": [{
                    "filter": {"header_filter": {"header": is_to(TELL)}},
                    "body_format_override": {
                        "text_format_source": {"inline_string": "%RESPONSE_CODE% %REQ(:PATH)%"},
                    },
                }]},
                // What Envoy closes for its path, it closes at once.
                "delayed_close_timeout": "0s",
            }))
            .hcm_variants(patches)
            .routes(routes(servers));
        let bootstrap = servers
            .iter()
            .fold(bootstrap, |all, server| all.cluster_http1(server.name, server.address()));
        Self { envoy: run(&bootstrap), names }
    }

    /// Of the listeners.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.envoy.addresses()
    }

    /// The normalization of each listener.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// The path of an answer to [`TELL`]; `None` if Envoy would pass none on.
pub fn made(message: &[u8]) -> Option<&[u8]> {
    message.strip_prefix(b"200 ")
}

fn routes(servers: &[WebServer]) -> Value {
    let message = json!({
        "match": {"prefix": "/", "headers": [is_to(TELL)]},
        "direct_response": {"status": 200},
        "typed_per_filter_config": {(Host::from_env().filter()): {
            "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
            "disabled": true,
        }},
    });
    let routed = servers.iter().map(|server| {
        let wanted = json!({"prefix": "/", "headers": [is_to(server.name)]});
        json!({"match": wanted, "route": {"cluster": server.name}})
    });
    iter::once(message).chain(routed).collect()
}

fn is_to(name: &str) -> Value {
    json!({"name": "x-to", "string_match": {"exact": name}})
}

/// All combinations, each with a name.
fn normalizations() -> Vec<(String, Value)> {
    let escaped =
        ["KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD"];
    let mut all = Vec::new();
    for (normalize, merge) in [(false, false), (false, true), (true, false), (true, true)] {
        for action in escaped {
            let words = [(normalize, "normalize"), (merge, "merge"), (true, action)];
            let words = words.into_iter().filter(|(on, _)| *on).map(|(_, word)| word);
            let patch = json!({
                "normalize_path": normalize,
                "merge_slashes": merge,
                "path_with_escaped_slashes_action": action,
            });
            all.push((words.collect::<Vec<_>>().join(", "), patch));
        }
    }
    all
}
