//! `hublink review`: a saved report judged again, offline.

use super::super::Failed;
use super::run::{Mode, deliver, key_has_a_place, told};
use crate::cli::ReviewArgs;
use crate::exit::Exit;
use crate::redact::Key;
use crate::report;
use crate::review::{read, review, saved_of};

/// Reads the report, judges it and shows what came of it.
///
/// # Errors
/// If the report cannot be read, or what came of it cannot be written.
pub fn run(args: &ReviewArgs) -> Result<Exit, Failed> {
    told(reviewed(args), args.show.format)
}

fn reviewed(args: &ReviewArgs) -> Result<Exit, Failed> {
    key_has_a_place(&args.show)?;
    let saved = read(&args.saved, &mut std::io::stdin().lock())
        .map_err(|error| Failed::usage(error.to_string()))?;
    let report = match &args.key {
        Some(path) => {
            let refused = |error: crate::redact::KeyError| Failed::usage(error.to_string());
            let key = Key::read(path).map_err(refused)?;
            review(&saved_of(&key.restore(&saved.report).map_err(refused)?))
        }
        None => review(&saved),
    };
    let mode = match report.mode {
        Some(report::Mode::Preflight) => Mode::Preflight,
        Some(report::Mode::Doctor) | None => Mode::Doctor,
    };
    deliver(&report, &args.show, mode)
}
