//! A chain of certificates as a person draws it: the root on top, the hub's own below.

use colored::Colorize;
use hublink_checks::certificate::{CertificateFacts, Evidence, IssuedBy, Step};

use super::{Style, clean};

/// One certificate of the path, from the root down.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Its name; for one that is missing, the name its issuer is called by.
    pub name: String,
    /// What it says, in short.
    pub told: String,
    /// The judgement says it is at fault.
    pub at_fault: bool,
    /// What it is: `root`, `issuer`, `the hub's own`, or `missing`.
    pub part: &'static str,
    /// What it says in full; `None` for one that is missing.
    pub facts: Option<&'a CertificateFacts>,
}

/// The path from the root down; empty if no certificate can be read.
#[must_use]
pub fn rows(evidence: &Evidence) -> Vec<Row<'_>> {
    let path = evidence.examined.path();
    let Some(top) = path.last() else { return Vec::new() };
    let faulty = evidence.faulty();
    let missing = above(evidence, top).map(|name| Row {
        name,
        told: "not here, so it cannot vouch".to_owned(),
        at_fault: false,
        part: "missing",
        facts: None,
    });
    let steps = path.iter().rev().map(|step| Row {
        name: name(step.facts).to_owned(),
        told: told(evidence, step),
        at_fault: step.index.is_some() && step.index == faulty,
        part: match step.index {
            Some(0) => "the hub's own",
            _ if step.is_root || step.facts.self_issued => "root",
            _ => "issuer",
        },
        facts: Some(step.facts),
    });
    missing.into_iter().chain(steps).collect()
}

/// One line per certificate of the path, from the root down; what is at fault is marked.
#[must_use]
pub fn lines(evidence: &Evidence, style: Style) -> Vec<String> {
    let rows = rows(evidence);
    if rows.is_empty() {
        return vec!["no certificate that can be read".to_owned()];
    }
    let widest = rows
        .iter()
        .enumerate()
        .map(|(depth, row)| indent(depth).chars().count() + row.name.chars().count());
    let column = widest.max().unwrap_or(0).min(48) + 2;
    rows.iter()
        .enumerate()
        .map(|(depth, row)| {
            let left = format!("{}{}", indent(depth), clean(&row.name));
            let gap = " ".repeat(column.saturating_sub(left.chars().count()).max(2));
            let line = format!("{left}{gap}{}", clean(&row.told));
            if row.at_fault {
                style.paint(&format!("{line}  ✗ at fault"), Colorize::red).to_string()
            } else {
                line
            }
        })
        .collect()
}

fn indent(depth: usize) -> String {
    match depth {
        0 => String::new(),
        deeper => format!("{}└─ ", "   ".repeat(deeper - 1)),
    }
}

/// The name of the issuer that is neither in the chain nor among the trusted roots.
fn above(evidence: &Evidence, top: &Step<'_>) -> Option<String> {
    let certificate = evidence.examined.chain.get(top.index?)?;
    let unknown = matches!(certificate.issued_by, IssuedBy::Unknown | IssuedBy::BadSignature);
    let facts = certificate.facts.as_ref().filter(|_| unknown && !top.is_root)?;
    Some(facts.issuer_cn.clone().unwrap_or_else(|| facts.issuer.clone()))
}

fn name(facts: &CertificateFacts) -> &str {
    facts.subject_cn.as_deref().filter(|cn| !cn.is_empty()).unwrap_or(&facts.subject)
}

fn told(evidence: &Evidence, step: &Step<'_>) -> String {
    let facts = step.facts;
    let days = (facts.not_after.0 - evidence.examined.now.0).whole_days();
    let left = match days {
        ..-1 => format!("{} days ago", -days),
        -1 => "1 day ago".to_owned(),
        0 if facts.not_after < evidence.examined.now => "less than a day ago".to_owned(),
        0 => "in less than a day".to_owned(),
        1 => "in 1 day".to_owned(),
        2..60 => format!("in {days} days"),
        _ => String::new(),
    };
    let end = facts.not_after.0.date();
    let until = if left.is_empty() { end.to_string() } else { format!("{end}, {left}") };
    let trusted = match (step.is_root, step.index) {
        (true, _) => ", a root this computer trusts",
        (false, Some(0)) => "",
        (false, _) if facts.self_issued => ", a root this computer does not trust",
        _ => "",
    };
    format!("{} to {until}, {}{trusted}", facts.not_before.0.date(), facts.key.label())
}
