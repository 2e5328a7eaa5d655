#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hublink_probe::fuzzing::head(data));
