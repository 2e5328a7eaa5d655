//! The console: who shares it, and whether it draws colours.

#![expect(unsafe_code, reason = "the console's calls have no safe binding")]

use std::fs::OpenOptions;
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::System::Console::{
    ENABLE_PROCESSED_OUTPUT, ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode,
    GetConsoleProcessList, SetConsoleMode,
};

/// How many programs share this program's console, itself among them; none if it has no console.
pub(crate) fn console_programs() -> u32 {
    let mut ids = [0; 4];
    // SAFETY: the pointer and the length are those of a live array. Of more programs than fit only
    // the number is told, and nothing is written.
    unsafe { GetConsoleProcessList(ids.as_mut_ptr(), 4) }
}

/// Asks the console to follow the codes for colours and the cursor, and returns whether it does.
/// Those before Windows 10 do not know how.
pub(crate) fn follow_codes() -> bool {
    // Whatever standard output and standard error are, this is the window.
    let Ok(window) = OpenOptions::new().read(true).write(true).open("CONOUT$") else {
        return false;
    };
    let handle = window.as_raw_handle();
    let mut mode = 0;
    // SAFETY: the handle is open as long as `window` lives, and the pointer is that of a live number.
    if unsafe { GetConsoleMode(handle, &raw mut mode) } == 0 {
        return false;
    }
    let wanted = mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    // SAFETY: the handle is still open.
    wanted == mode || unsafe { SetConsoleMode(handle, wanted) } != 0
}
