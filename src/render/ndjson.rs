//! One JSON line per hub: flat, so that a database can take many runs in and be asked.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use hublink_checks::frame::{Confidence, Diagnosis, Owner, Severity, Status};
use hublink_probe::{Timestamp, Way};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::facts::Facts;
use crate::report::{CheckReport, Hub, Ready, Report};

/// The version of a line's shape. Fields may be added within it, never renamed or removed.
pub const SCHEMA: &str = "hublink/line/1";

/// One hub in one run. Every field is in every line, null where nothing is known.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Line {
    /// Always `hublink/line/1`.
    pub schema: String,
    /// The run, a random UUID: the same in all lines of one run.
    pub run: Option<String>,
    /// What whoever began the run said about it with `--label`, such as the site.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// When the run began.
    pub started: Timestamp,
    /// Whether the user interrupted the run; then checks are missing.
    pub interrupted: bool,
    /// The version of hublink.
    pub tool_version: String,
    /// The operating system it ran on.
    pub os: String,
    /// The processor architecture it ran on.
    pub arch: String,
    /// The name server of `--resolver`, if it replaced the system's.
    pub resolver: Option<String>,
    /// What was left out or replaced to protect people.
    pub redaction: String,
    /// The place of the hub in its run, from 0.
    pub hub_index: usize,
    /// How many hubs the run had.
    pub hub_count: usize,
    /// The name of the hub, for people.
    pub name: String,
    /// Its host; null if the source names no hub.
    pub host: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// The file that names it.
    pub source_file: Option<String>,
    /// The line in that file, from 1.
    pub source_line: Option<usize>,
    /// The way that was taken: `direct`, `proxy`, `undecided` or `unreadable`.
    pub way: String,
    /// The proxy on the way.
    pub proxy: Option<String>,
    /// Whether the login will work.
    pub ready: Ready,
    /// The first check that failed, or that could not be examined; null when ready.
    pub first_broken: Option<String>,
    /// Its first blocking cause.
    pub cause: Option<String>,
    /// How sure that is.
    pub confidence: Option<Confidence>,
    /// Who can mend it.
    pub owner: Option<Owner>,
    /// One sentence for a person.
    pub summary: String,
    /// The last check of the ladder that let its step through.
    pub reached: Option<String>,
    /// How long its examination took, in milliseconds.
    pub duration_ms: f64,
    /// All causes that were found, also those that the hub shares with others.
    pub causes: Vec<Named>,
    /// What external checks found. The verdict does not rest on it.
    #[serde(default)]
    pub external_causes: Vec<Named>,
    /// How each check ended, by its id; external checks too.
    pub status: BTreeMap<String, Status>,
    /// How long each check took, in milliseconds, by its id.
    pub check_ms: BTreeMap<String, f64>,
    /// The addresses of the host.
    pub addresses: Vec<IpAddr>,
    /// The address and port that was examined.
    pub connected: Option<SocketAddr>,
    /// The version of TLS.
    pub tls_version: Option<String>,
    /// Whom the certificate stands for.
    pub certificate_subject: Option<String>,
    /// Who issued it.
    pub certificate_issuer: Option<String>,
    /// When it ends.
    pub certificate_not_after: Option<Timestamp>,
    /// Whole days left of it when it was looked at; negative once it ran out.
    pub certificate_days_left: Option<i64>,
    /// The same for whichever certificate ends first on the path to the root.
    pub path_days_left: Option<i64>,
    /// The seconds by which the hub's clock is ahead of this computer's.
    pub clock_offset_s: Option<f64>,
    /// The product's name.
    pub product: Option<String>,
    /// The product's version: its release, else its number.
    pub product_version: Option<String>,
}

/// A cause that was found.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Named {
    /// The id.
    pub id: String,
    /// How sure.
    pub confidence: Confidence,
    /// What it does to the login.
    pub severity: Severity,
    /// Who can mend it.
    pub owner: Owner,
}

/// The report as lines, each with its line end.
///
/// # Panics
/// Never: a line is plain data with text keys.
#[must_use]
pub fn render(report: &Report) -> String {
    let lines = report.hubs.iter().enumerate().map(|(index, hub)| {
        let line = line(report, index, hub);
        serde_json::to_string(&line).expect("plain data with text keys") + "\n"
    });
    lines.collect()
}

/// One hub as a line.
#[must_use]
pub fn line(report: &Report, index: usize, hub: &Hub) -> Line {
    let facts = Facts::of(hub);
    let verdict = hub.verdict.clone();
    let certificate = facts.certificate.as_ref();
    let external: Vec<CheckReport> = hub.external_steps().collect();
    let checks = || hub.checks.iter().chain(&external);
    Line {
        schema: SCHEMA.to_owned(),
        run: report.run.clone(),
        labels: report.labels.clone(),
        started: report.started,
        interrupted: report.interrupted,
        tool_version: report.tool.version.clone(),
        os: report.environment.os.clone(),
        arch: report.environment.arch.clone(),
        resolver: report.environment.resolver.clone(),
        redaction: report.redaction.level.clone(),
        hub_index: index,
        hub_count: report.hubs.len(),
        name: hub.name.clone(),
        host: hub.host.clone(),
        url: hub.url.clone(),
        source_file: hub.source.file.clone(),
        source_line: hub.source.line,
        way: kind(&hub.way).to_owned(),
        proxy: hub.way.proxy().map(ToString::to_string),
        ready: verdict.ready,
        first_broken: verdict.first_broken,
        cause: verdict.cause,
        confidence: verdict.confidence,
        owner: verdict.owner,
        summary: verdict.summary,
        reached: verdict.reached,
        duration_ms: hub.duration_ms,
        causes: super::facts::causes(report, index, hub).map(named).collect(),
        external_causes: hub.external_causes().map(named).collect(),
        status: checks().map(|check| (check.id.clone(), check.status)).collect(),
        check_ms: checks().map(|check| (check.id.clone(), check.duration_ms)).collect(),
        certificate_subject: certificate.map(|shown| shown.subject.clone()),
        certificate_issuer: certificate.map(|shown| shown.issuer.clone()),
        certificate_not_after: certificate.map(|shown| shown.not_after),
        certificate_days_left: certificate.map(|shown| shown.days_left),
        path_days_left: certificate.map(|shown| shown.path_days_left),
        addresses: facts.addresses,
        connected: facts.connected,
        tls_version: facts.tls,
        clock_offset_s: facts.clock_offset_s,
        product: facts.product,
        product_version: facts.product_version,
    }
}

fn kind(way: &Way) -> &'static str {
    match way {
        Way::Direct => "direct",
        Way::Proxy { .. } => "proxy",
        Way::Undecided { .. } => "undecided",
        Way::Unreadable { .. } => "unreadable",
    }
}

fn named(cause: &Diagnosis) -> Named {
    Named {
        id: cause.id.clone(),
        confidence: cause.confidence,
        severity: cause.severity,
        owner: cause.owner,
    }
}

/// The JSON Schema of a line.
#[must_use]
pub fn schema() -> Schema {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Line>();
    schema.insert("$id".to_owned(), json!(SCHEMA));
    schema.insert("title".to_owned(), json!("one line of hublink --format ndjson"));
    if let Some(version) = schema.pointer_mut("/properties/schema").and_then(Value::as_object_mut) {
        version.insert("const".to_owned(), json!(SCHEMA));
    }
    schema
}
