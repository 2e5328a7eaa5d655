//! A short series of connections: is their number limited, or do packets get lost?

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use hublink_probe::{Connect, Ending, Exchange, Failure, FailureKind, Operation};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::{CONTROL_PORTS, Evidence, Series, is_refused};
use crate::certificate::Certificate;
use crate::frame::{Case, Check, Context, Status, judge, status_of};
use crate::http::Http;
use crate::hub::Hub;
use crate::tls::Tls;

/// Why a series is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Why {
    /// The one connection of the first look came late.
    OneCameLate,
    /// A later step did not get a connection.
    ALaterStepGotNone,
}

/// How many connections one after the other. A limit of a few a second shows within them.
const IN_A_ROW: usize = 6;

/// How many at once. A person's browser opens as many.
const AT_ONCE: usize = 6;

/// How many with a pause before each. A server of several that is dead would show among them.
const SPACED: usize = 5;

/// Long enough for the end of the connection before to have been noticed everywhere.
const SPACE: Duration = Duration::from_millis(400);

/// How many to each other port.
const ELSEWHERE: usize = 4;

/// A limit counted by the second has recovered after it.
const PAUSE: Duration = Duration::from_millis(1200);

/// Less than the second after which a SYN is sent again, so that each connection is one packet
/// there and one back, and a lost one counts. No path between two places on earth is as slow.
const ONE_SYN: Duration = Duration::from_millis(900);

/// The time for one row: two of them, the pauses and the repeats behind fit the control pass even
/// where each connection takes long.
const ROW: Duration = Duration::from_millis(3600);

/// Other ports are tried only if there is time left of the control pass.
const ROOM: Duration = Duration::from_secs(7);

/// A connection that took this long needed its SYN sent again, where the system does not count.
const LATE_MS: f64 = 950.0;

/// Takes the series. Each part is made only if the one before calls for it.
pub(super) async fn take(cx: &Context, to: SocketAddr, why: Why) -> Series {
    let begun = Instant::now();
    let mut seen = Series::default();
    if why == Why::ALaterStepGotNone {
        cx.world.rest(PAUSE).await;
    }
    seen.first = in_a_row(cx, to, IN_A_ROW).await;
    if why == Why::OneCameLate && bad(&seen.first) < 2 {
        return seen;
    }
    cx.world.rest(PAUSE).await;
    seen.second = in_a_row(cx, to, IN_A_ROW).await;
    if bad(&seen.first) + bad(&seen.second) == 0 {
        seen.together = cx.in_time(together(cx, to)).await.unwrap_or_default();
    } else if limit_in_a_row(&seen).is_some() {
        // It is clear already.
    } else if rows(&seen).any(is_refused) {
        seen.spaced = spaced(cx, to).await;
    } else if begun.elapsed() < ROOM {
        let others = CONTROL_PORTS.iter().filter(|&&port| port != to.port());
        let others = others.map(|&port| in_a_row(cx, SocketAddr::new(to.ip(), port), ELSEWHERE));
        seen.other_ports = join_all(others).await.concat();
    }
    seen
}

/// Connects one after the other, until two in a row fail or the time for one row is over.
async fn in_a_row(cx: &Context, to: SocketAddr, most: usize) -> Vec<Connect> {
    let mut seen: Vec<Connect> = Vec::with_capacity(most);
    let limit = cx.budget.connect.min(ONE_SYN);
    let begun = Instant::now();
    let goes_on = |seen: &[Connect]| {
        seen.len() < most
            && begun.elapsed() < ROW
            && !matches!(seen, [.., a, b] if failed(a) && failed(b))
    };
    while goes_on(&seen) {
        let Some(one) = cx.in_time(cx.world.connect(to, limit)).await else { break };
        seen.push(one);
    }
    seen
}

/// Connects several times at once, after a pause.
async fn together(cx: &Context, to: SocketAddr) -> Vec<Connect> {
    cx.world.rest(PAUSE).await;
    let limit = cx.budget.connect.min(ONE_SYN);
    join_all((0..AT_ONCE).map(|_| cx.world.connect(to, limit))).await
}

/// Connects one after the other, each after a pause.
async fn spaced(cx: &Context, to: SocketAddr) -> Vec<Connect> {
    let mut seen = Vec::with_capacity(SPACED);
    let limit = cx.budget.connect.min(ONE_SYN);
    for _ in 0..SPACED {
        let after_a_pause = async {
            cx.world.rest(SPACE).await;
            cx.world.connect(to, limit).await
        };
        let Some(one) = cx.in_time(after_a_pause).await else { break };
        seen.push(one);
    }
    seen
}

/// Both rows of connections one after the other.
pub(super) fn rows(seen: &Series) -> impl Iterator<Item = &Connect> {
    seen.first.iter().chain(&seen.second)
}

fn failed(attempt: &Connect) -> bool {
    !attempt.succeeded()
}

/// How many of them failed or needed their SYN sent again.
pub(super) fn bad(attempts: &[Connect]) -> usize {
    attempts.iter().filter(|attempt| failed(attempt) || was_late(attempt)).count()
}

/// Whether a connection came about only after its SYN was sent again.
pub(super) fn was_late(attempt: &Connect) -> bool {
    attempt.succeeded()
        && match &attempt.state {
            Some(state) => state.total_retransmits.max(state.retransmits) > 0,
            None => attempt.took_ms >= LATE_MS,
        }
}

/// Whether the connection of the first look came late, or only at the second attempt.
pub(super) fn came_late(e: &Evidence) -> bool {
    let again = e.control.iter().flat_map(|control| &control.again);
    let at_the_repeat = again.clone().any(Connect::succeeded);
    e.chosen.is_some() && (at_the_repeat || e.attempts.iter().any(was_late))
}

/// How many connections passed before the others failed, if the failures stand at the end.
fn passed_first(row: &[Connect]) -> Option<usize> {
    let passed = row.iter().take_while(|attempt| attempt.succeeded()).count();
    let rest = &row[passed..];
    (passed >= 1 && rest.len() >= 2 && rest.iter().all(failed)).then_some(passed)
}

/// What a limit looks like: the first connections pass, the others fail, and after a pause the
/// same again. Returns how many passed.
pub(super) fn limit_in_a_row(seen: &Series) -> Option<usize> {
    let first = passed_first(&seen.first)?;
    let refusals = seen.first[first..].iter().all(is_refused);
    if refusals {
        // Packets that get lost are never answered by a refusal: recovering is enough.
        return seen.second.first().is_some_and(Connect::succeeded).then_some(first);
    }
    // Loss could look like this once by chance; not twice with the same number.
    let second = passed_first(&seen.second)?;
    (first >= 2 && second >= 2 && first.abs_diff(second) <= 1).then_some(first.min(second))
}

/// Connections without a pause are refused in no order, and with a pause before each all pass: a
/// connection counts until its end is noticed. A server of several that is dead would refuse
/// some of those too.
pub(super) fn limit_without_pause(seen: &Series) -> bool {
    // A server that stopped and came back does not refuse and accept in turn.
    let mixed = |row: &[Connect]| row.iter().any(is_refused) && row.iter().any(Connect::succeeded);
    let helped = seen.spaced.len() >= SPACED && bad(&seen.spaced) == 0;
    mixed(&seen.first) && mixed(&seen.second) && helped
}

/// All connections pass one by one, and some fail when they come together. Returns how many
/// passed then.
pub(super) fn limit_together(seen: &Series) -> Option<usize> {
    let alone = !seen.second.is_empty() && bad(&seen.first) + bad(&seen.second) == 0;
    let passed = seen.together.iter().filter(|attempt| attempt.succeeded()).count();
    let lost = seen.together.len() - passed;
    // A single one may have got lost.
    let enough = lost >= 2 || lost == 1 && seen.together.iter().any(is_refused);
    (alone && passed >= 1 && enough).then_some(passed)
}

/// A later step whose attempt to connect to `to` failed.
#[derive(Debug)]
pub(super) struct LaterFailure {
    /// The check that made it.
    pub(super) check: &'static str,
    /// What came of it.
    pub(super) failure: Failure,
}

/// The attempts of later steps to connect to the address that `tcp` had found open.
pub(super) fn later_failures(case: &Case, to: SocketAddr) -> Vec<LaterFailure> {
    let mut found = Vec::new();
    for check in [Tls::META.id, Certificate::META.id, Http::META.id, Hub::META.id] {
        let mut failures = Vec::new();
        case.tree(check).iter().for_each(|saved| collect(saved, to, &mut failures));
        found.extend(failures.into_iter().map(|failure| LaterFailure { check, failure }));
    }
    found
}

/// The two fields by which every saved attempt to connect is known, be it of a handshake or of a
/// request.
#[derive(Deserialize)]
struct Attempt {
    to: SocketAddr,
    failure: Failure,
}

fn collect(saved: &Value, to: SocketAddr, found: &mut Vec<Failure>) {
    match saved {
        Value::Array(items) => items.iter().for_each(|item| collect(item, to, found)),
        Value::Object(fields) => {
            if let Ok(attempt) = Attempt::deserialize(saved)
                && attempt.to == to
                && attempt.failure.operation == Operation::Connect
            {
                found.push(attempt.failure);
            }
            fields.values().for_each(|value| collect(value, to, found));
        }
        _ => {}
    }
}

/// What a later step did not get.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Missed {
    /// A connection.
    Connection,
    /// A connection, or the answer to its greeting: where packets get lost, both may.
    Greeting,
}

/// The later step that fails, by its own table, because of what it missed. A certificate with a
/// fault of its own stays the first thing broken.
pub(super) fn stopped_a_later_step(case: &Case, missed: Missed) -> Option<&'static str> {
    let silent = |failure: Option<Failure>| {
        let kind = failure.map(|failure| failure.kind);
        missed == Missed::Greeting && kind == Some(FailureKind::NoAnswer)
    };
    let unconnected = |answer: &Exchange| {
        answer.ending == Ending::NoConnection
            || answer.ending == Ending::NoHandshake && silent(answer.failure)
    };
    if let Some(tls) = case.of::<Tls>().filter(|_| fails::<Tls>(case)) {
        let failed = !tls.handshake.connect.succeeded() || silent(tls.handshake.failure);
        return failed.then_some(Tls::META.id);
    }
    if fails::<Certificate>(case) {
        return None;
    }
    if let Some(http) = case.of::<Http>().filter(|_| fails::<Http>(case)) {
        return http.hops.last().is_some_and(unconnected).then_some(Http::META.id);
    }
    let hub = case.of::<Hub>().filter(|_| fails::<Hub>(case))?;
    let user = hub.user.as_ref().map(|user| &user.answer);
    let asked = user.or(hub.tenant.as_ref().map(|tenant| &tenant.answer));
    // The pages may have passed on connections that were open already.
    let socket = hub.socket_again.as_ref().map(|socket| &socket.seen.exchange);
    asked.into_iter().chain(socket).any(unconnected).then_some(Hub::META.id)
}

fn fails<C: Check>(case: &Case) -> bool {
    case.of::<C>().is_some_and(|seen| status_of(&judge(C::CAUSES, seen, case)) == Status::Failed)
}
