//! One configuration at work in one VM.

use std::cell::RefCell;

use super::abi::{self, Level};
use super::environment::{Environment, now};
use super::meter::Statistics;
use crate::config::shape::Access;
use crate::config::{self, Mistake};
use crate::gate::Gate;
use crate::limit::client::HashKey;
use crate::metrics::Meter;

/// A gate and what it has counted. Streams share it, so one that outlives its configuration is
/// still judged and counted by it.
#[derive(Debug)]
pub struct Plugin {
    pub state: RefCell<State>,
    pub request_id_header: Box<[u8]>,
    pub access: Access,
    pub service: String,
}

/// What changes with each request.
#[derive(Debug)]
pub struct State {
    pub gate: Gate,
    pub environment: Environment,
    pub meter: Meter,
}

impl Plugin {
    /// Reads a configuration and puts it to work.
    pub fn configure(configuration: &[u8]) -> Result<Self, Mistake> {
        let hash_key = shared_hash_key()?;
        let env = |name: &str| std::env::var(name).ok();
        let compiled = config::compile(config::parse(configuration)?, &env, hash_key)?;
        warn_once(&compiled.warnings);
        let plugin_name = text_property("plugin_name");
        let root_id = text_property("plugin_root_id");
        // Plugins that are told apart by name or by window do not count each other's clients.
        let window = compiled.gate.limit.as_ref().map_or(0, |limit| limit.limiter.quota().window);
        let slots = format!("probegate.limit.{plugin_name}.{root_id}.{window}.");
        let meter = Meter::new(&compiled.namespace);
        Ok(Self {
            request_id_header: compiled.gate.names.request_id.clone(),
            access: compiled.access,
            service: compiled.service.unwrap_or(plugin_name),
            state: RefCell::new(State {
                gate: compiled.gate,
                environment: Environment::new(slots, hash_key),
                meter,
            }),
        })
    }

    /// Once a second: sees the time go by, and hands over what was counted.
    pub fn on_tick(&self) {
        self.state.borrow_mut().gate.on_tick(now());
        self.flush();
    }

    /// Hands over what was counted.
    fn flush(&self) {
        self.state.borrow_mut().meter.flush(&mut Statistics);
    }
}

/// What was counted since the last tick goes to Envoy when nobody can count any more.
impl Drop for Plugin {
    fn drop(&mut self) {
        self.flush();
    }
}

/// The key that places clients: whoever comes first in the process draws it.
fn shared_hash_key() -> Result<HashKey, Mistake> {
    const KEY: &str = "probegate.hash_key";
    let mut drawn = [0; 16];
    let shared = abi::random(&mut drawn)
        .and_then(|()| abi::set_shared_data(KEY, &drawn, abi::ABSENT))
        .and_then(|_| abi::shared_data(KEY));
    match shared {
        Ok(Some((key, _))) => match key.try_into() {
            Ok(key) => Ok(HashKey(key)),
            Err(_) => Err(Mistake::new(format!("another plugin set the shared value {KEY}"))),
        },
        _ => Err(Mistake::new("Envoy gave no random bytes, or no shared data")),
    }
}

/// Logs the warnings in one of a process's VMs, unless they are the ones that were logged last.
fn warn_once(warnings: &[String]) {
    const KEY: &str = "probegate.warned";
    let text = warnings.join("\n");
    let (last, version) = match abi::shared_data(KEY) {
        Ok(Some(shared)) => shared,
        _ => (Vec::new(), abi::ABSENT),
    };
    if last != text.as_bytes() && abi::set_shared_data(KEY, text.as_bytes(), version) == Ok(true) {
        for warning in warnings {
            abi::log(Level::Warn, &format!("probegate: {warning}"));
        }
    }
}

fn text_property(name: &str) -> String {
    let value = abi::property(name).ok().flatten().unwrap_or_default();
    String::from_utf8_lossy(&value).into_owned()
}
