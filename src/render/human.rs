//! The report for a person at a terminal.

use colored::Colorize;
use hublink_checks::frame::{
    Diagnosis, Owner, ProofLine, ReasonKind, Severity, Status, Verification, Written,
};

use hublink_probe::Way;

use super::computer::this_computer;
use super::words::{beside, logout, place, sure, why};
use super::{Style, chain, clean};
use crate::report::{CheckReport, External, Hub, Ready, Report};

/// How much is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Detail {
    /// Only hubs that need somebody.
    Quiet,
    /// Every hub, with what matters of it.
    Normal,
    /// Every check with what it saw.
    Verbose,
}

/// The whole report.
#[must_use]
pub fn render(report: &Report, style: Style, detail: Detail) -> String {
    let mut page = Page { style, text: String::new() };
    page.across(report, detail);
    for hub in &report.hubs {
        if detail == Detail::Quiet && hub.verdict.ready == Ready::Yes {
            continue;
        }
        page.hub(hub, detail);
    }
    page.computer(report, detail);
    page.summary(report);
    page.review(report);
    page.text
}

/// One line per hub, for `preflight`.
#[must_use]
pub fn lines(report: &Report, style: Style) -> String {
    let mut text = String::new();
    for hub in &report.hubs {
        let word = style.verdict(hub.verdict.ready);
        let pad = " ".repeat(11_usize.saturating_sub(word.chars().count()));
        let place = hub.url.as_deref().unwrap_or(&hub.name);
        let who =
            hub.verdict.owner.map_or_else(String::new, |owner| format!(" [{}]", owner.label()));
        line(
            &mut text,
            &format!("{word}{pad}  {}  {}{who}", clean(place), clean(&hub.verdict.summary)),
        );
    }
    for told in review_lines(report) {
        line(&mut text, &clean(&told));
    }
    text
}

/// What came of judging a saved report again, a line each; empty for a report as it was made.
#[must_use]
pub fn review_lines(report: &Report) -> Vec<String> {
    let Some(review) = &report.review else { return Vec::new() };
    let (maker, judge) = (&report.tool, &review.tool);
    let mut lines = vec![format!(
        "Made by {} {} at {}, judged again by {} {}.",
        maker.name, maker.version, report.started, judge.name, judge.version
    )];
    lines.extend(review.changes.iter().map(|change| {
        let hub = report.hubs.get(change.hub).map_or("", |hub| &hub.name);
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        let what = change.what.replace('_', " ");
        format!("{hub}: {what} was {}, is {} now.", word(&change.before), word(&change.now))
    }));
    if !review.unknown.is_empty() {
        let unknown = review.unknown.join(", ");
        lines.push(format!("The report holds what this version does not know: {unknown}."));
    }
    lines
}

fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

struct Page {
    style: Style,
    text: String,
}

impl Page {
    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Wrapped text behind a label; what is wrapped stands under the text, not under the label.
    fn paragraph(&mut self, label: &str, text: &str) {
        let indent = " ".repeat(label.chars().count());
        let safe = clean(text);
        let options = textwrap::Options::new(self.style.width.clamp(40, 100))
            .initial_indent(label)
            .subsequent_indent(&indent)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            // A link that is copied out of the report must be whole.
            .break_words(!safe.contains("://"));
        for wrapped in textwrap::wrap(&safe, options) {
            line(&mut self.text, &wrapped);
        }
    }

    /// Who judged a saved report again, and what that changed.
    fn review(&mut self, report: &Report) {
        let lines = review_lines(report);
        if !lines.is_empty() {
            self.blank();
        }
        for line in lines {
            self.paragraph("", &line);
        }
    }

    /// What several hubs share stands before them, once.
    fn across(&mut self, report: &Report, detail: Detail) {
        for cause in report.across.iter().flat_map(|across| &across.causes) {
            if cause.severity == Severity::Informs && detail != Detail::Verbose {
                continue;
            }
            let hubs = cause.hubs.iter().filter_map(|&hub| report.hubs.get(hub));
            let names: Vec<&str> = hubs.map(|hub| hub.name.as_str()).collect();
            let mark = self.style.paint("SEVERAL HUBS", Colorize::bold);
            line(&mut self.text, &format!("{mark}  {}", clean(&names.join(", "))));
            self.paragraph("  ", &cause.title);
            self.blank();
            self.cause(cause, detail);
            self.blank();
        }
    }

    fn hub(&mut self, hub: &Hub, detail: Detail) {
        self.heading(hub);
        self.paragraph("  ", &hub.verdict.summary);
        let main = hub.checks.iter().flat_map(|check| &check.causes);
        let main = main.clone().find(|cause| Some(&cause.id) == hub.verdict.cause.as_ref());
        match (main, &hub.verdict.cause) {
            (Some(cause), _) => {
                self.blank();
                self.cause(cause, detail);
            }
            (None, Some(shared)) => {
                self.paragraph("  ", &format!("It shares {shared} with other hubs; see above."));
            }
            (None, None) => {}
        }
        let others: Vec<&Diagnosis> = hub
            .checks
            .iter()
            .flat_map(|check| &check.causes)
            .filter(|cause| main.is_none_or(|main| main.id != cause.id))
            .collect();
        for cause in others {
            self.blank();
            self.other(cause, detail);
        }
        for external in &hub.external {
            self.external(external, detail);
        }
        if let Some(told) = logout(hub) {
            self.blank();
            self.paragraph("  logout          ", &told);
        }
        self.chain(hub, detail);
        self.blank();
        self.ladder(hub, detail);
        self.blank();
    }

    fn heading(&mut self, hub: &Hub) {
        let mark = self.style.verdict(hub.verdict.ready);
        let name = self.style.paint(&clean(&hub.name), Colorize::bold);
        line(&mut self.text, &format!("{mark}  {name}"));
        let url = hub.url.as_deref().map_or_else(String::new, |url| format!("{url}, "));
        self.paragraph("  ", &format!("{url}{}", place(hub)));
        if hub.way != Way::Direct {
            self.paragraph("  ", &format!("way: {}", hub.way));
        }
        self.blank();
    }

    fn cause(&mut self, cause: &Diagnosis, detail: Detail) {
        self.paragraph("  who has to act  ", cause.owner.label());
        for step in &cause.remedy {
            self.paragraph("  what to do      ", step);
        }
        let mut label = "  to verify       ";
        for Verification { command, expect } in &cause.verify {
            // Alone on its line, so that it can be copied.
            self.paragraph(label, command);
            label = "                  ";
            self.paragraph(label, &format!("it {expect}"));
        }
        let sure = format!(
            "{} ({}). More: hublink explain {}",
            cause.id,
            cause.confidence.label(),
            cause.id
        );
        self.paragraph("  cause           ", &sure);
        self.why(cause, "  why             ", detail);
    }

    /// The certificates, drawn, where one of them is at fault.
    fn chain(&mut self, hub: &Hub, detail: Detail) {
        let check = hub.checks.iter().find(|check| check.id == "certificate");
        let Some(check) = check.filter(|check| {
            detail == Detail::Verbose || matches!(check.status, Status::Failed | Status::Warned)
        }) else {
            return;
        };
        let saved = check.evidence.as_ref().map(Written::typed);
        let Some(Ok(evidence)) = saved else { return };
        self.blank();
        let mut label = "  certificates    ";
        for drawn in chain::lines(&evidence, self.style, label.len()) {
            line(&mut self.text, &format!("{label}{drawn}"));
            label = "                  ";
        }
    }

    /// The evidence; of a long list only the beginning, unless asked for.
    fn why(&mut self, cause: &Diagnosis, label: &str, detail: Detail) {
        let most = if detail == Detail::Verbose { usize::MAX } else { 6 };
        let indent = " ".repeat(label.chars().count());
        // What was compared says most; the rest is context.
        let (compared, context): (Vec<&ProofLine>, Vec<&ProofLine>) =
            cause.proof.iter().partition(|proof| proof.expected.is_some());
        for (n, proof) in compared.into_iter().chain(context).take(most).enumerate() {
            let text = match &proof.expected {
                Some(expected) => format!("{}: expected {expected}, seen {}", proof.at, proof.seen),
                None => format!("{}: {}", proof.at, proof.seen),
            };
            self.paragraph(if n == 0 { label } else { &indent }, &text);
        }
        if cause.proof.len() > most {
            self.paragraph(
                &indent,
                &format!("and {} more with --verbose", cause.proof.len() - most),
            );
        }
        let considered = cause.id.ends_with("/unexplained") && detail != Detail::Verbose;
        for excluded in cause.ruled_out.iter().filter(|_| !considered) {
            self.paragraph(&format!("{indent}not "), excluded);
        }
    }

    fn other(&mut self, cause: &Diagnosis, detail: Detail) {
        let label = format!("  {:<16}", beside(cause).to_lowercase());
        self.paragraph(&label, &cause.title);
        let indent = " ".repeat(label.chars().count());
        let who = format!("{}: {}", cause.owner.label(), cause.remedy.join(" "));
        self.paragraph(&indent, &who);
        self.paragraph(&indent, &format!("{} ({})", cause.id, cause.confidence.label()));
        if detail == Detail::Verbose {
            self.why(cause, &indent, detail);
        }
    }

    /// What a program of others says, under its name: it is not hublink that says so.
    fn external(&mut self, external: &External, detail: Detail) {
        for cause in &external.causes {
            if cause.severity == Severity::Informs && detail == Detail::Quiet {
                continue;
            }
            self.blank();
            let label = format!("  {:<16}", beside(cause).to_lowercase());
            self.paragraph(&label, &cause.title);
            let indent = " ".repeat(label.chars().count());
            let who = format!("{}: {}", cause.owner.label(), cause.remedy.join(" "));
            self.paragraph(&indent, &who);
            let told = format!("{} ({})", cause.id, sure(external, cause));
            self.paragraph(&indent, &told);
            let by = format!("so says the external check {}", external.name());
            self.paragraph(&indent, &by);
            if detail == Detail::Verbose {
                self.why(cause, &indent, detail);
            }
        }
        if external.status == Status::Errored {
            self.blank();
            let label = "  external check  ";
            let reason = external.reason.as_ref().map(why).unwrap_or_default();
            self.paragraph(label, &format!("{}: {reason}", external.name()));
            let most = if detail == Detail::Verbose { usize::MAX } else { 2 };
            let shown = external.stderr.len().saturating_sub(most);
            for line in &external.stderr[shown..] {
                self.paragraph(&" ".repeat(label.len()), line);
            }
        }
    }

    fn ladder(&mut self, hub: &Hub, detail: Detail) {
        let external: Vec<CheckReport> = hub.external_steps().collect();
        let checks = hub.checks.iter().chain(&external);
        if detail == Detail::Verbose {
            for check in checks {
                self.check(check);
            }
            return;
        }
        let mut row = String::from("  ");
        let mut columns = 2;
        for check in checks.filter(|check| !is_not_applicable(check)) {
            let id = clean(&check.id);
            let step = format!("{} {id}", self.style.mark(check.status));
            let width = id.chars().count() + 4;
            if columns + width > self.style.width {
                line(&mut self.text, &row);
                row = String::from("  ");
                columns = 2;
            }
            row.push_str(&step);
            row.push_str("  ");
            columns += width;
        }
        line(&mut self.text, &row);
    }

    fn check(&mut self, check: &CheckReport) {
        let mark = self.style.mark(check.status);
        line(&mut self.text, &format!("  {mark} {:<12} {}", clean(&check.id), told(check)));
    }

    /// Of many hubs, the list to hand on: each owner with the hubs that wait for them.
    fn who_has_to_act(&mut self, report: &Report) {
        let mut owners: Vec<(Owner, Vec<String>)> = Vec::new();
        for hub in &report.hubs {
            let (Some(owner), Some(cause)) = (hub.verdict.owner, &hub.verdict.cause) else {
                continue;
            };
            let entry = format!("{} ({cause})", hub.name);
            match owners.iter_mut().find(|(known, _)| *known == owner) {
                Some((_, hubs)) => hubs.push(entry),
                None => owners.push((owner, vec![entry])),
            }
        }
        if owners.is_empty() {
            return;
        }
        line(&mut self.text, "Who has to act:");
        for (owner, hubs) in owners {
            let mut label = owner.label().chars();
            let capital = label.next().map(|c| c.to_uppercase().chain(label).collect::<String>());
            self.paragraph("  ", &format!("{}: {}", capital.unwrap_or_default(), hubs.join(", ")));
        }
        self.blank();
    }

    /// What a Windows computer says of itself: which Desktop there is, and what opens its links.
    fn computer(&mut self, report: &Report, detail: Detail) {
        let most = match detail {
            Detail::Quiet => 0,
            Detail::Normal => 3,
            Detail::Verbose => usize::MAX,
        };
        let told = this_computer(report).into_iter().take(most);
        let told: Vec<String> = told.map(|(label, value)| format!("{label}: {value}")).collect();
        if !told.is_empty() {
            self.paragraph("This computer  ", &told.join("; "));
            self.blank();
        }
    }

    fn summary(&mut self, report: &Report) {
        if report.hubs.len() > 1 {
            self.who_has_to_act(report);
        }
        let ready = report.hubs.iter().filter(|hub| hub.verdict.ready == Ready::Yes).count();
        let all = report.hubs.len();
        let noun = if all == 1 { "hub" } else { "hubs" };
        let seconds = report.duration_ms / 1000.0;
        let early = if report.interrupted { " The run was interrupted." } else { "" };
        self.paragraph("", &format!("{ready} of {all} {noun} ready, after {seconds:.1} s.{early}"));
    }
}

fn is_not_applicable(check: &CheckReport) -> bool {
    check.reason.as_ref().is_some_and(|reason| reason.kind == ReasonKind::NotApplicable)
}

fn told(check: &CheckReport) -> String {
    let Some(reason) = &check.reason else {
        return clean(&format!("{} ({} ms)", check.title, check.duration_ms));
    };
    let status = if check.status == Status::Errored { "errored" } else { "skipped" };
    clean(&format!("{status}, {}", why(reason)))
}
