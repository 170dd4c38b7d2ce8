//! Hooks about the library and its configurations.

use std::ptr;

use super::guard::caught;
use crate::abi::{self, Buffer, EnvoyConfig, ModuleConfig};
use crate::envoy::{self, Config, Level, log};
use crate::main_thread;
use crate::plugin::Plugin;

/// # Safety
/// It is a configuration that is there.
pub unsafe fn plugin_of<'a>(plugin: ModuleConfig) -> &'a Plugin {
    // SAFETY: `config_new` made it.
    unsafe { &*plugin.cast::<Plugin>() }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_program_init() -> *const u8 {
    // The version of the ABI, of which Envoy only warns if it is not its own.
    match abi::load() {
        Ok(()) if envoy::is_since_1_40() => c"v0.2.0".as_ptr().cast(),
        Ok(()) => c"v0.1.0".as_ptr().cast(),
        Err(sentence) => {
            // Its log may be one of the callbacks that this Envoy does not have.
            eprintln!("probegate: {sentence}");
            ptr::null()
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_new(
    config: EnvoyConfig,
    name: Buffer,
    text: Buffer,
) -> ModuleConfig {
    caught(ptr::null(), || {
        // SAFETY: Envoy's, until this returns.
        let (mut config, name, text) = unsafe { (Config::new(config), name.bytes(), text.bytes()) };
        match Plugin::configure(&mut config, &String::from_utf8_lossy(name), text) {
            Ok(plugin) => Box::into_raw(Box::new(plugin)).cast_const().cast(),
            Err(mistake) => {
                log(Level::Error, &format!("probegate: {mistake}"));
                ptr::null()
            }
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_destroy(plugin: ModuleConfig) {
    caught((), || {
        // SAFETY: `config_new` made it, and nobody has it any more.
        drop(unsafe { Box::from_raw(plugin.cast_mut().cast::<Plugin>()) });
    });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_scheduled(
    config: EnvoyConfig,
    plugin: ModuleConfig,
    _event: u64,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe { main_thread::on_tick(plugin_of(plugin), &mut Config::new(config)) });
}
