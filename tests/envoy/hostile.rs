//! Whatever bytes come, no VM fails, no guard opens, and every answer has one ID.

mod bytes;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;
use std::{iter, thread};

use serde_json::json;
use testbed::{Bootstrap, Client, Envoy, Upstream};

use crate::request_id::{id_of, is_minted};
use bytes::{Random, head, http1, http2};

const CONNECTIONS: u32 = 10_000;
const THREADS: u32 = 4;

/// The head of the answer; `None` if the connection ended without one.
fn answer(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => bytes.extend(&buffer[..count]),
            _ => return None,
        }
    }
    String::from_utf8_lossy(&bytes)
        .split_once("\r\n\r\n")
        .map(|(head, _)| head.to_ascii_lowercase())
}

/// Sends one request, and judges the answer. Returns its status if the gate had a say in it.
fn attack(address: SocketAddr, random: &mut Random) -> Option<u16> {
    let (fields, guarded) = head(random);
    let speaks2 = random.one_in(5);
    let mut bytes = if speaks2 { http2(&fields) } else { http1(&fields) };
    let (cut, torn) = (random.one_in(20), random.one_in(20));
    if cut {
        bytes.truncate(random.below(bytes.len()));
    }
    if torn {
        for _ in 0..4 {
            let at = random.below(bytes.len() + 1);
            bytes.insert(at, random.byte());
        }
    }
    let mut stream = TcpStream::connect(address).expect("Envoy listens");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    // Envoy may have closed the connection within the request.
    let _ = stream.write_all(&bytes);
    if cut || torn || speaks2 {
        let _ = stream.shutdown(Shutdown::Write);
    }
    if random.one_in(10) {
        return None;
    }
    if speaks2 {
        // What came of it stands in the upstream's journal.
        let _ = stream.read_to_end(&mut Vec::new());
        return None;
    }
    let head = answer(&mut stream)?;
    let status: u16 = head.get(9..12).and_then(|text| text.parse().ok()).expect("a status");
    let shown = || format!("{head}\n\nto\n\n{}", bytes.escape_ascii());
    let ids = head.lines().filter(|line| line.starts_with("x-request-id:")).count();
    let refused_call = head.contains("\r\ngrpc-status: ");
    // What it cannot read, or has no path, Envoy refuses before any filter, and without a word.
    let early = (refused_call || matches!(status, 400 | 404 | 426 | 431 | 501))
        && !["application/json", "grpc-message"].iter().any(|word| head.contains(word));
    assert!(ids == 1 || ids == 0 && early, "{}", shown());
    let passed = (200..300).contains(&status) && !refused_call;
    assert!(!(guarded && passed) || torn, "{}", shown());
    (ids == 1).then_some(status)
}

/// After 10,000 hostile connections every VM lives, every guard held, and nothing is left behind.
#[test]
fn no_bytes_break_the_gate() {
    let upstream = Upstream::start();
    let configuration = json!({
        "system": "astrocyte",
        "routes": [{"paths": ["/env"], "class": "closed"}],
        "rate_limit": {"requests": 50, "client": {"forwarded_for": {"trusted_hops": 1}}, "max_clients": 100},
        "log": {"access": "json"},
    });
    let bootstrap = Bootstrap::to(upstream.address()).plugin(configuration);
    let bootstrap = bootstrap.env("METRICS_BEARER", "token").env("ASTROCYTE_ADMIN_TOKEN", "admin");
    let envoy = Envoy::start(&bootstrap).expect("Envoy starts");
    let vms = || envoy.stats().value("envoy_wasm_envoy_wasm_runtime_v8_active", &[]);
    let (before, address) = (vms(), envoy.address());
    assert!(before >= 2.0);

    let attackers: Vec<_> = (0..THREADS)
        .map(|seed| {
            thread::spawn(move || {
                let mut random = Random(u64::from(seed));
                iter::repeat_with(|| attack(address, &mut random))
                    .take((CONNECTIONS / THREADS) as usize)
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let judged: Vec<u16> = attackers
        .into_iter()
        .flat_map(|thread| thread.join().expect("what was judged"))
        .flatten()
        .collect();
    for status in [200, 400, 401, 404, 429] {
        let count = judged.iter().filter(|own| **own == status).count();
        assert!(count > 50, "{count} answers of status {status}");
    }

    let mut over_http2 = 0;
    for request in upstream.requests() {
        let ids = request.headers_named("x-request-id");
        assert!(matches!(ids.as_slice(), [id] if (1..=128).contains(&id.len())), "{request:?}");
        assert!(ids[0].iter().all(u8::is_ascii_graphic), "{request:?}");
        let path = request.target.to_ascii_lowercase();
        let bare = path.split(['?', ';']).next().unwrap_or_default();
        assert!(
            !["/metrics", "/env"].contains(&bare) && !bare.starts_with("/v1/admin/"),
            "{request:?}"
        );
        over_http2 += usize::from(request.header("x-second").is_some());
    }
    assert!(over_http2 > 20, "{over_http2} requests came through HTTP/2");

    envoy.wait_for_stat("caracal_gateway_requests_in_flight", &[], |count| count == 0.0);
    assert_eq!(vms(), before, "VMs");
    let reloads = envoy.admin("/stats?filter=wasm");
    let reloaded = |line: &&str| line.contains("reload") && !line.ends_with(": 0");
    assert_eq!(reloads.lines().find(reloaded), None);
    for _ in 0..20 {
        let answer =
            Client::new(address).get_with("/health", &[("x-forwarded-for", "203.0.113.9")]);
        assert_eq!((answer.status, is_minted(id_of(&answer))), (200, true));
        assert_eq!(Client::new(address).get("/metrics").status, 401);
    }
    let log = envoy.stop();
    let failures = ["Function: ", "proxy_on", "panicked", "RuntimeError", "[error]", "[critical]"];
    let failed = |line: &&str| {
        failures.iter().any(|word| line.contains(word))
            && !line.contains(r#""event":"http_request""#)
    };
    assert_eq!(log.lines().find(failed), None);
}
