//! Whether an issuer has withdrawn a certificate: what was stapled, else asked, else listed.

use hublink_probe::{Failure, Timestamp, TrustStore};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::{CertificateRevocationList, RevokedCertificate};

use super::examine::Examination;
use super::facts::{fingerprint, parse};
use super::ocsp;
use crate::frame::Context;

/// One attempt to learn whether a certificate was withdrawn.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Revocation {
    /// The place of the certificate in the chain.
    pub index: usize,
    /// How it was learnt.
    pub how: How,
    /// Who was asked; empty for a staple.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The status code, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What a verified answer says; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<Word>,
    /// How long it took, in milliseconds.
    #[serde(default)]
    pub took_ms: f64,
}

/// What an issuer says of one of its certificates, its signature and its dates verified.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Word {
    /// The state.
    pub state: State,
    /// Since when it is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Why, by number (RFC 5280 section 5.3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<u8>,
}

/// The state of a certificate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not withdrawn.
    Good,
    /// Withdrawn.
    Revoked,
    /// The issuer does not know it.
    Unknown,
}

/// Ways to learn of a withdrawal.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// The hub sent the issuer's word along.
    Staple,
    /// The issuer was asked (OCSP).
    Ocsp,
    /// The issuer's list was read (CRL).
    Crl,
}

impl How {
    /// As it stands in a proof.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Staple => "the issuer's word, sent along by the hub (stapled OCSP)",
            Self::Ocsp => "the issuer's answer (OCSP)",
            Self::Crl => "the issuer's list (CRL)",
        }
    }
}

/// The bytes behind an examination.
pub(super) struct Ders<'a> {
    /// The certificates in the order of [`Examination::chain`].
    pub chain: Vec<&'a [u8]>,
    /// The trusted roots.
    pub roots: Vec<&'a [u8]>,
}

/// A certificate of the path and the one that issued it.
pub(super) struct Pair<'a> {
    /// The place of the certificate in the chain.
    pub index: usize,
    pub certificate: X509Certificate<'a>,
    pub issuer: X509Certificate<'a>,
}

/// Looks at the hub's certificate and at the one that issued it, with at most `left` fetches.
///
/// Only on a path that is trusted: what is refused anyway need not be withdrawn too.
pub(super) async fn look(
    cx: &Context,
    seen: &Examination,
    ders: &Ders<'_>,
    staple: &[u8],
    left: usize,
) -> Vec<Revocation> {
    let Some(own) = pair(seen, ders, 0) else { return Vec::new() };
    let stapled = by_staple(&own, staple, seen.now);
    if !cx.budget.thorough {
        return stapled.into_iter().collect();
    }
    let settled = stapled.as_ref().is_some_and(is_settled);
    let above = pair(seen, ders, 1);
    let for_above = usize::from(above.is_some()).min(left);
    let for_own = if settled { 0 } else { left - for_above };
    let (of_own, of_above) = tokio::join!(ask(cx, seen, &own, for_own), async {
        match &above {
            Some(above) => of_issuer(cx, seen, above, for_above).await,
            None => Vec::new(),
        }
    });
    stapled.into_iter().chain(of_own).chain(of_above).collect()
}

/// What a chain says by itself of the withdrawal of its first certificate.
pub(super) fn stapled(
    seen: &Examination,
    chain: &[Vec<u8>],
    trust: &TrustStore,
    staple: &[u8],
) -> Option<Revocation> {
    let presented = chain.iter().take(seen.presented()).map(Vec::as_slice);
    let roots = trust.anchors.iter().map(|root| &*root.der);
    let ders = Ders { chain: presented.collect(), roots: roots.collect() };
    by_staple(&pair(seen, &ders, 0)?, staple, seen.now)
}

fn is_settled(one: &Revocation) -> bool {
    one.word.is_some_and(|word| word.state != State::Unknown)
}

/// The certificate at a height of the path, unless it is the root, which nobody can withdraw.
fn pair<'a>(seen: &Examination, ders: &Ders<'a>, height: usize) -> Option<Pair<'a>> {
    let path = seen.path();
    let index = path.get(height).filter(|step| seen.trusted && !step.is_root)?.index?;
    let above = path.get(height + 1)?;
    let issuer = match above.index {
        Some(index) => *ders.chain.get(index)?,
        None => ders.roots.iter().find(|der| fingerprint(der) == above.facts.fingerprint)?,
    };
    let der = *ders.chain.get(index)?;
    Some(Pair { index, certificate: parse(der)?, issuer: parse(issuer)? })
}

fn by_staple(own: &Pair<'_>, staple: &[u8], now: Timestamp) -> Option<Revocation> {
    let word = ocsp::read(staple, &own.certificate, &own.issuer, now)?;
    Some(Revocation {
        index: own.index,
        how: How::Staple,
        url: String::new(),
        status: None,
        failure: None,
        word: Some(word),
        took_ms: 0.0,
    })
}

/// Reads the list that holds an issuer's own certificate, or asks if there is none: who issues for
/// issuers mostly keeps a short list.
async fn of_issuer(
    cx: &Context,
    seen: &Examination,
    above: &Pair<'_>,
    most: usize,
) -> Vec<Revocation> {
    match list_of(cx, seen, above, most).await {
        Some(one) => vec![one],
        None => ask(cx, seen, above, most).await,
    }
}

/// Asks the issuer, then reads its list if that told nothing.
async fn ask(cx: &Context, seen: &Examination, own: &Pair<'_>, most: usize) -> Vec<Revocation> {
    let facts = seen.chain.get(own.index).and_then(|one| one.facts.as_ref());
    let responder = facts.and_then(|facts| facts.ocsp.first()).filter(|_| most > 0);
    let mut tried = Vec::new();
    if let Some(responder) = responder {
        let url = ocsp::question(responder, &own.certificate, &own.issuer);
        let read = |body: &[u8]| ocsp::read(body, &own.certificate, &own.issuer, seen.now);
        tried.push(fetch(cx, own.index, How::Ocsp, (responder, &url), read).await);
    }
    if !tried.iter().any(is_settled) {
        tried.extend(list_of(cx, seen, own, most - tried.len()).await);
    }
    tried
}

async fn list_of(
    cx: &Context,
    seen: &Examination,
    pair: &Pair<'_>,
    most: usize,
) -> Option<Revocation> {
    let facts = seen.chain.get(pair.index)?.facts.as_ref()?;
    let url = facts.crls.first().filter(|_| most > 0)?;
    let read = |body: &[u8]| listed(body, pair, seen.now);
    Some(fetch(cx, pair.index, How::Crl, (url, url), read).await)
}

async fn fetch(
    cx: &Context,
    index: usize,
    how: How,
    (shown, url): (&str, &str),
    read: impl Fn(&[u8]) -> Option<Word>,
) -> Revocation {
    let answer = cx.fetch(url).await;
    Revocation {
        index,
        how,
        url: shown.to_owned(),
        status: answer.status,
        failure: answer.failure,
        word: read(&answer.body),
        took_ms: answer.took_ms,
    }
}

/// What a revocation list says of a certificate, if it is the issuer's, genuine and current.
pub(super) fn listed(body: &[u8], pair: &Pair<'_>, now: Timestamp) -> Option<Word> {
    /// Lifts a suspension (RFC 5280 section 5.3.1); stands only in lists of changes.
    const REMOVED: u8 = 8;
    let (_, list) = CertificateRevocationList::from_der(body).ok()?;
    let current = list.last_update().to_datetime() <= now.0
        && list.next_update().is_none_or(|end| end.to_datetime() >= now.0);
    let genuine = list.issuer().as_raw() == pair.issuer.subject().as_raw()
        && list.verify_signature(pair.issuer.public_key()).is_ok();
    if !current || !genuine || is_partial(&list) {
        return None;
    }
    let serial = pair.certificate.raw_serial();
    let entry = list.iter_revoked_certificates().find(|entry| entry.raw_serial() == serial);
    let reason = entry.and_then(RevokedCertificate::reason_code).map(|(_, reason)| reason.0);
    Some(match entry.filter(|_| reason != Some(REMOVED)) {
        None => Word { state: State::Good, at: None, reason: None },
        Some(entry) => Word {
            state: State::Revoked,
            at: Some(Timestamp(entry.revocation_date.to_datetime())),
            reason,
        },
    })
}

/// Lists of changes and lists for several issuers are read differently: hublink does not.
fn is_partial(list: &CertificateRevocationList<'_>) -> bool {
    const DELTA: &str = "2.5.29.27";
    const CERTIFICATE_ISSUER: &str = "2.5.29.29";
    let of_list = list.extensions().iter().any(|one| one.oid.to_id_string() == DELTA);
    of_list
        || list
            .iter_revoked_certificates()
            .flat_map(|entry| entry.extensions())
            .any(|one| one.oid.to_id_string() == CERTIFICATE_ISSUER)
}
