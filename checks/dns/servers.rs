//! Proofs about the name servers: unreachable, refusing, slow, or with a broken zone behind them.

use hublink_probe::{DnsReply, FailureKind, RecordKind};

use super::look::SLOW;
use super::text::{raw, rcode, replies, servers};
use super::{Evidence, failed};
use crate::frame::{Case, Confidence, Proof, Severity};

/// The replies that came, if any came.
pub(super) fn answered(e: &Evidence) -> Option<Vec<&DnsReply>> {
    let answered: Vec<&DnsReply> = e.replies.iter().filter(|r| r.rcode.is_some()).collect();
    (!answered.is_empty()).then_some(answered)
}

/// Whether some server answers questions about other names.
pub(super) fn others_fine(e: &Evidence) -> bool {
    e.controls.iter().any(|reply| matches!(reply.rcode, Some(0 | 3)))
}

pub(super) fn resolver_unreachable(e: &Evidence, _: &Case) -> Option<Proof> {
    if !failed(e) {
        return None;
    }
    let proof = raw(e).not("dns/resolver-refuses: no name server answered at all");
    // A list that could not be read says nothing of the servers in it.
    if e.configured.servers.is_empty() && e.configured.unreadable.is_some() {
        return None;
    }
    if e.configured.servers.is_empty() {
        let none = matches!(
            e.system.failure.map(|failure| failure.kind),
            Some(FailureKind::TryAgain | FailureKind::NoNameServer)
        );
        return none.then(|| {
            proof
                .and("name servers configured", "none")
                .value("servers", "this computer's name servers (none is configured)")
        });
    }
    let silent = !e.replies.is_empty()
        && e.replies.iter().chain(&e.controls).all(|reply| reply.rcode.is_none());
    // A truncated answer is one: the server is there.
    if !silent || e.replies.iter().any(|reply| reply.truncated) {
        return None;
    }
    let proof = proof.value("servers", servers(&e.replies));
    // A port that is reported closed proves that the way there works; plain silence does not say
    // whether this computer has a network at all.
    let closed = e
        .replies
        .iter()
        .any(|reply| reply.failure.is_some_and(|failure| failure.kind == FailureKind::Refused));
    Some(if closed { proof } else { proof.at_most(Confidence::Likely) })
}

pub(super) fn resolver_refuses(e: &Evidence, _: &Case) -> Option<Proof> {
    if !failed(e) {
        return one_refuses(e);
    }
    all_refuse(e)
        .or_else(|| only_without_edns(e))
        .or_else(|| only_truncated(e))
        .or_else(|| fails_for_all(e))
}

fn refuses(reply: &DnsReply) -> bool {
    matches!(reply.rcode, Some(1 | 4 | 5))
}

/// One server declines and another answers, so only those who ask the first one wait.
fn one_refuses(e: &Evidence) -> Option<Proof> {
    // A server that answers one kind of question and refuses another costs nobody anything.
    let refuses_all = |server| {
        let mut its = e.replies.iter().filter(|r| r.server == server && r.rcode.is_some());
        its.all(refuses)
    };
    let refusing: Vec<&DnsReply> =
        e.replies.iter().filter(|r| refuses(r) && refuses_all(r.server)).collect();
    let first = refusing.first()?;
    // A name from the hosts file does not need its servers.
    let another = e.replies.iter().any(|reply| reply.addresses().count() > 0);
    another.then(|| {
        raw(e)
            .value("servers", servers(refusing.iter().copied()))
            .value("rcode", rcode(first.rcode.unwrap_or_default()))
            .severity(Severity::Degrades)
    })
}

fn all_refuse(e: &Evidence) -> Option<Proof> {
    let answered = answered(e)?;
    let first = answered.first()?;
    answered.iter().all(|reply| refuses(reply)).then(|| {
        let proof = raw(e)
            .value("servers", servers(answered.iter().copied()))
            .value("rcode", rcode(first.rcode.unwrap_or_default()));
        with_zone_policy(e, proof)
    })
}

/// Says so when the server refuses this domain alone.
fn with_zone_policy(e: &Evidence, proof: Proof) -> Proof {
    if others_fine(e) {
        proof.and("the same server asked for another name", "answers: it refuses this domain alone")
    } else {
        proof
    }
}

/// Every answer with an address came only after the question was put as before 1999.
fn only_without_edns(e: &Evidence) -> Option<Proof> {
    let good: Vec<&DnsReply> =
        e.replies.iter().filter(|reply| reply.addresses().count() > 0).collect();
    let all = !good.is_empty() && good.iter().all(|reply| reply.without_edns);
    all.then(|| {
        raw(e)
            .and("the same question without EDNS", "answered")
            .value("servers", servers(good.iter().copied()))
            .value("rcode", format!("{} to every question with EDNS", rcode(1)))
    })
}

fn only_truncated(e: &Evidence) -> Option<Proof> {
    let cut: Vec<&DnsReply> =
        e.replies.iter().filter(|reply| reply.truncated && reply.rcode.is_none()).collect();
    // Another server's whole answer would have been used.
    let whole = e.replies.iter().any(|reply| reply.addresses().count() > 0);
    (!cut.is_empty() && !whole).then(|| {
        raw(e)
            .value("servers", servers(cut.iter().copied()))
            .value("rcode", "only a truncated answer and nothing over TCP")
    })
}

fn fails_for_all(e: &Evidence) -> Option<Proof> {
    let fails = |reply: &DnsReply| reply.rcode == Some(2);
    let everything_fails = answered(e)?.iter().all(|reply| fails(reply))
        && !e.controls.is_empty()
        && e.controls.iter().all(fails);
    everything_fails.then(|| {
        raw(e)
            .not("dns/zone-failure: the server fails for the root of all names too")
            .value("servers", servers(&e.controls))
            .value("rcode", rcode(2))
    })
}

pub(super) fn zone_failure(e: &Evidence, _: &Case) -> Option<Proof> {
    if !failed(e) || !others_fine(e) {
        return None;
    }
    let (detail, sure) = match answered(e) {
        Some(answered) => failing_zone(e, &answered)?,
        None => (silent_zone(e)?, false),
    };
    let chain = e.closer.iter().flat_map(|closer| &closer.chain);
    let aliases: Vec<&str> = chain.flat_map(DnsReply::aliases).collect();
    let detail = match aliases.last() {
        Some(last) => format!("{detail}; the name leads to {last}, which is where to look"),
        None => detail,
    };
    let more = e.closer.iter().flat_map(|closer| closer.unchecked.iter().chain(&closer.chain));
    let proof = replies(raw(e), more)
        .not("dns/resolver-refuses: the same server answers for other names")
        .value("detail", detail);
    // Without the server's own word it may also be a passing failure of the server itself.
    Some(if sure { proof } else { proof.at_most(Confidence::Likely) })
}

/// Every server that answers fails: why, and whether that is certain.
fn failing_zone(e: &Evidence, answered: &[&DnsReply]) -> Option<(String, bool)> {
    if !answered.iter().all(|reply| reply.rcode == Some(2)) {
        return None;
    }
    let unchecked = e.closer.iter().flat_map(|closer| &closer.unchecked);
    let good_unchecked = unchecked.into_iter().any(|reply| reply.addresses().count() > 0);
    let extended = answered.iter().flat_map(|reply| &reply.extended).next();
    Some(match extended {
        Some(error) if (5..=12).contains(&error.code) => {
            (format!("DNSSEC, extended error {} {}", error.code, error.text), true)
        }
        _ if good_unchecked => {
            ("DNSSEC: the server answers as soon as it need not check signatures".to_owned(), true)
        }
        // Blocked, censored and filtered (15 to 17) are a policy of the resolver, not a fault.
        Some(error) => (format!("extended error {} {}", error.code, error.text), false),
        None => ("its name servers fail (rcode 2)".to_owned(), false),
    })
}

/// No server answers for this name, and the same servers answer for others: the servers of the
/// domain keep them waiting.
fn silent_zone(e: &Evidence) -> Option<String> {
    let silent = |reply: &DnsReply| is_silent(reply) && !reply.truncated;
    let all = !e.replies.is_empty() && e.replies.iter().all(silent);
    all.then(|| "its name servers do not answer".to_owned())
}

pub(super) fn aaaa_dropped(e: &Evidence, _: &Case) -> Option<Proof> {
    if failed(e) || e.system.took_ms < 2.0 * SLOW.as_secs_f64() * 1000.0 {
        return None;
    }
    let stalled: Vec<&DnsReply> = e
        .replies
        .iter()
        .filter(|reply| reply.kind == RecordKind::Aaaa && is_silent(reply))
        .filter(|aaaa| answers_for_ipv4(e, aaaa))
        .collect();
    let named = servers(stalled.iter().copied());
    (!stalled.is_empty()).then(|| {
        raw(e)
            .not("dns/resolver-slow: the same server answers quickly for IPv4")
            .value("servers", named)
    })
}

/// Whether the same server quickly gave an IPv4 address for the same name.
fn answers_for_ipv4(e: &Evidence, aaaa: &DnsReply) -> bool {
    e.replies.iter().any(|a| {
        a.server == aaaa.server
            && a.name == aaaa.name
            && a.kind == RecordKind::A
            && a.rcode == Some(0)
            && !stays_slow(e, a)
    })
}

/// Whether a reply took long, and another to the same question too: one lost packet or a name
/// that had to be fetched from afar first is no finding.
fn stays_slow(e: &Evidence, reply: &DnsReply) -> bool {
    let slow = |reply: &DnsReply| is_silent(reply) || is_slow(reply);
    let same = |other: &&DnsReply| {
        (other.server, &*other.name, other.kind) == (reply.server, &*reply.name, reply.kind)
    };
    slow(reply) && e.again.iter().find(same).is_none_or(slow)
}

/// Whether an answer came late.
pub(super) fn is_slow(reply: &DnsReply) -> bool {
    reply.rcode.is_some() && reply.took_ms > SLOW.as_secs_f64() * 1000.0
}

fn is_silent(reply: &DnsReply) -> bool {
    reply.failure.is_some_and(|failure| {
        matches!(failure.kind, FailureKind::NoAnswer | FailureKind::HostUnreachable)
    })
}

pub(super) fn resolver_slow(e: &Evidence, _: &Case) -> Option<Proof> {
    let slow_ms = SLOW.as_secs_f64() * 1000.0;
    if failed(e) || e.system.took_ms < slow_ms {
        return None;
    }
    let first = *e.configured.servers.first()?;
    let only_ipv6 = |reply: &DnsReply| {
        reply.kind == RecordKind::Aaaa && is_silent(reply) && answers_for_ipv4(e, reply)
    };
    let slow: Vec<&DnsReply> = e
        .replies
        .iter()
        .filter(|reply| reply.server == first && !only_ipv6(reply))
        .filter(|reply| stays_slow(e, reply))
        .collect();
    let named = servers(slow.iter().copied());
    (!slow.is_empty()).then(|| {
        raw(e)
            .compared("time of the look-up", "under 1000 ms", format!("{} ms", e.system.took_ms))
            .not("dns/aaaa-dropped: not only the questions for IPv6 wait")
            .value("servers", named)
    })
}
