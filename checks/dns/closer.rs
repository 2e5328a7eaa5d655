//! Looking closer, after the name or something behind it failed: control probes.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use hublink_probe::{DnsReply, Hello, NameServers, Question, RecordKind, Scheme, SystemLookup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout, timeout_at};

use super::hosts::{self, HostsFile};
use super::look::{SERVERS, ask_all, names, questions, servers_contradict};
use super::rules::servers_for;
use super::{Dns, Evidence, Trial, failed};
use crate::certificate::{Certificate, examine};
use crate::frame::{Check, Context, Status, may_claim, status_of};

/// What the control probes saw.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Closer {
    /// Servers that failed (rcode 2), told to leave DNSSEC signatures unchecked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<DnsReply>,
    /// The alias chain of a name that a server failed for, followed step by step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<DnsReply>,
    /// Names made up on this run, which nobody can have registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made_up: Vec<MadeUp>,
    /// The name completed with domains and suffixes that the system does not complete it with
    /// unless it has to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completed: Vec<DnsReply>,
    /// Name servers that Windows has for this name alone, by a rule or by an adapter's domain,
    /// asked directly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<DnsReply>,
    /// What the hosts file says of the name. Not read when `--resolver` stood in for the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<HostsFile>,
    /// The system's look-up once more: what passes by itself is no finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_again: Option<SystemLookup>,
}

/// A made-up name asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct MadeUp {
    /// The domain it lies below: the hub's own, `invalid` (which RFC 6761 keeps empty for ever),
    /// or a search suffix.
    #[schemars(extend("x-identifies" = "host"))]
    pub below: String,
    /// What the server says of it.
    pub reply: DnsReply,
}

/// One question of a control probe, of two tries. Shorter than in the first look: the whole of
/// looking closer has twelve seconds, and handshakes come after it.
const QUERY: Duration = Duration::from_millis(1500);

/// All questions of a control probe together: two tries, and a third over a stream.
const QUESTIONS: Duration = Duration::from_millis(4500);

/// A handshake at an address in doubt. A hub that has to be proven true answers in a second.
const HANDSHAKE: Duration = Duration::from_millis(3500);

/// The addresses tried of each side of a contradiction.
const TRIED: usize = 3;

/// The aliases followed. Resolvers give up after 8 to 17.
const STEPS: usize = 20;

/// The domains that a short name is completed with.
const DOMAINS: usize = 4;

/// The first look again where two name servers contradict each other, and TLS for the name at
/// what each says.
pub(super) async fn compare_servers(cx: &Context, seen: Evidence) -> Evidence {
    let again = in_time(again(cx, &seen)).await;
    let seen = Evidence { again, ..seen };
    if !servers_contradict(&seen) {
        return seen;
    }
    let addresses = differing(&seen);
    Evidence { trials: try_all(cx, &addresses, &seen.host).await, ..seen }
}

/// The questions that were answered late once more, side by side: silence was repeated by itself.
pub(super) async fn ask_the_slow_again(cx: &Context, seen: Evidence) -> Evidence {
    let late = seen.replies.iter().filter(|reply| super::servers::is_slow(reply));
    let questions: Vec<Question> =
        late.map(|reply| Question::of(reply.server, &*reply.name, reply.kind)).collect();
    let again = ask_all(cx, &questions, cx.budget.dns_query).await;
    Evidence { again, ..seen }
}

/// The same questions again, if servers contradict each other: it may be the turn of another
/// address, and both may be right.
async fn again(cx: &Context, seen: &Evidence) -> Vec<DnsReply> {
    if !servers_contradict(seen) {
        return Vec::new();
    }
    let questions = questions(&names(&seen.host, &seen.configured), &seen.configured);
    ask_all(cx, &questions, cx.budget.dns_query.min(QUERY)).await
}

/// Some addresses of the system, and some of each server that the system does not have.
fn differing(e: &Evidence) -> Vec<IpAddr> {
    let mut chosen: Vec<IpAddr> = e.addresses.iter().copied().take(TRIED).collect();
    for view in super::look::views(e) {
        let new = view.addresses.iter().filter(|ip| !e.addresses.contains(ip)).take(TRIED);
        chosen.extend(new);
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// Handshakes for one name at several addresses, side by side.
async fn try_all(cx: &Context, addresses: &[IpAddr], name: &str) -> Vec<Trial> {
    join_all(addresses.iter().map(|&address| try_one(cx, address, name))).await
}

async fn try_one(cx: &Context, address: IpAddr, name: &str) -> Trial {
    let hello = cx.hello(SocketAddr::new(address, port(cx)), name);
    let hello = Hello { limit: hello.limit.min(HANDSHAKE), ..hello };
    let handshake = cx.world.handshake(&hello).await;
    let look = |name: &str| examine(&handshake.presented, name, cx.world.now(), &cx.world.trust());
    let examined = look(name);
    // A short name completed: the certificate may bear either.
    let short = !examined.name.accepted() && name != cx.case.host();
    let found = if short { look(cx.case.host()).name } else { examined.name };
    Trial { name: found, trusted: examined.trusted, handshake }
}

/// Where TLS for the name is tried: a link with http leaves no other than the usual port.
fn port(cx: &Context) -> u16 {
    match &cx.case.facts.hub {
        Some(hub) if hub.scheme == Scheme::Https => hub.port,
        _ => 443,
    }
}

/// Looks closer at a name that leads nowhere.
pub(super) async fn after_failure(cx: &Context, seen: &Evidence) -> Evidence {
    let (controls, again, unchecked, chain, completed, made_up, elsewhere, system_again) = tokio::join!(
        in_time(roots(cx, seen)),
        in_time(again(cx, seen)),
        in_time(unchecked(cx, seen)),
        chain(cx, seen),
        in_time(completed(cx, seen)),
        in_time(made_up(cx, seen)),
        in_time(elsewhere(cx, seen)),
        system_again(cx, seen),
    );
    let hosts = hosts(cx, seen);
    let closer = Closer { unchecked, chain, made_up, completed, elsewhere, hosts, system_again };
    with_trials(cx, Evidence { controls, again, closer: Some(closer), ..seen.clone() }).await
}

/// Looks closer at answers, because something failed at the addresses they give.
///
/// Returns nothing if the hub proves them true by its certificate.
pub(super) async fn at_answers(cx: &Context, seen: &Evidence) -> Option<Evidence> {
    let proven = cx.of::<Certificate>().is_some_and(|c| c.examined.name.accepted());
    if proven || !consequences_failed(cx) {
        return None;
    }
    let all = questions(&names(&seen.host, &seen.configured), &seen.configured);
    let open = |question: &Question| !seen.replies.iter().any(|r| question.is_answered_by(r));
    let late: Vec<Question> = all.iter().filter(|question| open(question)).cloned().collect();
    let limit = cx.budget.dns_query.min(QUERY);
    let (late, again, made_up, completed, elsewhere) = tokio::join!(
        in_time(ask_all(cx, &late, limit)),
        in_time(ask_all(cx, &all, limit)),
        in_time(made_up(cx, seen)),
        in_time(completed(cx, seen)),
        in_time(elsewhere(cx, seen)),
    );
    let closer =
        Closer { made_up, completed, elsewhere, hosts: hosts(cx, seen), ..Closer::default() };
    let mut seen = Evidence { again, not_waited_for: 0, closer: Some(closer), ..seen.clone() };
    seen.replies.extend(late);
    Some(if is_in_doubt(&seen) { with_trials(cx, seen).await } else { seen })
}

/// Whether anything speaks against the addresses: without that there is nothing to compare, and
/// the hub is left in peace.
fn is_in_doubt(e: &Evidence) -> bool {
    let Some(closer) = &e.closer else { return false };
    let told = e.replies.iter().chain(&e.again).flat_map(DnsReply::addresses);
    let lines = closer.hosts.iter().flat_map(|hosts| &hosts.entries).map(|entry| entry.address);
    let elsewhere = told.chain(lines).any(|address| !e.addresses.contains(&address));
    let made_up = closer.made_up.iter().map(|made_up| &made_up.reply);
    let too_much = made_up.chain(&closer.completed).any(|reply| reply.addresses().count() > 0);
    let bogus = || e.addresses.iter().any(|&ip| super::bogus::reason(ip, e.policy).is_some());
    elsewhere || too_much || bogus()
}

/// Whether something failed that a false answer would explain.
fn consequences_failed(cx: &Context) -> bool {
    let behind = crate::all().iter().filter(|check| may_claim(Dns::META.id, check.meta().id));
    behind.into_iter().any(|check| status_of(&check.judge(&cx.case)) == Status::Failed)
}

async fn in_time<T: Default>(probe: impl Future<Output = T>) -> T {
    timeout(QUESTIONS, probe).await.unwrap_or_default()
}

/// Each name server asked for the root of all names: does it answer anything at all?
async fn roots(cx: &Context, seen: &Evidence) -> Vec<DnsReply> {
    let servers = seen.configured.servers.iter().take(SERVERS);
    let questions: Vec<Question> =
        servers.map(|&server| Question::of(server, ".", RecordKind::Soa)).collect();
    ask_all(cx, &questions, cx.budget.dns_query.min(QUERY)).await
}

/// Servers that failed, asked once more without DNSSEC.
async fn unchecked(cx: &Context, seen: &Evidence) -> Vec<DnsReply> {
    let failing = seen.replies.iter().filter(|reply| reply.rcode == Some(2));
    let questions: Vec<Question> = failing
        .map(|reply| Question::of(reply.server, &*reply.name, reply.kind).unchecked())
        .collect();
    ask_all(cx, &questions, cx.budget.dns_query.min(QUERY)).await
}

/// The aliases of a name that a server failed for, asked for one by one.
async fn chain(cx: &Context, seen: &Evidence) -> Vec<DnsReply> {
    let Some(failing) = seen.replies.iter().find(|reply| reply.rcode == Some(2)) else {
        return Vec::new();
    };
    let deadline = Instant::now() + QUESTIONS;
    let mut chain: Vec<DnsReply> = Vec::new();
    let mut name = failing.name.clone();
    while chain.len() < STEPS && !chain.iter().any(|step| step.name == name) {
        let question = Question::of(failing.server, &*name, RecordKind::Cname);
        let limit = cx.budget.dns_query.min(QUERY);
        let Ok(step) = timeout_at(deadline, cx.world.ask(&question, limit)).await else { break };
        let next = step.aliases().next().map(str::to_ascii_lowercase);
        chain.push(step);
        match next {
            Some(next) => name = next,
            None => break,
        }
    }
    chain
}

/// A dotted name with each search suffix, and a short one with the domains of other hubs, if the
/// name as it is does not exist.
async fn completed(cx: &Context, seen: &Evidence) -> Vec<DnsReply> {
    let denied = seen.replies.iter().any(|r| r.name == seen.host && r.rcode == Some(3));
    if !denied {
        return Vec::new();
    }
    let domains = if seen.host.contains('.') {
        seen.configured.search.iter().take(DOMAINS).cloned().collect()
    } else {
        other_domains(cx, seen)
    };
    let names: Vec<String> =
        domains.iter().map(|domain| format!("{}.{domain}", seen.host)).collect();
    ask_all(cx, &questions(&names, &seen.configured), cx.budget.dns_query.min(QUERY)).await
}

/// Domains that a short name may lie in: those of the file's other hubs, of this computer, and
/// what lies above its suffixes.
fn other_domains(cx: &Context, seen: &Evidence) -> Vec<String> {
    let content = cx.target.file.as_ref().and_then(|file| file.content.as_ref());
    let entries = content.map(|content| content.hubs()).unwrap_or_default();
    let hosts = entries.into_iter().filter_map(|entry| crate::link::inspect(&entry.text).hub);
    let mut domains: Vec<String> = hosts.filter_map(|hub| above(&hub.host)).collect();
    domains.extend(cx.world.variable("USERDNSDOMAIN").map(|own| own.to_ascii_lowercase()));
    domains.extend(seen.configured.search.iter().filter_map(|suffix| above(suffix)));
    let mut seen_before = seen.configured.search.clone();
    domains.retain(|domain| {
        let new = !seen_before.contains(domain);
        seen_before.push(domain.clone());
        new
    });
    domains.truncate(DOMAINS);
    domains
}

/// The domain a name lies in; none for an address, nor for a top domain.
fn above(name: &str) -> Option<String> {
    let (_, domain) = name.split_once('.')?;
    (domain.contains('.') && name.parse::<IpAddr>().is_err()).then(|| domain.to_owned())
}

/// A random label below the hub's domain, below the suffixes that may have completed the name,
/// and below `.invalid`; only if somebody gave an address that may be made up.
async fn made_up(cx: &Context, seen: &Evidence) -> Vec<MadeUp> {
    if failed(seen) && !somebody_answers(seen) {
        return Vec::new();
    }
    let domain = seen.host.split_once('.').map(|(_, domain)| domain);
    let suffixes = seen.configured.search.iter().take(DOMAINS).map(String::as_str);
    let mut below = vec!["invalid"];
    for domain in domain.into_iter().chain(suffixes) {
        if !below.contains(&domain) {
            below.push(domain);
        }
    }
    let label = format!("hublink-{:016x}", cx.world.random());
    let names: Vec<String> = below.iter().map(|domain| format!("{label}.{domain}")).collect();
    let questions = questions(&names, &seen.configured);
    let replies = ask_all(cx, &questions, cx.budget.dns_query.min(QUERY)).await;
    let domain = |reply: &DnsReply| reply.name.split_once('.').map_or("", |(_, d)| d).to_owned();
    replies.into_iter().map(|reply| MadeUp { below: domain(&reply), reply }).collect()
}

/// Whether a name server gave an address.
fn somebody_answers(seen: &Evidence) -> bool {
    seen.replies.iter().any(|reply| reply.addresses().count() > 0)
}

/// The name as it is, asked for at the name servers that Windows has for it alone.
async fn elsewhere(cx: &Context, seen: &Evidence) -> Vec<DnsReply> {
    let servers = servers_for(&seen.host, &seen.configured);
    let configured = NameServers { servers, ..NameServers::default() };
    let questions = questions(std::slice::from_ref(&seen.host), &configured);
    ask_all(cx, &questions, cx.budget.dns_query.min(QUERY)).await
}

fn hosts(cx: &Context, seen: &Evidence) -> Option<HostsFile> {
    (!seen.system.replaced).then(|| hosts::read(&*cx.world, &seen.host))
}

async fn system_again(cx: &Context, seen: &Evidence) -> Option<SystemLookup> {
    if seen.system.replaced || !somebody_answers(seen) {
        return None;
    }
    Some(cx.world.lookup(&seen.host, cx.budget.lookup.min(QUESTIONS)).await)
}

/// Tries TLS for the name wherever the system or a name server sends it.
async fn with_trials(cx: &Context, mut seen: Evidence) -> Evidence {
    let mut addresses = differing(&seen);
    let hosts = seen.closer.iter().flat_map(|closer| &closer.hosts);
    addresses.extend(hosts.flat_map(|hosts| &hosts.entries).map(|entry| entry.address).take(TRIED));
    addresses.sort_unstable();
    addresses.dedup();
    let (own, completed) =
        tokio::join!(try_all(cx, &addresses, &seen.host), try_completed(cx, &seen),);
    seen.trials = own;
    seen.trials.extend(completed);
    seen
}

/// Short names completed that lead somewhere, each at its first address.
async fn try_completed(cx: &Context, seen: &Evidence) -> Vec<Trial> {
    if !failed(seen) {
        return Vec::new();
    }
    let completed = seen.closer.iter().flat_map(|closer| &closer.completed);
    let mut leads: Vec<(&str, IpAddr)> = Vec::new();
    for reply in completed {
        let known = leads.iter().any(|(name, _)| *name == reply.name);
        let address = reply.addresses().next().filter(|_| !known);
        leads.extend(address.map(|address| (&*reply.name, address)));
    }
    join_all(leads.into_iter().take(TRIED).map(|(name, ip)| try_one(cx, ip, name))).await
}
