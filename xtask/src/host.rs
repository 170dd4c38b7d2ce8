//! The form of the gate: the host that has the core in it.

use clap::Args;

/// Where the core runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// The proxy-wasm filter, `dist/probegate.wasm`.
    Wasm,
    /// The dynamic module, `dist/libprobegate.so`.
    Native,
}

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

impl Host {
    /// The bootstrap that the demo runs.
    pub fn bootstrap(self) -> &'static str {
        match self {
            Self::Wasm => "envoy/envoy.yaml",
            Self::Native => "envoy/native.yaml",
        }
    }

    /// The same, as the test bed has it.
    pub fn form(self) -> testbed::Host {
        match self {
            Self::Wasm => testbed::Host::Wasm,
            Self::Native => testbed::Host::Native,
        }
    }

    /// The value of `PROBEGATE_HOST` for the tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wasm => "wasm",
            Self::Native => "native",
        }
    }
}
