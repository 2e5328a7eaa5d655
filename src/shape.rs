//! The report's schema as a map: what the parts of a report are, for whoever walks through one
//! without knowing the checks.

use std::sync::OnceLock;

use serde_json::Value;

/// The schema of the report.
pub(crate) fn root() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        serde_json::from_str(&crate::packed::REPORT_SCHEMA.text())
            .expect("a test compares it with the types")
    })
}

/// What describes a part of the report by its name in the schema.
pub(crate) fn part(pointer: &str) -> Vec<&'static Value> {
    root().pointer(pointer).into_iter().collect()
}

/// What describes the evidence of a check, which the schema ties to its id.
pub(crate) fn evidence_of(id: &str) -> Vec<&'static Value> {
    let rules = root().pointer("/$defs/CheckReport/allOf").and_then(Value::as_array);
    let of_check =
        |rule: &&Value| rule.pointer("/if/properties/id/const").and_then(Value::as_str) == Some(id);
    let rule = rules.into_iter().flatten().find(of_check);
    rule.and_then(|rule| rule.pointer("/then/properties/evidence")).into_iter().collect()
}

/// The nodes with all that they refer to: every description that may be meant.
pub(crate) fn expanded(nodes: Vec<&'static Value>) -> Vec<&'static Value> {
    let mut found: Vec<&Value> = Vec::new();
    let mut open = nodes;
    while let Some(node) = open.pop() {
        if found.iter().any(|known| std::ptr::eq(*known, node)) {
            continue;
        }
        found.push(node);
        if let Some(name) = node.get("$ref").and_then(Value::as_str) {
            open.extend(root().pointer(name.trim_start_matches('#')));
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            open.extend(node.get(key).and_then(Value::as_array).into_iter().flatten());
        }
    }
    found
}

/// What describes a field of an object, by the expanded nodes of the object.
pub(crate) fn field(nodes: &[&'static Value], key: &str) -> Vec<&'static Value> {
    nodes.iter().filter_map(|node| node.get("properties")?.get(key)).collect()
}

/// What describes the elements of a list, or the values of a table, by the expanded nodes.
pub(crate) fn below(nodes: &[&'static Value], keyword: &str) -> Vec<&'static Value> {
    nodes.iter().filter_map(|node| node.get(keyword)).collect()
}

/// A word that the schema says of a value.
pub(crate) fn word(nodes: &[&'static Value], keyword: &str) -> Option<&'static str> {
    nodes.iter().find_map(|node| node.get(keyword)?.as_str())
}
