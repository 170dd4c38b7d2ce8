//! The form of the gate that a verb works on.

use clap::Args;

pub use testbed::Host;

/// The option of the verbs that work on either form.
#[derive(Clone, Copy, Debug, Args)]
pub struct Form {
    /// Take the dynamic module in place of the Wasm filter
    #[arg(long)]
    pub native: bool,
}

impl Form {
    pub fn host(self) -> Host {
        if self.native { Host::Native } else { Host::Wasm }
    }
}
