//! Requests that no well-behaved client sends.

use std::iter;

/// A name and a value; the first two are the method and the path.
pub type Field = (Vec<u8>, Vec<u8>);

/// SplitMix64: the same bytes on every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % bound as u64).expect("below a usize")
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("a byte")
    }

    /// Bytes of which most servers let pass what stands in a header.
    fn value(&mut self) -> Vec<u8> {
        let length = if self.one_in(30) { self.below(50_000) } else { self.below(200) };
        let ascii = self.one_in(2);
        let bytes = iter::repeat_with(|| self.byte()).take(length);
        bytes.map(|byte| if ascii { 0x21 + byte % 0x5e } else { passable(byte) }).collect()
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.below(4) {
            let at = self.below(bytes.len() + 1);
            match self.below(3) {
                0 => bytes.insert(at, passable(self.byte())),
                1 if at < bytes.len() => bytes[at] = passable(self.byte()),
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

/// No control character: one in a field, and Envoy refuses the request before the gate sees it. Torn
/// requests have them.
fn passable(byte: u8) -> u8 {
    if byte.is_ascii_control() { byte ^ 0xa0 } else { byte }
}

/// A request's head, and whether its path is guarded and its token wrong.
pub fn head(random: &mut Random) -> (Vec<Field>, bool) {
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

pub fn http1(fields: &[Field]) -> Vec<u8> {
    let mut bytes = [&fields[0].1, &b" "[..], &fields[1].1, b" HTTP/1.1\r\nhost: a\r\n"].concat();
    for (name, value) in &fields[2..] {
        bytes.extend([name, &b": "[..], value, b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes
}

/// A connection with one stream, whose fields are literals without any check.
pub fn http2(fields: &[Field]) -> Vec<u8> {
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
