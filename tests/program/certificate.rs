//! `hublink certificate`: the tables of the live check, for files.

use std::path::Path;
use std::process::{Command, Output};

use hublink_practice::{Certificate, Pki};
use serde_json::Value;
use time::OffsetDateTime;

/// The program on a chain of one kind, with the practice root trusted.
fn judge(kind: Certificate, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let pki = Pki::new(OffsetDateTime::now_utc()).expect("an authority");
    let names = ["hub.practice.test".to_owned()];
    let identity = pki.identity(kind, &names, "http://pki.practice.test/i.crt").expect("a chain");
    std::fs::write(folder.path().join("chain.pem"), identity.chain_pem()).expect("a file");
    std::fs::write(folder.path().join("ca.pem"), pki.root_pem()).expect("a file");
    run(folder.path(), &[&["chain.pem", "--ca-file", "ca.pem"], arguments].concat())
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hublink"))
        .arg("certificate")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("exactly one JSON document")
}

#[test]
fn each_fault_is_named_with_the_certificate_at_fault() {
    for (kind, cause, faulty) in [
        (Certificate::Good, None, None),
        (Certificate::Wildcard, None, None),
        (Certificate::Expired, Some("certificate/expired"), Some(0)),
        (Certificate::ExpiredIntermediate, Some("certificate/expired"), Some(1)),
        (Certificate::WrongName, Some("certificate/wrong-name"), Some(0)),
        (Certificate::SelfSigned, Some("certificate/untrusted-issuer"), Some(0)),
        (Certificate::ClientAuthOnly, Some("certificate/misissued"), Some(0)),
    ] {
        let output = judge(kind, &["--host", "hub.practice.test", "--format", "json"]);
        let seen = json(&output);
        assert_eq!(seen["verdict"]["cause"].as_str(), cause, "{kind:?}");
        assert_eq!(seen["faulty"].as_u64(), faulty, "{kind:?}");
        let code = i32::from(cause.is_some());
        assert_eq!(output.status.code(), Some(code), "{kind:?}");
    }
}

#[test]
fn a_time_that_was_given_leaves_no_doubt_about_a_clock() {
    let at = ["--at", "2099-01-01T00:00:00Z", "--format", "json"];
    let seen = json(&judge(Certificate::Good, &at));
    assert_eq!(seen["verdict"]["cause"], "certificate/expired");
    assert_eq!(seen["verdict"]["confidence"], "certain");
    let seen = json(&judge(Certificate::Expired, &["--format", "json"]));
    assert_eq!(seen["verdict"]["confidence"], "likely", "this computer's clock may be wrong");
}

#[test]
fn without_a_name_no_name_is_missed() {
    let output = judge(Certificate::WrongName, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_chain_is_drawn_with_the_faulty_one_marked() {
    let output = judge(Certificate::ExpiredIntermediate, &[]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let marked: Vec<&str> = text.lines().filter(|line| line.contains("at fault")).collect();
    assert_eq!(marked.len(), 1, "{text}");
    assert!(marked[0].contains("Practice Former CA"), "{text}");
}

/// Who checks a certificate before it is installed has just made it, and nothing stands between.
#[test]
fn nothing_on_the_way_is_suspected_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let pki = Pki::new(OffsetDateTime::now_utc()).expect("an authority");
    let names = ["hub.practice.test".to_owned()];
    let identity = pki.identity(Certificate::Good, &names, "http://pki.practice.test/i.crt");
    let pem = identity.expect("a chain").chain_pem();
    let own = pem.split_inclusive("-----END CERTIFICATE-----").next().expect("a certificate");
    std::fs::write(folder.path().join("own.pem"), own).expect("a file");
    let seen = json(&run(folder.path(), &["own.pem", "--format", "json"]));
    let begun = seen["chain"][0]["not_before"].as_str().expect("a date").to_owned();
    let seen = json(&run(folder.path(), &["own.pem", "--at", &begun, "--format", "json"]));
    let ids: Vec<_> = seen["causes"].as_array().expect("a list").iter().map(|c| &c["id"]).collect();
    assert_eq!(ids, ["certificate/chain-incomplete", "certificate/untrusted-issuer"]);
    assert_eq!(seen["faulty"], Value::Null, "what is at fault is not there");
}

#[test]
fn what_this_tool_cannot_examine_is_not_called_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = include_str!("../../checks/certificate/samples/p521.pem");
    let mut blocks = sample.split_inclusive("-----END CERTIFICATE-----");
    for name in ["own.pem", "root.pem"] {
        std::fs::write(folder.path().join(name), blocks.next().expect("two")).expect("a file");
    }
    let at = ["--at", "2027-01-01T00:00:00Z", "--ca-file", "root.pem", "--format", "json"];
    let output = run(folder.path(), &[&["own.pem"], &at[..]].concat());
    let seen = json(&output);
    assert_eq!(output.status.code(), Some(3), "{seen}");
    assert_eq!(seen["verdict"]["ready"], "unknown");
    assert_eq!(seen["causes"][0]["id"], "certificate/unexplained");
}

#[test]
fn a_binary_file_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("x.cer"), [0x30, 0x82, 0, 0, 0x30]).expect("a file");
    let output = run(folder.path(), &["x.cer"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(told.contains("x.cer") && told.contains("-inform der"), "{told}");
}

#[test]
fn a_file_that_is_no_chain_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("x.pem"), "no certificate").expect("a file");
    for file in ["x.pem", "missing.pem"] {
        let output = run(folder.path(), &[file]);
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(told.contains(file) && output.stdout.is_empty(), "{told}");
    }
    let output = run(folder.path(), &["x.pem", "--at", "yesterday"]);
    assert_eq!(output.status.code(), Some(2));
    let output = run(folder.path(), &["x.pem", "--host", "a b"]);
    assert_eq!(output.status.code(), Some(2));
}
