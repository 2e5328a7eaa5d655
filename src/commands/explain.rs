//! `hublink explain`: the page of a cause, from the same tables that judge.

use hublink_checks::frame::{CauseInfo, ErasedCheck, Verify, expected};

use std::collections::BTreeMap;

use hublink_checks::frame::ProofLine;
use serde::{Deserialize, Serialize};

use super::super::Failed;
use crate::packed::EXAMPLES;
use crate::report::EXTERNAL;

/// So many observations of an example stand on a page.
const OBSERVATIONS: usize = 6;

/// What a cause looks like when it is found.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Example {
    /// What was seen, in one sentence.
    pub about: String,
    /// The evidence that proves it.
    pub proof: Vec<ProofLine>,
}

/// The page of a cause, or the list of all of them.
///
/// # Errors
/// If no cause has that id.
pub fn explain(id: Option<&str>) -> Result<String, Failed> {
    let Some(id) = id else { return Ok(list()) };
    for check in &hublink_checks::tables() {
        if let Some(cause) = check.causes().iter().find(|cause| cause.id == id) {
            // A page without its example still explains.
            let examples: BTreeMap<String, Example> =
                serde_json::from_str(&EXAMPLES.text()).unwrap_or_default();
            return Ok(page(*check, cause, examples.get(id)));
        }
    }
    let failed = Failed::usage(format!("no cause is called {id:?}"));
    if id.starts_with(EXTERNAL) {
        return Err(
            failed.hint("an external check named it; the report has all that is known of it")
        );
    }
    Err(match nearest(id) {
        Some(known) => failed.hint(format!("did you mean {known}?")),
        None => failed.hint("`hublink explain` lists them all"),
    })
}

fn list() -> String {
    let mut lines = Vec::new();
    for check in &hublink_checks::tables() {
        lines.push(format!("{}: {}\n", check.meta().id, check.meta().title));
        for cause in check.causes() {
            lines.push(format!("  {:<34} {}\n", cause.id, cause.title));
        }
        lines.push("\n".to_owned());
    }
    lines.concat()
}

/// One cause as Markdown.
#[must_use]
pub fn page(check: &dyn ErasedCheck, cause: &CauseInfo, example: Option<&Example>) -> String {
    let mut parts = vec![
        format!("# {}\n\n{}\n\n{}\n\n", cause.id, cause.title, cause.explain),
        "| | |\n|---|---|\n".to_owned(),
        format!("| found by | `{}`: {} |\n", check.meta().id, check.meta().title),
        format!("| who has to act | {} |\n", cause.owner.label()),
        format!("| what it does | {} |\n", effect(cause)),
        format!("| how sure at most | {} |\n", cause.confidence.label()),
    ];
    parts.extend(example.map(recognised));
    parts.push(format!("\n## What to do\n\n{}", bullets(cause.remedy)));
    parts.push("\n## How to see that it helped\n\nOn the same computer:\n\n".to_owned());
    parts.push(commands(cause));
    parts.push("\nA report has your own values where ‹…› stands.\n".to_owned());
    if !cause.look_alikes.is_empty() {
        parts.push(format!("\n## What looks alike\n\n{}", bullets(cause.look_alikes)));
    }
    if !cause.suppresses.is_empty() {
        let list: Vec<String> = cause.suppresses.iter().map(|id| format!("`{id}`")).collect();
        parts.push(format!(
            "\nWhere it is found, {} is not named as well: that would only say less.\n",
            list.join(" or ")
        ));
    }
    parts.push(format!("\n## Sources\n\n{}", bullets(cause.see)));
    parts.concat()
}

fn bullets(items: &[&str]) -> String {
    items.iter().map(|item| format!("- {}\n", markdown(item))).collect::<Vec<_>>().concat()
}

/// What was compared says most; the rest is context.
fn recognised(example: &Example) -> String {
    let (compared, context): (Vec<&ProofLine>, Vec<&ProofLine>) =
        example.proof.iter().partition(|line| line.expected.is_some());
    let line = |line: &&ProofLine| match &line.expected {
        Some(expected) => format!("{}: expected {expected}, seen {}", line.at, line.seen),
        None => format!("{}: {}", line.at, line.seen),
    };
    let shown: Vec<String> = compared.iter().chain(&context).take(OBSERVATIONS).map(line).collect();
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    format!(
        "\n## How it is recognised\n\nFor example: {}\n\n{}",
        markdown(&example.about),
        bullets(&shown)
    )
}

fn commands(cause: &CauseInfo) -> String {
    let command = |verify: &Verify| {
        let expect = expected(verify, cause.id, cause.severity);
        format!("- `{}` {expect}.\n", markdown(verify.command))
    };
    cause.verify.iter().map(command).collect()
}

fn effect(cause: &CauseInfo) -> &'static str {
    use hublink_checks::frame::Severity;

    match cause.severity {
        Severity::Blocks => "blocks: Desktop cannot log in",
        Severity::Degrades => "degrades: the login works, but slowly, rarely or with risk",
        Severity::Informs => "informs: nothing is wrong, but it is worth knowing",
    }
}

/// Holes such as `<host>` would vanish as HTML tags.
fn markdown(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›")
}

/// The known id that shares the longest beginning or ending with a wrong one.
fn nearest(id: &str) -> Option<&'static str> {
    let known =
        hublink_checks::tables().into_iter().flat_map(ErasedCheck::causes).map(|cause| cause.id);
    let short = id.rsplit('/').next().unwrap_or(id);
    let alike = |known: &str| {
        let theirs = known.rsplit('/').next().unwrap_or(known);
        theirs.chars().zip(short.chars()).take_while(|(a, b)| a == b).count()
    };
    known.max_by_key(|known| alike(known)).filter(|known| alike(known) >= 4)
}
