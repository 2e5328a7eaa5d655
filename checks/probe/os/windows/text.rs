//! Texts as Windows has them: UTF-16 with a zero behind.

#![expect(unsafe_code, reason = "a text of Windows is a bare pointer")]

/// The longest text that is read: settings are far shorter, and one without an end is none.
const LONGEST: usize = 64 * 1024;

/// As Windows takes it. A zero within ends it there.
pub(super) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Copies a text of Windows.
///
/// # Safety
/// `text` must point at UTF-16 that ends with a zero, or is longer than is read here.
pub(super) unsafe fn read(text: *const u16) -> String {
    // SAFETY: it is as the caller says.
    unsafe { read_up_to(LONGEST, text) }
}

/// Copies so many units of a text of Windows at most.
///
/// # Safety
/// As for [`read`].
pub(super) unsafe fn read_up_to(most: usize, text: *const u16) -> String {
    let mut length = 0;
    // SAFETY: no unit behind the zero is looked at.
    while length < most && unsafe { *text.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: this many units were just read.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_went() {
        for text in ["", "proxy:8080", "Отчёт 𝄞"] {
            let wide = wide(text);
            // SAFETY: it ends with the zero that `wide` put there.
            assert_eq!(unsafe { read(wide.as_ptr()) }, text);
        }
    }
}
