//! The encryption: does the server speak TLS on the port, and if not, what happens instead?

mod proofs;
mod system;
#[cfg(test)]
mod tests;
mod tunnel;

use std::time::Duration;

use futures_util::future::join3;
use hublink_probe::{FailureKind, Handshake, Hello, LegacyAnswer, Scheme};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::{
    AGAIN_AS_NAMED, Cause, Check, Confidence, Context, Meta, Owner, Reason, ReasonKind,
    SMALL_SEGMENT, Severity, Target, Verify, cause, fallback, passed, passed_on_direct_way,
};
use crate::proxy::Proxy;
use crate::tcp::Tcp;
pub use tunnel::OtherTunnel;
pub(crate) use tunnel::{proxys_own_words, works_past_it};

/// The link changes by the remedy, so it is not asked again.
const AT_THE_USUAL_PORT: &[Verify] =
    &[Verify { command: "hublink doctor https://<host>", expect: "" }];

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
    /// Control: a greeting of the old kind, made only after the far side refused one of today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legacy: Option<LegacyAnswer>,
    /// Control: a handshake with tiny segments, made only if the greeting itself got lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiny: Option<Handshake>,
    /// Control: a handshake through the same proxy for a name that nobody has, made only after one
    /// failed there. Whoever speaks in that tunnel is not the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_name: Option<Handshake>,
    /// Control: the handshake without the proxy, made only after one through it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct: Option<Handshake>,
    /// Other hubs of the run that the same proxy carried an encrypted connection to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherTunnel>,
}

impl Evidence {
    /// What is known after one handshake.
    #[must_use]
    pub fn of(handshake: Handshake) -> Self {
        Self {
            handshake,
            again: None,
            small: None,
            other_name: None,
            legacy: None,
            tiny: None,
            unknown_name: None,
            direct: None,
            others: Vec::new(),
        }
    }
}

/// What was silent for the whole time allowed is given this long at the repeat.
const REPEAT: Duration = Duration::from_secs(4);

/// A greeting of rustls has some 240 bytes: in halves it fits where the whole one does not.
const TINY_SEGMENT: u16 = 128;

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
               filter that looks at the name behaves differently then. What is heard in a proxy's \
               tunnel may be the proxy's own: the hub is named only if the direct way shows the \
               same, or if the proxy carries an encrypted connection to another hub of the run and \
               does not answer so for a name that nobody has.",
        needs: &[passed::<Proxy>(), passed_on_direct_way::<Tcp>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[
        Cause {
            title: "The link says https, but the port speaks another protocol.",
            explain: "The first bytes the server sent are not those of an encrypted connection. \
                      The link names the wrong port or the wrong scheme.",
            remedy: &["Ask for a link with the right scheme and port for <host> (found: \
                       <protocol> on <port>)."],
            verify: AGAIN_AS_NAMED,
            owner: Owner::QlikAdmin,
            look_alikes: &[
                "a block page of a device on the way: other names at the address differ then",
                "a server that sends a TLS alert: it does speak TLS",
                "a proxy that speaks itself in the tunnel it opened: the direct way, and other hubs \
                 behind it, tell (proxy/unusable, proxy/bypass-missing)",
            ],
            see: &["RFC 8446 section 5.1", "measured"],
            ..cause("tls/wrong-protocol", proofs::wrong_protocol)
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
            ..cause("tls/name-refused", proofs::name_refused)
        },
        Cause {
            title: "The server offers only outdated encryption (TLS 1.0 or 1.1).",
            explain: "Today's programs speak TLS 1.2 and newer. The server refused that, by an \
                      alert or by ending the connection, and accepted a greeting of the old kind.",
            remedy: &["Ask your Qlik admin to enable TLS 1.2 on <host> (it chose <version>)."],
            owner: Owner::QlikAdmin,
            look_alikes: &["a server that refuses the old greeting too (tls/server-breaks-off)"],
            see: &["RFC 8996", "Qlik help on TLS 1.2", "measured with OpenSSL servers"],
            ..cause("tls/old-protocol-only", proofs::old_protocol_only)
        },
        Cause {
            title: "The server offers only old encryption methods that this tool does not have.",
            explain: "The server chose a method with RSA key exchange, CBC, DHE or older. Windows \
                      and Desktop may still have it, so they may connect; this tool cannot look \
                      any further.",
            remedy: &["Ask your Qlik admin to enable ECDHE with AES-GCM on <host> (it chose \
                       <suite>)."],
            owner: Owner::QlikAdmin,
            severity: Severity::Degrades,
            look_alikes: &["a server that asks for a client certificate and refuses without one"],
            see: &["RFC 7525", "measured with OpenSSL servers"],
            ..cause("tls/no-common-cipher", proofs::no_common_cipher)
        },
        Cause {
            title: "The server demands a certificate from you, as Qlik's internal service ports do.",
            explain: "Ports 4242, 4243 and 4747 of a Qlik server are for its own services, which \
                      show each other certificates. People are meant to use the port of the hub, \
                      usually 443.",
            remedy: &["Ask for a link to the users' port (usually 443) instead of <port>; if it \
                       is 443, client certificates must be optional there."],
            verify: AT_THE_USUAL_PORT,
            owner: Owner::QlikAdmin,
            look_alikes: &["a request for a certificate that is optional: the handshake goes on"],
            see: &["RFC 8446 section 6.2", "Qlik help on ports", "measured"],
            ..cause("tls/client-certificate-required", proofs::client_certificate_required)
        },
        Cause {
            title: "Small packets pass, large ones get lost on the way, so the connection opens \
                    and then hangs.",
            explain: "Somewhere on the way packets of full size do not fit, as behind a VPN, and \
                      the message that says so is dropped. The same greeting in small packets was \
                      answered.",
            remedy: &[
                "Ask IT to let ICMP \"fragmentation needed\" through or to lower the MTU on \
                       the path to <address>.",
            ],
            owner: Owner::Network,
            look_alikes: &["a server that stays silent in small packets too (tls/server-silent)"],
            see: &["RFC 1191", "RFC 2923", "RFC 4821", "measured: 85 ms after the retry"],
            ..cause("tls/large-packets-lost", proofs::large_packets_lost)
        },
        Cause {
            title: "A device between you and the hub cuts off the encrypted connection, often \
                    because of the name.",
            explain: "The hub's greeting never arrived, or was answered by somebody near. A greeting \
                      for another name at the same address went through: a filter reads the name.",
            remedy: &["Ask IT to allow TLS to <host> at <address> (inspection, web filter)."],
            owner: Owner::Network,
            look_alikes: &[
                "a server that breaks off by itself: the greeting was acknowledged then",
                "a name the server does not know: it says so with an alert (tls/name-refused)",
            ],
            see: &["measured: bytes acknowledged, and another name at the same address"],
            ..cause("tls/blocked-on-the-way", proofs::blocked_on_the_way)
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
                "a proxy that opens a tunnel before it has connected: it opens one to nobody, too",
            ],
            see: &["measured: bytes acknowledged against bytes sent"],
            ..cause("tls/server-silent", proofs::server_silent)
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
                "a proxy that opens a tunnel before it has connected: it opens one to nobody, too",
            ],
            see: &["RFC 8446 section 6.2", "measured"],
            ..cause("tls/server-breaks-off", proofs::server_breaks_off)
        },
        Cause {
            title: "Windows on this computer is set so that programs which use its own encryption \
                    may not reach the hub.",
            explain: "This tool brings its own encryption and reached the hub. Many programs for \
                      Windows use the system's (Schannel, WinHTTP, .NET), and there TLS 1.2 is \
                      switched off, or offered only by programs that ask for it. Which one Desktop \
                      uses is unconfirmed; browsers bring their own, as this tool does.",
            remedy: &[
                "If Desktop fails where this tool passes, ask IT to set TLS 1.2 back for programs on \
                 this computer: <settings>.",
            ],
            owner: Owner::Network,
            confidence: Confidence::Possible,
            severity: Severity::Degrades,
            look_alikes: &[
                "TLS 1.2 switched off where TLS 1.3 takes its place (Windows 11, a hub that has it)",
                "old versions switched off (TLS 1.0 and 1.1), as they should be",
                "settings for servers: only those for programs that connect count",
            ],
            see: &[
                "Microsoft: TLS registry settings (Schannel), DefaultSecureProtocols of WinHTTP, \
                 SchUseStrongCrypto of .NET",
                "which TLS library Desktop uses is unconfirmed",
            ],
            ..cause("tls/switched-off-in-windows", system::switched_off)
        },
        fallback("tls/unexplained", proofs::unexplained),
    ];

    fn not_applicable(target: &Target) -> Option<Reason> {
        let plain = target.hub().is_some_and(|hub| hub.scheme == Scheme::Http);
        plain.then(|| Reason::of(ReasonKind::NotApplicable).detail("the link says http"))
    }

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        if proofs::speaks_only_what_we_lack(seen) {
            let reason = Reason::because("tls/no-common-cipher");
            let detail = "this tool does not have the server's encryption; Desktop may";
            return Some(Reason { kind: ReasonKind::CouldNotLook, ..reason }.detail(detail));
        }
        if proofs::has_a_key_we_lack(seen) {
            let reason = Reason::because("tls/unexplained");
            let detail = "this tool cannot use a key of the server's kind; Desktop may";
            return Some(Reason { kind: ReasonKind::CouldNotLook, ..reason }.detail(detail));
        }
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
        let ours = Hello { hand_on: true, ..cx.hello(to, cx.case.host()) };
        let handshake = cx.world.handshake(&ours).await;
        if handshake.completed() {
            return Evidence::of(handshake);
        }
        // One broken connection is no finding. A label nobody can have configured shows whether
        // the name makes a difference.
        let ours = once_more(ours);
        let other = once_more(cx.hello(to, &format!("h{:x}.invalid", cx.world.random())));
        let silent = handshake.failure.map(|f| f.kind) == Some(FailureKind::NoAnswer);
        let (again, other, small) = join3(
            cx.world.handshake(&ours),
            cx.world.handshake(&other),
            in_small_segments(cx, &ours, silent),
        )
        .await;
        let (handshake, again) =
            if again.completed() { (again, handshake) } else { (handshake, again) };
        Evidence { again: Some(again), small, other_name: Some(other), ..Evidence::of(handshake) }
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        let ours = once_more(cx.hello(cx.place()?, cx.case.host()));
        let (legacy, tiny, (unknown_name, direct)) = join3(
            greeted(cx, &ours, seen),
            in_tiny_segments(cx, &ours, seen),
            tunnel::look_past(cx, &ours, seen),
        )
        .await;
        (legacy.is_some() || tiny.is_some() || unknown_name.is_some()).then(|| Evidence {
            legacy,
            tiny,
            unknown_name,
            direct,
            ..seen.clone()
        })
    }

    fn compare(own: &Evidence, others: &[&Evidence]) -> Option<Evidence> {
        if own.handshake.completed() {
            return None;
        }
        let others = tunnel::others_through(own, others);
        (!others.is_empty() && others != own.others).then(|| Evidence { others, ..own.clone() })
    }
}

/// A repeat takes less time: who waits at the phone has waited for the first one already.
fn once_more(hello: Hello) -> Hello {
    Hello { limit: hello.limit.min(REPEAT), hand_on: false, ..hello }
}

/// A server that refuses may speak only what rustls does not.
async fn greeted(cx: &Context, ours: &Hello, seen: &Evidence) -> Option<LegacyAnswer> {
    if !proofs::may_be_outdated(&seen.handshake) {
        return None;
    }
    Some(cx.world.greet_as_of_old(ours).await)
}

/// A greeting of which nothing was acknowledged, in segments that fit through any way.
async fn in_tiny_segments(cx: &Context, ours: &Hello, seen: &Evidence) -> Option<Handshake> {
    // That another name passes says enough.
    let by_name = seen.other_name.as_ref().is_some_and(Handshake::completed);
    if by_name
        || !proofs::greeting_lost(&seen.handshake)
        || !cx.can_make_segments_small()
        || ours.via.is_some()
    {
        return None;
    }
    let tiny = Hello { segment: Some(TINY_SEGMENT), ..ours.clone() };
    Some(cx.world.handshake(&tiny).await)
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
