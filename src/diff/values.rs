//! Values of the evidence that are worth comparing: those the schema marks with `x-compared`.
//!
//! A check says so beside the field, so nothing here knows the checks. What only one of the reports
//! saw is not compared: that shows in the causes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Changed;
use crate::report::CheckReport;
use crate::shape;

/// So many values of one kind are told.
const TOLD: usize = 8;

/// The values of one kind in one report.
#[derive(Default)]
struct Seen {
    texts: Vec<String>,
    numbers: Vec<f64>,
    noise: f64,
}

pub(super) fn compare(old: &[CheckReport], new: &[CheckReport], nameless: bool) -> Vec<Changed> {
    let mut found = Vec::new();
    for now in new {
        let Some(before) = old.iter().find(|check| check.id == now.id) else { continue };
        let (before, now) = (seen(before, nameless), seen(now, nameless));
        for (what, now) in &now {
            let changed = before.get(what).and_then(|before| differ(what, before, now));
            found.extend(changed.filter(|one| !found.contains(one)));
        }
    }
    found
}

fn seen(check: &CheckReport, nameless: bool) -> BTreeMap<&'static str, Seen> {
    let mut found = BTreeMap::new();
    if let Some(evidence) = &check.evidence {
        collect(shape::evidence_of(&check.id), &evidence.tree(), nameless, &mut found);
    }
    found
}

fn collect(
    nodes: Vec<&'static Value>,
    value: &Value,
    nameless: bool,
    found: &mut BTreeMap<&'static str, Seen>,
) {
    let nodes = shape::expanded(nodes);
    let hidden = nameless && shape::word(&nodes, "x-identifies").is_some();
    if let Some(what) = shape::word(&nodes, "x-compared") {
        let address = nodes.iter().any(|node| node.get("format").is_some_and(|f| f == "ip"));
        if !(hidden || nameless && address) {
            let seen = found.entry(what).or_default();
            let noise = nodes.iter().find_map(|node| node.get("x-noise")?.as_f64());
            seen.noise = noise.unwrap_or(seen.noise);
            seen.add(value);
        }
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                collect(shape::field(&nodes, key), value, nameless, found);
            }
        }
        Value::Array(list) => {
            for value in list {
                collect(shape::below(&nodes, "items"), value, nameless, found);
            }
        }
        _ => {}
    }
}

impl Seen {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| self.add(value)),
            Value::Number(number) => self.numbers.extend(number.as_f64()),
            Value::String(text) if !self.texts.contains(text) => self.texts.push(text.clone()),
            _ => {}
        }
    }
}

fn differ(what: &str, old: &Seen, new: &Seen) -> Option<Changed> {
    let only = |one: &Seen, other: &Seen| {
        let own: Vec<&str> = one
            .texts
            .iter()
            .filter(|text| !other.texts.contains(text))
            .map(String::as_str)
            .collect();
        let more = own.len().saturating_sub(TOLD);
        let told = own.iter().take(TOLD).copied().collect::<Vec<_>>().join(", ");
        let told = if more > 0 { format!("{told} and {more} more") } else { told };
        (!told.is_empty()).then_some(told)
    };
    if old.texts.is_empty() != new.texts.is_empty() {
        return None;
    }
    Changed::of(what, only(old, new), only(new, old)).or_else(|| {
        // The first is the hub's own.
        let (old, new, noise) = (old.numbers.first()?, new.numbers.first()?, new.noise);
        let told = |number: &f64| Some(format!("{number:.0}"));
        ((old - new).abs() > noise).then(|| Changed::of(what, told(old), told(new))).flatten()
    })
}
