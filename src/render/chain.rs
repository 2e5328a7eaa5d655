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
    let missing = above(evidence, top).map(|(name, told)| Row {
        name,
        told: told.to_owned(),
        at_fault: evidence.is_open(),
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

/// The certificates of the path, from the root down; what is at fault is marked. Each takes one
/// line, or two where `margin` leaves too little of the width.
#[must_use]
pub fn lines(evidence: &Evidence, style: Style, margin: usize) -> Vec<String> {
    let rows = rows(evidence);
    if rows.is_empty() {
        return vec!["no certificate that can be read".to_owned()];
    }
    let names: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(depth, row)| {
            let mark = if row.at_fault { "  ✗ at fault" } else { "" };
            format!("{}{}{mark}", indent(depth), clean(&row.name))
        })
        .collect();
    let length = |text: &str| text.chars().count();
    let column = names.iter().map(|name| length(name)).max().unwrap_or(0) + 2;
    let told: Vec<String> = rows.iter().map(|row| clean(&row.told)).collect();
    let longest = told.iter().map(|told| length(told)).max().unwrap_or(0);
    let in_two = margin + column + longest > style.width;
    let drawn = rows.iter().zip(names).zip(told).enumerate();
    let drawn = drawn.flat_map(|(depth, ((row, name), told))| {
        let lines = if in_two {
            vec![name, format!("{}{told}", "   ".repeat(depth + 1))]
        } else {
            vec![format!("{name}{}{told}", " ".repeat(column - length(&name)))]
        };
        let paint = move |line: String| {
            if row.at_fault { style.paint(&line, Colorize::red).to_string() } else { line }
        };
        lines.into_iter().map(paint)
    });
    drawn.collect()
}

fn indent(depth: usize) -> String {
    match depth {
        0 => String::new(),
        deeper => format!("{}└─ ", "   ".repeat(deeper - 1)),
    }
}

/// The name of the issuer that is neither in the chain nor among the trusted roots, and why it
/// does not count.
fn above(evidence: &Evidence, top: &Step<'_>) -> Option<(String, &'static str)> {
    let certificate = evidence.examined.chain.get(top.index?)?;
    let told = match certificate.issued_by {
        IssuedBy::Unknown => "neither sent nor trusted here",
        IssuedBy::BadSignature => "not here; another one of that name is",
        _ => return None,
    };
    let facts = certificate.facts.as_ref().filter(|_| !top.is_root)?;
    Some((facts.issuer_cn.clone().unwrap_or_else(|| facts.issuer.clone()), told))
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
        (true, _) => ", trusted here",
        (false, Some(0)) => "",
        (false, _) if facts.self_issued => ", not trusted here",
        _ => "",
    };
    let fetched = step.index.is_some_and(|index| index >= evidence.examined.presented());
    let sent = if fetched { ", not sent but fetched" } else { "" };
    let begin = facts.not_before.0.date();
    format!("{begin} to {until}, {}{trusted}{sent}", facts.key.label())
}

#[cfg(test)]
mod tests {
    use hublink_checks::certificate::Examination;
    use serde_json::{Value, json};

    use super::*;

    fn certificate(cn: &str, issuer: &str, until: &str, by: &Value) -> Value {
        json!({
            "subject": format!("CN={cn}"), "subject_cn": cn,
            "issuer": format!("CN={issuer}"), "issuer_cn": issuer,
            "serial": "01", "not_before": "2026-01-01T00:00:00Z", "not_after": until,
            "key": { "kind": "ec", "bits": 256 }, "signature_algorithm": "ecdsaWithSHA256",
            "is_ca": cn != "hub.test", "self_issued": cn == issuer, "fingerprint": cn,
            "in_path": true, "issued_by": by
        })
    }

    fn drawn(chain: &[Value], width: usize) -> String {
        let examined: Examination = serde_json::from_value(json!({
            "host": "hub.test", "now": "2026-11-24T00:00:00Z", "name": "exact", "roots": 1,
            "chain": chain
        }))
        .expect("an examination");
        let style = Style { width, colour: false };
        lines(&Evidence::offline(examined), style, 2).join("\n")
    }

    #[test]
    fn a_chain_reads_from_the_root_down_with_what_is_at_fault() {
        let own = |by| certificate("hub.test", "Corp Issuing", "2027-06-01T00:00:00Z", &by);
        let by_next = json!({ "by": "certificate", "index": 1 });
        let ended = "2026-11-20T00:00:00Z";
        let issuing = certificate("Corp Issuing", "Corp Root", ended, &json!({ "by": "unknown" }));
        let broken = [own(by_next), issuing];
        let wide = "\
Corp Root                    neither sent nor trusted here
└─ Corp Issuing  ✗ at fault  2026-01-01 to 2026-11-20, 4 days ago, ECDSA 256
   └─ hub.test               2026-01-01 to 2027-06-01, ECDSA 256";
        assert_eq!(drawn(&broken, 100), wide);
        let narrow = "\
Corp Root
   neither sent nor trusted here
└─ Corp Issuing  ✗ at fault
      2026-01-01 to 2026-11-20, 4 days ago, ECDSA 256
   └─ hub.test
         2026-01-01 to 2027-06-01, ECDSA 256";
        assert_eq!(drawn(&broken, 60), narrow);
        let open = [own(json!({ "by": "unknown" }))];
        let missing = "\
Corp Issuing  ✗ at fault  neither sent nor trusted here
└─ hub.test               2026-01-01 to 2027-06-01, ECDSA 256";
        assert_eq!(drawn(&open, 100), missing);
    }
}
