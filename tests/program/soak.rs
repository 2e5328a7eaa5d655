//! A short soak; `tests/README.md` has the command for a long one.

#[path = "../soak/soak.rs"]
mod runs;

use runs::{Plan, soak};

#[test]
fn forty_runs_with_random_faults() {
    // Memory is not measured: the other tests of this program have theirs meanwhile.
    let figures = soak(Plan { runs: 40, seed: 7, settled: 40, growth: None });
    assert!(figures.wrong.is_empty(), "{:#?}", figures.wrong);
    assert!(figures.hubs > 60 && figures.repeated > 0, "{figures:?}");
    assert!(figures.right * 10 > figures.hubs * 7, "{figures:#?}");
}
