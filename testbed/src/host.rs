//! The form of the gate that tests run: a proxy-wasm filter, or a dynamic module.

use std::env;
use std::path::PathBuf;

use crate::workspace;

/// The form of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// `dist/probegate.wasm`.
    Wasm,
    /// `dist/libprobegate.so`.
    Native,
}

impl Host {
    /// The one that `PROBEGATE_HOST` names, `wasm` or `native`; without it Wasm.
    pub fn from_env() -> Self {
        match env::var("PROBEGATE_HOST").as_deref() {
            Err(_) | Ok("wasm") => Self::Wasm,
            Ok("native") => Self::Native,
            Ok(other) => panic!("PROBEGATE_HOST is {other}: it must be wasm or native"),
        }
    }

    /// The value of `PROBEGATE_HOST` that names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wasm => "wasm",
            Self::Native => "native",
        }
    }

    /// The tests run another form, and this one is only about this: the reason is told.
    pub fn is_not_tested(self, reason: &str) -> bool {
        let other = Self::from_env() != self;
        if other {
            println!("only of {self:?}: {reason}");
        }
        other
    }

    /// The name of the filter in Envoy, by which a route can disable it.
    pub fn filter(self) -> &'static str {
        match self {
            Self::Wasm => "envoy.filters.http.wasm",
            Self::Native => "envoy.filters.http.dynamic_modules",
        }
    }

    /// The bootstrap that a user starts with.
    pub fn bootstrap(self) -> &'static str {
        match self {
            Self::Wasm => "envoy/envoy.yaml",
            Self::Native => "envoy/native.yaml",
        }
    }

    /// The built file: what `PROBEGATE_MODULE` names, or the one in `dist/`.
    pub fn module(self) -> PathBuf {
        let (built, verb) = match self {
            Self::Wasm => ("dist/probegate.wasm", "build"),
            Self::Native => ("dist/libprobegate.so", "build --native"),
        };
        let path = env::var_os("PROBEGATE_MODULE")
            .map_or_else(|| workspace().join(built), |named| workspace().join(named));
        assert!(
            path.is_file(),
            "there is no module at {}: run `cargo xtask {verb}`",
            path.display()
        );
        path
    }
}
