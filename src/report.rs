//! The report: wire structs of their own, and the JSON Schema made from them.

use std::collections::BTreeMap;

use hublink_checks::frame::{
    Confidence, Diagnosis, Facts, Owner, Reason, ReasonKind, Source, Status, Written,
};
use hublink_checks::link::Inspection;
use hublink_checks::login::LoggedOut;
use hublink_probe::{AccountName, Computer, Interface, Timestamp, Way};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The version of the report's shape. Fields may be added within it, never renamed or removed.
pub const SCHEMA: &str = "hublink/report/1";

/// One run of the doctor.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Report {
    /// Always `hublink/report/1`.
    pub schema: String,
    /// The program that made it.
    pub tool: Tool,
    /// A random UUID, so that what came of one run can be told from another's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Whether everything was examined, or only as much as a go or no-go needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// What whoever began the run said about it with `--label`, such as the site.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// When the run began.
    pub started: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// Whether the user interrupted it; then checks are missing.
    pub interrupted: bool,
    /// Where it ran.
    pub environment: Environment,
    /// What was left out or replaced to protect people.
    pub redaction: Redaction,
    /// Set if a saved report was judged again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// One entry per hub, and one per source that names none.
    pub hubs: Vec<Hub>,
    /// What only a comparison of hubs shows; empty for a single hub.
    pub across: Vec<CheckReport>,
}

/// How much was examined.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Everything.
    Doctor,
    /// As far as the first broken check.
    Preflight,
}

/// What came of judging a saved report again, offline.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Review {
    /// The program that judged; `tool` is the one that looked.
    pub tool: Tool,
    /// What it says otherwise than the saved report did; empty if nothing changed.
    pub changes: Vec<Change>,
    /// What stands in the saved report and means nothing to this program, as paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// One thing that a review says otherwise than the saved report did.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Change {
    /// The hub, as its place in the report's list.
    pub hub: usize,
    /// What of the verdict: `ready`, `first_broken`, `cause`, `confidence` or `owner`.
    pub what: String,
    /// What the saved report said.
    pub before: Option<String>,
    /// What it is now.
    pub now: Option<String>,
}

/// The program that made a report.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// Where a run took place.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Environment {
    /// The operating system: `linux`, `macos` or `windows`.
    pub os: String,
    /// The processor architecture.
    pub arch: String,
    /// The network adapters of this computer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<Interface>,
    /// What this computer says of itself as far as Desktop is concerned; of Windows alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computer: Option<Box<Computer>>,
    /// The name server of `--resolver`, if it replaced the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolver: Option<String>,
    /// Names of the proxy variables that are set. Their values may hold passwords and stay out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxy_variables: Vec<String>,
    /// The account that was offered for logging in: its name alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountName>,
}

/// What was left out or replaced.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Redaction {
    /// `default`: the OS user, the home directory and the machine's name are not in the report.
    pub level: String,
    /// What was replaced, by what, how often.
    pub ledger: Vec<Replacement>,
}

/// One line of the ledger.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Replacement {
    /// The kind of thing.
    pub what: String,
    /// What stands in its place.
    pub replaced_by: String,
    /// How often.
    pub count: usize,
}

/// One hub, or one source that names none.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Hub {
    /// A name for people.
    #[schemars(extend("x-identifies" = "name"))]
    pub name: String,
    /// The host, or null if the source names no hub.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: Option<String>,
    /// The address, without a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where it was named.
    pub source: Source,
    /// What the text that names it says.
    pub link: Option<Inspection>,
    /// The way that was taken to it: directly, or through a proxy.
    #[serde(default)]
    pub way: Way,
    /// What was known before any check ran, less what stands in `environment`; with the evidence
    /// it is what a review judges by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// The answer.
    pub verdict: Verdict,
    /// Every check, in the order of the ladder.
    pub checks: Vec<CheckReport>,
    /// How long its examination took, in milliseconds.
    pub duration_ms: f64,
    /// What came of the logout, if one was asked for and there was a session to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logout: Option<LoggedOut>,
    /// What the external checks of `--plugins` say of it. The verdict does not rest on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<External>,
}

impl Hub {
    /// The external checks as further steps, without their evidence.
    pub fn external_steps(&self) -> impl Iterator<Item = CheckReport> {
        self.external.iter().map(External::step)
    }

    /// The causes that external checks name.
    pub fn external_causes(&self) -> impl Iterator<Item = &Diagnosis> {
        self.external.iter().flat_map(|external| &external.causes)
    }
}

/// Whether the login will work, the first thing broken, who has to fix it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Verdict {
    /// The answer in one word.
    pub ready: Ready,
    /// The first check that failed, or that could not be examined; null when ready.
    pub first_broken: Option<String>,
    /// Its first blocking cause.
    pub cause: Option<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
    /// Who can mend it.
    pub owner: Option<Owner>,
    /// One sentence for a person.
    pub summary: String,
    /// The last check of the ladder that let its step through.
    pub reached: Option<String>,
}

/// The verdict in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ready {
    /// Something blocks.
    No,
    /// Nothing failed, but something needed could not be examined.
    Unknown,
    /// It answered as a hub, and nothing found blocks.
    Yes,
}

/// How one check ended.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct CheckReport {
    /// The id.
    pub id: String,
    /// The predicate it ticks.
    pub title: String,
    /// How it ended.
    pub status: Status,
    /// Why it was skipped or errored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How long it took, control probes included, in milliseconds.
    pub duration_ms: f64,
    /// It was under way when the time was over.
    #[serde(default, skip_serializing_if = "is_false")]
    pub begun: bool,
    /// When it looked: its own look, then the closer one, if it took one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<Look>,
    /// What was seen; null if it did not run.
    #[schemars(with = "Option<Value>")]
    pub evidence: Option<Written>,
    /// What was seen although something earlier had failed, and explains nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Value>")]
    pub aside: Option<Written>,
    /// What it means, the most specific cause first.
    pub causes: Vec<Diagnosis>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// One look of a check.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Look {
    /// When it began, in milliseconds after the examination of the hub.
    pub begun_ms: f64,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
}

/// What the id of every external check begins with, and of its causes: no check of hublink's own is
/// called so.
pub const EXTERNAL: &str = "external-";

/// What a program of others says of a hub. Its texts are cleaned and bounded.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct External {
    /// `external-` and the name of the check.
    pub id: String,
    /// What is so if it finds nothing, in its own words.
    pub title: String,
    /// Its file.
    #[schemars(extend("x-identifies" = "path"))]
    pub program: String,
    /// Its version, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How it ended: `failed` never, since what it finds degrades at most.
    pub status: Status,
    /// Why it was skipped or errored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// The exit code of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The signal that ended the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The last lines that it printed on standard error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stderr: Vec<String>,
    /// What it saw, in its own shape.
    pub evidence: Option<Value>,
    /// What that means, in its own words. The ids begin with its own.
    pub causes: Vec<Diagnosis>,
    /// Where it said more than the word of an external check counts for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lowered: Vec<Lowered>,
}

/// A word of an external check that counts as a lesser one.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Lowered {
    /// The id of the cause.
    pub cause: String,
    /// Which word: `confidence` or `severity`.
    pub what: String,
    /// What the check said.
    pub said: String,
    /// What it counts as.
    pub counts_as: String,
}

impl External {
    /// One that has said nothing yet.
    #[must_use]
    pub fn new(id: String, title: String, program: String) -> Self {
        Self {
            id,
            title,
            program,
            version: None,
            status: Status::Passed,
            reason: None,
            duration_ms: 0.0,
            exit_code: None,
            signal: None,
            stderr: Vec::new(),
            evidence: None,
            causes: Vec::new(),
            lowered: Vec::new(),
        }
    }

    /// Its name, by which its file is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.strip_prefix(EXTERNAL).unwrap_or(&self.id)
    }

    /// Takes out all that it said, for a reason.
    pub(crate) fn leave_out(&mut self, why: String) {
        let Self { id, title, program, duration_ms, .. } =
            std::mem::replace(self, Self::new(String::new(), String::new(), String::new()));
        *self = Self {
            status: Status::Errored,
            reason: Some(Reason::of(ReasonKind::CouldNotLook).detail(why)),
            duration_ms,
            ..Self::new(id, title, program)
        };
    }

    /// As a step beside those of hublink's own checks, without its evidence.
    fn step(&self) -> CheckReport {
        CheckReport {
            id: self.id.clone(),
            title: self.title.clone(),
            status: self.status,
            reason: self.reason.clone(),
            duration_ms: self.duration_ms,
            begun: false,
            looks: Vec::new(),
            evidence: None,
            aside: None,
            causes: self.causes.clone(),
        }
    }
}

/// The JSON Schema of the report, with the evidence of every check in it.
#[must_use]
pub fn schema() -> Schema {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let rules: Vec<Value> = hublink_checks::shapes()
        .iter()
        .map(|check| {
            let evidence = check.schema(&mut generator);
            json!({
                "if": { "properties": { "id": { "const": check.id() } } },
                "then": {
                    "properties": {
                        "evidence": { "anyOf": [evidence, { "type": "null" }] },
                        "aside": evidence
                    }
                }
            })
        })
        .collect();
    let mut schema = generator.into_root_schema_for::<Report>();
    schema.insert("$id".to_owned(), json!(SCHEMA));
    schema.insert("title".to_owned(), json!("hublink report"));
    let version = schema.pointer_mut("/properties/schema");
    if let Some(version) = version.and_then(Value::as_object_mut) {
        version.insert("const".to_owned(), json!(SCHEMA));
    }
    let check = schema.pointer_mut("/$defs/CheckReport");
    if let Some(check) = check.and_then(Value::as_object_mut) {
        check.insert("allOf".to_owned(), Value::Array(rules));
    }
    schema
}
