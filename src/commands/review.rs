//! `hublink review`: a saved report judged again, offline.

use super::super::Failed;
use super::run::{Mode, deliver, told};
use crate::cli::ReviewArgs;
use crate::exit::Exit;
use crate::report;
use crate::review::{read, review};

/// Reads the report, judges it and shows what came of it.
///
/// # Errors
/// If the report cannot be read, or what came of it cannot be written.
pub fn run(args: &ReviewArgs) -> Result<Exit, Failed> {
    told(reviewed(args), args.show.format)
}

fn reviewed(args: &ReviewArgs) -> Result<Exit, Failed> {
    let saved = read(&args.saved, &mut std::io::stdin().lock())
        .map_err(|error| Failed::usage(error.to_string()))?;
    let report = review(&saved);
    let mode = match report.mode {
        Some(report::Mode::Preflight) => Mode::Preflight,
        Some(report::Mode::Doctor) | None => Mode::Doctor,
    };
    deliver(&report, &args.show, mode)
}
