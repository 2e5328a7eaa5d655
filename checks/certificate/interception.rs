//! Signs that a device on the way made the certificate, graded. An unknown issuer alone is none.

use super::Evidence;
use super::proofs::{about, is_qlik_shape, is_trusted, with_root, with_rustls};
use crate::frame::{Case, Confidence, Proof};
use crate::http::same_site;

/// Names in the issuers that programs and devices which open TLS make, as published by others:
/// Chromium's list of such software and Tailscale's of firewalls, read in November 2026.
const PUBLISHED: &[&str] = &[
    "avast! Web/Mail Shield",
    "Bitdefender Personal CA",
    "Blue Coat",
    "Cisco Umbrella",
    "ContentKeeper",
    "Cyberoam Certificate Authority",
    "Forcepoint Cloud CA",
    "FortiGate CA",
    "Fortinet",
    "IWSS.TREND",
    "Kaspersky Anti-Virus",
    "McAfee Web Gateway",
    "NetSpark",
    "Palo Alto Networks",
    "Smoothwall-default-root",
    "HTTPS Management Certificate for SonicWALL",
    "Sophos SSL CA",
    "Sophos Web Appliance",
    "Sophos_CA_",
    "sophosutm",
    "Zscaler Inc.",
    // Not on a list: seen with the program itself.
    "mitmproxy",
];

/// The same from memory, unverified.
const REMEMBERED: &[&str] = &[
    "AVG Web/Mail Shield",
    "Charles Proxy",
    "DO_NOT_TRUST_FiddlerRoot",
    "ESET SSL Filter CA",
    "Netskope",
    "PortSwigger CA",
    "Skyhigh Secure Web Gateway",
    "WatchGuard",
    "Websense",
];

/// The products that an issuer may be named after.
pub(super) fn products() -> Vec<&'static str> {
    PUBLISHED.iter().chain(REMEMBERED).copied().collect()
}

/// A certificate younger than this was made for this connection.
const FRESH_MINUTES: i64 = 15;

const NAMED_AFTER: &str = "an issuer named after a product that opens encrypted traffic";

/// A sign, and how much it is worth.
struct Sign {
    what: &'static str,
    seen: String,
    confidence: Confidence,
}

/// The inspecting product after which an issuer of the path is named.
struct Maker {
    name: &'static str,
    issuer: String,
    confidence: Confidence,
}

fn maker(e: &Evidence) -> Option<Maker> {
    let path = e.examined.path();
    let bears = |names: &[&'static str]| {
        path.iter().find_map(|step| {
            let issuer = &step.facts.issuer;
            let lower = issuer.to_lowercase();
            let name = names.iter().find(|name| lower.contains(&name.to_lowercase()))?;
            Some((*name, issuer.clone()))
        })
    };
    // An inspection forges the hub's name. A certificate without it is rather the device's own, as
    // when such a device stands before the hub and was never given the hub's certificate.
    let most = if e.examined.name.accepted() { Confidence::Likely } else { Confidence::Possible };
    let published = bears(PUBLISHED).map(|found| (found, most));
    let found = published.or_else(|| Some((bears(REMEMBERED)?, Confidence::Possible)));
    found.map(|((name, issuer), confidence)| Maker { name, issuer, confidence })
}

fn made_just_now(e: &Evidence) -> Option<i64> {
    let own = e.examined.own().filter(|own| !own.self_issued)?;
    let age = (e.examined.now.0 - own.not_before.0).whole_minutes();
    // A clock that is behind makes every new certificate look like one of the future.
    (0..=FRESH_MINUTES).contains(&age).then_some(age)
}

/// The signs on a chain that is not trusted, the weightiest first.
fn signs(e: &Evidence) -> Vec<Sign> {
    let Some(own) = e.examined.own().filter(|_| !is_trusted(e)) else { return Vec::new() };
    // Between a file and its reader is no device; and who checks a new certificate has just made it.
    if own.self_issued || is_qlik_shape(own) || e.from_files {
        return Vec::new();
    }
    let fresh = made_just_now(e);
    let mut found = Vec::new();
    found.extend(maker(e).map(|maker| Sign {
        what: NAMED_AFTER,
        seen: format!("{} ({})", maker.issuer, maker.name),
        confidence: maker.confidence,
    }));
    if !e.same_issuer_at.is_empty() {
        // A company may own several domains; but nobody's own issuer serves a tenant of Qlik.
        let strange = fresh.is_some()
            || is_of_qlik(&e.examined.host)
            || e.same_issuer_at.iter().any(|host| is_of_qlik(host));
        found.push(Sign {
            what: "hubs of other domains with a certificate of the same issuer's key",
            seen: e.same_issuer_at.join(", "),
            confidence: if strange { Confidence::Likely } else { Confidence::Possible },
        });
    }
    found.extend(fresh.map(|age| Sign {
        what: "age of the certificate",
        seen: format!("{age} minutes, as if made for this connection"),
        confidence: Confidence::Possible,
    }));
    found.sort_by_key(|sign| std::cmp::Reverse(sign.confidence));
    found
}

/// How surely a device on the way made the certificate, which nobody here trusts.
pub(super) fn suspicion(e: &Evidence) -> Option<Confidence> {
    signs(e).first().map(|sign| sign.confidence)
}

/// The hubs of other domains whose untrusted certificate has the same issuer, by name and key.
pub(super) fn same_issuer_at(own: &Evidence, others: &[&Evidence]) -> Vec<String> {
    const NAMED: usize = 5;
    let Some(issuer) = issuer(own) else { return Vec::new() };
    let same = others.iter().filter(|other| self::issuer(other).as_ref() == Some(&issuer));
    let hosts = same.map(|other| other.examined.host.clone());
    let mut hosts: Vec<String> =
        hosts.filter(|host| !same_site(host, &own.examined.host)).collect();
    hosts.sort();
    hosts.dedup();
    hosts.truncate(NAMED);
    hosts
}

/// Name and key of the issuer of an untrusted certificate, if its key can be told.
fn issuer(e: &Evidence) -> Option<(String, String)> {
    let own = e.examined.own().filter(|own| !e.examined.trusted && !own.self_issued)?;
    let presented = || {
        let facts = e.examined.chain.iter().filter_map(|one| one.facts.as_ref());
        let mut issuers = facts.filter(|facts| facts.subject == own.issuer);
        issuers.next().map(|issuer| issuer.key_fingerprint.clone())
    };
    let key = own.authority_key.clone().or_else(presented)?;
    Some((own.issuer.clone(), key))
}

pub(super) fn intercepted(e: &Evidence, _: &Case) -> Option<Proof> {
    let confidence = suspicion(e)?;
    let path = e.examined.path();
    let proof = signs(e)
        .into_iter()
        .fold(about(e, path.first()?), |proof, sign| proof.and(sign.what, sign.seen));
    let proof = proof
        .and("trusted root of that issuer", "none on this computer")
        .not("certificate/qlik-default: the issuer is not called after the server")
        .not("certificate/untrusted-issuer: an unknown issuer alone would be no sign")
        .at_most(confidence);
    Some(with_rustls(e, with_root(e, proof)))
}

/// Whether a hub belongs to Qlik, whose tenants bear certificates of public issuers only.
fn is_of_qlik(host: &str) -> bool {
    host.ends_with(".qlikcloud.com")
}

pub(super) fn inspected(e: &Evidence, _: &Case) -> Option<Proof> {
    let path = e.examined.path();
    let own = path.first().filter(|_| e.examined.trusted && !e.from_files)?;
    let root = path.last().filter(|step| step.is_root)?;
    let maker = maker(e);
    let strange_root = e.examined.root_is_public == Some(false) && is_of_qlik(&e.examined.host);
    let signs = maker.as_ref().map(|maker| maker.confidence);
    let confidence = signs.max(strange_root.then_some(Confidence::Likely))?;
    let mut proof = about(e, own).at_most(confidence);
    if let Some(Maker { name, issuer, .. }) = maker {
        proof = proof.and(NAMED_AFTER, format!("{issuer} ({name})"));
    }
    if strange_root {
        let expected = "a public one, as every tenant of Qlik has";
        proof = proof.compared("root of the path", expected, &root.facts.subject);
    }
    let proof = proof
        .and("trusted here", "yes")
        .not("certificate/intercepted: this computer trusts the issuer")
        .not("a company's own issuer of its own hub: it bears no such name and serves no tenant");
    Some(with_rustls(e, proof))
}
