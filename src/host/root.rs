//! The root context: a configuration comes in, ticks come by, streams begin.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use super::abi::{self, Level};
use super::plugin::Plugin;
use super::probes;
use super::stream::HttpStream;
use crate::config::Mistake;

/// One plugin of the VM, once it is configured.
#[derive(Debug, Default)]
pub struct Root {
    plugin: Option<Rc<Plugin>>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        match configure(size) {
            Ok(plugin) => {
                self.plugin = Some(Rc::new(plugin));
                true
            }
            Err(mistake) => {
                abi::log(Level::Error, &format!("probegate: {mistake}"));
                false
            }
        }
    }

    fn on_tick(&mut self) {
        if let Some(plugin) = &self.plugin {
            plugin.on_tick();
            probes::on_tick(plugin);
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(HttpStream::new(self.plugin.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// The plugin, once nothing can fail any more: what Envoy is told was refused must not be at work.
fn configure(size: usize) -> Result<Plugin, Mistake> {
    let bytes = abi::plugin_configuration(size)
        .map_err(|_| Mistake::new("Envoy did not hand over the configuration"))?;
    let plugin = Plugin::configure(&bytes)?;
    abi::set_tick_period(plugin.tick)
        .map_err(|_| Mistake::new("Envoy did not take the tick's period"))?;
    Ok(plugin)
}
