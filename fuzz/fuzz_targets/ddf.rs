#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| footbridge_fuzz::run("ddf", data));
