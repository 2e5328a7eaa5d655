//! From what the user named to the hubs to examine.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hublink_checks::frame::{Origin, Source, Target};
use hublink_checks::hubs_file::{Place, Reading, examine};
use hublink_checks::link::inspect;
use hublink_probe::{FILE_LIMIT, World};

use crate::report::Replacement;

/// The hubs of a run, and what was replaced in the paths that name them.
pub struct Expanded {
    /// One entry per hub, and one per source that names none.
    pub targets: Vec<Target>,
    /// The user's home directory stands in no report.
    pub ledger: Vec<Replacement>,
}

/// Why nothing can be examined.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// No TARGET, and no place to look.
    #[error(
        "no TARGET: on this system there is no place where Qlik Sense Desktop keeps its hubs.ini"
    )]
    NothingNamed,
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}")]
    StandardInput(std::io::Error),
}

/// Expands the TARGETs of the command line; without any, the places Desktop reads.
///
/// # Errors
/// If nothing was named and there is no usual place, or standard input cannot be read.
pub fn expand(
    world: &dyn World,
    named: &[String],
    stdin: &mut dyn Read,
) -> Result<Expanded, TargetError> {
    expand_with(world, named, stdin, true)
}

/// As [`expand`]; `hides` says whether the home directory is left out of paths.
///
/// # Errors
/// As [`expand`].
pub fn expand_with(
    world: &dyn World,
    named: &[String],
    stdin: &mut dyn Read,
    hides: bool,
) -> Result<Expanded, TargetError> {
    let mut expansion = Expansion { world, hides, targets: Vec::new(), shortened: 0 };
    for text in named {
        match classify(world, text) {
            Kind::StandardInput => expansion.standard_input(stdin)?,
            Kind::File(path) => expansion.file(&Place::Explicit(path), Origin::File),
            Kind::Text => expansion.text(text),
        }
    }
    if named.is_empty() {
        match (world.variable("HUBLINK_HUBS"), world.documents()) {
            (Some(path), _) => {
                expansion.file(&Place::Explicit(path.into()), Origin::Environment);
            }
            (None, Some(_)) => expansion.file(&Place::Desktop, Origin::DesktopPlace),
            (None, None) => return Err(TargetError::NothingNamed),
        }
    }
    let ledger = match expansion.shortened {
        0 => Vec::new(),
        count => vec![Replacement {
            what: "home directory".to_owned(),
            replaced_by: "~".to_owned(),
            count,
        }],
    };
    Ok(Expanded { targets: expansion.targets, ledger })
}

enum Kind {
    File(PathBuf),
    StandardInput,
    Text,
}

/// Anything with a scheme is a link or URL; an existing path, or what looks like a path, is a
/// file; anything else is a host name.
fn classify(world: &dyn World, text: &str) -> Kind {
    if text == "-" {
        return Kind::StandardInput;
    }
    if text.contains("://") || (is_address_with_secrets(text) && !world.exists(Path::new(text))) {
        return Kind::Text;
    }
    let looks_like_a_path = text.contains(['/', '\\'])
        || Path::new(text).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ini"));
    if looks_like_a_path || world.exists(Path::new(text)) {
        return Kind::File(PathBuf::from(text));
    }
    Kind::Text
}

/// `user:password@host/…` or `host/…?…`, without a scheme. As the name of a missing file it would
/// be shown as it is.
fn is_address_with_secrets(text: &str) -> bool {
    let (authority, _) = text.split_once(['/', '\\']).unwrap_or((text, ""));
    let has_login = authority.rsplit_once('@').is_some_and(|(login, _)| login.contains(':'));
    has_login || text.contains('?')
}

struct Expansion<'a> {
    world: &'a dyn World,
    hides: bool,
    targets: Vec<Target>,
    shortened: usize,
}

impl Expansion<'_> {
    fn text(&mut self, text: &str) {
        let inspection = inspect(text);
        self.targets.push(Target {
            name: inspection.label().to_owned(),
            source: Source { kind: Origin::Argument, file: None, line: None },
            file: None,
            text: Some(inspection),
        });
    }

    fn file(&mut self, place: &Place, origin: Origin) {
        let mut reading = examine(self.world, place);
        reading.path = self.shortened(&reading.path);
        for candidate in reading.candidates.iter_mut().filter(|_| self.hides) {
            candidate.path =
                shorten(self.world, &candidate.path).unwrap_or_else(|| candidate.path.clone());
        }
        self.reading(reading, origin);
    }

    fn standard_input(&mut self, stdin: &mut dyn Read) -> Result<(), TargetError> {
        let mut bytes = Vec::new();
        stdin.take(FILE_LIMIT).read_to_end(&mut bytes).map_err(TargetError::StandardInput)?;
        self.reading(Reading::of_bytes("standard input", &bytes), Origin::StandardInput);
        Ok(())
    }

    fn reading(&mut self, reading: Reading, origin: Origin) {
        let reading = Arc::new(reading);
        let source = |line| Source { kind: origin, file: Some(reading.path.clone()), line };
        let hubs = reading.hubs();
        for entry in &hubs {
            let inspection = inspect(entry.raw());
            let name = entry.name.clone().unwrap_or_else(|| inspection.label().to_owned());
            self.targets.push(Target {
                name,
                source: source(Some(entry.line)),
                file: Some(Arc::clone(&reading)),
                text: Some(inspection),
            });
        }
        if hubs.is_empty() {
            self.targets.push(Target {
                name: reading.path.clone(),
                source: source(None),
                file: Some(Arc::clone(&reading)),
                text: None,
            });
        }
    }

    fn shortened(&mut self, path: &str) -> String {
        match shorten(self.world, path).filter(|_| self.hides) {
            Some(short) => {
                self.shortened += 1;
                short
            }
            None => path.to_owned(),
        }
    }
}

/// The path with `~` for the home directory, which holds the user's name.
fn shorten(world: &dyn World, path: &str) -> Option<String> {
    let home = world.variable("USERPROFILE").or_else(|| world.variable("HOME"))?;
    crate::redact::beneath(&home, path).map(|rest| format!("~{rest}"))
}

#[cfg(test)]
mod tests {
    use hublink_probe::{FileOutcome, FileRead, ScriptedWorld, Timestamp};

    use super::*;

    fn world() -> ScriptedWorld {
        let mut world =
            ScriptedWorld::at(Timestamp::parse("2026-11-24T12:00:00Z").expect("a time"));
        world.variables.insert("HOME".to_owned(), "/home/alice".to_owned());
        world
    }

    fn with_file(path: &str, text: &str) -> ScriptedWorld {
        let mut world = world();
        let bytes = text.as_bytes().to_vec();
        let outcome = FileOutcome::Read { size: bytes.len() as u64, bytes };
        world.files.insert(path.into(), FileRead { modified: None, outcome });
        world
    }

    fn expanded(world: &ScriptedWorld, named: &[&str], stdin: &str) -> Vec<Target> {
        let named: Vec<String> = named.iter().map(|&text| text.to_owned()).collect();
        expand(world, &named, &mut stdin.as_bytes()).expect("targets").targets
    }

    #[test]
    fn a_word_is_a_host_and_anything_with_a_scheme_is_a_link() {
        let targets = expanded(&world(), &["hub.corp.test", "ftp://hub.corp.test"], "");
        assert_eq!(targets[0].hub().expect("a hub").origin(), "https://hub.corp.test");
        assert!(targets[1].hub().is_none());
    }

    #[test]
    fn nothing_secret_of_a_target_is_kept_to_be_shown() {
        let address = "anna:S3cretPw@hub.corp.test/?qlikTicket=TICK123";
        let url = format!("https://{address}");
        let link = hublink_checks::link::compose(&url, None);
        let ini = format!("[S]\na={url}\nb={link}\n; {link}\n{address}\n");
        let path = "/srv/hubs.ini";
        let world = with_file(path, &ini);
        let unkept = ["hub.corp.test/?qlikTicket=TICK123", address, &url, &link, path, "-"];
        let targets = expanded(&world, &unkept, &ini);
        assert!(targets.len() >= unkept.len());
        for target in targets {
            let all = format!(
                "{} {:?} {:?} {} {}",
                target.name,
                target.source,
                target,
                serde_json::to_string(&target.text).expect("plain data"),
                serde_json::to_string(&target.file.as_deref()).expect("plain data")
            );
            for secret in ["anna", "S3cretPw", "TICK123"] {
                assert!(!all.contains(secret), "{secret}: {all}");
            }
        }
        // The check value is that of the text as it stands.
        let targets = expanded(&with_file(path, &format!("a={link}\n")), &[path], "");
        assert!(
            targets[0].text.as_ref().is_some_and(hublink_checks::link::Inspection::is_whole_link)
        );
    }

    #[test]
    fn a_missing_file_is_an_entry_of_the_report_and_no_usage_error() {
        let targets = expanded(&world(), &["nowhere/hubs.ini", "other.INI"], "");
        assert_eq!(targets.len(), 2);
        assert!(targets.iter().all(|target| target.text.is_none() && target.file.is_some()));
    }

    #[test]
    fn the_home_directory_stands_in_no_report() {
        let path = "/home/alice/hubs.ini";
        let world = with_file(path, "https://hub.corp.test\n");
        let expanded = expand(&world, &[path.to_owned()], &mut std::io::empty()).expect("targets");
        assert_eq!(expanded.targets[0].source.file.as_deref(), Some("~/hubs.ini"));
        assert_eq!(expanded.ledger.len(), 1);
    }

    #[test]
    fn standard_input_may_hold_a_pasted_link() {
        let targets = expanded(&world(), &["-"], "https://hub.corp.test\n");
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].source.kind, Origin::StandardInput);
        assert_eq!(targets[0].source.line, Some(1));
    }

    #[test]
    fn without_a_target_the_variable_comes_before_the_usual_place() {
        let mut world = with_file("/srv/hubs.ini", "https://hub.corp.test\n");
        assert!(matches!(
            expand(&world, &[], &mut std::io::empty()),
            Err(TargetError::NothingNamed)
        ));
        world.variables.insert("HUBLINK_HUBS".to_owned(), "/srv/hubs.ini".to_owned());
        let targets = expanded(&world, &[], "");
        assert_eq!(targets[0].source.kind, Origin::Environment);
    }
}
