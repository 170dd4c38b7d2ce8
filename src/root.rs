//! The root context: a configuration comes in, ticks and answers come by, streams begin.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use super::calls::Purpose;
use super::plugin::Plugin;
use super::stream::{HttpStream, Unconfigured};
use super::{abi, access, calls, exchange, global_rate_limit, probes, token_fetches};
use probegate_core::config::Mistake;
use probegate_core::log::Level;

/// One plugin of the VM, once it is configured.
#[derive(Debug)]
pub struct Root {
    /// Envoy's number for it. Others see by it that the root is there.
    id: Rc<u32>,
    plugin: Option<Rc<Plugin>>,
}

impl Root {
    /// The root that Envoy calls by this number.
    pub fn new(id: u32) -> Self {
        Self { id: Rc::new(id), plugin: None }
    }

    /// The plugin, once nothing can fail any more: what Envoy is told was refused must not be at work.
    fn configured(&self, size: usize) -> Result<Plugin, Mistake> {
        let bytes = abi::plugin_configuration(size)
            .map_err(|_| Mistake::new("Envoy did not hand over the configuration"))?;
        let plugin = Plugin::configure(&bytes, &self.id)?;
        abi::set_tick_period(plugin.tick)
            .map_err(|_| Mistake::new("Envoy did not take the tick's period"))?;
        Ok(plugin)
    }
}

impl Context for Root {
    /// Every call is a root's, also one that was made for a stream.
    fn on_http_call_response(&mut self, token: u32, _: usize, body_size: usize, _: usize) {
        // The answer can be read until this returns.
        let Some((purpose, plugin)) = calls::end(token) else { return };
        match purpose {
            Purpose::Probe(ticket) => probes::on_answer(&plugin, ticket, body_size),
            Purpose::Fetch(source) => token_fetches::on_answer(&plugin, source, body_size),
            Purpose::Request(stream) => {
                if !exchange::on_call(&stream, token, body_size) {
                    global_rate_limit::on_orphaned_response(&plugin, body_size);
                }
            }
        }
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        match self.configured(size) {
            Ok(plugin) => {
                self.plugin = Some(Rc::new(plugin));
                true
            }
            Err(mistake) => {
                access::write(Level::Error, &format!("probegate: {mistake}"));
                false
            }
        }
    }

    fn on_tick(&mut self) {
        let Some(plugin) = &self.plugin else { return };
        calls::forget();
        probes::on_tick(plugin);
        token_fetches::on_tick(plugin);
        // Last, so that it hands over what the probes have said by now.
        plugin.on_tick();
        for stream in exchange::overdue(plugin) {
            exchange::on_overdue_body(&stream);
        }
    }

    /// A stream has something to be sent.
    fn on_queue_ready(&mut self, _: u32) {
        exchange::on_wake(global_rate_limit::send);
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(match &self.plugin {
            Some(plugin) => Box::new(HttpStream::new(id, plugin.clone())),
            None => Box::new(Unconfigured),
        })
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
