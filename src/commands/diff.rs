//! `hublink diff`: what changed between two reports, for whoever is asked why it worked yesterday.

use std::path::Path;

use super::super::Failed;
use crate::cli::Shape;
use crate::diff::{Causes, Changed, Diff, HubDiff, Named, Side, State, compare};
use crate::exit::Exit;
use crate::output::json_document;
use crate::render::clean;
use crate::review::{Saved, read};

/// So many hubs that are alike are named.
const ALIKE: usize = 12;

/// The comparison as text, and whether anything differs.
///
/// # Errors
/// If a report cannot be read.
pub fn diff(old: &Path, new: &Path, shape: Shape) -> Result<(String, Exit), Failed> {
    if old == Path::new("-") && new == Path::new("-") {
        return Err(Failed::usage("standard input holds one report, not two"));
    }
    let saved = |path: &Path| -> Result<Saved, Failed> {
        read(path, &mut std::io::stdin().lock()).map_err(|error| Failed::usage(error.to_string()))
    };
    let diff = compare(&saved(old)?, &saved(new)?);
    let text = match shape {
        Shape::Json => json_document(&diff),
        Shape::Human => human(&diff),
    };
    Ok((text, if diff.differs { Exit::Bad } else { Exit::Good }))
}

fn human(diff: &Diff) -> String {
    let mut page = Page(String::new());
    page.side("old", &diff.old);
    page.side("new", &diff.new);
    for note in &diff.notes {
        page.line(&format!("note {note}"));
    }
    page.line("");
    if !diff.across.is_empty() {
        page.line("SEVERAL HUBS");
        page.causes(&diff.across);
        page.line("");
    }
    let (alike, other): (Vec<&HubDiff>, Vec<&HubDiff>) =
        diff.hubs.iter().partition(|hub| hub.state == State::Same);
    for hub in other {
        page.hub(hub);
    }
    page.alike(&alike);
    if !diff.differs {
        page.line("No difference in meaning: the same verdicts, causes and values.");
    }
    if !diff.surroundings.is_empty() {
        page.line("");
        page.line("Where they were made differs, which may explain it:");
        for changed in &diff.surroundings {
            page.changed(&changed.what, changed);
        }
    }
    page.0
}

/// The beginning of a fingerprint is enough to tell it from another.
fn brief(text: &str) -> String {
    let short = |word: &str| match word.len() {
        40.. if word.bytes().all(|byte| byte.is_ascii_hexdigit()) => format!("{}…", &word[..16]),
        _ => word.to_owned(),
    };
    text.split(", ").map(short).collect::<Vec<_>>().join(", ")
}

struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(clean(text).trim_end());
        self.0.push('\n');
    }

    fn side(&mut self, which: &str, side: &Side) {
        let hubs = if side.hubs == 1 { "hub" } else { "hubs" };
        self.line(&format!(
            "{which}  {}, {} {hubs}, {} {}",
            side.started, side.hubs, side.tool.name, side.tool.version
        ));
    }

    fn changed(&mut self, what: &str, changed: &Changed) {
        let told = |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), brief);
        let (old, new) = (told(&changed.old), told(&changed.new));
        // Two long texts are compared better one above the other.
        if old.chars().count() + new.chars().count() > 60 {
            self.line(&format!("  {what}"));
            self.line(&format!("    old  {old}"));
            self.line(&format!("    new  {new}"));
        } else {
            self.line(&format!("  {what}: {old} -> {new}"));
        }
    }

    fn hub(&mut self, hub: &HubDiff) {
        let url = hub.url.as_deref().map_or_else(String::new, |url| format!("  {url}"));
        let ready = hub.verdict.iter().find(|changed| changed.what == "ready");
        let told = |value: Option<&String>| match value.map(String::as_str) {
            Some("yes") => "READY",
            Some("no") => "NOT READY",
            Some("unknown") => "CANNOT TELL",
            _ => "",
        };
        let (before, now) = (ready.map(|r| r.old.as_ref()), ready.map(|r| r.new.as_ref()));
        let mark = match (hub.state, ready) {
            (State::Added, _) => format!("ADDED, {}", told(now.flatten())),
            (State::Gone, _) => format!("GONE, was {}", told(before.flatten())),
            (_, Some(_)) => format!("{} -> {}", told(before.flatten()), told(now.flatten())),
            (_, None) => "CHANGED".to_owned(),
        };
        self.line(&format!("{mark}  {}{url}", hub.name));
        let cause = hub.verdict.iter().find(|changed| changed.what == "cause");
        if let (State::Added | State::Gone, Some(cause)) = (hub.state, cause) {
            let id = cause.old.as_ref().or(cause.new.as_ref()).cloned().unwrap_or_default();
            self.line(&format!("  cause: {id}"));
        }
        self.causes(&hub.causes);
        // A cause that came or went says what it changed in the verdict.
        let told_by_causes = !(hub.causes.gone.is_empty() && hub.causes.new.is_empty());
        let of_verdict = hub.verdict.iter().filter(|changed| {
            hub.state == State::Changed && changed.what != "ready" && !told_by_causes
        });
        for changed in of_verdict {
            self.changed(&changed.what.replace('_', " "), changed);
        }
        for changed in &hub.values {
            self.changed(&changed.what, changed);
        }
        for changed in &hub.times {
            self.changed(&format!("time of the check {}", changed.what), changed);
        }
        self.line("");
    }

    fn causes(&mut self, causes: &Causes) {
        let mut list = |what: &str, named: &[Named]| {
            for cause in named {
                let (id, sure) = (&cause.id, cause.confidence.label());
                let (owner, does) = (cause.owner.label(), cause.severity.label());
                self.line(&format!("  {what}  {id} ({sure}, {does}; {owner})"));
                self.line(&format!("        {}", cause.title));
            }
        };
        list("gone", &causes.gone);
        list("new ", &causes.new);
        for changed in &causes.changed {
            self.changed(&changed.what, changed);
        }
    }

    fn alike(&mut self, hubs: &[&HubDiff]) {
        if hubs.is_empty() {
            return;
        }
        let names: Vec<&str> = hubs.iter().take(ALIKE).map(|hub| hub.name.as_str()).collect();
        let more = hubs.len().saturating_sub(ALIKE);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        self.line(&format!("As before: {}{more}.", names.join(", ")));
        for hub in hubs {
            for changed in &hub.times {
                self.changed(&format!("{}, time of the check {}", hub.name, changed.what), changed);
            }
        }
    }
}
