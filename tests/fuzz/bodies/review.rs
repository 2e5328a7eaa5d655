// A report as anybody may hand it in: read, judged again and told in every format.
//
// The first byte says how the rest is meant: 0 is a text as it is, anything else a list of changes
// to `report.json`, because chance alone makes no report. A change is two bytes that name a value
// by its place, one for what becomes of it, one of length, and as many bytes.

use std::fmt::Write as _;

use hublink::output::json_document;
use hublink::render::human::{self, Detail};
use hublink::render::{Style, html, junit, markdown, nagios, ndjson, openmetrics};
use hublink::report::Report;
use hublink::review::{read_text, review};
use serde_json::{Value, json};

const BASE: &str = include_str!("../report.json");

/// More changes than this are only slower.
const CHANGES: usize = 12;

/// Nothing grows beyond this, in bytes: what grows twelve times over would fill every memory before
/// the report is read, and says nothing about the program.
const GROWN: usize = 256 * 1024;

/// Reads the input, judges it again and tells of it.
pub(crate) fn read(data: &[u8]) {
    let text = match data {
        [0, text @ ..] => String::from_utf8_lossy(text).into_owned(),
        [_, changes @ ..] => changed(changes),
        [] => return,
    };
    let saved = match read_text("the report", &text) {
        Ok(saved) => saved,
        Err(error) => return assert_harmless("the error", &error.to_string()),
    };
    let now = review(&saved);
    told(&now);
    let saved = json_document(&now);
    let again = read_text("the review", &saved).unwrap_or_else(|error| panic!("{error}"));
    let again = review(&again);
    let verdicts =
        |report: &Report| -> Vec<_> { report.hubs.iter().map(|hub| hub.verdict.clone()).collect() };
    assert_eq!(verdicts(&again), verdicts(&now), "a review of a review says the same");
}

fn told(report: &Report) {
    let style = Style { width: 80, colour: false };
    assert_harmless("human", &human::render(report, style, Detail::Verbose));
    assert_harmless("lines", &human::lines(report, style));
    assert_harmless("markdown", &markdown::render(report));
    assert_harmless("nagios", &nagios::render(report));
    assert_harmless("openmetrics", &openmetrics::render(report));
    assert_harmless("junit", &junit::render(report));
    assert_harmless("html", &html::render(report));
    for line in ndjson::render(report).lines() {
        serde_json::from_str::<Value>(line).expect("one document a line");
    }
}

/// Nothing that a terminal obeys, and nothing that turns the direction of what is read.
fn assert_harmless(what: &str, text: &str) {
    let obeyed = |c: char| c.is_control() && c != '\n';
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if let Some(at) = text.find(|c: char| obeyed(c) || turns(c)) {
        let mut around = String::new();
        let from = text.floor_char_boundary(at.saturating_sub(80));
        write!(around, "{:?}", &text[from..text.ceil_char_boundary(at + 40)]).expect("a text");
        panic!("{what}: {around}");
    }
}

fn changed(mut changes: &[u8]) -> String {
    let mut report: Value = serde_json::from_str(BASE).expect("a report");
    for _ in 0..CHANGES {
        let [high, low, kind, length, rest @ ..] = changes else { break };
        let (payload, after) = rest.split_at(usize::from(*length).min(rest.len()));
        changes = after;
        let count = size(&report);
        let mut place = usize::from(u16::from_be_bytes([*high, *low])) % count;
        if let Some(value) = nth(&mut report, &mut place) {
            change(value, *kind, payload);
        }
    }
    report.to_string()
}

fn change(value: &mut Value, kind: u8, payload: &[u8]) {
    let text = || String::from_utf8_lossy(payload).into_owned();
    let number = payload.iter().fold(0_i64, |n, byte| n.wrapping_shl(8) | i64::from(*byte));
    *value = match (kind % 10, value.take()) {
        (0, _) => Value::Null,
        (1, _) => json!(number),
        (2, _) => json!(f64::from_bits(number.cast_unsigned())),
        (3, _) => json!(!payload.is_empty()),
        (4, _) => json!([]),
        (5, _) => json!({}),
        // A list grows, and so does a text.
        (6, Value::Array(list)) => {
            let often = 20.min(GROWN / json!(list).to_string().len()).max(1);
            list.iter().cycle().take(list.len() * often).cloned().collect()
        }
        (6, Value::String(old)) => {
            json!(old.repeat((payload.len() * 20).min(GROWN / old.len().max(1))))
        }
        (7, Value::Array(mut list)) => {
            list.pop();
            json!(list)
        }
        (7, Value::Object(mut map)) => {
            let key = map.keys().nth(payload.len() % map.len().max(1)).cloned();
            key.map(|key| map.remove(&key));
            Value::Object(map)
        }
        (8, Value::String(old)) => json!(text() + &old),
        (9, Value::Object(mut map)) => {
            map.insert(text(), json!(number));
            Value::Object(map)
        }
        _ => json!(text()),
    };
}

/// How many values there are, those inside others included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(map) => map.values().map(size).sum(),
        _ => 0,
    }
}

/// The value of this place, counted from the outside in.
fn nth<'v>(value: &'v mut Value, place: &mut usize) -> Option<&'v mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    let mut inside: Box<dyn Iterator<Item = &'v mut Value>> = match value {
        Value::Array(list) => Box::new(list.iter_mut()),
        Value::Object(map) => Box::new(map.values_mut()),
        _ => return None,
    };
    inside.find_map(|one| {
        let within = size(one);
        if *place >= within {
            *place -= within;
            return None;
        }
        nth(one, place)
    })
}
