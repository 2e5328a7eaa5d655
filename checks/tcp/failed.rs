//! What proves a cause when no address of the hub accepted a connection.

use std::net::IpAddr;

use hublink_probe::{Connect, FailureKind, Icmp, Interface};

use super::distance::{self, Distance};
use super::show::{about, raw};
use super::{AT_ONCE_MS, Control, Evidence, all_failed, is_refused, is_silent, relevant};
use crate::client::connected_by;
use crate::dns::{Dns, Evidence as Seen};
use crate::frame::{Case, Confidence, Proof, is_link_local, is_neighbour, is_private};

/// An unanswered neighbour look-up takes three seconds (measured 3.06 s); a rejection is at once.
const NEIGHBOUR_GIVEN_UP_MS: f64 = 2500.0;

/// This computer's own address on the way to the hub, as an ICMP message may carry it.
fn own_addresses(e: &Evidence) -> Vec<IpAddr> {
    let control = e.control.iter().flat_map(|c| c.ports.iter().chain(&c.again));
    e.attempts.iter().chain(control).filter_map(|attempt| attempt.from).collect()
}

/// The ICMP message names somebody on the way: neither the hub nor this computer.
fn sent_on_the_way(e: &Evidence, attempt: &Connect) -> Option<IpAddr> {
    let sender = attempt.icmp.as_ref()?.sender?;
    let own = sender.is_loopback() || own_addresses(e).contains(&sender);
    (sender != attempt.to.ip() && !own).then_some(sender)
}

/// The device on the way that signed the rejection of every attempt, if it is one and the same.
pub(crate) fn rejected_by(e: &Evidence) -> Option<IpAddr> {
    let sender = sent_on_the_way(e, relevant(e).first()?)?;
    all_failed(e, |a| sent_on_the_way(e, a) == Some(sender)).then_some(sender)
}

/// Whether another port of an address that failed accepted or refused a connection itself.
pub(crate) fn another_port_answered(e: &Evidence) -> bool {
    e.control.iter().flat_map(|control| &control.ports).any(answers)
}

/// Whether the address itself answered, be it with a refusal.
fn answers(attempt: &Connect) -> bool {
    attempt.succeeded() || is_refused(attempt) && attempt.icmp.is_none()
}

pub(super) fn ports_exhausted(e: &Evidence, _: &Case) -> Option<Proof> {
    // Over IPv6 the same number means that this computer has no address of that kind.
    let exhausted = |a: &Connect| a.kind() == Some(FailureKind::PortsExhausted) && a.to.is_ipv4();
    all_failed(e, exhausted).then(|| raw(e))
}

pub(super) fn blocked_here(e: &Evidence, case: &Case) -> Option<Proof> {
    let by_policy = |a: &Connect| match a.kind() {
        Some(FailureKind::NotPermitted) => a.icmp.is_none(),
        // A link-local address without its interface is invalid too, and no rule is to blame.
        Some(FailureKind::Invalid) => {
            a.icmp.is_none() && !(a.to.is_ipv6() && is_link_local(a.to.ip()))
        }
        Some(FailureKind::HostUnreachable) => {
            tells_icmp(case) && a.icmp.is_none() && a.took_ms < AT_ONCE_MS
        }
        _ => false,
    };
    let by_firewall = |a: &Connect| {
        // Nobody but this computer can sign with its address, unless the hub is this computer.
        let own = a.icmp.as_ref().and_then(|icmp| icmp.sender).is_some_and(|sender| {
            sender != a.to.ip() && (sender.is_loopback() || own_addresses(e).contains(&sender))
        });
        own && a.took_ms < AT_ONCE_MS
    };
    all_failed(e, |a| by_policy(a) || by_firewall(a))
        .then(|| raw(e).not("tcp/rejected-on-the-way: no device on the way named itself"))
}

/// Whether the system hands on who rejected a connection, so that nobody on the way did if it names
/// nobody.
fn tells_icmp(case: &Case) -> bool {
    !matches!(case.facts.os.as_str(), "windows" | "macos")
}

/// The system, or the last router, gave up looking for the computer that has the address. A
/// rejection that comes late is none: a router may answer only one of several attempts.
fn given_up(attempt: &Connect) -> bool {
    let not_found = |icmp: &Icmp| (icmp.kind, icmp.code) == if icmp.v6 { (1, 3) } else { (3, 1) };
    attempt.kind() == Some(FailureKind::HostUnreachable)
        && attempt.took_ms >= NEIGHBOUR_GIVEN_UP_MS
        && attempt.icmp.as_ref().is_none_or(not_found)
}

pub(super) fn rejected_on_the_way(e: &Evidence, case: &Case) -> Option<Proof> {
    if all_failed(e, |a| sent_on_the_way(e, a).is_some() && !given_up(a)) {
        let first = *relevant(e).first()?;
        let icmp = first.icmp.as_ref()?;
        let proof = raw(e)
            .not("tcp/refused: a device that is not the hub signed the rejection")
            .not("tcp/blocked-on-this-computer: the sender is not this computer")
            .value("sender", sent_on_the_way(e, first)?)
            .value("code", format!("ICMP type {} code {}", icmp.kind, icmp.code));
        return Some(about(e, proof));
    }
    refused_near(e, case)
}

/// Every refusal came faster than the hub could have answered.
fn refused_near(e: &Evidence, case: &Case) -> Option<Proof> {
    let near = |a: &Connect| match distance::of(e, case, a.to.ip()) {
        Distance::Near(trip, refusal) if is_refused(a) => Some((a.to.ip(), trip, refusal)),
        _ => None,
    };
    if !all_failed(e, |a| near(a).is_some()) {
        return None;
    }
    let times = relevant(e).into_iter().filter_map(near);
    let proof = times.fold(raw(e), |proof, (address, trip, refusal)| {
        proof.compared(
            format!("fastest refusal in the name of {address}, measured apart"),
            format!("about {trip:.1} ms, as another port of it takes"),
            format!("{refusal:.1} ms"),
        )
    });
    let proof = proof
        .not("tcp/refused: the hub could not have answered that fast")
        .not("a hub on this computer's own network: the address is not in it")
        .value("sender", "a device near you")
        .value("code", "a reset; it may also come from this computer's own rules")
        .at_most(Confidence::Likely);
    Some(about(e, proof))
}

pub(super) fn host_down(e: &Evidence, _: &Case) -> Option<Proof> {
    all_failed(e, given_up)
        .then(|| about(e, raw(e).not("tcp/rejected-on-the-way: a rejection comes at once")))
}

pub(super) fn off_network(e: &Evidence, case: &Case) -> Option<Proof> {
    let no_route = |a: &Connect| {
        a.kind() == Some(FailureKind::NetworkUnreachable)
            && a.icmp.is_none()
            && a.took_ms < AT_ONCE_MS
    };
    let vpn = case.facts.interfaces.iter().find(|adapter| adapter.is_vpn_down());
    let proof = if all_failed(e, no_route) {
        let proof = if tells_icmp(case) {
            raw(e).not("tcp/rejected-on-the-way: no router answered, this computer did")
        } else {
            raw(e)
        };
        sure_of_a_network(proof, case)
    } else {
        silent_without_vpn(e, case)?
    };
    let name = vpn.map_or_else(|| "VPN".to_owned(), |vpn| format!("VPN `{}`", vpn.name));
    Some(proof.value("vpn", name))
}

/// An inside address stays silent, and a VPN that may lead there is not connected.
fn silent_without_vpn(e: &Evidence, case: &Case) -> Option<Proof> {
    let adapters = &case.facts.interfaces;
    let down = adapters.iter().find(|adapter| adapter.is_vpn_down())?;
    if adapters.iter().any(Interface::is_vpn_up) {
        return None;
    }
    let inside = |a: &Connect| {
        let address = a.to.ip();
        is_private(address) && !is_neighbour(case, address)
    };
    let control = silent_twice(e)?;
    (all_failed(e, inside) && control.ports.iter().all(is_silent)).then(|| {
        raw(e)
            .and(format!("VPN adapter {}", down.name), "not connected")
            .and("the hub's address", "private, and in none of this computer's networks")
            .not("a VPN that is connected: none is")
            .not("tcp/port-silent: no other port answers either")
            .at_most(Confidence::Likely)
    })
}

/// Says why the computer is not without any network, or is less sure.
fn sure_of_a_network(proof: Proof, case: &Case) -> Proof {
    if somebody_answered(case) {
        proof.not("client/no-network: a name server answered")
    } else if let Some(adapter) = connected_by(case) {
        proof.not(format!("client/no-network: {adapter}"))
    } else {
        proof.at_most(Confidence::Likely)
    }
}

/// Whether anybody outside this computer answered anything on this run.
fn somebody_answered(case: &Case) -> bool {
    case.of::<Dns>().is_some_and(Seen::heard_from_outside)
}

pub(super) fn link_port_closed(e: &Evidence, case: &Case) -> Option<Proof> {
    let port = case.facts.hub.as_ref()?.port;
    let closed = |a: &Connect| {
        matches!(a.kind(), Some(FailureKind::Refused | FailureKind::NoAnswer)) && port != 443
    };
    let handshake = e.control.as_ref()?.tls_on_443.as_ref()?;
    if !all_failed(e, closed) || !handshake.completed() {
        return None;
    }
    let verdict = handshake.rustls.as_ref()?;
    let version = handshake.version.clone().unwrap_or_default();
    let proof = raw(e).and("TLS on port 443", format!("handshake completed, {version}"));
    if verdict.accepted {
        return Some(proof.and("certificate on port 443", "good for the link's name"));
    }
    // Another name's certificate is another server's; an unknown issuer leaves the name open.
    let other_server = verdict.error.starts_with("NotValidForName");
    (!other_server).then(|| {
        proof
            .and("certificate on port 443", format!("not accepted ({})", verdict.error))
            .at_most(Confidence::Likely)
    })
}

pub(super) fn refused(e: &Evidence, case: &Case) -> Option<Proof> {
    let by_the_far_end = |a: &Connect| is_refused(a) && sent_on_the_way(e, a).is_none();
    all_failed(e, by_the_far_end).then(|| {
        let proof = raw(e).not("tcp/rejected-on-the-way: no device on the way named itself");
        let far = |a: &&Connect| distance::of(e, case, a.to.ip()) == Distance::Far;
        if relevant(e).iter().all(far) {
            // On Windows such times are known from documents alone.
            let documented = case.facts.os == "windows";
            let proof = if documented { proof.at_most(Confidence::Likely) } else { proof };
            proof
                .and(
                    "distance of the refusal",
                    "a whole round trip: the server itself, or what stands right before it",
                )
                .not("a device near you: it would have refused sooner")
        } else if relevant(e).iter().all(|a| distance::is_beyond_doubt(e, case, a.to.ip())) {
            proof.and("distance of the refusal", "could not be measured")
        } else {
            // Any device near this computer could have been that fast.
            proof
                .and("distance of the refusal", "could not be measured")
                .at_most(Confidence::Likely)
        }
    })
}

/// Every attempt on the link's port stayed without any answer, twice.
fn silent_twice(e: &Evidence) -> Option<&Control> {
    let control = e.control.as_ref()?;
    let again = !control.again.is_empty() && control.again.iter().all(is_silent);
    (all_failed(e, is_silent) && again).then_some(control)
}

pub(super) fn port_silent(e: &Evidence, _: &Case) -> Option<Proof> {
    let control = silent_twice(e)?;
    let other = control.ports.iter().find(|port| answers(port))?;
    let how = if other.succeeded() { "accepts" } else { "refuses, so the computer is up" };
    let proof = raw(e)
        .not("tcp/no-answer: another port of the address answers")
        .not("one lost packet: the attempt was repeated")
        .compared(
            "ports of the same address",
            "all silent",
            format!("port {} of {} {}", other.to.port(), other.to.ip(), how),
        );
    Some(proof.value("address", other.to.ip()))
}

pub(super) fn no_answer(e: &Evidence, case: &Case) -> Option<Proof> {
    let control = silent_twice(e)?;
    control.ports.iter().all(is_silent).then(|| {
        let proof = about(e, raw(e)).not("tcp/port-silent: no other port answers either");
        sure_of_a_network(proof, case)
    })
}
