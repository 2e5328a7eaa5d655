//! A walk over everything in a report that was observed, beside the schema that says what it is.

use hublink_checks::frame::typed;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::words::Class;
use crate::report::Report;
use crate::shape;

/// What becomes of a text, by what the schema says it is.
pub(super) type Rewrite<'a> = &'a mut dyn FnMut(Option<Class>, &str) -> String;

/// What of a report and of a hub is its own and no observation. Whatever else a report holds, now or
/// in a later version, is looked through. External checks are shown with nothing but words, or with
/// their texts rewritten elsewhere.
const OWN: [&str; 13] = [
    "schema",
    "tool",
    "run",
    "mode",
    "started",
    "labels",
    "redaction",
    "review",
    "hubs",
    "across",
    "verdict",
    "checks",
    "external",
];

/// A part of a report.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// What is neither a hub nor a comparison of hubs.
    Surroundings,
    /// A hub, by its place in the list.
    Hub(usize),
    /// What a comparison showed, by its place in the list.
    Across(usize),
}

impl Part {
    /// Where it stands in the report (RFC 6901).
    pub(super) fn place(self) -> String {
        match self {
            Self::Surroundings => String::new(),
            Self::Hub(place) => format!("/hubs/{place}"),
            Self::Across(place) => format!("/across/{place}"),
        }
    }

    /// Rewrites every text of it that was observed and is no word of the report's own.
    pub(super) fn rewrite(self, tree: &mut Value, rewrite: Rewrite<'_>) {
        let mut walk = Walk { rewrite };
        match self {
            Self::Surroundings => {
                walk.parts(tree, "/properties");
                walk.labels(tree);
            }
            Self::Hub(_) => {
                walk.parts(tree, "/$defs/Hub/properties");
                let checks = tree.get_mut("checks").and_then(Value::as_array_mut);
                checks.into_iter().flatten().for_each(|check| walk.check(check));
            }
            Self::Across(_) => walk.check(tree),
        }
    }
}

/// Changes a report part by part, as the tree of a whole one takes ten times the room of the report.
/// `change` says whether it changed anything.
pub(super) fn by_parts(
    report: &mut Report,
    change: &mut dyn FnMut(Part, &mut Value) -> bool,
) -> Result<(), serde_json::Error> {
    let (hubs, across) = (std::mem::take(&mut report.hubs), std::mem::take(&mut report.across));
    let surroundings = replace(report, |tree| change(Part::Surroundings, tree));
    (report.hubs, report.across) = (hubs, across);
    surroundings?;
    for (place, hub) in report.hubs.iter_mut().enumerate() {
        replace(hub, |tree| change(Part::Hub(place), tree))?;
    }
    for (place, check) in report.across.iter_mut().enumerate() {
        replace(check, |tree| change(Part::Across(place), tree))?;
    }
    Ok(())
}

fn replace<T: Serialize + DeserializeOwned>(
    part: &mut T,
    change: impl FnOnce(&mut Value) -> bool,
) -> Result<(), serde_json::Error> {
    let mut tree = serde_json::to_value(&*part)?;
    if change(&mut tree) {
        *part = typed(&tree)?;
    }
    Ok(())
}

struct Walk<'a> {
    rewrite: Rewrite<'a>,
}

impl Walk<'_> {
    /// Every part of an object that is not the report's own.
    fn parts(&mut self, object: &mut Value, schema: &str) {
        let parts = object.as_object_mut().into_iter().flatten();
        for (key, value) in parts.filter(|(key, _)| !OWN.contains(&key.as_str())) {
            self.value(shape::part(&format!("{schema}/{key}")), None, value);
        }
    }

    /// What the user called the run may be a place or a person.
    fn labels(&mut self, report: &mut Value) {
        for label in report.get_mut("labels").and_then(Value::as_object_mut).into_iter().flatten() {
            if let Value::String(text) = label.1 {
                *text = (self.rewrite)(Some(Class::Name), text);
            }
        }
    }

    fn check(&mut self, check: &mut Value) {
        let id = check.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        for key in ["evidence", "aside"] {
            let Some(saved) = check.get_mut(key) else { continue };
            self.value(shape::evidence_of(&id), None, saved);
            // What cannot be read any more is no evidence.
            if !saved.is_null() && !crate::review::is_evidence(&id, saved) {
                *saved = Value::Null;
            }
        }
        if let Some(Value::String(detail)) = check.pointer_mut("/reason/detail") {
            *detail = (self.rewrite)(None, detail);
        }
    }

    /// `nodes` are all parts of the schema that may describe the value; `class` is what the list
    /// around it is.
    fn value(&mut self, nodes: Vec<&'static Value>, class: Option<Class>, value: &mut Value) {
        let nodes = shape::expanded(nodes);
        let class = shape::word(&nodes, "x-identifies").and_then(Class::of).or(class);
        match value {
            Value::String(text) if nodes.iter().any(|node| is_word_of(node, text)) => {}
            Value::String(text) => *text = (self.rewrite)(class, text),
            Value::Array(list) => {
                let items = shape::below(&nodes, "items");
                for one in list {
                    self.value(items.clone(), class, one);
                }
            }
            Value::Object(map) => self.object(&nodes, class, map),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn object(
        &mut self,
        nodes: &[&'static Value],
        class: Option<Class>,
        map: &mut Map<String, Value>,
    ) {
        for (key, mut value) in std::mem::take(map) {
            let named = shape::field(nodes, &key);
            // The keys of a table are data too.
            let (key, below) = if named.is_empty() {
                ((self.rewrite)(class, &key), shape::below(nodes, "additionalProperties"))
            } else {
                (key, named)
            };
            self.value(below, None, &mut value);
            map.insert(key, value);
        }
    }
}

/// Whether a text is a word of the report's own at this place.
fn is_word_of(node: &Value, text: &str) -> bool {
    let listed = node.get("enum").and_then(Value::as_array);
    let listed = listed.is_some_and(|words| words.iter().any(|word| word == text));
    listed || node.get("const").is_some_and(|word| word == text)
}
