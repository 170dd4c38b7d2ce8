//! Answers of the gate's own endpoints, below `own_routes`.

use crate::json::Object;
use crate::local_reply::Reply;
use crate::metrics::Format;
use crate::status_page;
use crate::warnings::Warning;

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

/// The answer to the path that all of them are below: the page is there.
pub fn redirect(page: String) -> Reply {
    let headers = vec![("location", page.into()), ("cache-control", "no-store".into())];
    Reply { status: 308, grpc_status: None, headers, body: String::new() }
}

/// The answer of `/metrics`.
pub fn metrics(format: Format, exposition: String) -> Reply {
    reply(format.content_type(), exposition)
}

/// The answer of `/metrics` where Envoy does not keep what is counted: numbers would be wrong.
pub fn statistics_dropped() -> Reply {
    let mut body = Object::default();
    body.text("error", "unavailable");
    body.text("message", Warning::StatisticsDropped.sentence());
    Reply { status: 503, ..reply("application/json", body.finish()) }
}

fn reply(content_type: &'static str, body: String) -> Reply {
    let headers = vec![("content-type", content_type.into()), ("cache-control", "no-store".into())];
    Reply { status: 200, grpc_status: None, headers, body }
}
