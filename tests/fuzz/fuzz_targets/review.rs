#![no_main]

#[path = "../bodies/review.rs"]
mod review;

libfuzzer_sys::fuzz_target!(|data: &[u8]| review::read(data));
