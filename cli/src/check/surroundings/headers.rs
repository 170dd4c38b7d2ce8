//! Checks of the connection manager's changes to a request before the gate sees it.

use super::Context;
use crate::check::finding::{Findings, is_set, line_of};
use crate::document::Node;

pub fn check(context: &Context<'_>, manager: &Node, findings: &mut Findings) {
    request_id(context, manager, findings);
    normalization(manager, findings);
}

fn request_id(context: &Context<'_>, manager: &Node, findings: &mut Findings) {
    let gate = &context.meaning.compiled.gate;
    // Envoy has its own ways with this header only, and they matter only if it may be kept.
    if *gate.names.request_id != *b"x-request-id" || !gate.accept_request_id {
        return;
    }
    let generate = manager.entry("generate_request_id");
    if generate.is_none() || is_set(generate) {
        findings.warn("request-id", line_of(generate, manager), "Envoy mints a request ID before the gate sees the request: set generate_request_id: false");
    }
    let preserve = manager.entry("preserve_external_request_id");
    if !is_set(preserve) {
        findings.warn("request-id", line_of(preserve, manager), "Envoy may drop the client's request ID before the gate sees it: set preserve_external_request_id: true");
    }
}

fn normalization(manager: &Node, findings: &mut Findings) {
    let normalize = manager.entry("normalize_path");
    if !is_set(normalize) {
        findings.warn("normalize-path", line_of(normalize, manager), "Envoy forwards a path as the client disguised it (/a/../metrics), and what its own routes match is another one than the service serves: set normalize_path: true");
    }
    let options = manager.get("common_http_protocol_options");
    let action = options.and_then(|options| options.entry("headers_with_underscores_action"));
    let text = action.and_then(|action| action.value.text());
    if !matches!(text, Some("REJECT_REQUEST" | "DROP_HEADER" | "1" | "2")) {
        findings.warn("underscores", line_of(action, options.unwrap_or(manager)), "a client's x_request_id is x-request-id to many servers (CGI, WSGI, PHP), and so with every header that the gate vouches for: set common_http_protocol_options.headers_with_underscores_action: REJECT_REQUEST");
    }
}
