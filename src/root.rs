//! The root context: a configuration comes in, ticks come by, streams begin.

use std::rc::Rc;

use super::abi::{self, Level};
use super::plugin::Plugin;
use super::{callouts, probes, token_fetches};
use probegate_core::config::Mistake;

/// One plugin of the VM, once it is configured.
#[derive(Debug, Default)]
pub struct Root {
    plugin: Option<Rc<Plugin>>,
}

impl Root {
    /// Reads the configuration, so many bytes of it; says whether it is at work now.
    pub fn on_configure(&mut self, size: usize) -> bool {
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

    /// Time goes by. Returns the streams that wait for a body, and have for too long.
    pub fn on_tick(&mut self) -> Vec<u32> {
        let Some(plugin) = &self.plugin else { return Vec::new() };
        plugin.on_tick();
        callouts::forget();
        probes::on_tick(plugin);
        token_fetches::on_tick(plugin);
        plugin.bodies.overdue()
    }

    /// What a stream that begins now belongs to; `None` if nothing could be configured.
    pub fn plugin(&self) -> Option<Rc<Plugin>> {
        self.plugin.clone()
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
