//! The causes of a port that does not accept connections, or not every time.

use super::Evidence;
use super::failed::{
    blocked_here, host_down, link_port_closed, no_answer, off_network, port_silent,
    ports_exhausted, refused, rejected_on_the_way,
};
use super::partly::{one_address_dead, one_family_broken, rate_limited, unreliable};
use super::show::raw;
use crate::frame::{Cause, Confidence, Owner, Severity, Verify, cause, fallback};

/// The link changes by the remedy, so it is not asked again.
const AT_THE_USUAL_PORT: &[Verify] =
    &[Verify { command: "hublink doctor https://<host>", expect: "" }];

pub(super) const CAUSES: &[Cause<Evidence>] = &[
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
        remedy: &["Ask IT to allow hublink and Qlik Sense Desktop to connect to <host>:<port> \
                   in the firewall or protection software of this PC."],
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
                  to it, or the address is one of the company's inside ones and the VPN that \
                  leads there is not connected.",
        remedy: &["Connect the <vpn> or go to the company network, and run hublink again."],
        owner: Owner::You,
        look_alikes: &[
            "a computer without any network (client/no-network)",
            "a silent hub while the VPN is connected (tcp/no-answer)",
            "a router that knows no route: it names itself (tcp/rejected-on-the-way)",
        ],
        see: &["measured: ENETUNREACH 101 at 0 ms; WSAENETUNREACH 10051", "RFC 1918"],
        suppresses: &["tcp/no-answer"],
        ..cause("tcp/off-network", off_network)
    },
    Cause {
        title: "The link names a port that is closed, while the hub answers on 443.",
        explain: "The server is there and speaks https on the usual port. The link leads to \
                  another one where nothing answers.",
        remedy: &["Ask for a link that starts with https://<host>."],
        verify: AT_THE_USUAL_PORT,
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
        see: &["RFC 8305", "measured: 205 ms until the other kind is tried"],
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
    Cause {
        title: "Something allows only a few connections at a time or per second.",
        explain: "The first connections pass, further ones are refused or stay without an answer, \
                  and after a pause the first ones pass again; or they pass one by one and fail \
                  when several come together. A firewall or a load balancer counts them. Desktop \
                  opens several at once, as hublink does: the examination itself may have reached \
                  the limit.",
        remedy: &["Run hublink again for <host> alone; if it repeats, ask IT about connection \
                   limits for <address>."],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        severity: Severity::Degrades,
        look_alikes: &[
            "packets that get lost: failures are scattered then, and not refusals (tcp/unreliable)",
            "a server that stopped meanwhile: nothing passes after the pause either",
        ],
        see: &["measured: firewall limits by time, by source and by number"],
        suppresses: &["tcp/unreliable"],
        ..cause("tcp/rate-limited", rate_limited)
    },
    Cause {
        title: "Connections succeed only after repeated tries: packets get lost or the server is \
                overloaded.",
        explain: "Some of several connections to the same address came late or not at all, without \
                  any order in it. If another port of the address has the same trouble, packets \
                  get lost on the way; if only this port has it, the server takes connections too \
                  slowly.",
        remedy: &["Ask IT to check the line to <address>; if only port <port> suffers, tell your \
                   Qlik admin."],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        severity: Severity::Degrades,
        look_alikes: &[
            "a limit: the first ones pass and the others fail (tcp/rate-limited)",
            "one lost packet, which happens everywhere",
        ],
        see: &["measured: links that lose every third packet, and a full accept queue"],
        ..cause("tcp/unreliable", unreliable)
    },
    fallback("tcp/unexplained", |e, _| e.chosen.is_none().then(|| raw(e))),
];
