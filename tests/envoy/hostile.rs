//! Whatever bytes come, no VM fails, no guard opens, and every answer has one ID.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;
use std::{iter, thread};

use serde_json::json;
use testbed::{Bootstrap, Client, Envoy, Upstream};

use crate::request_id::{id_of, is_minted};

const CONNECTIONS: u32 = 10_000;
const THREADS: u32 = 4;

/// SplitMix64: the same bytes on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % bound as u64).expect("below a usize")
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("a byte")
    }

    /// Bytes of which most servers let pass what stands in a header.
    fn value(&mut self) -> Vec<u8> {
        let length = if self.one_in(30) { self.below(50_000) } else { self.below(200) };
        let ascii = self.one_in(2);
        let bytes = iter::repeat_with(|| self.byte()).take(length);
        bytes.map(|byte| if ascii { 0x21 + byte % 0x5e } else { byte.max(0x20) }).collect()
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.below(4) {
            let at = self.below(bytes.len() + 1);
            match self.below(3) {
                0 => bytes.insert(at, self.byte()),
                1 if at < bytes.len() => bytes[at] = self.byte(),
                _ => bytes.truncate(at),
            }
        }
    }

    /// A guarded path that no server need take for another.
    fn guarded(&mut self) -> Vec<u8> {
        let mut path = Vec::new();
        for byte in self.pick(&["/metrics", "/v1/admin/keys", "/env"]).bytes() {
            match (byte, self.below(6)) {
                (b'/', 0) => {
                    path.extend(self.pick(&["//", "/./", "/x/../", "/;a/", "/\\"]).bytes())
                }
                (_, 1) if byte != b'/' => path.extend(format!("%{byte:02x}").bytes()),
                (_, 2) => path.push(byte.to_ascii_uppercase()),
                _ => path.push(byte),
            }
        }
        path.extend(self.pick(&["", "/", "?a=b", ";a=b", "/."]).bytes());
        path
    }
}

/// A request's head, and whether its path is guarded and its token wrong.
fn head(random: &mut Random) -> (Vec<(Vec<u8>, Vec<u8>)>, bool) {
    let guarded = random.one_in(3);
    let path = if guarded {
        random.guarded()
    } else {
        let paths = [
            "/",
            "/v1/recall",
            "/health",
            "/health/live",
            "/metrics",
            "*",
            "/%zz",
            "/a%00",
            "http://a/b",
        ];
        let mut path = random.pick(&paths).as_bytes().to_vec();
        random.mutate(&mut path);
        path
    };
    let mut method = random
        .pick(&["GET", "GET", "POST", "HEAD", "DELETE", "OPTIONS", "PURGE"])
        .as_bytes()
        .to_vec();
    if random.one_in(20) {
        random.mutate(&mut method);
    }
    let mut fields = vec![(b":method".to_vec(), method), (b":path".to_vec(), path)];
    let names = [
        "authorization",
        "x-request-id",
        "content-type",
        "x-forwarded-for",
        "x-api-key",
        "x-admin-token",
        "x-forwarded-client-cert",
        "x-gate-would-limit",
        "user-agent",
        "te",
    ];
    let values = [
        "",
        "Bearer",
        "Bearer token2",
        "Bearer eyJhbGciOi.e30.x",
        "Basic dG9rZW4=",
        "application/grpc",
        "192.0.2.1",
        "2001:db8::1, [::1]:80",
        ",,,",
        "999.1.1.1:99999",
        "trailers",
        "0",
    ];
    for _ in 0..random.below(8) {
        let name = random.pick(&names);
        for _ in 0..=usize::from(random.one_in(5)) * random.below(4) {
            let mut value = random.pick(&values).as_bytes().to_vec();
            match random.below(3) {
                0 => value = random.value(),
                1 => random.mutate(&mut value),
                _ => {}
            }
            fields.push((name.as_bytes().to_vec(), value));
        }
    }
    (fields, guarded)
}

fn http1(fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = [&fields[0].1, &b" "[..], &fields[1].1, b" HTTP/1.1\r\nhost: a\r\n"].concat();
    for (name, value) in &fields[2..] {
        bytes.extend([name, &b": "[..], value, b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes
}

/// A connection with one stream, whose fields are literals without any check.
fn http2(fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut block = Vec::new();
    let rest = [(":scheme", "http"), (":authority", "a"), ("x-second", "")];
    let rest = rest.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    for (name, value) in fields[..2].iter().chain(&rest).chain(&fields[2..]) {
        let Ok(length) = u8::try_from(value.len().min(126)) else { continue };
        block.extend([0, u8::try_from(name.len()).expect("a short name")]);
        block.extend(name);
        block.push(length);
        block.extend(&value[..usize::from(length)]);
    }
    let length = u32::try_from(block.len()).expect("a short block").to_be_bytes();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    bytes.extend(&length[1..]);
    bytes.extend(b"\x01\x05\0\0\0\x01");
    bytes.extend(block);
    bytes
}

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

/// Sends one request, and judges the answer. Returns its status, or 0.
fn attack(address: SocketAddr, random: &mut Random) -> u16 {
    let (fields, guarded) = head(random);
    let speaks2 = random.one_in(5);
    let mut bytes = if speaks2 { http2(&fields) } else { http1(&fields) };
    let (cut, torn) = (random.one_in(20), random.one_in(20));
    if cut {
        bytes.truncate(random.below(bytes.len()));
    }
    if torn {
        random.mutate(&mut bytes);
    }
    let mut stream = TcpStream::connect(address).expect("Envoy listens");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    // Envoy may have closed the connection within the request.
    let _ = stream.write_all(&bytes);
    if cut || torn || speaks2 {
        let _ = stream.shutdown(Shutdown::Write);
    }
    if random.one_in(10) {
        return 0;
    }
    if speaks2 {
        // What came of it stands in the upstream's journal.
        let _ = stream.read_to_end(&mut Vec::new());
        return 0;
    }
    let Some(head) = answer(&mut stream) else { return 0 };
    let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
    let shown = || format!("{head}\n\nto\n\n{}", bytes.escape_ascii());
    let ids = head.lines().filter(|line| line.starts_with("x-request-id:")).count();
    // Envoy refuses before any filter what it cannot read.
    let early = matches!(status, 400 | 404 | 426 | 431 | 501) && !head.contains("application/json");
    assert!(ids == 1 || ids == 0 && early, "{}", shown());
    assert!(
        !guarded || torn || !(200..300).contains(&status) || head.contains("\r\ngrpc-status: "),
        "{}",
        shown()
    );
    status
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
                    .collect::<Vec<u16>>()
            })
        })
        .collect();
    let statuses: Vec<u16> =
        attackers.into_iter().flat_map(|thread| thread.join().expect("a judged answer")).collect();
    for status in [200, 400, 401, 404, 429] {
        let count = statuses.iter().filter(|own| **own == status).count();
        eprintln!("{status}: {count}");
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
    eprintln!("upstream {} {over_http2}", upstream.count());

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
