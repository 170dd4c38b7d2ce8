//! The root context: a configuration comes in, ticks and answers come by, streams begin.

use std::cell::RefCell;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};

use super::calls::Purpose;
use super::held::with;
use super::plugin::Plugin;
use super::stream::{HttpStream, Unconfigured};
use super::{abi, access, calls, exchange, global_rate_limit, probes, token_fetches};
use probegate_core::config::Mistake;
use probegate_core::log::Level;

thread_local! {
    /// The plugins that are configured, by the numbers of their roots. Streams find theirs here: by way of its roots the SDK
    /// looks for them twice.
    static PLUGINS: RefCell<Vec<(u32, Rc<Plugin>)>> = const { RefCell::new(Vec::new()) };
}

/// The plugin of a root, once it is configured.
fn plugin_of(root: u32) -> Option<Rc<Plugin>> {
    with(&PLUGINS, |plugins| {
        plugins.iter().find(|(of, _)| *of == root).map(|(_, own)| own.clone())
    })?
}

/// Puts a plugin, or none, in the place of a root's. False if that could not be done.
fn put(root: u32, plugin: Option<Plugin>) -> bool {
    // The former one goes when nothing acts on the list any more: it hands over its counts.
    let former = with(&PLUGINS, |plugins| {
        let place = plugins.iter().position(|(of, _)| *of == root);
        let former = place.map(|place| plugins.swap_remove(place));
        plugins.extend(plugin.map(|plugin| (root, Rc::new(plugin))));
        former
    });
    former.is_some()
}

/// The context of a stream that begins below a root.
pub fn stream(id: u32, root: u32) -> Box<dyn HttpContext> {
    match plugin_of(root) {
        Some(plugin) => Box::new(HttpStream::new(id, plugin)),
        None => Box::new(Unconfigured),
    }
}

/// One plugin of the VM, which is in [`PLUGINS`] once it is configured.
#[derive(Debug)]
pub struct Root {
    /// Envoy's number for it. Others see by it that the root is there.
    id: Rc<u32>,
}

impl Root {
    /// The root that Envoy calls by this number.
    pub fn new(id: u32) -> Self {
        Self { id: Rc::new(id) }
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

/// Its plugin stays as long as a stream has it.
impl Drop for Root {
    fn drop(&mut self) {
        put(*self.id, None);
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
            Ok(plugin) => put(*self.id, Some(plugin)),
            Err(mistake) => {
                access::write(Level::Error, &format!("probegate: {mistake}"));
                false
            }
        }
    }

    fn on_tick(&mut self) {
        let Some(plugin) = &plugin_of(*self.id) else { return };
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
}
