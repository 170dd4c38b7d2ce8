//! The one way from a hook to a stream: what panics below is caught, and nothing borrows the stream while Envoy
//! is told what to do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::abi::{EnvoyFilter, ModuleConfig, ModuleFilter};
use crate::envoy::{Filter, Level, log};
use crate::plugin::Plugin;
use crate::stream::{HttpStream, Step};
use probegate_core::local_reply::Reply;

/// A stream of Envoy's in the module, with its plugin.
pub struct Slot {
    plugin: *const Plugin,
    stream: HttpStream,
}

impl Slot {
    /// The slot of a stream of that configuration.
    pub fn new(plugin: ModuleConfig, stream: HttpStream) -> Self {
        Self { plugin: plugin.cast(), stream }
    }

    /// Hands it to Envoy.
    pub fn into_raw(self) -> ModuleFilter {
        Box::into_raw(Box::new(self)).cast_const().cast()
    }

    /// Takes it back from Envoy.
    ///
    /// # Safety
    /// [`Slot::into_raw`] made it, and nobody has it any more.
    pub unsafe fn from_raw(raw: ModuleFilter) -> Box<Self> {
        // SAFETY: as the caller says.
        unsafe { Box::from_raw(raw.cast_mut().cast()) }
    }

    /// The stream, and the plugin that judges it.
    ///
    /// # Safety
    /// Its configuration is still there.
    pub unsafe fn parts(&mut self) -> (&mut HttpStream, &Plugin) {
        // SAFETY: as the caller says.
        (&mut self.stream, unsafe { &*self.plugin })
    }
}

/// Returns what `act` returns, or `otherwise` if it panics.
pub fn caught<T>(otherwise: T, act: impl FnOnce() -> T) -> T {
    // What is behind a lock is never left half done, and a stream is over before anything is done to it.
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| {
        log(Level::Critical, "probegate: a panic was caught; please report it");
        otherwise
    })
}

/// Acts on a stream, with its plugin and what Envoy has of it.
///
/// # Safety
/// Both are what a hook about a stream was called with, and `act` calls nothing that calls a hook about it.
unsafe fn with<T>(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    act: impl FnOnce(&mut HttpStream, &Plugin, &mut Filter) -> T,
) -> T {
    // SAFETY: `filter_new` made it, and Envoy keeps the configuration for as long as its streams.
    let (slot, mut filter) =
        unsafe { (&mut *stream.cast_mut().cast::<Slot>(), Filter::new(filter)) };
    // SAFETY: as above.
    let (stream, plugin) = unsafe { slot.parts() };
    act(stream, plugin, &mut filter)
}

/// Shows a stream something that nothing follows.
///
/// # Safety
/// As of [`with`].
pub unsafe fn shown(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    act: impl FnOnce(&mut HttpStream, &Plugin, &mut Filter),
) {
    // SAFETY: the hook's.
    caught((), || unsafe { with(filter, stream, act) });
}

/// Asks a stream what to do about its request, and does it; 500 if something panics. `None` if the request was
/// answered.
///
/// # Safety
/// As of [`with`].
pub unsafe fn on_request(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    ask: impl FnOnce(&mut HttpStream, &Plugin, &mut Filter) -> Step,
) -> Option<Step> {
    let done = caught(Err(()), || {
        // SAFETY: the hook's.
        unsafe {
            let step = with(filter, stream, ask);
            Ok(take(filter, stream, step))
        }
    });
    // SAFETY: the hook's.
    done.unwrap_or_else(|()| unsafe { on_panic(filter, stream) })
}

/// Does what a stream's step says, and whatever follows; `None` if the request was answered.
///
/// # Safety
/// As of [`with`].
unsafe fn take(filter: EnvoyFilter, stream: ModuleFilter, step: Step) -> Option<Step> {
    // SAFETY: the hook's, and gone when it returns.
    let mut envoy = unsafe { Filter::new(filter) };
    let mut step = step;
    loop {
        match step {
            Step::Reply(reply) => {
                envoy.send_reply(&reply);
                return None;
            }
            Step::Ask(call) => {
                let started = envoy.start_call(&call);
                // SAFETY: nothing else borrows the stream now.
                step = unsafe {
                    with(filter, stream, |stream, plugin, filter| {
                        stream.on_asked(plugin, filter, started)
                    })
                };
            }
            other => return Some(other),
        }
    }
}

/// Answers a request at which something panicked, with its ID; without, if that panics as well.
///
/// # Safety
/// As of [`with`].
unsafe fn on_panic(filter: EnvoyFilter, stream: ModuleFilter) -> Option<Step> {
    let told = caught(false, || {
        // SAFETY: the hook's, and what panicked borrows nothing any more.
        unsafe {
            let step = with(filter, stream, HttpStream::on_panic);
            take(filter, stream, step).is_none()
        }
    });
    if !told {
        // SAFETY: the hook's, and gone when it returns.
        unsafe { Filter::new(filter) }.send_reply(&Reply::new(500, String::new()));
    }
    None
}
