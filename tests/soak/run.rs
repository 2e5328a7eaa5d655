//! A thousand runs over the practice world with random faults.
//!
//! `cargo run --release --example soak -- --runs 1000 --seed 1` prints the figures and ends with 0 if
//! nothing hung, nothing grew, nobody was accused wrongly for certain, and each run that was repeated
//! said the same again.

mod soak;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use soak::{Plan, soak};

/// What the program may grow by after the first fifth of the runs, in KiB.
const GROWTH: u64 = 16 * 1024;

fn main() -> io::Result<ExitCode> {
    let (mut runs, mut seed) = (1000, 1);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let number = words.next().and_then(|number| number.parse().ok());
        match (word.as_str(), number) {
            ("--runs", Some(number)) => runs = number,
            ("--seed", Some(number)) => seed = number,
            _ => return Err(io::Error::other("usage: soak [--runs N] [--seed N]")),
        }
    }
    let runs = usize::try_from(runs).unwrap_or(usize::MAX);
    let begun = Instant::now();
    let plan = Plan { runs, seed, settled: runs.div_ceil(5).max(1), growth: Some(GROWTH) };
    let figures = soak(plan);
    let mut out = io::stdout().lock();
    writeln!(out, "{runs} runs of seed {seed}, {} hubs, {:?}", figures.hubs, begun.elapsed())?;
    writeln!(out, "as expected      {}", figures.right)?;
    writeln!(out, "cut short        {}", figures.cut_short)?;
    writeln!(out, "said twice       {} of {} runs", figures.repeated, runs)?;
    writeln!(out, "longest run      {:?}", figures.longest)?;
    for (what, count) in &figures.less_sure {
        writeln!(out, "otherwise        {count} × {what}")?;
    }
    for (runs, size) in &figures.sizes {
        writeln!(out, "after {runs:>5} runs  {size:?}")?;
    }
    for wrong in &figures.wrong {
        writeln!(out, "WRONG            {wrong}")?;
    }
    Ok(if figures.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
