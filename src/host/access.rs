//! A line in Envoy's log for each request.

use serde::Serialize;

use super::abi::{self, Level};
use super::plugin::Plugin;
use crate::config::shape::Access;
use crate::gate::Stream;
use crate::limit::window::Micros;

#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    service: &'a str,
    request_id: &'a str,
    method: &'static str,
    path: &'a str,
    status_code: u16,
    duration_ms: f64,
    class: &'static str,
}

/// What of a request target is logged: the path, never the query, which may hold secrets.
pub fn path(access: Access, target: &[u8]) -> Vec<u8> {
    match access {
        Access::Off => Vec::new(),
        Access::Text | Access::Json => {
            target.split(|byte| *byte == b'?').next().unwrap_or_default().into()
        }
    }
}

/// Logs a stream that ends at `now`.
pub fn log(plugin: &Plugin, stream: &Stream, path: &[u8], now: Micros) {
    let duration = stream.duration(now);
    let (id, method, status) = (stream.id.as_str(), stream.method.label(), stream.status);
    let line = match plugin.access {
        Access::Off => return,
        Access::Text => {
            let path = path.escape_ascii();
            // To hundredths, half of one rounded up.
            let hundredths = (duration + 5) / 10;
            let (millis, rest) = (hundredths / 100, hundredths % 100);
            format!("{id} {method} {path} {status} {millis}.{rest:02}ms")
        }
        Access::Json => {
            let line = Line {
                event: "http_request",
                service: &plugin.service,
                request_id: id,
                method,
                path: &String::from_utf8_lossy(path),
                status_code: status.code(),
                duration_ms: duration as f64 / 1_000.0,
                class: stream.class.name(),
            };
            serde_json::to_string(&line).unwrap_or_default()
        }
    };
    abi::log(Level::Info, &line);
}
