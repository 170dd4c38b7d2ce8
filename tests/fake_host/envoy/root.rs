//! Plugins in the VM of the calling thread.

use std::panic::resume_unwind;

use super::context::{Context, Plugin};
use super::message::{Exchange, Request};
use super::state::{self, State};
use super::stream::Stream;
use crate::host::module;

/// A root context: a plugin that was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root(pub u32);

impl Root {
    /// Loads a plugin into a root context of its own; says whether the module accepted it.
    pub fn load(plugin: Plugin) -> (Self, bool) {
        let root = Self(add(Context::Root { plugin, ticks: false }));
        module::on_context_create(root.0, 0);
        let accepted = root.configure(None);
        (root, accepted)
    }

    /// Configures the plugin, anew if there is a configuration; says whether the module accepted it.
    pub fn configure(self, configuration: Option<Vec<u8>>) -> bool {
        let size = with(|vm| {
            vm.effective = self.0;
            let Some(Context::Root { plugin, .. }) = vm.contexts.get_mut(&self.0) else {
                panic!("{self:?} is no root context")
            };
            if let Some(configuration) = configuration {
                plugin.configuration = configuration;
            }
            plugin.configuration.len()
        });
        module::on_configure(self.0, size)
    }

    /// The plugins that asked for ticks.
    pub fn ticking() -> Vec<Self> {
        let ticks = |(id, context): (&u32, &Context)| {
            matches!(context, Context::Root { ticks: true, .. }).then_some(Self(*id))
        };
        with(|vm| vm.contexts.iter().filter_map(ticks).collect())
    }

    pub fn tick(self) {
        with(|vm| vm.effective = self.0);
        module::on_tick(self.0);
    }

    /// A whole request: its head, the upstream's answer to it, and its end.
    pub fn send(self, request: Request) -> Exchange {
        let response = request.upstream.clone();
        let mut stream = Stream::open(self, request);
        if stream.forwarded() && !stream.answered() {
            stream.respond(response);
        }
        stream.close()
    }
}

/// The VM of this thread; ends the thread, without a word, if the VM has crashed.
pub fn with<T>(act: impl FnOnce(&mut State) -> T) -> T {
    state::with(act).unwrap_or_else(|_| resume_unwind(Box::new("crashed")))
}

/// A new context, which host calls are about from now on.
pub fn add(context: Context) -> u32 {
    with(|vm| {
        vm.last_context += 1;
        vm.contexts.insert(vm.last_context, context);
        vm.effective = vm.last_context;
        vm.last_context
    })
}

/// A context ends.
pub fn end(context: u32) {
    with(|vm| vm.effective = context);
    module::end(context);
    with(|vm| {
        vm.contexts.remove(&context);
        // Envoy cancels the calls of a plugin that goes away: nobody is called back.
        vm.outgoing.retain(|call| !call.is_of(context));
    });
}
