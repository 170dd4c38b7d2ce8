#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| probegate_fuzz::probe_answers::run(data));
