//! The hubs.ini file: is it where Desktop reads it, and does it hold a link?

mod content;
mod decode;
mod place;
mod scan;

pub use content::{Content, Entry, Lint, LintKind, read};
pub use decode::Encoding;
pub use place::{Candidate, Named, Place, Reading, desktop_place, examine};

use hublink_probe::{Failure, FailureKind, FileOutcome};

use crate::clock::Clock;
use crate::frame::{
    AGAIN_AS_NAMED, Case, Cause, Check, Confidence, Context, Meta, Owner, Proof, Reason,
    ReasonKind, Severity, Target, Verify, cause, fallback,
};

/// How many broken lines one proof lists.
const LISTED: usize = 8;

/// Whether hubs.ini holds a link where Desktop reads it.
pub struct HubsFile;

impl Check for HubsFile {
    type Evidence = Reading;

    const META: Meta = Meta {
        id: "hubs-file",
        title: "hubs.ini holds a link where Desktop reads it",
        docs: "Qlik Sense Desktop reads the file hubs.ini when it starts and shows a button for \
               each authentication link in it. The check reads the same file, in whatever encoding \
               and form it has, and tells where every link stands. Qlik has published only that \
               the file holds the link, so an unusual form is not called a fault.",
        needs: &[],
    };

    const CAUSES: &'static [Cause<Reading>] = CAUSES;

    fn not_applicable(target: &Target) -> Option<Reason> {
        let reason = Reason::of(ReasonKind::NotApplicable);
        target.file.is_none().then(|| reason.detail("the hub was named without a file"))
    }

    async fn probe(cx: &Context) -> Reading {
        let reading = match &cx.target.file {
            Some(reading) => reading.about(cx.target.source.line),
            // Not reached while the engine asks `not_applicable` first; looking is right anyway.
            None => examine(&*cx.world, &Place::Desktop),
        };
        if reading.named != Named::DesktopPlace || reading.content.is_none() {
            return reading;
        }
        let engine = cx.world.local_engine().await;
        Reading { desktop_started: engine.and_then(|engine| engine.started), ..reading }
    }
}

impl Reading {
    /// The hubs to examine, as [`Content::hubs`] tells them.
    #[must_use]
    pub fn hubs(&self) -> Vec<&Entry> {
        self.content.as_ref().map(Content::hubs).unwrap_or_default()
    }

    /// Whether there is no file of that name.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.failure().is_some_and(|failure| failure.kind == FailureKind::Missing)
    }

    fn failure(&self) -> Option<Failure> {
        match &self.file {
            Some(FileOutcome::Failed { failure }) => Some(*failure),
            _ => None,
        }
    }
}

const SEED: &str = "Qlik article ta-p/1713031: place and purpose of hubs.ini";
const HELP: &str = "Qlik help, Configuring client authentication (April 2018)";
const SYNTAX: &str = "sections, keys and encoding of hubs.ini are unconfirmed";

const READ_AGAIN: &[Verify] = &[
    Verify { command: "hublink hubs <hubs.ini or hub>", expect: "lists every hub of the file" },
    AGAIN_AS_NAMED[0],
];

const CAUSES: &[Cause<Reading>] = &[
    Cause {
        title: "A hubs.ini exists, but not in the place, or not under the name, that Desktop reads.",
        explain: "Desktop reads one file only. Windows hides known endings, so that hubs.ini.txt \
                  looks like hubs.ini; and the Documents folder may have been moved, to OneDrive \
                  for example.",
        remedy: &[
            "Move the file <found> to <path> under the name hubs.ini, then start Desktop again.",
        ],
        verify: READ_AGAIN,
        owner: Owner::You,
        look_alikes: &["a difference of letter case, which Windows does not see"],
        see: &[SEED],
        suppresses: &["hubs-file/missing"],
        ..cause("hubs-file/misplaced", misplaced)
    },
    Cause {
        title: "There is no hubs.ini where Qlik Sense Desktop looks for it.",
        explain: "The file is made by an administrator and is one of three ways to hand out a \
                  link. Without it Desktop shows no button for the hub; a link that is opened in \
                  the browser does the same.",
        remedy: &[
            "Ask your Qlik admin for hubs.ini and save it as <path>, or take the link from the \
             hub menu.",
        ],
        verify: READ_AGAIN,
        owner: Owner::You,
        look_alikes: &[
            "a hubs.ini in another place or under another name",
            "a hub that was named by its link or address",
        ],
        see: &[SEED, HELP],
        ..cause("hubs-file/missing", missing)
    },
    Cause {
        title: "hubs.ini is there but cannot be opened by you.",
        explain: "The rights of the file forbid it, another program holds it open, a folder has \
                  its name, or it is a cloud file that is not on this computer.",
        remedy: &[
            "Give <user> the right to read <path>; if it is a cloud file, set it to \"always keep \
             on this device\".",
        ],
        verify: READ_AGAIN,
        owner: Owner::You,
        look_alikes: &["a missing file, which has other error numbers"],
        see: &["Windows error codes 5, 32, 33 and those of cloud files; EACCES, EISDIR"],
        ..cause("hubs-file/unreadable", unreadable)
    },
    Cause {
        title: "hubs.ini holds no authentication link and no hub address.",
        explain: "The file was read from its first to its last byte, and nothing in it starts with \
                  qliksense://enterpriseurl?, nor is any value a web address.",
        remedy: &[
            "Ask your Qlik admin to generate the link again and to send a hubs.ini that contains it.",
        ],
        verify: READ_AGAIN,
        owner: Owner::QlikAdmin,
        look_alikes: &["unknown names of sections or keys, comments, an odd encoding"],
        see: &[SEED, SYNTAX],
        suppresses: &["hubs-file/damaged-line"],
        ..cause("hubs-file/no-link", no_link)
    },
    Cause {
        title: "A line of hubs.ini is broken, so that a link is lost or two entries contradict \
                each other.",
        explain: "A program that reads the file line by line loses a link that goes on in the next \
                  line, takes text without = as part of the next key, and cannot know which of two \
                  links to the same address is the right one.",
        remedy: &["<mend>", "Or ask your Qlik admin for a new hubs.ini."],
        verify: READ_AGAIN,
        owner: Owner::QlikAdmin,
        confidence: Confidence::Likely,
        severity: Severity::Degrades,
        look_alikes: &[
            "sections or keys that stand twice, which is allowed",
            "one server with two prefixes",
        ],
        see: &[SYNTAX, "what a plain INI reader (rust-ini 0.21) makes of such lines was measured"],
        ..cause("hubs-file/damaged-line", damaged_line)
    },
    Cause {
        title: "Desktop still runs with the list it read before hubs.ini was changed.",
        explain: "Desktop reads hubs.ini when it starts and does not look again. What was added or \
                  mended since then is not on its welcome page yet.",
        remedy: &["Close Qlik Sense Desktop and start it again."],
        owner: Owner::You,
        confidence: Confidence::Likely,
        severity: Severity::Degrades,
        look_alikes: &[
            "clocks that differ by more than lies between the two times, as that of a file server \
             may",
            "a file that Desktop wrote itself, if it does so",
        ],
        see: &[
            SEED,
            "the time of its start, as Desktop's engine tells it",
            "whether Desktop writes hubs.ini itself is unconfirmed",
        ],
        ..cause("hubs-file/changed-after-start", changed_after_start)
    },
    Cause { verify: READ_AGAIN, ..fallback("hubs-file/unexplained", unexplained) },
];

fn missing(seen: &Reading, _: &Case) -> Option<Proof> {
    let failure = seen.failure().filter(|_| seen.is_missing())?;
    Some(
        Proof::seen(&seen.path, failure)
            .not("hubs-file/misplaced: there is none in the usual wrong places either")
            .value("path", &seen.path),
    )
}

fn misplaced(seen: &Reading, _: &Case) -> Option<Proof> {
    let failure = seen.failure().filter(|_| seen.is_missing())?;
    let first = seen.candidates.first()?;
    let proof = Proof::seen(&seen.path, failure)
        .not("hubs-file/missing: a file was found elsewhere")
        .value("path", &seen.path)
        .value("found", &first.path);
    Some(seen.candidates.iter().fold(proof, |proof, other| {
        proof.and(&other.path, format!("{} bytes, {} hubs in it", other.size, other.hubs))
    }))
}

fn unreadable(seen: &Reading, case: &Case) -> Option<Proof> {
    let failure = seen.failure()?;
    let cloud = case.facts.os == "windows" && failure.code.is_some_and(is_cloud_file_code);
    let forbidden = matches!(
        failure.kind,
        FailureKind::Denied | FailureKind::IsDirectory | FailureKind::NotPermitted
    );
    if !cloud && !forbidden {
        return None;
    }
    let proof = Proof::seen(&seen.path, failure)
        .not("hubs-file/missing: the error number is another one")
        .value("path", &seen.path)
        .value("user", "your user account");
    // On Windows these numbers are documented and were not tried on a real machine.
    Some(if case.facts.os == "windows" { proof.at_most(Confidence::Likely) } else { proof })
}

/// The Windows codes of a cloud file whose bytes could not be fetched: the provider is not
/// running, the network is away, the request failed, was aborted, cancelled or too slow.
fn is_cloud_file_code(code: i32) -> bool {
    matches!(code, 362 | 377 | 388 | 389 | 393 | 395 | 398 | 404 | 426)
}

fn no_link(seen: &Reading, _: &Case) -> Option<Proof> {
    let content = seen.content.as_ref().filter(|content| content.entries.is_empty())?;
    let size = match &seen.file {
        Some(FileOutcome::Read { size, .. }) => *size,
        _ => 0,
    };
    let proof = Proof::seen("file", &seen.path)
        .and("size", format!("{size} bytes"))
        .and("read as", content.encoding.label())
        .compared("links and addresses", "at least 1", 0);
    let proof =
        if content.has_nul { proof.and("NUL characters", "it is not a text") } else { proof };
    Some(if content.is_markup { proof.and("form", "a web page or XML") } else { proof })
}

fn damaged_line(seen: &Reading, _: &Case) -> Option<Proof> {
    let content = seen.content.as_ref()?;
    let broken: Vec<&Lint> = content.lints.iter().filter(|lint| lint.kind.is_damage()).collect();
    let first = broken.first()?;
    let mut proof = Proof::seen("file", &seen.path).value("mend", mend(first, content));
    for lint in broken.iter().take(LISTED) {
        let at = match lint.other_line {
            Some(other) => format!("line {} (and line {other})", lint.line),
            None => format!("line {}", lint.line),
        };
        proof = proof.and(at, format!("{}: {}", lint.kind.label(), lint.excerpt));
    }
    let left_out = broken.len().saturating_sub(LISTED) + content.more_lints;
    Some(if left_out > 0 { proof.and("more broken lines", left_out) } else { proof })
}

/// What to do about one broken line.
fn mend(lint: &Lint, content: &Content) -> String {
    let number = lint.line;
    let entry = content.entries.iter().find(|entry| entry.line == number);
    let name = entry.and_then(|entry| entry.name.as_deref()).unwrap_or("the hub");
    match (lint.kind, lint.other_line) {
        (LintKind::UnclosedSection, _) => format!("Put a ] at the end of line {number}."),
        (LintKind::JunkLine, _) => format!("Delete line {number}, or put a ; in front of it."),
        (LintKind::AddressTwice, Some(other)) => {
            format!("Keep one of the two links in lines {other} and {number}; delete the other.")
        }
        _ => format!("Put the link of {name} on one line (line {number})."),
    }
}

/// File systems tell times of changes in steps of up to two seconds.
const STEP_S: f64 = 2.0;

/// The file on a share has the time of its server, whose clock may be as far off as a domain allows.
const SHARE_S: f64 = 300.0;

fn changed_after_start(seen: &Reading, case: &Case) -> Option<Proof> {
    let (changed, started) = (seen.modified?, seen.desktop_started?);
    let on_share = seen.path.starts_with("\\\\");
    let after_s = changed.seconds_since(started);
    let offsets =
        case.of::<Clock>().map(|clock| clock.witnesses.iter().map(|one| one.offset_s.abs()));
    let clock_off_s = offsets.into_iter().flatten().fold(0.0, f64::max);
    let doubt_s = if on_share { SHARE_S } else { STEP_S }.max(clock_off_s);
    (after_s > doubt_s).then(|| {
        Proof::seen("Desktop was started", started)
            .and("hubs.ini was changed", changed)
            .not(format!("the clock: {after_s:.0} s lie between, and it is not that far off"))
    })
}

fn unexplained(seen: &Reading, _: &Case) -> Option<Proof> {
    match &seen.file {
        None => Some(Proof::seen("Documents folder", "the system does not tell where it is")),
        Some(FileOutcome::Failed { failure }) => Some(Proof::seen(&seen.path, failure)),
        Some(FileOutcome::TooLarge { size, limit }) => {
            let expected = format!("at most {limit} bytes");
            Some(Proof::default().compared(&seen.path, expected, format!("{size} bytes")))
        }
        Some(FileOutcome::Read { .. }) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use hublink_probe::{FileRead, Operation, ScriptedWorld, Timestamp};

    use super::*;
    use crate::frame::{Diagnosis, Facts, judge};
    use crate::link::compose;

    fn world() -> ScriptedWorld {
        let mut world =
            ScriptedWorld::at(Timestamp::parse("2026-01-02T03:04:05Z").expect("a time"));
        world.documents = Some("/home/anna/OneDrive/Docs".into());
        world
    }

    fn file(text: &str) -> FileRead {
        let bytes = text.as_bytes().to_vec();
        let size = bytes.len() as u64;
        FileRead { modified: None, outcome: FileOutcome::Read { size, bytes } }
    }

    fn failed(kind: FailureKind, code: i32) -> FileRead {
        let failure = Failure { operation: Operation::OpenFile, kind, code: Some(code) };
        FileRead { modified: None, outcome: FileOutcome::Failed { failure } }
    }

    fn right_place() -> PathBuf {
        desktop_place(Path::new("/home/anna/OneDrive/Docs"))
    }

    fn causes(reading: &Reading, os: &str) -> Vec<Diagnosis> {
        judge(CAUSES, reading, &Case::new(Facts { os: os.to_owned(), ..Facts::default() }))
    }

    fn only_cause(reading: &Reading, os: &str) -> Diagnosis {
        let mut found = causes(reading, os);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn the_file_in_its_place_is_read() {
        let mut world = world();
        let link = compose("https://sense.example.com", Some("Example"));
        world.files.insert(right_place(), file(&link));
        let reading = examine(&world, &Place::Desktop);
        assert_eq!(reading.hubs().len(), 1);
        assert_eq!(causes(&reading, "linux"), []);
        assert_eq!(world.asked().len(), 1, "nothing else is opened");
    }

    #[test]
    fn every_usual_wrong_place_is_found() {
        let docs = Path::new("/home/anna/OneDrive/Docs/Qlik/Sense");
        let literal = Path::new("/home/anna/Documents/Qlik/Sense");
        for wrong in [
            docs.join("Hubs").join("hubs.ini.txt"),
            docs.join("hubs.ini"),
            docs.join("Hub").join("hubs.ini"),
            literal.join("Hubs").join("hubs.ini"),
        ] {
            let mut world = world();
            world.variables.insert("USERPROFILE".into(), "/home/anna".into());
            world.files.insert(wrong.clone(), file(""));
            let cause = only_cause(&examine(&world, &Place::Desktop), "windows");
            assert_eq!(cause.id, "hubs-file/misplaced");
            // Windows takes both separators, and joins by its own.
            let plain = |text: &str| text.replace('\\', "/");
            assert!(plain(&cause.remedy[0]).contains(&plain(&wrong.display().to_string())));
        }
        assert_eq!(
            only_cause(&examine(&world(), &Place::Desktop), "linux").id,
            "hubs-file/missing"
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_by_its_number() {
        let named = Place::Explicit("/x/hubs.ini".into());
        let told = |read: FileRead, os: &str| {
            let mut world = world();
            world.files.insert("/x/hubs.ini".into(), read);
            only_cause(&examine(&world, &named), os)
        };
        for (kind, code) in [(FailureKind::NotPermitted, 13), (FailureKind::IsDirectory, 21)] {
            let cause = told(failed(kind, code), "linux");
            assert_eq!(
                (cause.id.as_str(), cause.confidence),
                ("hubs-file/unreadable", Confidence::Certain)
            );
        }
        let cause = told(failed(FailureKind::Unknown, 362), "windows");
        assert_eq!(
            (cause.id.as_str(), cause.confidence),
            ("hubs-file/unreadable", Confidence::Likely)
        );
        // The same number means something else, or nothing, on another system.
        assert_eq!(told(failed(FailureKind::Unknown, 362), "linux").id, "hubs-file/unexplained");
        assert_eq!(told(failed(FailureKind::Invalid, 22), "linux").id, "hubs-file/unexplained");
    }

    #[test]
    fn without_a_documents_folder_the_place_is_unknown() {
        let mut world = world();
        world.documents = None;
        let reading = examine(&world, &Place::Desktop);
        assert_eq!(only_cause(&reading, "linux").id, "hubs-file/unexplained");
    }

    #[test]
    fn each_broken_line_has_its_own_remedy() {
        let link = |name| compose("https://sense.example.com", Some(name));
        let (a, b) = (link("A"), link("B"));
        let mut world = world();
        let named = Place::Explicit("/x/hubs.ini".into());
        for (text, remedy) in [
            (format!("[S\nlink={a}\n"), "line 1"),
            (format!("[S]\njunk\nlink={a}\n"), "Delete line 2"),
            (format!("[S]\nl={a}\nl={b}\n"), "lines 2 and 3"),
            (format!("l={}\n{}\n", &a[..90], &a[90..]), "the link of A on one line (line 1)"),
        ] {
            world.files.insert("/x/hubs.ini".into(), file(&text));
            let cause = only_cause(&examine(&world, &named), "linux");
            assert_eq!(cause.id, "hubs-file/damaged-line");
            assert!(cause.remedy[0].contains(remedy), "{:?}", cause.remedy);
        }
    }

    #[test]
    fn a_web_page_instead_of_the_file_holds_no_link() {
        let mut world = world();
        let page = "<html>\n<a href=https://portal.example>x</a>\n[broken\n";
        world.files.insert(right_place(), file(page));
        let cause = only_cause(&examine(&world, &Place::Desktop), "linux");
        assert_eq!(cause.id, "hubs-file/no-link");
    }
}
