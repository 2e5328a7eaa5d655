//! Where external checks are, and what they are called.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::report::{EXTERNAL, External};

/// What the name of every external check begins with.
const PREFIX: &str = "hublink-check-";

/// So many may be found. More are a folder that was meant for something else.
const MOST: usize = 32;

/// The longest name.
const LONGEST: usize = 40;

/// The endings of programs on Windows; they are no part of the name.
const ENDINGS: [&str; 3] = ["exe", "cmd", "bat"];

/// A file that is called like an external check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// Its name, without `hublink-check-`.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Whether it can be run at all.
    pub runnable: bool,
}

impl Found {
    /// What a report says of it before it has said anything.
    pub(super) fn unknown(&self) -> External {
        External::new(
            format!("{EXTERNAL}{}", self.name),
            format!("the external check {} finds nothing", self.name),
            self.path.display().to_string(),
        )
    }
}

/// Why no external checks can be looked for.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The folder that was named.
    #[error("cannot read the folder {}: {error}", folder.display())]
    Folder {
        /// Its path.
        folder: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There are too many.
    #[error("{count} external checks, and hublink asks {MOST} at most")]
    TooMany {
        /// How many.
        count: usize,
    },
}

/// The external checks of a folder, or those on PATH.
///
/// # Errors
/// If the folder cannot be read, or there are too many.
pub fn find(folder: Option<&Path>) -> Result<Vec<Found>, FindError> {
    let Some(folder) = folder else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Whoever fills the folder at hand must not choose what runs.
        let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
        return find_in(&folders.collect::<Vec<_>>());
    };
    let refused = |error| FindError::Folder { folder: folder.to_owned(), error };
    let whole = std::path::absolute(folder).map_err(refused)?;
    std::fs::read_dir(&whole).map_err(refused)?;
    find_in(&[whole])
}

/// The external checks of some folders, by name. Of two with one name the first counts, as in a
/// shell; one that cannot be run counts only if there is no other. A folder that cannot be read holds
/// none.
///
/// # Errors
/// If there are too many.
pub fn find_in(folders: &[PathBuf]) -> Result<Vec<Found>, FindError> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        // Whatever order a file system has, the same one counts.
        files.sort();
        for path in files {
            let Some(name) = path.file_name().and_then(|file| name_of(file, cfg!(windows))) else {
                continue;
            };
            let Some(runnable) = is_runnable(&path) else { continue };
            if found.get(&name).is_none_or(|known| runnable && !known.runnable) {
                found.insert(name.clone(), Found { name, path, runnable });
            }
        }
    }
    if found.len() > MOST {
        return Err(FindError::TooMany { count: found.len() });
    }
    Ok(found.into_values().collect())
}

/// The name that a file has as a check: small letters, digits and hyphens, since it becomes part of
/// an id.
fn name_of(file: &OsStr, windows: bool) -> Option<String> {
    let file = file.to_str()?;
    let name = if windows {
        let (name, ending) = file.rsplit_once('.')?;
        ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)).then_some(name)?
    } else {
        file
    };
    let name = name.strip_prefix(PREFIX)?;
    (name.len() <= LONGEST && is_word(name)).then(|| name.to_owned())
}

/// Whether a text can be part of an id: `word` or `word-word`.
pub(crate) fn is_word(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.split('-').all(|part| !part.is_empty() && part.chars().all(letters))
}

/// `None` for what is no file.
fn is_runnable(path: &Path) -> Option<bool> {
    let about = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    #[cfg(unix)]
    let runnable = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0;
    // There the ending makes the program.
    #[cfg(not(unix))]
    let runnable = about.is_file();
    Some(runnable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_part_of_an_id() {
        let unix = |file: &str| name_of(OsStr::new(file), false);
        assert_eq!(unix("hublink-check-vpn-2").as_deref(), Some("vpn-2"));
        for other in ["hublink-check-", "hublink-check--a", "hublink-check-A", "hublink-check-a.py"]
        {
            assert_eq!(unix(other), None, "{other}");
        }
        assert_eq!(unix("hublink-check-a~"), None);
        assert_eq!(unix("check-a"), None);
        assert_eq!(unix(&format!("hublink-check-{}", "a".repeat(41))), None);
    }

    #[test]
    fn on_windows_the_ending_makes_the_program() {
        let windows = |file: &str| name_of(OsStr::new(file), true);
        assert_eq!(windows("hublink-check-vpn.EXE").as_deref(), Some("vpn"));
        assert_eq!(windows("hublink-check-vpn.cmd").as_deref(), Some("vpn"));
        assert_eq!(windows("hublink-check-vpn"), None);
        assert_eq!(windows("hublink-check-vpn.py"), None);
    }
}
