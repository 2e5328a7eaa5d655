//! What the file of a program says of itself: its version and its maker.

#![expect(unsafe_code, reason = "the calls for version resources have no safe binding")]

use std::ffi::c_void;
use std::mem::offset_of;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{
    GetFileVersionInfoSizeW, GetFileVersionInfoW, VS_FIXEDFILEINFO, VerQueryValueW,
};

use super::text::wide;
use crate::ProgramFile;

/// `VS_FFI_SIGNATURE` of verrsrc.h.
const SIGNATURE: u32 = 0xfeef_04bd;

/// A resource larger than this is none that a compiler made.
const LIMIT: u32 = 1024 * 1024;

/// The program at a path, and what its file says of itself.
pub(super) fn program(path: &str) -> ProgramFile {
    let exists = exists(path);
    let resource = (exists == Some(true)).then(|| Resource::of(path)).flatten();
    ProgramFile {
        path: path.to_owned(),
        exists,
        version: resource.as_ref().and_then(Resource::version),
        maker: resource.as_ref().and_then(Resource::maker),
    }
}

/// Whether there is a file of that name. Not known of a name without a folder, which is looked for
/// in many places, nor where this user may not look.
pub(super) fn exists(path: &str) -> Option<bool> {
    if !Path::new(path).is_absolute() {
        return None;
    }
    match std::fs::metadata(path) {
        Ok(about) => Some(about.is_file()),
        // `ERROR_FILE_NOT_FOUND` and `ERROR_PATH_NOT_FOUND`.
        Err(error) if matches!(error.raw_os_error(), Some(2 | 3)) => Some(false),
        Err(_) => None,
    }
}

/// The version resource of a file. The call writes 32-bit numbers at places that are multiples of
/// four, so the memory is that of such numbers.
struct Resource(Vec<u32>);

impl Resource {
    fn of(path: &str) -> Option<Self> {
        let path = wide(path);
        let mut unused = 0;
        // SAFETY: the path ends with a zero, and the pointer is that of a live number.
        let size = unsafe { GetFileVersionInfoSizeW(path.as_ptr(), &raw mut unused) };
        if size == 0 || size > LIMIT {
            return None;
        }
        let mut memory = vec![0_u32; size.div_ceil(4) as usize];
        // SAFETY: the path ends with a zero, and the memory holds at least `size` bytes.
        let read =
            unsafe { GetFileVersionInfoW(path.as_ptr(), 0, size, memory.as_mut_ptr().cast()) };
        (read != 0).then_some(Self(memory))
    }

    /// The bytes of a part of it. `letters`: its length is told in letters of two bytes.
    fn part(&self, name: &str, letters: bool) -> Option<Vec<u8>> {
        let name = wide(name);
        let (mut at, mut length): (*mut c_void, u32) = (std::ptr::null_mut(), 0);
        // SAFETY: the memory was filled by `GetFileVersionInfoW`, the name ends with a zero, and
        // both pointers are those of live values.
        let found = unsafe {
            VerQueryValueW(self.0.as_ptr().cast(), name.as_ptr(), &raw mut at, &raw mut length)
        };
        // What it points at is copied by its place, so that no length can lead out of the memory.
        let begin = at.addr().checked_sub(self.0.as_ptr().addr()).filter(|_| found != 0)?;
        let length = length as usize * if letters { 2 } else { 1 };
        let all = self.0.iter().flat_map(|number| number.to_le_bytes());
        let bytes: Vec<u8> = all.skip(begin).take(length).collect();
        (bytes.len() == length && length > 0).then_some(bytes)
    }

    fn version(&self) -> Option<String> {
        let fixed = self.part("\\", false)?;
        let at =
            |place: usize| Some(u32::from_le_bytes(fixed.get(place..place + 4)?.try_into().ok()?));
        if at(offset_of!(VS_FIXEDFILEINFO, dwSignature))? != SIGNATURE {
            return None;
        }
        let high = at(offset_of!(VS_FIXEDFILEINFO, dwFileVersionMS))?;
        let low = at(offset_of!(VS_FIXEDFILEINFO, dwFileVersionLS))?;
        Some(format!("{}.{}.{}.{}", high >> 16, high & 0xffff, low >> 16, low & 0xffff))
    }

    /// Its texts stand below the language they are in; the first one listed does.
    fn maker(&self) -> Option<String> {
        let languages = self.part("\\VarFileInfo\\Translation", false)?;
        let [a, b, c, d] = *languages.first_chunk()?;
        let (language, page) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        let name = format!("\\StringFileInfo\\{language:04x}{page:04x}\\CompanyName");
        let letters = self.part(&name, true)?;
        let letters = letters.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let letters: Vec<u16> = letters.take_while(|&letter| letter != 0).collect();
        let maker = String::from_utf16_lossy(&letters).trim().chars().take(80).collect::<String>();
        (!maker.is_empty()).then_some(maker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_the_system_says_its_version() {
        let root = std::env::var("SystemRoot").expect("every Windows has it");
        let seen = program(&format!("{root}\\regedit.exe"));
        assert_eq!(seen.exists, Some(true));
        let version = seen.version.expect("a version");
        assert_eq!(version.split('.').count(), 4, "{version}");
        assert!(version.split('.').all(|part| part.parse::<u16>().is_ok()), "{version}");
        // Wine's name, or Microsoft's.
        assert!(seen.maker.is_some_and(|maker| maker.starts_with("Microsoft")));
    }

    #[test]
    fn what_is_not_there_says_nothing() {
        let gone = program("C:\\no such folder\\a.exe");
        assert_eq!((gone.exists, gone.version, gone.maker), (Some(false), None, None));
        assert_eq!(program("rundll32.exe").exists, None, "it is looked for in many places");
        let own = std::env::current_exe().expect("this program").with_extension("no such");
        assert_eq!(program(&own.display().to_string()).exists, Some(false));
    }
}
