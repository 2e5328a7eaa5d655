//! The causes that only a comparison shows.

use std::collections::BTreeSet;
use std::net::IpAddr;

use hublink_probe::FailureKind;

use super::{Evidence, HubSeen, Place, Symptom};
use crate::frame::{
    Case, Cause, Confidence, Owner, Proof, Severity, Verify, cause, fallback, location,
    may_share_owner,
};
use crate::http::same_site;

/// A certificate younger than this was made for this connection.
const FRESH_MINUTES: i64 = 15;

/// One hub alone shows nothing to compare.
const SIDE_BY_SIDE: &[Verify] =
    &[Verify { command: "hublink doctor <one hub> <another hub>", expect: "" }];

pub(super) const CAUSES: &[Cause<Evidence>] = &[
    Cause {
        title: "Only the hubs inside the company fail, those outside work: this computer is not \
                inside the company network.",
        explain: "Hubs with private addresses are reached from inside the company only. A hub on \
                  the Internet answers, so this computer has a network, but not that one. Mostly \
                  the VPN is off.",
        remedy: &["Connect the VPN and run again."],
        verify: SIDE_BY_SIDE,
        owner: Owner::You,
        confidence: Confidence::Likely,
        look_alikes: &[
            "one inside hub that fails while another answers: that hub is at fault",
            "an inside hub whose server refuses, or whose other ports answer: then the way there \
             works",
            "a rejection, or a router that cannot find the hub's computer: both come from inside",
        ],
        see: &["inferred: private addresses are not routed on the Internet (RFC 1918, RFC 4193)"],
        suppresses: &["across/all-fail-alike", "across/site-down"],
        ..cause("across/inside-unreachable", inside_unreachable)
    },
    Cause {
        title: "Your network does not let connections out to hubs outside.",
        explain: "Hubs on different networks of the Internet stay unanswered or are rejected near \
                  this computer, while names can be looked up or hubs inside answer. That is how \
                  a firewall that forbids outgoing connections looks.",
        remedy: &["Ask IT to allow outgoing connections to <places>, or for the proxy to use."],
        verify: SIDE_BY_SIDE,
        owner: Owner::Network,
        confidence: Confidence::Likely,
        look_alikes: &[
            "one outside hub that fails alone: it or its own firewall is at fault",
            "hubs whose link names a wrong port, while they answer on the usual one",
            "hubs rejected by different devices: each has a firewall of its own",
            "a computer without any network: then nothing else answers either",
        ],
        see: &["inferred from the hubs beside each other; measured: dropped and rejected SYNs"],
        suppresses: &["across/all-fail-alike", "across/site-down"],
        ..cause("across/egress-blocked", egress_blocked)
    },
    Cause {
        title: "All hubs of one location fail, the others work.",
        explain: "The hubs that fail share a network; hubs elsewhere answer from this computer. \
                  So what they share is down: their line, their router or their power.",
        remedy: &["Tell IT that everything in <subnet> fails, and since when."],
        verify: SIDE_BY_SIDE,
        owner: Owner::Network,
        confidence: Confidence::Likely,
        look_alikes: &[
            "hubs of one location of which some answer",
            "hubs inside the company seen from outside (across/inside-unreachable)",
        ],
        see: &["inferred from the hubs beside each other"],
        suppresses: &["across/all-fail-alike"],
        ..cause("across/site-down", site_down)
    },
    Cause {
        title: "Every hub fails at the same step in the same way, so the fault is near you and not \
                at the hubs.",
        explain: "Among the hubs are some of different owners on different networks, which have \
                  nothing in common but the way from this computer. That all of them break alike \
                  at the same moment would be a rare coincidence.",
        remedy: &["Show IT this report: <what> (step `<check>`, <number>)."],
        verify: SIDE_BY_SIDE,
        owner: Owner::Network,
        confidence: Confidence::Likely,
        look_alikes: &[
            "hubs of one network, which may be down together (across/site-down)",
            "hubs of one owner, or behind the same devices of a company",
            "hubs that fail at different steps or with different numbers",
            "a fault that was proven at each of the hubs, or that a server told by a TLS alert",
        ],
        see: &["inferred from the hubs beside each other"],
        ..cause("across/all-fail-alike", all_fail_alike)
    },
    Cause {
        title: "Unrelated hubs all show a certificate from one unknown maker, so your traffic is \
                opened on the way.",
        explain: "Hubs of different owners do not share a private certificate maker. A device \
                  between this computer and the hubs makes a certificate for each of them and \
                  reads along.",
        remedy: &["Ask IT about TLS inspection by <issuer> and for an exemption of <hosts>."],
        verify: SIDE_BY_SIDE,
        owner: Owner::Network,
        confidence: Confidence::Likely,
        severity: Severity::Degrades,
        look_alikes: &[
            "hubs of one company with the company's own certificate authority",
            "hubs under one public certificate authority, which this computer trusts",
        ],
        see: &["measured: an inspecting proxy in front of two hubs"],
        ..cause("across/same-issuer-everywhere", same_issuer_everywhere)
    },
    Cause { verify: SIDE_BY_SIDE, ..fallback("across/unexplained", unexplained) },
];

/// The hubs whose way is comparable: they have addresses and no proxy goes for us.
fn direct(e: &Evidence) -> impl Iterator<Item = &HubSeen> + Clone {
    e.hubs.iter().filter(|hub| !hub.through_proxy && hub.place != Place::Unknown)
}

fn failed_at(hub: &HubSeen, check: &str) -> bool {
    hub.failed.as_deref() == Some(check)
}

/// No connection came about, and nothing of the place where the hub lives answered: not its other
/// ports, not the last router before it, nobody who rejects.
fn is_cut_off(hub: &HubSeen) -> bool {
    let kind = hub.symptom.map(|symptom| symptom.kind);
    failed_at(hub, "tcp")
        && !hub.connected
        && !hub.another_port_answered
        && matches!(kind, Some(FailureKind::NoAnswer | FailureKind::NetworkUnreachable))
        // Every other cause of the step says something better.
        && matches!(
            hub.cause.as_deref(),
            Some("tcp/no-answer" | "tcp/rejected-on-the-way" | "tcp/unexplained")
        )
}

/// Connections to it are rejected on the way.
fn is_rejected(hub: &HubSeen) -> bool {
    failed_at(hub, "tcp")
        && !hub.connected
        && hub.cause.as_deref() == Some("tcp/rejected-on-the-way")
}

/// The port of its link stays unanswered, and another port of its address answers.
fn is_silent_at_port(hub: &HubSeen) -> bool {
    failed_at(hub, "tcp") && hub.cause.as_deref() == Some("tcp/port-silent")
}

/// All stay unanswered; or one and the same device rejects them all, or something so near that it
/// has no name. Two hubs behind two firewalls of their own are rejected by two devices. Where only
/// a port stays unanswered, it is the same port of hubs that have nothing else in common.
fn are_stopped_alike(hubs: &[&HubSeen]) -> bool {
    let Some(first) = hubs.first() else { return false };
    let by_one = |hub: &&HubSeen| is_rejected(hub) && hub.rejected_by == first.rejected_by;
    let at_one_port = |hub: &&HubSeen| is_silent_at_port(hub) && hub.port == first.port;
    hubs.iter().all(|hub| is_cut_off(hub))
        || hubs.iter().all(by_one)
        || any_unrelated(hubs) && hubs.iter().all(at_one_port)
}

/// Two hubs that have nothing to do with each other, as far as names and addresses tell.
fn are_unrelated(one: &HubSeen, other: &HubSeen) -> bool {
    let apart = |a: &IpAddr| other.addresses.iter().all(|b| !may_share_owner(*a, *b));
    !same_site(&one.host, &other.host) && one.addresses.iter().all(apart)
}

fn any_unrelated(hubs: &[&HubSeen]) -> bool {
    hubs.iter().enumerate().any(|(n, one)| hubs[n + 1..].iter().any(|two| are_unrelated(one, two)))
}

fn locations(hub: &HubSeen) -> BTreeSet<String> {
    hub.addresses.iter().map(|&address| location(address)).collect()
}

/// How many hubs there are of which no two share a location.
fn distinct_locations(hubs: &[&HubSeen]) -> usize {
    let mut seen = BTreeSet::new();
    hubs.iter()
        .filter(|hub| {
            let own = locations(hub);
            let new = own.is_disjoint(&seen);
            seen.extend(own);
            new
        })
        .count()
}

fn hosts(hubs: &[&HubSeen]) -> String {
    let all: BTreeSet<&str> = hubs.iter().map(|hub| hub.host.as_str()).collect();
    all.into_iter().collect::<Vec<_>>().join(", ")
}

/// The hubs with their ports.
fn places(hubs: &[&HubSeen]) -> String {
    let place = |hub: &&HubSeen| match hub.port {
        Some(port) => format!("{}:{port}", hub.host),
        None => hub.host.clone(),
    };
    let all: BTreeSet<String> = hubs.iter().map(place).collect();
    all.into_iter().collect::<Vec<_>>().join(", ")
}

fn told(hub: &HubSeen) -> String {
    let addresses: Vec<String> = hub.addresses.iter().map(IpAddr::to_string).collect();
    let at =
        if addresses.is_empty() { String::new() } else { format!(" at {}", addresses.join(", ")) };
    match (&hub.failed, &hub.cause) {
        (Some(check), Some(cause)) => format!("fails at {check}{at} ({cause}{})", number(hub)),
        _ if hub.connected => format!("answers{at}"),
        _ => format!("did not fail{at}"),
    }
}

fn number(hub: &HubSeen) -> String {
    match hub.symptom {
        Some(symptom) => match symptom.code {
            Some(code) => format!(", {} {code}", symptom.kind.label()),
            None => format!(", {}", symptom.kind.label()),
        },
        None => String::new(),
    }
}

/// The hubs beside each other, those it is about first.
fn side_by_side(e: &Evidence, about: &[&HubSeen]) -> Proof {
    let is_about = |hub: &HubSeen| about.iter().any(|one| one.hub == hub.hub);
    let (first, then): (Vec<_>, Vec<_>) = e.hubs.iter().partition(|hub| is_about(hub));
    let lines = first.into_iter().chain(then).take(20);
    let proof = lines.fold(Proof::default(), |proof, hub| proof.and(hub.host.as_str(), told(hub)));
    named(proof.about(about.iter().map(|hub| hub.hub)), about).value("hosts", hosts(about))
}

/// Two of the hubs it is about, as they are examined again.
fn named(proof: Proof, about: &[&HubSeen]) -> Proof {
    about.iter().zip(["one hub", "another hub"]).fold(proof, |proof, (hub, hole)| {
        let host =
            if hub.host.contains(':') { format!("[{}]", hub.host) } else { hub.host.clone() };
        let port = hub.port.map_or_else(String::new, |port| format!(":{port}"));
        proof.value(hole, format!("https://{host}{port}"))
    })
}

fn inside_unreachable(e: &Evidence, _: &Case) -> Option<Proof> {
    let inside: Vec<&HubSeen> = direct(e).filter(|hub| hub.place == Place::Inside).collect();
    let outside = direct(e).find(|hub| hub.place == Place::Outside && hub.connected)?;
    let all_cut_off = !inside.is_empty() && inside.iter().all(|hub| is_cut_off(hub));
    if !all_cut_off || e.vpn_up || inside.iter().any(|hub| hub.on_link) {
        return None;
    }
    let proof = side_by_side(e, &inside)
        .not(format!("client/no-network: {} on the Internet answers", outside.host))
        .not("a hub at fault: no hub inside the company answers");
    // One computer that is off looks the same.
    Some(if distinct_locations(&inside) > 1 { proof } else { proof.at_most(Confidence::Possible) })
}

fn egress_blocked(e: &Evidence, _: &Case) -> Option<Proof> {
    let outside: Vec<&HubSeen> = direct(e).filter(|hub| hub.place == Place::Outside).collect();
    if !are_stopped_alike(&outside) || distinct_locations(&outside) < 2 {
        return None;
    }
    let inside = direct(e).find(|hub| hub.place == Place::Inside && hub.connected);
    let proof = side_by_side(e, &outside).value("places", places(&outside));
    // One owner's firewall may stand in front of all its locations.
    let proof = if any_unrelated(&outside) { proof } else { proof.at_most(Confidence::Possible) };
    match inside {
        Some(inside) => {
            Some(proof.not(format!("client/no-network: {} inside answers", inside.host)))
        }
        None if e.hubs.iter().any(|hub| hub.name_server_answered) => {
            Some(proof.not("client/no-network: a name server answers"))
        }
        None => None,
    }
}

fn site_down(e: &Evidence, _: &Case) -> Option<Proof> {
    let cut_off: Vec<&HubSeen> = direct(e).filter(|hub| is_cut_off(hub)).collect();
    let (site, members) = cut_off.iter().find_map(|first| {
        let site = first.addresses.first().map(|&address| location(address))?;
        let members: Vec<&HubSeen> =
            direct(e).filter(|hub| locations(hub).contains(&site)).collect();
        let alike = members.iter().all(|hub| is_cut_off(hub) && hub.symptom == first.symptom);
        let addresses: BTreeSet<_> = members.iter().flat_map(|hub| &hub.addresses).collect();
        (alike && members.len() > 1 && addresses.len() > 1).then_some((site, members))
    })?;
    let elsewhere = direct(e).find(|hub| hub.connected && !locations(hub).contains(&site))?;
    Some(
        side_by_side(e, &members)
            .not(format!("a fault near you: {} answers", elsewhere.host))
            .value("subnet", site),
    )
}

/// Whether the cause named for a hub only describes what was seen from here. A proven fault of the
/// hub, or of this computer, is not set aside because another hub fails too.
fn is_symptom_alone(hub: &HubSeen, symptom: Symptom) -> bool {
    use FailureKind::{NoAnswer, Reset};
    // Who sends an alert speaks TLS: it is the server itself.
    if symptom.alert.is_some() || symptom.kind == FailureKind::NotTheProtocol {
        return false;
    }
    match hub.cause.as_deref().unwrap_or_default() {
        // It is certain only where the refusal came from far away, or from next door.
        "tcp/refused" => hub.confidence.is_some_and(|sure| sure < Confidence::Certain),
        "tcp/no-answer"
        | "tcp/port-silent"
        | "tcp/rejected-on-the-way"
        | "tcp/unexplained"
        | "tls/blocked-on-the-way"
        | "tls/server-breaks-off"
        | "tls/server-silent"
        | "tls/unexplained" => true,
        "http/cut-off" | "http/no-reply" | "http/unexplained" => {
            matches!(symptom.kind, NoAnswer | Reset)
        }
        _ => false,
    }
}

fn all_fail_alike(e: &Evidence, _: &Case) -> Option<Proof> {
    let all: Vec<&HubSeen> = direct(e).collect();
    let first = all.first()?;
    let check = first.failed.as_deref()?;
    let what = what_fails(check)?;
    let symptom = first.symptom?;
    let alike = |hub: &&HubSeen| {
        failed_at(hub, check)
            && hub.symptom == Some(symptom)
            && hub.rejected_by == first.rejected_by
            && is_symptom_alone(hub, symptom)
    };
    if all.len() != e.hubs.len() || !all.iter().all(alike) || distinct_locations(&all) < 2 {
        return None;
    }
    let proof = side_by_side(e, &all)
        .not("across/site-down: the hubs live on different networks")
        .value("check", check)
        .value("what", what)
        .value("number", number(first).trim_start_matches(", ").to_owned());
    Some(if any_unrelated(&all) {
        proof.not("a fault of one owner's hubs: not all of them belong to one")
    } else {
        proof.at_most(Confidence::Possible)
    })
}

/// The failure of a step of the way, in words for a person.
fn what_fails(check: &str) -> Option<&'static str> {
    match check {
        "tcp" => Some("no hub accepts a connection"),
        "tls" => Some("the hubs accept connections, and none of them can be encrypted"),
        "http" => Some("the hubs accept connections, and no hub answers a request"),
        _ => None,
    }
}

/// By the key, or by the name where neither certificate tells the key.
fn same_issuer(one: &HubSeen, other: &HubSeen) -> bool {
    match (&one.unknown_issuer, &other.unknown_issuer) {
        (Some(one), Some(other)) => one.key == other.key && one.name == other.name,
        _ => false,
    }
}

fn same_issuer_everywhere(e: &Evidence, _: &Case) -> Option<Proof> {
    let (one, other) = e.hubs.iter().enumerate().find_map(|(n, one)| {
        let unrelated =
            |other: &&HubSeen| same_issuer(one, other) && !same_site(&one.host, &other.host);
        e.hubs[n + 1..].iter().find(unrelated).map(|other| (one, other))
    })?;
    let issuer = one.unknown_issuer.as_ref()?;
    let about: Vec<&HubSeen> = e.hubs.iter().filter(|hub| same_issuer(hub, one)).collect();
    let key = issuer.key.as_deref().unwrap_or("not told");
    let proof = about.iter().fold(Proof::default(), |proof, hub| {
        proof.and(format!("issuer of {}", hub.host), format!("{} (key {key})", issuer.name))
    });
    let proof = named(proof, &about);
    let made_now = |hub: &HubSeen| {
        let age = hub.unknown_issuer.as_ref().map(|issuer| issuer.leaf_age_minutes);
        age.is_some_and(|age| (0..=FRESH_MINUTES).contains(&age))
    };
    // Nobody but Qlik runs a tenant, and no company's own issuer serves one.
    let is_cloud = |hub: &HubSeen| hub.host.ends_with(".qlikcloud.com");
    let strengthened =
        about.iter().any(|hub| is_cloud(hub)) || about.iter().all(|hub| made_now(hub));
    let proof = proof
        .about(about.iter().map(|hub| hub.hub))
        .not(format!("hubs of one company: {} and {} share no domain", one.host, other.host))
        .value("hosts", hosts(&about))
        .value("issuer", &issuer.name);
    // A company may own several domains and have one certificate authority for all of them.
    Some(if strengthened { proof } else { proof.at_most(Confidence::Possible) })
}

/// Several hubs fail and nothing shows what they share: said, so that nobody takes it for shared.
fn unexplained(e: &Evidence, case: &Case) -> Option<Proof> {
    let others: [fn(&Evidence, &Case) -> Option<Proof>; 4] =
        [inside_unreachable, egress_blocked, site_down, all_fail_alike];
    let failed: Vec<&HubSeen> = e.hubs.iter().filter(|hub| hub.failed.is_some()).collect();
    let whole = failed.len() > 1 && failed.len() == e.hubs.len();
    (whole && others.iter().all(|when| when(e, case).is_none())).then(|| {
        let about = Vec::new();
        named(side_by_side(e, &about), &failed)
            .and("meaning", "all hubs fail, each in its own way; see each of them")
            .severity(Severity::Informs)
    })
}
