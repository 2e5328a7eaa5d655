//! The name: does it lead to an address, for the system and for every name server?

use std::net::IpAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use hublink_probe::{
    BoxFuture, DnsReply, FailureKind, NameServers, RecordKind, SystemLookup, World,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use crate::frame::{
    Case, Cause, Check, Confidence, Context, Meta, Owner, Proof, Reason, ReasonKind, Severity,
    cause, fallback, passed,
};
use crate::link::Link;

/// Whether the hub's name resolves.
pub struct Dns;

/// What was seen of the name.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// The name looked up.
    pub host: String,
    /// The link names an address, so nothing had to be looked up.
    #[serde(default)]
    pub literal: bool,
    /// The name servers and suffixes this computer is configured with.
    pub configured: NameServers,
    /// The system's own look-up.
    pub system: SystemLookup,
    /// What each name server answered, asked directly, A and AAAA apart; for a short name also
    /// with each suffix.
    #[serde(default)]
    pub replies: Vec<DnsReply>,
    /// Questions still unanswered when the system's look-up had already succeeded.
    #[serde(default)]
    pub not_waited_for: usize,
    /// Each name server asked for the root of all names: does it answer anything at all?
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<DnsReply>,
    /// The addresses the next steps use, bounded.
    pub addresses: Vec<IpAddr>,
}

/// The addresses examined of one name. Load balancers publish a handful.
const ADDRESSES: usize = 8;

/// The name servers and suffixes asked. Systems use three servers and six suffixes at most.
const SERVERS: usize = 3;
const SUFFIXES: usize = 6;

/// How much longer than the system's look-up direct questions may take before a hub whose name
/// resolves goes on without them: it must not wait for a server that nobody else waits for.
const GRACE: Duration = Duration::from_millis(200);

/// From here on a look-up is slow, and the direct questions tell why.
const SLOW: Duration = Duration::from_secs(1);

const RFC: &[&str] = &["RFC 1035", "RFC 2308", "measured: glibc beside direct queries"];

impl Check for Dns {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "dns",
        title: "the name resolves",
        docs: "Looks the hub's name up as every program does, and beside that asks each configured \
               name server directly for IPv4 and IPv6 addresses. The system's look-up alone hides \
               why it failed: a missing name, a broken zone, a refusing server and silence look \
               alike there. Without an address nothing can be reached, so everything behind is \
               skipped when the name does not resolve.",
        needs: &[passed::<Link>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[
        Cause {
            title: "No name server can be reached, so no name can be looked up.",
            explain: "The name servers this computer is configured with do not answer at all. That \
                      is typical for a VPN that is off, a network that was left, or a firewall \
                      that drops questions to port 53.",
            remedy: &["Connect the VPN or network that owns <servers>, or ask IT for a working \
                       name server."],
            owner: Owner::Network,
            look_alikes: &[
                "a name server that answers with an error (dns/resolver-refuses)",
                "a computer without any network",
            ],
            see: &["measured: glibc gives up after 10.0 s; port unreachable shows as ECONNREFUSED"],
            ..cause("dns/resolver-unreachable", resolver_unreachable)
        },
        Cause {
            title: "Your name server answers, but declines or cannot handle the question.",
            explain: "The server is reachable and says no: refused, not implemented, format error, \
                      or a failure for every name asked. Its operator decides for whom it answers.",
            remedy: &[
                "Ask IT why name server <servers> answers <rcode>, or use the one they name.",
            ],
            owner: Owner::Network,
            look_alikes: &[
                "a failure for the hub's domain alone (dns/zone-failure)",
                "a name that does not exist (dns/name-not-found)",
            ],
            see: &["RFC 1035 section 4.1.1", "RFC 6891", "RFC 7766"],
            ..cause("dns/resolver-refuses", resolver_refuses)
        },
        Cause {
            title: "The name servers responsible for the hub's domain are broken or its DNSSEC \
                    signatures are.",
            explain: "Your name server answers other questions, but fails for this domain: the \
                      servers of the domain do not answer, or what they answer does not verify.",
            remedy: &["Ask the DNS team responsible for <host> to repair the domain: <detail>."],
            owner: Owner::Network,
            look_alikes: &[
                "a name server that fails for every name (dns/resolver-refuses)",
                "a server failure for IPv6 alone, which harms nobody",
            ],
            see: &["RFC 1035", "RFC 4035", "RFC 8914"],
            ..cause("dns/zone-failure", zone_failure)
        },
        Cause {
            title: "The name exists in DNS but leads to no address.",
            explain: "The name is known, but the record behind it is missing or points to a name \
                      that no longer exists, as after a server was replaced.",
            remedy: &["Ask the DNS team to repair the record of <host> (<chain>)."],
            owner: Owner::Network,
            look_alikes: &[
                "a missing IPv6 address beside a good IPv4 one, which is normal",
                "a name that does not exist at all (dns/name-not-found)",
            ],
            see: RFC,
            suppresses: &["dns/name-not-found"],
            ..cause("dns/record-broken", record_broken)
        },
        Cause {
            title: "The hub's name does not exist.",
            explain: "Every name server this computer uses says so. Mostly the name is misspelt, \
                      the server has another name now, or the name is known only inside the \
                      company network.",
            remedy: &[
                "Check the spelling of <host> with your Qlik admin; if it is right, it must \
                       be entered in DNS. Is a VPN needed to see it? Then connect it first.",
            ],
            owner: Owner::QlikAdmin,
            look_alikes: &[
                "a malformed answer, which glibc reports the same way (the response code differs)",
                "a name server that does not answer (dns/resolver-unreachable)",
            ],
            see: RFC,
            ..cause("dns/name-not-found", name_not_found)
        },
        Cause {
            title: "Something swallows the questions for IPv6 addresses, so every look-up stalls.",
            explain: "The same name server answers at once for IPv4 and never for IPv6. Programs \
                      wait for both, so each look-up costs many seconds before it succeeds.",
            remedy: &["Ask IT to let AAAA queries to <servers> through."],
            owner: Owner::Network,
            severity: Severity::Degrades,
            look_alikes: &["any quick answer for IPv6, even an error: it costs no time"],
            see: &["measured: 15.0 s with glibc's defaults"],
            suppresses: &["dns/resolver-slow"],
            ..cause("dns/aaaa-dropped", aaaa_dropped)
        },
        Cause {
            title: "Looking up the name works, but only after waiting for a dead or slow name \
                    server.",
            explain: "The first name server is silent or slow; the system asks the next one only \
                      after seconds. Every connection pays for that.",
            remedy: &["Ask IT to repair or remove name server <servers>."],
            owner: Owner::Network,
            severity: Severity::Degrades,
            look_alikes: &["silence for IPv6 alone (dns/aaaa-dropped)"],
            see: &["measured: 5.05 s with glibc when the first of two servers is silent"],
            ..cause("dns/resolver-slow", resolver_slow)
        },
        fallback("dns/unexplained", |e, _| failed(e).then(|| raw(e))),
    ];

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        let ours =
            seen.system.failure.map(|failure| failure.kind) == Some(FailureKind::TooManyOpen);
        let reason = Reason::of(ReasonKind::CouldNotLook);
        (ours && failed(seen)).then(|| reason.detail("too many look-ups were under way"))
    }

    async fn probe(cx: &Context) -> Evidence {
        let host = cx.case.host().to_owned();
        if let Ok(address) = host.parse::<IpAddr>() {
            return literal(host, address);
        }
        let configured = cx.world.name_servers();
        let questions = questions(&host, &configured);
        let (system, replies, not_waited_for) = look(cx, &host, &questions).await;
        let addresses = system.addresses.iter().copied().take(ADDRESSES).collect();
        Evidence {
            literal: false,
            controls: Vec::new(),
            host,
            configured,
            system,
            replies,
            not_waited_for,
            addresses,
        }
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        if !failed(seen) {
            return None;
        }
        let servers = seen.configured.servers.iter().take(SERVERS);
        let asked = servers.map(|&s| cx.world.ask(s, ".", RecordKind::Soa, cx.budget.dns_query));
        Some(Evidence { controls: join_all(asked).await, ..seen.clone() })
    }
}

fn literal(host: String, address: IpAddr) -> Evidence {
    let system =
        SystemLookup { replaced: false, addresses: vec![address], failure: None, took_ms: 0.0 };
    Evidence {
        host,
        literal: true,
        configured: NameServers::default(),
        system,
        replies: Vec::new(),
        not_waited_for: 0,
        controls: Vec::new(),
        addresses: vec![address],
    }
}

struct Question {
    server: std::net::SocketAddr,
    name: String,
    kind: RecordKind,
}

/// A short name is completed with each suffix, as the system does.
fn questions(host: &str, configured: &NameServers) -> Vec<Question> {
    let mut names = vec![host.to_owned()];
    if !host.contains('.') {
        let completed = configured.search.iter().take(SUFFIXES);
        names.extend(completed.map(|suffix| format!("{host}.{suffix}")));
    }
    let mut questions = Vec::new();
    for &server in configured.servers.iter().take(SERVERS) {
        for name in &names {
            for kind in [RecordKind::A, RecordKind::Aaaa] {
                questions.push(Question { server, name: name.clone(), kind });
            }
        }
    }
    questions
}

/// The system's look-up and the direct questions, side by side.
async fn look(
    cx: &Context,
    host: &str,
    questions: &[Question],
) -> (SystemLookup, Vec<DnsReply>, usize) {
    let world: &dyn World = &*cx.world;
    let limit = cx.budget.dns_query;
    let mut open: FuturesUnordered<BoxFuture<'_, DnsReply>> =
        questions.iter().map(|q| world.ask(q.server, &q.name, q.kind, limit)).collect();
    let mut replies = Vec::new();
    let begun = Instant::now();
    let mut lookup = world.lookup(host, cx.budget.lookup);
    let system = loop {
        tokio::select! {
            system = &mut lookup => break system,
            Some(reply) = open.next() => replies.push(reply),
        }
    };
    let took = begun.elapsed();
    let resolved_fast = system.failure.is_none() && took < SLOW;
    let patience = if resolved_fast { took + GRACE } else { limit * 3 };
    let deadline = Instant::now() + patience;
    while let Ok(Some(reply)) = timeout_at(deadline, open.next()).await {
        replies.push(reply);
    }
    // The order of the questions, not of the answers: two runs must read alike.
    let place = |reply: &DnsReply| {
        questions
            .iter()
            .position(|q| q.server == reply.server && q.name == reply.name && q.kind == reply.kind)
    };
    replies.sort_by_key(place);
    (system, replies, open.len())
}

fn failed(e: &Evidence) -> bool {
    e.addresses.is_empty()
}

/// The servers a statement is about, for people.
fn servers<'a>(replies: impl Iterator<Item = &'a DnsReply>) -> String {
    let mut list: Vec<String> = Vec::new();
    for reply in replies {
        let server = match reply.server.port() {
            53 => reply.server.ip().to_string(),
            _ => reply.server.to_string(),
        };
        if !list.contains(&server) {
            list.push(server);
        }
    }
    list.join(" and ")
}

/// The name of a response code, with its number.
fn rcode(code: u16) -> String {
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

fn outcome(reply: &DnsReply) -> String {
    match (reply.rcode, reply.failure) {
        (Some(0), _) if reply.answers.is_empty() => "no error, but no record".to_owned(),
        (Some(code), _) => rcode(code),
        (None, Some(failure)) => failure.what(),
        (None, None) => "nothing".to_owned(),
    }
}

/// Every observation of the check, for a proof.
fn raw(e: &Evidence) -> Proof {
    let system = match e.system.failure {
        Some(failure) => format!("{} after {} ms", failure.what(), e.system.took_ms),
        None => format!("{} address(es) after {} ms", e.addresses.len(), e.system.took_ms),
    };
    let at = if e.system.replaced { "look-up at --resolver" } else { "system look-up" };
    let proof = Proof::seen(format!("{at} of {}", e.host), system);
    e.replies.iter().chain(&e.controls).fold(proof, |proof, reply| {
        let name = if reply.name == "." { "the root of all names" } else { &reply.name };
        let question = format!("{} asked for {name}, {}", reply.server, reply.kind.label());
        proof.and(question, format!("{} after {} ms", outcome(reply), reply.took_ms))
    })
}

fn resolver_unreachable(e: &Evidence, _: &Case) -> Option<Proof> {
    if !failed(e) {
        return None;
    }
    let proof = raw(e).not("dns/resolver-refuses: no name server answered at all");
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
    if !silent {
        return None;
    }
    let named = servers(e.replies.iter());
    let proof = proof.value("servers", named);
    // A port that is reported closed proves that the way there works; plain silence does not say
    // whether this computer has a network at all.
    let closed = e
        .replies
        .iter()
        .any(|reply| reply.failure.is_some_and(|failure| failure.kind == FailureKind::Refused));
    Some(if closed { proof } else { proof.at_most(Confidence::Likely) })
}

/// The replies that came, if any came.
fn answered(e: &Evidence) -> Option<Vec<&DnsReply>> {
    let answered: Vec<&DnsReply> = e.replies.iter().filter(|r| r.rcode.is_some()).collect();
    (!answered.is_empty()).then_some(answered)
}

fn resolver_refuses(e: &Evidence, _: &Case) -> Option<Proof> {
    let refuses = |reply: &&DnsReply| matches!(reply.rcode, Some(1 | 4 | 5));
    // A server that answers one kind of question and refuses another costs nobody anything.
    let refuses_all = |server| {
        let mut its = e.replies.iter().filter(|r| r.server == server && r.rcode.is_some());
        its.all(|reply| refuses(&reply))
    };
    let refusing: Vec<&DnsReply> =
        e.replies.iter().filter(refuses).filter(|reply| refuses_all(reply.server)).collect();
    if let Some(first) = refusing.first() {
        let proof = raw(e)
            .value("servers", servers(refusing.iter().copied()))
            .value("rcode", rcode(first.rcode.unwrap_or_default()));
        if !failed(e) {
            return Some(proof.severity(Severity::Degrades));
        }
        let all = answered(e)?.iter().all(refuses);
        return all.then(|| with_zone_policy(e, proof));
    }
    if !failed(e) {
        return None;
    }
    let cut = |reply: &DnsReply| reply.truncated && reply.rcode.is_none();
    if e.replies.iter().any(cut) {
        let cut = e.replies.iter().filter(|reply| cut(reply));
        let why = "only a truncated answer and nothing over TCP";
        return Some(raw(e).value("servers", servers(cut)).value("rcode", why));
    }
    let fails = |reply: &DnsReply| reply.rcode == Some(2);
    let everything_fails = answered(e)?.iter().all(|reply| fails(reply))
        && !e.controls.is_empty()
        && e.controls.iter().all(fails);
    everything_fails.then(|| {
        raw(e)
            .not("dns/zone-failure: the server fails for the root of all names too")
            .value("servers", servers(e.controls.iter()))
            .value("rcode", rcode(2))
    })
}

/// Says so when the server refuses this domain alone.
fn with_zone_policy(e: &Evidence, proof: Proof) -> Proof {
    let answers = e.controls.iter().any(|reply| matches!(reply.rcode, Some(0 | 3)));
    if answers {
        proof.and("the same server asked for another name", "answers: it refuses this domain alone")
    } else {
        proof
    }
}

fn zone_failure(e: &Evidence, _: &Case) -> Option<Proof> {
    if !failed(e) {
        return None;
    }
    let answered = answered(e)?;
    let fails = answered.iter().all(|reply| reply.rcode == Some(2));
    let others_fine = e.controls.iter().any(|reply| matches!(reply.rcode, Some(0 | 3)));
    if !fails || !others_fine {
        return None;
    }
    let extended = answered.iter().flat_map(|reply| &reply.extended).next();
    let (detail, sure) = match extended {
        Some(error) if (5..=12).contains(&error.code) => {
            (format!("DNSSEC, extended error {} {}", error.code, error.text), true)
        }
        // Blocked, censored and filtered (15 to 17) are a policy of the resolver, not a fault.
        Some(error) => (format!("extended error {} {}", error.code, error.text), false),
        None => ("its name servers fail (rcode 2)".to_owned(), false),
    };
    let proof = raw(e)
        .not("dns/resolver-refuses: the same server answers for other names")
        .value("detail", detail);
    // Without the server's own word it may also be a passing failure of the server itself.
    Some(if sure { proof } else { proof.at_most(Confidence::Likely) })
}

fn record_broken(e: &Evidence, _: &Case) -> Option<Proof> {
    if !failed(e) {
        return None;
    }
    let answered = answered(e)?;
    let dangling =
        answered.iter().find(|reply| reply.rcode == Some(3) && reply.aliases().count() > 0);
    if let Some(reply) = dangling {
        let aliases: Vec<&str> = reply.aliases().collect();
        let chain = format!("{} → {}, which does not exist", reply.name, aliases.join(" → "));
        return Some(raw(e).and("alias chain", &chain).value("chain", chain));
    }
    let empty = |kind| {
        answered.iter().any(|r| r.kind == kind && r.rcode == Some(0) && r.addresses().count() == 0)
    };
    let nothing = answered.iter().all(|reply| reply.addresses().count() == 0);
    (nothing && empty(RecordKind::A) && empty(RecordKind::Aaaa)).then(|| {
        raw(e)
            .not("dns/name-not-found: the answer is \"no error\", so the name exists")
            .value("chain", "it has neither an IPv4 nor an IPv6 address")
    })
}

fn name_not_found(e: &Evidence, _: &Case) -> Option<Proof> {
    if !failed(e) {
        return None;
    }
    let answered = answered(e)?;
    if !answered.iter().all(|reply| reply.rcode == Some(3)) {
        return None;
    }
    let proof = raw(e).not("a malformed answer: the response code is 3, \"no such name\"");
    let all_answered = answered.len() == e.replies.len() && e.not_waited_for == 0;
    Some(if all_answered {
        proof.not("dns/resolver-unreachable: every name server answered")
    } else {
        proof.at_most(Confidence::Likely)
    })
}

fn aaaa_dropped(e: &Evidence, _: &Case) -> Option<Proof> {
    if failed(e) || e.system.took_ms < 2.0 * SLOW.as_secs_f64() * 1000.0 {
        return None;
    }
    let stalled: Vec<&DnsReply> = e
        .replies
        .iter()
        .filter(|reply| reply.kind == RecordKind::Aaaa && is_silent(reply))
        .filter(|aaaa| {
            e.replies.iter().any(|a| {
                a.server == aaaa.server
                    && a.name == aaaa.name
                    && a.kind == RecordKind::A
                    && a.rcode == Some(0)
            })
        })
        .collect();
    let named = servers(stalled.iter().copied());
    (!stalled.is_empty()).then(|| {
        raw(e)
            .not("dns/resolver-slow: the same server answers quickly for IPv4")
            .value("servers", named)
    })
}

fn is_silent(reply: &DnsReply) -> bool {
    reply.failure.is_some_and(|failure| failure.kind == FailureKind::NoAnswer)
}

fn resolver_slow(e: &Evidence, _: &Case) -> Option<Proof> {
    let slow_ms = SLOW.as_secs_f64() * 1000.0;
    if failed(e) || e.system.took_ms < slow_ms {
        return None;
    }
    let first = *e.configured.servers.first()?;
    let slow: Vec<&DnsReply> = e
        .replies
        .iter()
        .filter(|reply| reply.server == first)
        .filter(|reply| is_silent(reply) || reply.took_ms > slow_ms)
        .collect();
    let named = servers(slow.iter().copied());
    (!slow.is_empty()).then(|| {
        raw(e)
            .compared("time of the look-up", "under 1000 ms", format!("{} ms", e.system.took_ms))
            .value("servers", named)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hublink_probe::{DnsRecord, ScriptedWorld, Timestamp};

    use super::*;
    use crate::frame::{Budget, Facts};

    fn reply(server: &str, name: &str, kind: RecordKind, rcode: u16) -> DnsReply {
        DnsReply {
            server: server.parse().expect("an address"),
            name: name.to_owned(),
            kind,
            rcode: Some(rcode),
            extended: Vec::new(),
            answers: Vec::new(),
            truncated: false,
            failure: None,
            tries: 1,
            took_ms: 1.0,
        }
    }

    #[test]
    fn a_short_name_is_completed_with_every_suffix() {
        let configured = NameServers {
            servers: vec!["10.0.0.53:53".parse().expect("an address")],
            search: vec!["corp.test".to_owned()],
            unreadable: None,
        };
        let names: Vec<String> =
            questions("qlik1", &configured).into_iter().map(|q| q.name).collect();
        assert_eq!(names, ["qlik1", "qlik1", "qlik1.corp.test", "qlik1.corp.test"]);
        assert_eq!(questions("hub.corp.test", &configured).len(), 2);
    }

    #[test]
    fn codes_are_printed_with_their_number() {
        assert_eq!(rcode(3), "no such name (rcode 3)");
        assert_eq!(rcode(99), "response code (rcode 99)");
    }

    #[test]
    fn aliases_and_addresses_are_told_apart() {
        let mut reply = reply("10.0.0.53:53", "hub", RecordKind::A, 0);
        let record = |kind: &str, value: &str| DnsRecord {
            name: "hub".to_owned(),
            kind: kind.to_owned(),
            ttl: 60,
            value: value.to_owned(),
        };
        reply.answers = vec![record("CNAME", "edge.test"), record("A", "10.1.2.3")];
        assert_eq!(reply.aliases().collect::<Vec<_>>(), ["edge.test"]);
        assert_eq!(reply.addresses().count(), 1);
    }

    #[tokio::test]
    async fn the_root_is_asked_for_only_after_a_failure() {
        let now = Timestamp::parse("2026-11-24T12:00:00Z").expect("a time");
        let mut world = ScriptedWorld::at(now);
        world.name_servers.servers = vec!["10.0.0.53:53".parse().expect("an address")];
        let world = Arc::new(world);
        let cx = crate::frame::context_for_tests(
            Arc::clone(&world),
            Facts::default(),
            Budget::default(),
        );
        let seen = Dns::probe(&cx).await;
        assert!(!world.asked().iter().any(|question| question.contains("Soa")));
        let seen = Dns::control(&cx, &seen).await.expect("a failed look-up is looked at closer");
        assert_eq!(seen.controls.len(), 1);
    }
}
