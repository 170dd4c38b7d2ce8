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

    /// In the Envoy of `PROBEGATE_ENVOY`, statistics have what the gate counted in the last second only when another
    /// request ends: before 1.40 nothing else can hand over what a dynamic module counts. Tests do not wait for it there.
    pub fn statistics_lag() -> bool {
        let version = env::var("PROBEGATE_ENVOY").unwrap_or_default();
        let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
        Self::from_env() == Self::Native && minor.is_some_and(|minor| minor < 40)
    }

    /// The test is about statistics up to the last request, and they lag: that is told.
    pub fn has_no_last_statistics() -> bool {
        let lag = Self::statistics_lag();
        if lag {
            println!(
                "left out: before Envoy 1.40 statistics of the module come with a later request"
            );
        }
        lag
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
