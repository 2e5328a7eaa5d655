//! What was seen of names, in words for a proof.

use std::net::{IpAddr, SocketAddr};

use hublink_probe::DnsReply;

use super::{Evidence, Trial};
use crate::certificate::NameMatch;
use crate::frame::Proof;

/// The servers a statement is about, for people.
pub(super) fn servers<'a>(replies: impl IntoIterator<Item = &'a DnsReply>) -> String {
    let mut list: Vec<String> = Vec::new();
    for reply in replies {
        let server = server(reply.server);
        if !list.contains(&server) {
            list.push(server);
        }
    }
    list.join(" and ")
}

/// A name server, its port only where it is not the usual one.
pub(super) fn server(address: SocketAddr) -> String {
    match address.port() {
        53 => address.ip().to_string(),
        _ => address.to_string(),
    }
}

/// The name of a response code, with its number.
pub(super) fn rcode(code: u16) -> String {
    let name = match code {
        0 => "no error",
        1 => "format error",
        2 => "server failure",
        3 => "no such name",
        4 => "not implemented",
        5 => "refused",
        _ => "response code",
    };
    format!("{name} (rcode {code})")
}

pub(super) fn outcome(reply: &DnsReply) -> String {
    match (reply.rcode, reply.failure) {
        (Some(0), _) if reply.answers.is_empty() => "no error, but no record".to_owned(),
        (Some(0), _) if reply.addresses().count() > 0 => list(reply.addresses()),
        (Some(code), _) => rcode(code),
        (None, Some(failure)) => failure.what(),
        (None, None) => "nothing".to_owned(),
    }
}

pub(super) fn list(addresses: impl IntoIterator<Item = IpAddr>) -> String {
    let addresses: Vec<String> = addresses.into_iter().map(|ip| ip.to_string()).collect();
    if addresses.is_empty() { "no address".to_owned() } else { addresses.join(", ") }
}

/// Every observation of the check, for a proof.
pub(super) fn raw(e: &Evidence) -> Proof {
    let system = match e.system.failure {
        Some(failure) => format!("{} after {} ms", failure.what(), e.system.took_ms),
        None => format!("{} after {} ms", list(e.addresses.iter().copied()), e.system.took_ms),
    };
    let at = if e.system.replaced { "look-up at --resolver" } else { "system look-up" };
    let proof = Proof::seen(format!("{at} of {}", e.host), system);
    replies(proof, e.replies.iter().chain(&e.again).chain(&e.controls))
}

/// Adds replies to a proof.
pub(super) fn replies<'a>(proof: Proof, replies: impl IntoIterator<Item = &'a DnsReply>) -> Proof {
    replies.into_iter().fold(proof, |proof, reply| {
        let name = if reply.name == "." { "the root of all names" } else { &reply.name };
        let unchecked = if reply.unchecked { ", signatures unchecked" } else { "" };
        let question =
            format!("{} asked for {name}, {}{unchecked}", reply.server, reply.kind.label());
        proof.and(question, format!("{} after {} ms", outcome(reply), reply.took_ms))
    })
}

/// Adds trials to a proof.
pub(super) fn trials<'a>(proof: Proof, trials: impl IntoIterator<Item = &'a Trial>) -> Proof {
    trials.into_iter().fold(proof, |proof, trial| {
        let at =
            format!("TLS for {} at {}", trial.handshake.server_name, trial.handshake.connect.to);
        proof.and(at, trial_outcome(trial))
    })
}

fn trial_outcome(trial: &Trial) -> String {
    let handshake = &trial.handshake;
    if let Some(failure) = handshake.connect.failure.or(handshake.failure) {
        return failure.to_string();
    }
    let issuer = if trial.trusted { "" } else { ", of an issuer not trusted here" };
    match trial.name {
        name if name.accepted() => format!("works, with a certificate for the name{issuer}"),
        NameMatch::OnlyCn => format!("works, with an old certificate for the name{issuer}"),
        _ => "a server that has no certificate for the name".to_owned(),
    }
}
