//! What fuzzing reached is judged again by every test run; see `tests/fuzz/README.md`.

#[path = "../../tests/fuzz/bodies/chain.rs"]
mod chain;
#[path = "../../tests/fuzz/bodies/hubs_ini.rs"]
mod hubs_ini;
#[path = "../../tests/fuzz/bodies/link.rs"]
mod link;

use std::fs;
use std::path::Path;

fn replayed(name: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(name);
    let files = fs::read_dir(&folder).expect("a corpus").map(|file| file.expect("a file").path());
    let mut count = 0;
    for file in files {
        body(&fs::read(&file).expect("bytes"));
        count += 1;
    }
    assert!(count > 10, "{count} inputs");
}

#[test]
fn chains_that_fuzzing_reached_are_judged() {
    replayed("chain", chain::judged);
}

#[test]
fn files_that_fuzzing_reached_are_read() {
    replayed("hubs_ini", hubs_ini::read);
}

#[test]
fn links_that_fuzzing_reached_are_read() {
    replayed("link", link::inspected);
}
