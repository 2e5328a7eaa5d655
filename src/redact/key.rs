//! The key to the pseudonyms of a report. It stays with whoever sends the report.

use std::collections::BTreeMap;
use std::path::Path;

use hublink_checks::frame::typed;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pseudonyms::{Kind, Pseudonyms};
use crate::report::{Redaction, Report};
use crate::review::{review, saved_of};

/// The version of the key's shape.
const SCHEMA: &str = "hublink/redaction-key/1";

/// What the pseudonyms of one report stand for.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Key {
    schema: String,
    /// The run whose report it belongs to.
    #[serde(default)]
    run: Option<String>,
    /// What had been left out before.
    redaction: Redaction,
    /// Every pseudonym, for a person who looks one up.
    names: Vec<Name>,
    /// By the place in the report, what stood there and what stands there now.
    values: BTreeMap<String, Pair>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Name {
    kind: String,
    original: String,
    pseudonym: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Pair {
    original: String,
    pseudonym: String,
}

/// Why a key opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The report has no pseudonyms.
    #[error("the report has no pseudonyms (its redaction is {0:?})")]
    NoPseudonyms(String),
    /// It cannot be read.
    #[error("{file}: {what}")]
    NotRead {
        /// The file.
        file: String,
        /// Why.
        what: String,
    },
    /// It is the key to another report.
    #[error("the key belongs to another report{0}")]
    OfAnother(String),
}

impl Key {
    /// The key that leads back to the report from what was made of it.
    pub(super) fn new(report: &Report, names: &Pseudonyms, places: Places) -> Self {
        let name = |(kind, original, pseudonym): (Kind, String, String)| Name {
            kind: kind.words().0.to_owned(),
            original,
            pseudonym,
        };
        Self {
            schema: SCHEMA.to_owned(),
            run: report.run.clone(),
            redaction: report.redaction.clone(),
            names: names.table().into_iter().map(name).collect(),
            values: places.0,
        }
    }

    /// Reads a key.
    ///
    /// # Errors
    /// If the file cannot be read or holds no key.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let file = path.display().to_string();
        let not_read = |what: String| KeyError::NotRead { file: file.clone(), what };
        let text =
            std::fs::read_to_string(path).map_err(|e| not_read(format!("cannot read: {e}")))?;
        let key: Self = serde_json::from_str(&text)
            .map_err(|e| not_read(format!("expected a key ({SCHEMA}): {e}")))?;
        match key.schema.as_str() {
            SCHEMA => Ok(key),
            other => Err(not_read(format!("expected a key ({SCHEMA}), found {other:?}"))),
        }
    }

    /// The report with what its pseudonyms stand for.
    ///
    /// # Errors
    /// If the report has no pseudonyms, or the key is that of another.
    pub fn restore(&self, report: &Report) -> Result<Report, KeyError> {
        if report.redaction.level != super::Level::Strict.label() {
            return Err(KeyError::NoPseudonyms(report.redaction.level.clone()));
        }
        if self.run != report.run {
            return Err(KeyError::OfAnother(String::new()));
        }
        let mut document = serde_json::to_value(report).unwrap_or_default();
        for (place, pair) in &self.values {
            let value = document.pointer_mut(place);
            let Some(Value::String(text)) = value else {
                return Err(KeyError::OfAnother(format!(": nothing stands at {place}")));
            };
            // Why a check was skipped may have been judged anew.
            if *text != pair.pseudonym && place.ends_with("/reason/detail") {
                continue;
            }
            if *text != pair.pseudonym {
                return Err(KeyError::OfAnother(format!(": another value stands at {place}")));
            }
            text.clone_from(&pair.original);
        }
        let read = typed(&document);
        let mut opened: Report = read.map_err(|e| KeyError::OfAnother(format!(": {e}")))?;
        for facts in opened.hubs.iter_mut().filter_map(|hub| hub.facts.as_mut()) {
            facts.pseudonyms = false;
        }
        opened.redaction = self.redaction.clone();
        let judged = review(&saved_of(&opened));
        Ok(Report { review: report.review.clone(), ..judged })
    }
}

/// Every text of a report that was replaced, by its place (RFC 6901).
#[derive(Default)]
pub(super) struct Places(BTreeMap<String, Pair>);

impl Places {
    /// Adds those of a part of the report.
    pub(super) fn add(&mut self, before: &Value, after: &Value, place: String) {
        differences(before, after, place, &mut self.0);
    }
}

fn differences(before: &Value, after: &Value, place: String, found: &mut BTreeMap<String, Pair>) {
    match (before, after) {
        (Value::String(original), Value::String(pseudonym)) if original != pseudonym => {
            let pair = Pair { original: original.clone(), pseudonym: pseudonym.clone() };
            found.insert(place, pair);
        }
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                let key_there = key.replace('~', "~0").replace('/', "~1");
                if let Some(other) = after.get(key) {
                    differences(value, other, format!("{place}/{key_there}"), found);
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (index, (value, other)) in before.iter().zip(after).enumerate() {
                differences(value, other, format!("{place}/{index}"), found);
            }
        }
        _ => {}
    }
}
