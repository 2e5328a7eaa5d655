//! A window of the program's own, as a double click opens it: it stays until it was read, and the
//! report can be saved before it goes.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use hublink_probe::console;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::output::{Json, write_file};
use crate::render::{clean, html};
use crate::report::Report;

/// How long somebody may take to answer. A scheduled task gets a window of its own too, with nobody
/// in front of it, and must end all the same.
const PATIENCE: Duration = Duration::from_hours(1);

/// How often another folder may be named, after one that cannot be written to.
const TRIES: usize = 3;

/// Whether the window is this program's own and nobody gave it any option: then a person opened it
/// by a double click, or dropped a file on it.
#[must_use]
pub fn is_ours() -> bool {
    let plain = |word: std::ffi::OsString| !word.to_string_lossy().starts_with('-');
    std::env::args_os().skip(1).all(plain) && console::is_own_window()
}

/// Offers to save the report, if the window would close over it.
pub fn offer(report: &Report) {
    if is_ours() {
        save_where_wanted(report, console::desktop(), answer);
    }
}

/// Keeps the window open until its reader has done with it.
pub fn stay() {
    if is_ours() {
        // However it was answered, the window may go now.
        answer("\nPress Enter to close this window.");
    }
}

/// Asks, and returns the answer without its line end; none if nobody gives one.
fn answer(question: &str) -> Option<String> {
    let mut out = io::stdout().lock();
    out.write_all(question.as_bytes()).and_then(|()| out.flush()).ok()?;
    let (send, line) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        if io::stdin().read_line(&mut text).is_ok_and(|length| length > 0) {
            // After the time is over nobody listens.
            send.send(text).ok();
        }
    });
    line.recv_timeout(PATIENCE).ok().map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Saves the report where the answers say, on the Desktop if they say nothing.
fn save_where_wanted(
    report: &Report,
    desktop: Option<PathBuf>,
    mut ask: impl FnMut(&str) -> Option<String>,
) {
    let usual = if desktop.is_some() { "on your Desktop" } else { "in this folder" };
    let usual_folder = desktop.unwrap_or_else(|| PathBuf::from("."));
    let mut told = String::new();
    for _ in 0..TRIES {
        let question = format!(
            "{told}\nThe report can be saved, to be sent to whoever has to act.\n\
             Press Enter to save it {usual}, or name another folder, or type n: "
        );
        let Some(text) = ask(&question) else { return };
        let text = text.trim().trim_matches('"').trim();
        if text.eq_ignore_ascii_case("n") || text.eq_ignore_ascii_case("no") {
            return;
        }
        let folder = if text.is_empty() { usual_folder.as_path() } else { Path::new(text) };
        told.clear();
        match save(report, folder) {
            Ok(saved) => {
                let names = saved.iter().map(|path| clean(&path.display().to_string()));
                names.for_each(|name| told.push_str(&format!("Saved: {name}\n")));
                // With standard output gone there is nobody to tell.
                io::stdout().write_all(told.as_bytes()).ok();
                return;
            }
            Err(error) => {
                let folder = clean(&folder.display().to_string());
                // Writing to a string does not fail.
                writeln!(told, "cannot write into {folder}: {}", error.kind()).ok();
            }
        }
    }
    io::stdout().write_all(told.as_bytes()).ok();
}

/// The page for people and the document for programs, side by side.
fn save(report: &Report, folder: &Path) -> io::Result<[PathBuf; 2]> {
    // No colon, which a file's name must not have on Windows.
    const WHEN: &[BorrowedFormatItem<'_>] =
        format_description!("hublink-[year][month][day]-[hour][minute][second]");
    let name = report.started.0.format(WHEN).map_err(io::Error::other)?;
    let [page, document] = ["html", "json"].map(|ending| folder.join(format!("{name}.{ending}")));
    write_file(&page, &html::render(report))?;
    write_file(&document, &Json(report))?;
    Ok([page, document])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let saved = include_str!("../tests/html/reports/practice.json");
        serde_json::from_str(saved).expect("a saved report")
    }

    /// What the folder holds after these answers, and what was asked.
    fn saved(desktop: &Path, answers: &[&str]) -> (Vec<String>, String) {
        let (mut answers, mut asked) = (answers.iter(), String::new());
        save_where_wanted(&report(), Some(desktop.to_owned()), |question| {
            asked.push_str(question);
            answers.next().map(|&answer| answer.to_owned())
        });
        let entries = std::fs::read_dir(desktop).expect("a folder");
        let mut names: Vec<String> =
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        (names, asked)
    }

    #[test]
    fn it_is_saved_on_the_desktop_unless_told_otherwise() {
        let desktop = tempfile::tempdir().expect("a folder");
        assert_eq!(saved(desktop.path(), &["n"]).0, [""; 0]);
        assert_eq!(saved(desktop.path(), &[]).0, [""; 0], "nobody answered");
        let (names, asked) = saved(desktop.path(), &[""]);
        assert!(asked.contains("on your Desktop"));
        let [page, document] = &names[..] else { panic!("two files: {names:?}") };
        assert!(page.starts_with("hublink-20"), "{page}");
        assert_eq!(Path::new(page).extension().and_then(|e| e.to_str()), Some("html"));
        let text = std::fs::read_to_string(desktop.path().join(document)).expect("a file");
        assert_eq!(serde_json::from_str::<Report>(&text).expect("a report"), report());
    }

    #[test]
    fn another_folder_may_have_spaces_and_letters_of_any_script() {
        let desktop = tempfile::tempdir().expect("a folder");
        let other = desktop.path().join("Отчёты für Qlik 報告");
        std::fs::create_dir(&other).expect("a folder");
        let (names, _) = saved(desktop.path(), &[&format!("\"{}\"", other.display())]);
        assert_eq!(names, ["Отчёты für Qlik 報告"]);
        assert_eq!(std::fs::read_dir(other).expect("a folder").count(), 2);
    }

    #[test]
    fn a_folder_that_is_not_there_is_asked_for_again_a_few_times() {
        let desktop = tempfile::tempdir().expect("a folder");
        let missing = desktop.path().join("missing").display().to_string();
        let (names, asked) = saved(desktop.path(), &[missing.as_str(); 9]);
        assert_eq!(names, [""; 0]);
        assert_eq!(asked.matches("Press Enter").count(), TRIES);
        assert_eq!(asked.matches("cannot write into").count(), TRIES - 1);
        assert_eq!(saved(desktop.path(), &[&missing, ""]).0.len(), 2);
    }
}
