//! What is sent, and what may be answered.

use std::time::{SystemTime, UNIX_EPOCH};

use testbed::Request;

pub const TOKEN: &str = "s3cret";

/// Clients by their address, one after the other.
const CLIENTS: u64 = 400_000;
/// Those that come all the time, and go over their limit.
const HOT: u64 = 20;
/// Keys of the operation: no multiple of 100, so that every one of them is asked for.
const BANKS: u64 = 29_989;

/// A request, and the statuses that keep the promises.
pub struct Sent {
    pub request: Request,
    pub may: &'static [u16],
    /// Of a request that may get through once.
    pub nonce: Option<u64>,
}

/// The request of that number; `sender` makes its nonces its own.
pub fn request(sender: u64, nth: u64) -> Sent {
    let kind = nth % 100;
    let get = |path: &str| Request::get(path);
    let token =
        |request: Request, token: &str| request.header("authorization", format!("Bearer {token}"));
    let (request, may): (_, &[u16]) = match kind {
        0 if nth.is_multiple_of(500) => (token(get("/-/gate/metrics"), TOKEN), &[200, 429]),
        0..5 => (get("/health"), &[200]),
        5..8 => (get("/metrics"), &[401]),
        8..11 => (token(get("/metrics"), "wrong"), &[401]),
        11..14 => (token(get("/metrics"), TOKEN), &[200, 429]),
        14 => (get("/-/gate/ready"), &[200, 503]),
        15 => (get("/env"), &[404]),
        // Each nonce comes twice, one request after the other.
        16..26 => (pay(sender, nth / 2), &[200, 409, 429]),
        26..36 => (recall((sender << 16).wrapping_add(nth) % BANKS), &[200, 429]),
        _ => (get("/v1/recall"), &[200, 429]),
    };
    let client =
        if kind >= 68 { nth % HOT } else { HOT + (sender << 16).wrapping_add(nth) % CLIENTS };
    let [_, a, b, c] = u32::try_from(client).unwrap_or_default().to_be_bytes();
    Sent {
        request: request.header("x-forwarded-for", format!("10.{a}.{b}.{c}")),
        may,
        nonce: (16..26).contains(&kind).then_some(nth / 2),
    }
}

fn pay(sender: u64, nonce: u64) -> Request {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    Request::new("POST", "/v1/pay/x")
        .header("x-nonce", format!("{sender}-{nonce}"))
        .header("x-timestamp", now.to_string())
}

fn recall(bank: u64) -> Request {
    Request::new("POST", "/v1/recall").body(format!(r#"{{"bank_id": "{bank}"}}"#))
}
