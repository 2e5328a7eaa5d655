//! Who is heard in a tunnel: the hub, or the proxy that opened it?
//!
//! A proxy that says 200 and then speaks itself looks from inside the tunnel exactly as a hub that
//! does. Only a second way to the same hub, or the same way to somebody else, tells them apart.

use futures_util::future::{OptionFuture, join};
use hublink_probe::{FailureKind, Handshake, Hello};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Evidence;
use super::proofs::{other_protocol, outcome};
use crate::frame::{Context, Proof, via_proxy};
use crate::tcp::Tcp;

/// Another hub of the run, whose handshake through the same proxy was completed.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct OtherTunnel {
    /// Its name.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
}

/// More than these prove nothing more, and a run may have a thousand hubs.
const OTHERS: usize = 3;

/// A handshake through the same proxy with a name that nobody has, and one with the hub past the
/// proxy, where an address of it is known to accept.
pub(super) async fn look_past(
    cx: &Context,
    ours: &Hello,
    seen: &Evidence,
) -> (Option<Handshake>, Option<Handshake>) {
    let Some(via) = ours.via.as_ref().filter(|_| !seen.handshake.completed()) else {
        return (None, None);
    };
    let nobody = format!("h{:x}.invalid", cx.world.random());
    let via = Some(via_proxy(&via.proxy, &nobody));
    let unknown = Hello { server_name: nobody, via, ..ours.clone() };
    let chosen = cx.of::<Tcp>().and_then(|tcp| tcp.chosen);
    let direct = chosen.map(|to| Hello { to, via: None, ..ours.clone() });
    let direct = direct.as_ref().map(|hello| cx.world.handshake(hello));
    let (unknown, direct) = join(cx.world.handshake(&unknown), OptionFuture::from(direct)).await;
    (Some(unknown), direct)
}

/// The hubs of the run with whom a handshake through the same proxy was completed.
pub(super) fn others_through(own: &Evidence, others: &[&Evidence]) -> Vec<OtherTunnel> {
    let Some(proxy) = own.handshake.via.as_ref() else { return Vec::new() };
    let passed = others.iter().map(|other| &other.handshake).filter(|other| {
        other.completed()
            && other.via.as_ref().is_some_and(|via| via.is_same_place(proxy))
            && other.server_name != own.handshake.server_name
    });
    let mut found = Vec::new();
    for other in passed.map(|other| OtherTunnel { host: other.server_name.clone() }) {
        if found.len() < OTHERS && !found.contains(&other) {
            found.push(other);
        }
    }
    found
}

/// Whether the end of the handshake is the hub's own doing. Without a proxy nobody else's is asked.
pub(super) fn is_the_hubs(e: &Evidence) -> bool {
    let ours = &e.handshake;
    if ours.via.is_none() || ours.completed() {
        return true;
    }
    match &e.direct {
        Some(direct) if direct.completed() => return false,
        Some(direct) if ends_alike(direct, ours) => return true,
        _ => {}
    }
    let Some(unknown) = e.unknown_name.as_ref().filter(|_| !e.others.is_empty()) else {
        return false;
    };
    // A proxy that opens a tunnel to nobody says 200 before it has connected: that a tunnel ends,
    // or stays silent, is then no word of the hub.
    !is_open(unknown) || (ours.received > 0 && !ends_alike(unknown, ours))
}

/// What the proxy itself says in its tunnels, which is not TLS: a name that nobody has gets it too.
#[must_use]
pub(crate) fn proxys_own_words(e: &Evidence) -> Option<&Handshake> {
    other_protocol(&e.handshake).filter(|_| e.handshake.via.is_some())?;
    e.unknown_name.as_ref().filter(|unknown| is_open(unknown) && ends_alike(unknown, &e.handshake))
}

/// The way past the proxy, if encryption comes about there and not through the proxy.
#[must_use]
pub(crate) fn works_past_it(e: &Evidence) -> Option<&Handshake> {
    let fails = e.handshake.via.is_some() && !e.handshake.completed();
    e.direct.as_ref().filter(|direct| fails && direct.completed())
}

/// The tunnel was opened, whatever came in it.
fn is_open(handshake: &Handshake) -> bool {
    handshake.connect.succeeded() && handshake.tunnel.is_none()
}

/// A proxy may hand a reset on as an end.
fn ends_alike(one: &Handshake, other: &Handshake) -> bool {
    let is_silent = |one: &Handshake| one.failure.map(|f| f.kind) == Some(FailureKind::NoAnswer);
    is_open(one)
        && !one.completed()
        && is_silent(one) == is_silent(other)
        && one.alert == other.alert
        && (one.received > 0) == (other.received > 0)
        && other_protocol(one) == other_protocol(other)
}

/// What was seen beside the tunnel.
pub(super) fn with_controls(e: &Evidence, mut proof: Proof) -> Proof {
    let Some(proxy) = &e.handshake.via else { return proof };
    if let Some(unknown) = &e.unknown_name {
        let seen = match &unknown.tunnel {
            Some(asked) => asked
                .status
                .map_or_else(|| outcome(unknown), |status| format!("no tunnel, status {status}")),
            None => outcome(unknown),
        };
        proof = proof.and(format!("{proxy} asked for {}", unknown.server_name), seen);
    }
    for other in &e.others {
        proof = proof.and(format!("handshake through {proxy} for {}", other.host), "completed");
    }
    match &e.direct {
        Some(direct) => proof.and("the way past the proxy", outcome(direct)),
        None => proof,
    }
}
