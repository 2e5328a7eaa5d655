//! External checks: what they are asked, what becomes of their answers, and that nothing they do
//! breaks a run. The programs are shell scripts in `tests/external` and the example of the manual.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use hublink::diff;
use hublink::external::{Limits, ask, find, find_in};
use hublink::output::json_document;
use hublink::redact::strict;
use hublink::render::human::Detail;
use hublink::render::{Style, html, human, junit, markdown, nagios, ndjson, openmetrics};
use hublink::report::{External, Ready, Report};
use hublink::review::{read_text, review, saved_of};
use hublink_checks::frame::{Confidence, ReasonKind, Severity, Status};
use hublink_practice::{Behaviour, Certificate, PASSWORD};
use serde_json::{Value, json};

use crate::cli::{code, json as document, run, visit};
use crate::formats::assert_readable;
use crate::review::older_reports;
use crate::support::{Stage, assert_judged_alike, assert_valid};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/external").join(name)
}

fn report_of(output: &Output) -> Report {
    serde_json::from_value(document(output)).expect("a report")
}

fn plugins(folder: &Path) -> String {
    format!("--plugins={}", folder.display())
}

fn named<'r>(externals: &'r [External], name: &str) -> &'r External {
    externals
        .iter()
        .find(|one| one.name() == name)
        .unwrap_or_else(|| panic!("{name} was not asked"))
}

/// A saved report without the network, and two external checks asked about its hubs.
async fn asked(names: &[&str]) -> Report {
    let mut report = sample();
    let folder = tempfile::tempdir().expect("a folder");
    for name in names {
        let file = format!("hublink-check-{name}");
        symlink(self::folder("hostile").join(&file), folder.path().join(&file)).expect("a link");
    }
    let checks = find(Some(folder.path())).expect("checks");
    let limits = Limits::new(None, Duration::from_mins(1));
    let answers = ask(&report, &checks, &limits, std::future::pending()).await;
    for (hub, answers) in report.hubs.iter_mut().zip(answers) {
        hub.external = answers;
    }
    report
}

/// A report of this version, as it was made.
fn sample() -> Report {
    let text = older_reports().into_values().next_back().expect("a report");
    let saved = read_text("the report", &text).unwrap_or_else(|error| panic!("{error}"));
    Report { review: None, ..review(&saved) }
}

/// What each of the hostile ones comes to: its status, and words of its reason.
const HOSTILE: [(&str, Status, &str); 23] = [
    ("bad-owner", Status::Errored, "unknown variant `the boss`, expected one of `idp-admin`"),
    ("daemon", Status::Passed, ""),
    ("deep", Status::Errored, "evidence deeper than 16 levels"),
    ("dies", Status::Errored, "it was ended by signal 9"),
    ("dns", Status::Errored, "the id \"dns/name-not-found\": expected one word"),
    ("environment", Status::Passed, ""),
    ("escapes", Status::Warned, ""),
    ("exits-1", Status::Errored, "it ended with exit code 1"),
    ("floods", Status::Errored, "it printed more than 256 KiB"),
    ("half-json", Status::Errored, "it printed no JSON document: EOF"),
    ("hangs", Status::Errored, "it had not ended after 6 s"),
    ("keeps-pipe", Status::Passed, ""),
    ("latin-1", Status::Errored, "it printed no UTF-8: another byte at 66"),
    ("no-interpreter", Status::Errored, "it cannot be started: "),
    ("no-json", Status::Errored, "it printed no JSON document: expected value"),
    ("no-proof", Status::Errored, "the cause late has no proof"),
    ("not-executable", Status::Errored, "its file is not executable"),
    ("other-version", Status::Errored, "it speaks hublink/external/2, and this hublink"),
    ("reads-nothing", Status::Passed, ""),
    ("scolds", Status::Errored, "1024 KiB of errors, and was ended"),
    ("slow-describe", Status::Errored, "asked to describe itself, it had not ended after 5 s"),
    ("too-sure", Status::Warned, ""),
    ("zero", Status::Errored, "it printed nothing"),
];

#[tokio::test]
async fn whatever_they_do_a_run_comes_to_the_same() {
    let stage = Stage::start().await;
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let expired = Behaviour::healthy().certificate(Certificate::Expired);
    let bad = stage.practice.hub("bad", expired).await.expect("a hub");
    let (good, bad) = (good.url(), bad.url());
    let plain = [good.as_str(), &bad, "--format", "json"];
    let without = report_of(&run(visit(&stage, &plain)).await);
    let begun = Instant::now();
    let mut command = visit(&stage, &plain);
    command.arg(plugins(&folder("hostile"))).args(["--timeout", "6"]);
    command.env("HUBLINK_PASSWORD", "pa55word").env("MY_SECRET", "secret");
    let output = run(command).await;
    // Two hubs and 23 checks, eight at once: three wait for their time to be over.
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    assert_eq!(code(&output), 1);
    let report = report_of(&output);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("pa55word"));
    for (before, hub) in without.hubs.iter().zip(&report.hubs) {
        assert_eq!(before.verdict.ready, hub.verdict.ready);
        assert_eq!(before.verdict.cause, hub.verdict.cause);
        assert_eq!(before.checks.len(), hub.checks.len());
        let names: Vec<&str> = hub.external.iter().map(External::name).collect();
        assert_eq!(names, HOSTILE.map(|(name, ..)| name));
        for (name, status, words) in HOSTILE {
            let external = named(&hub.external, name);
            let why = external.reason.as_ref().and_then(|reason| reason.detail.clone());
            let why = why.unwrap_or_default();
            assert_eq!(external.status, status, "{name}: {why}");
            assert!(why.contains(words) && words.is_empty() == why.is_empty(), "{name}: {why}");
            let errored = external.status == Status::Errored;
            assert!(!errored || external.causes.is_empty(), "{name}");
            assert!(external.causes.iter().all(|c| c.id.starts_with(&format!("external-{name}/"))));
        }
    }
    assert_eq!(report.hubs[0].verdict.ready, Ready::Yes);
    let of_good = &report.hubs[0].external;
    assert_eq!(named(of_good, "exits-1").stderr, ["cannot reach the inventory"]);
    assert_eq!(named(of_good, "exits-1").exit_code, Some(1));
    assert_eq!(named(of_good, "dies").signal, Some(9));
    let late = &named(of_good, "too-sure").causes[0];
    assert_eq!((late.confidence, late.severity), (Confidence::Likely, Severity::Degrades));
    let seen = named(of_good, "environment").evidence.as_ref().expect("evidence");
    assert_eq!(seen["secrets"], 0);
    assert_eq!(seen["arguments"], 1);
    // PWD and what begins with an underscore are the shell's own.
    let names = seen["names"].as_array().expect("names").iter().filter_map(Value::as_str);
    let own = ["PWD", "OLDPWD", "SHLVL", "_"];
    let names: Vec<&str> = names.filter(|name| !own.contains(name)).collect();
    assert_eq!(names, ["LANG", "PATH", "PYTHONUTF8"]);
    assert_readable(&report);
    assert_judged_alike(&report);
}

#[tokio::test]
async fn what_they_print_steers_no_reader() {
    let report = asked(&["escapes", "no-json"]).await;
    assert_valid(&serde_json::to_value(&report).expect("plain data"));
    assert_readable(&report);
    let style = Style { width: 80, colour: false };
    let texts = [
        json_document(&report),
        human::render(&report, style, Detail::Verbose),
        human::render(&report, style, Detail::Normal),
        markdown::render(&report),
        html::render(&report),
        junit::render(&report),
        nagios::render(&report),
        ndjson::render(&report),
        openmetrics::render(&report),
    ];
    for text in &texts {
        let steers =
            |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.contains(steers), "{text}");
        assert!(text.contains("external-escapes"), "{text}");
    }
    assert!(!texts[4].contains("<script"), "{}", texts[4]);
    // A line of its own could be taken for a heading.
    assert!(!texts[3].lines().any(|line| line.starts_with("# READY")), "{}", texts[3]);
}

#[tokio::test]
async fn every_format_names_them_and_none_counts_them() {
    let mut report = asked(&["too-sure", "dies"]).await;
    let plain = sample();
    assert_eq!(hublink::exit::Exit::of(&report), hublink::exit::Exit::of(&plain));
    let style = Style { width: 80, colour: false };
    let told = human::render(&report, style, Detail::Normal);
    for words in ["so says the external check too-sure", "external-too-sure/late (likely; it says"]
    {
        assert!(told.contains(words), "{told}");
    }
    assert!(
        told.contains("external check  dies: could not look: it was ended by signal 9"),
        "{told}"
    );
    let ticket = markdown::render(&report);
    assert!(
        ticket.contains("**External check:** Late. (external-too-sure/late, likely;"),
        "{ticket}"
    );
    assert!(html::render(&report).contains("External check too-sure, worth mending"));
    assert!(junit::render(&report).contains("name=\"external-dies: all is well\""));
    let metrics = openmetrics::render(&report);
    assert!(metrics.contains("cause=\"external-too-sure/late\",check=\"external-too-sure\""));
    let line: Value = serde_json::from_str(ndjson::render(&report).lines().next().expect("a line"))
        .expect("JSON");
    assert_eq!(line["external_causes"][0]["id"], "external-too-sure/late");
    assert_eq!(line["status"]["external-dies"], "errored");
    let causes = line["causes"].as_array().expect("a list");
    assert!(causes.iter().all(|cause| cause["id"] != "external-too-sure/late"));
    // Of a hub that is ready a monitoring system says that something should be mended.
    report.hubs.retain(|hub| hub.verdict.ready == Ready::Yes);
    assert!(!report.hubs.is_empty(), "the sample has a hub that is ready");
    assert_eq!(nagios::State::of(&report), nagios::State::Warning);
    assert_eq!(hublink::exit::Exit::of(&report), hublink::exit::Exit::Good);
    for hub in &mut report.hubs {
        hub.external.retain(|external| external.name() == "dies");
    }
    let alone = Report { hubs: plain.hubs, across: Vec::new(), ..report.clone() };
    let ready = |hub: &hublink::report::Hub| hub.verdict.ready == Ready::Yes;
    let alone = Report { hubs: alone.hubs.into_iter().filter(ready).collect(), ..alone };
    assert_eq!(nagios::State::of(&report), nagios::State::of(&alone));
}

#[tokio::test]
async fn a_review_keeps_what_they_said_and_strict_redaction_none_of_it() {
    let report = asked(&["too-sure", "exits-1"]).await;
    assert_judged_alike(&report);
    let (hidden, _) = strict(&report).expect("pseudonyms");
    assert_valid(&serde_json::to_value(&hidden).expect("plain data"));
    assert_judged_alike(&Report { review: None, ..hidden.clone() });
    let text = json_document(&hidden);
    for word in ["too-sure", "exits-1", "inventory", "Late", "/late", "all is well"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    for hub in &hidden.hubs {
        let ids: Vec<&str> = hub.external.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["external-1", "external-2"]);
        assert_eq!(hub.external[0].status, Status::Errored);
        assert_eq!(hub.external[1].causes[0].id, "external-2/cause-1");
    }
    assert_eq!(strict(&hidden).expect("a report").0, hidden);
    assert!(hidden.redaction.ledger.iter().any(|line| line.what.contains("external check")));
    // They cost nothing that is not theirs.
    let plain = strict(&sample()).expect("pseudonyms").0;
    for (with, without) in hidden.hubs.iter().zip(&plain.hubs) {
        assert_eq!(with.verdict.cause, without.verdict.cause);
    }
}

#[tokio::test]
async fn two_reports_are_compared_by_what_both_asked() {
    let report = asked(&["too-sure", "reads-nothing"]).await;
    let compare = |old: &Report, new: &Report| diff::compare(&saved_of(old), &saved_of(new));
    assert!(!compare(&report, &report).differs);
    let not_asked = compare(&sample(), &report);
    assert!(!not_asked.differs, "what was not asked is no difference");
    assert!(not_asked.surroundings.iter().any(|one| one.what == "external checks"));
    let mut mended = report.clone();
    for external in mended.hubs.iter_mut().flat_map(|hub| &mut hub.external) {
        (external.status, external.causes) = (Status::Passed, Vec::new());
    }
    let changed = compare(&report, &mended);
    assert!(changed.differs);
    assert_eq!(changed.hubs[0].causes.gone[0].id, "external-too-sure/late");
}

#[tokio::test]
async fn they_see_what_a_report_shows_by_default_and_no_secret() {
    let stage = Stage::start().await;
    let hub = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let home = stage.path("home");
    let checks = home.join("checks");
    std::fs::create_dir_all(&checks).expect("a folder");
    symlink(folder("one/hublink-check-asked"), checks.join("hublink-check-asked")).expect("a link");
    let hubs_ini = home.join("hubs.ini");
    std::fs::write(&hubs_ini, format!("[Hubs]\nGood=\"{}\"\n", hub.link())).expect("a file");
    let hubs_ini = hubs_ini.display().to_string();
    let home_text = home.display().to_string();
    let account = format!("{}\\{}", hublink_practice::DOMAIN, hublink_practice::USER);
    for level in ["default", "none"] {
        let arguments =
            [hubs_ini.as_str(), "--login", &account, "--format", "json", "--redact", level];
        let mut command = visit(&stage, &arguments);
        command.arg(plugins(&checks)).env("HOME", &home).env("HUBLINK_PASSWORD", PASSWORD);
        let output = run(command).await;
        let report = report_of(&output);
        let external = named(&report.hubs[0].external, "asked");
        assert_eq!(external.status, Status::Passed, "{:?}", external.reason);
        assert_eq!(
            (external.title.as_str(), external.version.as_deref()),
            ("all is well", Some("0.1"))
        );
        let shown = if level == "default" { "~" } else { &home_text };
        assert_eq!(external.program, format!("{shown}/checks/hublink-check-asked"));
        assert_eq!(external.stderr, [format!("in {shown}/checks: nothing")]);
        assert_eq!(external.evidence, Some(json!({ "folder": format!("{shown}/checks/x") })));
        for ask in ["describe", "run"] {
            let path = checks.join(format!("asked-{ask}.json"));
            let text = std::fs::read_to_string(&path).expect("it was asked");
            assert!(!text.contains(&home_text), "{ask}, {level}");
            let question: Value = serde_json::from_str(&text).expect("JSON");
            assert_as(&question, if ask == "run" { "RunRequest" } else { "DescribeRequest" });
            assert!(!has_text(&question, PASSWORD), "{ask}: a password");
            std::fs::remove_file(path).expect("a file");
        }
    }
}

/// Whether a text stands anywhere in a document, as it is after reading.
fn has_text(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text.contains(wanted),
        Value::Array(list) => list.iter().any(|value| has_text(value, wanted)),
        Value::Object(map) => map.values().any(|value| has_text(value, wanted)),
        _ => false,
    }
}

/// Panics unless a document is what the schema of external checks calls so.
fn assert_as(value: &Value, name: &str) {
    let mut schema = hublink::external::schema().to_value();
    assert!(jsonschema::validator_for(&schema).expect("a schema").is_valid(value), "{value}");
    schema["anyOf"] = json!([{ "$ref": format!("#/$defs/{name}") }]);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> =
        validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}: {value}");
}

#[tokio::test]
async fn of_two_with_one_name_the_first_on_the_path_counts_and_none_without_being_asked() {
    let stage = Stage::start().await;
    let hub = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let one = stage.path("one");
    std::fs::create_dir(&one).expect("a folder");
    for name in ["asked", "same"] {
        let file = format!("hublink-check-{name}");
        // It writes beside itself what it was asked.
        symlink(folder("one").join(&file), one.join(&file)).expect("a link");
    }
    // A folder that is no absolute path depends on where one stands.
    let path = format!(
        "tests/external/hostile::{}:{}:/usr/bin:/bin",
        one.display(),
        folder("other").display()
    );
    let url = hub.url();
    for option in [None, Some("--plugins")] {
        let mut command = visit(&stage, &[&url, "--format", "json"]);
        command.env("PATH", &path).args(option);
        let report = report_of(&run(command).await);
        let names: Vec<&str> = report.hubs[0].external.iter().map(External::name).collect();
        if option.is_none() {
            assert!(names.is_empty(), "{names:?}");
            continue;
        }
        assert_eq!(names, ["asked", "same"]);
        let same = named(&report.hubs[0].external, "same");
        assert_eq!(same.evidence, Some(json!({ "which": "first" })));
    }
}

#[test]
fn one_that_cannot_be_run_gives_way_to_one_that_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dull, sharp) = (folder.path().join("dull"), folder.path().join("sharp"));
    for place in [&dull, &sharp] {
        std::fs::create_dir(place).expect("a folder");
    }
    std::fs::write(dull.join("hublink-check-a"), "").expect("a file");
    symlink("/bin/true", sharp.join("hublink-check-a")).expect("a link");
    std::fs::create_dir(dull.join("hublink-check-folder")).expect("a folder");
    let found = find_in(&[dull.clone(), sharp.clone()]).expect("checks");
    assert_eq!(found.len(), 1);
    assert!(found[0].runnable && found[0].path.starts_with(&sharp));
    let found = find_in(&[dull]).expect("checks");
    assert!(!found[0].runnable);
    for n in 0..40 {
        symlink("/bin/true", sharp.join(format!("hublink-check-{n}"))).expect("a link");
    }
    assert!(find_in(&[sharp]).is_err(), "so many are a mistake");
    assert!(find(Some(&folder.path().join("missing"))).is_err());
}

#[tokio::test]
async fn when_the_time_is_over_the_report_is_whole_and_says_so() {
    let report = sample();
    let checks = find(Some(&folder("hostile"))).expect("checks");
    let hubs = report.hubs.iter().filter(|hub| hub.host.is_some()).count();
    let asked = |all: Duration, stop: Option<Duration>| {
        let (report, checks) = (&report, &checks);
        async move {
            let stop = async {
                match stop {
                    Some(after) => tokio::time::sleep(after).await,
                    None => std::future::pending().await,
                }
            };
            let begun = Instant::now();
            let answers = ask(report, checks, &Limits::new(None, all), stop).await;
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
            answers.into_iter().flatten().collect::<Vec<_>>()
        }
    };
    let none = asked(Duration::ZERO, None).await;
    assert_eq!(none.len(), hubs * HOSTILE.len());
    for external in &none {
        assert_eq!(external.status, Status::Skipped);
        assert_eq!(external.reason.as_ref().map(|r| r.kind), Some(ReasonKind::OutOfTime));
    }
    let interrupted = asked(Duration::from_mins(1), Some(Duration::from_millis(500))).await;
    let hangs = interrupted.iter().find(|one| one.name() == "hangs").expect("it was asked");
    let why = hangs.reason.as_ref().and_then(|reason| reason.detail.as_deref());
    assert_eq!((hangs.status, why), (Status::Skipped, Some("interrupted")));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_a_mistake_of_the_command_line() {
    let mut command = crate::cli::hublink();
    command.args(["https://127.0.0.1:1", "--plugins=/nonexistent/checks"]);
    let output = run(command).await;
    assert_eq!(code(&output), 2);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("--plugins: cannot read the folder /nonexistent/checks"), "{told}");
    assert!(output.stdout.is_empty());
}

/// The example of the manual, with a calendar beside it, if it has one.
fn example(stage: &Stage, calendar: Option<&str>) -> PathBuf {
    let checks = stage.path(if calendar.is_some() { "with" } else { "without" });
    std::fs::create_dir_all(&checks).expect("a folder");
    let name = "hublink-check-maintenance";
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples").join(name);
    symlink(source, checks.join(name)).expect("a link");
    if let Some(calendar) = calendar {
        std::fs::write(checks.join("maintenance.csv"), calendar).expect("a file");
    }
    checks
}

#[tokio::test]
async fn the_example_of_the_manual_works() {
    let stage = Stage::start().await;
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let expired = || Behaviour::healthy().certificate(Certificate::Expired);
    let bad = stage.practice.hub("bad", expired()).await.expect("a hub");
    let other = stage.practice.hub("other", expired()).await.expect("a hub");
    let calendar = "host,from,until,what\n\
         good.practice.test,2000-01-01T00:00:00+00:00,2100-01-01T00:00:00+00:00,a move\n\
         bad.practice.test,2000-01-01T00:00:00+00:00,2001-01-01T00:00:00+00:00,long ago\n\
         bad.practice.test,2000-01-01T00:00:00+00:00,2100-01-01T00:00:00+00:00,an update\n";
    let urls = [good.url(), bad.url(), other.url()];
    let [good, bad, other] = &urls;
    let arguments = [good.as_str(), bad, other, "--format", "json"];
    let mut command = visit(&stage, &arguments);
    command.arg(plugins(&example(&stage, Some(calendar))));
    let report = report_of(&run(command).await);
    let of: Vec<&External> = report.hubs.iter().map(|hub| &hub.external[0]).collect();
    let statuses: Vec<Status> = of.iter().map(|external| external.status).collect();
    let expected = [Status::Passed, Status::Warned, Status::Skipped];
    assert_eq!(statuses, expected, "{:?} {:?}", of[0].reason, of[0].stderr);
    assert_eq!(of[0].title, "no maintenance of the hub is announced for now");
    assert_eq!(of[2].reason.as_ref().map(|reason| reason.kind), Some(ReasonKind::NotApplicable));
    let cause = &of[1].causes[0];
    assert_eq!(cause.id, "external-maintenance/under-maintenance");
    assert_eq!(cause.title, "A maintenance of the hub is announced: an update.");
    assert_eq!(cause.proof[0].at, "maintenance.csv");
    assert_eq!(report.hubs[1].verdict.cause.as_deref(), Some("certificate/expired"));
    let mut command = visit(&stage, &arguments);
    command.arg(plugins(&example(&stage, None)));
    let report = report_of(&run(command).await);
    assert_eq!(report.hubs[0].external[0].status, Status::Errored);
    assert_eq!(report.hubs[0].external[0].exit_code, Some(0), "it answered, and could not look");
}

#[test]
fn the_example_answers_as_the_schema_says() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/hublink-check-maintenance");
    let question = json!({ "schema": "hublink/external/1", "ask": "run", "hub": { "host": "a" },
                           "started": "2026-11-24T20:44:28.725Z", "verdict": { "ready": "no" } });
    for (ask, name) in [("describe", "Description"), ("run", "Answer")] {
        let mut command = Command::new(&path);
        command.arg(ask).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 is installed");
        let stdin = child.stdin.take().expect("a pipe");
        serde_json::to_writer(stdin, &question).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let answer = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_as(&answer, name);
    }
}
