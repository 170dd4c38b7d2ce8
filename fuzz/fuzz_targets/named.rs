#![no_main]
//! The target that `PROBEGATE_FUZZ` names, for libFuzzer.

use std::env;
use std::sync::LazyLock;

use probegate_fuzz::{TARGETS, Target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = env::var("PROBEGATE_FUZZ").expect("PROBEGATE_FUZZ names a target");
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.expect("PROBEGATE_FUZZ names a target that there is").1
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| (*TARGET)(data));
