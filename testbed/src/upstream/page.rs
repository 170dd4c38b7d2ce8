//! Pages: answers by the path, whatever the request.

use std::time::Duration;

use hyper::StatusCode;

#[derive(Clone, Debug)]
pub struct Page {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    pub(super) delay: Duration,
}

impl Page {
    pub fn json(status: u16, body: &str) -> Self {
        let status = StatusCode::from_u16(status).expect("a status");
        let delay = Duration::ZERO;
        Self { status, content_type: "application/json", body: body.to_owned(), delay }
    }

    /// A page of metrics.
    pub fn exposition(body: &str) -> Self {
        Self { content_type: "text/plain; version=0.0.4", ..Self::json(200, body) }
    }

    /// The same, after that time.
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}
