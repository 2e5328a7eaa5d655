//! For each owner who has something to do, a message that can be sent as it stands.

use hublink_checks::frame::{
    Confidence, Diagnosis, Owner, ProofLine, Severity, Verification, Verify, expected, quoted,
};

use super::words::{addressee, behind, bounded, causes, moment, own_addresses, system};
use crate::report::{Hub, Ready, Report};

/// So many findings stand in a message; the report has the rest.
const FINDINGS: usize = 6;
/// So many hubs are named per finding.
const HUBS: usize = 5;
/// So many observations are quoted per finding.
const SEEN: usize = 3;
/// The longest value that is quoted, in characters.
const VALUE: usize = 160;

/// What one owner should be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Whom it is for.
    pub owner: Owner,
    /// Its heading, such as `Message to the network team`.
    pub title: String,
    /// The message: one paragraph, or an opening and a line per finding if there are several.
    pub lines: Vec<Line>,
}

/// One line of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// It is one of several findings.
    pub finding: bool,
    /// Its text.
    pub text: String,
    /// The command that ends it.
    pub command: Option<String>,
}

impl Message {
    /// The message as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            let bullet = if line.finding { "- " } else { "" };
            let command = line.command.as_ref().map(|command| format!(" {command}"));
            format!("{bullet}{}{}", line.text, command.unwrap_or_default())
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The messages of a report: first the owners of what blocks, in the order of the hubs.
#[must_use]
pub fn messages(report: &Report) -> Vec<Message> {
    let mut owners: Vec<(Owner, Vec<Finding<'_>>)> = Vec::new();
    for severity in [Severity::Blocks, Severity::Degrades] {
        for hub in &report.hubs {
            for cause in to_mend(report, hub).filter(|cause| cause.severity == severity) {
                note(&mut owners, hub, cause);
            }
        }
    }
    owners.into_iter().map(|(owner, findings)| message(report, owner, &findings)).collect()
}

/// A cause with the hubs for which the same is to be done.
struct Finding<'r> {
    cause: &'r Diagnosis,
    hubs: Vec<&'r Hub>,
}

/// What somebody has to mend for a hub: the cause of its verdict, then what blocks or degrades
/// beside it.
fn to_mend<'r>(report: &'r Report, hub: &'r Hub) -> impl Iterator<Item = &'r Diagnosis> {
    let first = behind(report, hub).map(|behind| behind.cause);
    let beside = causes(hub).filter(move |cause| {
        cause.severity > Severity::Informs && first.is_none_or(|first| first.id != cause.id)
    });
    first.into_iter().chain(beside)
}

fn note<'r>(owners: &mut Vec<(Owner, Vec<Finding<'r>>)>, hub: &'r Hub, cause: &'r Diagnosis) {
    let place = owners.iter().position(|(owner, _)| *owner == cause.owner);
    let place = place.unwrap_or_else(|| {
        owners.push((cause.owner, Vec::new()));
        owners.len() - 1
    });
    let findings = &mut owners[place].1;
    let same =
        |known: &&mut Finding<'_>| known.cause.id == cause.id && known.cause.remedy == cause.remedy;
    match findings.iter_mut().find(same) {
        Some(known) => known.hubs.push(hub),
        None => findings.push(Finding { cause, hubs: vec![hub] }),
    }
}

fn message(report: &Report, owner: Owner, findings: &[Finding<'_>]) -> Message {
    let title = match owner {
        Owner::You => "For you, at the computer".to_owned(),
        _ => format!("Message to {}", addressee(owner)),
    };
    let opening = opening(report, owner, findings);
    let lines = match findings {
        [one] => {
            let about = if one.hubs.len() == 1 { About::OneHub } else { About::These };
            let line = told(report, owner, one, about);
            vec![Line { finding: false, text: format!("{opening} {}", line.text), ..line }]
        }
        _ => several(report, owner, findings, opening),
    };
    Message { owner, title, lines }
}

fn several(report: &Report, owner: Owner, findings: &[Finding<'_>], opening: String) -> Vec<Line> {
    let mut lines = vec![Line { finding: false, text: opening, command: None }];
    // The opening has named the hub, if it is one only.
    let one = |finding: &Finding<'_>| finding.hubs.len() == 1;
    let same = |finding: &Finding<'_>| named(finding.hubs[0]) == named(findings[0].hubs[0]);
    let about = if findings.iter().all(|finding| one(finding) && same(finding)) {
        About::OneHub
    } else {
        About::These
    };
    let told = |finding| told(report, owner, finding, about);
    lines.extend(findings.iter().take(FINDINGS).map(told));
    let text = match findings.len().saturating_sub(FINDINGS) {
        0 => return lines,
        1 => "And one more finding, which the report holds.".to_owned(),
        more => format!("And {more} more findings, which the report holds."),
    };
    lines.push(Line { finding: true, text, command: None });
    lines
}

/// Who looked, when, from where.
fn opening(report: &Report, owner: Owner, findings: &[Finding<'_>]) -> String {
    let mut hubs: Vec<String> =
        findings.iter().flat_map(|finding| &finding.hubs).map(|hub| named(hub)).collect();
    hubs.sort_unstable();
    hubs.dedup();
    let what = match hubs.as_slice() {
        [one] => format!("the hub {one}"),
        all => format!("{} hubs", all.len()),
    };
    if owner == Owner::You {
        return format!("This is for you to do, so that Qlik Sense Desktop can log in to {what}.");
    }
    let from = match own_addresses(report).as_slice() {
        [] => String::new(),
        [first, ..] => format!(" with the address {first}"),
    };
    format!(
        "Hello, this is about the login of Qlik Sense Desktop to {what}. {} {} looked on {} from a \
         {} computer{from}.",
        bounded(&report.tool.name, 40),
        bounded(&report.tool.version, 40),
        moment(report.started),
        bounded(system(&report.environment.os), 40),
    )
}

/// What a finding is about.
#[derive(Clone, Copy)]
enum About {
    /// The hub that the opening has named already.
    OneHub,
    /// The hubs that have to be named.
    These,
}

fn told(report: &Report, owner: Owner, finding: &Finding<'_>, about: About) -> Line {
    let cause = finding.cause;
    let title = bounded(cause.title.trim_end_matches('.'), 300);
    let title = if owner == Owner::You { title } else { of_the_user(&title) };
    // What merely fits must not read as if it were so.
    let title = match cause.confidence {
        Confidence::Possible => format!("Perhaps: {title}"),
        Confidence::Certain | Confidence::Likely => title,
    };
    let what = match about {
        About::OneHub => title,
        About::These => format!("{}: {title}", hubs(report, &finding.hubs)),
    };
    let mut text = format!("{what} ({}, {}).", bounded(&cause.id, 80), cause.confidence.label());
    let seen: Vec<String> = shown(cause).into_iter().map(observation).collect();
    if !seen.is_empty() {
        text.push_str(&format!(" Seen: {}.", seen.join("; ").trim_end_matches('.')));
    }
    for step in &cause.remedy {
        text.push_str(&format!(" {}", request(owner, &bounded(step, 400))));
    }
    let Verification { command, expect } = verify(finding);
    let expect = bounded(&expect, VALUE);
    text.push_str(&format!(" It is mended once this {expect} on the same computer:"));
    Line { finding: true, text, command: Some(bounded(&command, 400)) }
}

fn hubs(report: &Report, hubs: &[&Hub]) -> String {
    let mut names: Vec<String> = hubs.iter().take(HUBS).map(|hub| named(hub)).collect();
    if hubs.len() > HUBS {
        names.push(format!("{} more", hubs.len() - HUBS));
    }
    let ready = hubs.iter().all(|hub| hub.verdict.ready == Ready::Yes);
    let all = if report.hubs.len() == hubs.len() && hubs.len() > 1 { "All hubs, " } else { "" };
    let beside = if ready { " (the login is not blocked)" } else { "" };
    format!("{all}{}{beside}", names.join(", "))
}

/// A hub as its owner knows it.
fn named(hub: &Hub) -> String {
    bounded(hub.url.as_deref().unwrap_or(&hub.name), VALUE)
}

/// What was compared says most; the rest is context. A second try of the same says nothing new.
fn shown(cause: &Diagnosis) -> Vec<&ProofLine> {
    let compared = cause.proof.iter().filter(|line| line.expected.is_some());
    let context = cause.proof.iter().filter(|line| line.expected.is_none());
    let mut shown: Vec<&ProofLine> = Vec::new();
    for line in compared.chain(context) {
        if shown.len() < SEEN && shown.iter().all(|known| known.at != line.at) {
            shown.push(line);
        }
    }
    shown
}

/// A text that speaks to the user, told to somebody else.
fn of_the_user(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let bare = |word: &str| word.trim_end_matches(['.', ',', ';', ':', ')', '?']).to_owned();
    let bare: Vec<String> = words.iter().map(|word| bare(word)).collect();
    let turned = bare.iter().enumerate().map(|(n, word)| {
        let before = n.checked_sub(1).map_or("", |n| &*bare[n]);
        let after = bare.get(n + 1).map_or("", |next| &**next);
        match (before, &**word, after) {
            ("you" | "You", "are", _) => "is",
            ("you" | "You", "have", _) => "has",
            (_, "this", "computer" | "PC") | (_, "your", _) => "the user's",
            (_, "you", _) => "the user",
            (_, "Your", _) => "The user's",
            (_, "You", _) => "The user",
            (_, other, _) => other,
        }
    });
    let whole = turned.zip(words.iter().zip(&bare));
    let whole: Vec<String> =
        whole.map(|(new, (word, bare))| format!("{new}{}", &word[bare.len()..])).collect();
    whole.join(" ")
}

fn observation(line: &ProofLine) -> String {
    let at = bounded(&line.at, VALUE);
    let seen = bounded(&line.seen, VALUE);
    match &line.expected {
        Some(expected) => format!("{at}: expected {}, seen {seen}", bounded(expected, VALUE)),
        None => format!("{at}: {seen}"),
    }
}

/// A remedy speaks to the user; here it speaks to the owner. What cannot be turned around is
/// quoted.
fn request(owner: Owner, step: &str) -> String {
    let begun = match owner {
        Owner::Network => ["Ask IT ", "Ask the DNS team ", "Show IT "],
        Owner::QlikAdmin => ["Ask your Qlik admin ", "Ask ", "Ask them "],
        Owner::IdpAdmin => ["Ask your identity-provider admin ", "Ask them ", "Ask IT "],
        Owner::Qlik | Owner::You => return finished(step),
    };
    // Who else is asked in the same sentence, or before it, cannot be turned around by its words.
    let others = ["your Qlik admin", "ask ", " IT ", "Ask ", "Send this report"];
    let turned = begun.iter().find_map(|begun| {
        let rest = step.strip_prefix(begun)?;
        let rest = &rest[rest.find("to ").filter(|&at| at == 0)? + 3..];
        let rest = rest.replace(" or to ", " or ");
        others.iter().all(|other| !rest.contains(other)).then(|| format!("Please {rest}"))
    });
    let wanted = || {
        let rest = begun.iter().find_map(|begun| step.strip_prefix(begun)?.strip_prefix("for "))?;
        others.iter().all(|other| !rest.contains(other)).then(|| format!("Please provide {rest}"))
    };
    match turned.or_else(wanted) {
        Some(turned) => finished(&of_the_user(&turned)),
        None => format!("The advice to the user: \"{}\".", step.trim_end_matches('.')),
    }
}

fn finished(sentence: &str) -> String {
    if sentence.ends_with(['.', '?', '!']) { sentence.to_owned() } else { format!("{sentence}.") }
}

/// The command that shows whether it is mended: the last of those that the cause names. A report of
/// an older version has none; then the hub is examined again.
fn verify(finding: &Finding<'_>) -> Verification {
    if let Some(last) = finding.cause.verify.last() {
        return last.clone();
    }
    let target = finding.hubs.iter().find_map(|hub| hub.url.as_deref());
    let target = target.and_then(quoted).map_or_else(String::new, |target| format!(" {target}"));
    let again = Verify { command: "", expect: "" };
    Verification {
        command: format!("hublink doctor{target}"),
        expect: expected(&again, &finding.cause.id, finding.cause.severity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_is_turned_to_its_owner() {
        let ask = |step: &str| request(Owner::QlikAdmin, step);
        assert_eq!(ask("Ask your Qlik admin to renew it."), "Please renew it.");
        assert_eq!(ask("Ask your Qlik admin for a link."), "Please provide a link.");
        assert_eq!(
            ask("Ask for a link to the users' port; if it is 443, they must be optional there."),
            "Please provide a link to the users' port; if it is 443, they must be optional there."
        );
        assert_eq!(
            request(Owner::Network, "Ask IT to let ICMP through"),
            "Please let ICMP through."
        );
        assert_eq!(
            request(Owner::Network, "Ask IT to install x, or your Qlik admin for y."),
            "The advice to the user: \"Ask IT to install x, or your Qlik admin for y\"."
        );
        assert_eq!(request(Owner::You, "Connect the VPN."), "Connect the VPN.");
    }

    #[test]
    fn what_speaks_to_the_user_is_told_to_others() {
        let turned = of_the_user("Your name server: you are outside, near you (this computer).");
        let told = "The user's name server: the user is outside, near the user (this computer).";
        assert_eq!(turned, told);
        assert_eq!(of_the_user("You are in; you have none."), "The user is in; the user has none.");
        assert_eq!(
            of_the_user("on this computer, by your.example"),
            "on the user's computer, by your.example"
        );
    }

    #[test]
    fn no_remedy_of_the_tables_asks_its_owner_to_ask_itself() {
        for check in hublink_checks::tables() {
            for cause in check.causes() {
                for step in cause.remedy {
                    let text = request(cause.owner, step);
                    assert!(!text.contains("Please Ask") && !text.contains(".."), "{text}");
                    assert!(
                        !text.starts_with("Please") || !text.contains(" IT "),
                        "{}: {text}",
                        cause.id
                    );
                }
            }
        }
    }
}
