//! The report for the field of a ticket: short, and nothing in it can be taken for markup.

use hublink_checks::frame::{Diagnosis, ProofLine, ReasonKind, Severity, Status, Verification};
use hublink_probe::Way;

use super::computer::this_computer;
use super::human::review_lines;
use super::messages::messages;
use super::words::{
    Behind, behind, beside, bounded, causes, logout, mark, moment, own_addresses, place, sure,
    system, time, verdict, why,
};
use crate::report::{CheckReport, Hub, Ready, Report};

/// So many hubs that are not ready stand in full; the others get a line each.
const IN_FULL: usize = 20;
/// So many get a line each.
const LINES: usize = 200;
/// So many observations per cause.
const SEEN: usize = 8;
/// So many findings of external checks.
const EXTERNAL_LINES: usize = 4;
/// The longest text, in characters: a ticket field is small.
const LONGEST: usize = 300;

/// The whole report.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut page = Page(String::new());
    let (ready, other): (Vec<&Hub>, Vec<&Hub>) =
        report.hubs.iter().partition(|hub| hub.verdict.ready == Ready::Yes);
    if report.hubs.len() != 1 {
        let (n, all) = (ready.len(), report.hubs.len());
        page.line(&format!("# {n} of {all} hubs ready"));
        page.blank();
    }
    for hub in other.iter().take(IN_FULL) {
        page.hub(report, hub);
    }
    page.the_rest(&other);
    page.ready(&ready);
    page.environment(report);
    page.review(report);
    page.messages(report);
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    fn blank(&mut self) {
        self.0.push('\n');
    }

    /// Who judged a saved report again, and what that changed.
    fn review(&mut self, report: &Report) {
        let told = review_lines(report);
        for line in told.iter().take(LINES) {
            self.line(&format!("- {}", escape(line)));
        }
        if !told.is_empty() {
            self.blank();
        }
    }

    fn item(&mut self, label: &str, text: &str) {
        self.line(&format!("- **{label}:** {}", escape(text)));
    }

    fn hub(&mut self, report: &Report, hub: &Hub) {
        self.line(&format!("## {}: {}", escape(&hub.name), verdict(hub.verdict.ready)));
        self.blank();
        self.line(&escape(&hub.verdict.summary));
        self.blank();
        let url = hub.url.as_deref().map_or_else(String::new, |url| format!("{url}, "));
        let way = match &hub.way {
            Way::Direct => String::new(),
            way => format!(", reached {way}"),
        };
        self.item("Hub", &format!("{url}{}{way}", place(hub)));
        if let Some(told) = logout(hub) {
            self.item("Logout", &told);
        }
        let behind = behind(report, hub);
        if let Some(behind) = behind {
            self.cause(behind);
        }
        let external: Vec<CheckReport> = hub.external_steps().collect();
        let steps = hub.checks.iter().chain(&external).filter(|check| applies(check)).map(step);
        self.line(&format!("- **Steps:** {}", steps.collect::<Vec<_>>().join(", ")));
        let others = causes(hub).filter(|cause| behind.is_none_or(|b| b.cause.id != cause.id));
        for cause in others.take(4) {
            let text = format!("{} ({})", cause.title, cause.id);
            self.item(beside(cause), &text);
        }
        self.external(hub);
        self.blank();
    }

    /// What programs of others say, each under its name.
    fn external(&mut self, hub: &Hub) {
        let found = hub.external.iter().flat_map(|external| {
            external.causes.iter().map(move |cause| {
                format!(
                    "{} ({}, {}; {})",
                    cause.title,
                    cause.id,
                    sure(external, cause),
                    cause.owner.label()
                )
            })
        });
        let errored = hub.external.iter().filter(|external| external.status == Status::Errored);
        let errored = errored.map(|external| {
            let reason = external.reason.as_ref().map(why).unwrap_or_default();
            format!("{}: {reason}", external.name())
        });
        let mut told = found.chain(errored);
        for text in told.by_ref().take(EXTERNAL_LINES) {
            self.item("External check", &text);
        }
        let more = told.count();
        if more > 0 {
            self.line(&format!(
                "- {more} more words of external checks stand in the whole report."
            ));
        }
    }

    fn cause(&mut self, Behind { cause, shared }: Behind<'_>) {
        self.item("Who has to act", cause.owner.label());
        for step in cause.remedy.iter().take(4) {
            self.item("What to do", step);
        }
        for Verification { command, expect } in cause.verify.iter().take(2) {
            let command = code(&bounded(command, LONGEST));
            self.line(&format!("- **To verify:** {command} {}", escape(expect)));
        }
        let shared = if shared { ", shared with other hubs" } else { "" };
        self.line(&format!(
            "- **Cause:** {} ({}{shared}); more: {}",
            escape(&cause.id),
            cause.confidence.label(),
            code(&bounded(&format!("hublink explain {}", cause.id), LONGEST))
        ));
        self.seen(cause);
        for excluded in cause.ruled_out.iter().take(4) {
            self.item("Not", excluded);
        }
    }

    fn seen(&mut self, cause: &Diagnosis) {
        let (compared, context): (Vec<&ProofLine>, Vec<&ProofLine>) =
            cause.proof.iter().partition(|proof| proof.expected.is_some());
        for proof in compared.into_iter().chain(context).take(SEEN) {
            let text = match &proof.expected {
                Some(expected) => format!(
                    "{}: expected {}, seen {}",
                    escape(&proof.at),
                    value(expected),
                    value(&proof.seen)
                ),
                None => format!("{}: {}", escape(&proof.at), value(&proof.seen)),
            };
            self.line(&format!("- **Seen:** {text}"));
        }
        if cause.proof.len() > SEEN {
            let more = cause.proof.len() - SEEN;
            self.line(&format!("- {more} more observations stand in the whole report."));
        }
    }

    fn the_rest(&mut self, hubs: &[&Hub]) {
        let rest = hubs.get(IN_FULL..).unwrap_or_default();
        for hub in rest.iter().take(LINES) {
            let cause = hub.verdict.cause.as_deref().unwrap_or("no cause named");
            let owner = hub.verdict.owner.map_or("", |owner| owner.label());
            let text = format!("{}: {}, {cause}", hub.name, verdict(hub.verdict.ready));
            self.line(&format!("- {} {owner}", escape(&text)));
        }
        if rest.len() > LINES {
            self.line(&format!("- {} more hubs that are not ready.", rest.len() - LINES));
        }
        if !rest.is_empty() {
            self.blank();
        }
    }

    fn ready(&mut self, hubs: &[&Hub]) {
        const NAMED: usize = 50;
        if hubs.is_empty() {
            return;
        }
        let names = hubs.iter().take(NAMED).map(|hub| {
            let beside = causes(hub).chain(hub.external_causes());
            let beside = beside.filter(|cause| cause.severity > Severity::Informs);
            let beside: Vec<String> = beside.map(|cause| escape(&cause.id)).collect();
            match beside.as_slice() {
                [] => escape(&hub.name),
                some => format!("{} (worth mending: {})", escape(&hub.name), some.join(", ")),
            }
        });
        let names: Vec<String> = names.collect();
        let more = match hubs.len().saturating_sub(NAMED) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        self.line(&format!("**READY ({}):** {}{more}", hubs.len(), names.join(", ")));
        self.blank();
    }

    fn environment(&mut self, report: &Report) {
        let environment = &report.environment;
        let mut parts = vec![
            format!("{} {}", escape(&report.tool.name), escape(&report.tool.version)),
            moment(report.started),
            format!("{} {}", escape(system(&environment.os)), escape(&environment.arch)),
        ];
        let addresses: Vec<String> =
            own_addresses(report).iter().take(4).map(|address| escape(address)).collect();
        if !addresses.is_empty() {
            parts.push(format!("own address {}", addresses.join(", ")));
        }
        let told = this_computer(report);
        parts.extend(told.iter().map(|(label, value)| escape(&format!("{label}: {value}"))));
        if let Some(resolver) = &environment.resolver {
            parts.push(format!("asked name server {}", escape(resolver)));
        }
        if !environment.proxy_variables.is_empty() {
            parts.push(format!("set: {}", escape(&environment.proxy_variables.join(" "))));
        }
        parts.extend(report.labels.iter().map(|(key, value)| escape(&format!("{key}={value}"))));
        parts.push(format!("took {}", time(report.duration_ms)));
        if report.interrupted {
            parts.push("interrupted, so checks are missing".to_owned());
        }
        self.line(&format!("**Environment:** {}", parts.join("; ")));
    }

    fn messages(&mut self, report: &Report) {
        for message in messages(report) {
            self.blank();
            self.line(&format!("**{}:**", message.title));
            self.blank();
            for line in &message.lines {
                let bullet = if line.finding { "- " } else { "" };
                let command = line.command.as_deref().map(|command| format!(" {}", code(command)));
                self.line(&format!("{bullet}{}{}", spans(&line.text), command.unwrap_or_default()));
                if !line.finding && message.lines.len() > 1 {
                    self.blank();
                }
            }
        }
    }
}

fn applies(check: &CheckReport) -> bool {
    !check.reason.as_ref().is_some_and(|reason| reason.kind == ReasonKind::NotApplicable)
}

fn step(check: &CheckReport) -> String {
    format!("{} {}", mark(check.status), escape(&check.id))
}

/// A text from anywhere as Markdown that shows exactly it, in one line.
fn escape(text: &str) -> String {
    spans(&bounded(text, LONGEST))
}

/// A value as a whole: code, if any word of it has to be.
fn value(text: &str) -> String {
    let text = bounded(text, LONGEST);
    if spans(&text) == text { text } else { code(&text) }
}

/// Word by word: whatever could be markup, a link, a mention or a reference becomes code, which
/// every reader of Markdown shows as it stands. So the raw text stays readable too.
fn spans(text: &str) -> String {
    let words = text.split(' ').enumerate();
    let words: Vec<String> = words.map(|(n, one)| word(one, n == 0)).collect();
    words.join(" ")
}

fn word(word: &str, first: bool) -> String {
    let block = first && begins_a_block(word);
    let equals = word.starts_with('=') || word.contains("==");
    if word.chars().all(is_plain) && !equals && !looks_like_a_name(word) && !block {
        return word.to_owned();
    }
    // The stop that ends a sentence is not part of the value.
    let core = word.trim_end_matches(['.', ',', ';', ':', ')', '?']);
    let inner = core.trim_start_matches(['(', '"']);
    let (before, after) = (&core[..core.len() - inner.len()], &word[core.len()..]);
    if inner.is_empty() {
        return code(word);
    }
    // Our own texts mark code as Markdown does.
    let marked = inner.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    match marked.filter(|text| !text.is_empty() && !text.contains('`')) {
        Some(text) => format!("{before}{}{after}", code(text)),
        None => format!("{before}{}{after}", code(inner)),
    }
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || ".,;:'\"()?/-–→✓✗…=".contains(c)
}

/// Host names, addresses and file names: readers make links of them. A number is none.
fn looks_like_a_name(word: &str) -> bool {
    let number = |c: char| c.is_ascii_digit() || "(),;:".contains(c);
    if word.matches('.').count() < 2 && word.chars().all(|c| number(c) || c == '.') {
        return false;
    }
    let inside = |mark: char| {
        word.split(mark).skip(1).any(|rest| rest.starts_with(|next: char| next.is_alphanumeric()))
    };
    inside('.') || inside(':') || word.contains("//") || word.to_lowercase().contains("www")
}

/// A list or a line, which Markdown sees only at a line's beginning.
fn begins_a_block(word: &str) -> bool {
    let digits = word.trim_end_matches(['.', ')']);
    let number = digits.len() < word.len() && digits.chars().all(|c| c.is_ascii_digit());
    number || (!word.is_empty() && word.chars().all(|c| c == '-'))
}

/// A code span with a fence longer than any run of backticks in it.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;
    use crate::render::clean;
    use crate::report::External;

    /// The text that a reader of Markdown shows; panics if there is more than text and code.
    fn shown(markdown: &str) -> String {
        let mut text = String::new();
        // Typographic quotes are a taste of some readers.
        let options = Options::all() - Options::ENABLE_SMART_PUNCTUATION;
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Text(part) | Event::Code(part) => text.push_str(&part),
                Event::Start(Tag::Paragraph) | Event::End(_) => {}
                other => panic!("{markdown:?} gives {other:?}"),
            }
        }
        text
    }

    #[test]
    fn names_are_code_and_words_are_not() {
        assert_eq!(escape("see hub.corp.test (10.0.0.1)."), "see `hub.corp.test` (`10.0.0.1`).");
        assert_eq!(escape("after 0.3 ms, rcode 3)."), "after 0.3 ms, rcode 3).");
        assert_eq!(escape("ask @all about #12"), "ask `@all` about `#12`");
        assert_eq!(escape("`/` of it"), "`/` of it");
        assert_eq!(escape("a``b"), "```a``b```");
        assert_eq!(escape("CN=Own CA == x"), "CN=Own CA `==` x");
        assert_eq!(escape("<img src=x>|"), "`<img` `src=x>|`");
    }

    fn many<T: Clone>(items: &[T]) -> Vec<T> {
        items.iter().cycle().take(items.len() * 20).cloned().collect()
    }

    #[test]
    fn a_hub_never_takes_more_than_forty_lines() {
        let sample = include_str!("../../tests/html/reports/practice.json");
        let report: Report = serde_json::from_str(sample).expect("a report");
        for mut hub in report.hubs.clone() {
            for cause in hub.checks.iter_mut().flat_map(|check| &mut check.causes) {
                cause.proof = many(&cause.proof);
                cause.remedy = many(&cause.remedy);
                cause.verify = many(&cause.verify);
                cause.ruled_out = vec!["x: y".to_owned(); 50];
            }
            for check in &mut hub.checks {
                check.causes = many(&check.causes);
            }
            let mut external = External::new("external-a".to_owned(), String::new(), String::new());
            external.causes =
                many(&hub.checks.iter().flat_map(|c| c.causes.clone()).collect::<Vec<_>>());
            external.status = Status::Errored;
            hub.external = vec![external; 20];
            let name = hub.name.clone();
            let text = render(&Report { hubs: vec![hub], across: Vec::new(), ..report.clone() });
            let (ticket, _) = text.split_once("\n**Message").unwrap_or((&text, ""));
            let lines = ticket.lines().count();
            assert!(lines <= 40, "{name} takes {lines} lines: {ticket}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_told_is_shown_as_text(text in "[ -~\\n\u{202e}äÅ]{0,60}") {
            // Markdown drops space at the ends and doubled space; nothing else may be lost.
            let bare = |text: &str| text.replace([' ', '`'], "");
            let told = format!("x {}", escape(&text));
            prop_assert_eq!(bare(&shown(&told)), bare(&format!("x{}", clean(&text))));
            shown(&escape(&text));
        }
    }
}
