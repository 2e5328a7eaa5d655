//! Proofs about the name itself: absent, without an address, known elsewhere only.

use std::net::SocketAddr;

use hublink_probe::{DnsReply, RecordKind};

use super::rules::{is_unreached, missing, missing_vpn};
use super::servers::{answered, others_fine};
use super::text::{raw, replies, trials};
use super::{Evidence, Trial, failed};
use crate::frame::{Case, Confidence, Proof, is_neighbour, is_private};

/// Resolvers in use give up after 8 to 17 aliases; nobody needs that many.
const LONGEST_CHAIN: usize = 10;

pub(super) fn record_broken(e: &Evidence, case: &Case) -> Option<Proof> {
    if !failed(e) {
        return None;
    }
    let answered = answered(e)?;
    if let Some((chain, by_all)) = dangling(&answered) {
        let proof = raw(e).and("alias chain", &chain).value("chain", chain);
        let proof = if by_all { proof } else { proof.at_most(Confidence::Likely) };
        return Some(unless_known_inside(proof, case));
    }
    if let Some(chain) = endless(e, &answered) {
        let steps = e.closer.iter().flat_map(|closer| &closer.chain);
        return Some(
            replies(raw(e), steps)
                .not("dns/zone-failure: the aliases themselves are answered, and lead nowhere")
                .and("alias chain", &chain)
                .value("chain", chain),
        );
    }
    let empty = |kind| {
        answered.iter().any(|r| r.kind == kind && r.rcode == Some(0) && r.addresses().count() == 0)
    };
    let nothing = answered.iter().all(|reply| reply.addresses().count() == 0);
    (nothing && empty(RecordKind::A) && empty(RecordKind::Aaaa)).then(|| {
        let proof = raw(e)
            .not("dns/name-not-found: the answer is \"no error\", so the name exists")
            .value("chain", "it has neither an IPv4 nor an IPv6 address");
        unless_known_inside(proof, case)
    })
}

/// An alias for a name that does not exist, and whether every server that answered says so.
fn dangling(answered: &[&DnsReply]) -> Option<(String, bool)> {
    let leads_nowhere = |reply: &&&DnsReply| reply.rcode == Some(3) && reply.aliases().count() > 0;
    let reply = answered.iter().find(leads_nowhere)?;
    let aliases: Vec<&str> = reply.aliases().collect();
    let chain = format!("{} → {}, which does not exist", reply.name, aliases.join(" → "));
    Some((chain, answered.iter().all(|reply| leads_nowhere(&reply))))
}

/// What leads nowhere out here may well lead somewhere inside the company.
fn unless_known_inside(proof: Proof, case: &Case) -> Proof {
    match missing_vpn(case) {
        Some(down) => proof
            .and(format!("VPN adapter \"{}\"", down.name), "exists and is not connected")
            .at_most(Confidence::Possible),
        None => proof,
    }
}

/// Aliases in a circle, or more of them than resolvers follow. To a resolver both are a failure
/// (rcode 2). Some show the aliases with it; for others they were followed step by step.
fn endless(e: &Evidence, answered: &[&DnsReply]) -> Option<String> {
    if !answered.iter().all(|reply| reply.rcode == Some(2)) {
        return None;
    }
    let shown = answered.iter().map(|reply| aliases([*reply]));
    let followed = e.closer.iter().map(|closer| aliases(&closer.chain));
    shown.chain(followed).find_map(|names| {
        let (last, before) = names.split_last()?;
        let in_a_circle = before.iter().any(|name| name.eq_ignore_ascii_case(last));
        let what = if in_a_circle { "a circle" } else { "too many aliases" };
        let too_many = before.len() > LONGEST_CHAIN;
        (in_a_circle || too_many).then(|| format!("{}: {what}", names.join(" → ")))
    })
}

/// The names of an alias chain, from the first to where the last alias leads.
fn aliases<'e>(replies: impl IntoIterator<Item = &'e DnsReply>) -> Vec<&'e str> {
    let mut names: Vec<&str> = Vec::new();
    let records = replies.into_iter().flat_map(|reply| &reply.answers);
    for record in records.filter(|record| record.kind == "CNAME") {
        if names.is_empty() {
            names.push(&record.name);
        }
        names.push(&record.value);
    }
    names
}

/// Every server that answered says that there is no such name.
fn is_denied(e: &Evidence) -> bool {
    failed(e)
        && answered(e).is_some_and(|answered| {
            let no_such_name = |r: &&DnsReply| r.rcode == Some(3) && r.aliases().count() == 0;
            answered.iter().all(no_such_name)
        })
}

pub(super) fn name_not_found(e: &Evidence, _: &Case) -> Option<Proof> {
    if !is_denied(e) {
        return None;
    }
    let proof = raw(e).not("a malformed answer: the response code is 3, \"no such name\"");
    let all_answered = e.replies.iter().all(|reply| reply.rcode.is_some()) && e.not_waited_for == 0;
    Some(if all_answered {
        proof.not("dns/resolver-unreachable: every name server answered")
    } else {
        proof.at_most(Confidence::Likely)
    })
}

pub(super) fn inside_name_only(e: &Evidence, case: &Case) -> Option<Proof> {
    let missing = missing(e, case)?;
    if !failed(e) || !is_unknown(e, case) {
        return None;
    }
    let elsewhere = e.closer.iter().flat_map(|closer| &closer.elsewhere);
    let proof = missing.show(replies(raw(e), elsewhere));
    Some(proof.not("a VPN that is connected: none is").value("adapter", missing.remedy()))
}

/// Denied, refused, without an address or kept silent about, by servers that this computer can
/// reach; or silent servers in a network that only the VPN leads to. An alias that everybody sees
/// often leads to a name that is known only inside.
fn is_unknown(e: &Evidence, case: &Case) -> bool {
    let Some(answered) = answered(e) else {
        return silence(e) && (others_fine(e) || servers_are_inside(e, case));
    };
    let no_address = |reply: &DnsReply| reply.rcode == Some(0) && reply.addresses().count() == 0;
    answered.iter().all(|reply| matches!(reply.rcode, Some(3 | 5)) || no_address(reply))
}

fn silence(e: &Evidence) -> bool {
    !e.replies.is_empty() && e.replies.iter().all(is_unreached)
}

/// Every name server has a private address, in no network that this computer is in: with a name
/// server of its own network silent, it is that network that fails.
fn servers_are_inside(e: &Evidence, case: &Case) -> bool {
    let servers = e.configured.servers.iter().map(SocketAddr::ip);
    servers.into_iter().all(|ip| is_private(ip) && !is_neighbour(case, ip))
}

pub(super) fn suffix_missing(e: &Evidence, _: &Case) -> Option<Proof> {
    if e.host.contains('.') || !is_denied(e) {
        return None;
    }
    let closer = e.closer.as_ref()?;
    let completed_as = |trial: &&Trial| {
        let name = &trial.handshake.server_name;
        trial.fits() && closer.completed.iter().any(|reply| &reply.name == name)
    };
    let good = e.trials.iter().find(completed_as)?;
    let full = &good.handshake.server_name;
    let (_, domain) = full.split_once('.')?;
    let found = closer.completed.iter().filter(|reply| &reply.name == full);
    Some(
        trials(replies(raw(e), found), [good])
            .and("suffixes of this computer", suffixes(e))
            .not("dns/name-not-found: the full name exists, and its server answers to it")
            .value("fqdn", full)
            .value("domain", domain),
    )
}

fn suffixes(e: &Evidence) -> String {
    if e.configured.search.is_empty() { "none".to_owned() } else { e.configured.search.join(", ") }
}
