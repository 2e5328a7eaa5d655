//! From evidence to diagnoses: one walk over one table.

use super::command::verified;
use super::{Case, Cause, Confidence, Diagnosis, Owner, Proof, Severity, Status};

/// The causes that the evidence proves: worst first, then the surest, then the most specific.
///
/// A more specific cause silences the general one it contains; the fallback speaks only when
/// nothing else explains why the step failed.
#[must_use]
pub fn judge<E>(table: &[Cause<E>], evidence: &E, case: &Case) -> Vec<Diagnosis> {
    let mut proven: Vec<(&Cause<E>, Proof)> = table
        .iter()
        .filter(|cause| !cause.fallback)
        .filter_map(|cause| (cause.when)(evidence, case).map(|proof| (cause, proof)))
        .collect();
    let silenced: Vec<&str> =
        proven.iter().flat_map(|(cause, _)| cause.suppresses).copied().collect();
    proven.retain(|(cause, _)| !silenced.contains(&cause.id));
    let explained = proven.iter().any(|(cause, proof)| severity(cause, proof) == Severity::Blocks);
    // Where the step is not taken, that it fails needs no explanation.
    let is_taken = |cause: &&Cause<E>| !(case.goes_through_proxy() && is_of_direct_way(cause.id));
    if !explained {
        proven.extend(table.iter().filter(|cause| cause.fallback).filter(is_taken).filter_map(
            |cause| {
                let proof = (cause.when)(evidence, case)?;
                Some((cause, with_considered(table, proof)))
            },
        ));
    }
    proven.sort_by_key(|(cause, proof)| {
        std::cmp::Reverse((severity(cause, proof), confidence(cause, proof, case)))
    });
    proven.into_iter().map(|(cause, proof)| diagnose(cause, proof, case)).collect()
}

/// The status that a list of causes amounts to.
#[must_use]
pub fn status_of(causes: &[Diagnosis]) -> Status {
    match causes.iter().map(|cause| cause.severity).max() {
        Some(Severity::Blocks) => Status::Failed,
        Some(Severity::Degrades) => Status::Warned,
        Some(Severity::Informs) | None => Status::Passed,
    }
}

fn severity<E>(cause: &Cause<E>, proof: &Proof) -> Severity {
    proof.severity.unwrap_or(cause.severity)
}

/// A fallback lists what was considered, so that its reader knows what it is not.
fn with_considered<E>(table: &[Cause<E>], proof: Proof) -> Proof {
    let considered = table.iter().filter(|cause| !cause.fallback).map(|cause| cause.id);
    considered.fold(proof, |proof, id| proof.not(format!("{id}: its evidence is not complete")))
}

fn diagnose<E>(row: &Cause<E>, proof: Proof, case: &Case) -> Diagnosis {
    let stated = proof.owner.unwrap_or(row.owner);
    let not_taken =
        case.way().proxy().filter(|_| is_of_direct_way(row.id)).map(ToString::to_string);
    let severity = match not_taken {
        Some(_) => Severity::Informs,
        None => severity(row, &proof),
    };
    let remedy = match not_taken {
        Some(ref proxy) => {
            vec![format!("Nothing has to be done: the way to the hub leads through {proxy}.")]
        }
        None => row.remedy.iter().map(|step| fill(step, &proof, case)).collect(),
    };
    let verify = match not_taken {
        Some(_) => Vec::new(),
        None => verified(row.verify, row.id, severity, &proof, case),
    };
    let owner = if not_taken.is_some() { Owner::You } else { stated };
    Diagnosis {
        id: row.id.to_owned(),
        title: row.title.to_owned(),
        confidence: confidence(row, &proof, case),
        severity,
        owner,
        remedy,
        verify,
        proof: proof.lines,
        ruled_out: proof.ruled_out,
        hubs: proof.hubs,
        see: row.see.iter().map(|&s| s.to_owned()).collect(),
    }
}

/// Whether a check, or a cause by its id, is about looking the hub up and connecting to it without
/// a proxy. Behind a proxy that is a fact and no finding: the proxy does both in our place.
#[must_use]
pub fn is_of_direct_way(id: &str) -> bool {
    matches!(id.split('/').next(), Some("dns" | "tcp"))
}

/// What the table allows, less what is missing on this run.
fn confidence<E>(row: &Cause<E>, proof: &Proof, case: &Case) -> Confidence {
    if row.fallback {
        return row.confidence;
    }
    let stated = proof.confidence.map_or(row.confidence, |c| c.min(row.confidence));
    // A proxy on the way has its part in how a handshake ends.
    let relayed = row.id.starts_with("tls/") && case.goes_through_proxy();
    let documented = proof.only_documented || is_only_documented(row.id);
    let unverified = case.facts.os == "windows" && documented;
    if relayed || unverified { stated.lowered() } else { stated }
}

/// Causes whose evidence on Windows is known from documents alone: what Desktop's installer writes,
/// what its engine answers, and what browsers do with links of programs; where it takes its proxy from
/// was not seen on a real one yet, nor were the numbers that stand for ICMP errors, exhausted ports
/// and missing routes, nor how soon a refusal comes when the SYN is sent only once, nor by which
/// status SSPI makes no ticket.
fn is_only_documented(id: &str) -> bool {
    let seen_nowhere = [
        "client/browser-blocks-link",
        "client/desktop-outdated",
        "client/link-handler-missing",
        "hubs-file/changed-after-start",
        "login/domain-controller-unreachable",
        "login/spn-missing",
        "tcp/blocked-on-this-computer",
        "tcp/host-down",
        "tcp/off-network",
        "tcp/ports-exhausted",
        "tcp/rejected-on-the-way",
    ];
    id.starts_with("proxy/") || seen_nowhere.contains(&id)
}

/// Fills the holes of a remedy with this user's own values.
fn fill(step: &str, proof: &Proof, case: &Case) -> String {
    let hub = case.facts.hub.as_ref();
    filled(step, |hole| {
        proof.values.get(hole).cloned().or_else(|| match hole {
            "host" => hub.map(|hub| hub.host.clone()),
            "port" => hub.map(|hub| hub.port.to_string()),
            "prefix" => hub.and_then(|hub| hub.prefix.clone()),
            _ => None,
        })
    })
}

/// A text with its holes filled.
///
/// A hole without a value stays as it is: it is a placeholder a person still understands.
pub(super) fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((hole, after)) = after.split_once('>') else { break };
        filled.push_str(before);
        filled.push_str(&value(hole).unwrap_or_else(|| format!("<{hole}>")));
        rest = after;
    }
    filled.push_str(rest);
    filled
}
