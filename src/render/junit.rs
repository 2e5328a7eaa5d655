//! `JUnit` XML, for CI servers: a suite per hub, a case per check.
//!
//! There is no standard; this is what Ant's `JUnit` task wrote and Jenkins, GitLab, Azure DevOps and
//! `junitparser` read. It knows no warning: what degrades passes, and its text is the case's output.

use hublink_checks::frame::{Diagnosis, ReasonKind, Severity, Status};

use super::clean;
use super::facts::causes;
use crate::report::{CheckReport, Hub, Ready, Report};

/// The report as one XML document.
#[must_use]
pub fn render(report: &Report) -> String {
    let suites: Vec<Suite> =
        report.hubs.iter().enumerate().map(|(index, hub)| suite(report, index, hub)).collect();
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!(
        "<testsuites name=\"hublink\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" \
         time=\"{}\">\n",
        sum(|suite| suite.cases.len()),
        sum(|suite| suite.count(is_failure)),
        sum(|suite| suite.count(is_error)),
        sum(|suite| suite.count(is_skipped)),
        seconds(report.duration_ms),
    ));
    let started = report.started.to_string();
    for suite in &suites {
        suite.write(&mut text, started.trim_end_matches('Z'));
    }
    text.push_str("</testsuites>\n");
    text
}

struct Suite<'a> {
    hub: &'a Hub,
    cases: Vec<Case>,
}

/// A check as a test case.
struct Case {
    name: String,
    duration_ms: f64,
    result: Outcome,
    output: String,
}

/// How a case ended: its message, its type, and the text below it.
enum Outcome {
    Passed,
    Skipped(String),
    Failure(String, String, String),
    Error(String, String),
}

fn is_failure(case: &Case) -> bool {
    matches!(case.result, Outcome::Failure(..))
}

fn is_error(case: &Case) -> bool {
    matches!(case.result, Outcome::Error(..))
}

fn is_skipped(case: &Case) -> bool {
    matches!(case.result, Outcome::Skipped(_))
}

fn suite<'a>(report: &Report, index: usize, hub: &'a Hub) -> Suite<'a> {
    let mut cases: Vec<Case> =
        hub.checks.iter().map(|check| case(check, hub.verdict.ready)).collect();
    // A cause that stops several hubs stands in full elsewhere, and time may have run out. A suite
    // of a hub that is not ready must not be green.
    let red = |case: &Case| is_failure(case) || is_error(case);
    if hub.verdict.ready != Ready::Yes && !cases.iter().any(red) {
        cases.push(verdict(report, index, hub));
    }
    // They come last and count for nothing above: what others say makes no suite green, nor red.
    cases.extend(hub.external_steps().map(|check| case(&check, Ready::Yes)));
    Suite { hub, cases }
}

fn case(check: &CheckReport, ready: Ready) -> Case {
    let blocking = check.causes.iter().find(|cause| cause.severity == Severity::Blocks);
    let why = reason(check);
    let result = match check.status {
        Status::Passed | Status::Warned => Outcome::Passed,
        // Nobody needs it: the direct way where a proxy is on the way.
        Status::Errored if ready == Ready::Yes => Outcome::Skipped(why),
        Status::Skipped if ready != Ready::Yes && was_cut_short(check) => {
            Outcome::Error(why, "out-of-time".to_owned())
        }
        Status::Skipped => Outcome::Skipped(why),
        Status::Errored => Outcome::Error(why, "could-not-look".to_owned()),
        Status::Failed => blocking.map_or_else(
            || Outcome::Failure("the check failed".to_owned(), check.id.clone(), String::new()),
            failure,
        ),
    };
    let beside = check.causes.iter().filter(|cause| {
        check.status != Status::Failed || blocking.is_none_or(|main| main.id != cause.id)
    });
    let output: Vec<String> = beside
        .map(|cause| format!("{}: {}\n{}", effect(cause), cause.title, told(cause)))
        .collect();
    Case {
        name: format!("{}: {}", check.id, check.title),
        duration_ms: check.duration_ms,
        result,
        output: output.join("\n"),
    }
}

/// The case that stands for the verdict where no check of the hub does.
fn verdict(report: &Report, index: usize, hub: &Hub) -> Case {
    let verdict = &hub.verdict;
    let cause = causes(report, index, hub).find(|cause| Some(&cause.id) == verdict.cause.as_ref());
    let result = match (verdict.ready, cause) {
        (Ready::No, Some(cause)) => failure(cause),
        (Ready::No, None) => {
            Outcome::Failure(verdict.summary.clone(), "not-ready".to_owned(), String::new())
        }
        _ => Outcome::Error(verdict.summary.clone(), "cannot-tell".to_owned()),
    };
    let name = "verdict: the login will work".to_owned();
    Case { name, duration_ms: 0.0, result, output: String::new() }
}

fn failure(cause: &Diagnosis) -> Outcome {
    Outcome::Failure(cause.title.clone(), cause.id.clone(), told(cause))
}

fn was_cut_short(check: &CheckReport) -> bool {
    check.reason.as_ref().is_some_and(|reason| reason.kind == ReasonKind::OutOfTime)
}

fn reason(check: &CheckReport) -> String {
    let Some(reason) = &check.reason else { return String::new() };
    let why = match (reason.kind, &reason.because) {
        (ReasonKind::Because, Some(cause)) => format!("because of {cause}"),
        (ReasonKind::Because, None) => "because of an earlier finding".to_owned(),
        (ReasonKind::CouldNotLook, _) => "could not look".to_owned(),
        (ReasonKind::NotApplicable, _) => "does not apply".to_owned(),
        (ReasonKind::NotAsked, _) => "not asked".to_owned(),
        (ReasonKind::OutOfTime, _) => "out of time".to_owned(),
    };
    match &reason.detail {
        Some(detail) => format!("{why}: {detail}"),
        None => why,
    }
}

fn effect(cause: &Diagnosis) -> &'static str {
    match cause.severity {
        Severity::Blocks => "blocks too",
        Severity::Degrades => "warning",
        Severity::Informs => "good to know",
    }
}

/// Who has to do what, and why we believe so.
fn told(cause: &Diagnosis) -> String {
    let mut lines = vec![format!("cause: {} ({})", cause.id, cause.confidence.label())];
    lines.push(format!("who has to act: {}", cause.owner.label()));
    lines.extend(cause.remedy.iter().map(|step| format!("what to do: {step}")));
    for proof in &cause.proof {
        let expected = proof.expected.as_ref();
        let expected = expected.map_or_else(String::new, |e| format!("expected {e}, seen "));
        lines.push(format!("seen: {}: {expected}{}", proof.at, proof.seen));
    }
    lines.extend(cause.ruled_out.iter().map(|other| format!("not: {other}")));
    // Line by line, because a line end is steering too where a server wrote it.
    let safe: Vec<String> = lines.iter().map(|line| format!("  {}\n", clean(line))).collect();
    safe.concat()
}

impl Suite<'_> {
    fn count(&self, which: fn(&Case) -> bool) -> usize {
        self.cases.iter().filter(|case| which(case)).count()
    }

    fn write(&self, text: &mut String, started: &str) {
        let hub = self.hub;
        text.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" \
             time=\"{}\" timestamp=\"{started}\">\n    <properties>\n",
            attribute(&hub.name),
            self.cases.len(),
            self.count(is_failure),
            self.count(is_error),
            self.count(is_skipped),
            seconds(hub.duration_ms),
        ));
        for (name, value) in self.properties() {
            let value = attribute(&value);
            text.push_str(&format!("      <property name=\"{name}\" value=\"{value}\"/>\n"));
        }
        text.push_str("    </properties>\n");
        for case in &self.cases {
            case.write(text, &hub.name);
        }
        text.push_str("  </testsuite>\n");
    }

    /// The verdict; readers show it beside the suite.
    fn properties(&self) -> Vec<(&'static str, String)> {
        let verdict = &self.hub.verdict;
        let ready = match verdict.ready {
            Ready::Yes => "yes",
            Ready::No => "no",
            Ready::Unknown => "unknown",
        };
        let known = [
            ("url", self.hub.url.clone()),
            ("ready", Some(ready.to_owned())),
            ("summary", Some(verdict.summary.clone())),
            ("cause", verdict.cause.clone()),
            ("confidence", verdict.confidence.map(|sure| sure.label().to_owned())),
            ("owner", verdict.owner.map(|owner| owner.label().to_owned())),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl Case {
    fn write(&self, text: &mut String, hub: &str) {
        text.push_str(&format!(
            "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
            attribute(hub),
            attribute(&self.name),
            seconds(self.duration_ms),
        ));
        let result = match &self.result {
            Outcome::Passed => String::new(),
            Outcome::Skipped(why) => format!("<skipped message=\"{}\"/>", attribute(why)),
            Outcome::Failure(message, kind, body) => format!(
                "<failure message=\"{}\" type=\"{}\">\n{}</failure>",
                attribute(message),
                attribute(kind),
                escaped(body)
            ),
            Outcome::Error(message, kind) => {
                format!("<error message=\"{}\" type=\"{}\"/>", attribute(message), attribute(kind))
            }
        };
        if result.is_empty() && self.output.is_empty() {
            text.push_str("/>\n");
            return;
        }
        text.push_str(">\n");
        if !result.is_empty() {
            text.push_str(&format!("      {result}\n"));
        }
        if !self.output.is_empty() {
            text.push_str(&format!("      <system-out>{}</system-out>\n", escaped(&self.output)));
        }
        text.push_str("    </testcase>\n");
    }
}

fn seconds(ms: f64) -> String {
    format!("{:.4}", ms / 1000.0)
}

/// Text for an attribute: on one line, since a reader would turn a line end into a blank.
fn attribute(text: &str) -> String {
    escaped(&clean(text))
}

/// Text between tags, or in an attribute. XML 1.0 has no way at all to write some characters.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\n' | '\t' => safe.push(letter),
            '\u{fffe}' | '\u{ffff}' => safe.extend(letter.escape_unicode()),
            other if other.is_control() => safe.extend(other.escape_unicode()),
            other => safe.push(other),
        }
    }
    safe
}
