//! What proves each cause of the handshake.

use hublink_probe::{FailureKind, Handshake, LegacyAnswer};

use super::Evidence;
use crate::frame::{Case, Confidence, Proof};
use crate::http::{Http, KnownText};

pub(super) fn raw(e: &Evidence) -> Proof {
    let all = [Some(&e.handshake), e.again.as_ref(), e.other_name.as_ref()];
    let proof = all.into_iter().flatten().fold(Proof::default(), |proof, handshake| {
        let at = match &handshake.via {
            Some(proxy) => format!("handshake through {proxy} for {}", handshake.server_name),
            None => {
                format!("handshake with {} for {}", handshake.connect.to, handshake.server_name)
            }
        };
        proof.and(at, outcome(handshake))
    });
    match &e.small {
        Some(small) => proof.and("the same in small packets", outcome(small)),
        None => proof,
    }
}

pub(super) fn outcome(handshake: &Handshake) -> String {
    let mut text = match (handshake.connect.failure, handshake.alert, handshake.failure) {
        (Some(failure), ..) => format!("no connection: {}", failure.what()),
        (_, Some(alert), _) => format!("the server sent alert {alert} ({})", alert_name(alert)),
        (_, _, Some(failure)) => failure.what(),
        (None, None, None) => "completed".to_owned(),
    };
    text.push_str(&format!(" after {} ms", handshake.took_ms));
    if handshake.failure.is_some() {
        text.push_str(&format!(", {} bytes sent, {} received", handshake.sent, handshake.received));
        if let Some(acknowledged) = handshake.state.as_ref().and_then(|s| s.bytes_acknowledged) {
            // The kernel counts the SYN as one.
            text.push_str(&format!(", {} acknowledged", acknowledged.saturating_sub(1)));
        }
    }
    text
}

/// Names of RFC 8446 section 6.
pub(super) fn alert_name(alert: u8) -> &'static str {
    match alert {
        0 => "close notify",
        10 => "unexpected message",
        20 => "bad record mac",
        22 => "record overflow",
        40 => "handshake failure",
        42 => "bad certificate",
        43 => "unsupported certificate",
        47 => "illegal parameter",
        48 => "unknown ca",
        50 => "decode error",
        70 => "protocol version",
        71 => "insufficient security",
        80 => "internal error",
        86 => "inappropriate fallback",
        90 => "user canceled",
        109 => "missing extension",
        112 => "unrecognized name",
        116 => "certificate required",
        120 => "no application protocol",
        _ => "no name",
    }
}

/// What the first bytes are, if they are not TLS. A TLS record starts with its type (20 to 24)
/// and major version 3.
pub(super) fn other_protocol(handshake: &Handshake) -> Option<&'static str> {
    let head = &handshake.head;
    if handshake.head_hex.len() < 4 {
        return None;
    }
    if head.starts_with("HTTP/") {
        return Some("plain HTTP");
    }
    if head.starts_with("SSH-") {
        return Some("SSH");
    }
    if head.starts_with("220 ") || head.starts_with("220-") {
        return Some("a mail or file server");
    }
    let is_record = ["14", "15", "16", "17", "18"].contains(&&handshake.head_hex[..2])
        && &handshake.head_hex[2..4] == "03";
    (!is_record).then_some("something that is not TLS")
}

pub(super) fn wrong_protocol(e: &Evidence, _: &Case) -> Option<Proof> {
    if e.handshake.completed() {
        return None;
    }
    let protocol = other_protocol(&e.handshake)?;
    let proof = raw(e)
        .compared("first bytes of the answer", "a TLS record", format!("{:?}", e.handshake.head))
        .value("protocol", protocol);
    match &e.other_name {
        Some(other) if other_protocol(other) == Some(protocol) => {
            Some(proof.not("a block page for this name: other names get the same"))
        }
        Some(_) => Some(proof.at_most(Confidence::Possible)),
        None => Some(proof.at_most(Confidence::Likely)),
    }
}

/// Behind a proxy the address of the server is not known.
pub(super) fn address(handshake: &Handshake) -> String {
    match &handshake.via {
        Some(proxy) => format!("the server behind {proxy}"),
        None => handshake.connect.to.ip().to_string(),
    }
}

pub(super) fn name_refused(e: &Evidence, _: &Case) -> Option<Proof> {
    let refused = e.handshake.alert == Some(112);
    let other = e.other_name.as_ref()?;
    (refused && other.completed()).then(|| {
        raw(e)
            .not("tls/server-breaks-off: another name passes at the same address")
            .value("address", address(&e.handshake))
    })
}

pub(super) fn server_silent(e: &Evidence, _: &Case) -> Option<Proof> {
    let silent = |handshake: &Handshake| {
        handshake.connect.succeeded()
            && handshake.failure.map(|failure| failure.kind) == Some(FailureKind::NoAnswer)
            && other_protocol(handshake).is_none()
    };
    let other = e.other_name.as_ref()?;
    if !silent(&e.handshake) || !e.again.as_ref().is_some_and(silent) || !silent(other) {
        return None;
    }
    let acknowledged = e.handshake.state.as_ref().and_then(|state| state.bytes_acknowledged);
    if acknowledged.is_some_and(|bytes| bytes <= e.handshake.sent) {
        // The greeting itself did not arrive: a device or the path, not the server.
        return None;
    }
    let proof = raw(e).not("a filter that looks at the name: another name gets silence too");
    match &e.small {
        Some(small) if silent(small) => {
            Some(proof.not("a path that loses large packets: small ones get silence too"))
        }
        Some(_) => None,
        None => {
            let not_made = "not made, so a path that loses large ones is not excluded";
            Some(proof.and("the same in small packets", not_made).at_most(Confidence::Possible))
        }
    }
}

/// Whether an alert can mean something else than a server in trouble: outdated encryption (40, 70,
/// 71), unless the old greeting got an alert too, or a client certificate (40, 42 to 46, 116).
fn is_open_question(e: &Evidence, handshake: &Handshake) -> bool {
    let old = e.legacy.as_ref();
    let refuses_both = old.is_some_and(|old| old.version.is_none() && old.alert.is_some());
    match handshake.alert {
        Some(40 | 70 | 71) => !refuses_both || handshake.client_certificate_requested,
        Some(alert) => matches!(alert, 42..=46 | 116),
        None => false,
    }
}

/// Half a round trip passed before the end came. Of three handshakes one may have been measured
/// while this program was busy.
fn ended_far_away(e: &Evidence) -> bool {
    let all = [Some(&e.handshake), e.again.as_ref(), e.other_name.as_ref()];
    let far = all.into_iter().flatten().filter(|handshake| {
        let connect = &handshake.connect;
        handshake.via.is_none()
            && connect.took_ms >= 10.0
            && handshake.took_ms >= connect.took_ms / 2.0
    });
    far.count() >= 2
}

pub(super) fn server_breaks_off(e: &Evidence, _: &Case) -> Option<Proof> {
    let broke_off = |handshake: &Handshake| {
        let ended = matches!(
            handshake.failure.map(|failure| failure.kind),
            Some(FailureKind::Reset | FailureKind::ClosedEarly | FailureKind::Aborted)
        );
        handshake.connect.succeeded() && ended && !is_open_question(e, handshake)
    };
    let other = e.other_name.as_ref()?;
    if !broke_off(&e.handshake) || !e.again.as_ref().is_some_and(broke_off) || other.completed() {
        return None;
    }
    let proof = raw(e)
        .not("tls/name-refused: another name fails too")
        .not("one broken connection: the handshake was repeated")
        .value("ending", outcome(&e.handshake));
    let proof = match &e.legacy {
        Some(old) if old.alert.is_some() => proof
            .and("a greeting of the old kind", "refused too")
            .not("tls/old-protocol-only, tls/no-common-cipher: an old greeting is refused too"),
        _ => proof,
    };
    // Without a measurable distance it may also be a device near this computer.
    let sure = ended_far_away(e) || e.handshake.alert.is_some();
    Some(if sure { proof } else { proof.at_most(Confidence::Possible) })
}

/// Nothing of the greeting was acknowledged: the kernel counts the SYN as one byte.
pub(super) fn greeting_lost(handshake: &Handshake) -> bool {
    let acknowledged = handshake.state.as_ref().and_then(|state| state.bytes_acknowledged);
    handshake.connect.succeeded()
        && handshake.failure.is_some()
        && handshake.received == 0
        && acknowledged.is_some_and(|bytes| bytes <= 1)
}

fn is_silent(handshake: &Handshake) -> bool {
    handshake.connect.succeeded()
        && handshake.failure.map(|failure| failure.kind) == Some(FailureKind::NoAnswer)
        && handshake.received == 0
}

fn with_legacy(e: &Evidence, legacy: &LegacyAnswer) -> Proof {
    let version = legacy.version_name().unwrap_or("nothing");
    let suite = legacy.suite_name().unwrap_or("an unknown method");
    raw(e).and("a greeting of the old kind", format!("answered with {version}, {suite}"))
}

pub(super) fn old_protocol_only(e: &Evidence, _: &Case) -> Option<Proof> {
    let legacy = e.legacy.as_ref()?;
    let old = legacy.version.is_some_and(|version| (0x0300..0x0303).contains(&version));
    (old && e.handshake.alert.is_some() && !e.handshake.completed()).then(|| {
        with_legacy(e, legacy)
            .not("tls/server-breaks-off: the server accepts a greeting of the old kind")
            .value("version", legacy.version_name().unwrap_or_default())
    })
}

/// TLS 1.2 with a suite that rustls does not have.
pub(super) fn speaks_only_what_we_lack(e: &Evidence) -> bool {
    let chosen = e.legacy.as_ref().filter(|legacy| legacy.version == Some(0x0303));
    let refused = matches!(e.handshake.alert, Some(40 | 71)) && !e.handshake.completed();
    refused
        && !e.handshake.client_certificate_requested
        && chosen.is_some_and(|legacy| legacy.suite_name().is_some())
}

pub(super) fn no_common_cipher(e: &Evidence, _: &Case) -> Option<Proof> {
    let legacy = e.legacy.as_ref()?;
    speaks_only_what_we_lack(e).then(|| {
        with_legacy(e, legacy)
            .not("tls/server-breaks-off: the server accepts a greeting of the old kind")
            .not("tls/client-certificate-required: no certificate was asked for")
            .value("suite", legacy.suite_name().unwrap_or_default())
    })
}

pub(super) fn client_certificate_required(e: &Evidence, case: &Case) -> Option<Proof> {
    if !e.handshake.client_certificate_requested {
        return None;
    }
    let refused = |alert: Option<u8>| alert.filter(|alert| matches!(alert, 40 | 42 | 43 | 116));
    let proof = raw(e).and("certificate of this computer", "asked for by the server, none sent");
    if let Some(alert) = refused(e.handshake.alert).filter(|_| !e.handshake.completed()) {
        return Some(proof.compared("end of the handshake", "completed", alert_name(alert)));
    }
    // In TLS 1.3 the refusal comes only with the first answer.
    let (answer, page) = case.of::<Http>()?.last()?;
    if let Some(alert) = refused(answer.alert) {
        return Some(proof.compared("answer to the first request", "a page", alert_name(alert)));
    }
    let named = answer.status == Some(400) && page.says(KnownText::ClientCertificateMissing);
    named.then(|| proof.compared("answer to the first request", "a page", "400, it was not sent"))
}

pub(super) fn large_packets_lost(e: &Evidence, _: &Case) -> Option<Proof> {
    let address = address(&e.handshake);
    if is_silent(&e.handshake) && !greeting_lost(&e.handshake) {
        let small = e.small.as_ref().filter(|small| small.completed())?;
        return Some(
            raw(e)
                .compared("in small packets", "the same silence", outcome(small))
                .not("tls/server-silent: it answers when its packets must be small")
                .value("address", address),
        );
    }
    let tiny = e.tiny.as_ref().filter(|tiny| tiny.completed())?;
    let other_lost = e.other_name.as_ref().is_some_and(|other| !other.completed());
    (is_silent(&e.handshake) && other_lost).then(|| {
        raw(e)
            .compared("in tiny packets", "the same silence", outcome(tiny))
            .not("tls/blocked-on-the-way: every name gets lost, and small packets do not")
            .value("address", address)
    })
}

pub(super) fn blocked_on_the_way(e: &Evidence, _: &Case) -> Option<Proof> {
    let other = e.other_name.as_ref()?;
    let again = e.again.as_ref()?;
    let cut = |handshake: &Handshake| greeting_lost(handshake) && handshake.alert.is_none();
    if !cut(&e.handshake) || !cut(again) || e.handshake.via.is_some() {
        return None;
    }
    let proof = raw(e)
        .and("the greeting", "nothing of it was acknowledged by the far side")
        .not("tls/server-breaks-off: the server never got the greeting")
        .value("address", address(&e.handshake));
    if other.completed() {
        return Some(proof.not("a path that loses packets: another name passes"));
    }
    // A server that refuses everybody at the door resets before the greeting arrives, too.
    let all_lost = is_silent(&e.handshake) && is_silent(other);
    let tiny_too = e.tiny.as_ref().is_some_and(is_silent);
    (all_lost && tiny_too).then(|| {
        proof.not("tls/large-packets-lost: tiny packets get lost too").at_most(Confidence::Likely)
    })
}
