//! Exit codes. They are the same in every format.

use std::process::ExitCode;

use crate::report::{Ready, Report};

/// What a run amounts to for whoever called it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    /// Every hub is ready; or a command did what it was asked for.
    Good = 0,
    /// At least one hub is not ready; or the input is not what it should be.
    Bad = 1,
    /// The command line is wrong, or a file it names cannot be used.
    Usage = 2,
    /// Nothing failed, but something needed could not be examined.
    Unknown = 3,
}

impl Exit {
    /// The code of a run: one hub that is not ready outweighs one that could not be examined.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let is = |ready| report.hubs.iter().any(|hub| hub.verdict.ready == ready);
        if is(Ready::No) {
            Self::Bad
        } else if is(Ready::Unknown) || report.hubs.is_empty() {
            Self::Unknown
        } else {
            Self::Good
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
