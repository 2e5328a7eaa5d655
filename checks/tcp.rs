//! The port: does the hub's address accept connections, and if not, who says no?

use std::net::{IpAddr, SocketAddr};

use futures_util::future::{join, join_all};
use hublink_probe::{Connect, FailureKind, Handshake, Icmp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dns::Dns;
use crate::frame::{
    Case, Cause, Check, Confidence, Context, Meta, Owner, Proof, Reason, ReasonKind, Severity,
    cause, fallback, passed,
};

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
    /// The control probes, made only after every attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
}

/// Control probes at the first address that failed.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Control {
    /// A second attempt wherever the first stayed unanswered: one lost packet is no finding.
    pub again: Vec<Connect>,
    /// The other ports a Qlik server may listen on.
    pub ports: Vec<Connect>,
    /// A TLS handshake on 443 for the link's name, if the link names another port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_on_443: Option<Handshake>,
}

/// Where Qlik servers and the web servers before them listen.
const CONTROL_PORTS: [u16; 3] = [443, 80, 4244];

/// An unanswered neighbour look-up takes three seconds (measured 3.06 s); a rejection is at once.
const NEIGHBOUR_GIVEN_UP_MS: f64 = 2500.0;

/// A SYN is sent again after a second; less than this and only one of them was waited for.
const TWO_SYNS_MS: f64 = 2000.0;

/// What comes faster than any network cable is this computer's own doing.
const AT_ONCE_MS: f64 = 100.0;

/// Below this round trip near and far cannot be told apart.
const SHORTEST_ROUND_TRIP_MS: f64 = 10.0;

impl Check for Tcp {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "tcp",
        title: "the port answers",
        docs: "Connects to the link's port at every address of the name, IPv4 and IPv6 side by \
               side. If none accepts, the other usual ports of the same address are tried as a \
               control, so that a closed port, a firewall and a computer that is switched off can \
               be told apart. A closed port 80 is no fault when the link says https.",
        needs: &[passed::<Dns>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[
        Cause {
            title: "This computer has run out of free connection numbers.",
            explain: "Every connection needs a free local port. Some program here holds so many \
                      that none is left, so nothing new can be opened to anybody.",
            remedy: &["Close programs with very many connections or restart the computer."],
            owner: Owner::You,
            look_alikes: &["a network that is down: it fails for other reasons and numbers"],
            see: &["measured: EADDRNOTAVAIL 99, WSA 10048 and 10055"],
            ..cause("tcp/ports-exhausted", ports_exhausted)
        },
        Cause {
            title: "Security software or a rule on this computer forbids this connection.",
            explain: "The attempt was stopped before it left this computer: the system itself \
                      says no, at once.",
            remedy: &[
                "Ask IT to allow hublink and Qlik Sense Desktop to connect to <host>:<port> \
                       in the firewall or protection software of this PC.",
            ],
            owner: Owner::Network,
            look_alikes: &[
                "a router that forbids it: its own address stands in the rejection",
                "a local rule that drops in silence: cannot be told from the network's",
            ],
            see: &["measured: EACCES 13, EINVAL 22; WSAEACCES 10013"],
            ..cause("tcp/blocked-on-this-computer", blocked_here)
        },
        Cause {
            title: "A firewall or router between you and the hub rejects the connection.",
            explain: "The refusal does not come from the hub: either a device on the way names \
                      itself in it, or it came back faster than the hub could have answered.",
            remedy: &["Ask IT to open (or route) <address>:<port> from your network; rejected by \
                       <sender> with <code>."],
            owner: Owner::Network,
            look_alikes: &[
                "a refusal by the hub itself takes a whole round trip (tcp/refused)",
                "a computer that is switched off is given up after three seconds (tcp/host-down)",
            ],
            see: &["RFC 792", "RFC 1812", "RFC 4443", "measured: 0.1 ms against 48 ms"],
            suppresses: &["tcp/refused"],
            ..cause("tcp/rejected-on-the-way", rejected_on_the_way)
        },
        Cause {
            title: "The hub's computer is switched off or its address is not in use.",
            explain: "The last router before the hub (or this computer, on the same network) asked \
                      three seconds long who has this address, and nobody answered.",
            remedy: &["Ask your Qlik admin whether <host> runs and still has <address>."],
            owner: Owner::QlikAdmin,
            confidence: Confidence::Likely,
            look_alikes: &["a rejection at once (tcp/rejected-on-the-way)"],
            see: &["measured: EHOSTUNREACH after 3.06 s"],
            ..cause("tcp/host-down", host_down)
        },
        Cause {
            title: "This computer is not connected to the network where the hub lives.",
            explain: "There is no way to the hub's address from here: this computer knows no route \
                      to it. Mostly a VPN is off.",
            remedy: &["Connect the VPN or go to the company network, and run again."],
            owner: Owner::You,
            look_alikes: &[
                "a computer without any network",
                "a router that knows no route: it names itself (tcp/rejected-on-the-way)",
            ],
            see: &["measured: ENETUNREACH 101 at 0 ms; WSAENETUNREACH 10051"],
            ..cause("tcp/off-network", off_network)
        },
        Cause {
            title: "The link names a port that is closed, while the hub answers on 443.",
            explain: "The server is there and speaks https on the usual port. The link leads to \
                      another one where nothing answers.",
            remedy: &["Ask for a link that starts with https://<host>."],
            owner: Owner::QlikAdmin,
            look_alikes: &["a server that answers on no port at all (tcp/refused, tcp/no-answer)"],
            see: &["QSEoW proxy settings: allowHttp is off by default"],
            suppresses: &["tcp/refused", "tcp/port-silent"],
            ..cause("tcp/link-port-closed", link_port_closed)
        },
        Cause {
            title: "The server's address answers, but nothing accepts connections on the hub's \
                    port.",
            explain: "The refusal reached this computer, so the address is in use; the program \
                      that should listen there does not run, or listens elsewhere.",
            remedy: &["Ask your Qlik admin whether the Qlik proxy service runs on <host> and \
                       listens on <port>."],
            owner: Owner::QlikAdmin,
            look_alikes: &[
                "a refusal by a device on the way (tcp/rejected-on-the-way)",
                "on Windows a short time limit turns every refusal into silence",
            ],
            see: &["RFC 9293 section 3.10.7", "measured: one round trip"],
            ..cause("tcp/refused", refused)
        },
        Cause {
            title: "Connections to the hub's port vanish, while the same address answers on \
                    another port.",
            explain: "Mostly a firewall rule drops this port. A hung server whose queue is full \
                      looks exactly the same from here.",
            remedy: &["Ask IT to let <address>:<port> through from your network; if they see no \
                       block, ask your Qlik admin whether the service hangs."],
            owner: Owner::Network,
            confidence: Confidence::Likely,
            look_alikes: &[
                "a silent port 80 beside an https link, which is normal",
                "one lost packet: the attempt was repeated",
            ],
            see: &["measured: firewall drop and full accept queue"],
            suppresses: &["tcp/no-answer"],
            ..cause("tcp/port-silent", port_silent)
        },
        Cause {
            title: "Nothing answers at the hub's address.",
            explain: "A computer that is off, a wrong address and a silent firewall look alike \
                      from here: no port of the address gave any answer.",
            remedy: &["Ask IT whether <address> is up and may be reached from your network."],
            owner: Owner::Network,
            look_alikes: &[
                "one silent port beside others that answer (tcp/port-silent)",
                "a computer without any network: then nothing else answers either",
            ],
            see: &["measured: no answer to repeated SYNs"],
            ..cause("tcp/no-answer", no_answer)
        },
        Cause {
            title: "Over one kind of address (IPv6 or IPv4) the hub is unreachable, over the other \
                    it works, so connecting is slow.",
            explain: "The name has addresses of both kinds, and one kind is swallowed on the way. \
                      Programs try both and lose time, some lose the whole attempt.",
            remedy: &["Ask IT to repair the path to <address> or to remove the record."],
            owner: Owner::Network,
            severity: Severity::Degrades,
            look_alikes: &["a kind of address that fails at once, which costs no time"],
            see: &["RFC 8305", "measured: 205 ms"],
            suppresses: &["tcp/one-address-dead"],
            ..cause("tcp/one-family-broken", one_family_broken)
        },
        Cause {
            title: "The name has several addresses and at least one is dead, so it works only \
                    sometimes.",
            explain: "Programs pick one of the addresses. Whoever gets the dead one waits or fails.",
            remedy: &["Ask IT to remove or repair <address> for <host>."],
            owner: Owner::Network,
            severity: Severity::Degrades,
            look_alikes: &["a whole kind of address that fails (tcp/one-family-broken)"],
            see: &["measured parts: one refused or silent address beside a good one"],
            ..cause("tcp/one-address-dead", one_address_dead)
        },
        fallback("tcp/unexplained", |e, _| e.chosen.is_none().then(|| raw(e))),
    ];

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
        let limit = cx.budget.connect;
        let attempts = addresses.iter().map(|&ip| cx.world.connect((ip, port).into(), limit));
        let attempts = join_all(attempts).await;
        let accepted = |attempt: &&Connect| attempt.succeeded();
        let chosen = attempts.iter().find(accepted).map(|a| a.to);
        let mut seen = Evidence { attempts, chosen, control: None };
        if chosen.is_none() {
            seen.control = try_again(cx, &seen).await;
            let again = seen.control.iter().flat_map(|control| &control.again);
            seen.chosen = again.clone().find(accepted).map(|a| a.to);
        }
        seen
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        let control = seen.control.as_ref()?;
        let open_443 = control.ports.iter().find(|c| c.to.port() == 443 && c.succeeded())?;
        let tls_on_443 = Some(cx.world.handshake(&cx.hello(open_443.to, cx.case.host())).await);
        let control = Some(Control { tls_on_443, ..control.clone() });
        Some(Evidence { control, ..seen.clone() })
    }
}

/// Repeats what stayed unanswered and tries the other ports, all side by side: each costs the
/// whole time allowed when nothing answers.
async fn try_again(cx: &Context, seen: &Evidence) -> Option<Control> {
    let relevant = relevant(seen);
    let first = relevant.first()?.to;
    let limit = cx.budget.connect;
    let silent = relevant.iter().filter(|a| a.kind() == Some(FailureKind::NoAnswer));
    let again = silent.map(|attempt| cx.world.connect(attempt.to, limit));
    let others = CONTROL_PORTS.iter().filter(|&&port| port != first.port());
    let others = others.map(|&port| cx.world.connect(SocketAddr::new(first.ip(), port), limit));
    let (again, ports) = join(join_all(again), join_all(others)).await;
    Some(Control { again, ports, tls_on_443: None })
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

fn raw(e: &Evidence) -> Proof {
    let control = e.control.iter().flat_map(|c| c.again.iter().chain(&c.ports));
    e.attempts.iter().chain(control).fold(Proof::default(), |proof, attempt| {
        proof.and(format!("connect to {}", attempt.to), outcome(attempt))
    })
}

fn outcome(attempt: &Connect) -> String {
    let mut text = match attempt.failure {
        None => format!("accepted after {} ms", attempt.took_ms),
        Some(failure) => format!("{} after {} ms", failure.what(), attempt.took_ms),
    };
    if let Some(icmp) = &attempt.icmp {
        text.push_str(&format!(", {}", icmp_text(icmp)));
    }
    if let Some(state) = &attempt.state
        && state.retransmits > 0
    {
        text.push_str(&format!(", SYN sent {} times", state.retransmits + 1));
    }
    text
}

fn icmp_text(icmp: &Icmp) -> String {
    let protocol = if icmp.v6 { "ICMPv6" } else { "ICMP" };
    let sender = icmp.sender.map_or("an unnamed sender".to_owned(), |ip| ip.to_string());
    format!("{protocol} {}/{} from {sender}", icmp.kind, icmp.code)
}

/// Fills in the address a remedy is about.
fn about(e: &Evidence, proof: Proof) -> Proof {
    let first = relevant(e).first().map(|attempt| attempt.to.ip().to_string());
    proof.value("address", first.unwrap_or_default())
}

/// The round trip to the same address: the yardstick for near and far. The kernel's own measure,
/// since ours also counts whatever else this program was busy with.
fn round_trip(e: &Evidence) -> Option<f64> {
    let connected = e.control.as_ref()?.ports.iter().filter(|c| c.succeeded());
    let measured = connected.filter_map(|c| c.state.as_ref()).map(|state| state.round_trip_us);
    let ms = f64::from(measured.min()?) / 1000.0;
    (ms >= SHORTEST_ROUND_TRIP_MS).then_some(ms)
}

/// Faster than the far end could have answered, with room for a busy computer.
fn is_near(attempt: &Connect, round_trip: f64) -> bool {
    attempt.took_ms < round_trip / 2.0 && attempt.took_ms < round_trip - 5.0
}

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

fn ports_exhausted(e: &Evidence, _: &Case) -> Option<Proof> {
    // Over IPv6 the same number means that this computer has no address of that kind.
    let exhausted = |a: &Connect| a.kind() == Some(FailureKind::PortsExhausted) && a.to.is_ipv4();
    all_failed(e, exhausted).then(|| raw(e))
}

fn blocked_here(e: &Evidence, case: &Case) -> Option<Proof> {
    let by_policy = |a: &Connect| match a.kind() {
        Some(FailureKind::NotPermitted) => a.icmp.is_none(),
        // A link-local address without its interface is invalid too, and no rule is to blame.
        Some(FailureKind::Invalid) => a.icmp.is_none() && !is_link_local(a.to.ip()),
        Some(FailureKind::HostUnreachable) => a.icmp.is_none() && a.took_ms < AT_ONCE_MS,
        _ => false,
    };
    let by_firewall = |a: &Connect| {
        let own = a.icmp.as_ref().and_then(|icmp| icmp.sender).is_some_and(|sender| {
            sender.is_loopback() != a.to.ip().is_loopback() && own_addresses(e).contains(&sender)
        });
        own && a.took_ms < AT_ONCE_MS
    };
    all_failed(e, |a| by_policy(a) || by_firewall(a)).then(|| {
        let proof = raw(e).not("tcp/rejected-on-the-way: no device on the way named itself");
        // On Windows 10013 can have other reasons.
        if case.facts.os == "windows" { proof.at_most(Confidence::Likely) } else { proof }
    })
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

fn rejected_on_the_way(e: &Evidence, _: &Case) -> Option<Proof> {
    let given_up = |a: &Connect| {
        a.kind() == Some(FailureKind::HostUnreachable) && a.took_ms >= NEIGHBOUR_GIVEN_UP_MS
    };
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
    let round_trip = round_trip(e)?;
    all_failed(e, |a| a.kind() == Some(FailureKind::Refused) && is_near(a, round_trip)).then(|| {
        let proof = raw(e)
            .compared(
                "time of the refusal",
                format!("about {round_trip} ms from the hub"),
                "sooner",
            )
            .not("tcp/refused: the hub could not have answered that fast")
            .value("sender", "a device near you")
            .value("code", "a reset; it may also come from this computer's own rules")
            .at_most(Confidence::Likely);
        about(e, proof)
    })
}

fn host_down(e: &Evidence, _: &Case) -> Option<Proof> {
    let given_up = |a: &Connect| {
        a.kind() == Some(FailureKind::HostUnreachable) && a.took_ms >= NEIGHBOUR_GIVEN_UP_MS
    };
    all_failed(e, given_up)
        .then(|| about(e, raw(e).not("tcp/rejected-on-the-way: a rejection comes at once")))
}

fn off_network(e: &Evidence, case: &Case) -> Option<Proof> {
    let no_route = |a: &Connect| {
        a.kind() == Some(FailureKind::NetworkUnreachable)
            && a.icmp.is_none()
            && a.took_ms < AT_ONCE_MS
    };
    all_failed(e, no_route).then(|| {
        let proof = raw(e).not("tcp/rejected-on-the-way: no router answered, this computer did");
        if somebody_answered(case) {
            proof.not("client/no-network: a name server answered")
        } else {
            // Without any other answer, the computer may have no network at all.
            proof.at_most(Confidence::Likely)
        }
    })
}

/// Whether anybody outside this computer answered anything on this run.
fn somebody_answered(case: &Case) -> bool {
    case.of::<Dns>().is_some_and(|dns| {
        let answered = dns.replies.iter().filter(|reply| reply.rcode.is_some());
        answered.map(|reply| reply.server.ip()).any(|ip| !ip.is_loopback())
    })
}

fn link_port_closed(e: &Evidence, case: &Case) -> Option<Proof> {
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

fn refused(e: &Evidence, _: &Case) -> Option<Proof> {
    let by_the_far_end =
        |a: &Connect| a.kind() == Some(FailureKind::Refused) && sent_on_the_way(e, a).is_none();
    all_failed(e, by_the_far_end).then(|| {
        let proof = raw(e).not("tcp/rejected-on-the-way: no device on the way named itself");
        let far = round_trip(e).is_some_and(|round_trip| {
            relevant(e).iter().all(|attempt| attempt.took_ms >= 0.8 * round_trip)
        });
        if far {
            proof.and("distance of the refusal", "a whole round trip: the server itself")
        } else {
            proof
        }
    })
}

/// Every attempt on the link's port stayed without any answer, twice.
fn silent_twice(e: &Evidence) -> Option<&Control> {
    let silent = |a: &Connect| a.kind() == Some(FailureKind::NoAnswer);
    let control = e.control.as_ref()?;
    let again = !control.again.is_empty() && control.again.iter().all(silent);
    (all_failed(e, silent) && again).then_some(control)
}

fn port_silent(e: &Evidence, _: &Case) -> Option<Proof> {
    let control = silent_twice(e)?;
    let answers =
        |c: &&Connect| c.succeeded() || c.kind() == Some(FailureKind::Refused) && c.icmp.is_none();
    let other = control.ports.iter().find(answers)?;
    let how = if other.succeeded() { "accepts" } else { "refuses, so the computer is up" };
    let proof = raw(e)
        .not("tcp/no-answer: another port of the address answers")
        .not("one lost packet: the attempt was repeated")
        .compared(
            "ports of the same address",
            "all silent",
            format!("port {} {}", other.to.port(), how),
        );
    Some(about(e, proof))
}

fn no_answer(e: &Evidence, case: &Case) -> Option<Proof> {
    let control = silent_twice(e)?;
    let silent = |c: &Connect| c.kind() == Some(FailureKind::NoAnswer);
    control.ports.iter().all(silent).then(|| {
        let proof = about(e, raw(e)).not("tcp/port-silent: no other port answers either");
        if somebody_answered(case) {
            proof.not("client/no-network: a name server answered")
        } else {
            proof.at_most(Confidence::Likely)
        }
    })
}

fn dead(e: &Evidence) -> Vec<&Connect> {
    if e.chosen.is_none() {
        return Vec::new();
    }
    relevant(e).into_iter().filter(|a| a.kind() != Some(FailureKind::NetworkUnreachable)).collect()
}

fn one_family_broken(e: &Evidence, _: &Case) -> Option<Proof> {
    let works_v6 = e.chosen?.is_ipv6();
    let same_family_works = |dead: &Connect| {
        e.attempts.iter().any(|a| a.succeeded() && a.to.is_ipv6() == dead.to.is_ipv6())
    };
    let dead = dead(e);
    let broken = !dead.is_empty()
        && dead.iter().all(|a| {
            a.to.is_ipv6() != works_v6
                && a.kind() == Some(FailureKind::NoAnswer)
                && !same_family_works(a)
        });
    broken.then(|| about(e, raw(e)).not("tcp/one-address-dead: the whole family is silent"))
}

fn one_address_dead(e: &Evidence, _: &Case) -> Option<Proof> {
    let same_family_works = |dead: &&Connect| {
        e.attempts.iter().any(|a| a.succeeded() && a.to.is_ipv6() == dead.to.is_ipv6())
    };
    let dead: Vec<&Connect> = dead(e).into_iter().filter(same_family_works).collect();
    let list: Vec<String> = dead.iter().map(|a| a.to.ip().to_string()).collect();
    (!dead.is_empty()).then(|| {
        raw(e)
            .not("tcp/one-family-broken: another address of the same family works")
            .value("address", list.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hublink_probe::{Failure, Operation, ScriptedWorld, Timestamp};

    use super::*;
    use crate::frame::{Budget, Facts, context_for_tests};

    fn attempt(to: &str, kind: Option<FailureKind>, took_ms: f64) -> Connect {
        Connect {
            to: to.parse().expect("an address"),
            from: None,
            failure: kind.map(|kind| Failure::of(Operation::Connect, kind)),
            icmp: None,
            state: None,
            took_ms,
        }
    }

    fn evidence(attempts: Vec<Connect>) -> Evidence {
        let chosen = attempts.iter().find(|a| a.succeeded()).map(|a| a.to);
        Evidence { attempts, chosen, control: None }
    }

    fn answering_after_40_ms(to: &str) -> Connect {
        let state = hublink_probe::TcpState {
            retransmits: 0,
            total_retransmits: 0,
            unacknowledged: 0,
            bytes_acknowledged: None,
            bytes_received: None,
            round_trip_us: 40_000,
        };
        Connect { state: Some(state), ..attempt(to, None, 41.0) }
    }

    #[test]
    fn a_family_without_any_route_is_set_aside() {
        let e = evidence(vec![
            attempt("[2001:db8::1]:443", Some(FailureKind::NetworkUnreachable), 0.0),
            attempt("10.0.0.1:443", Some(FailureKind::Refused), 20.0),
        ]);
        assert_eq!(relevant(&e).len(), 1);
        assert!(refused(&e, &Case::default()).is_some());
        assert!(off_network(&e, &Case::default()).is_none());
    }

    #[test]
    fn near_and_far_need_a_round_trip_to_compare_with() {
        let mut e = evidence(vec![attempt("10.0.0.1:443", Some(FailureKind::Refused), 0.2)]);
        assert!(rejected_on_the_way(&e, &Case::default()).is_none());
        e.control = Some(Control {
            again: Vec::new(),
            ports: vec![answering_after_40_ms("10.0.0.1:80")],
            tls_on_443: None,
        });
        let proof = rejected_on_the_way(&e, &Case::default()).expect("a near refusal");
        assert_eq!(proof.confidence, Some(Confidence::Likely));
    }

    #[test]
    fn an_address_that_fails_at_once_beside_a_good_one_of_the_other_family_is_no_fault() {
        let e = evidence(vec![
            attempt("[2001:db8::1]:443", Some(FailureKind::NetworkUnreachable), 0.0),
            attempt("10.0.0.1:443", None, 20.0),
        ]);
        assert!(one_family_broken(&e, &Case::default()).is_none());
        assert!(one_address_dead(&e, &Case::default()).is_none());
    }

    #[tokio::test]
    async fn what_stayed_unanswered_is_tried_again_beside_the_other_ports() {
        let now = Timestamp::parse("2026-11-24T12:00:00Z").expect("a time");
        let world = Arc::new(ScriptedWorld::at(now));
        let cx = context_for_tests(Arc::clone(&world), Facts::default(), Budget::default());
        let bad = evidence(vec![attempt("10.0.0.1:443", Some(FailureKind::NoAnswer), 3000.0)]);
        let control = try_again(&cx, &bad).await.expect("control probes");
        assert_eq!((control.again.len(), control.ports.len()), (1, 2));
        assert_eq!(world.asked().len(), 3);
        let refused = evidence(vec![attempt("10.0.0.1:443", Some(FailureKind::Refused), 1.0)]);
        let control = try_again(&cx, &refused).await.expect("control probes");
        assert!(control.again.is_empty(), "a refusal is an answer and needs no second try");
    }
}
