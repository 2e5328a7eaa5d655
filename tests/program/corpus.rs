//! Reports that fuzzing reached are read, judged and told again; see `tests/fuzz/README.md`.

use std::fs;
use std::path::Path;

#[path = "../fuzz/bodies/review.rs"]
mod review;

#[test]
fn reports_that_fuzzing_reached_are_read_and_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/review");
    let mut count = 0;
    for file in fs::read_dir(folder).expect("a corpus") {
        review::read(&fs::read(file.expect("a file").path()).expect("bytes"));
        count += 1;
    }
    assert!(count > 10, "{count} inputs");
}
