//! Metrics as Prometheus scrapes them, made for the textfile collector of its node exporter:
//! `OpenMetrics` text that a reader of the older Prometheus text format understands too.
//!
//! Every metric is a gauge: a run is a look at a moment and counts nothing up.

use std::collections::BTreeSet;

use hublink_checks::frame::Status;

use super::clean;
use super::facts::{Facts, causes};
use crate::report::{CheckReport, Hub, Ready, Report};

/// Labels in the order in which they are written.
type Labels<'a> = Vec<(&'static str, &'a str)>;

/// The report as one exposition.
#[must_use]
pub fn render(report: &Report) -> String {
    let names = names(report);
    let hubs: Vec<Known<'_>> = report
        .hubs
        .iter()
        .zip(&names)
        .enumerate()
        .map(|(index, (hub, name))| {
            let external = hub.external_steps().collect();
            Known { index, name, hub, external, facts: Facts::of(hub) }
        })
        .collect();
    let mut text = Exposition::default();
    of_run(&mut text, report);
    of_hubs(&mut text, &hubs);
    of_causes(&mut text, report, &hubs);
    of_checks(&mut text, &hubs);
    of_certificates(&mut text, &hubs);
    text.0.push_str("# EOF\n");
    text.0
}

/// A hub with the name that is its own in this document.
struct Known<'a> {
    index: usize,
    name: &'a str,
    hub: &'a Hub,
    external: Vec<CheckReport>,
    facts: Facts,
}

/// Two series with the same labels would make a reader refuse the whole file.
fn names(report: &Report) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for hub in &report.hubs {
        let mut name = hub.name.clone();
        let mut number = 2;
        while !seen.insert(clean(&name)) {
            name = format!("{} ({number})", hub.name);
            number += 1;
        }
        names.push(name);
    }
    names
}

fn of_run(text: &mut Exposition, report: &Report) {
    text.family("hublink_build_info", "", "The program that made this file.");
    text.sample("hublink_build_info", &vec![("version", &report.tool.version)], 1.0);
    text.family("hublink_run_timestamp_seconds", "seconds", "When the run began.");
    let started = seconds_of(report.started.0);
    text.sample("hublink_run_timestamp_seconds", &Labels::new(), started);
    text.family("hublink_run_duration_seconds", "seconds", "How long the run took.");
    text.sample("hublink_run_duration_seconds", &Labels::new(), seconds(report.duration_ms));
    text.family(
        "hublink_run_interrupted",
        "",
        "1 if the run was cut short, so checks are missing.",
    );
    text.sample("hublink_run_interrupted", &Labels::new(), flag(report.interrupted));
}

fn of_hubs(text: &mut Exposition, hubs: &[Known<'_>]) {
    let name = "hublink_hub_info";
    text.family(name, "", "The hub, its address, and the product that answered.");
    for known in hubs {
        let labels = vec![
            ("hub", known.name),
            ("url", known.hub.url.as_deref().unwrap_or_default()),
            ("product", known.facts.product.as_deref().unwrap_or_default()),
            ("product_version", known.facts.product_version.as_deref().unwrap_or_default()),
        ];
        text.sample(name, &labels, 1.0);
    }
    let name = "hublink_hub_ready";
    text.family(name, "", "1 for the answer whether the login will work, 0 for the other answers.");
    for known in hubs {
        for (word, ready) in [("yes", Ready::Yes), ("no", Ready::No), ("unknown", Ready::Unknown)] {
            let labels = vec![("hub", known.name), ("ready", word)];
            text.sample(name, &labels, flag(known.hub.verdict.ready == ready));
        }
    }
    let name = "hublink_hub_duration_seconds";
    text.family(name, "seconds", "How long the examination of the hub took.");
    for known in hubs {
        text.sample(name, &vec![("hub", known.name)], seconds(known.hub.duration_ms));
    }
    let name = "hublink_hub_clock_offset_seconds";
    text.family(name, "seconds", "How far the hub's clock is ahead of this computer's.");
    for known in hubs {
        if let Some(offset) = known.facts.clock_offset_s {
            text.sample(name, &vec![("hub", known.name)], offset);
        }
    }
}

fn of_causes(text: &mut Exposition, report: &Report, hubs: &[Known<'_>]) {
    let name = "hublink_hub_cause";
    text.family(
        name,
        "",
        "1 for each cause that was found; the label first marks the one to mend first.",
    );
    for known in hubs {
        let mut said = BTreeSet::new();
        for cause in causes(report, known.index, known.hub).chain(known.hub.external_causes()) {
            let first = Some(&cause.id) == known.hub.verdict.cause.as_ref();
            let check = cause.id.split('/').next().unwrap_or_default();
            let labels = vec![
                ("hub", known.name),
                ("cause", &cause.id),
                ("check", check),
                ("severity", cause.severity.label()),
                ("confidence", cause.confidence.label()),
                ("owner", owner(cause.owner)),
                ("first", if first { "true" } else { "false" }),
            ];
            // One cause with two proofs is one series.
            if said.insert(&cause.id) {
                text.sample(name, &labels, 1.0);
            }
        }
    }
}

fn of_checks(text: &mut Exposition, hubs: &[Known<'_>]) {
    const STATES: [Status; 5] =
        [Status::Passed, Status::Warned, Status::Failed, Status::Skipped, Status::Errored];

    let name = "hublink_check_status";
    text.family(name, "", "1 for how the check ended, 0 for the other ways to end.");
    for known in hubs {
        for check in known.hub.checks.iter().chain(&known.external) {
            for status in STATES {
                let labels =
                    vec![("hub", known.name), ("check", &check.id), ("status", status.label())];
                text.sample(name, &labels, flag(check.status == status));
            }
        }
    }
    let name = "hublink_check_duration_seconds";
    text.family(name, "seconds", "How long the check took, control probes included.");
    for known in hubs {
        let checks = known.hub.checks.iter().chain(&known.external);
        for check in checks.filter(|check| check.status != Status::Skipped) {
            let labels = vec![("hub", known.name), ("check", check.id.as_str())];
            text.sample(name, &labels, seconds(check.duration_ms));
        }
    }
}

fn of_certificates(text: &mut Exposition, hubs: &[Known<'_>]) {
    let shown = || hubs.iter().filter_map(|hub| Some((hub, hub.facts.certificate.as_ref()?)));
    let name = "hublink_certificate_info";
    text.family(name, "", "The certificate that the hub shows.");
    for (known, shown) in shown() {
        let labels =
            vec![("hub", known.name), ("subject", &*shown.subject), ("issuer", &*shown.issuer)];
        text.sample(name, &labels, 1.0);
    }
    let name = "hublink_certificate_expiry_timestamp_seconds";
    text.family(name, "seconds", "When the hub's certificate ends.");
    for (known, shown) in shown() {
        text.sample(name, &vec![("hub", known.name)], seconds_of(shown.not_after.0));
    }
    let name = "hublink_certificate_path_expiry_timestamp_seconds";
    text.family(name, "seconds", "When the first certificate on the path to the root ends.");
    for (known, shown) in shown() {
        text.sample(name, &vec![("hub", known.name)], seconds_of(shown.path_not_after.0));
    }
}

fn owner(owner: hublink_checks::frame::Owner) -> &'static str {
    use hublink_checks::frame::Owner;

    match owner {
        Owner::You => "you",
        Owner::Network => "network",
        Owner::QlikAdmin => "qlik-admin",
        Owner::IdpAdmin => "idp-admin",
        Owner::Qlik => "qlik",
    }
}

fn flag(set: bool) -> f64 {
    f64::from(u8::from(set))
}

/// Durations are kept to a tenth of a millisecond; more digits come from dividing.
fn seconds(ms: f64) -> f64 {
    (ms * 10.0).round() / 10_000.0
}

/// Seconds since 1970, to the millisecond.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of this age fit into 53 bits")]
fn seconds_of(at: time::OffsetDateTime) -> f64 {
    (at.unix_timestamp_nanos() / 1_000_000) as f64 / 1000.0
}

#[derive(Default)]
struct Exposition(String);

impl Exposition {
    /// The head of a metric; its unit, if it has one, ends its name.
    fn family(&mut self, name: &str, unit: &str, help: &str) {
        self.0.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
        if !unit.is_empty() {
            self.0.push_str(&format!("# UNIT {name} {unit}\n"));
        }
    }

    fn sample(&mut self, name: &str, labels: &Labels<'_>, value: f64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(&clean(value))))
            .collect();
        let braced =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.0.push_str(&format!("{name}{braced} {value}\n"));
    }
}

/// As both formats want it in quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
