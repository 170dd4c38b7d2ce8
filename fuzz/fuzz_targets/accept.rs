#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| probegate_fuzz::accept::run(data));
