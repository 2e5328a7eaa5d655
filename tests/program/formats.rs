//! The formats for programs: whatever a hub, a server or a file is called, a reader of the format
//! gets it back, and nothing of it steers the reader.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use hublink::render::{clean, junit, nagios, ndjson, openmetrics};
use hublink::report::{Ready, Report};
use proptest::prelude::*;
use roxmltree::{Document, Node};
use serde_json::{Value, json};

/// Panics unless every format of a report can be read.
pub(crate) fn assert_readable(report: &Report) {
    assert_lines(report);
    assert_suites(report);
    assert_plugin(report);
    assert_metrics(report);
}

fn assert_lines(report: &Report) {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        jsonschema::validator_for(ndjson::schema().as_value()).expect("the schema is a schema")
    });
    let text = ndjson::render(report);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), report.hubs.len());
    for (line, hub) in lines.iter().zip(&report.hubs) {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(value["name"], json!(hub.name));
        assert_eq!(value["summary"], json!(hub.verdict.summary));
        let read: ndjson::Line = serde_json::from_str(line).expect("a line");
        assert_eq!(serde_json::to_value(&read).expect("plain data"), value, "nothing is lost");
    }
}

fn elements<'a>(node: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// What a reader of XML makes of a text in an attribute.
fn in_xml(text: &str) -> String {
    let noncharacter = |c: char| matches!(c, '\u{fffe}' | '\u{ffff}');
    let parts = clean(text)
        .chars()
        .map(|c| if noncharacter(c) { c.escape_unicode().to_string() } else { c.to_string() })
        .collect::<Vec<_>>();
    parts.concat()
}

fn assert_suites(report: &Report) {
    let text = junit::render(report);
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let root = document.root_element();
    let suites: Vec<Node<'_, '_>> = elements(root, "testsuite").collect();
    assert_eq!(suites.len(), report.hubs.len());
    for (suite, hub) in suites.iter().zip(&report.hubs) {
        assert_eq!(suite.attribute("name"), Some(&*in_xml(&hub.name)));
        let cases: Vec<Node<'_, '_>> = elements(*suite, "testcase").collect();
        assert!(cases.len() >= hub.checks.len());
        let with = |what: &'static str| {
            cases.iter().filter(|case| elements(**case, what).next().is_some()).count()
        };
        for (attribute, element) in
            [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
        {
            let counted = with(element).to_string();
            assert_eq!(suite.attribute(attribute), Some(&*counted), "{attribute}: {text}");
        }
        let green = with("failure") + with("error") == 0;
        assert_eq!(green, hub.verdict.ready == Ready::Yes, "{}: {text}", hub.name);
        let messages = cases.iter().flat_map(Node::children).filter_map(|n| n.attribute("message"));
        let cause = hub.checks.iter().flat_map(|check| &check.causes);
        let cause = cause.clone().find(|cause| Some(&cause.id) == hub.verdict.cause.as_ref());
        if let (Ready::No, Some(cause)) = (hub.verdict.ready, cause) {
            let title = in_xml(&cause.title);
            assert!(messages.clone().any(|message| message == title), "{title}: {text}");
        }
    }
}

fn assert_plugin(report: &Report) {
    let text = nagios::render(report);
    assert!(text.len() <= 8192, "Nagios cuts {} bytes", text.len());
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    let state = nagios::State::of(report).label();
    let (first, rest) = text.split_once('\n').expect("a line");
    assert!(first.starts_with(&format!("HUBLINK {state} - ")), "{first}");
    assert_eq!(first.matches('|').count(), 1, "one bar: {first}");
    assert!(rest.matches('|').count() <= 1, "one bar: {rest}");
    let figures = |part: &str| part.split_once('|').map_or("", |(_, figures)| figures).to_owned();
    let figures = figures(first) + " " + &figures(rest);
    let mut labels = BTreeSet::new();
    for (label, value) in read_figures(&figures) {
        assert!(labels.insert(label.clone()), "{label} stands there twice");
        let value = value.split(';').next().unwrap_or_default().trim_end_matches('s');
        assert!(value.parse::<f64>().is_ok(), "{label}={value}");
    }
    assert!(labels.contains("hubs_ready") && labels.contains("duration"), "{labels:?}");
}

/// `'label'=value…`, apart by blanks or line ends (Monitoring Plugins Development Guidelines 2.6).
fn read_figures(text: &str) -> Vec<(String, String)> {
    let mut rest = text.trim_start();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (label, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once("'=").expect("a label in quotes"),
            None => rest.split_once('=').expect("a label"),
        };
        let end = after.find([' ', '\n']).unwrap_or(after.len());
        found.push((label.to_owned(), after[..end].to_owned()));
        rest = after[end..].trim_start();
    }
    found
}

fn assert_metrics(report: &Report) {
    let text = openmetrics::render(report);
    assert!(text.ends_with("\n# EOF\n"));
    let mut series = BTreeSet::new();
    let mut hubs = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, labels, value) = read_sample(line);
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(series.insert((name.clone(), labels.clone())), "twice: {line}");
        if name == "hublink_hub_info" {
            hubs.push(labels[0].1.clone());
        }
    }
    assert_eq!(hubs.len(), report.hubs.len());
    for (label, hub) in hubs.iter().zip(&report.hubs) {
        // The second of two hubs of one name has a number behind it.
        assert!(label.starts_with(&clean(&hub.name)), "{label:?} {:?}", hub.name);
    }
}

/// The name, the labels and the value of a sample, as the format's grammar has it.
fn read_sample(line: &str) -> (String, Vec<(String, String)>, String) {
    let end = line.find(['{', ' ']).expect("a name and a value");
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    while let Some(after) = rest.strip_prefix(['{', ',']) {
        let (label, after) = after.split_once("=\"").expect("a label");
        let mut value = String::new();
        let mut letters = after.char_indices();
        let end = loop {
            match letters.next().expect("a closing quote") {
                (at, '"') => break at,
                (_, '\\') => value.push(match letters.next().expect("an escape").1 {
                    'n' => '\n',
                    plain @ ('"' | '\\') => plain,
                    other => panic!("the escape {other:?}: {line}"),
                }),
                (_, letter) => value.push(letter),
            }
        };
        labels.push((label.to_owned(), value));
        rest = &after[end + 1..];
    }
    let value = rest.strip_prefix('}').unwrap_or(rest).trim_start();
    (name.to_owned(), labels, value.to_owned())
}

/// A report in which every text that somebody else may have written is given.
fn report(text: &str, ready: &str, statuses: &[&str]) -> Report {
    let cause = json!({
        "id": "dns/name-not-found", "title": text, "confidence": "certain", "owner": "qlik-admin",
        "severity": match ready { "no" => "blocks", "yes" => "degrades", _ => "informs" },
        "proof": [{ "at": text, "expected": text, "seen": text }, { "at": text, "seen": text }],
        "ruled_out": [text], "remedy": [text, text], "see": [text]
    });
    let ids = ["hubs-file", "link", "dns", "tcp"];
    let checks: Vec<Value> = ids
        .iter()
        .zip(statuses)
        .map(|(id, status)| {
            let causes =
                if matches!(*status, "failed" | "warned") { vec![cause.clone()] } else { vec![] };
            let reason = json!({ "kind": "because", "because": text, "detail": text });
            let reason =
                if matches!(*status, "skipped" | "errored") { reason } else { Value::Null };
            json!({ "id": id, "title": text, "status": status, "reason": reason,
                    "duration_ms": 1.5, "evidence": null, "causes": causes })
        })
        .collect();
    let verdict = json!({
        "ready": ready, "first_broken": "dns", "summary": text, "reached": "link",
        "cause": (ready == "no").then_some("dns/name-not-found"),
        "confidence": "certain", "owner": "qlik-admin"
    });
    let hub = json!({
        "name": text, "host": text, "url": text, "link": null, "duration_ms": 12.3,
        "source": { "kind": "file", "file": text, "line": 3 },
        "way": { "kind": "undecided", "source": text },
        "verdict": verdict, "checks": checks
    });
    let report = json!({
        "schema": "hublink/report/1", "tool": { "name": "hublink", "version": text },
        "started": "2026-11-24T20:44:28.725Z", "duration_ms": 20.0, "interrupted": false,
        "environment": { "os": text, "arch": text, "resolver": text },
        "redaction": { "level": text, "ledger": [] },
        // Twice, because two hubs may bear one name.
        "hubs": [hub.clone(), hub], "across": []
    });
    serde_json::from_value(report).expect("a report")
}

/// Anything, and again and again what means something to one of the readers.
fn hostile() -> impl Strategy<Value = String> {
    let tokens = [
        "<",
        ">",
        "&",
        "\"",
        "'",
        "]]>",
        "&amp;",
        "|",
        "=",
        ";",
        "{",
        "}",
        ",",
        "\\",
        "\\n",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "\u{1b}[2J",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{feff}",
        "# EOF\n",
        "$(id)",
        "`id`",
        "%n",
        "é",
        "漢",
        "🦀",
        " ",
        "a",
    ];
    let token = prop::sample::select(tokens.to_vec()).prop_map(str::to_owned);
    prop::collection::vec(prop_oneof![3 => token, 1 => any::<char>().prop_map(String::from)], 0..12)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_breaks_a_format(text in hostile()) {
        assert_readable(&report(&text, "no", &["passed", "skipped", "failed", "skipped"]));
        assert_readable(&report(&text, "yes", &["passed", "warned", "passed", "passed"]));
        assert_readable(&report(&text, "yes", &["passed", "errored", "warned", "passed"]));
        assert_readable(&report(&text, "unknown", &["passed", "errored", "skipped", "skipped"]));
        // Nothing red among the checks: the cause stands at another hub, or time ran out.
        assert_readable(&report(&text, "no", &["passed", "skipped", "skipped", "skipped"]));
        assert_readable(&report(&text, "unknown", &["passed", "skipped", "skipped", "skipped"]));
    }
}

#[test]
fn many_hubs_of_long_names_fit_into_what_nagios_reads() {
    let mut many =
        report(&"long name ".repeat(30), "no", &["passed", "passed", "failed", "skipped"]);
    many.hubs = many.hubs.iter().cycle().take(200).cloned().collect();
    assert_readable(&many);
    assert!(nagios::render(&many).contains("\nand 19"), "{}", nagios::render(&many));
}

#[test]
fn the_state_of_a_plugin_is_that_of_the_worst_hub() {
    let ok = report("a", "yes", &["passed"; 4]);
    let warning = report("a", "yes", &["warned"; 4]);
    let unknown = report("a", "unknown", &["errored"; 4]);
    let critical = report("a", "no", &["failed"; 4]);
    let mut all = Report { hubs: Vec::new(), ..ok.clone() };
    assert_eq!(nagios::State::of(&all) as u8, 3);
    for (next, state) in [(ok, 0), (warning, 1), (unknown, 3), (critical, 2)] {
        all.hubs.extend(next.hubs);
        assert_eq!(nagios::State::of(&all) as u8, state);
    }
}
