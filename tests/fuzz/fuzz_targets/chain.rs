#![no_main]

#[path = "../bodies/chain.rs"]
mod chain;

libfuzzer_sys::fuzz_target!(|data: &[u8]| chain::judged(data));
