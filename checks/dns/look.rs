//! The first look: the system's look-up, and each name server asked directly beside it.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use hublink_probe::{BoxFuture, DnsReply, NameServers, Question, RecordKind, SystemLookup, World};
use tokio::time::{Instant, timeout_at};

use super::Evidence;
use crate::frame::Context;

/// The name servers and suffixes asked. Systems use three servers and six suffixes at most.
pub(super) const SERVERS: usize = 3;
const SUFFIXES: usize = 6;

/// How much longer than the system's look-up direct questions may take before a hub whose name
/// resolves goes on without them: it must not wait for a server that nobody else waits for.
const GRACE: Duration = Duration::from_millis(200);

/// From here on a look-up is slow, and the direct questions tell why.
pub(super) const SLOW: Duration = Duration::from_secs(1);

/// Whether the system's look-up took so long that it asks for an explanation.
pub(super) fn was_slow(system: &SystemLookup) -> bool {
    system.took_ms >= SLOW.as_secs_f64() * 1000.0
}

/// The name as it is; a short one also completed with each suffix, as the system does.
pub(super) fn names(host: &str, configured: &NameServers) -> Vec<String> {
    let mut names = vec![host.to_owned()];
    if !host.contains('.') {
        let completed = configured.search.iter().take(SUFFIXES);
        names.extend(completed.map(|suffix| format!("{host}.{suffix}")));
    }
    names
}

/// Every name to every server, IPv4 and IPv6.
pub(super) fn questions(names: &[String], configured: &NameServers) -> Vec<Question> {
    let mut questions = Vec::new();
    for &server in configured.servers.iter().take(SERVERS) {
        for name in names {
            for kind in [RecordKind::A, RecordKind::Aaaa] {
                questions.push(Question::of(server, name, kind));
            }
        }
    }
    questions
}

/// Asks every question, side by side.
pub(super) async fn ask_all(
    cx: &Context,
    questions: &[Question],
    limit: Duration,
) -> Vec<DnsReply> {
    join_all(questions.iter().map(|question| cx.world.ask(question, limit))).await
}

/// The system's look-up and the direct questions, side by side. Also tells how many questions
/// nobody waited for.
pub(super) async fn look(
    cx: &Context,
    host: &str,
    questions: &[Question],
) -> (SystemLookup, Vec<DnsReply>, usize) {
    let world: &dyn World = &*cx.world;
    let limit = cx.budget.dns_query;
    let mut open: FuturesUnordered<BoxFuture<'_, DnsReply>> =
        questions.iter().map(|question| world.ask(question, limit)).collect();
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
    let place = |reply: &DnsReply| questions.iter().position(|q| q.is_answered_by(reply));
    replies.sort_by_key(place);
    (system, replies, open.len())
}

/// What one name server says of the name, all its replies taken together.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) server: SocketAddr,
    pub(super) addresses: BTreeSet<IpAddr>,
    /// It says, to every question, that there is no such name.
    pub(super) denies: bool,
}

impl View {
    /// Both answer, and nothing that one says is said by the other. Order and subsets are the
    /// doing of load balancers.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        let (one, two) = (&self.addresses, &other.addresses);
        match (one.is_empty(), two.is_empty()) {
            (false, false) => one.is_disjoint(two),
            (false, true) => other.denies,
            (true, false) => self.denies,
            (true, true) => false,
        }
    }
}

/// What each name server says, in the order they are configured.
pub(super) fn views(e: &Evidence) -> Vec<View> {
    let asked = questions(&names(&e.host, &e.configured), &e.configured);
    let servers = e.configured.servers.iter().take(SERVERS);
    servers
        .map(|&server| {
            let of_it = |reply: &&DnsReply| reply.server == server;
            let all = || e.replies.iter().chain(&e.again).filter(of_it);
            let answered = asked.iter().filter(|question| question.server == server);
            let complete = answered.clone().count() > 0
                && answered.clone().all(|q| e.replies.iter().any(|r| q.is_answered_by(r)));
            let no_such_name = |r: &DnsReply| r.rcode == Some(3) && r.aliases().count() == 0;
            View {
                server,
                addresses: all().flat_map(DnsReply::addresses).collect(),
                denies: complete && all().all(no_such_name),
            }
        })
        .collect()
}

/// Whether two configured name servers contradict each other.
pub(super) fn servers_contradict(e: &Evidence) -> bool {
    let views = views(e);
    let pairs =
        views.iter().enumerate().flat_map(|(i, one)| views[..i].iter().map(move |two| (one, two)));
    pairs.into_iter().any(|(one, two)| one.contradicts(two))
}
