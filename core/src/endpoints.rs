//! Answers of the gate's own endpoints, below `own_routes`.

use crate::json::Object;
use crate::local_reply::Reply;
use crate::metrics::Format;
use crate::status_page;
use crate::warnings::Warning;

/// The answer of `/live`.
pub fn live() -> Reply {
    reply(200, "application/json", r#"{"status":"live"}"#.into())
}

/// The answer of `/ready` and of `/status`.
pub fn report(report: String, status: u16) -> Reply {
    reply(status, "application/json", report)
}

/// The answer of `/`.
pub fn page() -> Reply {
    let mut page = Reply::new(200, status_page::HTML.into());
    status_page::HEADERS.iter().for_each(|(name, value)| page.push(name, value));
    page
}

/// The answer to the path that all of them are below: the page is there.
pub fn redirect(page: &str) -> Reply {
    let mut reply = Reply::new(308, String::new());
    reply.push_parts("location", [page]);
    reply.push("cache-control", "no-store");
    reply
}

/// The answer of `/metrics`.
pub fn metrics(format: Format, exposition: String) -> Reply {
    reply(200, format.content_type(), exposition)
}

/// The answer of `/metrics` where Envoy does not keep what is counted: numbers would be wrong.
pub fn statistics_dropped() -> Reply {
    let mut body = Object::default();
    body.text("error", "unavailable");
    body.text("message", Warning::StatisticsDropped.sentence());
    reply(503, "application/json", body.finish())
}

fn reply(status: u16, content_type: &'static str, body: String) -> Reply {
    let mut reply = Reply::new(status, body);
    reply.push("content-type", content_type);
    reply.push("cache-control", "no-store");
    reply
}
