//! What a report hides, and that hiding costs no finding.

use std::process::{Command, Output, Stdio};

use hublink::output::json_document;
use hublink::redact::{Key, Person, hide_person, strict};
use hublink::render::human::Detail;
use hublink::render::{Style, html, human, junit, markdown, nagios, ndjson, openmetrics};
use hublink::report::Report;
use hublink::review::{read_text, review, saved_of};
use hublink_practice::{Behaviour, CASES, Certificate};
use hublink_probe::{AccountKind, AccountName, ScriptedWorld, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::review::{fixtures, older_reports, report_of_fixture};
use crate::support::{Stage, assert_judged_alike, assert_valid, doctor, short};

fn hidden(report: &Report) -> (Report, Key) {
    let (hidden, key) = strict(report).expect("pseudonyms fit");
    assert_valid(&serde_json::to_value(&hidden).expect("plain data"));
    (hidden, key.expect("a key"))
}

/// Causes whose proof could not be told without names.
fn lost(report: &Report) -> usize {
    let line = report.redaction.ledger.iter().find(|line| line.what.starts_with("proof "));
    line.map_or(0, |line| line.count)
}

/// Everything a report may be made into.
fn every_format(report: &Report) -> Vec<(&'static str, String)> {
    let style = Style { width: 80, colour: false };
    vec![
        ("json", json_document(report)),
        ("human", human::render(report, style, Detail::Verbose)),
        ("preflight", human::lines(report, style)),
        ("markdown", markdown::render(report)),
        ("html", html::render(report)),
        ("ndjson", ndjson::render(report)),
        ("junit", junit::render(report)),
        ("nagios", nagios::render(report)),
        ("openmetrics", openmetrics::render(report)),
    ]
}

/// Where one of these stands in any format, as it is or encoded.
fn hits(report: &Report, canaries: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (format, text) in every_format(report) {
        let lower = text.to_lowercase();
        for canary in canaries {
            let plain = canary.to_lowercase();
            let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("a digit");
            let hex = plain.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]);
            let hex: String = hex.collect();
            let escape = |byte: u8| ['%', digit(byte >> 4), digit(byte & 0xf)];
            let each: String = plain.bytes().flat_map(escape).collect();
            let others = |byte: u8| match byte {
                _ if byte.is_ascii_alphanumeric() => vec![char::from(byte)],
                _ => escape(byte).to_vec(),
            };
            // As encoders write it that leave capital letters as they are.
            let encoded: String = plain.bytes().flat_map(others).collect();
            let written: String = canary.bytes().flat_map(others).collect();
            let written = written.to_lowercase();
            for form in [plain.clone(), plain.replace(' ', "%20"), hex, encoded, written, each] {
                if let Some(at) = lower.find(&form) {
                    let begin = lower.floor_char_boundary(at.saturating_sub(60));
                    let end = lower.floor_char_boundary((at + 60).min(lower.len()));
                    found.push(format!("{canary} in {format}: {}", &lower[begin..end]));
                }
            }
        }
    }
    found
}

#[test]
fn hiding_costs_no_finding_of_any_fixture() {
    let mut wrong = Vec::new();
    for (path, fixture) in fixtures() {
        let report = report_of_fixture(&fixture);
        let (made, key) = hidden(&report);
        if lost(&made) > 0 {
            wrong.push(path.display().to_string());
            continue;
        }
        assert_judged_alike(&made);
        assert!(key.restore(&made).expect("its key") == report, "{}", path.display());
    }
    assert!(wrong.is_empty(), "{} lost their proof:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn hiding_costs_no_finding_of_the_practice_world() {
    let stage = Stage::start().await;
    let mut targets = Vec::new();
    let mut hubs = Vec::new();
    for case in CASES.iter().filter(|case| !case.with_login) {
        let hub = stage.practice.case(case).await.expect(case.id);
        targets.push(hub.link());
        hubs.push(hub);
    }
    let report = doctor(&stage.world(|_| {}), &targets, short()).await;
    let (made, key) = hidden(&report);
    let again = review(&saved_of(&made));
    let told = |report: &Report| -> Vec<String> {
        let hubs = report.hubs.iter().zip(CASES.iter().filter(|case| !case.with_login));
        let each = |(hub, case): (&hublink::report::Hub, &hublink_practice::Case)| {
            let ended = |check: &hublink::report::CheckReport| {
                let reason = check.reason.as_ref().map(|r| (r.kind, r.because.clone()));
                let causes = check.causes.iter().map(|c| (c.id.clone(), c.confidence, c.owner));
                format!(
                    "{} {:?} {reason:?} {:?}",
                    check.id,
                    check.status,
                    causes.collect::<Vec<_>>()
                )
            };
            let checks = hub.checks.iter().map(ended).collect::<Vec<_>>();
            format!("{}: {}", case.id, checks.join("; "))
        };
        hubs.map(each).collect()
    };
    let (before, now) = (told(&report), told(&again));
    let differ = before.iter().zip(&now).filter(|(before, now)| before != now);
    let differ: Vec<String> = differ.map(|(before, now)| format!("{before}\n{now}")).collect();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert_eq!(lost(&made), 0, "{:#?}", made.redaction.ledger);
    assert_judged_alike(&made);
    let names: Vec<&str> = hubs.iter().map(|hub| hub.name()).collect();
    let found = hits(&made, &["practice.test"]);
    assert!(found.is_empty(), "{names:?}\n{}", found.join("\n"));
    assert!(key.restore(&made).expect("its key") == report);
}

#[test]
fn hiding_twice_changes_nothing_and_another_run_gives_other_names() {
    for (name, text) in older_reports() {
        let saved = read_text(&name, &text).unwrap_or_else(|error| panic!("{error}"));
        let report = Report { review: None, ..review(&saved) };
        let (once, key) = hidden(&report);
        let (twice, none) = strict(&once).expect("pseudonyms fit");
        assert!(twice == once && none.is_none(), "{name}");
        let (other, other_key) = hidden(&report);
        assert_ne!(once.hubs[0].host, other.hubs[0].host, "{name}");
        assert!(key.restore(&once).expect("its key") == report, "{name}");
        assert!(other_key.restore(&once).is_err(), "{name}: the key of another report opens it");
        assert!(key.restore(&report).is_err(), "{name}: there is nothing to open");
        // What is reviewed by the receiver says the same as what the sender saw.
        let received = review(&saved_of(&once));
        assert!(received.review.expect("a review").changes.is_empty(), "{name}");
    }
}

const CANARIES: [&str; 24] = [
    "canaryhost",
    "canarysub",
    "canarydomain",
    "canaryuser",
    "canarymachine",
    "canaryorg",
    "canarydepartment",
    "canarytown",
    "canaryfriendly",
    "canaryprefix",
    "canarypath",
    "canarypage",
    "canarymail",
    "canarysuffix",
    "canaryproxy",
    "canaryadapter",
    "canaryrealm",
    "canarydirectory",
    "203.45.67.89",
    "10.77.88.99",
    "2a02:1234:5678::abcd",
    "00:1b:44:11:3a:b7",
    "deadbeefcafef00d",
    "canary company",
];

/// The evidence of a hub at which everything that identifies somebody is a canary.
fn canary_fixture() -> Value {
    let host = "canarysub.canaryhost.canarydomain.com";
    let page = "<html><title>CanaryPage of Canary Company</title> mail canarymail@canarydomain.com, \
                ask at https://canarysub.canaryhost.canarydomain.com/canarypath?user=canaryuser or \
                \\\\canarymachine\\share, 203.45.67.89, [2a02:1234:5678::abcd], 00:1b:44:11:3a:b7";
    let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("a digit");
    let hex = |text: &str| {
        text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect::<String>()
    };
    json!({
        "facts": {
            "os": "windows", "hubs_in_run": 1,
            "hub": { "scheme": "https", "host": host, "port": 443, "prefix": "canaryprefix",
                     "path": "/canaryprefix/canarypath" },
            "interfaces": [{ "name": "CanaryAdapter", "kind": "other", "up": true,
                             "addresses": [{ "address": "10.77.88.99", "prefix": 24 }] }]
        },
        "evidence": {
            "http": {
                "hops": [{
                    "url": format!("https://{host}/canaryprefix/hub/?targetUri=https%3A%2F%2F{host}%2Fcanarypath"),
                    "to": "203.45.67.89:443", "ending": "complete", "body_bytes": 5000, "took_ms": 60.0,
                    "status": 200, "waited_ms": 40.0, "head": page, "head_hex": hex(page),
                    "headers": [
                        { "name": "Server", "value": "CanaryOrg Gateway" },
                        { "name": "Location", "value": format!("https://canaryuser@{host}:8443/canarypath") },
                        { "name": "WWW-Authenticate", "value": "Basic realm=\"CanaryRealm\"" },
                        { "name": "X-User", "value": "CANARYDIRECTORY\\canaryuser" }
                    ]
                }],
                "pages": [{ "title": "CanaryPage of Canary Company" }],
                "stop": "answer"
            },
            "certificate": canary_certificate(host),
            "dns": {
                "host": host,
                "configured": { "servers": ["10.77.88.99:53", "[2a02:1234:5678::abcd]:53"],
                                "search": ["canarysuffix.canarydomain.com", "canarysuffix"] },
                "system": { "addresses": ["203.45.67.89", "2a02:1234:5678::abcd"], "took_ms": 4.0 },
                "replies": [{
                    "server": "10.77.88.99:53", "name": host, "kind": "A", "tries": 1, "took_ms": 2.0,
                    "rcode": 0,
                    "answers": [
                        { "name": host, "kind": "CNAME", "ttl": 60, "value": "canaryproxy.canarydomain.com" },
                        { "name": "canaryproxy.canarydomain.com", "kind": "A", "ttl": 60, "value": "203.45.67.89" }
                    ]
                }],
                "addresses": ["203.45.67.89", "2a02:1234:5678::abcd"]
            }
        }
    })
}

/// A real chain with other names in it.
fn canary_certificate(host: &str) -> Value {
    let fixture = fixtures().into_iter();
    let mut fixture =
        fixture.filter(|(path, _)| path.ends_with("certificate/untrusted-issuer.json"));
    let (_, fixture) = fixture.next().expect("the fixture");
    let subject = format!("CN={host}, OU=CanaryDepartment, O=Canary Company, L=CanaryTown");
    let text = fixture["evidence"]["certificate"]
        .to_string()
        .replace("CN=hub.corp.test", &subject)
        .replace("hub.corp.test", host)
        .replace("Corp Issuing 1", "CanaryOrg Issuing 1")
        .replace("Corp Root", "CanaryOrg Root")
        .replace("\"001b\"", "\"deadbeefcafef00d\"");
    let mut certificate: Value = serde_json::from_str(&text).expect("JSON");
    let own = &mut certificate["chain"][0];
    own["dns_names"] = json!([host, "*.canarydomain.com", "canarysub"]);
    own["ip_names"] = json!(["203.45.67.89"]);
    own["aia_issuers"] = json!(["http://pki.canarydomain.com/canarypath/root.crt"]);
    own["fingerprint"] = json!("deadbeefcafef00d".repeat(4));
    certificate
}

/// Everything beside the evidence, too.
fn canary_report() -> Report {
    let mut report = report_of_fixture(&canary_fixture());
    let link = "qliksense://enterpriseurl?url=https%3A%2F%2Fcanarysub.canaryhost.canarydomain.com%2Fcanaryprefix&name=CanaryFriendly%20Canary%20Company";
    let hub = &mut report.hubs[0];
    "CanaryFriendly, Canary Company".clone_into(&mut hub.name);
    hub.link = Some(hublink_checks::link::inspect(link));
    hub.source.file = Some("C:\\Users\\canaryuser\\canarypath\\hubs.ini".to_owned());
    report.environment.resolver = Some("10.77.88.99:53".to_owned());
    report.labels.insert("site".to_owned(), "CanaryTown".to_owned());
    let user = Some("CANARYDIRECTORY\\canaryuser".to_owned());
    report.environment.account = Some(AccountName { kind: AccountKind::Password, user });
    Report { review: None, ..review(&saved_of(&report)) }
}

#[test]
fn no_canary_gets_into_any_format() {
    let report = canary_report();
    let visible = hits(&report, &CANARIES);
    for canary in CANARIES {
        assert!(visible.iter().any(|hit| hit.starts_with(canary)), "{canary} is not planted");
    }
    let (made, key) = hidden(&report);
    let found = hits(&made, &CANARIES);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(key.restore(&made).expect("its key") == report);
    let ledger: Vec<&str> = made.redaction.ledger.iter().map(|line| line.what.as_str()).collect();
    assert!(ledger.contains(&"host or domain") && ledger.contains(&"IP address"), "{ledger:?}");
}

/// A name in a link is mostly encoded, and any letter of it may be.
#[test]
fn no_encoded_name_gets_into_any_format() {
    let encoded = |text: &str| {
        let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("a digit");
        let escape = |byte: u8| ['%', digit(byte >> 4), digit(byte & 0xf)];
        text.bytes().flat_map(escape).collect::<String>().to_uppercase()
    };
    let again = |text: &str| encoded(text).replace('%', "%25");
    let link = format!(
        "qliksense://enterpriseurl?url=https%3A%2F%2Fhub.canary.test%2F{}%2F{}%2Fx{}&name={}",
        encoded("Иван"),
        encoded("alice.canary"),
        again("Петров"),
        encoded("Müller"),
    ) + "%20Jos%E9%20Ji%C5%99%C3%AD";
    let mut report = report_of_fixture(&canary_fixture());
    report.hubs[0].link = Some(hublink_checks::link::inspect(&link));
    let report = Report { review: None, ..review(&saved_of(&report)) };
    let names = ["Иван", "alice.canary", "alice", "Петров", "Müller", "Jiří"];
    let visible = hits(&report, &names);
    for name in names {
        assert!(visible.iter().any(|hit| hit.starts_with(name)), "{name} is not planted");
    }
    let (made, key) = hidden(&report);
    let found = hits(&made, &names);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let text = json_document(&made);
    for part in ["%25D0", "%D0", "Jos%E9", "Ji%C5"] {
        assert!(!text.contains(part), "{part}");
    }
    assert!(key.restore(&made).expect("its key") == report);
}

#[test]
fn no_address_survives_what_it_is_joined_to() {
    let mut fixture = canary_fixture();
    let title = "10.11.12.13_x 10.21.2.3-10.21.2.9 ip-10-31-12-13 010.041.012.013 to 0011.2233.4455 \
                 client:2001:470:1234:5678::9 2001:470:99::1-2001:470:99::2 mac_00-1b-44-11-3a-b7 \
                 10.171.77 172.19.55.x И я &#1048;&#x436;&#1077; 漢 nginx/1.18.0 IIS/10.0 1.3.6.1.5.5.7.3.1";
    fixture["evidence"]["http"]["pages"][0]["title"] = json!(title);
    fixture["evidence"]["http"]["hops"][0]["head"] = json!(title);
    let report = report_of_fixture(&fixture);
    let addresses = [
        "10.11.12",
        "10.21.2",
        "10-31-12",
        "041.012",
        "0011.2233",
        "2001:470:",
        "00-1b-44",
        "10.171.77",
        "172.19.55",
        "И",
        "я",
        "&#1048",
        "&#x436",
        "漢",
    ];
    let titles = |report: &Report| {
        let http = report.hubs[0].checks.iter().find(|check| check.id == "http");
        let evidence = http.and_then(|check| check.evidence.as_ref()).expect("evidence").tree();
        let head = &evidence["hops"][0]["head"];
        [&evidence["pages"][0]["title"], head].map(|text| text.as_str().expect("a text").to_owned())
    };
    let (made, key) = hidden(&report);
    for (before, after) in titles(&report).iter().zip(titles(&made)) {
        for address in addresses {
            assert!(before.contains(address), "{address} is not planted");
            assert!(!after.contains(address), "{address} in {after}");
        }
        assert!(after.contains("nginx/1.18.0") && after.contains("IIS/10.0"), "{after}");
        assert!(after.ends_with("1.3.6.1.5.5.7.3.1"), "{after}");
    }
    assert!(key.restore(&made).expect("its key") == report);
}

/// What this program cannot judge it cannot tell in pseudonyms either.
#[test]
fn what_cannot_be_told_without_names_is_left_out() {
    let mut saved = serde_json::to_value(canary_report()).expect("plain data");
    let text = "canaryhost.canarydomain.com of Canary Company at 203.45.67.89";
    let cause = json!({
        "id": "telepathy/canaryless", "title": text, "confidence": "certain", "severity": "blocks",
        "owner": "you", "proof": [{ "at": text, "expected": text, "seen": text }],
        "ruled_out": [text], "remedy": [text], "verify": [{ "command": text, "expect": text }],
        "see": [text]
    });
    let check = json!({ "id": "telepathy", "title": text, "status": "failed",
                        "reason": { "kind": "could-not-look", "detail": text }, "duration_ms": 1.0,
                        "evidence": { "minds": [text] }, "aside": { "minds": text },
                        "causes": [cause] });
    let mut spoken = check.clone();
    (spoken["id"], spoken["causes"][0]["id"]) = (json!(text), json!(format!("telepathy/{text}")));
    for check in [check, spoken] {
        for place in ["/hubs/0/checks", "/across"] {
            let checks = saved.pointer_mut(place).and_then(Value::as_array_mut);
            checks.expect("checks").push(check.clone());
        }
    }
    saved["hubs"][0]["verdict"] = json!({
        "ready": "no", "first_broken": "telepathy", "cause": "telepathy/canaryless",
        "confidence": "certain", "owner": "you", "summary": text, "reached": null
    });
    let saved = read_text("newer", &saved.to_string()).unwrap_or_else(|error| panic!("{error}"));
    let (made, _) = hidden(&review(&saved));
    let found = hits(&made, &CANARIES);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(lost(&made) > 0);
    let ids: Vec<&str> = made.across.iter().map(|check| check.id.as_str()).collect();
    assert!(ids.ends_with(&["telepathy", "unknown-1"]), "{ids:?}");
    assert_eq!(made.hubs[0].verdict.cause.as_deref(), Some("telepathy/canaryless"));
}

#[tokio::test]
async fn certificates_and_pages_of_a_live_run_keep_nothing_of_their_owner() {
    let stage = Stage::start().await;
    let root = Behaviour::healthy().certificate(Certificate::UnknownRoot);
    let hub = stage.practice.hub("canaryhost", root).await.expect("a hub");
    let report = doctor(&stage.world(|_| {}), &[hub.link()], short()).await;
    let text = json_document(&report);
    assert!(text.contains("canaryhost.practice.test"));
    let (made, key) = hidden(&report);
    // The file name of a page and the words of the practice world's issuers are made-up too.
    let found = hits(&made, &["canaryhost", "practice.test", "practice"]);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let fingerprints = |report: &Report| {
        let text = json_document(report);
        let quoted = text
            .split('"')
            .filter(|part| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit()));
        quoted.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(fingerprints(&report).iter().all(|one| !fingerprints(&made).contains(one)));
    assert!(key.restore(&made).expect("its key") == report);
    assert_eq!(made.hubs[0].verdict.cause, report.hubs[0].verdict.cause);
}

#[test]
fn a_word_is_never_replaced_where_it_only_looks_alike() {
    let mut fixture = canary_fixture();
    fixture["facts"]["hub"]["host"] = json!("hub");
    fixture["evidence"]["dns"]["host"] = json!("hub");
    fixture["evidence"]["http"]["hops"][0]["url"] = json!("https://hub/hub/");
    let mut report = report_of_fixture(&fixture);
    let hub = &mut report.hubs[0];
    hub.link = Some(hublink_checks::link::inspect("https://hub/hub/"));
    hub.source.file = Some("/root/com/hubs.ini".to_owned());
    let (made, _) = hidden(&report);
    let host = made.hubs[0].host.clone().expect("a host");
    assert_ne!(host, "hub");
    assert!(
        json_document(&made).contains(&format!("https://{host}/hub/")),
        "the path keeps its name"
    );
    assert!(made.hubs[0].checks.iter().any(|check| check.id == "hub"));
}

#[test]
fn by_default_it_hides_who_sits_at_the_computer_and_nothing_else() {
    let mut world = ScriptedWorld::at(Timestamp::parse("2026-11-26T12:00:00Z").expect("a time"));
    for (name, value) in
        [("USERPROFILE", "C:\\Users\\root"), ("USERNAME", "root"), ("COMPUTERNAME", "HUB")]
    {
        world.variables.insert(name.to_owned(), value.to_owned());
    }
    let person = Person::of(&world);
    let path = |text: &str| {
        let mut report = report_of_fixture(&canary_fixture());
        report.hubs[0].source.file = Some(text.to_owned());
        hide_person(&mut report, &person);
        assert_eq!(report.hubs[0].host.as_deref(), Some("canarysub.canaryhost.canarydomain.com"));
        (report.hubs[0].source.file.clone().expect("a file"), report.redaction)
    };
    assert_eq!(path("C:\\Users\\root\\hubs.ini").0, "~\\hubs.ini");
    assert_eq!(path("D:\\backup\\root\\hubs.ini").0, "D:\\backup\\user\\hubs.ini");
    assert_eq!(path("\\\\hub\\root\\hubs.ini").0, "\\\\computer\\user\\hubs.ini");
    assert_eq!(path("D:\\hub\\hubs.ini").0, "D:\\hub\\hubs.ini");
    assert_eq!(path("D:\\rooted\\root.ini").0, "D:\\rooted\\root.ini");
    for home in ["c:\\users\\ROOT\\hubs.ini", "C:/Users/root/hubs.ini", "C:\\USERS/Root\\hubs.ini"]
    {
        let (hidden, _) = path(home);
        assert!(matches!(hidden.as_str(), "~\\hubs.ini" | "~/hubs.ini"), "{hidden}");
    }
    assert_eq!(path("c:\\users\\rooted\\hubs.ini").0, "c:\\users\\rooted\\hubs.ini");
    let (_, redaction) = path("\\\\HUB\\root\\hubs.ini");
    let told: Vec<&str> = redaction.ledger.iter().map(|line| line.what.as_str()).collect();
    assert_eq!(told, ["name of the computer", "name of the user"]);
}

#[test]
fn a_home_that_is_not_called_like_its_user_is_hidden_too() {
    let mut world = ScriptedWorld::at(Timestamp::parse("2026-11-26T12:00:00Z").expect("a time"));
    for (name, value) in [("USERPROFILE", "C:\\Users\\Jürgen.CORP"), ("USERNAME", "jmeier")] {
        world.variables.insert(name.to_owned(), value.to_owned());
    }
    let person = Person::of(&world);
    for (text, expected) in [
        ("D:\\profiles\\JÜRGEN.corp\\hubs.ini", "D:\\profiles\\user\\hubs.ini"),
        ("D:\\JMeier\\hubs.ini", "D:\\user\\hubs.ini"),
        ("c:/users/jÜrgen.corp/hubs.ini", "~/hubs.ini"),
    ] {
        let mut report = report_of_fixture(&canary_fixture());
        report.hubs[0].source.file = Some(text.to_owned());
        hide_person(&mut report, &person);
        assert_eq!(report.hubs[0].source.file.as_deref(), Some(expected));
    }
}

fn hublink(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hublink"));
    command.args(arguments).env_remove("HUBLINK_HUBS").stdin(Stdio::null());
    command.output().expect("the program starts")
}

#[test]
fn the_key_is_the_senders_alone_and_opens_the_report_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (sent, key, whole) = (path("sent.json"), path("key.json"), path("whole.json"));
    std::fs::write(&whole, json_document(&canary_report())).expect("a file");
    for format in ["human", "json", "ndjson", "junit", "nagios", "openmetrics", "markdown", "html"]
    {
        let key = if format == "html" { key.clone() } else { path(&format!("of-{format}.key")) };
        let options = ["--redact", "strict", "--redact-key", &key, "--report", &sent];
        let output = hublink(&[&["review", &whole, "--format", format][..], &options].concat());
        let shown = String::from_utf8_lossy(&output.stdout).to_lowercase();
        let sent = std::fs::read_to_string(&sent).expect("a report").to_lowercase();
        for canary in CANARIES {
            assert!(!shown.contains(canary) && !sent.contains(canary), "{canary} in {format}");
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let mode = std::fs::metadata(&key).expect("a key").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }
    let output = hublink(&["review", &sent, "--key", &key, "--format", "json"]);
    let opened: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let before: Value = serde_json::to_value(canary_report()).expect("plain data");
    assert_eq!(opened["hubs"], before["hubs"]);
    assert_eq!(opened["environment"], before["environment"]);
    let refused = |arguments: &[&str]| {
        let output = hublink(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(refused(&["review", &whole, "--key", &key]).contains("has no pseudonyms"));
    assert!(refused(&["review", &sent, "--key", &sent]).contains("expected a key"));
    assert!(
        refused(&["review", &whole, "--redact-key", &key]).contains("goes with --redact strict")
    );
    // A key is the only one to its report.
    let before = std::fs::read_to_string(&key).expect("a key");
    let again = ["--redact", "strict", "--redact-key", &key, "https://sense.corp.test"];
    // Nothing is examined, or the hub would be told as one that cannot be reached.
    assert!(refused(&[&["doctor"][..], &again].concat()).contains("exists already"));
    let again = ["review", &whole, "--redact", "strict", "--redact-key", &key];
    assert!(refused(&again).contains("exists already"));
    assert_eq!(std::fs::read_to_string(&key).expect("a key"), before);
    let new = path("new.json");
    let other = folder.path().join(".").join("new.json").display().to_string();
    for option in ["--report", "--output"] {
        let same = ["review", &whole, "--redact", "strict", "--redact-key", &new, option, &other];
        assert!(refused(&same).contains("name the same file"), "{option}");
    }
    assert!(!std::path::Path::new(&new).exists());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever somebody is called, in whatever script.
    #[test]
    fn no_name_survives(
        label in "[a-z]{4,9}[0-9]{0,2}", word in "[A-Zßéłжλ漢][a-zäжλ漢字]{5,9}", a in 11u8..126, b in any::<u8>(),
    ) {
        let (host, ip) = (format!("q{label}x.q{label}y.zone"), format!("{a}.{b}.33.44"));
        let text = canary_fixture().to_string()
            .replace("canarysub.canaryhost.canarydomain.com", &host)
            .replace("Canary Company", &format!("{word} q{label}x"))
            .replace("203.45.67.89", &ip);
        let fixture: Value = serde_json::from_str(&text).expect("JSON");
        let report = report_of_fixture(&fixture);
        let (made, key) = hidden(&report);
        let found = hits(&made, &[&format!("q{label}x"), &format!("q{label}y"), &word, &ip]);
        prop_assert!(found.is_empty(), "{}", found.join("\n"));
        prop_assert!(key.restore(&made).expect("its key") == report);
    }
}

/// A field whose name says that it names somebody must say so to whoever hides names: a word that
/// everybody uses, such as a host called `hub`, would stay in it otherwise.
#[test]
fn fields_that_name_somebody_say_so() {
    const NAMING: [&str; 14] = [
        "account",
        "computer",
        "directory",
        "domain",
        "file",
        "fingerprint",
        "forest",
        "host",
        "issuer",
        "machine",
        "path",
        "serial",
        "subject",
        "user",
    ];
    // Names of form fields and of programs, and the place in a list, name nobody.
    const HARMLESS: [&str; 1] = ["user_agent"];
    let schema = hublink::report::schema();
    let mut silent = Vec::new();
    let parts = schema.pointer("/$defs").and_then(Value::as_object).expect("parts");
    for (part, node) in parts {
        for (field, what) in node.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let naming = field.split('_').any(|word| NAMING.contains(&word.trim_end_matches('s')));
            let is_text = |node: &Value| match node.get("type") {
                Some(Value::String(kind)) => kind == "string",
                Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
                _ => false,
            };
            let listed = what.get("items").is_some_and(is_text);
            let known = what.get("x-identifies").is_some() || HARMLESS.contains(&field.as_str());
            let address = what.get("format").is_some();
            if naming && (is_text(what) || listed) && !known && !address {
                silent.push(format!("{part}.{field}"));
            }
        }
    }
    assert!(
        silent.is_empty(),
        "say what it holds: #[schemars(extend(\"x-identifies\" = \"host\"))], or dn, path, name, \
         link, digits, hex, nothing: {silent:#?}"
    );
}
