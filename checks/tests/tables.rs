//! Invariants of the tables: every cause has its text, its proof and its counter-proof.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hublink_checks::frame::{
    Case, Diagnosis, ErasedCheck, Facts, MACHINE_WIDE, Severity, Verification,
};
use hublink_probe::Failure;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The smallest evidence that proves a cause, or that looks like it and does not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    /// One plain sentence.
    about: String,
    /// More general causes that the same evidence proves, and that come first.
    #[serde(default)]
    beside: Vec<String>,
    #[serde(default)]
    facts: Facts,
    /// By check id.
    evidence: Map<String, Value>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn read(path: &Path) -> Fixture {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let fixture: Fixture =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(fixture.about.ends_with('.'), "{}: `about` is a sentence", path.display());
    fixture
}

fn case_of(path: &Path) -> Case {
    let fixture = read(path);
    let mut case = Case::new(fixture.facts);
    for check in &hublink_checks::tables() {
        if let Some(saved) = fixture.evidence.get(check.meta().id) {
            let stored = check.load(saved);
            case.put(stored.unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
    }
    let known: BTreeSet<&str> = hublink_checks::tables().iter().map(|c| c.meta().id).collect();
    for id in fixture.evidence.keys() {
        assert!(known.contains(id.as_str()), "{}: no check is called {id}", path.display());
    }
    case
}

fn ids(found: &[Diagnosis]) -> Vec<&str> {
    found.iter().map(|cause| cause.id.as_str()).collect()
}

fn judged(check: &dyn ErasedCheck, path: &Path) -> Vec<Diagnosis> {
    check.judge(&case_of(path))
}

fn short(id: &str) -> &str {
    id.split_once('/').map_or(id, |(_, short)| short)
}

#[test]
fn every_cause_has_a_fixture_that_yields_exactly_it() {
    for check in &hublink_checks::tables() {
        for cause in check.causes() {
            let path = folder().join(format!("{}/{}.json", check.meta().id, short(cause.id)));
            assert!(path.exists(), "{} has no fixture: write {}", cause.id, path.display());
            let mut expected = read(&path).beside;
            expected.push(cause.id.to_owned());
            assert_eq!(ids(&judged(*check, &path)), expected, "{}", path.display());
        }
    }
}

#[test]
fn every_cause_has_a_look_alike_that_does_not_yield_it() {
    for check in &hublink_checks::tables() {
        for cause in check.causes().iter().filter(|cause| !cause.fallback) {
            let path = folder().join(format!("{}/{}.not.json", check.meta().id, short(cause.id)));
            assert!(path.exists(), "{} has no look-alike: write {}", cause.id, path.display());
            let found = judged(*check, &path);
            assert!(!ids(&found).contains(&cause.id), "{}: {:?}", path.display(), ids(&found));
        }
    }
}

/// Beside the fixture of a cause there may be one with the numbers that Windows has for it, so that
/// they are judged on every system. They were not seen on a real one yet.
#[test]
fn what_windows_tells_is_judged_everywhere() {
    let count = of_windows("windows.json", |cause, found, path| {
        assert_eq!(found, [cause], "{}", path.display());
    });
    assert!(count >= 18, "only {count} are left");
}

/// The same for what looks alike there and is not the cause.
#[test]
fn what_windows_tells_accuses_nobody_falsely() {
    let count = of_windows("windows.not.json", |cause, found, path| {
        assert!(!found.contains(&cause), "{}: {found:?}", path.display());
    });
    assert!(count >= 10, "only {count} are left");
}

/// Beside the fixture of a cause there may be one of the same behind a proxy, whose tunnel was shown to
/// lead to the hub, or to be the fault itself.
#[test]
fn what_is_heard_in_a_tunnel_is_told_apart() {
    let count = with_ending("tunnel.json", |cause, found, path| {
        assert_eq!(found, [cause], "{}", path.display());
    });
    assert!(count >= 8, "only {count} are left");
}

/// The same where the tunnel may be the proxy's own doing, or the hub's.
#[test]
fn what_is_heard_in_a_tunnel_accuses_nobody_falsely() {
    let count = with_ending("tunnel.not.json", |cause, found, path| {
        assert!(!found.contains(&cause), "{}: {found:?}", path.display());
    });
    assert!(count >= 7, "only {count} are left");
}

/// Judges the fixtures of Windows with an ending, and tells how many there are.
fn of_windows(ending: &str, judge: impl Fn(&str, &[&str], &Path)) -> usize {
    with_ending(ending, |cause, found, path| {
        assert_eq!(case_of(path).facts.os, "windows", "{}", path.display());
        judge(cause, found, path);
        assert_numbers_are_true(path);
    })
}

/// Judges the fixtures with an ending, and tells how many there are.
fn with_ending(ending: &str, judge: impl Fn(&str, &[&str], &Path)) -> usize {
    let mut count = 0;
    for check in &hublink_checks::tables() {
        for cause in check.causes() {
            let path = folder().join(format!("{}/{}.{ending}", check.meta().id, short(cause.id)));
            if !path.exists() {
                continue;
            }
            count += 1;
            judge(cause.id, &ids(&judged(*check, &path)), &path);
        }
    }
    count
}

fn assert_numbers_are_true(path: &Path) {
    let text = std::fs::read_to_string(path).expect("a fixture");
    assert_numbers_mean_what_they_say(&serde_json::from_str(&text).expect("JSON"), path);
}

/// The kind beside a number of Windows is the one that the table of failures has for it.
fn assert_numbers_mean_what_they_say(value: &Value, path: &Path) {
    if let Ok(failure) = serde_json::from_value::<Failure>(value.clone())
        && let Some(code) = failure.code.filter(|&code| code >= 10_000)
    {
        let error = std::io::Error::from_raw_os_error(code);
        assert_eq!(failure, Failure::from_io(failure.operation, &error), "{}", path.display());
    }
    match value {
        Value::Array(items) => {
            for item in items {
                assert_numbers_mean_what_they_say(item, path);
            }
        }
        Value::Object(fields) => {
            fields.values().for_each(|item| assert_numbers_mean_what_they_say(item, path));
        }
        _ => {}
    }
}

#[test]
fn no_healthy_look_alike_is_accused() {
    let entries = std::fs::read_dir(folder().join("healthy")).expect("the folder exists");
    let mut count = 0;
    for entry in entries {
        let path = entry.expect("a readable entry").path();
        let case = case_of(&path);
        for check in &hublink_checks::tables() {
            for cause in check.judge(&case) {
                let accused = cause.severity > Severity::Informs;
                assert!(!accused, "{}: {}", path.display(), cause.id);
            }
        }
        count += 1;
    }
    assert!(count >= 10, "only {count} healthy look-alikes are left");
}

#[test]
fn every_hole_of_a_remedy_is_filled() {
    for check in &hublink_checks::tables() {
        for cause in check.causes() {
            let path = folder().join(format!("{}/{}.json", check.meta().id, short(cause.id)));
            for found in judged(*check, &path) {
                for step in &found.remedy {
                    assert!(!step.contains('<'), "{}: a hole is left in: {step}", path.display());
                }
            }
        }
    }
}

/// What every computer has that Desktop runs on, beside hublink.
const PROGRAMS: [&str; 2] = ["hublink ", "nslookup "];

#[test]
fn every_cause_says_by_which_command_one_sees_that_it_is_gone() {
    for check in &hublink_checks::tables() {
        for cause in check.causes() {
            assert!(!cause.verify.is_empty(), "{}: no command", cause.id);
            let path = folder().join(format!("{}/{}.json", check.meta().id, short(cause.id)));
            let found = check.judge(&case_of(&path));
            for Verification { command, expect } in found.iter().flat_map(|found| &found.verify) {
                let known = PROGRAMS.iter().any(|program| command.starts_with(program));
                assert!(known, "{}: not everybody has {command}", cause.id);
                assert!(!command.contains('<'), "{}: a hole is left in: {command}", cause.id);
                assert!(!expect.ends_with('.') && !expect.is_empty(), "{}: {expect}", cause.id);
            }
        }
    }
}

#[test]
fn every_diagnosis_cites_what_it_rests_on() {
    for check in &hublink_checks::tables() {
        for cause in check.causes() {
            let path = folder().join(format!("{}/{}.json", check.meta().id, short(cause.id)));
            for found in judged(*check, &path) {
                assert!(!found.proof.is_empty(), "{}: no proof", found.id);
                assert!(!found.remedy.is_empty(), "{}: no remedy", found.id);
            }
        }
    }
}

/// How the name of a fixture may go on behind that of its cause.
const ENDINGS: [&str; 6] =
    ["json", "not.json", "windows.json", "windows.not.json", "tunnel.json", "tunnel.not.json"];

#[test]
fn no_fixture_is_forgotten() {
    let mut expected = BTreeSet::new();
    for check in &hublink_checks::tables() {
        for cause in check.causes() {
            for ending in ENDINGS {
                expected.insert(format!("{}/{}.{ending}", check.meta().id, short(cause.id)));
            }
        }
    }
    for check in std::fs::read_dir(folder()).expect("the folder exists") {
        let check = check.expect("a readable entry");
        if check.file_name() == "healthy" {
            continue;
        }
        for file in std::fs::read_dir(check.path()).expect("a folder per check") {
            let file = file.expect("a readable entry").file_name();
            let name = format!("{}/{}", check.file_name().display(), file.display());
            assert!(expected.contains(&name), "{name} belongs to no cause");
        }
    }
}

#[test]
fn texts_are_whole_and_ids_are_well_formed() {
    let mut seen = BTreeSet::new();
    for check in &hublink_checks::tables() {
        let id = check.meta().id;
        assert!(!check.meta().docs.is_empty(), "{id} has no docs");
        let causes = check.causes();
        assert!(causes.last().is_some_and(|last| last.fallback), "{id}: the fallback is last");
        assert_eq!(causes.iter().filter(|cause| cause.fallback).count(), 1, "{id}");
        for cause in causes {
            assert!(seen.insert(cause.id), "{} stands twice", cause.id);
            let kebab = |c: char| c.is_ascii_lowercase() || c == '-' || c == '/';
            assert!(cause.id.chars().all(kebab), "{} is not kebab-case", cause.id);
            assert!(cause.id.starts_with(&format!("{id}/")), "{} is not of {id}", cause.id);
            assert!(cause.title.ends_with('.'), "{}: the title is a sentence", cause.id);
            assert!(!cause.explain.is_empty(), "{} has no explanation", cause.id);
            assert!(!cause.remedy.is_empty(), "{} has no remedy", cause.id);
            assert!(!cause.see.is_empty(), "{} names no source", cause.id);
            assert!(cause.fallback || !cause.look_alikes.is_empty(), "{}: no look-alike", cause.id);
        }
    }
}

#[test]
fn causes_that_are_suppressed_or_that_claim_exist() {
    let known: BTreeSet<&str> =
        hublink_checks::tables().iter().flat_map(|check| check.causes()).map(|c| c.id).collect();
    for check in &hublink_checks::tables() {
        for cause in check.causes() {
            for silenced in cause.suppresses {
                assert!(known.contains(silenced), "{} suppresses {silenced}", cause.id);
            }
        }
    }
    for id in MACHINE_WIDE {
        assert!(known.contains(id), "no cause is called {id}");
    }
}

#[test]
fn needs_point_at_checks_of_the_list() {
    let known: BTreeSet<&str> = hublink_checks::tables().iter().map(|c| c.meta().id).collect();
    for check in &hublink_checks::tables() {
        for need in check.meta().needs {
            assert!(known.contains(need.check), "{} needs {}", check.meta().id, need.check);
        }
    }
}

/// The folder is the list: a file that is no check, or a check that is not listed, is a mistake.
#[test]
fn the_list_holds_every_file_of_the_folder() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed: BTreeSet<String> =
        hublink_checks::tables().iter().map(|check| check.meta().id.replace('-', "_")).collect();
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(here).expect("the crate's folder") {
        let path = entry.expect("a readable entry").path();
        if path.extension().is_some_and(|extension| extension == "rs")
            && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
            && stem != "lib"
        {
            files.insert(stem.to_owned());
        }
    }
    let missing: Vec<_> = files.difference(&listed).collect();
    assert!(missing.is_empty(), "not listed: add {missing:?} to `all()` in checks/lib.rs");
    assert_eq!(files, listed, "checks/lib.rs lists a check that has no file");
}
