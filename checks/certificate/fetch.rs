//! Fetches the issuers a hub forgot to send, from the addresses its own certificate names.

use hublink_probe::{Failure, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_parser::pem::Pem;

use super::examine::{Examination, examine_with};
use super::facts::{CertificateFacts, parse};
use super::path::IssuedBy;
use super::revocation::{self, Ders, Revocation};
use crate::frame::Context;

/// How many documents are fetched for one hub: each may take the whole time allowed.
const FETCHES: usize = 3;

/// One attempt to fetch an issuer's certificate.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Fetched {
    /// Where.
    pub url: String,
    /// What came.
    pub outcome: FetchOutcome,
    /// The status code, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why nothing came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Whose certificate came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "dn"))]
    pub subject: Option<String>,
    /// With it the path reaches a trusted root.
    #[serde(default)]
    pub completes_to_trusted: bool,
}

/// What a fetch brought.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FetchOutcome {
    /// The certificate that was missing.
    Certificate,
    /// A certificate that did not sign the one below.
    OtherCertificate,
    /// A PKCS #7 bundle, which hublink does not read.
    Pkcs7,
    /// Something that is no certificate.
    NotACertificate,
    /// Nothing.
    Nothing,
}

/// A chain with what was fetched for it.
pub(super) struct Completed {
    /// What it came to.
    pub examined: Examination,
    /// The attempts to fetch issuers.
    pub log: Vec<Fetched>,
    /// Those that fit: URL and DER.
    certificates: Vec<(String, Vec<u8>)>,
}

impl Completed {
    /// Whether a certificate was withdrawn, with the fetches that are left.
    pub(super) async fn revocation(
        &self,
        cx: &Context,
        chain: &[Vec<u8>],
        staple: &[u8],
    ) -> Vec<Revocation> {
        let trust = cx.world.trust();
        let presented = chain.iter().take(self.examined.presented()).map(Vec::as_slice);
        let fetched = self.certificates.iter().map(|(_, der)| der.as_slice());
        let ders = Ders {
            chain: presented.chain(fetched).collect(),
            roots: trust.anchors.iter().map(|root| &*root.der).collect(),
        };
        let left = FETCHES.saturating_sub(self.log.len());
        revocation::look(cx, &self.examined, &ders, staple, left).await
    }
}

/// Examines a chain and fetches what is missing for it.
pub(super) async fn complete(
    cx: &Context,
    chain: &[Vec<u8>],
    host: &str,
    now: Timestamp,
) -> Completed {
    let trust = cx.world.trust();
    let mut certificates: Vec<(String, Vec<u8>)> = Vec::new();
    let mut log: Vec<Fetched> = Vec::new();
    let mut seen = examine_with(chain, &certificates, host, now, &trust);
    while log.len() < FETCHES {
        let Some(url) = wanted(&seen, &log) else { break };
        let (attempt, der) = fetch(cx, url).await;
        log.push(attempt);
        let (Some(der), Some(attempt)) = (der, log.last_mut()) else { continue };
        certificates.push((attempt.url.clone(), der));
        let longer = examine_with(chain, &certificates, host, now, &trust);
        if longer.chain.last().is_some_and(|last| last.in_path) {
            seen = longer;
        } else {
            attempt.outcome = FetchOutcome::OtherCertificate;
            certificates.pop();
        }
    }
    for attempt in &mut log {
        attempt.completes_to_trusted = seen.trusted && attempt.outcome == FetchOutcome::Certificate;
    }
    Completed { examined: seen, log, certificates }
}

/// The next address to ask: the end of the path names it, and nobody at hand issued that end.
fn wanted(seen: &Examination, log: &[Fetched]) -> Option<String> {
    let top = seen.top()?;
    // An issuer that kept its name and changed its key looks like a signature that does not fit.
    if seen.trusted || !matches!(top.issued_by, IssuedBy::Unknown | IssuedBy::BadSignature) {
        return None;
    }
    let urls = top.facts.as_ref()?.aia_issuers.iter();
    urls.into_iter().find(|url| log.iter().all(|tried| tried.url != **url)).cloned()
}

async fn fetch(cx: &Context, url: String) -> (Fetched, Option<Vec<u8>>) {
    let answer = cx.fetch(&url).await;
    let (outcome, der) = match answer.body.as_slice() {
        [] => (FetchOutcome::Nothing, None),
        body => decode(body),
    };
    let facts = der.as_deref().and_then(CertificateFacts::read);
    let attempt = Fetched {
        url,
        outcome,
        status: answer.status,
        failure: answer.failure,
        subject: facts.map(|facts| facts.subject),
        completes_to_trusted: false,
    };
    (attempt, der)
}

/// DER as RFC 5280 wants it, or PEM as many servers have it.
fn decode(body: &[u8]) -> (FetchOutcome, Option<Vec<u8>>) {
    /// The object identifier of signed data (RFC 5652), as it stands in every such bundle.
    const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    if parse(body).is_some() {
        return (FetchOutcome::Certificate, Some(body.to_vec()));
    }
    let begin = &body[..body.len().min(32)];
    if begin.windows(SIGNED_DATA.len()).any(|window| window == SIGNED_DATA) {
        return (FetchOutcome::Pkcs7, None);
    }
    let mut blocks = Pem::iter_from_buffer(body).take(4).flatten();
    match blocks.find(|block| block.label == "CERTIFICATE" && parse(&block.contents).is_some()) {
        Some(block) => (FetchOutcome::Certificate, Some(block.contents)),
        None => (FetchOutcome::NotACertificate, None),
    }
}
