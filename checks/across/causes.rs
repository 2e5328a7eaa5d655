//! The causes that only a comparison shows.

use std::collections::BTreeSet;
use std::net::IpAddr;

use hublink_probe::FailureKind;

use super::{Evidence, HubSeen, Place};
use crate::frame::{Case, Cause, Confidence, Owner, Proof, Severity, cause, fallback};
use crate::http::same_site;

/// A certificate younger than this was made for this connection.
const FRESH_MINUTES: i64 = 15;

pub(super) const CAUSES: &[Cause<Evidence>] = &[
    Cause {
        title: "Only the hubs inside the company fail, those outside work: this computer is not \
                inside the company network.",
        explain: "Hubs with private addresses are reached from inside the company only. A hub on \
                  the Internet answers, so this computer has a network, but not that one. Mostly \
                  the VPN is off.",
        remedy: &["Connect the VPN and run again."],
        owner: Owner::You,
        confidence: Confidence::Likely,
        look_alikes: &[
            "one inside hub that fails while another answers: that hub is at fault",
            "an inside hub whose server refuses: then the way there works",
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
        remedy: &["Ask IT to allow outgoing TCP 443 to <hosts>, or for the proxy to use."],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        look_alikes: &[
            "one outside hub that fails alone: it or its own firewall is at fault",
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
        explain: "The hubs live on different networks and have nothing in common but the way from \
                  this computer. That all of them break alike at the same moment would be a rare \
                  coincidence.",
        remedy: &["Show IT this report: all hubs fail at the step `<check>` with <number>."],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        look_alikes: &[
            "hubs of one network, which may be down together (across/site-down)",
            "hubs that fail at different steps or with different numbers",
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
    fallback("across/unexplained", unexplained),
];

/// The hubs whose way is comparable: they have addresses and no proxy goes for us.
fn direct(e: &Evidence) -> impl Iterator<Item = &HubSeen> + Clone {
    e.hubs.iter().filter(|hub| !hub.through_proxy && hub.place != Place::Unknown)
}

fn failed_at(hub: &HubSeen, check: &str) -> bool {
    hub.failed.as_deref() == Some(check)
}

/// No connection came about, and not because the hub itself said no.
fn is_cut_off(hub: &HubSeen) -> bool {
    use FailureKind::{HostUnreachable, NetworkUnreachable, NoAnswer, NotPermitted};
    let kind = hub.symptom.map(|symptom| symptom.kind);
    let silent =
        matches!(kind, Some(NoAnswer | HostUnreachable | NetworkUnreachable | NotPermitted));
    failed_at(hub, "tcp")
        && !hub.connected
        && (silent || hub.cause.as_deref() == Some("tcp/rejected-on-the-way"))
        // The computer's own rule, or its missing route, is named by the hub's own cause.
        && hub.cause.as_deref() != Some("tcp/blocked-on-this-computer")
        && hub.cause.as_deref() != Some("tcp/off-network")
}

/// The network an address is taken to belong to: sites have at least these sizes.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn networks(hub: &HubSeen) -> BTreeSet<String> {
    hub.addresses.iter().map(|&address| network(address)).collect()
}

/// How many networks there are of which no two share a hub's address.
fn distinct_networks(hubs: &[&HubSeen]) -> usize {
    let mut seen = BTreeSet::new();
    hubs.iter()
        .filter(|hub| {
            let own = networks(hub);
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
    proof.about(about.iter().map(|hub| hub.hub)).value("hosts", hosts(about))
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
    Some(if distinct_networks(&inside) > 1 { proof } else { proof.at_most(Confidence::Possible) })
}

fn egress_blocked(e: &Evidence, _: &Case) -> Option<Proof> {
    let outside: Vec<&HubSeen> = direct(e).filter(|hub| hub.place == Place::Outside).collect();
    let cut_off = outside.iter().all(|hub| is_cut_off(hub));
    if !cut_off || distinct_networks(&outside) < 2 {
        return None;
    }
    let inside = direct(e).find(|hub| hub.place == Place::Inside && hub.connected);
    let proof = side_by_side(e, &outside);
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
        let site = first.addresses.first().map(|&address| network(address))?;
        let members: Vec<&HubSeen> =
            direct(e).filter(|hub| networks(hub).contains(&site)).collect();
        let alike = members.iter().all(|hub| is_cut_off(hub) && hub.symptom == first.symptom);
        let addresses: BTreeSet<_> = members.iter().flat_map(|hub| &hub.addresses).collect();
        (alike && members.len() > 1 && addresses.len() > 1).then_some((site, members))
    })?;
    let elsewhere = direct(e).find(|hub| hub.connected && !networks(hub).contains(&site))?;
    Some(
        side_by_side(e, &members)
            .not(format!("a fault near you: {} answers", elsewhere.host))
            .value("subnet", site),
    )
}

fn all_fail_alike(e: &Evidence, _: &Case) -> Option<Proof> {
    let all: Vec<&HubSeen> = direct(e).collect();
    let first = all.first()?;
    let check = first.failed.as_deref().filter(|check| matches!(*check, "tcp" | "tls" | "http"))?;
    let symptom = first.symptom?;
    let alike = |hub: &&HubSeen| {
        failed_at(hub, check)
            && hub.symptom == Some(symptom)
            // A wrong port in the links is somebody's slip, not the network's.
            && hub.cause.as_deref() != Some("tcp/link-port-closed")
            // So is a link whose scheme does not fit.
            && symptom.kind != FailureKind::NotTheProtocol
    };
    // These already say what is near, and better.
    let own_fault = |hub: &&HubSeen| {
        matches!(
            hub.cause.as_deref(),
            Some(
                "tcp/blocked-on-this-computer"
                    | "tcp/off-network"
                    | "tcp/ports-exhausted"
                    | "http/captive-portal"
                    | "http/block-page"
            )
        )
    };
    if all.len() != e.hubs.len() || !all.iter().all(alike) || all.iter().any(own_fault) {
        return None;
    }
    (distinct_networks(&all) > 1).then(|| {
        side_by_side(e, &all)
            .not("across/site-down: the hubs live on different networks")
            .value("check", check)
            .value("number", number(first).trim_start_matches(", ").to_owned())
    })
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
    let named: [fn(&Evidence, &Case) -> Option<Proof>; 4] =
        [inside_unreachable, egress_blocked, site_down, all_fail_alike];
    let failed: Vec<&HubSeen> = e.hubs.iter().filter(|hub| hub.failed.is_some()).collect();
    let whole = failed.len() > 1 && failed.len() == e.hubs.len();
    (whole && named.iter().all(|when| when(e, case).is_none())).then(|| {
        let about = Vec::new();
        side_by_side(e, &about)
            .and("meaning", "all hubs fail, each in its own way; see each of them")
            .severity(Severity::Informs)
    })
}
