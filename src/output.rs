//! Standard output and files: a closed pipe ends quietly, a file is whole or untouched.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use serde::Serialize;
use tempfile::NamedTempFile;

/// What is shown or put into a file.
pub trait Content {
    /// Writes all of it.
    ///
    /// # Errors
    /// If the writer fails.
    fn write_to(&self, to: &mut dyn Write) -> io::Result<()>;
}

impl Content for str {
    fn write_to(&self, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(self.as_bytes())
    }
}

impl Content for String {
    fn write_to(&self, to: &mut dyn Write) -> io::Result<()> {
        self.as_str().write_to(to)
    }
}

/// A value as one JSON document with a final line end. Its text is never held as a whole: that of a
/// thousand hubs has 25 MB.
pub struct Json<'a, T>(pub &'a T);

impl<T: Serialize> Content for Json<'_, T> {
    fn write_to(&self, to: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *to, self.0)?;
        to.write_all(b"\n")
    }
}

/// A value as one JSON document with a final line end.
///
/// # Panics
/// If the value is not plain data with text keys, which is a bug of its type.
#[must_use]
pub fn json_document(value: &impl Serialize) -> String {
    text_of(&Json(value)).expect("plain data with text keys")
}

fn text_of<C: Content + ?Sized>(content: &C) -> io::Result<String> {
    let mut bytes = Vec::new();
    content.write_to(&mut bytes)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Writes to standard output. A reader that went away is no error.
///
/// # Errors
/// If standard output fails for another reason, such as a full disk.
pub fn print<C: Content + ?Sized>(content: &C) -> io::Result<()> {
    let stdout = io::stdout().lock();
    let written = if cfg!(windows) && stdout.is_terminal() {
        text_of(content).and_then(|text| buffered(&*in_any_font(&text), stdout))
    } else {
        buffered(content, stdout)
    };
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// A text for the terminal. The fonts of consoles on Windows lack two of the marks; their stand-ins
/// are in all of them (Microsoft's WGL4 character set).
pub(crate) fn in_any_font(text: &str) -> Cow<'_, str> {
    if cfg!(windows) { with_stand_ins(text).into() } else { text.into() }
}

fn with_stand_ins(text: &str) -> String {
    text.replace('\u{2713}', "\u{221a}").replace('\u{2717}', "\u{d7}")
}

/// Writes a file so that a reader sees the old one or the new one, never a half. Only its owner
/// may read it.
///
/// # Errors
/// If the folder cannot be written to or the disk is full; the old file then stands.
pub fn write_file<C: Content + ?Sized>(path: &Path, content: &C) -> io::Result<()> {
    write_with(path, content, &mut tempfile::Builder::new())
}

/// As [`write_file`], but a file that is there stays as it is.
///
/// # Errors
/// As [`write_file`], and if there is such a file.
pub fn write_new_file<C: Content + ?Sized>(path: &Path, content: &C) -> io::Result<()> {
    let file = written(path, content, &mut tempfile::Builder::new())?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// As [`write_file`], with the permissions of an ordinary new file: everybody may read it, unless
/// the umask says otherwise.
///
/// # Errors
/// As [`write_file`].
pub fn write_for_all<C: Content + ?Sized>(path: &Path, content: &C) -> io::Result<()> {
    write_with(path, content, &mut for_all())
}

#[cfg(unix)]
fn for_all<'a>() -> tempfile::Builder<'a, 'a> {
    use std::os::unix::fs::PermissionsExt;

    let mut builder = tempfile::Builder::new();
    builder.permissions(std::fs::Permissions::from_mode(0o666));
    builder
}

/// Elsewhere a new file has the permissions of its folder.
#[cfg(not(unix))]
fn for_all<'a>() -> tempfile::Builder<'a, 'a> {
    tempfile::Builder::new()
}

fn write_with<C: Content + ?Sized>(
    path: &Path,
    content: &C,
    builder: &mut tempfile::Builder<'_, '_>,
) -> io::Result<()> {
    // A device or a pipe is not replaced by a file: `/dev/null` would be gone for everybody.
    if std::fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir()) {
        return write_through(path, content);
    }
    let file = written(path, content, builder)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Into a device or a pipe, as it comes. A reader that went away is no error.
fn write_through<C: Content + ?Sized>(path: &Path, content: &C) -> io::Result<()> {
    let file = std::fs::OpenOptions::new().write(true).open(path)?;
    match buffered(content, file) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn buffered<C: Content + ?Sized>(content: &C, to: impl Write) -> io::Result<()> {
    // Large pieces: a pipe holds 64 KiB, and each piece is a call of the system.
    let mut to = BufWriter::with_capacity(64 << 10, to);
    content.write_to(&mut to)?;
    to.flush()
}

/// The content in a file beside the path.
fn written<C: Content + ?Sized>(
    path: &Path,
    content: &C,
    builder: &mut tempfile::Builder<'_, '_>,
) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Whoever is killed in between leaves it behind, and it should be known by its name.
    let mut file: NamedTempFile = builder.prefix(".hublink-").tempfile_in(folder)?;
    buffered(content, &mut file)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_have_stand_ins_of_the_same_width() {
        assert_eq!(with_stand_ins("✓ dns ✗ tcp – … └─"), "√ dns × tcp – … └─");
    }
}
