//! Two reports beside each other: what is told, and what is no difference.

use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use hublink::diff::{Diff, State, compare, schema};
use hublink::output::json_document;
use hublink::redact::strict;
use hublink::report::Report;
use hublink::review::saved_of;
use hublink_practice::{Behaviour, Certificate};
use serde_json::{Value, json};

use crate::review::{fixtures, report_of_fixture};
use crate::support::{Stage, doctor, short};

/// The comparison; it is valid, and the other way round it says the same of the other.
fn compared(old: &Report, new: &Report) -> Diff {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        jsonschema::validator_for(schema().as_value()).expect("the schema is a schema")
    });
    let diff = compare(&saved_of(old), &saved_of(new));
    let value = serde_json::to_value(&diff).expect("plain data");
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let back = compare(&saved_of(new), &saved_of(old));
    assert_eq!(back.differs, diff.differs);
    let count = |diff: &Diff, state| diff.hubs.iter().filter(|hub| hub.state == state).count();
    assert_eq!(count(&back, State::Added), count(&diff, State::Gone));
    assert_eq!(count(&back, State::Same), count(&diff, State::Same));
    let sum = |diff: &Diff| {
        let causes = diff.hubs.iter().map(|hub| &hub.causes);
        causes.fold((0, 0), |(gone, new), one| (gone + one.gone.len(), new + one.new.len()))
    };
    let (gone, new) = sum(&diff);
    assert_eq!(sum(&back), (new, gone));
    diff
}

/// `what: old -> new`, for every value of a hub.
fn values(diff: &Diff, hub: usize) -> Vec<String> {
    let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let list = diff.hubs[hub].values.iter();
    list.map(|one| format!("{}: {} -> {}", one.what, told(&one.old), told(&one.new))).collect()
}

fn ids(diff: &Diff, hub: usize) -> (Vec<&str>, Vec<&str>) {
    let causes = &diff.hubs[hub].causes;
    (
        causes.gone.iter().map(|one| one.id.as_str()).collect(),
        causes.new.iter().map(|one| one.id.as_str()).collect(),
    )
}

fn fixture(path: &str) -> Value {
    let mut found = fixtures().into_iter().filter(|(file, _)| file.ends_with(path));
    found.next().unwrap_or_else(|| panic!("{path}")).1
}

#[test]
fn a_report_does_not_differ_from_itself() {
    for (path, fixture) in fixtures() {
        let report = report_of_fixture(&fixture);
        let diff = compared(&report, &report);
        assert!(!diff.differs, "{}: {diff:#?}", path.display());
        assert!(diff.surroundings.is_empty() && diff.notes.is_empty());
    }
}

#[tokio::test]
async fn two_runs_of_one_world_do_not_differ_and_what_changes_is_named() {
    let stage = Stage::start().await;
    let kept = stage.practice.hub("kept", Behaviour::healthy()).await.expect("a hub");
    let other = stage.practice.hub("other", Behaviour::healthy()).await.expect("a hub");
    let world = stage.world(|_| {});
    let targets = [kept.link(), other.link()];
    let first = doctor(&world, &targets, short()).await;
    let again = doctor(&world, &targets, short()).await;
    let diff = compared(&first, &again);
    assert!(!diff.differs, "{diff:#?}");

    let expired = Behaviour::healthy().certificate(Certificate::Expired);
    let broken = stage.practice.hub("broken", expired).await.expect("a hub");
    let mut now = doctor(&world, &[broken.link(), kept.link()], short()).await;
    // The server that bore the name before.
    let after = &mut now.hubs[0];
    after.name.clone_from(&first.hubs[1].name);
    let diff = compared(&first, &now);
    assert!(diff.differs);
    assert_eq!(diff.hubs[0].state, State::Changed);
    assert_eq!(ids(&diff, 0), (vec![], vec!["certificate/expired"]));
    let told = values(&diff, 0);
    for what in ["address: ", "fingerprint of a certificate: ", "valid until: "] {
        assert!(told.iter().any(|value| value.starts_with(what)), "{what}: {told:#?}");
    }
    let ready = diff.hubs[0].verdict.iter().find(|one| one.what == "ready").expect("changed");
    assert_eq!((ready.old.as_deref(), ready.new.as_deref()), (Some("yes"), Some("no")));
    assert_eq!(diff.hubs[1].state, State::Same);
}

#[test]
fn hubs_come_go_and_are_renamed() {
    let base = report_of_fixture(&fixture("tcp/port-silent.json"));
    let with = |hubs: &[(&str, &str)]| {
        let mut report = base.clone();
        report.hubs = hubs
            .iter()
            .map(|(name, url)| {
                let mut hub = base.hubs[0].clone();
                let link = hublink_checks::link::inspect(url);
                hub.name = (*name).to_owned();
                hub.host = link.hub.as_ref().map(|hub| hub.host.clone());
                hub.url = Some((*url).to_owned());
                hub.link = Some(link);
                hub
            })
            .collect();
        report
    };
    let old = with(&[("a", "https://a.test"), ("b", "https://b.test"), ("c", "https://c.test")]);
    let new = with(&[("d", "https://d.test"), ("B", "https://b.test"), ("a", "https://a.test")]);
    let diff = compared(&old, &new);
    let told: Vec<(&str, State)> =
        diff.hubs.iter().map(|hub| (hub.name.as_str(), hub.state)).collect();
    assert_eq!(
        told,
        [("d", State::Added), ("B", State::Changed), ("a", State::Same), ("c", State::Gone)]
    );
    assert_eq!(values(&diff, 1), ["name: b -> B"]);
    assert_eq!(diff.hubs[3].verdict[1].old.as_deref(), Some("tcp/port-silent"));
}

#[test]
fn surroundings_and_times_are_told_and_are_no_difference() {
    let old = report_of_fixture(&fixture("tcp/port-silent.json"));
    let mut new = old.clone();
    new.environment.os = "windows".to_owned();
    new.environment.resolver = Some("10.0.0.1:53".to_owned());
    new.environment.proxy_variables = vec!["HTTPS_PROXY".to_owned()];
    new.tool.version = "9.9.9".to_owned();
    new.labels.insert("site".to_owned(), "Lyon".to_owned());
    let tcp = new.hubs[0].checks.iter_mut().find(|check| check.id == "tcp").expect("tcp");
    tcp.duration_ms += 700.0;
    let diff = compared(&old, &new);
    assert!(!diff.differs, "{diff:#?}");
    let told: Vec<&str> = diff.surroundings.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "version of hublink",
            "operating system",
            "proxy variables",
            "name server of --resolver",
            "label site"
        ]
    );
    assert_eq!(diff.hubs[0].times.len(), 1);
    let tcp = new.hubs[0].checks.iter_mut().find(|check| check.id == "tcp").expect("tcp");
    tcp.duration_ms = 400.0;
    assert!(compared(&old, &new).hubs[0].times.is_empty(), "noise");
}

#[test]
fn values_of_the_evidence_are_compared_by_meaning() {
    let old = fixture("tcp/port-silent.json");
    let mut new = old.clone();
    let dns = |addresses: &[&str], servers: &[&str]| {
        json!({
            "host": "sense.corp.test", "addresses": addresses, "replies": [],
            "configured": { "servers": servers, "search": ["corp.test"] },
            "system": { "addresses": addresses, "took_ms": 3.0 }
        })
    };
    let mut old = old;
    old["evidence"]["dns"] = dns(&["10.1.2.3", "10.1.2.4"], &["10.0.0.53:53"]);
    // In another order, and one of them another.
    new["evidence"]["dns"] = dns(&["10.1.2.4", "10.1.2.5"], &["10.0.0.53:53", "10.0.0.54:53"]);
    let diff = compared(&report_of_fixture(&old), &report_of_fixture(&new));
    assert_eq!(
        values(&diff, 0),
        ["addresses: 10.1.2.3 -> 10.1.2.5", "name servers: - -> 10.0.0.54:53"]
    );
}

#[test]
fn pseudonyms_of_two_runs_are_not_held_against_each_other() {
    let mut report = report_of_fixture(&fixture("certificate/untrusted-issuer.json"));
    let mut later = report.clone();
    (report.run, later.run) = (Some("one".to_owned()), Some("two".to_owned()));
    let (old, _) = strict(&report).expect("pseudonyms");
    let (new, _) = strict(&later).expect("pseudonyms");
    let diff = compared(&old, &new);
    assert!(!diff.differs && diff.notes.len() == 1, "{diff:#?}");
}

#[test]
fn a_copy_with_pseudonyms_does_not_differ_from_its_report() {
    for run in [None, Some("one".to_owned())] {
        let mut report = report_of_fixture(&fixture("certificate/untrusted-issuer.json"));
        report.run = run;
        let (copy, _) = strict(&report).expect("pseudonyms");
        let (other, _) = strict(&report).expect("pseudonyms");
        for (old, new) in [(&report, &copy), (&copy, &report), (&copy, &other)] {
            let diff = compared(old, new);
            assert!(!diff.differs && diff.notes.len() == 1, "{diff:#?}");
        }
    }
}

fn hublink(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hublink"));
    command.args(arguments).stdin(Stdio::null());
    command.output().expect("the program starts")
}

#[test]
fn the_help_desk_reads_what_changed_and_the_exit_code_says_whether() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let good = fixture("tcp/link-port-closed.not.json");
    let bad = fixture("tcp/port-silent.json");
    let (old, new) = (path("old.json"), path("new.json"));
    let mut before = report_of_fixture(&good);
    before.hubs[0].name = "Sales".to_owned();
    let mut after = report_of_fixture(&bad);
    after.hubs[0].name = "Sales".to_owned();
    std::fs::write(&old, json_document(&before)).expect("a file");
    std::fs::write(&new, json_document(&after)).expect("a file");
    let output = hublink(&["diff", &old, &new]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let expected = "\
old  2026-11-24T20:44:28Z, 1 hub, hublink 0.1.0
new  2026-11-24T20:44:28Z, 1 hub, hublink 0.1.0

CHANGED  Sales  https://sense.corp.test
  gone  tcp/refused (likely, blocks; your Qlik admin)
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("  new   tcp/port-silent ("), "{text}");
    let output = hublink(&["diff", &old, &old]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("No difference in meaning"));
    let output = hublink(&["diff", &old, &new, "--format", "json"]);
    let diff: Diff = serde_json::from_slice(&output.stdout).expect("a comparison");
    assert!(diff.differs);
    for arguments in [&["diff", &old][..], &["diff", &old, "/nonexistent"], &["diff", "-", "-"]] {
        let output = hublink(arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
    }
}
