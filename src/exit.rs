//! Exit codes. They are the same in every format but that of Nagios.

use std::process::ExitCode;

use crate::render::nagios::State;
use crate::report::{Ready, Report};

/// What a run amounts to for whoever called it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// 0: every hub is ready; or a command did what it was asked for.
    Good,
    /// 1: at least one hub is not ready; or the input is not what it should be.
    Bad,
    /// 2: the command line is wrong, or a file it names cannot be used.
    Usage,
    /// 3: nothing failed, but something needed could not be examined.
    Unknown,
    /// A plug-in's state, for a caller that knows no other codes.
    Plugin(State),
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
        Self::from(match exit {
            Exit::Good => 0,
            Exit::Bad => 1,
            Exit::Usage => 2,
            Exit::Unknown => 3,
            Exit::Plugin(state) => state as u8,
        })
    }
}
