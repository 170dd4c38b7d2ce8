//! The context of a stream: what Envoy calls about a request and its answer.

use std::cell::RefCell;
use std::iter;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use super::abi;
use super::exchange::Exchange;
use super::header_edits::serialize;
use super::plugin::Plugin;

/// A stream of a plugin. The root acts on it, too, when what the request waits for has come, or never does.
#[derive(Debug)]
pub struct HttpStream(Rc<RefCell<Exchange>>);

impl HttpStream {
    /// The stream that Envoy calls by this number.
    pub fn new(id: u32, plugin: Rc<Plugin>) -> Self {
        Self(Rc::new_cyclic(|me| RefCell::new(Exchange::new(id, plugin, me.clone()))))
    }

    /// Acts on it; what something else acts on now, which nothing does, stays where it is.
    fn act(&self, act: impl FnOnce(&mut Exchange) -> Action) -> Action {
        self.0.try_borrow_mut().map_or(Action::Pause, |mut exchange| act(&mut exchange))
    }
}

impl Context for HttpStream {}

impl HttpContext for HttpStream {
    fn on_http_request_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        self.act(|exchange| exchange.on_request_headers(end_of_stream))
    }

    /// The size is that of all that is held, while a body is.
    fn on_http_request_body(&mut self, body_size: usize, end_of_stream: bool) -> Action {
        self.act(|exchange| exchange.on_request_body(body_size, end_of_stream))
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        self.act(Exchange::on_request_trailers)
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.act(|exchange| {
            exchange.on_response_headers();
            Action::Continue
        })
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        self.act(|exchange| {
            exchange.on_response_trailers();
            Action::Continue
        })
    }
}

/// A stream of a plugin that could not be configured: nothing may pass.
#[derive(Debug)]
pub struct Unconfigured;

impl Context for Unconfigured {}

impl HttpContext for Unconfigured {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let _ =
            abi::send_reply(503, &serialize(iter::empty()), b"probegate is not configured", None);
        Action::Pause
    }

    fn on_http_request_body(&mut self, _: usize, _: bool) -> Action {
        Action::Pause
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        Action::Pause
    }
}
