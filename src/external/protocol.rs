//! What is asked and answered, as JSON. A contract of its own: checks of others are written to it.

use hublink_checks::frame::{Confidence, Owner, Severity};
use hublink_probe::{Timestamp, Way};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::report::{CheckReport, Hub, Report, Tool, Verdict};

/// The version of what is asked and answered. Fields of questions may be added within it; an answer
/// has exactly these.
pub const SCHEMA: &str = "hublink/external/1";

/// What a check is asked to do: its only argument.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Say what it is, and do nothing.
    Describe,
    /// Look at one hub.
    Run,
}

impl Ask {
    /// The argument.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Run => "run",
        }
    }
}

/// The question `describe`, on standard input.
#[derive(Debug, JsonSchema, Serialize)]
pub struct DescribeRequest<'r> {
    /// Always `hublink/external/1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// The question: `describe`.
    pub ask: Ask,
    /// The program that asks.
    pub tool: &'r Tool,
}

impl<'r> DescribeRequest<'r> {
    pub(super) fn new(tool: &'r Tool) -> Self {
        Self { schema: SCHEMA, ask: Ask::Describe, tool }
    }
}

/// The question `run`, on standard input: one hub, and what hublink's own checks saw of it.
#[derive(Debug, JsonSchema, Serialize)]
pub struct RunRequest<'r> {
    /// Always `hublink/external/1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// The question: `run`.
    pub ask: Ask,
    /// The program that asks.
    pub tool: &'r Tool,
    /// The operating system: `linux`, `macos` or `windows`.
    pub os: &'r str,
    /// When the run began.
    pub started: Timestamp,
    /// The hub.
    pub hub: AskedHub<'r>,
    /// What hublink itself says of the hub.
    pub verdict: &'r Verdict,
    /// What its checks saw and found, as in a report with `--redact default`.
    pub checks: &'r [CheckReport],
    /// What an answer may take.
    pub limits: RunLimits,
}

impl<'r> RunRequest<'r> {
    pub(super) fn new(report: &'r Report, hub: &'r Hub, limits: RunLimits) -> Self {
        let address = hub.link.as_ref().and_then(|link| link.hub.as_ref());
        Self {
            schema: SCHEMA,
            ask: Ask::Run,
            tool: &report.tool,
            os: &report.environment.os,
            started: report.started,
            hub: AskedHub {
                name: &hub.name,
                host: hub.host.as_deref().unwrap_or_default(),
                port: address.map(|address| address.port),
                url: hub.url.as_deref(),
                way: &hub.way,
            },
            verdict: &hub.verdict,
            checks: &hub.checks,
            limits,
        }
    }
}

/// The hub that a check is asked about.
#[derive(Debug, JsonSchema, Serialize)]
pub struct AskedHub<'r> {
    /// Its name, for people.
    pub name: &'r str,
    /// Its host.
    pub host: &'r str,
    /// Its port.
    pub port: Option<u16>,
    /// Its address, without a path.
    pub url: Option<&'r str>,
    /// The way to it: directly, or through a proxy.
    pub way: &'r Way,
}

/// What an answer may take. Whoever takes more is ended, and has said nothing.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
pub struct RunLimits {
    /// Seconds until the program has to have ended; less at the end of hublink's own time.
    pub seconds: f64,
    /// Bytes on standard output.
    pub output_bytes: usize,
    /// Causes.
    pub causes: usize,
}

/// The answer to `describe`, on standard output.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Always `hublink/external/1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// What is so if the check finds nothing, such as "the hub is not under maintenance".
    pub title: String,
    /// The version of the check.
    #[serde(default)]
    pub version: Option<String>,
}

/// The answer to `run`, on standard output.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Always `hublink/external/1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Whether it could look.
    pub outcome: Outcome,
    /// Why it did not; needed unless `outcome` is `looked`.
    #[serde(default)]
    pub why: Option<String>,
    /// What it saw, in any shape.
    #[serde(default)]
    pub evidence: Option<Map<String, Value>>,
    /// What that means; none if all is well.
    #[serde(default)]
    pub causes: Vec<SaidCause>,
}

/// Whether a check could look.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It looked.
    Looked,
    /// Its question does not arise for this hub.
    NotApplicable,
    /// It could not look.
    CouldNotLook,
}

/// What a check found.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaidCause {
    /// The defect in one word, such as `under-maintenance`. In the report the name of the check
    /// stands before it: `external-NAME/under-maintenance`.
    #[schemars(regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub id: String,
    /// What is wrong, in one sentence.
    pub title: String,
    /// Who can mend it.
    pub owner: Owner,
    /// What it does to the login. `blocks` counts as `degrades` in the report: whether a hub is ready
    /// is hublink's own to say.
    pub severity: Severity,
    /// How sure. `certain` counts as `likely`: hublink has not seen the proof itself.
    pub confidence: Confidence,
    /// What it rests on.
    #[schemars(length(min = 1))]
    pub proof: Vec<SaidProof>,
    /// What it is not, and what showed that.
    #[serde(default)]
    pub ruled_out: Vec<String>,
    /// What the owner does; needed unless the severity is `informs`.
    #[serde(default)]
    pub remedy: Vec<String>,
    /// Sources.
    #[serde(default)]
    pub see: Vec<String>,
}

/// One observation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaidProof {
    /// Which.
    pub at: String,
    /// What it would have been if all were well.
    #[serde(default)]
    pub expected: Option<String>,
    /// What it was.
    pub seen: String,
}

/// The JSON Schema of questions and answers. A document of this version is one of the four.
#[must_use]
pub fn schema() -> Schema {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let questions = [
        generator.subschema_for::<DescribeRequest<'_>>(),
        generator.subschema_for::<RunRequest<'_>>(),
    ];
    let answers = [generator.subschema_for::<Description>(), generator.subschema_for::<Answer>()];
    let either: Vec<Value> = questions.into_iter().chain(answers).map(Schema::to_value).collect();
    let parts = generator.take_definitions(true);
    let mut schema = schemars::json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "hublink external checks: questions and answers",
        "anyOf": either,
    });
    schema.insert("$defs".to_owned(), json!(parts));
    schema
}
