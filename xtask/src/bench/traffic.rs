//! What is sent: one request again and again, or one that varies.

use testbed::Request;

use super::filter::STATUSES;

/// The requests of a row.
#[derive(Clone, Debug)]
pub struct Traffic {
    pub path: &'static str,
    pub headers: Vec<(String, String)>,
    pub vary: Vary,
    /// What is sent before anything is counted.
    pub before: Before,
    /// The status of every answer.
    pub status: u16,
    /// One in so many of the usual number of requests: a scrape is as dear as hundreds of others.
    pub one_in: u32,
}

/// What differs from one request to the next.
#[derive(Clone, Copy, Debug)]
pub enum Vary {
    Nothing,
    /// `x-client`, over so many clients.
    Clients(u32),
    /// The method: GET and POST.
    Methods,
}

/// What Envoy has seen when the count begins. Each is followed by the usual warm-up.
#[derive(Clone, Copy, Debug)]
pub enum Before {
    Nothing,
    /// So many requests, each of another client by `x-client`.
    Clients(u32),
    /// Requests that make so many combinations of method and status.
    Series(u32),
}

/// A method for each value of the label that Envoy lets through, but HEAD.
const METHODS: [&str; 8] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"];

impl Traffic {
    /// GETs of a path that are answered with 200. With what Envoy adds they have 8 headers.
    pub fn get(path: &'static str) -> Self {
        Self {
            path,
            headers: vec![
                ("user-agent".to_owned(), "bench".to_owned()),
                ("accept".to_owned(), "*/*".to_owned()),
            ],
            vary: Vary::Nothing,
            before: Before::Nothing,
            status: 200,
            one_in: 1,
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// So many headers in all, as the filter sees them.
    pub fn headers(self, wanted: usize) -> Self {
        // Four of HTTP/2's names, and the two that Envoy adds.
        let there = self.headers.len() + 6;
        (there..wanted).fold(self, |traffic, nth| {
            traffic.header(&format!("x-header-{nth}"), "a value of usual length")
        })
    }

    pub fn vary(self, vary: Vary) -> Self {
        Self { vary, ..self }
    }

    pub fn before(self, before: Before) -> Self {
        Self { before, ..self }
    }

    pub fn one_in(self, one_in: u32) -> Self {
        Self { one_in, ..self }
    }

    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The request of that number.
    pub fn request(&self, nth: u32) -> Request {
        match self.vary {
            Vary::Nothing => self.with("GET", self.path),
            Vary::Methods => {
                self.with(if nth.is_multiple_of(2) { "GET" } else { "POST" }, self.path)
            }
            Vary::Clients(clients) => self.of_client("measured", nth % clients),
        }
    }

    /// How many clients send what is measured.
    pub fn clients(&self) -> u32 {
        match self.vary {
            Vary::Nothing | Vary::Methods => 1,
            Vary::Clients(clients) => clients,
        }
    }

    /// How many requests come before.
    pub fn requests_before(&self) -> u32 {
        match self.before {
            Before::Nothing => 0,
            Before::Clients(number) | Before::Series(number) => number,
        }
    }

    /// The request of that number among them.
    pub fn request_before(&self, nth: u32) -> Request {
        match self.before {
            Before::Nothing => self.request(nth),
            Before::Clients(_) => self.of_client("before", nth),
            Before::Series(_) => {
                let statuses = u32::from(STATUSES.end - STATUSES.start);
                let method = METHODS[(nth / statuses) as usize % METHODS.len()];
                let status = u32::from(STATUSES.start) + nth % statuses;
                self.with(method, &format!("/status/{status}"))
            }
        }
    }

    fn of_client(&self, kind: &str, nth: u32) -> Request {
        self.with("GET", self.path).header("x-client", format!("{kind}-{nth:07}"))
    }

    fn with(&self, method: &str, path: &str) -> Request {
        let request = Request::new(method, path);
        self.headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value.as_bytes()))
    }
}
