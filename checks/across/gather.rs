//! From the cases of all hubs to what is compared.

use std::net::IpAddr;

use hublink_probe::{Failure, Interface, Timestamp};

use super::{Evidence, HubSeen, Issuer, Place, Symptom};
use crate::certificate::{Certificate, Evidence as Certificates};
use crate::dns::{Dns, Evidence as Names};
use crate::frame::{Case, Diagnosis, is_neighbour, is_private, leads_nowhere};
use crate::http::Http;
use crate::tcp::{self, Tcp};
use crate::tls::Tls;

/// One hub at the end of its examination.
pub struct Seen<'a> {
    /// Its place in the run's list.
    pub hub: usize,
    /// All its evidence.
    pub case: &'a Case,
    /// The first check that failed, with its first blocking cause.
    pub failed: Option<(&'static str, &'a Diagnosis)>,
}

/// Puts the hubs of a run beside each other. A source without a hub is left out.
#[must_use]
pub fn gather(hubs: &[Seen<'_>]) -> Evidence {
    let vpn_up = hubs
        .first()
        .is_some_and(|seen| seen.case.facts.interfaces.iter().any(Interface::is_vpn_up));
    let named = hubs.iter().filter(|seen| seen.case.facts.hub.is_some());
    Evidence { hubs: named.map(hub).collect(), vpn_up }
}

fn hub(seen: &Seen<'_>) -> HubSeen {
    let case = seen.case;
    let addresses = case.of::<Dns>().map(|dns| dns.addresses.clone()).unwrap_or_default();
    let failed = seen.failed.map(|(check, _)| check);
    let tcp = case.of::<Tcp>();
    HubSeen {
        hub: seen.hub,
        host: case.host().to_owned(),
        place: place(&addresses),
        on_link: addresses.iter().any(|&address| is_neighbour(case, address)),
        addresses,
        port: case.facts.hub.as_ref().map(|hub| hub.port),
        connected: tcp.is_some_and(|tcp| tcp.chosen.is_some()),
        another_port_answered: tcp.is_some_and(tcp::another_port_answered),
        rejected_by: tcp.and_then(tcp::rejected_by),
        name_server_answered: case.of::<Dns>().is_some_and(Names::heard_from_outside),
        through_proxy: case.goes_through_proxy(),
        failed: failed.map(str::to_owned),
        cause: seen.failed.map(|(_, cause)| cause.id.clone()),
        confidence: seen.failed.map(|(_, cause)| cause.confidence),
        symptom: failed.and_then(|check| symptom(case, check)),
        unknown_issuer: case.of::<Certificate>().and_then(unknown_issuer),
    }
}

fn place(addresses: &[IpAddr]) -> Place {
    let private = addresses.iter().filter(|&&address| is_private(address)).count();
    if addresses.is_empty() || addresses.iter().any(|&address| leads_nowhere(address)) {
        Place::Unknown
    } else if private == addresses.len() {
        Place::Inside
    } else if private > 0 {
        Place::Unknown
    } else {
        Place::Outside
    }
}

/// How a check failed, for the checks whose failures compare: those of the way to a hub.
fn symptom(case: &Case, check: &str) -> Option<Symptom> {
    match check {
        "tcp" => {
            let attempts = &case.of::<Tcp>()?.attempts;
            let first = attempts.iter().find(|attempt| !attempt.succeeded())?;
            first.failure.map(|failure| as_symptom(failure, None, first.took_ms))
        }
        "tls" => {
            let handshake = &case.of::<Tls>()?.handshake;
            handshake.failure.map(|failure| as_symptom(failure, handshake.alert, handshake.took_ms))
        }
        "http" => {
            let last = case.of::<Http>()?.hops.last()?;
            last.failure.map(|failure| as_symptom(failure, last.alert, last.took_ms))
        }
        _ => None,
    }
}

fn as_symptom(failure: Failure, alert: Option<u8>, took_ms: f64) -> Symptom {
    Symptom { kind: failure.kind, code: failure.code, alert, prompt: took_ms < 1000.0 }
}

/// The issuer of the hub's certificate if nobody here trusts it and its key can be told.
fn unknown_issuer(seen: &Certificates) -> Option<Issuer> {
    if seen.examined.trusted {
        return None;
    }
    let own = seen.examined.own()?;
    if own.self_issued {
        return None;
    }
    let presented = || {
        let facts = seen.examined.chain.iter().filter_map(|one| one.facts.as_ref());
        let mut issuers = facts.filter(|facts| facts.subject == own.issuer);
        issuers.next().map(|issuer| issuer.key_fingerprint.clone())
    };
    Some(Issuer {
        name: own.issuer.clone(),
        key: own.authority_key.clone().or_else(presented),
        leaf_age_minutes: minutes_between(own.not_before, seen.examined.now),
    })
}

fn minutes_between(earlier: Timestamp, later: Timestamp) -> i64 {
    (later.0 - earlier.0).whole_minutes()
}
