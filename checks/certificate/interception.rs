//! Signs that a device on the way made the certificate, graded. An unknown issuer alone is none.

use super::Evidence;
use super::proofs::{about, is_qlik_shape, with_rustls};
use crate::frame::{Case, Confidence, Proof};
use crate::http::same_site;

/// Names that programs and devices which open TLS put into their issuers. They are the products'
/// defaults; most stand in Chromium's list of such software as well.
const MAKERS: &[&str] = &[
    "avast! Web/Mail Shield",
    "AVG Web/Mail Shield",
    "Bitdefender Personal CA",
    "Blue Coat",
    "Charles Proxy",
    "Cisco Umbrella",
    "DO_NOT_TRUST_FiddlerRoot",
    "ESET SSL Filter CA",
    "Forcepoint",
    "FortiGate",
    "Fortinet",
    "Kaspersky Anti-Virus",
    "McAfee Web Gateway",
    "mitmproxy",
    "Netskope",
    "PortSwigger CA",
    "Skyhigh Secure Web Gateway",
    "SmoothWall",
    "SonicWall",
    "Sophos",
    "WatchGuard",
    "Websense",
    "Zscaler",
];

/// A certificate younger than this was made for this connection.
const FRESH_MINUTES: i64 = 15;

/// A sign, and how much it is worth.
struct Sign {
    what: &'static str,
    seen: String,
    confidence: Confidence,
}

/// The maker of an inspecting product whose name an issuer of the path bears.
fn maker(e: &Evidence) -> Option<(&'static str, String)> {
    let path = e.examined.path();
    let mut issuers = path.iter().map(|step| &step.facts.issuer);
    issuers.find_map(|issuer| {
        let lower = issuer.to_lowercase();
        let known = MAKERS.iter().find(|name| lower.contains(&name.to_lowercase()))?;
        Some((*known, issuer.clone()))
    })
}

fn made_just_now(e: &Evidence) -> Option<i64> {
    let own = e.examined.own().filter(|own| !own.self_issued)?;
    let age = (e.examined.now.0 - own.not_before.0).whole_minutes();
    // A clock that is behind makes every new certificate look like one of the future.
    (0..=FRESH_MINUTES).contains(&age).then_some(age)
}

/// The signs on a chain that is not trusted, the weightiest first.
fn signs(e: &Evidence) -> Vec<Sign> {
    let Some(own) = e.examined.own().filter(|_| !e.examined.trusted) else { return Vec::new() };
    if own.self_issued || is_qlik_shape(own) {
        return Vec::new();
    }
    let fresh = made_just_now(e);
    let mut found = Vec::new();
    found.extend(maker(e).map(|(name, issuer)| Sign {
        what: "an issuer named after a product that opens encrypted traffic",
        seen: format!("{issuer} ({name})"),
        confidence: Confidence::Likely,
    }));
    if !e.same_issuer_at.is_empty() {
        // A company may own several domains; but nobody's own issuer serves a tenant of Qlik.
        let of_qlik = |host: &str| host.ends_with(".qlikcloud.com");
        let strange = fresh.is_some()
            || of_qlik(&e.examined.host)
            || e.same_issuer_at.iter().any(|host| of_qlik(host));
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
    Some(with_rustls(e, proof))
}

pub(super) fn inspected(e: &Evidence, _: &Case) -> Option<Proof> {
    let (name, issuer) = maker(e).filter(|_| e.examined.trusted)?;
    let path = e.examined.path();
    let proof = about(e, path.first()?)
        .and(
            "an issuer named after a product that opens encrypted traffic",
            format!("{issuer} ({name})"),
        )
        .and("trusted here", "yes")
        .not("certificate/intercepted: this computer trusts the issuer")
        .not("a company's own issuer: it does not bear the name of such a product");
    Some(with_rustls(e, proof))
}
