//! What the gate answers itself, below `own_routes`.

use crate::local_reply::Reply;
use crate::metrics::Format;
use crate::route::Class;
use crate::status_page;

/// A route of the gate's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/live`: 200 while the VM answers; open, as a health route is.
    Live,
    /// `/ready`: 200 or 503, and what the services are; open, too.
    Ready,
    /// `/status`: everything that is known of them, behind the metrics tokens.
    Status,
    /// `/`: the page; open, too, since it holds nothing.
    Page,
    /// `/metrics`: what was counted, behind the metrics tokens.
    Metrics,
}

impl Endpoint {
    /// What the route is to tokens and limits.
    pub fn class(self) -> Class {
        match self {
            Self::Live | Self::Ready | Self::Page => Class::Health,
            Self::Metrics | Self::Status => Class::Metrics,
        }
    }
}

/// The answer of `/live`.
pub fn live() -> Reply {
    reply("application/json", r#"{"status":"live"}"#.into())
}

/// The answer of `/ready` and of `/status`.
pub fn report(report: String, status: u16) -> Reply {
    Reply { status, ..reply("application/json", report) }
}

/// The answer of `/`.
pub fn page() -> Reply {
    let headers =
        status_page::HEADERS.iter().map(|(name, value)| (*name, (*value).into())).collect();
    Reply { status: 200, grpc_status: None, headers, body: status_page::HTML.into() }
}

/// The answer of `/metrics`.
pub fn metrics(format: Format, exposition: String) -> Reply {
    reply(format.content_type(), exposition)
}

fn reply(content_type: &'static str, body: String) -> Reply {
    let headers = vec![("content-type", content_type.into()), ("cache-control", "no-store".into())];
    Reply { status: 200, grpc_status: None, headers, body }
}

/// Where the gate answers itself: a path such as `/-/gate`, or nowhere.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(Option<Box<[u8]>>);

impl Endpoints {
    /// Answers below this path.
    pub fn below(path: &str) -> Self {
        Self(Some(path.as_bytes().into()))
    }

    /// The route of a request target whose path is, as sent, exactly that route's.
    pub fn find(&self, target: &[u8]) -> Option<Endpoint> {
        let path = target.split(|byte| *byte == b'?').next()?;
        match path.strip_prefix(self.0.as_deref()?)? {
            b"/" => Some(Endpoint::Page),
            b"/live" => Some(Endpoint::Live),
            b"/ready" => Some(Endpoint::Ready),
            b"/status" => Some(Endpoint::Status),
            b"/metrics" => Some(Endpoint::Metrics),
            _ => None,
        }
    }
}
