//! The causes of a web server that does not answer as it should.

use std::net::IpAddr;

use hublink_probe::{Ending, Exchange, FailureKind, SystemLookup};

use super::chain::SLOW_MS;
use super::control::{portal_host, wants_https};
use super::elsewhere::{is_own_failure, same_site};
use super::{
    DestinationKind, Evidence, FilterRole, KnownText, Mark, SameStranger, Stop, is_service_fault,
    is_whole,
};
use crate::frame::{Case, Cause, Confidence, Owner, Proof, Severity, Verify, cause, fallback};
use crate::login::Login;
use crate::tcp::Tcp;

/// The link changes by the remedy, so it is not asked again.
const BY_HTTPS: &[Verify] =
    &[Verify { command: "hublink doctor https://<host>:<port>", expect: "" }];

/// The same.
const AT_THE_NEW_HOST: &[Verify] = &[Verify { command: "hublink doctor <new host>", expect: "" }];

pub(super) const CAUSES: &[Cause<Evidence>] = &[
    Cause {
        title: "The network wants you to log in on its start page first.",
        explain: "Hotels, guest networks and some offices catch every connection until you have \
                  accepted their terms or logged in on a page of their own. Until then nothing \
                  that looks like an answer comes from the hub.",
        remedy: &["Open http://<host> in a browser, log in to the network, and run hublink again."],
        look_alikes: &[
            "an identity provider: its address carries a login request, or is a known login host",
            "another name of the hub's own server: it has the same address, or begins with the link's short name",
            "a wrong certificate beside an ordinary page on port 80: that is no start page",
            "a server that moved to another domain: it sends its visitors away for good (301, 308)",
        ],
        see: &["RFC 6585 section 6", "measured"],
        suppresses: &[
            "http/block-page",
            "http/redirect-to-dead-address",
            "http/redirect-to-other-host",
        ],
        ..cause("http/captive-portal", captive_portal)
    },
    Cause {
        title: "A web filter answers instead of the hub.",
        explain: "A machine between you and the hub put its own page in place of the hub's. \
                  Desktop gets that page too and cannot use it.",
        remedy: &["Ask IT to allow <host>; it is blocked by <product> (<reference>)."],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        look_alikes: &[
            "the hub's own refusal: it carries marks of a Qlik hub",
            "a load balancer whose servers are down: it answers 502, 503 or 504 in its own name",
        ],
        see: &["measured in parts (Squid)", "the vendors' block pages, unconfirmed"],
        suppresses: &["http/service-error"],
        ..cause("http/block-page", block_page)
    },
    Cause {
        title: "The server sends you round in circles.",
        explain: "Each answer only names another address, and one of them was asked before. A \
                  browser gives up with \"too many redirects\"; Desktop never reaches a login.",
        remedy: &[
            "Ask your Qlik admin to check reverse proxy and virtual proxy of <host>: <chain>.",
        ],
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "a fresh targetId on each visit: its value is ignored, and one visit is compared",
            "a redirect that sets a cookie and wants it back: left open, because no cookie is sent",
        ],
        see: &["RFC 9110 section 15.4"],
        ..cause("http/redirect-loop", redirect_loop)
    },
    Cause {
        title: "The server sends you to an address that you cannot reach.",
        explain: "The hub's web server answers, but only to name another address, often one that \
                  is known inside the company alone. That address does not answer from here.",
        remedy: &[
            "Ask your Qlik admin to make <host> redirect to an address reachable from your network (now <location>).",
        ],
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "a separate login port of the same host, which is `hub/login-port-closed`",
            "an identity provider, which is `hub/identity-provider-unreachable`",
        ],
        see: &["RFC 9110 section 10.2.2", "measured in parts"],
        ..cause("http/redirect-to-dead-address", dead_address)
    },
    Cause {
        title: "The hub has moved: the link's address only points to another server.",
        explain: "The old address says for good (301 or 308) that the hub lives elsewhere, and \
                  a hub answers there. A login is never carried from one host to another.",
        remedy: &["Ask your Qlik admin for a link with <new host>."],
        verify: AT_THE_NEW_HOST,
        owner: Owner::QlikAdmin,
        confidence: Confidence::Likely,
        severity: Severity::Degrades,
        look_alikes: &[
            "a redirect from http to https of the same host",
            "a redirect to a login page or to a neighbour under the same domain",
        ],
        see: &["RFC 9110 sections 15.4.2 and 15.4.9"],
        ..cause("http/redirect-to-other-host", other_host)
    },
    Cause {
        title: "The link says http, but the port speaks only https.",
        explain: "The server on this port expects an encrypted connection and refuses a plain \
                  one. The same port completes a TLS handshake.",
        remedy: &["Ask your Qlik admin for a link that starts with https://<host>:<port>."],
        verify: BY_HTTPS,
        owner: Owner::QlikAdmin,
        look_alikes: &["a refusal of another kind: no TLS handshake is completed on the port"],
        see: &["RFC 8446 section 5.1", "texts of nginx, Apache and Go", "measured in parts"],
        suppresses: &["http/cut-off"],
        ..cause("http/port-wants-https", port_wants_https)
    },
    Cause {
        title: "A server in front answers, but the Qlik service behind it is down.",
        explain: "The web server says itself that it cannot get an answer from the service it \
                  stands for, twice in a row.",
        remedy: &["Ask your Qlik admin to check the Qlik services on <host> (<status> at <time>)."],
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "a single hiccup: the second try answers",
            "a web filter's page: it carries the filter's marks",
            "a fault of Qlik Cloud, which is `hub/cloud-service-error`",
        ],
        see: &["RFC 9110 section 15.6", "measured"],
        ..cause("http/service-error", service_error)
    },
    Cause {
        title: "Small answers arrive, large ones get lost on the way, so pages hang.",
        explain: "Some part of the way takes only smaller packets than usual, mostly a VPN, and \
                  the message that says so is dropped. Connecting and logging in to the \
                  encryption need small packets and work; a page needs large ones, and never \
                  arrives.",
        remedy: &[
            "Ask IT to let ICMP \"fragmentation needed\" through or to lower the MTU on the path to <address> (VPN?).",
        ],
        owner: Owner::Network,
        look_alikes: &[
            "a server that never answers: small packets do not help then (http/no-reply)",
            "a server that was only busy: the same request in packets of the usual size still hangs",
        ],
        see: &[
            "RFC 1191",
            "RFC 2923",
            "measured: a path that takes 1300 bytes and does not say so",
        ],
        suppresses: &["http/no-reply"],
        ..cause("http/large-answers-lost", large_answers_lost)
    },
    Cause {
        title: "The server takes the request and never answers.",
        explain: "The connection stands, the request was sent, and nothing came back within the \
                  time that even an idle hub needs to wake up.",
        remedy: &["Ask your Qlik admin to restart the proxy service on <host>."],
        owner: Owner::QlikAdmin,
        confidence: Confidence::Likely,
        look_alikes: &[
            "an idle Qlik proxy, which needs 15 to 21 seconds for its first answer",
            "large answers that get lost on the way: the same request in small packets is answered then",
            "a request that got lost: the system counts what the server acknowledged",
        ],
        see: &["measured"],
        ..cause("http/no-reply", no_reply)
    },
    Cause {
        title: "The answer breaks off in the middle.",
        explain: "The connection ended before the whole answer was there, twice at about the same \
                  place; or it fell silent there, and nobody knew it any more. A machine on the \
                  way ends such connections, or the server does.",
        remedy: &["Ask IT what ends connections to <address> after <n> bytes or <s> seconds."],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        look_alikes: &[
            "the normal end of a connection after a whole answer",
            "a server that ends the connection with a TLS alert, as for a missing client certificate",
        ],
        see: &["RFC 9112 section 8", "measured"],
        ..cause("http/cut-off", cut_off)
    },
    Cause {
        title: "The request is too big for the server.",
        explain: "Web servers limit the size of what a request says of its sender. Cookies and \
                  Windows logins of people with many group memberships exceed it now and then. \
                  Some servers refuse even the small request of hublink, which carries neither; \
                  others only the one that carries a login.",
        remedy: &[
            "Ask your Qlik admin to raise the limit for request headers on <host> or on what stands in front of it. <cookies>",
        ],
        owner: Owner::QlikAdmin,
        confidence: Confidence::Likely,
        look_alikes: &[
            "Qlik's own page about an incorrect request header: the path or name is wrong then (hub/path-unknown)",
            "a refusal of another kind: neither status 431 nor a known text",
        ],
        see: &[
            "RFC 6585 section 5",
            "texts of Windows, nginx and Apache",
            "Qlik: 16384 bytes, 100 lines",
        ],
        ..cause("http/header-too-large", header_too_large)
    },
    Cause {
        title: "The server says that it got too many requests.",
        explain: "The server limits how often one address may ask. It answers again after a pause.",
        remedy: &["Wait <seconds> seconds and run hublink again for one hub only."],
        severity: Severity::Degrades,
        look_alikes: &["a server that is down: it answers 5xx"],
        see: &["RFC 6585 section 4", "Qlik Cloud: 1000 requests per minute"],
        ..cause("http/rate-limited", rate_limited)
    },
    Cause {
        title: "The hub answers only after a long wait.",
        explain: "A Qlik proxy that nobody has used for a while takes 15 to 21 seconds for its \
                  first answer. If later answers are slow too, the server is overloaded.",
        remedy: &[
            "Wait for the first answer (up to 60 s); if it stays slow, tell your Qlik admin.",
        ],
        owner: Owner::QlikAdmin,
        severity: Severity::Informs,
        look_alikes: &["slow name look-ups or connections: only the wait for the answer counts"],
        see: &["measured on one Qlik Sense server by a third party"],
        ..cause("http/slow", slow)
    },
    Cause {
        title: "The hub's web server did not answer as a web server should.",
        ..fallback("http/unexplained", unexplained)
    },
];

fn with_answer(proof: Proof, at: &str, answer: &Exchange) -> Proof {
    let mut proof = proof.and(at, format!("{} → {}", answer.url, outcome(answer)));
    if let Some(server) = answer.header("server") {
        proof = proof.and("Server", server);
    }
    proof
}

/// An answer in a few words.
pub(crate) fn outcome(answer: &Exchange) -> String {
    let ending = match answer.ending {
        Ending::Complete | Ending::Long => None,
        Ending::NoConnection => Some("no connection"),
        Ending::NoHandshake => Some("no TLS"),
        Ending::NoTunnel => Some("no way through the proxy"),
        Ending::EmptyReply => Some("closed without an answer"),
        Ending::Silence => Some("no answer"),
        Ending::NotHttp => Some("not HTTP"),
        Ending::CutOff => Some("broken off"),
        Ending::Stalled => Some("stalled"),
    };
    let mut parts: Vec<String> = Vec::new();
    parts.extend(answer.status.map(|status| status.to_string()));
    parts.extend(ending.map(|ending| format!("{ending} after {} bytes", answer.body_bytes)));
    parts.extend(answer.failure.map(|failure| failure.to_string()));
    parts.extend(answer.alert.map(|alert| format!("the server sent TLS alert {alert}")));
    parts.extend(answer.header("location").map(|location| format!("to {location}")));
    parts.join(", ")
}

fn captive_portal(e: &Evidence, case: &Case) -> Option<Proof> {
    let by_control = e.port_80.as_ref().map(|port| &port.answer);
    if let Some(answer) = e.hops.iter().chain(by_control).find(|hop| hop.status == Some(511)) {
        let proof = Proof::default();
        return Some(with_answer(proof, "status 511: network authentication required", answer));
    }
    let (portal, lookup) = portal_host(e)?;
    if is_own_name(e, case, &portal.host, lookup) {
        return None;
    }
    let (second, elsewhere) = second_signal(e, case, &portal.host)?;
    // A server that moved sends its visitors away for good and shows its new name alone.
    if is_sent_for_good(e) && !elsewhere {
        return None;
    }
    let proof = Proof::seen("port 80 sends every visitor to", &portal.url)
        .and("a second sign", second)
        .not("an identity provider: the address carries no login request");
    let other_addresses = lookup.is_some_and(|lookup| !lookup.addresses.is_empty());
    let proof = if other_addresses {
        proof.not("another name of the hub's own server: it has other addresses")
    } else {
        proof
    };
    // One hub alone may be a server with two faults of its own.
    let sure = other_addresses && elsewhere && !is_sent_for_good(e);
    Some(if sure { proof } else { proof.at_most(Confidence::Likely) })
}

/// Whether the redirect to the stranger is a permanent one. A start page wants the visitor back.
fn is_sent_for_good(e: &Evidence) -> bool {
    let by_control = e.port_80.as_ref().filter(|port| port.leads_to.is_some());
    let answer = by_control.map(|port| &port.answer).or(e.hops.last());
    answer.is_some_and(|answer| matches!(answer.status, Some(301 | 308)))
}

/// A redirect of port 80 to a stranger alone proves no start page. Also tells whether the other
/// sign comes from another hub.
fn second_signal(e: &Evidence, case: &Case, portal: &str) -> Option<(String, bool)> {
    let names = &e.https_names;
    let theirs = names.iter().any(|name| covers(name, portal));
    let ours = names.iter().any(|name| covers(name, case.host()));
    // Whoever shows a hub's own marks is let through.
    let other = e.elsewhere.as_ref().filter(|_| !ours && !e.marks().any(Mark::is_strong));
    match other {
        Some(SameStranger { host, leads_there: true, .. }) => {
            let sign = format!("port 80 of {host}, in another network, leads to the same host");
            return Some((sign, true));
        }
        Some(SameStranger { host, same_names: true, .. }) => {
            let sign = format!("{host}, in another network, shows the same wrong certificate");
            return Some((sign, true));
        }
        _ => {}
    }
    let sign = format!("the certificate at the https port is for {}", names.join(", "));
    (theirs && !ours).then_some((sign, false))
}

/// Whether a host that the hub's port 80 names may be the hub itself: a link often uses a short
/// name or an address, and the server sends its visitors to its full name.
fn is_own_name(e: &Evidence, case: &Case, host: &str, lookup: Option<&SystemLookup>) -> bool {
    let own = case.host();
    let address_to_name = own.parse::<IpAddr>().is_ok() && host.parse::<IpAddr>().is_err();
    let tried = case.of::<Tcp>().into_iter().flat_map(|tcp| &tcp.attempts).map(|one| one.to.ip());
    let mut addresses = e.hops.iter().map(|hop| hop.to.ip()).chain(tried);
    let found = lookup.map(|lookup| lookup.addresses.as_slice()).unwrap_or_default();
    address_to_name || same_site(own, host) || addresses.any(|ip| found.contains(&ip))
}

/// Whether a name of a certificate is for a host (RFC 9525: `*` stands for one label).
pub(super) fn covers(name: &str, host: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest == domain),
        None => name == host,
    }
}

fn block_page(e: &Evidence, _: &Case) -> Option<Proof> {
    let (last, page) = e.last()?;
    let sign = page.filter.as_ref()?;
    let fits = match sign.role {
        FilterRole::Refuses => matches!(last.status, Some(200 | 403 | 503)),
        // In front of servers a 5xx means that they are down, and a 200 may be the server's own.
        FilterRole::Front => last.status == Some(403),
        FilterRole::Relay => false,
    };
    let hub_is_there = e.marks().any(|mark| mark.is_strong() || mark == Mark::HttpApi);
    if !fits || hub_is_there {
        return None;
    }
    let proof = with_answer(Proof::default(), "answer", last)
        .and("mark of a web filter", format!("{} ({})", sign.product, sign.by))
        .not("the hub's own refusal: no mark of a Qlik hub in any answer")
        .value("product", &sign.product)
        .value("reference", page.title.as_deref().unwrap_or(&sign.by));
    let sure = sign.role == FilterRole::Refuses;
    Some(if sure { proof } else { proof.at_most(Confidence::Possible) })
}

fn redirect_loop(e: &Evidence, _: &Case) -> Option<Proof> {
    if waits_for_cookie(e) {
        return None;
    }
    let at = e.stopped_at.as_ref().filter(|_| matches!(e.stop, Stop::Loop | Stop::TooMany))?;
    let addresses = e.hops.iter().map(|hop| hop.url.as_str());
    let chain: Vec<&str> = addresses.chain(std::iter::once(at.as_str())).collect();
    let seen = if e.stop == Stop::Loop { "asked before" } else { "more redirects than allowed" };
    Some(
        Proof::seen("redirects", chain.join(" → "))
            .and("next address", format!("{at}: {seen}"))
            .not("a server that waits for its cookie: none of the answers sets one")
            .value("chain", chain.join(" → ")),
    )
}

/// A circle whose answers set a cookie: a browser sends it back, and that may end the circle.
pub(super) fn waits_for_cookie(e: &Evidence) -> bool {
    let circles = matches!(e.stop, Stop::Loop | Stop::TooMany);
    circles && e.hops.iter().any(|hop| !hop.cookies.is_empty())
}

/// The last request went to a separate login port, which `hub` judges.
pub(crate) fn is_login_port(e: &Evidence, case: &Case) -> bool {
    let (Some(last), Some(door)) = (e.hops.last(), e.login.as_ref()) else { return false };
    let link = case.facts.hub.as_ref().map(|hub| hub.port);
    door.url == last.url && door.host == case.host() && link.is_some_and(|port| port != door.port)
}

/// Behind a proxy the address of the server is not known.
fn address(answer: &Exchange) -> String {
    match &answer.via {
        Some(proxy) => format!("the server behind {proxy}"),
        None => answer.to.to_string(),
    }
}

fn no_connection(answer: &Exchange) -> bool {
    matches!(answer.ending, Ending::NoConnection | Ending::NoHandshake)
}

fn dead_address(e: &Evidence, case: &Case) -> Option<Proof> {
    let [.., before, last] = &e.hops[..] else { return dead_host(e) };
    let moved_port = last.to.port() != before.to.port();
    if !(no_connection(last) && moved_port) || is_login_port(e, case) {
        return dead_host(e);
    }
    let kind = last.failure.map(|failure| failure.kind);
    if kind.is_some_and(is_own_failure) {
        return None;
    }
    let proof = with_answer(Proof::default(), "the server answers", before);
    let proof = with_answer(proof, "and the address it names does not", last)
        .not("a separate login port: the address is no login page")
        .value("location", &last.url);
    let silent = |answer: &Exchange| {
        answer.ending == Ending::NoConnection
            && answer.failure.is_some_and(|failure| failure.kind == FailureKind::NoAnswer)
    };
    // A packet may get lost; and programs with other encryption may succeed where we do not.
    let sure = last.ending == Ending::NoConnection
        && (!silent(last) || first_try(e, last).is_some_and(silent));
    Some(if sure { proof } else { proof.at_most(Confidence::Likely) })
}

fn dead_host(e: &Evidence) -> Option<Proof> {
    let left = e.left_to.as_ref().filter(|to| to.to.kind != DestinationKind::IdentityProvider)?;
    let unreached = left.unreached().filter(|unreached| !unreached.by_certificate)?;
    let proof = with_answer(Proof::default(), "the server answers", e.hops.last()?);
    Some(
        proof
            .and(format!("and {} cannot be reached", left.to.host), &unreached.why)
            .not("an identity provider: the address carries no login request")
            .value("location", &left.to.url)
            .at_most(unreached.confidence),
    )
}

fn other_host(e: &Evidence, _: &Case) -> Option<Proof> {
    let left = e.left_to.as_ref().filter(|left| left.to.kind == DestinationKind::Other)?;
    let last = e.hops.last().filter(|hop| matches!(hop.status, Some(301 | 308)))?;
    let marks = &left.page.as_ref()?.marks;
    let hub = marks.iter().any(|mark| mark.is_strong() || *mark == Mark::HubRedirect);
    hub.then(|| {
        let proof = with_answer(Proof::default(), "the server moved for good", last);
        proof
            .and(format!("{} answers as a hub", left.to.host), format!("{marks:?}"))
            .value("new host", format!("{}://{}", left.to.scheme.label(), left.to.host))
    })
}

fn port_wants_https(e: &Evidence, _: &Case) -> Option<Proof> {
    let (last, page) = e.last().filter(|_| wants_https(e))?;
    let hello = e.hello.as_ref().filter(|hello| hello.completed())?;
    if page.says(KnownText::RequestHeaderIncorrect) {
        return None;
    }
    let record = ["1503", "1603"].iter().any(|start| last.head_hex.starts_with(start));
    let sure = record || page.says(KnownText::PlainHttpToHttpsPort);
    let mut proof = with_answer(Proof::default(), "a plain request", last).and(
        "a TLS hello to the same port",
        hello.version.as_deref().unwrap_or("handshake completed"),
    );
    if record {
        proof = proof.and("first bytes of the answer (a TLS record)", &last.head_hex);
    }
    let proof = proof.value("port", last.to.port());
    Some(if sure { proof } else { proof.at_most(Confidence::Likely) })
}

/// The fault of a server that does not belong to the hub's own login pages or to Qlik Cloud.
fn faulty<'e>(e: &'e Evidence, case: &Case) -> Option<&'e Exchange> {
    let cloud = case.facts.hub.as_ref().is_some_and(crate::address::HubAddress::is_cloud);
    let (last, page) = e.last()?;
    let fault = is_service_fault(last) && !cloud && !page.says(KnownText::RestartBrowser);
    fault.then_some(last)
}

/// The first try of the request whose second try is `last`: a chain has many addresses.
fn first_try<'e>(e: &'e Evidence, last: &Exchange) -> Option<&'e Exchange> {
    e.retried.as_ref().filter(|first| first.url == last.url)
}

fn service_error(e: &Evidence, case: &Case) -> Option<Proof> {
    let last = faulty(e, case)?;
    let first = first_try(e, last).filter(|first| is_service_fault(first))?;
    if e.root.as_ref().is_some_and(|root| !is_service_fault(root)) {
        return None;
    }
    let time = last.answered_at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string());
    let mut proof = with_answer(Proof::default(), "first try", first);
    proof = with_answer(proof, "second try", last);
    if let Some(root) = &e.root {
        proof = with_answer(proof, "`/` of the same server", root);
    }
    if let Some(wait) = last.header("retry-after") {
        proof = proof.and("Retry-After", wait);
    }
    proof = proof.value("status", last.status.unwrap_or_default()).value("time", time);
    let asked_for_root = url::Url::parse(&last.url).is_ok_and(|url| url.path() == "/");
    if e.root.is_none() && !asked_for_root {
        proof = proof.at_most(Confidence::Likely);
    }
    let filter = e.last().and_then(|(_, page)| page.filter.as_ref());
    Some(match filter {
        // It may stand at the user's end as well as at the hub's.
        Some(sign) => {
            let confidence =
                if sign.product == "Squid" { Confidence::Possible } else { Confidence::Likely };
            proof.and("a machine in front", &sign.by).at_most(confidence)
        }
        None => proof.not("a web filter's page: no filter's mark in the answer"),
    })
}

/// The time was over before the answer was whole, and nobody ended the connection.
fn hangs(answer: &Exchange) -> bool {
    matches!(answer.ending, Ending::Silence | Ending::Stalled)
}

/// Whether the far end took the whole request, as far as the system counts.
fn is_taken(answer: &Exchange) -> bool {
    answer.state.as_ref().is_none_or(|state| state.unacknowledged == 0)
}

/// The request that hangs, with the tries of the control pass.
fn hanging(e: &Evidence, last: &Exchange) -> Proof {
    let mut proof = with_answer(Proof::default(), "request", last)
        .and("waited in all", format!("{:.0} ms", last.took_ms));
    if let Some(again) = &e.again {
        proof = proof.and("the same once more", outcome(again));
    }
    match &e.small {
        Some(small) => proof.and("the same in small packets", outcome(small)),
        None => proof.and("the same in small packets", "could not be tried"),
    }
}

fn large_answers_lost(e: &Evidence, case: &Case) -> Option<Proof> {
    let last = e.hops.last().filter(|hop| hangs(hop) && is_taken(hop))?;
    // After a minute the server itself may have given up; within a few seconds it has not.
    let again = e.again.as_ref().filter(|again| hangs(again) && !again.given_up)?;
    let proof = hanging(e, last).value("address", address(last));
    match &e.small {
        Some(small) if is_whole(small) => Some(
            proof
                .not("http/no-reply: in small packets the answer comes")
                .not("a server that was only busy: in packets of the usual size it still hangs"),
        ),
        Some(_) => None,
        // Windows does not let packets be made smaller. A page that begins and stops twice fits.
        None => {
            let begun = last.ending == Ending::Stalled && again.ending == Ending::Stalled;
            (case.facts.os == "windows" && begun).then(|| proof.at_most(Confidence::Possible))
        }
    }
}

fn no_reply(e: &Evidence, _: &Case) -> Option<Proof> {
    let last = e.hops.last().filter(|hop| hop.ending == Ending::Silence && is_taken(hop))?;
    if e.again.as_ref().is_some_and(|again| again.status.is_some()) {
        return None;
    }
    let proof = hanging(e, last);
    if e.again.as_ref().is_some_and(|again| again.given_up) {
        // A server that hangs still knows its connections.
        let at = "the silent connection afterwards";
        let proof = proof.and(at, "a goodbye on it was answered by a reset");
        return Some(proof.at_most(Confidence::Possible));
    }
    match &e.small {
        Some(small) if small.ending == Ending::Silence => {
            Some(proof.not("http/large-answers-lost: small packets do not help"))
        }
        Some(_) => None,
        // A loss of large answers looks the same.
        None => Some(proof.at_most(Confidence::Possible)),
    }
}

/// A request of the login, with its cookies or its token, that was too large where the anonymous
/// one was not.
fn login_too_large(case: &Case) -> Option<Proof> {
    let (answer, said) = case.of::<Login>()?.too_large()?;
    let proof = with_answer(Proof::default(), "answer to the request with the login", answer)
        .and("the anonymous request", "passed")
        .not("hub/path-unknown: the page is not Qlik's own")
        .value("cookies", "If it stays in a browser, delete the cookies of the hub there first.");
    Some(if said { proof.and("the page says", "the request header is too long") } else { proof })
}

fn header_too_large(e: &Evidence, case: &Case) -> Option<Proof> {
    if let Some(proof) = login_too_large(case) {
        return Some(proof);
    }
    let (last, page) = e.last()?;
    let said = page.says(KnownText::HeaderTooLarge);
    let own_page = page.says(KnownText::RequestHeaderIncorrect)
        || page.says(KnownText::VirtualProxyUndetermined);
    let refused = last.status == Some(431) || last.status == Some(400) && said;
    (refused && !own_page).then(|| {
        let proof = with_answer(Proof::default(), "answer", last)
            .and("the request", "the address and five short headers, no cookie and no login")
            .value(
                "cookies",
                "Deleting cookies will not help: the request that was refused had none.",
            )
            .not("hub/path-unknown: the page is not Qlik's own");
        if said { proof.and("the page says", "the request header is too long") } else { proof }
    })
}

/// The connection ended, by its end or by a reset, and nobody said why.
fn broken(answer: &Exchange) -> bool {
    let ended = answer.failure.is_some_and(|failure| {
        matches!(failure.kind, FailureKind::ClosedEarly | FailureKind::Reset)
    });
    let in_time = matches!(answer.ending, Ending::EmptyReply | Ending::CutOff);
    in_time && ended && answer.alert.is_none()
}

/// The answer stopped in the middle, and the connection was found to be given up.
fn stopped(answer: &Exchange) -> bool {
    answer.ending == Ending::Stalled && answer.given_up
}

/// The last request and another try of it, if both broke off, be it by an end or in silence.
fn broken_twice(e: &Evidence) -> Option<(&Exchange, &Exchange)> {
    let ended = |answer: &&Exchange| broken(answer) || stopped(answer);
    let last = e.hops.last().filter(ended)?;
    let other = first_try(e, last).into_iter().chain(&e.again).find(ended)?;
    Some((other, last))
}

fn cut_off(e: &Evidence, _: &Case) -> Option<Proof> {
    let (first, last) = broken_twice(e)?;
    // What is encrypted arrives in records of 16 KiB, the last of them whole or not at all.
    let blur = (last.body_bytes.max(first.body_bytes) / 10).max(16 * 1024);
    (last.body_bytes.abs_diff(first.body_bytes) <= blur).then(|| {
        let proof = with_answer(Proof::default(), "first try", first);
        let proof = if last.given_up {
            proof.and("the silent connection afterwards", "a goodbye on it was answered by a reset")
        } else {
            proof
        };
        let proof = match last.header("content-length") {
            Some(length) => proof.compared("bytes of the answer", length, last.body_bytes),
            None => proof,
        };
        with_answer(proof, "second try", last)
            .not("the normal end after a whole answer: this answer is not whole")
            .not("a refusal of the server's TLS: it sent no alert")
            .value("address", address(last))
            .value("n", last.body_bytes)
            .value("s", format!("{:.1}", last.took_ms / 1000.0))
    })
}

fn rate_limited(e: &Evidence, _: &Case) -> Option<Proof> {
    let last = e.hops.last().filter(|hop| hop.status == Some(429))?;
    let wait = last.header("retry-after");
    let seconds = wait.filter(|wait| wait.chars().all(|c| c.is_ascii_digit()));
    Some(
        with_answer(Proof::default(), "answer", last)
            .and("Retry-After", wait.unwrap_or("not given"))
            .value("seconds", seconds.unwrap_or("60")),
    )
}

fn slow(e: &Evidence, _: &Case) -> Option<Proof> {
    let first = e.hops.first().filter(|hop| is_whole(hop))?;
    let waited = first.waited_ms.filter(|&waited| waited > SLOW_MS)?;
    let second = e.hops.get(1).or(e.warm.as_ref()).and_then(|hop| hop.waited_ms);
    let limit = format!("{SLOW_MS} ms");
    let proof =
        Proof::default().compared("wait for the first answer", &limit, format!("{waited} ms"));
    Some(match second {
        Some(second) if second > SLOW_MS => proof
            .compared("wait for the second answer", &limit, format!("{second} ms"))
            .severity(Severity::Degrades),
        Some(second) => {
            proof.compared("wait for the second answer", &limit, format!("{second} ms"))
        }
        None => proof,
    })
}

fn unexplained(e: &Evidence, case: &Case) -> Option<Proof> {
    let Some(last) = e.hops.last() else {
        return Some(Proof::seen("request", "the address of the hub could not be asked"));
    };
    let ended_badly = match e.stop {
        Stop::NoAnswer => !is_login_port(e, case) || last.ending == Ending::NoTunnel,
        Stop::Loop | Stop::TooMany => !waits_for_cookie(e),
        Stop::BadLocation => true,
        Stop::Answer | Stop::AtLogin | Stop::OtherHost => faulty(e, case).is_some(),
    };
    ended_badly.then(|| {
        let mut proof = with_answer(Proof::default(), "answer", last);
        if let Some(first) = &e.retried {
            proof = with_answer(proof, "first try", first);
        }
        if let Some(again) = &e.again {
            proof = with_answer(proof, "once more", again);
        }
        if let Some(alert) = last.alert {
            proof = proof.and("TLS alert of the server", alert);
        }
        if !last.head.is_empty() {
            proof = proof.and("it begins", &last.head);
        }
        proof
    })
}
