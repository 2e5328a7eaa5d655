//! What the page promises: data is text, nothing is loaded, nothing runs.

use html5ever::tendril::TendrilSink;
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const SAMPLES: [&str; 3] = [
    include_str!("../../../tests/html/reports/practice.json"),
    include_str!("../../../tests/html/reports/certificate-untrusted-issuer-root-sent.json"),
    include_str!("../../../tests/html/reports/healthy-h37-proxy.json"),
];

/// Every element of our templates.
const ELEMENTS: &str = " html head meta title style body header main section footer h1 h2 h3 p br \
                        span strong em a ul ol li dl div dt dd table thead tbody tr th td details \
                        summary pre svg desc path g circle rect text ";

#[test]
fn the_policy_allows_this_style_and_no_other() {
    use base64::Engine;

    let hash = ring::digest::digest(&ring::digest::SHA256, STYLE.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    assert_eq!(STYLE_HASH, hash, "type this as STYLE_HASH in src/render/html.rs: {hash}");
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"), "nothing is loaded");
}

/// The elements with their attributes, in order, and all texts.
struct Dom {
    elements: Vec<String>,
    texts: String,
}

fn parse(page: &str) -> Dom {
    let dom =
        html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(page);
    let mut found = Dom { elements: Vec::new(), texts: String::new() };
    walk(&dom.document, &mut found);
    found
}

fn walk(node: &Handle, found: &mut Dom) {
    match &node.data {
        NodeData::Element { name, attrs, .. } => {
            let mut element = name.local.to_string();
            for attribute in attrs.borrow().iter() {
                element.push_str(&format!(" {}={:?}", attribute.name.local, &*attribute.value));
            }
            found.elements.push(element);
        }
        NodeData::Text { contents } => found.texts.push_str(&contents.borrow()),
        NodeData::Comment { contents } => panic!("a comment: {contents}"),
        NodeData::Document | NodeData::Doctype { .. } => {}
        NodeData::ProcessingInstruction { .. } => panic!("a processing instruction"),
    }
    for child in node.children.borrow().iter() {
        walk(child, found);
    }
}

/// The paths of all texts that may be anything.
fn free_texts(report: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    collect(report, String::new(), &mut paths);
    let typed = |report: &Value| {
        let report: Report = serde_json::from_value(report.clone()).ok()?;
        Some(report.hubs.iter().filter(|hub| picture::certificate_of(hub).is_some()).count())
    };
    let sound = typed(report);
    paths.retain(|path| {
        let mut changed = report.clone();
        *changed.pointer_mut(path).expect("its path") = Value::from("word");
        typed(&changed) == sound
    });
    paths
}

fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::String(_) => paths.push(path),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                collect(item, format!("{path}/{n}"), paths);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(field, format!("{path}/{name}"), paths);
            }
        }
        _ => {}
    }
}

fn with(report: &Value, paths: &[String], text: &str) -> Report {
    let mut changed = report.clone();
    for path in paths {
        // Which check it is decides about the page's shape, not about its text.
        let is_id =
            path.ends_with("/id") || path.ends_with("first_broken") || path.ends_with("cause");
        let text = if is_id { format!("{text}/{path}") } else { text.to_owned() };
        *changed.pointer_mut(path).expect("its path") = Value::from(text);
    }
    serde_json::from_value(changed).expect("a report")
}

fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title></style></pre></svg><script>alert(1)</script>",
        "<!-- --><![CDATA[ ]]><?xml ?>",
        "javascript:alert(1)",
        "{{ name }}{% raw %}",
        "&lt;script&gt;&#60;b&#62;&colon;",
        "a\u{0}\u{1b}[2J\u{7f}\u{9b}\r\n\tb",
        "\u{202e}txt.exe\u{2066}\u{200f}\u{feff}\u{2028}",
    ]
    .map(str::to_owned)
    .into();
    texts.push("<b>&';".repeat(2700));
    texts
}

fn assert_harmless(dom: &Dom) {
    for element in &dom.elements {
        let name = element.split(' ').next().unwrap_or_default();
        assert!(ELEMENTS.contains(&format!(" {name} ")), "{element}");
        for attribute in element.split(' ').skip(1) {
            assert!(!attribute.starts_with("on"), "{element}");
            for loads in ["src=", "srcset=", "action=", "style=", "xlink:"] {
                assert!(!attribute.starts_with(loads), "{element}");
            }
            assert!(
                !attribute.starts_with("href=") || attribute.starts_with("href=\"#"),
                "{element}"
            );
        }
    }
    let odd =
        |c: char| c != '\n' && (c.is_control() || crate::render::clean(&c.to_string()).len() > 4);
    assert!(!dom.texts.contains(odd), "a text could steer the screen");
}

#[test]
fn text_from_anywhere_stays_text() {
    for sample in SAMPLES {
        let report: Value = serde_json::from_str(sample).expect("a report");
        let paths = free_texts(&report);
        assert!(paths.len() > 100, "{} texts", paths.len());
        let plain = parse(&render(&with(&report, &paths, "word")));
        assert_harmless(&plain);
        for text in hostile() {
            let dom = parse(&render(&with(&report, &paths, &text)));
            assert_harmless(&dom);
            if text.len() < 1000 {
                assert_eq!(dom.elements, plain.elements, "{text}");
            } else {
                // Of long raw evidence a part is left out, and the page says so.
                let long = parse(&render(&with(&report, &paths, &"a".repeat(text.len()))));
                assert_eq!(dom.elements, long.elements, "{} bytes", text.len());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_text_stays_text(text in "[<>&\"'/=;!a-z\\PC\\x00-\\x1f]{1,80}") {
        let report: Value = serde_json::from_str(SAMPLES[2]).expect("a report");
        let paths = free_texts(&report);
        let plain = parse(&render(&with(&report, &paths, "word")));
        let dom = parse(&render(&with(&report, &paths, &text)));
        assert_harmless(&dom);
        prop_assert_eq!(dom.elements, plain.elements);
    }
}

#[test]
fn headings_are_in_order_and_names_are_unique() {
    for sample in SAMPLES {
        let report: Report = serde_json::from_str(sample).expect("a report");
        let dom = parse(&render(&report));
        let mut level = 0;
        let mut ids = std::collections::HashSet::new();
        for element in &dom.elements {
            if let Some(next) =
                ["h1", "h2", "h3", "h4"].iter().position(|h| element.split(' ').next() == Some(h))
            {
                assert!(next <= level, "{element} after level {level}");
                level = next + 1;
            }
            if let Some((_, id)) = element.split_once(" id=") {
                assert!(ids.insert(id.split(' ').next().map(str::to_owned)), "{element}");
            }
        }
        assert_eq!(dom.elements.iter().filter(|e| e.starts_with("h1")).count(), 1);
        assert_eq!(dom.elements.iter().filter(|e| *e == "main").count(), 1);
    }
}

/// The size a browser takes without suffering.
#[test]
fn a_thousand_hubs_fit_into_a_page() {
    let mut report: Report = serde_json::from_str(SAMPLES[0]).expect("a report");
    let broken = report.hubs.iter().find(|hub| hub.name == "silent-port").expect("it").clone();
    let ready = report.hubs.iter().find(|hub| hub.name == "healthy").expect("it").clone();
    report.hubs =
        (0..1000).map(|n| if n % 2 == 0 { broken.clone() } else { ready.clone() }).collect();
    let page = render(&report);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(page.contains("The other 440 stand only in this table"), "it says what is left out");
    report.hubs = vec![ready; 1000];
    assert!(render(&report).len() < 1_000_000);
}

/// As in every other format for people.
#[test]
fn what_a_review_changed_stands_in_the_page() {
    let mut report: Value = serde_json::from_str(SAMPLES[0]).expect("JSON");
    let change =
        serde_json::json!({"hub": 0, "what": "cause", "before": "dns/x", "now": "dns/<y>"});
    report["review"] =
        serde_json::json!({"tool": report["tool"], "changes": [change], "unknown": []});
    let report: Report = serde_json::from_value(report).expect("a report");
    let texts = parse(&render(&report)).texts;
    for line in crate::render::human::review_lines(&report) {
        assert!(texts.contains(&line), "{line}");
    }
    assert!(texts.contains("cause was dns/x, is dns/<y> now."));
}
