//! The beginning of most tests: a gate in an Envoy, in front of an upstream, with its clients and its counts.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, UNIX_EPOCH};

use testbed::workspace;

pub use serde_json::{Value, json};
pub use testbed::client::{Load, h2, load, raw};
pub use testbed::envoy::Reload;
pub use testbed::{Bootstrap, Client, Envoy, Host, Request, Response, Service, Upstream, poll};

pub const REQUESTS: &str = "probegate_gateway_requests_total";
pub const IN_FLIGHT: &str = "probegate_gateway_requests_in_flight";
pub const AUTH_FAILURES: &str = "probegate_gateway_auth_failures_total";
pub const LIMITED: &str = "probegate_gateway_rate_limited_total";
pub const SERVICE_ERRORS: &str = "probegate_gateway_global_rate_limit_errors_total";

/// As long as the slowest of these tests needs on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Ends a test that is about one form of the gate alone, or about statistics that come too late where it runs. Why
/// is told.
macro_rules! only {
    ($form:ident: $reason:literal) => {
        if Host::$form.is_not_tested($reason) {
            return;
        }
    };
    (last_statistics) => {
        if Host::has_no_last_statistics() {
            return;
        }
    };
}
pub(crate) use only;

/// A gate with this configuration.
pub fn start(plugin: Value) -> (Upstream, Envoy) {
    start_with(|gate| gate.plugin(plugin))
}

/// A gate in an Envoy that has what the test needs besides.
pub fn start_with(change: impl FnOnce(Bootstrap) -> Bootstrap) -> (Upstream, Envoy) {
    let upstream = Upstream::start();
    let envoy = run(&change(Bootstrap::to(upstream.address())));
    (upstream, envoy)
}

pub fn run(bootstrap: &Bootstrap) -> Envoy {
    Envoy::start(bootstrap).expect("Envoy starts")
}

/// A client over HTTP/1.1, with a connection of its own.
pub fn http1(envoy: &Envoy) -> Client {
    Client::new(envoy.address())
}

/// The same over HTTP/2.
pub fn http2(envoy: &Envoy) -> h2::Client {
    h2::Client::new(envoy.address())
}

/// A connection on which these bytes were sent.
pub fn sent(envoy: &Envoy, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(envoy.address()).expect("connect");
    stream.write_all(bytes).expect("send");
    stream
}

/// A call of a gRPC client.
pub fn grpc(path: &str) -> Request {
    let request = Request::new("POST", path).header("content-type", "application/grpc");
    request.header("te", "trailers").body([0; 5])
}

/// Waits until the sum over the series of a family with these labels is that.
pub fn counts(envoy: &Envoy, family: &str, labels: &[(&str, &str)], count: f64) {
    envoy.wait_for_stat(family, labels, |counted| counted == count);
}

/// Envoy has made labels of all that it should.
pub fn no_label_is_in_a_name(envoy: &Envoy) {
    let page = envoy.stats();
    let names = page.0.iter().map(|sample| &sample.name);
    let odd: Vec<_> = names
        .filter(|name| name.contains("probegate_gateway") && !name.starts_with("probegate_"))
        .collect();
    assert!(odd.is_empty(), "labels that are still in names: {odd:?}");
}

/// Seconds since 1970.
pub fn now() -> u64 {
    UNIX_EPOCH.elapsed().expect("a time after 1970").as_secs()
}

/// An object with these keys in place of its own.
pub fn patched(mut object: Value, patch: &Value) -> Value {
    for (key, value) in patch.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
    object
}

/// A patch of the connection manager by which Envoy logs a line for each request.
pub fn access_log(format: &str) -> Value {
    json!({"access_log": [{
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {"text_format_source": {"inline_string": format}},
        },
    }]})
}

/// Has a VM of the module that crashes do so.
pub const CRASH: &[u8] = b"POST /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n0\r\nx-t: 1\r\n\r\n";

/// A bootstrap of this repository on free ports, in front of this service, with changes of its text.
pub fn shipped(path: &str, service: SocketAddr, changes: &[(&str, &str)]) -> String {
    let text = fs::read_to_string(workspace().join(path)).expect("the bootstrap");
    let port = format!("port_value: {} ", service.port());
    let ports = [
        ("port_value: 10000 ", "port_value: 0 "),
        ("port_value: 9901 ", "port_value: 0 "),
        ("port_value: 8080 ", &port),
    ];
    ports.iter().chain(changes).fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{path} has no {from}");
        text.replace(from, to)
    })
}

/// The token of a proxy that an orchestrator starts: the process has it, not the bootstrap.
pub const BEARER: [(&str, &str); 1] = [("authorization", "Bearer token-of-the-proxy")];

/// An Envoy with this filter in front of the router, as an orchestrator starts one.
pub fn orchestrated(
    filter: Value,
    change: impl FnOnce(Bootstrap) -> Bootstrap,
) -> (Upstream, Envoy) {
    let upstream = Upstream::start();
    let bootstrap = Bootstrap::without_module(upstream.address())
        .filters_before(filter)
        .under(vec!["env".into(), "METRICS_BEARER=token-of-the-proxy".into()]);
    let envoy = run(&change(bootstrap));
    (upstream, envoy)
}

/// The promises of the shipped resources: metrics for the token, one ID, endpoints, a limit.
pub fn guards(envoy: &Envoy) {
    let mut client = http1(envoy);
    assert_eq!(client.get("/metrics").status, 401);
    assert_eq!(client.get_with("/metrics", &BEARER).status, 200);
    let kept = client.get_with("/v1/recall", &[("x-request-id", "mine")]);
    assert_eq!(kept.header("x-request-id"), Some("mine"));
    assert_eq!(client.get("/v1/recall").headers_named("x-request-id").len(), 1);
    assert_eq!(client.get("/-/gate/live").status, 200);
    assert_eq!(client.get("/-/gate/metrics").status, 401);
    let scrape = client.get_with("/-/gate/metrics", &BEARER).text();
    assert!(scrape.contains("_gateway_requests_total"), "{scrape}");
    assert_eq!(client.get("/-/gate/other").status, 404);
    assert!((0..1_000).any(|_| client.get("/v1/recall").status == 429), "there is a limit");
}
