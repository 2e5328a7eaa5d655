#![no_main]

#[path = "../bodies/hubs_ini.rs"]
mod hubs_ini;

libfuzzer_sys::fuzz_target!(|data: &[u8]| hubs_ini::read(data));
