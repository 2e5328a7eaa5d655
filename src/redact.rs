//! What a report shows of people and of their networks.
//!
//! `default` hides the user of the computer, the home directory and the computer's name where a path
//! holds them. `strict` gives every host, address and name a pseudonym. It rewrites what the report
//! was judged from and has it judged again: so every sentence of the report speaks of the pseudonyms,
//! and none has to be searched for names.

mod key;
mod pseudonyms;
mod text;
mod walk;
mod words;

use std::collections::BTreeSet;

use hublink_checks::frame::{Diagnosis, Reason};
use hublink_probe::{Timestamp, World};
use serde_json::Value;

use key::Places;
pub use key::{Key, KeyError};

use crate::external::is_word;
use crate::report::{CheckReport, EXTERNAL, External, Hub, Redaction, Replacement, Report};
use crate::review::{review, saved_of};
use pseudonyms::Pseudonyms;
use words::Class;

/// How much is hidden.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Level {
    /// The user, the home directory and the name of this computer.
    #[default]
    Default,
    /// Also hosts, addresses, names, paths and texts of others, behind pseudonyms.
    Strict,
    /// Nothing.
    None,
}

impl Level {
    /// The word of the report.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Strict => "strict",
            Self::None => "none",
        }
    }
}

/// Who sits at this computer, as far as paths tell.
#[derive(Clone, Debug, Default)]
pub struct Person {
    home: Option<String>,
    user: Option<String>,
    /// What the home directory is called: mostly the user, but not where that was renamed.
    folder: Option<String>,
    machine: Option<String>,
}

impl Person {
    /// As the settings of the computer say.
    #[must_use]
    pub fn of(world: &dyn World) -> Self {
        let first = |names: &[&str]| {
            let told = names.iter().find_map(|name| world.variable(name));
            told.map(|text| text.trim_end_matches(['/', '\\']).to_owned())
                .filter(|text| !text.is_empty())
        };
        let home = first(&["USERPROFILE", "HOME"]);
        let folder = home.as_deref().and_then(|home| home.rsplit(['/', '\\']).next());
        Self {
            folder: folder
                .filter(|name| !name.is_empty() && !name.ends_with(':'))
                .map(str::to_owned),
            home,
            user: first(&["USERNAME", "USER", "LOGNAME"]),
            machine: first(&["COMPUTERNAME", "HOSTNAME"]),
        }
    }

    /// The path without what tells who sits here, and how often that was taken out.
    fn hide(&self, path: &str) -> (String, Vec<(&'static str, &'static str)>) {
        let mut found = Vec::new();
        let separators = ['/', '\\'];
        let beneath_home = self
            .home
            .as_deref()
            .and_then(|home| beneath(home, path))
            .map(|rest| format!("~{rest}"));
        if beneath_home.is_some() {
            found.push(("home directory", "~"));
        }
        let path = beneath_home.unwrap_or_else(|| path.to_owned());
        let on_network = path.starts_with("\\\\") || path.starts_with("//");
        let mut place = 0;
        let parts = path.split_inclusive(separators).map(|part| {
            let name = part.trim_end_matches(separators);
            let rest = &part[name.len()..];
            place += usize::from(!name.is_empty());
            let is = |known: &Option<String>| {
                known.as_deref().is_some_and(|known| known.to_lowercase() == name.to_lowercase())
            };
            let is_user = is(&self.user) || is(&self.folder);
            if on_network && place == 1 && is(&self.machine) {
                found.push(("name of the computer", "computer"));
                return format!("computer{rest}");
            }
            if place > 1 && is_user && !rest.is_empty() {
                found.push(("name of the user", "user"));
                return format!("user{rest}");
            }
            part.to_owned()
        });
        let path = parts.collect();
        (path, found)
    }

    /// A text of others, in which paths may stand, without the home directory; and how often that was
    /// taken out.
    fn hide_home(&self, text: &str) -> (String, usize) {
        let Some(home) = &self.home else { return (text.to_owned(), 0) };
        let (mut hidden, mut count) = (String::new(), 0);
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let begins = !hidden.ends_with(|c| of_a_name(c) || matches!(c, '/' | '\\' | '~'));
            // `/home/alice2` is not the home of alice, and nor is `/home/alice.old`.
            let behind = after(home, rest).filter(|behind| {
                let mut next = behind.chars();
                let end = next.next().is_none_or(|c| !of_a_name(c));
                end || behind.starts_with('.') && next.next().is_none_or(|c| !of_a_name(c))
            });
            if let Some(behind) = behind.filter(|_| begins) {
                hidden.push('~');
                count += 1;
                rest = behind;
            } else {
                hidden.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        (hidden, count)
    }
}

/// Hides in what external checks said who sits at this computer.
pub(crate) fn hide_person_in(
    external: &mut [External],
    redaction: &mut Redaction,
    person: &Person,
) {
    for one in external {
        let (program, found) = person.hide(&one.program);
        one.program = program;
        for (what, replaced_by) in found {
            note(redaction, what, replaced_by, 1);
        }
        let mut hide = |text: &str| {
            let (hidden, count) = person.hide_home(text);
            if count > 0 {
                note(redaction, "home directory", "~", count);
            }
            hidden
        };
        // Ids are words without a slash, and so are owners: all else is text.
        let texts = [&mut one.title].into_iter().chain(&mut one.version).chain(&mut one.stderr);
        let reason = one.reason.as_mut().and_then(|reason| reason.detail.as_mut());
        texts.chain(reason).for_each(|text| *text = hide(text));
        for cause in &mut one.causes {
            let lists = cause.ruled_out.iter_mut().chain(&mut cause.remedy).chain(&mut cause.see);
            let proof = cause.proof.iter_mut().flat_map(|line| {
                [Some(&mut line.at), line.expected.as_mut(), Some(&mut line.seen)]
            });
            let texts = lists.chain(proof.flatten()).chain([&mut cause.title]);
            texts.for_each(|text| *text = hide(text));
        }
        one.evidence = one.evidence.take().map(|evidence| with_texts(evidence, &mut hide));
    }
}

/// A value with every text in it rewritten, keys too.
pub(crate) fn with_texts(value: Value, rewrite: &mut dyn FnMut(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(rewrite(&text)),
        Value::Array(list) => {
            Value::Array(list.into_iter().map(|one| with_texts(one, rewrite)).collect())
        }
        Value::Object(map) => Value::Object(
            map.into_iter().map(|(key, one)| (rewrite(&key), with_texts(one, rewrite))).collect(),
        ),
        other => other,
    }
}

/// What follows a directory in a path beneath it; `None` if the path leads elsewhere. Windows takes
/// both slashes, and either case, for the same.
pub(crate) fn beneath<'a>(home: &str, path: &'a str) -> Option<&'a str> {
    after(home, path).filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\']))
}

/// As [`beneath`], whatever follows.
fn after<'a>(home: &str, path: &'a str) -> Option<&'a str> {
    let home = home.trim_end_matches(['/', '\\']);
    let is_windows = home.contains('\\') || home.as_bytes().get(1) == Some(&b':');
    let mut rest = path.chars();
    for one in home.chars() {
        let other = rest.next()?;
        let slashes = [one, other].iter().all(|letter| matches!(letter, '/' | '\\'));
        let alike =
            one == other || is_windows && (slashes || one.to_lowercase().eq(other.to_lowercase()));
        if !alike {
            return None;
        }
    }
    (!home.is_empty()).then_some(rest.as_str())
}

/// Whether a character may be part of the name of a file.
fn of_a_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Hides in a fresh report who sits at this computer.
pub fn hide_person(report: &mut Report, person: &Person) {
    let mut found: Vec<(&'static str, &'static str)> = Vec::new();
    // Paths are plain texts: a report stays one.
    let hidden = walk::by_parts(report, &mut |part, tree| {
        let before = found.len();
        let mut hide = |class: Option<Class>, text: &str| {
            let (hidden, more) = without_person(person, class, text);
            found.extend(more);
            hidden
        };
        part.rewrite(tree, &mut hide);
        found.len() > before
    });
    if found.is_empty() {
        return;
    }
    if hidden.is_ok() {
        let judged = review(&saved_of(report));
        *report = Report { review: None, ..judged };
    }
    for (what, replaced_by) in found {
        note(&mut report.redaction, what, replaced_by, 1);
    }
}

/// A text without what tells who sits here, if it is a path.
fn without_person(
    person: &Person,
    class: Option<Class>,
    text: &str,
) -> (String, Vec<(&'static str, &'static str)>) {
    let is_path =
        class == Some(Class::Path) || class == Some(Class::Name) && text.contains(['/', '\\']);
    if !is_path || text.contains("://") {
        return (text.to_owned(), Vec::new());
    }
    person.hide(text)
}

/// One more line of the ledger, or more of a kind that stands there.
fn note(redaction: &mut Redaction, what: &str, replaced_by: &str, count: usize) {
    let known = redaction.ledger.iter_mut().find(|line| line.what == what);
    match known {
        Some(line) => line.count += count,
        None => redaction.ledger.push(Replacement {
            what: what.to_owned(),
            replaced_by: replaced_by.to_owned(),
            count,
        }),
    }
}

/// Gives every host, address and name a pseudonym. A report that has pseudonyms stays as it is, and
/// there is no key to it then.
///
/// # Errors
/// If a pseudonym does not fit where it has to stand: then nothing may be shown.
pub fn strict(report: &Report) -> Result<(Report, Option<Key>), serde_json::Error> {
    if report.redaction.level == Level::Strict.label() {
        return Ok((report.clone(), None));
    }
    let report = &in_own_words(report.clone());
    let mut redactor = Redactor::new(report);
    let mut hidden = report.clone();
    drop_what_is_judged(&mut hidden);
    let mut places = Places::default();
    walk::by_parts(&mut hidden, &mut |part, tree| {
        let before = tree.clone();
        part.rewrite(tree, &mut |class, text| redactor.rewritten(class, text));
        places.add(&before, tree, part.place());
        true
    })?;
    let key = Key::new(report, &redactor.names, places);
    for facts in hidden.hubs.iter_mut().filter_map(|hub| hub.facts.as_mut()) {
        facts.pseudonyms = true;
    }
    let judged = review(&saved_of(&hidden));
    let mut made = Report { review: hidden.review.clone(), ..judged };
    let lost = keep_judgement(report, &mut made, &mut redactor);
    Level::Strict.label().clone_into(&mut made.redaction.level);
    for (kind, count) in &redactor.names.counts {
        let (what, replaced_by) = kind.words();
        note(&mut made.redaction, what, replaced_by, *count);
    }
    let asked = report.hubs.iter().map(|hub| hub.external.len()).sum();
    if asked > 0 {
        note(&mut made.redaction, "what an external check said, and its name", "left out", asked);
    }
    if lost > 0 {
        note(&mut made.redaction, "proof that cannot be told without names", "left out", lost);
    }
    Ok((made, Some(key)))
}

/// What this program cannot read it cannot hide: of checks that it does not know, what they saw and
/// said is left out. Their ids stay as far as they are ids.
fn in_own_words(mut report: Report) -> Report {
    let known: Vec<&str> = hublink_checks::tables().iter().map(|check| check.meta().id).collect();
    let mut texts = Numbers::default();
    for hub in &mut report.hubs {
        let verdict = &mut hub.verdict;
        let named = [&mut verdict.first_broken, &mut verdict.cause, &mut verdict.reached];
        for id in named.into_iter().flatten() {
            tidy(id, &mut texts);
        }
    }
    let hubs = report.hubs.iter_mut().flat_map(|hub| &mut hub.checks);
    for check in hubs.chain(&mut report.across) {
        tidy(&mut check.id, &mut texts);
        if !known.contains(&check.id.as_str()) {
            check.title.clone_from(&check.id);
            (check.evidence, check.aside) = (None, None);
        }
        let because = check.reason.as_mut().and_then(|reason| reason.because.as_mut());
        let causes = check.causes.iter_mut().map(|cause| &mut cause.id);
        for id in because.into_iter().chain(causes) {
            tidy(id, &mut texts);
        }
    }
    let external = report.hubs.iter_mut().flat_map(|hub| &mut hub.external);
    let (mut checks, mut causes) = (Numbers::default(), Numbers::default());
    external.for_each(|one| without_words(one, &mut checks, &mut causes));
    report
}

/// Names of others, by the order in which they come.
#[derive(Default)]
struct Numbers(Vec<String>);

impl Numbers {
    fn of(&mut self, name: &str) -> usize {
        let place = self.0.iter().position(|known| known == name);
        place.unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        }) + 1
    }
}

/// What programs of others said cannot be read either, and what they are called may name a company.
/// That they found something is kept, with the words that everybody knows.
fn without_words(external: &mut External, checks: &mut Numbers, causes: &mut Numbers) {
    let id = format!("{EXTERNAL}{}", checks.of(&external.id));
    let cause = |cause: &Diagnosis| Diagnosis {
        id: format!("{id}/cause-{}", causes.of(&cause.id)),
        title: String::new(),
        confidence: cause.confidence,
        severity: cause.severity,
        owner: cause.owner,
        proof: Vec::new(),
        ruled_out: Vec::new(),
        remedy: Vec::new(),
        verify: Vec::new(),
        see: Vec::new(),
        hubs: Vec::new(),
    };
    // Made anew, so that a new field cannot slip through.
    *external = External {
        causes: external.causes.iter().map(cause).collect(),
        status: external.status,
        reason: external.reason.as_ref().map(|reason| Reason::of(reason.kind)),
        duration_ms: external.duration_ms,
        exit_code: external.exit_code,
        signal: external.signal,
        ..External::new(id.clone(), id.clone(), String::new())
    };
}

/// Ids of checks and causes, `word` or `word/word`. Anything else is a text, and gets a number.
fn tidy(id: &mut String, texts: &mut Numbers) {
    if id.split('/').count() > 2 || !id.split('/').all(is_word) {
        *id = format!("unknown-{}", texts.of(id));
    }
}

/// What follows from the evidence is made anew.
fn drop_what_is_judged(report: &mut Report) {
    let hubs = report.hubs.iter_mut().flat_map(|hub| &mut hub.checks);
    for check in hubs.chain(&mut report.across) {
        check.causes.clear();
        // Why there was nothing to judge is told from the evidence too.
        if let Some(reason) = check.reason.as_mut().filter(|_| check.evidence.is_some()) {
            reason.detail = None;
        }
    }
    report.across.clear();
    for hub in &mut report.hubs {
        hub.verdict.summary.clear();
        hub.url = None;
    }
    if let Some(review) = &mut report.review {
        review.unknown.clear();
    }
}

/// Where pseudonyms cannot keep what a judgement rests on, the judgement of the real values stands,
/// without the proof. Returns how many causes lost theirs.
fn keep_judgement(real: &Report, made: &mut Report, redactor: &mut Redactor) -> usize {
    let mut lost = 0;
    for (real, made) in real.hubs.iter().zip(&mut made.hubs) {
        if !alike(real, made) {
            lost += real.checks.iter().map(|check| check.causes.len()).sum::<usize>();
            made.verdict = real.verdict.clone();
            made.verdict.summary = redactor.rewritten(None, &real.verdict.summary);
            let checks = real.checks.iter().zip(&mut made.checks);
            checks.for_each(|(real, made)| without_proof(real, made, redactor));
        }
    }
    let same = real.across.len() == made.across.len()
        && real.across.iter().zip(&made.across).all(|(real, made)| same_causes(real, made));
    if !same {
        lost += real.across.iter().map(|check| check.causes.len()).sum::<usize>();
        made.across.clone_from(&real.across);
        for (real, made) in real.across.iter().zip(&mut made.across) {
            (made.evidence, made.aside) = (None, None);
            without_proof(real, made, redactor);
        }
    }
    lost
}

fn alike(real: &Hub, made: &Hub) -> bool {
    crate::review::words(&real.verdict) == crate::review::words(&made.verdict)
        && real.verdict.reached == made.verdict.reached
        && real.checks.len() == made.checks.len()
        && real.checks.iter().zip(&made.checks).all(|(real, made)| {
            let reason = |check: &CheckReport| {
                check.reason.as_ref().map(|reason| (reason.kind, reason.because.clone()))
            };
            real.status == made.status && reason(real) == reason(made) && same_causes(real, made)
        })
}

fn same_causes(real: &CheckReport, made: &CheckReport) -> bool {
    let told = |cause: &Diagnosis| {
        (cause.id.clone(), cause.confidence, cause.severity, cause.owner, cause.hubs.clone())
    };
    real.causes.iter().map(told).eq(made.causes.iter().map(told))
}

fn without_proof(real: &CheckReport, made: &mut CheckReport, redactor: &mut Redactor) {
    made.status = real.status;
    made.reason.clone_from(&real.reason);
    if let Some(detail) = made.reason.as_mut().and_then(|reason| reason.detail.as_mut()) {
        *detail = redactor.rewritten(None, detail);
    }
    let tables = hublink_checks::tables();
    let known = tables.iter().flat_map(|check| check.causes());
    let known: Vec<_> = known.collect();
    made.causes = real
        .causes
        .iter()
        .map(|cause| {
            let row = known.iter().find(|row| row.id == cause.id);
            let remedy = row.map_or(&[][..], |row| row.remedy);
            // Field by field, so that a new one cannot slip through.
            Diagnosis {
                id: cause.id.clone(),
                title: row.map_or_else(String::new, |row| row.title.to_owned()),
                confidence: cause.confidence,
                severity: cause.severity,
                owner: cause.owner,
                proof: Vec::new(),
                ruled_out: Vec::new(),
                remedy: remedy.iter().map(|&step| step.to_owned()).collect(),
                verify: Vec::new(),
                see: row.map_or(&[][..], |row| row.see).iter().map(|&s| s.to_owned()).collect(),
                hubs: cause.hubs.clone(),
            }
        })
        .collect();
}

/// Gives pseudonyms to texts.
struct Redactor {
    names: Pseudonyms,
    vocabulary: &'static BTreeSet<String>,
    own: [(Class, BTreeSet<&'static str>); 5],
    phrases: Vec<&'static str>,
}

impl Redactor {
    fn new(report: &Report) -> Self {
        let vocabulary = words::vocabulary();
        // A pseudonym is no word that stands in the report or means something.
        let mut taken = vocabulary.clone();
        words_of(&serde_json::to_value(report).unwrap_or_default(), &mut taken);
        let classes = [Class::Dn, Class::Host, Class::Link, Class::Name, Class::Path];
        let own = classes.map(|class| {
            (class, class.own_words().unwrap_or_default().split_whitespace().collect())
        });
        let tables = hublink_checks::tables();
        let phrases: Vec<&'static str> =
            tables.iter().flat_map(|check| check.public_names()).collect();
        let hosts =
            phrases.iter().copied().filter(|name| name.contains('.') && !name.contains(' '));
        Self { names: Pseudonyms::new(taken, hosts.collect()), vocabulary, own, phrases }
    }

    /// Whether a word, or a run with dots, stays in a text of this class.
    fn keeps(&self, class: Class, word: &str) -> bool {
        let lower = word.to_lowercase();
        match self.own.iter().find(|(own, _)| *own == class) {
            Some((_, words)) => words.contains(lower.as_str()),
            None => self.vocabulary.contains(&lower),
        }
    }

    fn rewritten(&mut self, class: Option<Class>, text: &str) -> String {
        if Timestamp::parse(text).is_ok() {
            return text.to_owned();
        }
        self.text(class.unwrap_or(Class::Text), text)
    }
}

/// Every word of every text of a document, in lower case.
fn words_of(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let parts = text.split(|c: char| !c.is_alphanumeric());
            words.extend(parts.filter(|part| part.len() > 2).map(str::to_lowercase));
        }
        Value::Array(list) => list.iter().for_each(|value| words_of(value, words)),
        Value::Object(map) => map.values().for_each(|value| words_of(value, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_directory_is_found_in_texts_of_others_and_nothing_that_begins_like_it() {
        let person = Person { home: Some("/home/alice".to_owned()), ..Person::default() };
        let hidden = |text: &str| person.hide_home(text).0;
        assert_eq!(hidden("in /home/alice: (/home/alice/x), /home/alice."), "in ~: (~/x), ~.");
        let count = person.hide_home("/home/alice /home/alice/a").1;
        assert_eq!(count, 2);
        for other in ["/home/alice2", "/home/alice.old/x", "/mnt/home/alice", "x/home/alice", "é"]
        {
            assert_eq!(hidden(other), other);
        }
        let windows = Person { home: Some("C:\\Users\\Anna M".to_owned()), ..Person::default() };
        assert_eq!(windows.hide_home("at c:/users/anna m\\x").0, "at ~\\x");
        assert_eq!(Person::default().hide_home("/home/alice").0, "/home/alice");
    }
}
