//! The program itself: exit codes, standard output, files.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::{Stage, assert_valid};
use hublink_practice::{API_KEY, Behaviour, Certificate, DOMAIN, Login, PASSWORD, Port, USER};
use serde_json::Value;

pub(crate) fn hublink() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hublink"));
    for name in [
        "HUBLINK_HUBS",
        "HUBLINK_PASSWORD",
        "HUBLINK_API_KEY",
        "NO_COLOR",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("the program ended by itself")
}

pub(crate) fn json(output: &Output) -> Value {
    let text = std::str::from_utf8(&output.stdout).expect("UTF-8");
    let document = serde_json::from_str(text).expect("exactly one JSON document");
    assert_valid(&document);
    document
}

/// The program beside a practice world: the world needs this thread while the program runs.
pub(crate) async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().expect("the program starts"))
        .await
        .expect("the program ran")
}

pub(crate) fn visit(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = hublink();
    command
        .args(arguments)
        .arg("--resolver")
        .arg(stage.practice.resolver().to_string())
        .arg("--ca-file")
        .arg(stage.path("ca.pem"));
    command
}

#[tokio::test]
async fn the_exit_code_is_the_answer_in_every_format() {
    let stage = Stage::start().await;
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let expired = Behaviour::healthy().certificate(Certificate::Expired);
    let bad = stage.practice.hub("bad", expired).await.expect("a hub");
    let mute =
        stage.practice.hub("mute", Behaviour::healthy().port(Port::Mute)).await.expect("a hub");
    for format in ["human", "json", "ndjson", "junit", "openmetrics"] {
        for (url, deadline, expected) in
            [(good.url(), "60", 0), (bad.url(), "60", 1), (mute.url(), "1", 3)]
        {
            let arguments = [url.as_str(), "--format", format, "--deadline", deadline];
            let output = run(visit(&stage, &arguments)).await;
            assert_eq!(code(&output), expected, "{url} {format}");
            assert!(output.stderr.is_empty(), "progress goes to a terminal only");
            if format == "json" {
                json(&output);
            }
        }
        let both = [good.url(), bad.url()];
        let output = run(visit(&stage, &["doctor", &both[0], &both[1], "--format", format])).await;
        assert_eq!(code(&output), 1, "one hub that is not ready outweighs one that is");
    }
}

#[tokio::test]
async fn a_plugin_has_the_states_that_nagios_knows_and_says_them_on_standard_output() {
    let stage = Stage::start().await;
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let expired = Behaviour::healthy().certificate(Certificate::Expired);
    let bad = stage.practice.hub("bad", expired).await.expect("a hub");
    let soon = Behaviour::healthy().certificate(Certificate::ExpiresSoon);
    let weak = stage.practice.hub("weak", soon).await.expect("a hub");
    let (good, bad, weak) = (good.url(), bad.url(), weak.url());
    let cases: [(&[&str], &str, i32); 7] = [
        (&[&good], "OK - ", 0),
        (&["preflight", &good], "OK - ", 0),
        (&[&weak], "WARNING - ", 1),
        (&["doctor", &weak, &bad, &good], "CRITICAL - 2 of 3 hubs ready; ", 2),
        (&[&good, "--deadline", "0.001"], "UNKNOWN - ", 3),
        (&["/nonexistent", "--ca-file", "/nonexistent"], "UNKNOWN - ", 3),
        (&[&good, "--no-such-option"], "UNKNOWN - error: unexpected argument", 3),
    ];
    for (arguments, expected, state) in cases {
        let mut command = visit(&stage, arguments);
        command.arg("--format").arg("nagios");
        let output = run(command).await;
        let told = String::from_utf8(output.stdout.clone()).expect("UTF-8");
        assert_eq!(code(&output), state, "{arguments:?}: {told}");
        assert!(told.starts_with(&format!("HUBLINK {expected}")), "{arguments:?}: {told}");
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn folders_may_have_spaces_letters_of_any_script_and_long_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = (0..6).fold(folder.path().join("Отчёты für Qlik 報告"), |path, number| {
        path.join(format!("{number} {}", "x".repeat(50)))
    });
    assert!(deep.as_os_str().len() > 260, "more than the old limit of Windows");
    std::fs::create_dir_all(&deep).expect("a folder");
    let hubs_ini = deep.join("hubs.ini");
    std::fs::write(&hubs_ini, "[hub]\nLink=nothing\n").expect("a file");
    let mut command = hublink();
    let output = deep.join("report.html");
    command.arg(&hubs_ini).args(["--format", "html"]).arg("--output").arg(&output);
    let ended = command.output().expect("the program starts");
    assert_eq!(code(&ended), 1, "{ended:?}");
    let page = std::fs::read_to_string(&output).expect("a report");
    assert!(page.contains("hubs.ini"), "{page}");
}

#[cfg(unix)]
#[test]
fn metrics_can_be_read_by_the_user_who_collects_them() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder");
    let mode = |format: &str| {
        let path = folder.path().join(format);
        let mut command = hublink();
        command.arg("/nonexistent/hubs.ini").args(["--format", format]).arg("--output").arg(&path);
        assert_eq!(code(&command.output().expect("the program starts")), 1);
        std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777
    };
    let plain = folder.path().join("plain");
    std::fs::write(&plain, "").expect("a file");
    let ordinary = std::fs::metadata(&plain).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode("openmetrics"), mode("json")), (ordinary, 0o600));
}

#[test]
fn without_a_terminal_progress_is_told_only_if_asked_for() {
    let told = |option: &[&str]| {
        let mut command = hublink();
        command.arg("/nonexistent/hubs.ini").args(["--format", "json"]).args(option);
        String::from_utf8(command.output().expect("the program starts").stderr).expect("UTF-8")
    };
    assert_eq!(told(&[]), "");
    assert_eq!(told(&["--quiet"]), "");
    let lines = told(&["--verbose"]);
    assert!(lines.contains(": hubs-file failed\n"), "{lines}");
    assert!(lines.contains(": not ready: hubs-file, 0.0 s (1 of 1)\n"), "{lines}");
}

#[tokio::test]
async fn preflight_says_one_line_per_hub_with_the_same_codes() {
    let stage = Stage::start().await;
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let unknown = Behaviour::healthy().certificate(Certificate::UnknownRoot);
    let bad = stage.practice.hub("bad", unknown).await.expect("a hub");
    let output = run(visit(&stage, &["preflight", &good.url(), &bad.url()])).await;
    assert_eq!(code(&output), 1);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("READY ") && lines[1].starts_with("NOT READY "), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours in a pipe");
}

#[tokio::test]
async fn a_report_goes_into_a_file_whole_and_beside_what_is_shown() {
    let stage = Stage::start().await;
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let (shown, kept) = (stage.path("shown.txt"), stage.path("kept.json"));
    std::fs::write(&kept, "an older report").expect("a file");
    let url = good.url();
    let mut command = visit(&stage, &[&url]);
    command.arg("--output").arg(&shown).arg("--report").arg(&kept);
    let output = run(command).await;
    assert_eq!(code(&output), 0);
    assert!(output.stdout.is_empty());
    assert!(std::fs::read_to_string(&shown).expect("a file").contains("READY"));
    let report = std::fs::read_to_string(&kept).expect("a file");
    assert_valid(&serde_json::from_str(&report).expect("JSON"));
    let requests = good.requests().iter().filter(|request| request.path.contains("qps")).count();
    assert_eq!(requests, 1, "one run for both");
}

#[tokio::test]
async fn a_reader_that_went_away_is_no_error() {
    let stage = Stage::start().await;
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let url = good.url();
    let mut command = visit(&stage, &[&url, "--format", "json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let (status, stderr) = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("the program starts");
        drop(child.stdout.take());
        let mut text = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut text).expect("UTF-8");
        (child.wait().expect("it ends"), text)
    })
    .await
    .expect("the program ran");
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_wrong_command_line_is_two_and_says_what_was_expected() {
    let folder = tempfile::tempdir().expect("a folder");
    let not_pem = folder.path().join("not.pem");
    std::fs::write(&not_pem, "no certificate").expect("a file");
    let not_pem = not_pem.display().to_string();
    let cases: [(&[&str], &str); 6] = [
        (&["--no-such-option"], "--no-such-option"),
        (&["doctor"], "hubs.ini"),
        (&["hub.invalid", "--ca-file", &not_pem], "expected PEM"),
        (&["hub.invalid", "--ca-file", "/nonexistent/ca.pem"], "does not exist"),
        (&["hub.invalid", "--resolver", "dns.corp"], "IP address"),
        (&["explain", "dns/name-not-fond"], "did you mean dns/name-not-found?"),
    ];
    // Windows has a place where Desktop reads its hubs.ini; what is missing there is a report.
    let needs_no_place = |arguments: &[&str]| !(cfg!(windows) && arguments == ["doctor"]);
    for (arguments, expected) in cases.into_iter().filter(|case| needs_no_place(case.0)) {
        let output = hublink().args(arguments).output().expect("the program starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), 2, "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn labels_are_in_the_report_and_in_its_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let (missing, saved) = (folder.path().join("none.ini"), folder.path().join("report.json"));
    let labels = ["--label", "site=Göteborg 2", "--label", "machine=4f1c9a"];
    let output = hublink()
        .arg(&missing)
        .args(labels)
        .args(["--format", "ndjson", "--report"])
        .arg(&saved)
        .output()
        .expect("the program starts");
    let expected = serde_json::json!({ "machine": "4f1c9a", "site": "Göteborg 2" });
    let line: Value = serde_json::from_slice(&output.stdout).expect("one line");
    assert_eq!(line["labels"], expected);
    let saved = std::fs::read(&saved).expect("the report");
    let saved: Value = serde_json::from_slice(&saved).expect("JSON");
    assert_eq!(saved["labels"], expected);
    let wrong = hublink().args(["x.test", "--label", "Site=x"]).output().expect("it starts");
    assert_eq!(code(&wrong), 2);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("site=berlin"));
}

/// The bad shapes a hubs.ini comes in. No name is looked up for any of them.
#[test]
fn every_bad_file_has_its_cause_with_the_place_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    };
    let large = folder.path().join("large.ini");
    let file = std::fs::File::create(&large).expect("a file");
    file.set_len(100 * 1024 * 1024).expect("a sparse file");
    let directory = folder.path().join("folder.ini");
    std::fs::create_dir(&directory).expect("a folder");
    let misplaced = folder.path().join("saved");
    std::fs::create_dir(&misplaced).expect("a folder");
    let misplaced = misplaced.join("hubs.ini");
    write("saved/hubs.ini.txt", b"https://hub.invalid\n");
    let cases = [
        (folder.path().join("missing.ini"), "hubs-file/missing"),
        (misplaced, "hubs-file/misplaced"),
        (directory, "hubs-file/unreadable"),
        (write("empty.ini", b""), "hubs-file/no-link"),
        (write("comments.ini", b"; nothing here\r\n# nor here\r\n"), "hubs-file/no-link"),
        (write("zeros.ini", b"[A]\0\0\0\xff\xfe\0"), "hubs-file/no-link"),
        (write("page.ini", b"<html><body>Sign in</body></html>"), "hubs-file/no-link"),
        (large, "hubs-file/unexplained"),
    ];
    for (path, expected) in cases {
        let output = examine(&path);
        let report = json(&output);
        assert_eq!(code(&output), 1, "{}", path.display());
        let hub = &report["hubs"][0];
        assert_eq!(hub["verdict"]["cause"], expected, "{}", path.display());
        assert_eq!(hub["host"], Value::Null);
        let proof = hub["checks"][0]["causes"][0]["proof"].to_string();
        let name = path.file_name().expect("a name").to_string_lossy();
        assert!(proof.contains(&*name), "{}: the proof names the file: {proof}", path.display());
    }
}

fn examine(path: &Path) -> Output {
    hublink().arg(path).args(["--format", "json"]).output().expect("the program starts")
}

/// The encodings a hubs.ini comes in all read the same.
#[test]
fn every_encoding_of_a_file_yields_the_same_hub() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "[Söner]\r\nlink=https://hub.invalid/finance\r\n";
    let utf16 = |big: bool| -> Vec<u8> {
        let units = std::iter::once('\u{feff}').chain(text.chars()).collect::<String>();
        units
            .encode_utf16()
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    };
    let windows_1252: Vec<u8> =
        text.chars().map(|letter| u8::try_from(u32::from(letter)).expect("Latin-1")).collect();
    let shapes = [
        ("utf-8.ini", text.as_bytes().to_vec()),
        ("utf-8-bom.ini", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("utf-16le.ini", utf16(false)),
        ("utf-16be.ini", utf16(true)),
        ("windows-1252.ini", windows_1252),
    ];
    for (name, bytes) in shapes {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        let output = hublink().arg("hubs").arg(&path).output().expect("the program starts");
        let told = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(told.starts_with("Söner\thttps://hub.invalid/finance\t"), "{name}: {told}");
        assert!(told.trim_end().ends_with(":2"), "{name}: the line is named: {told}");
    }
}

#[test]
fn a_made_link_is_alone_on_standard_output_and_reads_back() {
    let make = ["link", "make", "--url", "https://sense.example.com", "--name", "Example"];
    let output = hublink().args(make).output().expect("the program starts");
    let link = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(
        link,
        "qliksense://enterpriseurl?action=add&url=https%3A%2F%2Fsense.example.com&name=Example\
         &version=0.1&signature=d2d0a5c84b640417299848c02d039521b3ea753b139a7641cb2a161cf6b3611d\n"
    );
    let whole = hublink().args(["link", "inspect", link.trim()]).output().expect("starts");
    assert_eq!(code(&whole), 0);
    let mangled = link.trim().replace('&', "&amp;");
    let broken = hublink().args(["link", "inspect", &mangled]).output().expect("starts");
    let told = String::from_utf8_lossy(&broken.stdout).into_owned();
    assert_eq!(code(&broken), 1);
    assert!(told.contains(link.trim()), "the right link is shown: {told}");
    let bad = hublink().args(["link", "make", "--url", "ftp://x"]).output().expect("starts");
    assert_eq!((code(&bad), bad.stdout.is_empty()), (1, true));
}

/// The program with a password on standard input, or none.
async fn with_input(mut command: Command, input: &'static str) -> Output {
    tokio::task::spawn_blocking(move || {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A program that ends at once reads nothing of it.
        stdin.write_all(input.as_bytes()).ok();
        drop(stdin);
        child.wait_with_output().expect("the program ends")
    })
    .await
    .expect("the program ran")
}

/// Elsewhere nobody is signed on to Windows; what to do instead is told.
#[cfg(not(windows))]
#[tokio::test]
async fn the_signed_on_user_exists_on_windows_alone() {
    let mut command = hublink();
    command.args(["hub.corp.test", "--sso"]);
    let output = with_input(command, "").await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(code(&output), 2, "{told}");
    assert!(told.contains("Windows alone") && told.contains("--login"), "{told}");
    assert!(output.stdout.is_empty());
}

#[tokio::test]
async fn a_login_without_a_password_is_no_login() {
    let cases: [(&[&str], &str); 6] = [
        (&["hub.corp.test", "--login", "alice"], "--login needs a password"),
        (&["-", "--login", "alice", "--password-stdin"], "cannot be both"),
        (&["hub.corp.test", "--login", "alice", "--password-stdin"], "the password is empty"),
        (&["hub.corp.test", "--logout"], "--logout needs --login"),
        (&["hub.corp.test", "--login-host", "login.corp.test"], "--login-host needs --login"),
        (&["preflight", "hub.corp.test", "--login", "alice"], "unexpected argument '--login'"),
    ];
    for (arguments, expected) in cases {
        let mut command = hublink();
        command.args(arguments);
        let output = with_input(command, "").await;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), 2, "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_login_comes_from_a_pipe_or_from_a_variable_and_its_name_alone_is_in_the_report() {
    let stage = Stage::start().await;
    let account = format!("{DOMAIN}\\{USER}");
    for by_variable in [false, true] {
        let name = if by_variable { "variable" } else { "pipe" };
        // The NTLM of wine leaves out what a practice hub wants of it; a form takes any password.
        let (behaviour, method) = if cfg!(windows) {
            (Behaviour::healthy().login(Login::Forms), "form's login")
        } else {
            (Behaviour::healthy(), "NTLM")
        };
        let hub = stage.practice.hub(name, behaviour).await.expect("a hub");
        let url = hub.url();
        let mut command =
            visit(&stage, &[&url, "--login", &account, "--logout", "--format", "json"]);
        let output = if by_variable {
            command.env("HUBLINK_PASSWORD", PASSWORD);
            with_input(command, "").await
        } else {
            command.arg("--password-stdin");
            with_input(command, PASSWORD).await
        };
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        let report = json(&output);
        assert_eq!(report["environment"]["account"]["user"], account);
        assert_eq!(report["hubs"][0]["logout"]["ended"], true);
        let summary = report["hubs"][0]["verdict"]["summary"].as_str().expect("a sentence");
        assert!(summary.contains(&format!("{method} was accepted for")), "{summary}");
        assert!(summary.contains("login and licence were examined"), "{summary}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains(PASSWORD));
        assert_eq!(hub.sessions(), 0, "the logout ends the session");
    }
}

#[tokio::test]
async fn without_being_asked_nothing_secret_is_sent_whatever_the_environment_holds() {
    let stage = Stage::start().await;
    let hub = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let url = hub.url();
    for command in ["preflight", "doctor"] {
        let mut command = visit(&stage, &[command, &url]);
        command.env("HUBLINK_PASSWORD", PASSWORD).env("HUBLINK_API_KEY", API_KEY);
        let output = run(command).await;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(code(&output), 0, "{told}");
        assert!(told.contains("The login itself was not tried"), "{told}");
        assert_eq!(hub.secrets(), []);
    }
}
