//! Scripts of the upstream's answers.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::upgrade::OnUpgrade;
use hyper::{Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{copy, split};

use super::{Page, Received};

pub type Answer = Response<BoxBody<Bytes, Infallible>>;

const EXPOSITION: &str = "\
# HELP app_recalls_total Recalls that were answered.
# TYPE app_recalls_total counter
app_recalls_total{result=\"hit\"} 41
app_recalls_total{result=\"miss\"} 1
# HELP app_memory_bytes Memory in use.
# TYPE app_memory_bytes gauge
app_memory_bytes 1048576
";

pub fn wants_websocket(request: &hyper::Request<Incoming>) -> bool {
    request
        .headers()
        .get(header::UPGRADE)
        .is_some_and(|name| name.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Decides at once; what the returned future does is to wait, if the script says so.
pub fn answer(
    request: &Received,
    upgrade: Option<OnUpgrade>,
    pages: &BTreeMap<String, Page>,
) -> impl Future<Output = io::Result<Answer>> + use<> {
    let path = request.target.split('?').next().unwrap_or_default().to_owned();
    let own = pages.get(&path);
    let delay = match path.strip_prefix("/delay/").and_then(|time| time.parse().ok()) {
        Some(milliseconds) => Duration::from_millis(milliseconds),
        None => own.map(|page| page.delay).unwrap_or_default(),
    };
    let mut answer = match (upgrade, own, grpc_status(request)) {
        (Some(upgrade), ..) => websocket(upgrade),
        (_, Some(own), _) => full(own.status, own.content_type, own.body.clone()),
        (_, _, Some(status)) => grpc_call(request, status),
        _ if pages.is_empty() => page(&path, request),
        _ => json(StatusCode::NOT_FOUND, &json!({"error": "there is no such page"})),
    };
    add_headers(request, answer.headers_mut());
    async move {
        if path == "/reset" {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        Ok(answer)
    }
}

fn page(path: &str, request: &Received) -> Answer {
    let status = path.strip_prefix("/status/").and_then(|code| code.parse::<StatusCode>().ok());
    match (path, status) {
        (_, Some(status)) => json(status, &json!({"status": status.as_u16()})),
        ("/health" | "/ready", _) => json(StatusCode::OK, &json!({"status": "ok"})),
        ("/metrics", _) => full(StatusCode::OK, "text/plain; version=0.0.4", EXPOSITION),
        ("/echo", _) => json(StatusCode::OK, &head(request)),
        _ => json(StatusCode::OK, &json!({"path": path, "answer": "from the upstream"})),
    }
}

fn head(request: &Received) -> Value {
    let headers: Vec<Value> = request
        .headers
        .iter()
        .map(|(name, value)| json!([name, String::from_utf8_lossy(value)]))
        .collect();
    json!({"method": request.method, "target": request.target, "headers": headers})
}

fn json(status: StatusCode, body: &Value) -> Answer {
    full(status, "application/json", body.to_string())
}

fn full(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()).boxed());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// The status that a gRPC call is to end with; `None` if it is no gRPC call.
fn grpc_status(request: &Received) -> Option<HeaderValue> {
    let kinds = request.headers_named("content-type");
    let grpc = kinds.iter().any(|kind| kind.starts_with(b"application/grpc"));
    let status = request.header("x-grpc-status").unwrap_or("0");
    grpc.then(|| HeaderValue::from_str(status).ok()).flatten()
}

fn grpc_call(request: &Received, status: HeaderValue) -> Answer {
    // One message, not compressed: of no bytes, or what a health check of the whole server is answered.
    let healthy = request.target == "/grpc.health.v1.Health/Check" && request.body == [0; 5];
    let message: &[u8] = if healthy { &[0, 0, 0, 0, 2, 8, 1] } else { &[0; 5] };
    grpc(message.to_vec(), status)
}

/// The answer of a gRPC call, with a message in its frame.
pub fn grpc(message: Vec<u8>, status: HeaderValue) -> Answer {
    // Mapped, it no longer tells its length: no gRPC server does, and some clients would not wait for trailers.
    let body = Full::new(Bytes::from(message)).map_frame(|frame| frame);
    let trailers = HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), status)]);
    let body = body.with_trailers(async { Some(Ok(trailers)) });
    let mut answer = Response::new(body.boxed());
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    answer
}

fn websocket(upgrade: OnUpgrade) -> Answer {
    tokio::spawn(async {
        if let Ok(tunnel) = upgrade.await {
            let (mut reader, mut writer) = split(TokioIo::new(tunnel));
            let _ = copy(&mut reader, &mut writer).await;
        }
    });
    let mut answer = Response::new(Full::default().boxed());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    answer.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answer
}

fn add_headers(request: &Received, answer: &mut HeaderMap) {
    for script in request.headers_named("x-upstream-headers") {
        for line in script.split(|byte| *byte == b'&') {
            let mut parts = line.splitn(2, |byte| *byte == b'=');
            let name = parts.next().and_then(|name| HeaderName::from_bytes(name).ok());
            let value = parts.next().and_then(|value| HeaderValue::from_bytes(value).ok());
            let (Some(name), Some(value)) = (name, value) else {
                panic!(
                    "x-upstream-headers: name=value&name=value, not {}",
                    String::from_utf8_lossy(line)
                );
            };
            answer.append(name, value);
        }
    }
}
