//! Instructions of the core's parts, natively. `cargo xtask bench --micro` brings what this needs.

use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group, main};
use probegate_core::auth::AuthMethod;
use probegate_core::auth::Unauthorized;
use probegate_core::client::{ClientKey, HashKey, Identity};
use probegate_core::config::{self, Compiled, Environment};
use probegate_core::gate::{Context, Gate, Stream};
use probegate_core::metrics::{Finished, Format, Meter, Method, Status};
use probegate_core::rate_limit::Rejection;
use probegate_core::rate_limit::{Limiter, Quota, WhenFull};
use probegate_core::request::{Head, Pairs};
use probegate_core::request_id::RequestId;
use probegate_core::route::{BadPath, Route, Routes};

use probegate_core::testing::{FakeHost, FakeStatistics, serialize};

/// Names and values.
type Headers<'a> = &'a [(&'a str, &'a str)];

const NOW: u64 = 1_000_000_000;
const LIMIT: &str =
    r#"{"rate_limit":{"requests":100000000,"client":{"forwarded_for":{"trusted_hops":0}}}}"#;

/// A configuration, whose token for metrics is `s3cret`.
fn compiled(configuration: &str) -> Compiled {
    let config = config::parse(configuration.as_bytes()).expect("a configuration");
    let token = |name: &str| (name == "METRICS_BEARER").then(|| "s3cret".to_owned());
    config::compile(config, &Environment::wasm(&token, HashKey::new([1; 16])))
        .expect("a configuration")
}

fn routes(path: &'static [u8]) -> (Routes, &'static [u8]) {
    (compiled("{}").gate.routes, path)
}

#[library_benchmark(setup = routes)]
#[bench::api(b"/v1/recall?limit=10")]
#[bench::health(b"/health/live")]
#[bench::metrics(b"/metrics")]
#[bench::hostile(b"//v1/../%6Detrics;a=1/")]
fn classify((routes, path): (Routes, &[u8])) -> (Routes, Result<Route, BadPath>) {
    let route = routes.find(black_box(path));
    (routes, route)
}

fn guard(authorization: &str) -> (Gate, Vec<u8>) {
    let gate = compiled("{}").gate;
    let headers =
        serialize(&[(":method", "GET"), (":path", "/metrics"), ("authorization", authorization)]);
    (gate, headers)
}

#[library_benchmark(setup = guard)]
#[bench::opens("Bearer s3cret")]
#[bench::stays_shut("Bearer wrong")]
#[bench::is_none_of_ours("Basic czNjcmV0")]
fn bearer((gate, headers): (Gate, Vec<u8>)) -> (Gate, Vec<u8>, Result<usize, Unauthorized>) {
    let head = Head::read(Pairs::new(black_box(&headers)), &gate.names);
    let opened = gate.guarding.guards[0].check(&head);
    (gate, headers, opened)
}

#[library_benchmark]
fn id_minted() -> RequestId {
    RequestId::mint(black_box([7; 16]))
}

/// A host of one worker, at a fixed time.
fn host() -> FakeHost {
    let mut host = FakeHost::new();
    host.memory.now = NOW;
    host
}

type Limited = (Limiter, FakeHost, ClientKey);

/// Once before, so that the table knows the client.
fn limiter(requests: u32) -> Limited {
    let quota = Quota { requests, window: 1_000_000 };
    let mut limiter = Limiter::new(quota, 5_000, WhenFull::Refuse);
    let mut world = host();
    let client = ClientKey::new(&HashKey::new([1; 16]), Identity::Name(b"somebody"));
    let _ = limiter.admit(client, NOW, &mut world);
    (limiter, world, client)
}

#[library_benchmark(setup = limiter)]
#[bench::leased(1_000_000)]
#[bench::shared(1_000)]
#[bench::refused(1)]
fn window((mut limiter, mut world, client): Limited) -> (Limiter, FakeHost, Result<(), Rejection>) {
    let admitted = limiter.admit(black_box(client), NOW + 1, &mut world);
    (limiter, world, admitted.map(drop))
}

type Vm = (Gate, FakeHost, Meter, Vec<u8>);

fn request((configuration, headers): (&str, Headers<'_>)) -> Vm {
    let compiled = compiled(configuration);
    let (mut gate, mut meter) = (compiled.gate, Meter::new(compiled.metrics));
    let mut world = host();
    let headers = serialize(headers);
    let head = Head::read(Pairs::new(&headers), &gate.names);
    let (stream, _) =
        gate.on_request(&head, &mut Context { now: NOW, host: &mut world, meter: &mut meter });
    stream.on_end(NOW + 10, &mut meter);
    (gate, world, meter, headers)
}

const API: Headers<'static> = &[
    (":authority", "gate.test"),
    (":path", "/v1/recall"),
    (":method", "GET"),
    (":scheme", "http"),
    ("user-agent", "bench"),
    ("accept", "*/*"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-proto", "http"),
];

#[library_benchmark(setup = request)]
#[bench::unlimited(("{}", API))]
#[bench::forwarded((LIMIT, API))]
fn whole_request((mut gate, mut world, mut meter, headers): Vm) -> (Vm, Stream) {
    let head = Head::read(Pairs::new(black_box(&headers)), &gate.names);
    let (stream, _) =
        gate.on_request(&head, &mut Context { now: NOW + 20, host: &mut world, meter: &mut meter });
    stream.on_end(NOW + 40, &mut meter);
    ((gate, world, meter, headers), stream)
}

/// A meter that has counted requests with so many statuses, and the statistics that it hands them to.
fn counted(statuses: u16) -> (Meter, FakeStatistics) {
    let mut meter = Meter::new(compiled("{}").metrics);
    let mut envoy = FakeStatistics::default();
    for status in 200..200 + statuses {
        meter.began();
        let (method, status) = (Method::from_bytes(b"GET"), Status::new(status));
        let auth_method = AuthMethod::None;
        meter.finished(Finished { method, status, auth_method, duration: 1_000 });
    }
    meter.flush(&mut envoy);
    // What was just written down is read once more.
    meter.flush(&mut envoy);
    (meter, envoy)
}

#[library_benchmark(setup = counted)]
#[bench::of_50_series(2)]
#[bench::of_1600_series(100)]
fn exposition((mut meter, mut envoy): (Meter, FakeStatistics)) -> (Meter, FakeStatistics, String) {
    let text = meter.expose(&mut envoy).encode(Format::Text);
    (meter, envoy, text)
}

#[library_benchmark(setup = counted)]
#[bench::of_1600_series(100)]
fn idle_flush((mut meter, mut envoy): (Meter, FakeStatistics)) -> (Meter, FakeStatistics) {
    meter.flush(&mut envoy);
    (meter, envoy)
}

// What a bench makes is handed back, so that taking it down is not counted.
library_benchmark_group!(
    name = parts,
    benchmarks = [classify, bearer, id_minted, window, whole_request, exposition, idle_flush]
);

main!(library_benchmark_groups = parts);
