//! Requests that no well-behaved client sends, as fields and a body.

use std::time::{SystemTime, UNIX_EPOCH};

use super::random::Random;
use super::{ADMIN_TOKEN, METRICS_TOKEN};

/// A name and a value.
pub type Field = (Vec<u8>, Vec<u8>);

/// A request, and what its answer must be.
pub struct Shot {
    pub method: Vec<u8>,
    pub path: Vec<u8>,
    pub fields: Vec<Field>,
    pub body: Vec<u8>,
    /// Its path is guarded, and nothing in it opens that: no answer may be a success.
    pub shut: bool,
    /// The ID that the answer must have, since the client sent a good one.
    pub id: Option<Vec<u8>>,
}

const METHODS: &str = "GET GET GET POST PUT HEAD DELETE OPTIONS PATCH TRACE PURGE PROPFIND";

const OPEN: &str = "/ /v1/recall /health /health/live /health/../v1/x /metricsx /v1/admin /a%00 /%zz \
    /delay/1 /reset /-/gate/live /-/gate/ready /-/gate/";

const NAMES: &str = "authorization x-request-id content-type x-forwarded-for x-api-key x-admin-token \
    x-forwarded-client-cert x-gate-would-limit x-gate-degraded user-agent te accept \
    grpc-timeout expect";

const VALUES: [&str; 18] = [
    "",
    "Bearer",
    "Bearer token2",
    "Bearer eyJhbGciOi.e30.x",
    "Basic dG9rZW4=",
    "application/grpc",
    "application/grpc+proto",
    "192.0.2.1",
    "2001:db8::1, [::1]:80",
    ",,,",
    "999.1.1.1:99999",
    "trailers",
    "0",
    "1n",
    "99999999H",
    "-1S",
    "100-continue",
    "application/openmetrics-text; version=1.0.0; q=\"",
];

impl Shot {
    pub fn random(random: &mut Random) -> Self {
        let mut shot = Self {
            method: random.word(METHODS).into(),
            path: Vec::new(),
            fields: Vec::new(),
            body: Vec::new(),
            shut: false,
            id: None,
        };
        shot.client(random);
        let kind = random.below(100);
        match kind {
            0..20 => (shot.path, shot.shut) = (guarded(random), true),
            20..30 => shot.opening(random),
            30..45 => shot.recall(random),
            45..53 => shot.pay(random),
            53..58 => shot.path = format!("/status/{}", 200 + random.below(400)).into(),
            58..63 => {
                shot.path = b"/v1/search".to_vec();
                shot.field("x-api-key", format!("key-{}", random.below(200)));
            }
            _ => shot.open(random),
        }
        if random.one_in(60) {
            random.mutate(&mut shot.method);
        }
        shot.more_fields(random, (20..30).contains(&kind));
        shot.request_id(random);
        if shot.body.is_empty() && random.one_in(10) {
            let length = random.below(300);
            shot.body = random.bytes(length);
        }
        shot
    }

    pub fn field(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.fields.push((name.into(), value.into()));
    }

    /// One client sends so much that it is over its limit; the others are more than there is room for.
    fn client(&mut self, random: &mut Random) {
        let address = match random.below(100) {
            0..12 => "198.51.100.1".to_owned(),
            12..15 => return,
            15..17 => format!("2001:db8:{:x}::{:x}", random.below(65_536), random.below(65_536)),
            _ => format!("10.0.{}.{}", random.below(12), random.below(250)),
        };
        self.field("x-forwarded-for", address);
    }

    /// A route that is not guarded, or none.
    fn open(&mut self, random: &mut Random) {
        self.path = random.word(OPEN).into();
        random.mutate(&mut self.path);
        // Most of what is not ASCII Envoy refuses before the gate sees it.
        if !random.one_in(12) {
            self.path.retain(u8::is_ascii_graphic);
            if !self.path.starts_with(b"/") {
                self.path.insert(0, b'/');
            }
        }
    }

    /// A guarded route with its token.
    fn opening(&mut self, random: &mut Random) {
        self.method = random.word("GET GET POST HEAD").into();
        if random.one_in(2) {
            // A page of all counters is as dear as hundreds of other requests.
            let own = if random.one_in(20) { "/-/gate/metrics" } else { "/-/gate/status" };
            self.path = random.pick(&["/metrics", "/metrics.json", "//metrics/", own]).into();
            self.field("authorization", format!("Bearer {METRICS_TOKEN}"));
        } else {
            self.path = random.pick(&["/v1/admin/keys", "/v1/admin/sources?a=b"]).into();
            self.field("x-admin-token", ADMIN_TOKEN);
        }
    }

    /// An operation whose key stands in the body: one of few, none, or in what is no JSON.
    fn recall(&mut self, random: &mut Random) {
        (self.method, self.path) = (b"POST".to_vec(), b"/v1/recall".to_vec());
        let bank = if random.one_in(3) { 0 } else { random.below(400) };
        self.body = format!(r#"{{"query":"x","bank_id":"bank-{bank}"}}"#).into_bytes();
        match random.below(12) {
            0 => random.mutate(&mut self.body),
            1 => self.body.truncate(random.below(20)),
            2 => self.body = vec![b'['; random.below(400)],
            3 if random.one_in(10) => self.body.resize(70_000, b' '),
            _ => {}
        }
    }

    /// A route where each nonce passes once: a new one, one of few that all know, an old time, or nothing.
    fn pay(&mut self, random: &mut Random) {
        self.path = b"/v1/pay/one".to_vec();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let (nonce, time) = match random.below(8) {
            0 => (format!("common-{}", random.below(4)), now),
            1 => (format!("old-{}", random.below(1_000_000)), now - 1_000),
            2 => return,
            _ => (format!("{:016x}", random.below(usize::MAX)), now),
        };
        self.field("x-nonce", nonce);
        self.field("x-timestamp", time.to_string());
    }

    fn more_fields(&mut self, random: &mut Random, opens: bool) {
        let count = if random.one_in(100) { 60 + random.below(60) } else { random.below(6) };
        for _ in 0..count {
            let name = random.word(NAMES);
            // A second credential would close what the first one opens.
            if opens && matches!(name, "authorization" | "x-admin-token") {
                continue;
            }
            for _ in 0..=usize::from(random.one_in(8)) * random.below(4) {
                let mut value = random.pick(&VALUES).as_bytes().to_vec();
                match random.below(3) {
                    0 => value = random.value(if count > 30 { 20 } else { 200 }),
                    1 => random.mutate(&mut value),
                    _ => {}
                }
                self.field(name, value);
            }
        }
        if random.one_in(150) {
            let length = random.below(80_000);
            let huge = random.value(1 + length);
            self.field("x-huge", huge);
        }
    }

    /// A good ID, if none was sent so far.
    fn request_id(&mut self, random: &mut Random) {
        if random.one_in(3) && !self.fields.iter().any(|(name, _)| name == b"x-request-id") {
            let id = format!("{:x}", random.below(usize::MAX));
            self.field("x-request-id", id.clone());
            self.id = Some(id.into_bytes());
        }
    }
}

/// A guarded path as many a server reads it.
fn guarded(random: &mut Random) -> Vec<u8> {
    const PATHS: &str = "/metrics /metrics.json /v1/admin/keys /env /loggers/root /-/gate/metrics \
    /-/gate/status";
    let mut path = Vec::new();
    for byte in random.word(PATHS).bytes() {
        match (byte, random.below(6)) {
            (b'/', 0) => path.extend(random.pick(&["//", "/./", "/x/../", "/;a/", "/\\"]).bytes()),
            (_, 1) if byte != b'/' => path.extend(format!("%{byte:02x}").bytes()),
            (_, 2) => path.push(byte.to_ascii_uppercase()),
            _ => path.push(byte),
        }
    }
    path.extend(random.pick(&["", "/", "?a=b", ";a=b", "/."]).bytes());
    path
}
