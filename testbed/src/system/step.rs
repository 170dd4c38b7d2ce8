//! One request of a tour, and what it is answered.

use crate::client::Request;
use crate::upstream::Page;

use super::Seen;

/// A request and its promised answer, in words for the reader and as a check.
#[derive(Clone)]
pub struct Step {
    /// The operator's view, for a step that shows how to find the cause.
    pub symptom: Option<&'static str>,
    pub changes: Vec<Change>,
    /// Of the listener, as `envoy.yaml` has it, or of the admin interface.
    pub port: u16,
    pub host: &'static str,
    pub request: Request,
    /// Number of times that it is sent, one right after the other. The first that is as promised counts.
    pub times: u32,
    /// True if it is asked again until it is so.
    pub patient: bool,
    pub status: u16,
    pub words: &'static str,
    pub check: fn(&Seen<'_>) -> bool,
}

/// The change of a service before: in words, and as the page that a path of it has from now on.
#[derive(Clone)]
pub struct Change {
    pub words: &'static str,
    pub service: &'static str,
    pub path: &'static str,
    pub page: Page,
}

impl Step {
    pub fn get(path: &str, status: u16, words: &'static str) -> Self {
        Self {
            symptom: None,
            changes: Vec::new(),
            port: 10000,
            host: "localhost",
            request: Request::get(path),
            times: 1,
            patient: false,
            status,
            words,
            check: |_| true,
        }
    }

    /// A gRPC call with an empty message.
    pub fn grpc(path: &str, words: &'static str) -> Self {
        let request = Request::new("POST", path)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body([0; 5]);
        Self { request, ..Self::get(path, 200, words) }
    }

    pub fn post(path: &str, status: u16, words: &'static str) -> Self {
        let request = Request::new("POST", path).body("{}");
        Self { request, ..Self::get(path, status, words) }
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn host(self, host: &'static str) -> Self {
        Self { host, ..self }
    }

    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    pub fn patient(self) -> Self {
        Self { patient: true, ..self }
    }

    pub fn symptom(self, symptom: &'static str) -> Self {
        Self { symptom: Some(symptom), ..self }
    }

    pub fn after(
        mut self,
        words: &'static str,
        (service, path, page): (&'static str, &'static str, Page),
    ) -> Self {
        self.changes.push(Change { words, service, path, page });
        self
    }

    /// Promises besides the status.
    pub fn check(self, check: fn(&Seen<'_>) -> bool) -> Self {
        Self { check, ..self }
    }

    /// The command that a user types for it.
    pub fn command(&self) -> String {
        let Request { method, path, headers, body } = &self.request;
        let http2 = if self.is_grpc() { " --http2-prior-knowledge" } else { "" };
        let mut command = format!("curl -i{http2}");
        for (name, value) in headers.iter() {
            command += &format!(" -H '{name}: {}'", String::from_utf8_lossy(value));
        }
        if self.is_grpc() {
            command += r" --data-binary @<(printf '\0\0\0\0\0')";
        } else if !body.is_empty() {
            command += &format!(" -d '{}'", String::from_utf8_lossy(body));
        } else if method != "GET" {
            command += &format!(" -X {method}");
        }
        command += &format!(" {}:{}{path}", self.host, self.port);
        match self.times {
            1 => command,
            times => format!("for i in $(seq {times}); do {command}; done"),
        }
    }

    /// The change before, in words; empty if there is none.
    pub fn changed(&self) -> String {
        self.changes.iter().map(|change| change.words).collect::<Vec<_>>().join(", ")
    }

    /// Its row of the example's table.
    pub fn row(&self) -> String {
        let (command, status, words) = (self.command(), self.status, self.words);
        match (self.symptom, self.changed().as_str()) {
            (Some(symptom), _) => format!("| {symptom} | `{command}` | {status}: {words} |"),
            (None, "") => format!("| `{command}` | {status}: {words} |"),
            (None, changed) => format!("| {changed}, then the same | {status}: {words} |"),
        }
    }

    pub fn is_grpc(&self) -> bool {
        self.request
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.starts_with("application/grpc"))
    }
}
