//! The encryption: does the server speak TLS on the port, and if not, what happens instead?

use futures_util::future::join3;
use hublink_probe::{FailureKind, Handshake, Hello, Scheme};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::{
    Case, Cause, Check, Confidence, Context, Meta, Owner, Proof, Reason, ReasonKind, SMALL_SEGMENT,
    Target, cause, fallback, passed, passed_on_direct_way,
};
use crate::proxy::Proxy;
use crate::tcp::Tcp;

/// Whether the connection can be encrypted.
pub struct Tls;

/// What was seen of the handshake.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// The handshake for the link's name. Its `presented` certificates are there only while the
    /// run lasts: the `certificate` check keeps the facts.
    pub handshake: Handshake,
    /// The other of two handshakes for the link's name, made only because the first failed.
    /// If one of the two was completed, it is the one above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Handshake>,
    /// A handshake with small segments, made only after the first got no answer, where segments
    /// can be made smaller. If it is completed, the path loses large packets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub small: Option<Handshake>,
    /// A handshake at the same address for another name, made only after the first failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_name: Option<Handshake>,
}

/// A server that has not answered the greeting after this long is not merely slow.
const PATIENCE_MS: f64 = 2900.0;

impl Check for Tls {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "tls",
        title: "the connection can be encrypted",
        docs: "Opens an encrypted connection (TLS 1.2 or 1.3) for the link's name and keeps what \
               the server presented, whatever the verdict on its certificate. If that fails, the \
               handshake is repeated once and tried for another name at the same address, since a \
               filter that looks at the name behaves differently then.",
        needs: &[passed::<Proxy>(), passed_on_direct_way::<Tcp>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[
        Cause {
            title: "The link says https, but the port speaks another protocol.",
            explain: "The first bytes the server sent are not those of an encrypted connection. \
                      The link names the wrong port or the wrong scheme.",
            remedy: &["Ask for a link with the right scheme and port for <host> (found: \
                       <protocol> on <port>)."],
            owner: Owner::QlikAdmin,
            look_alikes: &[
                "a block page of a device on the way: other names at the address differ then",
                "a server that sends a TLS alert: it does speak TLS",
            ],
            see: &["RFC 8446 section 5.1", "measured"],
            ..cause("tls/wrong-protocol", wrong_protocol)
        },
        Cause {
            title: "The server does not serve this host name.",
            explain: "The server answered that it knows no host of that name (alert 112), and \
                      completes the connection for another name at the same address.",
            remedy: &["Ask your Qlik admin for the name that <address> serves; <host> is not \
                       configured there."],
            owner: Owner::QlikAdmin,
            look_alikes: &["a name blocked on the way: a reset or silence, no alert"],
            see: &["RFC 6066 section 3", "measured"],
            ..cause("tls/name-refused", name_refused)
        },
        Cause {
            title: "The server accepts the connection but never starts encryption.",
            explain: "The port is open and the greeting arrived, but no answer came within the \
                      time allowed, twice. Mostly the service hangs; a device that swallows the \
                      answer looks the same.",
            remedy: &["Ask your Qlik admin to restart the proxy service on <host>: the port is \
                       open but hung."],
            owner: Owner::QlikAdmin,
            confidence: Confidence::Likely,
            look_alikes: &[
                "a path that loses large packets: a retry with small ones would pass",
                "a greeting that never arrived: the kernel counts what was acknowledged",
            ],
            see: &["measured: bytes acknowledged against bytes sent"],
            ..cause("tls/server-silent", server_silent)
        },
        Cause {
            title: "The server breaks off the connection before or during the handshake.",
            explain: "The connection was accepted and then ended by the far side, twice: an \
                      address list, a load balancer without a server behind it, or a server that \
                      cannot use its own certificate.",
            remedy: &["Ask your Qlik admin to look at the proxy or load-balancer log of <host>: \
                       <ending>."],
            owner: Owner::QlikAdmin,
            confidence: Confidence::Likely,
            look_alikes: &[
                "a device on the way that cuts by name: another name passes then",
                "a name the server does not know (tls/name-refused)",
            ],
            see: &["RFC 8446 section 6.2", "measured"],
            ..cause("tls/server-breaks-off", server_breaks_off)
        },
        fallback("tls/unexplained", |e, _| (!e.handshake.completed()).then(|| raw(e))),
    ];

    fn not_applicable(target: &Target) -> Option<Reason> {
        let plain = target.hub().is_some_and(|hub| hub.scheme == Scheme::Http);
        plain.then(|| Reason::of(ReasonKind::NotApplicable).detail("the link says http"))
    }

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        let silent = seen.handshake.failure.map(|f| f.kind) == Some(FailureKind::NoAnswer);
        (silent && seen.handshake.took_ms < PATIENCE_MS).then(|| {
            let reason = Reason::of(ReasonKind::OutOfTime);
            reason.detail("the time allowed was too short to tell silence from a slow server")
        })
    }

    async fn probe(cx: &Context) -> Evidence {
        // The engine runs this check only after `tcp` found an address that accepts, or behind a
        // proxy.
        let to = cx.place().unwrap_or_else(|| ([0, 0, 0, 0], 0).into());
        let ours = cx.hello(to, cx.case.host());
        let handshake = cx.world.handshake(&ours).await;
        if handshake.completed() {
            return Evidence { handshake, again: None, small: None, other_name: None };
        }
        // One broken connection is no finding. A label nobody can have configured shows whether
        // the name makes a difference.
        let other = cx.hello(to, &format!("h{:x}.invalid", cx.world.random()));
        let silent = handshake.failure.map(|f| f.kind) == Some(FailureKind::NoAnswer);
        let (again, other, small) = join3(
            cx.world.handshake(&ours),
            cx.world.handshake(&other),
            in_small_segments(cx, &ours, silent),
        )
        .await;
        let (handshake, again) =
            if again.completed() { (again, handshake) } else { (handshake, again) };
        Evidence { handshake, again: Some(again), small, other_name: Some(other) }
    }
}

/// The same greeting over a connection whose packets are small enough for every path.
async fn in_small_segments(cx: &Context, ours: &Hello, silent: bool) -> Option<Handshake> {
    // Behind a proxy small segments would say something of the way to the proxy alone.
    if !silent || !cx.can_make_segments_small() || ours.via.is_some() {
        return None;
    }
    let small = Hello { segment: Some(SMALL_SEGMENT), ..ours.clone() };
    Some(cx.world.handshake(&small).await)
}

fn raw(e: &Evidence) -> Proof {
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

fn outcome(handshake: &Handshake) -> String {
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
fn alert_name(alert: u8) -> &'static str {
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
fn other_protocol(handshake: &Handshake) -> Option<&'static str> {
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

fn wrong_protocol(e: &Evidence, _: &Case) -> Option<Proof> {
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
fn address(handshake: &Handshake) -> String {
    match &handshake.via {
        Some(proxy) => format!("the server behind {proxy}"),
        None => handshake.connect.to.ip().to_string(),
    }
}

fn name_refused(e: &Evidence, _: &Case) -> Option<Proof> {
    let refused = e.handshake.alert == Some(112);
    let other = e.other_name.as_ref()?;
    (refused && other.completed()).then(|| {
        raw(e)
            .not("tls/server-breaks-off: another name passes at the same address")
            .value("address", address(&e.handshake))
    })
}

fn server_silent(e: &Evidence, _: &Case) -> Option<Proof> {
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

fn server_breaks_off(e: &Evidence, _: &Case) -> Option<Proof> {
    let broke_off = |handshake: &Handshake| {
        let ended = matches!(
            handshake.failure.map(|failure| failure.kind),
            Some(FailureKind::Reset | FailureKind::ClosedEarly | FailureKind::Aborted)
        );
        // Alerts 40 and 70 can mean outdated encryption, 42 to 46 and 116 a client certificate.
        let open_question = matches!(handshake.alert, Some(40 | 42..=46 | 70 | 71 | 116));
        handshake.connect.succeeded() && ended && !open_question
    };
    let other = e.other_name.as_ref()?;
    if !broke_off(&e.handshake) || !e.again.as_ref().is_some_and(broke_off) || other.completed() {
        return None;
    }
    let proof = raw(e)
        .not("tls/name-refused: another name fails too")
        .not("one broken connection: the handshake was repeated")
        .value("ending", outcome(&e.handshake));
    let far = e.handshake.via.is_none()
        && e.handshake.connect.took_ms >= 10.0
        && e.handshake.took_ms >= e.handshake.connect.took_ms / 2.0;
    // Without a measurable distance it may also be a device near this computer.
    let sure = far || e.handshake.alert.is_some();
    Some(if sure { proof } else { proof.at_most(Confidence::Possible) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_record_is_no_other_protocol() {
        let mut handshake = blank();
        handshake.head = "....(".to_owned();
        handshake.head_hex = "1503030002022800".to_owned();
        assert_eq!(other_protocol(&handshake), None);
        handshake.head = "SSH-2.0-OpenSSH".to_owned();
        handshake.head_hex = "5353482d".to_owned();
        assert_eq!(other_protocol(&handshake), Some("SSH"));
    }

    #[test]
    fn every_alert_of_the_standard_has_its_name() {
        for alert in [10, 40, 70, 80, 112, 116] {
            assert_ne!(alert_name(alert), "no name");
        }
    }

    fn blank() -> Handshake {
        serde_json::from_value(serde_json::json!({
            "connect": { "to": "10.0.0.1:443", "took_ms": 20.0 },
            "server_name": "hub", "sent": 0, "received": 0, "certificates": 0, "took_ms": 1.0
        }))
        .expect("a handshake")
    }
}
