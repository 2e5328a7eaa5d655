//! The window a person looks at, which only Windows opens for a program by itself, and what else a
//! program settles with the system when it starts.

use std::io::IsTerminal;
use std::path::PathBuf;

use crate::os;

/// Whether the window was opened for this program alone, as by a double click, so that it closes
/// with it. Where nobody can answer it is `false`.
#[must_use]
pub fn is_own_window() -> bool {
    os::console_programs() == 1 && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Lets a write that goes beyond the size allowed for files fail, instead of ending the program.
pub fn fail_at_size_limit() {
    os::fail_at_size_limit();
}

/// Whether the window follows the codes for colours and the cursor. It is asked to, where that
/// takes asking.
#[must_use]
pub fn follows_codes() -> bool {
    os::follow_codes()
}

/// The user's Desktop, wherever `OneDrive` or a policy put it; only on Windows.
#[must_use]
pub fn desktop() -> Option<PathBuf> {
    os::desktop()
}
