//! The output of a Nagios plug-in, which Icinga, Checkmk, Naemon and others read too.
//!
//! The first line has the state and what matters most; a line per hub follows; figures stand behind
//! the bar (Monitoring Plugins Development Guidelines, sections 2 and 3). It is the one format with
//! exit codes of its own, because its readers know no others.

use hublink_checks::frame::{Diagnosis, Reason, ReasonKind, Severity, Status};

use super::clean;
use super::facts::{self, Facts};
use crate::report::{CheckReport, Hub, Ready, Report};

/// Nagios Core cuts what is longer than 8192 bytes, and with it the figures at the end.
const MOST_LINES: usize = 4000;
/// As above: the share of the figures.
const MOST_FIGURES: usize = 3500;
/// The first line goes into text messages and onto boards.
const MOST_STATUS: usize = 300;

/// The cause that a certificate ends soon.
const EXPIRES_SOON: &str = "certificate/expires-soon";
/// The days before its end from which on it is named.
const SOON_DAYS: i64 = 14;

/// The state of a service. The numbers are the exit codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum State {
    /// Every hub is ready.
    Ok = 0,
    /// Every hub is ready, and something about one should be mended.
    Warning = 1,
    /// At least one hub is not ready.
    Critical = 2,
    /// Nothing failed, but something needed could not be examined; or the call was wrong.
    Unknown = 3,
}

impl State {
    /// The state of a run.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let has = |state| report.hubs.iter().any(|hub| Self::of_hub(hub) == state);
        // What could not be examined may be broken; what is worth mending works.
        [Self::Critical, Self::Unknown, Self::Warning]
            .into_iter()
            .find(|state| has(*state))
            .unwrap_or(if report.hubs.is_empty() { Self::Unknown } else { Self::Ok })
    }

    fn of_hub(hub: &Hub) -> Self {
        match hub.verdict.ready {
            Ready::No => Self::Critical,
            Ready::Unknown => Self::Unknown,
            Ready::Yes if warnings(hub).next().is_some() => Self::Warning,
            Ready::Yes => Self::Ok,
        }
    }

    /// The word that monitoring systems know.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The report as a plug-in prints it.
#[must_use]
pub fn render(report: &Report) -> String {
    let state = State::of(report);
    let status = status(report);
    let mut figures = figures(report).into_iter();
    let first: Vec<String> = figures.by_ref().take(2).collect();
    let mut text = format!("HUBLINK {} - {status} | {}\n", state.label(), first.join(" "));
    let lines = lines(report);
    text.push_str(&lines);
    let more = fitting(figures, MOST_FIGURES);
    if !more.is_empty() {
        // Behind the bar of the last line of text the other figures follow.
        let end = text.trim_end().len();
        text.truncate(end);
        text.push_str(&format!(" | {}\n", more.join("\n")));
    }
    text
}

/// What a plug-in prints that could not do its work.
#[must_use]
pub fn failed(message: &str) -> String {
    let lines: Vec<&str> = message.lines().map(str::trim).collect();
    format!("HUBLINK UNKNOWN - {}\n", shortened(&plain(&lines.join("; ")), MOST_STATUS))
}

fn status(report: &Report) -> String {
    let worst = State::of(report);
    let hub = report.hubs.iter().find(|hub| State::of_hub(hub) == worst);
    let told = match (report.hubs.as_slice(), worst, hub) {
        ([], ..) | (_, _, None) => "no hub was examined".to_owned(),
        ([_], _, Some(hub)) => sentence(hub),
        (all, State::Ok, _) => format!("all {} hubs ready", all.len()),
        (all, _, Some(hub)) => {
            format!("{} of {} hubs ready; {}", ready(report), all.len(), sentence(hub))
        }
    };
    shortened(&plain(&told), MOST_STATUS)
}

fn ready(report: &Report) -> usize {
    report.hubs.iter().filter(|hub| hub.verdict.ready == Ready::Yes).count()
}

/// A hub, what there is to say of it, and who has to act.
fn sentence(hub: &Hub) -> String {
    let verdict = &hub.verdict;
    if State::of_hub(hub) == State::Warning {
        let told: Vec<String> = warnings(hub)
            .map(|cause| format!("{} ({}) [{}]", cause.title, cause.id, cause.owner.label()))
            .collect();
        return format!("{}: {}", hub.name, told.join(" "));
    }
    let cause = verdict.cause.as_ref().map_or_else(String::new, |id| format!(" ({id})"));
    let who = verdict.owner.map_or_else(String::new, |owner| format!(" [{}]", owner.label()));
    format!("{}: {}{cause}{who}", hub.name, verdict.summary)
}

/// What is worth mending about a hub that is ready. That a certificate ends soon is nothing wrong
/// yet, and just what a monitoring system is there to tell. So is what an external check found: it can
/// warn, and no more.
fn warnings(hub: &Hub) -> impl Iterator<Item = &Diagnosis> {
    let causes = hub.checks.iter().flat_map(|check| &check.causes).chain(hub.external_causes());
    causes.filter(|cause| cause.severity == Severity::Degrades || cause.id == EXPIRES_SOON)
}

/// Every hub with what to do, those that need somebody first.
fn lines(report: &Report) -> String {
    let mut hubs: Vec<(usize, &Hub)> = report.hubs.iter().enumerate().collect();
    hubs.sort_by_key(|(_, hub)| match State::of_hub(hub) {
        State::Critical => 0,
        State::Unknown => 1,
        State::Warning => 2,
        State::Ok => 3,
    });
    let alone = hubs.len() == 1;
    let told = hubs.iter().map(|(index, hub)| {
        let state = State::of_hub(hub).label();
        let mut told = vec![plain(&format!("[{state}] {}", sentence(hub)))];
        let named = facts::causes(report, *index, hub)
            .filter(|cause| Some(&cause.id) == hub.verdict.cause.as_ref())
            .take(1);
        let remedies = named.chain(warnings(hub)).flat_map(|cause| &cause.remedy);
        told.extend(remedies.map(|step| format!("  what to do: {}", plain(step))));
        if alone {
            told.push(format!("  {}", steps(hub)));
        }
        told.join("\n")
    });
    let mut shown = fitting(told, MOST_LINES);
    let left = hubs.len() - shown.len();
    if left > 0 {
        shown.push(format!("and {left} more"));
    }
    shown.join("\n") + "\n"
}

/// The way to the hub, step by step.
fn steps(hub: &Hub) -> String {
    let applies = |reason: &Reason| reason.kind != ReasonKind::NotApplicable;
    let external: Vec<CheckReport> = hub.external_steps().collect();
    let steps: Vec<String> = hub
        .checks
        .iter()
        .chain(&external)
        .filter(|check| check.reason.as_ref().is_none_or(applies))
        .map(|check| plain(&format!("{} {}", check.id, check.status.label())))
        .collect();
    steps.join(", ")
}

/// As many as fit into so many bytes.
fn fitting(items: impl Iterator<Item = String>, most: usize) -> Vec<String> {
    let mut used = 0;
    items
        .take_while(|item| {
            used += item.len() + 1;
            used <= most
        })
        .collect()
}

/// `'label'=value[unit];[warn];[crit];[min];[max]`, the whole run first.
fn figures(report: &Report) -> Vec<String> {
    let all = report.hubs.len();
    let mut figures = vec![
        // `N:` alerts below N.
        format!("hubs_ready={};;{all}:;0;{all}", ready(report)),
        format!("duration={}s;;;0;", seconds(report.duration_ms)),
    ];
    let names = unique(report.hubs.iter().map(|hub| label(&hub.name)));
    for (hub, name) in report.hubs.iter().zip(&names) {
        figures.push(format!("'{name} duration'={}s;;;0;", seconds(hub.duration_ms)));
        if let Some(shown) = Facts::of(hub).certificate {
            // Nagios knows no days; a figure without a unit is a number.
            let left = shown.path_days_left;
            figures.push(format!("'{name} certificate_days_left'={left};{SOON_DAYS}:;0:;;"));
        }
        // The steps of many hubs would leave no room for the hubs.
        let steps = hub.checks.iter().filter(|_| all == 1);
        for check in steps.filter(|check| check.status != Status::Skipped) {
            figures.push(format!("'{name} {}'={}s;;;0;", check.id, seconds(check.duration_ms)));
        }
    }
    figures
}

/// Two figures of one label would be one graph.
fn unique(labels: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for wanted in labels {
        let mut label = wanted.clone();
        let mut number = 2;
        while seen.contains(&label) {
            label = format!("{wanted} {number}");
            number += 1;
        }
        seen.push(label);
    }
    seen
}

fn seconds(ms: f64) -> String {
    format!("{:.4}", ms / 1000.0)
}

/// A label may hold neither a quote nor `=`, and is short enough for a graph.
fn label(name: &str) -> String {
    let safe = plain(name).replace(['\'', '='], "_");
    let short: String = safe.chars().take(60).collect();
    short.trim().to_owned()
}

/// One line without the bar, behind which figures are expected.
fn plain(text: &str) -> String {
    clean(text).replace('|', "¦")
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most - 1).collect();
    head + "…"
}
