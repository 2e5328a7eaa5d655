//! The port: does the hub's address accept connections, and if not, who says no?

mod causes;
mod control;
mod distance;
mod failed;
mod partly;
mod series;
mod show;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::{Either, join, join_all, select};
use futures_util::stream::FuturesUnordered;
use hublink_probe::{Connect, FailureKind, Handshake, Hello, Scheme};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use crate::dns::Dns;
use crate::frame::{Cause, Check, Context, Meta, Reason, ReasonKind, passed};
pub(crate) use failed::{another_port_answered, rejected_by};
use series::Why;

/// Whether the hub's port accepts connections.
pub struct Tcp;

/// What was seen of the port.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// One attempt on the link's port for every address of the name.
    pub attempts: Vec<Connect>,
    /// The address the next steps use: the first that accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<SocketAddr>,
    /// The control probes, made only after an attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
    /// More connections to the chosen address, made only because one came late or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
    /// What the other hubs of the run saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<Others>,
}

/// Control probes at the addresses that failed.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Control {
    /// A second attempt wherever the first stayed unanswered: one lost packet is no finding.
    pub again: Vec<Connect>,
    /// The other ports a Qlik server may listen on, at every address that failed; only if none of
    /// the addresses accepted.
    pub ports: Vec<Connect>,
    /// A TLS handshake on 443 for the link's name, if the link names another port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_on_443: Option<Handshake>,
    /// Refusals and acceptances of the same address, taken in turn while nothing else was done:
    /// their times tell whether the refusal came from near or from far. None where the system takes
    /// its time over a refusal and cannot be told not to (old versions of Windows).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quiet: Vec<Connect>,
}

/// Connections one after the other, to tell a limit from loss.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Series {
    /// Without a pause. It ends after two failures in a row.
    pub first: Vec<Connect>,
    /// The same after a pause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub second: Vec<Connect>,
    /// With a pause before each; only if others were refused in no order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spaced: Vec<Connect>,
    /// All at once, after another pause; only if none of the others failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<Connect>,
    /// Other ports of the same address, one after the other; only if failures were scattered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_ports: Vec<Connect>,
}

/// What the other hubs of the run saw, as far as it helps to place a fault.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Others {
    /// An address of another hub that accepted at once over IPv4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_v4: Option<SocketAddr>,
    /// The same over IPv6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_v6: Option<SocketAddr>,
    /// An address of another hub to which connections came late or not at all, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub troubled: Option<SocketAddr>,
}

/// A SYN is sent again after a second; less than this and only one of them was waited for.
const TWO_SYNS_MS: f64 = 2000.0;

/// The time within which two SYNs have gone out, and the answer to the second is back.
const TWO_SYNS: Duration = Duration::from_millis(2300);

/// What comes faster than any network cable is this computer's own doing.
pub(crate) const AT_ONCE_MS: f64 = 100.0;

impl Check for Tcp {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "tcp",
        title: "the port answers",
        docs: "Connects to the link's port at every address of the name, IPv4 and IPv6 side by \
               side. If none accepts, the other usual ports of the same addresses are tried as a \
               control, so that a closed port, a firewall and a computer that is switched off can \
               be told apart. If a connection comes late, or a later step gets none, a short \
               series shows whether connections are limited or get lost. A closed port 80 is no \
               fault when the link says https.",
        needs: &[passed::<Dns>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = causes::CAUSES;

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        let relevant = relevant(seen);
        if seen.chosen.is_some() || relevant.is_empty() {
            return None;
        }
        let ours = |a: &&Connect| a.kind() == Some(FailureKind::TooManyOpen);
        if relevant.iter().all(ours) {
            let reason = Reason::of(ReasonKind::CouldNotLook);
            return Some(reason.detail("this program may not open more sockets"));
        }
        let hasty =
            |a: &&Connect| a.kind() == Some(FailureKind::NoAnswer) && a.took_ms < TWO_SYNS_MS;
        relevant.iter().all(hasty).then(|| {
            let reason = Reason::of(ReasonKind::OutOfTime);
            reason.detail("the time allowed was too short to tell silence from a lost packet")
        })
    }

    async fn probe(cx: &Context) -> Evidence {
        let port = cx.target.hub().map_or(443, |hub| hub.port);
        let addresses = cx.of::<Dns>().map(|dns| &dns.addresses[..]).unwrap_or_default();
        let to: Vec<SocketAddr> = addresses.iter().map(|&ip| (ip, port).into()).collect();
        let (attempts, early) = attempts(cx, &to).await;
        let chosen = attempts.iter().find(|a| a.succeeded()).map(|a| a.to);
        let mut seen = Evidence { attempts, chosen, control: None, series: None, others: None };
        seen.control = match early {
            Some(early) => still_needed(early, &seen),
            None => try_again(cx, &seen).await,
        };
        if chosen.is_none() {
            let again = seen.control.iter().flat_map(|control| &control.again);
            seen.chosen = again.clone().find(|a| a.succeeded()).map(|a| a.to);
        }
        if let Some(to) = seen.chosen.filter(|_| series::came_late(&seen)) {
            seen.series = Some(series::take(cx, to, Why::OneCameLate).await);
        }
        seen
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        control::look_closer(cx, seen).await
    }

    fn compare(own: &Evidence, others: &[&Evidence]) -> Option<Evidence> {
        let seen = control::others(own, others)?;
        Some(Evidence { others: Some(seen), ..own.clone() })
    }
}

/// When a silent attempt is given company: its SYN was sent again by then, and what does not answer
/// at once now mostly never does.
const STILL_SILENT: Duration = Duration::from_secs(1);

/// The first attempts. Those that stay silent are repeated before they have ended, and the other
/// ports tried, so that the whole step takes no longer than its longest attempt.
async fn attempts(cx: &Context, to: &[SocketAddr]) -> (Vec<Connect>, Option<Control>) {
    let (host, limit) = (cx.case.host(), cx.budget.connect);
    let mut open: FuturesUnordered<_> =
        to.iter().map(|&to| cx.world.connect_for(host, to, limit)).collect();
    let company = Instant::now() + STILL_SILENT;
    let mut ended = Vec::with_capacity(to.len());
    if let Some(&first) = to.first() {
        // The first poll sends the SYNs: the one that is evidence goes before the other.
        if let Some(one) = open.next().now_or_never().flatten() {
            ended.push(one);
        }
        open_second(cx, first);
    }
    while let Ok(Some(one)) = timeout_at(company, open.next()).await {
        ended.push(one);
    }
    let early = if open.is_empty() {
        None
    } else {
        let so_far = ended.clone();
        let early = pin!(repeats(cx, to, &so_far));
        match select(open.collect::<Vec<_>>(), early).await {
            Either::Left((rest, early)) => {
                ended.extend(rest);
                if ended.iter().any(is_silent) { Some(early.await) } else { None }
            }
            Either::Right((early, rest)) => {
                ended.extend(rest.await);
                Some(early)
            }
        }
    };
    // The order of the addresses, not of the answers: two runs must read alike.
    ended.sort_by_key(|one| to.iter().position(|&to| to == one.to));
    (ended, early)
}

/// Repeats what has not ended yet and, unless an address accepted, tries the other ports.
async fn repeats(cx: &Context, to: &[SocketAddr], ended: &[Connect]) -> Control {
    let silent = to.iter().filter(|&&to| ended.iter().all(|one| one.to != to)).copied();
    let accepted = ended.iter().any(Connect::succeeded);
    let failed = if accepted { &[] } else { to };
    look_again(cx, silent.collect(), failed, cx.budget.connect.min(TWO_SYNS)).await
}

/// Of repeats that were begun before it was known who needs them, those that are.
fn still_needed(early: Control, seen: &Evidence) -> Option<Control> {
    let relevant = relevant(seen);
    let silent = |to| relevant.iter().any(|one| one.to == to && is_silent(one));
    let failed = |ip| seen.chosen.is_none() && relevant.iter().any(|one| one.to.ip() == ip);
    let again: Vec<_> = early.again.into_iter().filter(|one| silent(one.to)).collect();
    let ports: Vec<_> = early.ports.into_iter().filter(|one| failed(one.to.ip())).collect();
    let any = !again.is_empty() || !ports.is_empty();
    any.then_some(Control { again, ports, tls_on_443: None, quiet: Vec::new() })
}

/// What comes after this step asks for two things side by side, which takes two connections.
fn open_second(cx: &Context, to: SocketAddr) {
    let encrypted = cx.target.hub().is_some_and(|hub| hub.scheme == Scheme::Https);
    let hello = Hello { hand_on: true, ..cx.hello(to, cx.case.host()) };
    if encrypted && hello.via.is_none() {
        cx.world.open_second(&hello);
    }
}

/// Where Qlik servers and the web servers before them listen.
const CONTROL_PORTS: [u16; 3] = [443, 80, 4244];

/// Repeats what stayed unanswered and, if no address accepted, tries the other ports, all side by
/// side: each costs the whole time allowed when nothing answers.
async fn try_again(cx: &Context, seen: &Evidence) -> Option<Control> {
    let relevant = relevant(seen);
    // Beside a good address a silent one must not hold up the next steps longer than it has to:
    // two SYNs are enough then.
    let shorter = seen.chosen.map_or(Duration::MAX, |_| TWO_SYNS);
    let limit = cx.budget.connect.min(shorter);
    let silent: Vec<_> = relevant.iter().filter(|a| is_silent(a)).map(|a| a.to).collect();
    let failed: Vec<_> = relevant.iter().map(|a| a.to).collect();
    let failed = if seen.chosen.is_none() { &failed[..] } else { &[] };
    if silent.is_empty() && failed.is_empty() {
        return None;
    }
    Some(look_again(cx, silent, failed, limit).await)
}

/// Repeats the silent attempts and tries the other ports of those that failed.
async fn look_again(
    cx: &Context,
    silent: Vec<SocketAddr>,
    failed: &[SocketAddr],
    limit: Duration,
) -> Control {
    let again: Vec<_> = silent.into_iter().map(|to| cx.world.connect(to, limit)).collect();
    let others = failed.iter().flat_map(|to| {
        let others = CONTROL_PORTS.iter().filter(|&&port| port != to.port());
        others.map(|&port| SocketAddr::new(to.ip(), port))
    });
    let others: Vec<_> = others.map(|to| cx.world.connect(to, limit)).collect();
    let (again, ports) = join(join_all(again), join_all(others)).await;
    Control { again, ports, tls_on_443: None, quiet: Vec::new() }
}

/// The failures that decide. An address of a family this computer has no route for at all is set
/// aside when another address failed for another reason: no program would have used it.
fn relevant(e: &Evidence) -> Vec<&Connect> {
    let no_route = |attempt: &&Connect| attempt.kind() == Some(FailureKind::NetworkUnreachable);
    let failed: Vec<&Connect> = e.attempts.iter().filter(|a| !a.succeeded()).collect();
    let with_route: Vec<&Connect> = failed.iter().filter(|a| !no_route(a)).copied().collect();
    if with_route.is_empty() { failed } else { with_route }
}

/// All attempts that decide failed, and every one of them fits.
fn all_failed(e: &Evidence, fits: impl Fn(&Connect) -> bool) -> bool {
    let relevant = relevant(e);
    e.chosen.is_none() && !relevant.is_empty() && relevant.into_iter().all(fits)
}

/// Whether a connection was refused, by a reset or in its name.
fn is_refused(attempt: &Connect) -> bool {
    attempt.kind() == Some(FailureKind::Refused)
}

/// Whether nobody answered.
fn is_silent(attempt: &Connect) -> bool {
    attempt.kind() == Some(FailureKind::NoAnswer)
}
