//! A walk over everything in a report that was observed, beside the schema that says what it is.

use serde_json::{Map, Value};

use super::words::Class;

/// What becomes of a text, by what the schema says it is.
pub(super) type Rewrite<'a> = &'a mut dyn FnMut(Option<Class>, &str) -> String;

/// The parts of a hub that were observed, beside its checks.
const OBSERVED: [&str; 6] = ["name", "host", "source", "link", "way", "facts"];

/// Rewrites every text of a report that was observed and is no word of the report's own.
pub(super) fn over(report: &mut Value, schema: &Value, rewrite: Rewrite<'_>) {
    let mut walk = Walk { root: schema, rewrite };
    let environment = schema.pointer("/$defs/Environment");
    if let Some(value) = report.get_mut("environment") {
        walk.value(environment.into_iter().collect(), None, value);
    }
    // What the user called the run may be a place or a person.
    for label in report.get_mut("labels").and_then(Value::as_object_mut).into_iter().flatten() {
        if let Value::String(text) = label.1 {
            *text = (walk.rewrite)(Some(Class::Name), text);
        }
    }
    let hubs = report.get_mut("hubs").and_then(Value::as_array_mut);
    for hub in hubs.into_iter().flatten() {
        for key in OBSERVED {
            let node = schema.pointer(&format!("/$defs/Hub/properties/{key}"));
            if let Some(value) = hub.get_mut(key) {
                walk.value(node.into_iter().collect(), None, value);
            }
        }
        walk.checks(hub.get_mut("checks"));
    }
    walk.checks(report.get_mut("across"));
}

struct Walk<'a> {
    root: &'a Value,
    rewrite: Rewrite<'a>,
}

impl<'a> Walk<'a> {
    fn checks(&mut self, checks: Option<&mut Value>) {
        for check in checks.and_then(Value::as_array_mut).into_iter().flatten() {
            let id = check.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let nodes: Vec<&'a Value> = self.evidence_of(&id).into_iter().collect();
            for key in ["evidence", "aside"] {
                let Some(saved) = check.get_mut(key) else { continue };
                self.value(nodes.clone(), None, saved);
                // What cannot be read any more is no evidence.
                if !saved.is_null() && !crate::review::is_evidence(&id, saved) {
                    *saved = Value::Null;
                }
            }
            if let Some(Value::String(detail)) = check.pointer_mut("/reason/detail") {
                *detail = (self.rewrite)(None, detail);
            }
        }
    }

    /// The schema of a check's evidence, which the schema of the report ties to its id.
    fn evidence_of(&self, id: &str) -> Option<&'a Value> {
        let rules = self.root.pointer("/$defs/CheckReport/allOf")?.as_array()?;
        let rule = rules.iter().find(|rule| {
            rule.pointer("/if/properties/id/const").and_then(Value::as_str) == Some(id)
        })?;
        rule.pointer("/then/properties/evidence")
    }

    /// `nodes` are all parts of the schema that may describe the value; `class` is what the list
    /// around it is.
    fn value(&mut self, nodes: Vec<&'a Value>, class: Option<Class>, value: &mut Value) {
        let nodes = self.expanded(nodes);
        let own = nodes.iter().find_map(|node| Class::of(node.get("x-identifies")?.as_str()?));
        let class = own.or(class);
        match value {
            Value::String(text) if nodes.iter().any(|node| is_word_of(node, text)) => {}
            Value::String(text) => *text = (self.rewrite)(class, text),
            Value::Array(list) => {
                let items = nodes.iter().filter_map(|node| node.get("items"));
                let items: Vec<&'a Value> = items.collect();
                list.iter_mut().for_each(|one| self.value(items.clone(), class, one));
            }
            Value::Object(map) => self.object(&nodes, class, map),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn object(&mut self, nodes: &[&'a Value], class: Option<Class>, map: &mut Map<String, Value>) {
        for (key, mut value) in std::mem::take(map) {
            let named = nodes.iter().filter_map(|node| node.get("properties")?.get(&key));
            let named: Vec<&'a Value> = named.collect();
            let any = nodes.iter().filter_map(|node| node.get("additionalProperties"));
            // The keys of a table are data too.
            let (key, below) = if named.is_empty() {
                ((self.rewrite)(class, &key), any.collect())
            } else {
                (key, named)
            };
            self.value(below, None, &mut value);
            map.insert(key, value);
        }
    }

    /// The nodes with all that they refer to.
    fn expanded(&self, nodes: Vec<&'a Value>) -> Vec<&'a Value> {
        let mut found: Vec<&'a Value> = Vec::new();
        let mut open = nodes;
        while let Some(node) = open.pop() {
            if found.iter().any(|known| std::ptr::eq(*known, node)) {
                continue;
            }
            found.push(node);
            if let Some(name) = node.get("$ref").and_then(Value::as_str) {
                open.extend(self.root.pointer(name.trim_start_matches('#')));
            }
            for key in ["anyOf", "oneOf", "allOf"] {
                open.extend(node.get(key).and_then(Value::as_array).into_iter().flatten());
            }
        }
        found
    }
}

/// Whether a text is a word of the report's own at this place.
fn is_word_of(node: &Value, text: &str) -> bool {
    let listed = node.get("enum").and_then(Value::as_array);
    let listed = listed.is_some_and(|words| words.iter().any(|word| word == text));
    listed || node.get("const").is_some_and(|word| word == text)
}
