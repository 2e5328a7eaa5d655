//! What proves each cause of the handshake.

use hublink_probe::{FailureKind, Handshake, LegacyAnswer};

use super::Evidence;
use super::system::with_switch;
use super::tunnel::{is_the_hubs, with_controls};
use crate::frame::{Case, Confidence, Proof, Severity, is_neighbour};
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
    let proof = with_controls(e, proof);
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

pub(super) fn unexplained(e: &Evidence, _: &Case) -> Option<Proof> {
    if e.handshake.completed() || speaks_only_what_we_lack(e) {
        return None;
    }
    if let Some(legacy) = e.legacy.as_ref().filter(|_| has_a_key_we_lack(e)) {
        let why = "the server has a key or a curve that this tool cannot use; Desktop may";
        return Some(with_legacy(e, legacy).and("limit", why).severity(Severity::Degrades));
    }
    Some(if is_the_hubs(e) {
        raw(e)
    } else {
        raw(e).and("limit", "what is heard in the tunnel may be the proxy's own or the hub's")
    })
}

/// Names of RFC 8446 section 6 and, of older versions, RFC 5246 section 7.2.
pub(super) fn alert_name(alert: u8) -> &'static str {
    match alert {
        0 => "close notify",
        10 => "unexpected message",
        20 => "bad record mac",
        22 => "record overflow",
        40 => "handshake failure",
        42 => "bad certificate",
        43 => "unsupported certificate",
        44 => "certificate revoked",
        45 => "certificate expired",
        46 => "certificate unknown",
        47 => "illegal parameter",
        48 => "unknown ca",
        49 => "access denied",
        50 => "decode error",
        51 => "decrypt error",
        70 => "protocol version",
        71 => "insufficient security",
        80 => "internal error",
        86 => "inappropriate fallback",
        90 => "user canceled",
        100 => "no renegotiation",
        109 => "missing extension",
        110 => "unsupported extension",
        112 => "unrecognized name",
        113 => "bad certificate status response",
        115 => "unknown psk identity",
        116 => "certificate required",
        120 => "no application protocol",
        _ => "no name",
    }
}

/// The most that a record may hold, encrypted and all (RFC 5246 section 6.2.3).
const RECORD_LIMIT: u16 = 16 * 1024 + 2048;

/// What the first bytes are, if they are not TLS. A TLS record starts with its type (20 to 24),
/// major version 3 and its length.
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
    let head = first_bytes(handshake);
    let is_record = matches!(head[..], [0x14..=0x18, 3, ..]);
    let too_long = |high, low| u16::from_be_bytes([high, low]) > RECORD_LIMIT;
    let is_whole = !matches!(head[..], [_, _, _, high, low, ..] if too_long(high, low));
    (!is_record || !is_whole).then_some("something that is not TLS")
}

/// The bytes of which the report keeps the digits.
fn first_bytes(handshake: &Handshake) -> Vec<u8> {
    let digits = handshake.head_hex.as_bytes().chunks_exact(2);
    let pairs = digits.map_while(|pair| std::str::from_utf8(pair).ok());
    pairs.map_while(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

pub(super) fn wrong_protocol(e: &Evidence, _: &Case) -> Option<Proof> {
    if e.handshake.completed() || !is_the_hubs(e) {
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
    let other = e.other_name.as_ref().filter(|_| is_the_hubs(e))?;
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

/// Below this round trip near and far cannot be told apart.
const SHORTEST_ROUND_TRIP_MS: f64 = 10.0;

/// A busy computer adds a few milliseconds to any time it takes.
const SLACK_MS: f64 = 5.0;

/// The end came sooner than anything from the server could have. Only the kernel's own measure of
/// the round trip counts, and only if this program was awake when the connection stood: else the
/// end may have waited for us.
fn ended_near(handshake: &Handshake) -> bool {
    let measured = handshake.state.as_ref().map(|state| state.round_trip_us).filter(|&us| us > 0);
    let Some(trip) = measured.map(|us| f64::from(us) / 1000.0) else { return false };
    let awake = handshake.connect.took_ms < trip + SLACK_MS;
    awake
        && trip >= SHORTEST_ROUND_TRIP_MS
        && handshake.took_ms < trip / 2.0
        && handshake.took_ms < trip - SLACK_MS
}

/// A device near this computer ended the greetings of every name.
fn all_ended_near(e: &Evidence, case: &Case) -> bool {
    let to = e.handshake.connect.to.ip();
    let all = [Some(&e.handshake), e.again.as_ref(), e.other_name.as_ref()];
    let near = |one: Option<&Handshake>| one.is_some_and(ended_near);
    case.facts.os != "windows" && !is_neighbour(case, to) && all.into_iter().all(near)
}

/// Half a round trip passed before the end came. Of three handshakes one may have been measured
/// while this program was busy.
fn ended_far_away(e: &Evidence) -> bool {
    let all = [Some(&e.handshake), e.again.as_ref(), e.other_name.as_ref()];
    let far = all.into_iter().flatten().filter(|handshake| {
        let connect = &handshake.connect;
        handshake.via.is_none()
            && connect.took_ms >= SHORTEST_ROUND_TRIP_MS
            && handshake.took_ms >= connect.took_ms / 2.0
    });
    far.count() >= 2
}

pub(super) fn server_breaks_off(e: &Evidence, case: &Case) -> Option<Proof> {
    let broke_off = |handshake: &Handshake| {
        let ended = matches!(
            handshake.failure.map(|failure| failure.kind),
            Some(FailureKind::Reset | FailureKind::ClosedEarly | FailureKind::Aborted)
        );
        handshake.connect.succeeded() && ended && !is_open_question(e, handshake)
    };
    let other = e.other_name.as_ref().filter(|_| is_the_hubs(e))?;
    if !broke_off(&e.handshake) || !e.again.as_ref().is_some_and(broke_off) || other.completed() {
        return None;
    }
    if answered_as_of_old(e).is_some() || all_ended_near(e, case) {
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

/// Whether a greeting of the old kind can tell more: the far side answered or ended the connection
/// by itself. A name filter would cut the old greeting off as well.
pub(super) fn may_be_outdated(handshake: &Handshake) -> bool {
    !handshake.completed() && (handshake.alert.is_some() || is_cut_off(handshake))
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

/// The answer to the greeting of the old kind, if every greeting of today was refused: by an alert
/// or, as Windows does, by ending the connection without a word.
fn answered_as_of_old(e: &Evidence) -> Option<&LegacyAnswer> {
    let legacy = e.legacy.as_ref().filter(|legacy| legacy.version.is_some())?;
    let all = [Some(&e.handshake), e.again.as_ref(), e.other_name.as_ref()];
    let every = || all.iter().flatten().all(|one| one.alert.is_some() || is_cut_off(one));
    // An alert is the server's own word, so that one is enough.
    (!e.handshake.completed() && (e.handshake.alert.is_some() || every())).then_some(legacy)
}

fn is_cut_off(handshake: &Handshake) -> bool {
    let kind = handshake.failure.map(|failure| failure.kind);
    handshake.connect.succeeded()
        && handshake.received == 0
        && matches!(kind, Some(FailureKind::Reset | FailureKind::ClosedEarly))
}

/// A refusal without a word says less of why than an alert does.
fn refused_by(e: &Evidence, proof: Proof, most: Confidence) -> Proof {
    if e.handshake.alert.is_some() {
        return proof;
    }
    proof
        .and("greetings of today", "ended without an alert, as Windows does, for another name too")
        .at_most(most)
}

pub(super) fn old_protocol_only(e: &Evidence, case: &Case) -> Option<Proof> {
    let legacy = answered_as_of_old(e).filter(|_| is_the_hubs(e))?;
    legacy.version.filter(|version| (0x0300..0x0303).contains(version))?;
    let proof = with_legacy(e, legacy)
        .not("tls/server-breaks-off: the server accepts a greeting of the old kind")
        .value("version", legacy.version_name().unwrap_or_default());
    let proof = with_switch(case, legacy.version_name().unwrap_or_default(), proof);
    Some(refused_by(e, proof, Confidence::Likely))
}

/// TLS 1.2 with a suite that rustls does not have.
pub(super) fn speaks_only_what_we_lack(e: &Evidence) -> bool {
    lacks(e, false)
}

/// TLS 1.2 with a suite that rustls has: it lacks the kind of the server's key, or its curve.
pub(super) fn has_a_key_we_lack(e: &Evidence) -> bool {
    lacks(e, true)
}

fn lacks(e: &Evidence, of_today: bool) -> bool {
    let chosen = answered_as_of_old(e)
        .filter(|legacy| legacy.version == Some(0x0303) && legacy.is_of_today() == of_today);
    let refused = matches!(e.handshake.alert, None | Some(40 | 71));
    refused
        && is_the_hubs(e)
        && !e.handshake.client_certificate_requested
        && chosen.is_some_and(|legacy| legacy.suite_name().is_some())
}

pub(super) fn no_common_cipher(e: &Evidence, _: &Case) -> Option<Proof> {
    let legacy = e.legacy.as_ref()?;
    speaks_only_what_we_lack(e).then(|| {
        let proof = with_legacy(e, legacy)
            .not("tls/server-breaks-off: the server accepts a greeting of the old kind")
            .not("tls/client-certificate-required: no certificate was asked for")
            .value("suite", legacy.suite_name().unwrap_or_default());
        // It may also be a device that stumbles over what is new in a greeting.
        refused_by(e, proof, Confidence::Possible)
    })
}

pub(super) fn client_certificate_required(e: &Evidence, case: &Case) -> Option<Proof> {
    // A certificate that is accepted for the name is the hub's.
    let accepted = e.handshake.rustls.as_ref().is_some_and(|verdict| verdict.accepted);
    if !e.handshake.client_certificate_requested || !(accepted || is_the_hubs(e)) {
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

pub(super) fn blocked_on_the_way(e: &Evidence, case: &Case) -> Option<Proof> {
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
    if all_ended_near(e, case) && cut(other) {
        return Some(
            proof
                .and("every greeting", "ended in less than half a round trip to the server")
                .not("tls/server-breaks-off: nothing of the server's could have come that soon")
                .at_most(Confidence::Likely),
        );
    }
    // A server that refuses everybody at the door resets before the greeting arrives, too.
    let all_lost = is_silent(&e.handshake) && is_silent(other);
    let tiny_too = e.tiny.as_ref().is_some_and(is_silent);
    (all_lost && tiny_too).then(|| {
        proof.not("tls/large-packets-lost: tiny packets get lost too").at_most(Confidence::Likely)
    })
}
