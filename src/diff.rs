//! What changed between two reports: verdicts, causes and values, and what of the surroundings may
//! explain it. Both are judged by this program first, so that only what was seen differs.

mod hubs;
mod surroundings;
mod values;

use hublink_checks::frame::{Confidence, Owner, Severity};
use hublink_probe::Timestamp;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::doctor;
use crate::redact::Level;
use crate::report::{Report, Tool};
use crate::review::{Saved, review};

/// The version of the shape. Fields may be added within it, never renamed or removed.
pub const SCHEMA: &str = "hublink/diff/1";

/// What two reports say differently.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Diff {
    /// Always `hublink/diff/1`.
    pub schema: String,
    /// The program that compared.
    pub tool: Tool,
    /// The older report.
    pub old: Side,
    /// The newer report.
    pub new: Side,
    /// Whether anything differs in its meaning: a hub that came or went, a verdict, a cause or a
    /// value. Times and surroundings alone do not.
    pub differs: bool,
    /// Every hub of either report, in the order of the newer one; hubs that are gone come last.
    pub hubs: Vec<HubDiff>,
    /// Causes that only a comparison of hubs shows.
    #[serde(default, skip_serializing_if = "Causes::is_empty")]
    pub across: Causes,
    /// What differs in the surroundings and may explain the rest.
    pub surroundings: Vec<Changed>,
    /// What could not be compared, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Which report it is.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Side {
    /// The program that made it.
    pub tool: Tool,
    /// When its run began.
    pub started: Timestamp,
    /// The number of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// How many hubs are in it.
    pub hubs: usize,
}

/// A hub in both reports, or in one.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HubDiff {
    /// Its name, in the newer report if it is there.
    pub name: String,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it is in both.
    pub state: State,
    /// Its place in the older report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<usize>,
    /// Its place in the newer report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<usize>,
    /// What of the verdict changed: `ready`, `first_broken`, `cause`, `confidence`, `owner`; for a
    /// hub in one report alone, what it is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdict: Vec<Changed>,
    /// What its causes came to.
    #[serde(default, skip_serializing_if = "Causes::is_empty")]
    pub causes: Causes,
    /// What was seen otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Changed>,
    /// Steps that took much longer or shorter: at least three times as long, and half a second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<Changed>,
}

/// Whether a hub is in both reports.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Only in the newer one.
    Added,
    /// In both, and something of it differs.
    Changed,
    /// Only in the older one.
    Gone,
    /// In both, alike.
    Same,
}

/// Causes that came, went, or became surer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Causes {
    /// Only in the older report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Named>,
    /// Only in the newer report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new: Vec<Named>,
    /// In both, with another confidence, owner or severity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Changed>,
}

impl Causes {
    /// Whether nothing came, went or changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.new.is_empty() && self.changed.is_empty()
    }
}

/// A cause, as far as a comparison names it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the report")]
pub struct Named {
    pub id: String,
    pub title: String,
    pub confidence: Confidence,
    pub severity: Severity,
    pub owner: Owner,
}

/// One thing that differs.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Changed {
    /// What.
    pub what: String,
    /// In the older report; null if nothing.
    pub old: Option<String>,
    /// In the newer report; null if nothing.
    pub new: Option<String>,
}

impl Changed {
    /// One thing, if it differs.
    fn of(what: &str, old: Option<String>, new: Option<String>) -> Option<Self> {
        (old != new).then(|| Self { what: what.to_owned(), old, new })
    }
}

/// Compares two reports.
#[must_use]
pub fn compare(old: &Saved, new: &Saved) -> Diff {
    let (old, new) = (review(old), review(new));
    let hidden = |report: &Report| report.redaction.level == Level::Strict.label();
    // Pseudonyms are drawn anew each time, for the same run too.
    let nameless = hidden(&old) || hidden(&new);
    let hubs = hubs::compare(&old, &new, nameless);
    let across = hubs::causes(&old.across, &new.across);
    let differs = !across.is_empty() || hubs.iter().any(|hub| hub.state != State::Same);
    let mut notes = Vec::new();
    if nameless {
        notes.push(
            "A report has pseudonyms, which are others in every copy: hubs are paired by their \
             order, and names and addresses are not compared."
                .to_owned(),
        );
    }
    for (which, report) in [("older", &old), ("newer", &new)] {
        if report.interrupted {
            notes.push(format!("The run of the {which} report was interrupted."));
        }
    }
    Diff {
        schema: SCHEMA.to_owned(),
        tool: doctor::this_program(),
        old: side(&old),
        new: side(&new),
        differs,
        hubs,
        across,
        surroundings: surroundings::compare(&old, &new, nameless),
        notes,
    }
}

fn side(report: &Report) -> Side {
    Side {
        tool: report.tool.clone(),
        started: report.started,
        run: report.run.clone(),
        hubs: report.hubs.len(),
    }
}

/// The JSON Schema of what `diff` prints.
#[must_use]
pub fn schema() -> Schema {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Diff>();
    schema.insert("$id".to_owned(), json!(SCHEMA));
    schema.insert("title".to_owned(), json!("hublink diff"));
    let version = schema.pointer_mut("/properties/schema");
    if let Some(version) = version.and_then(Value::as_object_mut) {
        version.insert("const".to_owned(), json!(SCHEMA));
    }
    schema
}
