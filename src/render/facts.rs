//! Single facts out of a hub's evidence, for formats that hold numbers and names instead of prose.
//!
//! Evidence that another version wrote and this one cannot read is no fact; its place stays empty.

use std::net::{IpAddr, SocketAddr};

use hublink_checks::certificate::{self, Certificate};
use hublink_checks::clock::{self, Clock};
use hublink_checks::dns::{self, Dns};
use hublink_checks::frame::{Check, Diagnosis};
use hublink_checks::hub;
use hublink_checks::tcp::{self, Tcp};
use hublink_checks::tls::{self, Tls};
use hublink_probe::Timestamp;
use serde::de::DeserializeOwned;

use crate::report::{CheckReport, Hub, Report};

/// What was learnt of one hub.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The addresses of its name.
    pub(super) addresses: Vec<IpAddr>,
    /// The address that was examined.
    pub(super) connected: Option<SocketAddr>,
    /// The version of TLS that was agreed on.
    pub(super) tls: Option<String>,
    /// Its certificate.
    pub(super) certificate: Option<Shown>,
    /// The seconds by which its clock is ahead of this computer's.
    pub(super) clock_offset_s: Option<f64>,
    /// The product's name.
    pub(super) product: Option<String>,
    /// The product's version: its release, such as `February 2024`, else its number.
    pub(super) product_version: Option<String>,
}

/// The certificate that a hub showed.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// Whom it stands for.
    pub(super) subject: String,
    /// Who issued it.
    pub(super) issuer: String,
    /// When it ends.
    pub(super) not_after: Timestamp,
    /// When the first certificate of its path ends.
    pub(super) path_not_after: Timestamp,
    /// Whole days left when it was looked at; negative once it ran out.
    pub(super) days_left: i64,
    /// The same for its path.
    pub(super) path_days_left: i64,
}

impl Facts {
    /// Reads them out of a hub's evidence.
    pub(super) fn of(hub: &Hub) -> Self {
        let dns: Option<dns::Evidence> = evidence(hub, Dns::META.id);
        let tcp: Option<tcp::Evidence> = evidence(hub, Tcp::META.id);
        let tls: Option<tls::Evidence> = evidence(hub, Tls::META.id);
        let shown: Option<certificate::Evidence> = evidence(hub, Certificate::META.id);
        let clock: Option<clock::Evidence> = evidence(hub, Clock::META.id);
        let answers: Option<hub::Evidence> = evidence(hub, hub::Hub::META.id);
        let product = answers.and_then(|answers| answers.product);
        let own_time = clock.and_then(|clock| clock.witnesses.into_iter().find(|one| one.own));
        Self {
            addresses: dns.map(|dns| dns.addresses).unwrap_or_default(),
            connected: tcp.and_then(|tcp| tcp.chosen),
            tls: tls.and_then(|tls| tls.handshake.version),
            certificate: shown.and_then(|shown| Shown::of(&shown)),
            clock_offset_s: own_time.map(|witness| witness.offset_s),
            product: product.as_ref().and_then(|product| product.name.clone()),
            product_version: product.and_then(|product| product.release.or(product.version)),
        }
    }
}

impl Shown {
    fn of(evidence: &certificate::Evidence) -> Option<Self> {
        let examined = &evidence.examined;
        let own = examined.own()?;
        let path_ends = examined.path().iter().map(|step| step.facts.not_after).min();
        let path_not_after = path_ends.unwrap_or(own.not_after);
        // Rounded down, so that a certificate that ran out an hour ago is at -1 and not at 0.
        let days = |end: Timestamp| (end.0 - examined.now.0).whole_seconds().div_euclid(86_400);
        Some(Self {
            subject: own.subject_cn.clone().unwrap_or_else(|| own.subject.clone()),
            issuer: own.issuer_cn.clone().unwrap_or_else(|| own.issuer.clone()),
            not_after: own.not_after,
            path_not_after,
            days_left: days(own.not_after),
            path_days_left: days(path_not_after),
        })
    }
}

/// All causes of one hub: its own in the order of the ladder, those that a comparison of hubs
/// showed, and the one that stops it and stands in full at another hub.
pub(super) fn causes<'a>(
    report: &'a Report,
    index: usize,
    hub: &'a Hub,
) -> impl Iterator<Item = &'a Diagnosis> {
    let own = || hub.checks.iter().flat_map(|check| &check.causes);
    let across = move || {
        let compared = report.across.iter().flat_map(|check| &check.causes);
        compared.filter(move |cause| cause.hubs.contains(&index))
    };
    let named = hub.verdict.cause.as_ref();
    let told = named.is_none_or(|id| own().chain(across()).any(|cause| cause.id == *id));
    let everywhere = report.hubs.iter().flat_map(|hub| &hub.checks).flat_map(|check| &check.causes);
    let elsewhere = everywhere.filter(move |cause| !told && Some(&cause.id) == named).take(1);
    own().chain(across()).chain(elsewhere)
}

fn evidence<E: DeserializeOwned>(hub: &Hub, check: &str) -> Option<E> {
    let check: &CheckReport = hub.checks.iter().find(|one| one.id == check)?;
    check.evidence.as_ref()?.typed().ok()
}
