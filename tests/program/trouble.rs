//! A computer in trouble: killed while it writes, a full disk, a folder that cannot be written to, a
//! reader that went away, no home, too few files, a clock in another century, no network at all. The
//! program says what is wrong or reports all it can; it never panics, and no report is half a report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use hublink::report::Ready;
use hublink_practice::{Behaviour, Certificate};
use serde_json::Value;

use crate::support::{Stage, assert_valid, doctor, short};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hublink");

/// A saved report, so that a report can be made without any network.
fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports/2026-11-24-first.json")
}

/// A target that fails at once.
const NOBODY: [&str; 5] = ["https://hub.corp.test", "--resolver", "127.0.0.1:1", "--timeout", "2"];

/// A line for a shell, in which `"$@"` is the program and its arguments.
fn shell(line: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", line, "sh", PROGRAM]).args(arguments).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).output().expect("a shell")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// It ended by itself, with a code of the contract and without a panic.
fn assert_calm(output: &Output) {
    let told = told(output);
    assert!(matches!(output.status.code(), Some(0..=3)), "{:?}: {told}", output.status);
    assert!(!told.contains("panicked"), "{told}");
}

/// Numbers that look random and are the same in every run.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn whoever_is_killed_while_writing_leaves_the_old_report_or_the_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (html, json) = (folder.path().join("report.html"), folder.path().join("report.json"));
    let start = || {
        let mut command = Command::new(PROGRAM);
        command.arg("review").arg(sample()).args(["--format", "html", "--output"]).arg(&html);
        command.arg("--report").arg(&json).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the program starts")
    };
    let begun = Instant::now();
    start().wait().expect("our child");
    let whole = begun.elapsed();
    let new = [fs::read(&html).expect("a page"), fs::read(&json).expect("a report")];
    let old = [b"the old page".to_vec(), b"the old report".to_vec()];
    let (mut state, mut seen) = (0x9e37_79b9_7f4a_7c15, [0; 2]);
    for _ in 0..60 {
        fs::write(&html, &old[0]).expect("a file");
        fs::write(&json, &old[1]).expect("a file");
        let mut child = start();
        // Most of the time goes by before anything is written.
        let share = 500 + random(&mut state) % 700;
        std::thread::sleep(whole * u32::try_from(share).unwrap_or(1000) / 1000);
        child.kill().expect("our child");
        child.wait().expect("our child");
        for (number, path) in [&html, &json].into_iter().enumerate() {
            let found = fs::read(path).expect("a file");
            let is_new = found == new[number];
            assert!(is_new || found == old[number], "{}: {} bytes", path.display(), found.len());
            seen[usize::from(is_new)] += 1;
        }
    }
    assert!(seen[0] > 0, "killed too late to say anything: {seen:?}");
    // What a killed run leaves is known by its name.
    for entry in fs::read_dir(folder.path()).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        assert!(name.starts_with("report.") || name.starts_with(".hublink-"), "{name}");
    }
}

#[test]
fn a_full_disk_leaves_the_old_report_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.json");
    fs::write(&path, "the old report").expect("a file");
    let (sample, path_text) = (sample().display().to_string(), path.display().to_string());
    // Files may have 512 bytes each, which is full in the same place of the program.
    for option in ["--output", "--report"] {
        let arguments = ["review", &sample, "--format", "json", option, &path_text];
        let output = shell("ulimit -f 1; exec \"$@\" >/dev/null", &arguments);
        assert_calm(&output);
        assert_eq!(output.status.code(), Some(2));
        assert!(told(&output).contains("cannot write"), "{}", told(&output));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "the old report");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left");
    }
    let output = shell("exec \"$@\" >/dev/full", &["review", &sample]);
    assert_calm(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("cannot write"), "{}", told(&output));
}

/// A folder in a file system of its own, where the kernel says that the disk is full.
#[test]
#[ignore = "needs a mount namespace; tests/run asks for it"]
fn a_disk_that_is_full_leaves_the_old_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = sample().display().to_string();
    let line = format!(
        "mount -t tmpfs -o size=64k none '{0}' && echo old > '{0}/report.json' && \
         \"$@\" --output '{0}/report.json'; echo $?; cat '{0}/report.json'; ls -A '{0}'",
        folder.path().display()
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &line, "sh", PROGRAM, "review", &sample]);
    let output = command.args(["--format", "json"]).output().expect("unshare");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text, "2\nold\nreport.json\n", "{}", told(&output));
    assert!(told(&output).contains("No space left on device"), "{}", told(&output));
}

#[test]
#[ignore = "needs a network namespace; tests/run asks for it"]
fn without_any_network_the_report_is_complete() {
    let mut command = Command::new("unshare");
    command.args(["--net", PROGRAM, "https://hub.corp.test", "--format", "json"]).env_clear();
    let output = command.output().expect("unshare");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_valid(&report);
    assert_eq!(report["hubs"][0]["verdict"]["cause"], "client/no-network");
}

/// The clock of the real program; the practice world has one that is only off.
#[test]
#[ignore = "needs faketime; tests/run asks for it"]
fn in_another_century_the_report_is_complete() {
    for year in ["1970-01-01 00:00:10", "2099-12-31 23:59:50"] {
        let mut command = Command::new("faketime");
        let output = command.args([year, PROGRAM]).args(NOBODY).args(["--format", "json"]).output();
        let output = output.expect("faketime");
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
        let report: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_valid(&report);
        let started = report["started"].as_str().expect("a time");
        assert!(started[..4] == year[..4], "{started}");
    }
}

#[test]
fn a_place_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "x").expect("a file");
    let sample = sample().display().to_string();
    let inside_a_file = file.join("report.json").display().to_string();
    let nowhere = folder.path().join("no/report.json").display().to_string();
    let itself = folder.path().display().to_string();
    // Nobody may make files in the system's own view of its processes, not even root.
    for place in [&inside_a_file, &nowhere, &itself, "/proc/report.json"] {
        for option in ["--output", "--report"] {
            let output =
                shell("exec \"$@\"", &["review", &sample, "--format", "json", option, place]);
            assert_calm(&output);
            assert_eq!(output.status.code(), Some(2), "{place}");
            assert!(told(&output).contains(&format!("cannot write {place}")), "{}", told(&output));
        }
    }
}

/// A file put in the place of a device would take it from everybody.
#[test]
fn a_pipe_is_written_to_and_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let path = pipe.display().to_string();
    let sample = sample().display().to_string();
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let line = format!("cat '{path}' & exec \"$@\"");
    for format in ["json", "openmetrics"] {
        let output = shell(&line, &["review", &sample, "--format", format, "--output", &path]);
        assert_calm(&output);
        assert!(output.stdout.len() > 1000, "{format}: {}", told(&output));
        assert!(fs::symlink_metadata(&pipe).expect("it is there").file_type().is_fifo());
    }
    // Not as `/dev/full` itself: a mistake here would replace it.
    let full = folder.path().join("full");
    std::os::unix::fs::symlink("/dev/full", &full).expect("a link");
    let full = full.display().to_string();
    let output = shell("exec \"$@\"", &["review", &sample, "--format", "json", "--output", &full]);
    assert_calm(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("cannot write"), "{}", told(&output));
}

#[test]
fn closed_pipes_and_closed_streams_end_it_quietly() {
    let sample = sample().display().to_string();
    for line in [
        "\"$@\" | head -c 1 >/dev/null; exit 0",
        "exec \"$@\" >&-",
        "exec \"$@\" >&- 2>&- <&-",
        "\"$@\" 2>&1 >/dev/null | true; exit 0",
    ] {
        for format in ["human", "json", "html"] {
            let output = shell(line, &["review", &sample, "--format", format]);
            assert_calm(&output);
            assert_eq!(told(&output), "", "{line}");
        }
    }
}

#[test]
fn without_a_home_it_says_what_is_missing_or_works() {
    let output = shell("exec \"$@\"", &["doctor"]);
    assert_calm(&output);
    assert!(told(&output).contains("hint:"), "{}", told(&output));
    let arguments = [&NOBODY[..], &["--format", "json"]].concat();
    for home in ["", "HOME=", "HOME=/nonexistent", "HOME=relative/home", "HOME=/dev/null"] {
        let output = shell(&format!("{home} exec env {home} \"$@\""), &arguments);
        assert_calm(&output);
        let report: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_valid(&report);
    }
}

#[test]
fn with_too_few_files_it_says_so_or_reports() {
    let arguments = [&NOBODY[..], &["--format", "json"]].concat();
    let mut reports = 0;
    for files in 4..=24 {
        let output = shell(&format!("ulimit -n {files}; exec \"$@\""), &arguments);
        let told = told(&output);
        assert!(!told.contains("panicked"), "{files}: {told}");
        match output.status.code() {
            Some(1 | 3) => {
                let report: Value = serde_json::from_slice(&output.stdout).expect("one document");
                assert_valid(&report);
                reports += 1;
            }
            Some(2) => assert!(told.contains("Too many open files"), "{files}: {told}"),
            // The system could not load the program.
            Some(127) => assert!(told.contains("error while loading"), "{files}: {told}"),
            other => panic!("{files}: {other:?}: {told}"),
        }
    }
    assert!(reports > 5, "{reports} reports");
}

/// With few files left a hub is examined all the same, or the report says what could not be made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_too_few_files_no_hub_is_accused() {
    let stage = Stage::start().await;
    let hub = stage.practice.hub("hub", Behaviour::healthy()).await.expect("a hub");
    let (url, resolver) = (hub.url(), stage.practice.resolver().to_string());
    let ca_file = stage.path("ca.pem").display().to_string();
    for files in (9..=24).step_by(3) {
        let (url, resolver, ca_file) = (url.clone(), resolver.clone(), ca_file.clone());
        let run = move || {
            let arguments =
                [&*url, "--resolver", &resolver, "--ca-file", &ca_file, "--format", "json"];
            shell(&format!("ulimit -n {files}; exec \"$@\""), &arguments)
        };
        let output = tokio::task::spawn_blocking(run).await.expect("it ran");
        assert_calm(&output);
        let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else { continue };
        let verdict = &report["hubs"][0]["verdict"];
        let owner = verdict["owner"].as_str();
        assert!(owner.is_none_or(|owner| owner == "you"), "{files} files: {verdict}");
    }
}

#[tokio::test]
async fn in_another_century_no_good_certificate_is_accused() {
    let stage = Stage::start().await;
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let old = Behaviour::healthy().certificate(Certificate::Expired);
    let old = stage.practice.hub("old", old).await.expect("a hub");
    for off in [time::Duration::days(-20_700), time::Duration::days(26_500)] {
        let world = stage.world(|options| options.pretend.clock_off = off);
        let report = doctor(&world, &[good.link(), old.link()], short()).await;
        for hub in &report.hubs {
            assert_ne!(hub.verdict.ready, Ready::Yes);
            let cause = hub.verdict.cause.as_deref().expect("a cause");
            let clock = cause == "clock/this-computer-wrong";
            // One that has run out by every clock may be told so.
            let has_run_out = cause.starts_with("certificate/") && hub.name == "old";
            assert!(clock || has_run_out, "{off}: {:?}", hub.verdict);
        }
    }
}
