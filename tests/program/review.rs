//! A saved report judged again: as live, by newer tables, and whatever the file holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use hublink::output::json_document;
use hublink::report::{Ready, Report};
use hublink::review::{read_text, review};
use hublink_practice::{Behaviour, Certificate};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Stage, assert_judged_alike, assert_valid, doctor, short};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of a folder and the folders below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> =
        paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    found.sort();
    found
}

/// The reports that earlier versions made, by name.
pub(crate) fn older_reports() -> BTreeMap<String, String> {
    let text = |path: &PathBuf| std::fs::read_to_string(path).expect("a file");
    let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    files(&root().join("tests/reports"))
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| (name(path), text(path)))
        .collect()
}

fn reviewed(text: &str) -> Report {
    let saved = read_text("the report", text).unwrap_or_else(|error| panic!("{error}"));
    review(&saved)
}

/// A report of one hub with the evidence of a fixture, as a run would have left it.
pub(crate) fn report_of_fixture(fixture: &Value) -> Report {
    let facts = fixture.get("facts").cloned().unwrap_or_else(|| json!({}));
    let evidence = fixture["evidence"].as_object().expect("evidence");
    let checks: Vec<Value> = hublink_checks::all()
        .iter()
        .map(|check| {
            let seen = evidence.get(check.meta().id);
            json!({ "id": check.meta().id, "title": check.meta().title, "duration_ms": 1.5,
                    "status": if seen.is_some() { "passed" } else { "skipped" },
                    "evidence": seen, "causes": [],
                    "reason": { "kind": "not-asked" } })
        })
        .collect();
    let link = match facts.get("hub") {
        Some(Value::Object(hub)) => {
            let text = format!(
                "{}://{}",
                hub["scheme"].as_str().expect("a scheme"),
                hub["host"].as_str().expect("a host")
            );
            serde_json::to_value(hublink_checks::link::inspect(&text)).expect("plain data")
        }
        _ => Value::Null,
    };
    let report = json!({
        "schema": "hublink/report/1", "tool": { "name": "hublink", "version": "0.1.0" },
        "mode": "doctor", "started": "2026-11-24T20:44:28.725Z", "duration_ms": 20.0,
        "interrupted": false, "redaction": { "level": "default", "ledger": [] },
        "environment": { "os": facts.get("os").cloned().unwrap_or(json!("")), "arch": "x86_64",
                         "interfaces": facts.get("interfaces").cloned().unwrap_or(json!([])) },
        "hubs": [{ "name": "fixture", "host": facts.pointer("/hub/host"), "link": link,
                   "source": { "kind": "argument" }, "facts": facts, "duration_ms": 12.3,
                   "verdict": { "ready": "yes", "first_broken": null, "cause": null,
                                "confidence": null, "owner": null, "summary": "", "reached": null },
                   "checks": checks }],
        "across": []
    });
    Report { review: None, ..reviewed(&report.to_string()) }
}

/// Every fixture of a ladder check, by its path.
pub(crate) fn fixtures() -> Vec<(PathBuf, Value)> {
    let found = files(&root().join("checks/fixtures"));
    found
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a file");
            let value = serde_json::from_str(&text).expect("JSON");
            (path, value)
        })
        .collect()
}

#[test]
fn the_evidence_of_every_fixture_is_judged_alike_twice() {
    let mut named = 0;
    for (path, fixture) in fixtures() {
        let report = report_of_fixture(&fixture);
        let found: Vec<&str> = crate::support::causes(&report.hubs[0]);
        named += usize::from(!found.is_empty());
        assert_judged_alike(&report);
        assert_eq!(report.hubs.len(), 1, "{}", path.display());
    }
    assert!(named > 100, "only {named} fixtures came to a cause");
}

#[test]
fn reports_of_earlier_versions_are_read_and_come_to_the_same() {
    let reports = older_reports();
    assert!(reports.len() >= 3, "the corpus is there");
    for (name, text) in reports {
        let before: Value = serde_json::from_str(&text).expect("JSON");
        let report = reviewed(&text);
        assert_valid(&serde_json::to_value(&report).expect("plain data"));
        let told = report.review.as_ref().expect("a review");
        assert!(told.unknown.is_empty(), "{name}: {:?}", told.unknown);
        for (hub, now) in before["hubs"].as_array().expect("hubs").iter().zip(&report.hubs) {
            let ready = serde_json::to_value(now.verdict.ready).expect("a word");
            assert_eq!(hub["verdict"]["ready"], ready, "{name}: {}", now.name);
        }
    }
}

fn expired() -> Report {
    let text = older_reports().into_values().next_back().expect("a report");
    let report = reviewed(&text);
    Report { review: None, ..report }
}

#[test]
fn what_the_tables_say_otherwise_is_told_by_hub() {
    let mut saved = expired();
    let place = saved.hubs.iter().position(|hub| hub.verdict.cause.is_some()).expect("a cause");
    let verdict = &mut saved.hubs[place].verdict;
    let truth = verdict.clone();
    verdict.ready = Ready::Yes;
    (verdict.cause, verdict.owner) = (None, None);
    let report = reviewed(&json_document(&saved));
    assert_eq!(report.hubs[place].verdict, truth);
    let changes = &report.review.as_ref().expect("a review").changes;
    let told: Vec<(usize, &str, Option<&str>, Option<&str>)> = changes
        .iter()
        .map(|c| (c.hub, c.what.as_str(), c.before.as_deref(), c.now.as_deref()))
        .collect();
    let owner = serde_json::to_value(truth.owner).expect("a word");
    assert_eq!(
        told,
        [
            (place, "ready", Some("yes"), Some("no")),
            (place, "cause", None, truth.cause.as_deref()),
            (place, "owner", None, owner.as_str()),
        ]
    );
}

#[test]
fn what_a_newer_version_adds_is_kept_apart_and_told() {
    let mut saved = serde_json::to_value(expired()).expect("plain data");
    saved["weather"] = json!("rain");
    saved["hubs"][0]["checks"][0]["mood"] = json!({ "good": true });
    saved["hubs"][0]["checks"][4]["evidence"]["answers_in_colour"] = json!([1]);
    let new = json!({ "id": "telepathy", "title": "the hub reads minds", "status": "failed",
                      "duration_ms": 1.0, "evidence": { "waves": 3 }, "causes": [] });
    saved["hubs"][0]["checks"].as_array_mut().expect("checks").push(new);
    saved["hubs"][0]["verdict"]["ready"] = json!("no");
    saved["hubs"][0]["verdict"]["first_broken"] = json!("telepathy");
    let report = reviewed(&saved.to_string());
    let unknown = &report.review.as_ref().expect("a review").unknown;
    for path in
        ["weather", "hubs[0].checks[0].mood", "hubs[0].checks[4].evidence.answers_in_colour"]
    {
        assert!(unknown.iter().any(|told| told == path), "{path}: {unknown:?}");
    }
    let hub = &report.hubs[0];
    assert_eq!(hub.checks.last().map(|check| check.id.as_str()), Some("telepathy"));
    assert_eq!(
        (hub.verdict.ready, hub.verdict.first_broken.as_deref()),
        (Ready::No, Some("telepathy"))
    );
}

#[test]
fn a_go_or_no_go_whose_failure_is_gone_does_not_become_a_go() {
    let mut saved = serde_json::to_value(expired()).expect("plain data");
    saved["mode"] = json!("preflight");
    let hub = &mut saved["hubs"][0];
    assert_eq!(hub["verdict"]["ready"], "yes");
    for check in hub["checks"].as_array_mut().expect("checks").iter_mut().skip(6) {
        check["status"] = json!("skipped");
        check["reason"] = json!({ "kind": "not-asked", "detail": "stopped" });
        check["evidence"] = Value::Null;
    }
    let report = reviewed(&saved.to_string());
    assert_eq!(report.hubs[0].verdict.ready, Ready::Unknown);
}

fn refused(text: &str) -> String {
    match read_text("r.json", text) {
        Ok(_) => panic!("read: {}", &text[..text.len().min(200)]),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_file_that_is_no_report_is_refused_with_its_place() {
    let good = json_document(&expired());
    let cut = &good[..good.len() / 2];
    let lines = cut.lines().count();
    assert!(
        refused(cut).starts_with(&format!("r.json, line {lines}, column ")),
        "{}",
        refused(cut)
    );
    assert!(refused(cut).ends_with("; the report is cut off"));
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        refused(&good.replacen(from, to, 1))
    };
    let cases = [
        (refused(""), "r.json: expected a report, found nothing"),
        (
            refused("hello"),
            "r.json, line 1, column 1: expected a report, which is a JSON document and begins with {",
        ),
        (refused("[1]"), "r.json: expected a report, which has \"schema\": \"hublink/report/1\""),
        (refused("{}"), "r.json: expected a report, which has \"schema\": \"hublink/report/1\""),
        (
            refused("{\"schema\": \"hublink/line/1\"}"),
            "r.json, line 1, column 12: expected a report (hublink/report/1), found \"hublink/line/1\"",
        ),
        (
            with("report/1", "report/2"),
            "r.json, line 2, column 13: a report of version 2, and this hublink reads version 1 (hublink/report/1)",
        ),
        (with("\"interrupted\": false", "\"interrupted\": NaN"), ": expected value"),
        (
            with("\"interrupted\": false", "\"interrupted\": \"no\""),
            ": invalid type: string \"no\", expected a boolean",
        ),
        (
            with("\"interrupted\": false", "\"interrupted\": false, \"interrupted\": true"),
            ": the key \"interrupted\" stands there twice",
        ),
        (with("\"duration_ms\": ", "\"duration_ms\": 1e999 , \"x\": "), ": number out of range"),
        (with("\"ready\": \"", "\"ready\": \"\\u001b[2J"), "unknown variant `\\u{1b}[2J"),
        (
            with("\"handshake\": {", "\"handshake\": 7, \"y\": {"),
            ": evidence of the check tls: invalid type: integer `7`, expected struct Handshake",
        ),
        (refused(&"[".repeat(100_000)), "recursion limit exceeded"),
        (refused(&format!("{{\"a\": [{}0]}}", "0,".repeat(2_000_001))), "more than 2000000 values"),
    ];
    for (told, expected) in cases {
        assert!(told.contains(expected), "{told}\nlacks {expected}");
        assert!(!told.contains('\u{1b}') && !told.contains('\n'), "{told:?}");
    }
}

#[test]
fn an_error_in_evidence_names_the_line_in_which_it_stands() {
    let text = json_document(&expired());
    let at = text.lines().position(|line| line.contains("\"handshake\": {")).expect("a handshake");
    let damaged: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(line, told)| match line {
            _ if line == at => told.replace("\"handshake\": {", "\"handshake\": 7, \"y\": {"),
            _ => told.to_owned(),
        })
        .collect();
    let told = refused(&damaged.join("\n"));
    assert!(told.starts_with(&format!("r.json, line {}, column ", at + 1)), "{told}");
}

fn hublink(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hublink"));
    command.args(arguments).env_remove("HUBLINK_HUBS").stdin(Stdio::null());
    command
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn a_review_has_the_formats_and_the_exit_codes_of_the_run() {
    let stage = Stage::start().await;
    let bad = Behaviour::healthy().certificate(Certificate::Expired);
    let bad = stage.practice.hub("bad", bad).await.expect("a hub");
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let world = stage.world(|_| {});
    for (url, expected, plugin) in [(good.url(), 0, 0), (bad.url(), 1, 2)] {
        let report = doctor(&world, &[url], short()).await;
        let path = stage.path("report.json");
        let text = json_document(&report);
        let wide: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        for bytes in [text.clone().into_bytes(), wide] {
            std::fs::write(&path, bytes).expect("a file");
            let path = path.display().to_string();
            for format in ["human", "json", "ndjson", "junit", "openmetrics", "markdown", "html"] {
                let output =
                    hublink(&["review", &path, "--format", format]).output().expect("it starts");
                let (code, stdout, stderr) = told(&output);
                assert_eq!((code, stderr.as_str()), (Some(expected), ""), "{format}");
                assert!(!stdout.is_empty());
                if format == "json" {
                    assert_valid(&serde_json::from_str(&stdout).expect("one document"));
                }
                if format == "human" {
                    assert!(stdout.contains("judged again by hublink"), "{stdout}");
                    assert!(!stdout.contains(" now."), "nothing changed: {stdout}");
                }
            }
            let output =
                hublink(&["review", &path, "--format", "nagios"]).output().expect("it starts");
            assert_eq!(told(&output).0, Some(plugin));
        }
    }
    let output = hublink(&["review", "/nonexistent"]).output().expect("it starts");
    let (code, stdout, stderr) = told(&output);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.starts_with("hublink: /nonexistent: cannot read: "), "{stderr}");
}

/// Somewhere in the document something is what nobody expects.
fn damage(document: &mut Value, turn: u64, with: &Value) {
    let mut left = turn;
    let mut at = document;
    loop {
        let n = match &*at {
            Value::Object(map) => map.len(),
            Value::Array(list) => list.len(),
            _ => 0,
        };
        if n == 0 || left % 7 == 6 {
            *at = with.clone();
            return;
        }
        let pick = usize::try_from(left % n as u64).expect("small");
        left = (left / n as u64) ^ ((left << 3) & 0xffff);
        at = match at {
            Value::Object(map) => map.values_mut().nth(pick).expect("counted"),
            Value::Array(list) => &mut list[pick],
            _ => return,
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_report_holds_nothing_breaks(
        turns in prop::collection::vec(any::<u64>(), 1..6),
        with in prop::sample::select(vec![
            json!(null), json!(true), json!(-1), json!(1e300), json!(-1e300), json!(u64::MAX),
            json!(0.1), json!(""), json!("\u{1b}[2J\u{202e}"), json!([]), json!({}),
            json!("9999-12-31T23:59:59-23:59"), json!("0000-01-01T00:00:00+23:59"),
            json!("255.255.255.255"), json!("::"), json!("http://[::1]:99999/%zz"),
            json!("a".repeat(3000)), json!("no"), json!("failed"), json!("dns/name-not-found"),
        ]),
    ) {
        let (_, text) = older_reports().into_iter().next_back().expect("a report");
        let mut document: Value = serde_json::from_str(&text).expect("JSON");
        for &turn in &turns {
            damage(&mut document, turn, &with);
        }
        if let Ok(saved) = read_text("damaged", &document.to_string()) {
            let report = review(&saved);
            crate::formats::assert_readable(&report);
            assert_judged_alike(&Report { review: None, ..report });
        }
    }
}
