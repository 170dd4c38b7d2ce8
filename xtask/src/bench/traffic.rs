//! What is sent: one request again and again, or one that varies.

use std::collections::BTreeMap;

use serde::Deserialize;
use testbed::Request;

use super::filter::STATUSES;

/// The requests of a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Traffic {
    pub path: String,
    headers: BTreeMap<String, String>,
    /// At least so many headers, as the filter sees them.
    headers_in_all: usize,
    /// The status of every answer.
    pub status: u16,
    /// So many clients in turn, by `x-client`; without a number one, who is not named.
    clients: Option<u32>,
    /// GET and POST in turn.
    two_methods: bool,
    before: Before,
    /// One in so many of the usual number of requests: a scrape is as dear as hundreds of others.
    pub one_in: u32,
}

/// What Envoy has seen when the count begins. Each is followed by the usual warm-up.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Before {
    #[default]
    Nothing,
    /// So many requests, each of another client by `x-client`.
    Clients(u32),
    /// Requests that make so many combinations of method and status.
    Series(u32),
}

/// A method for each value of the label that Envoy lets through, but HEAD.
const METHODS: [&str; 8] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"];

impl Default for Traffic {
    /// GETs that are answered with 200. With what Envoy adds they have 8 headers.
    fn default() -> Self {
        Self {
            path: "/v1/recall".to_owned(),
            headers: BTreeMap::new(),
            headers_in_all: 0,
            status: 200,
            clients: None,
            two_methods: false,
            before: Before::Nothing,
            one_in: 1,
        }
    }
}

impl Traffic {
    /// The headers of each request.
    pub fn headers(&self) -> Vec<(String, String)> {
        let usual = [("user-agent", "bench"), ("accept", "*/*")];
        let usual = usual.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut headers: Vec<_> = usual.into_iter().chain(self.headers.clone()).collect();
        // Beside four of HTTP/2's names, and the two that Envoy adds.
        for nth in headers.len() + 6..self.headers_in_all {
            headers.push((format!("x-header-{nth}"), "a value of usual length".to_owned()));
        }
        headers
    }

    /// The request of that number.
    pub fn request(&self, nth: u32) -> Request {
        match self.clients {
            Some(clients) => self.of_client("measured", nth % clients),
            None if self.two_methods && nth % 2 == 1 => self.with("POST", &self.path),
            None => self.with("GET", &self.path),
        }
    }

    /// How many clients send what is measured.
    pub fn clients(&self) -> u32 {
        self.clients.unwrap_or(1)
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

    /// The request of a client of that number.
    pub fn of_client(&self, kind: &str, nth: u32) -> Request {
        self.with("GET", &self.path).header("x-client", format!("{kind}-{nth:07}"))
    }

    fn with(&self, method: &str, path: &str) -> Request {
        let request = Request::new(method, path);
        self.headers()
            .into_iter()
            .fold(request, |request, (name, value)| request.header(&name, value))
    }
}
