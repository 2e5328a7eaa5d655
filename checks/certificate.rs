//! The certificate: does it stand for the hub's name, and does this computer trust who issued it?

mod elsewhere;
mod examine;
mod facts;
mod fetch;
#[cfg(test)]
mod hostile;
mod interception;
mod look;
mod names;
mod ocsp;
mod path;
mod proofs;
mod revocation;
mod signature;
#[cfg(test)]
mod tests;
mod text;
mod windows;

use std::net::{IpAddr, SocketAddr};

use hublink_probe::{ChainAsked, ChainVerdicts, Handshake, RustlsVerdict, Scheme};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::{
    AGAIN, Cause, Check, Confidence, Context, Meta, Owner, Reason, ReasonKind, Severity, Target,
    Verify, cause, fallback, passed,
};
use crate::tls::Tls;

pub use elsewhere::{Judgement, judge_handshake};
pub use examine::{ChainCertificate, Examination, Step, examine, examine_unnamed};
pub use facts::{CertificateFacts, Key, KeyKind};
pub use fetch::{FetchOutcome, Fetched};
pub use look::{AtAddress, HubDate, OtherName};
pub use names::{NameMatch, OutsideConstraints};
pub use path::IssuedBy;
pub use revocation::{How, Revocation, State, Word};
pub use signature::Signature;

/// Whether the certificate stands for the name.
pub struct Certificate;

/// What was seen of the certificates.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// The chain, its path and the name.
    #[serde(flatten)]
    pub examined: Examination,
    /// What rustls thinks of the chain. Printed beside our own judgement, never the judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rustls: Option<RustlsVerdict>,
    /// What Windows thinks of the chain. Printed beside our own judgement too; where the two differ,
    /// neither alone decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<ChainVerdicts>,
    /// The hub did not prove that it holds the key of its certificate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub key_unproven: bool,
    /// The hub's own time, asked for only if a date of the path is out of range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<HubDate>,
    /// The attempts to fetch issuers that were not presented.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetched: Vec<Fetched>,
    /// Other names of the certificate, tried only if the link's name does not fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_names: Vec<OtherName>,
    /// What was learnt of withdrawals, for the hub's certificate and for its issuer's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation: Vec<Revocation>,
    /// Where the certificate was shown, if the name has other addresses too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_at: Option<IpAddr>,
    /// The other addresses of the name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<AtAddress>,
    /// Hubs of other domains in this run whose untrusted certificate has the same issuer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "host"))]
    pub same_issuer_at: Vec<String>,
    /// The time was given by a person and is no clock's, so no clock can be wrong.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub time_given: bool,
    /// The chain was read from files: nobody showed it and nothing was fetched for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_files: bool,
}

impl Evidence {
    /// An examination without a network, as of certificates from a file.
    #[must_use]
    pub fn offline(examined: Examination) -> Self {
        Self {
            examined,
            rustls: None,
            windows: None,
            key_unproven: false,
            date: None,
            fetched: Vec::new(),
            other_names: Vec::new(),
            revocation: Vec::new(),
            shown_at: None,
            addresses: Vec::new(),
            same_issuer_at: Vec::new(),
            time_given: false,
            from_files: false,
        }
    }

    /// The place in the chain of the certificate at fault; 0 is the hub's own. `None` if there is
    /// no fault, or if it is that of one that was not presented.
    #[must_use]
    pub fn faulty(&self) -> Option<usize> {
        proofs::faulty(self)
    }

    /// Whether what is at fault is that the path has no end: its next issuer is neither there nor
    /// trusted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        proofs::is_open(self)
    }

    /// A date of the path is out of range for this computer's clock and in range for the hub's.
    #[must_use]
    pub fn only_our_clock_objects(&self) -> bool {
        !self.examined.valid_at(self.examined.now)
            && self.date.as_ref().is_some_and(|hub| self.examined.valid_at(hub.date))
    }
}

impl Check for Certificate {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "certificate",
        title: "the certificate stands for the name",
        docs: "A hub proves with a certificate that it is the server the link names. This check \
               reads every certificate the hub presents, follows the path from the hub's own one \
               to a root this computer trusts, and judges each by its dates, its names, its \
               purpose and its strength. Certificates outside that path are never blamed. If one \
               fails, Desktop refuses the connection before anybody can log in. Nothing secret is \
               ever sent to a hub whose certificate did not pass. On Windows the verdict of Windows \
               itself stands beside ours, once without and once with revocation. Desktop most \
               likely follows it (unconfirmed): what only hublink objects to is said less surely, \
               and a hub that only Windows objects to is left open.",
        needs: &[passed::<Tls>()],
    };

    const CAUSES: &'static [Cause<Evidence>] = CAUSES;

    fn public_names() -> Vec<&'static str> {
        interception::products()
    }

    fn not_applicable(target: &Target) -> Option<Reason> {
        let plain = target.hub().is_some_and(|hub| hub.scheme == Scheme::Http);
        plain.then(|| Reason::of(ReasonKind::NotApplicable).detail("the link says http"))
    }

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        proofs::is_beyond_us(seen).then(|| {
            let reason = Reason::because("certificate/unexplained");
            let unknown = "this tool cannot examine a certificate of this kind; Desktop may";
            let detail = windows::disagreement(seen).unwrap_or(unknown);
            Reason { kind: ReasonKind::CouldNotLook, ..reason }.detail(detail)
        })
    }

    async fn probe(cx: &Context) -> Evidence {
        let now = cx.world.now();
        let tls = cx.of::<Tls>().map(|tls| &tls.handshake);
        let chain = tls.map(|tls| tls.presented.as_slice()).unwrap_or_default();
        let found = fetch::complete(cx, chain, cx.case.host(), now).await;
        let date = async {
            match tls {
                Some(tls) if !found.examined.valid_at(now) => look::date(cx, place(cx, tls)).await,
                _ => None,
            }
        };
        let staple = tls.map(|tls| tls.staple.as_slice()).unwrap_or_default();
        // Behind a proxy the proxy chooses the address.
        let to =
            tls.filter(|tls| tls.via.is_none() && cx.budget.thorough).map(|tls| tls.connect.to);
        let addresses = async {
            match to {
                Some(to) => look::other_addresses(cx, to, &found.examined).await,
                None => Vec::new(),
            }
        };
        let asked = chain_asked(cx, chain);
        let (date, addresses, revocation, windows) = tokio::join!(
            date,
            addresses,
            found.revocation(cx, chain, staple),
            cx.world.judge_chain(&asked),
        );
        let shown_at = to.filter(|_| !addresses.is_empty()).map(|to| to.ip());
        let rustls = tls.and_then(|tls| tls.rustls.clone());
        let key_unproven = tls.is_some_and(|tls| tls.completed() && !tls.proven());
        let (examined, fetched) = (found.examined, found.log);
        let seen = Evidence::offline(examined);
        Evidence {
            rustls,
            windows,
            key_unproven,
            date,
            fetched,
            revocation,
            shown_at,
            addresses,
            ..seen
        }
    }

    async fn control(cx: &Context, seen: &Evidence) -> Option<Evidence> {
        // Whether another name leads to the same address is not known behind a proxy.
        let tls = &cx.of::<Tls>()?.handshake;
        let to = tls.via.is_none().then_some(tls.connect.to)?;
        if seen.examined.name.accepted() || seen.examined.own().is_none() {
            return None;
        }
        let other_names = look::other_names(cx, to, &seen.examined).await;
        (!other_names.is_empty()).then(|| Evidence { other_names, ..seen.clone() })
    }

    fn compare(own: &Evidence, others: &[&Evidence]) -> Option<Evidence> {
        let same_issuer_at = interception::same_issuer_at(own, others);
        let is_new = same_issuer_at != own.same_issuer_at;
        is_new.then(|| Evidence { same_issuer_at, ..own.clone() })
    }
}

/// How many fetches Windows is waited for: one for each of the three that hublink allows itself.
const FETCHES: u32 = 3;

fn chain_asked(cx: &Context, chain: &[Vec<u8>]) -> ChainAsked {
    let fetch = cx.budget.fetch;
    ChainAsked {
        chain: chain.to_vec(),
        host: cx.case.host().to_owned(),
        thorough: cx.budget.thorough,
        fetch,
        limit: if cx.budget.thorough { fetch * FETCHES } else { fetch },
    }
}

/// Where the hub is asked again: where it was shaken hands with.
fn place(cx: &Context, tls: &Handshake) -> SocketAddr {
    match tls.via {
        Some(_) => cx.place().unwrap_or(tls.connect.to),
        None => tls.connect.to,
    }
}

const RFC5280: &str = "RFC 5280 (certificates and paths)";
const RFC9525: &str = "RFC 9525 (names in certificates)";
const CHROMIUM: &str = "Chromium's list of software that opens TLS";
const TAILSCALE: &str = "Tailscale's list of firewalls by the issuers they make";
const MEASURED: &str = "measured with rustls and OpenSSL against servers with each fault";

/// A certificate can be judged before anybody installs it.
const NEW_CHAIN: &[Verify] = &[
    Verify {
        command: "hublink certificate chain.pem --host <host>",
        expect: "calls the new certificate good before it is installed; the file holds it first, \
                 then its issuers",
    },
    AGAIN[0],
];

const AT_THE_OTHER_NAME: &[Verify] = &[Verify { command: "hublink doctor <link>", expect: "" }];

/// The table, the most specific cause first.
const CAUSES: &[Cause<Evidence>] = &[
    Cause {
        title: "The link calls the hub by a name that its certificate does not contain, though it \
                contains another name of the same server.",
        explain: "Typical is a short name or an address in the link and the full name in the \
                  certificate. The server is the right one; only the link spells it in a way \
                  that cannot be proven.",
        remedy: &["Ask your Qlik admin for a link that begins with <link>."],
        verify: AT_THE_OTHER_NAME,
        owner: Owner::QlikAdmin,
        look_alikes: &["the other name leads to another server: then the certificate is wrong"],
        see: &[RFC9525],
        suppresses: &["certificate/wrong-name"],
        ..cause("certificate/link-uses-other-name", proofs::link_uses_other_name)
    },
    Cause {
        title: "The hub uses the certificate that Qlik made for itself, which other computers do \
                not trust.",
        explain: "On installation Qlik Sense makes its own issuer, called after the server with \
                  -CA behind it, and uses a certificate of that issuer until an administrator \
                  chooses another, or when the chosen one can no longer be used. Only the server \
                  itself trusts that issuer.",
        remedy: &[
            "Ask your Qlik admin to give <host> a certificate from your company or a public \
             issuer (QMC, Proxies, Security), or to send you Qlik's root certificate <issuer> to \
             install on this computer.",
        ],
        verify: NEW_CHAIN,
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "a company issuer whose name ends in -CA: it is not named after the server",
            "the same certificate with its root in this computer's store: then all is well",
        ],
        see: &["Qlik support article 1716657", "Qlik Proxy Service API documentation", RFC5280],
        suppresses: &["certificate/untrusted-issuer", "certificate/chain-incomplete"],
        ..cause("certificate/qlik-default", proofs::qlik_default)
    },
    Cause {
        title: "The hub's certificate, or one that issued it, has run out.",
        explain: "Every certificate has a last day. After it, programs refuse the connection, \
                  even though nothing else about the hub has changed.",
        remedy: &[
            "Ask your Qlik admin to renew the certificate <subject> on <host>: it ran out on \
                   <date>.",
        ],
        verify: NEW_CHAIN,
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "a wrong clock of this computer: then the certificate is valid at the hub's own time",
            "a certificate that ran out but is not needed for the path",
        ],
        see: &[RFC5280, MEASURED],
        ..cause("certificate/expired", proofs::expired)
    },
    Cause {
        title: "The hub's certificate is not valid yet.",
        explain: "Every certificate has a first day. Before it, programs refuse the connection. \
                  Mostly it was made on a server whose clock is ahead.",
        remedy: &["Ask your Qlik admin to install a certificate on <host> that is valid already \
                   (<subject> starts on <date>), or to correct the server's clock."],
        verify: NEW_CHAIN,
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "a wrong clock of this computer: then the certificate is valid at the hub's own time",
        ],
        see: &[RFC5280, MEASURED],
        ..cause("certificate/not-yet-valid", proofs::not_yet_valid)
    },
    Cause {
        title: "The certificate belongs to another name than the hub's.",
        explain: "A certificate stands only for the names listed in it as alternative names. The \
                  old common name no longer counts, and a wildcard reaches exactly one label.",
        remedy: &["Ask your Qlik admin for a certificate whose alternative names contain <host> \
                   (it has: <names>)."],
        verify: NEW_CHAIN,
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "a wildcard one label deep covers the name",
            "the link uses a short name or an address of the right server",
        ],
        see: &[RFC9525, MEASURED],
        ..cause("certificate/wrong-name", proofs::wrong_name)
    },
    Cause {
        title: "Nobody this computer trusts has issued the certificate.",
        explain: "The path of issuers ends in a root that is not in this computer's store. That \
                  is normal for a company's own issuer as long as its root was not installed \
                  here, and it is no sign of an attack by itself.",
        remedy: &["Ask IT to install the root certificate <issuer> on this computer, or \
                   your Qlik admin for a publicly trusted certificate on <host>."],
        owner: Owner::Network,
        look_alikes: &[
            "the certificate that Qlik makes for itself, SERVER under SERVER-CA",
            "a server that forgets to send an intermediate certificate",
        ],
        see: &[RFC5280, MEASURED],
        ..cause("certificate/untrusted-issuer", proofs::untrusted_issuer)
    },
    Cause {
        title: "A device on the way replaces the hub's certificate with its own, which this \
                computer does not trust.",
        explain: "Companies and virus scanners open encrypted traffic to read it. The device then \
                  shows a certificate of its own making instead of the hub's. Without the \
                  device's root on this computer, programs refuse it.",
        remedy: &["Ask IT to exempt <host> from TLS inspection, or to install <issuer> on this \
                   computer."],
        owner: Owner::Network,
        look_alikes: &[
            "a company's own issuer whose root is missing here: nothing else points at a device",
            "the certificate that Qlik makes for itself, SERVER under SERVER-CA",
        ],
        see: &[CHROMIUM, TAILSCALE, MEASURED],
        ..cause("certificate/intercepted", interception::intercepted)
    },
    Cause {
        title: "The server forgets to send an intermediate certificate.",
        explain: "Between the hub's certificate and a trusted root stand intermediate issuers, \
                  and the server must send them. Windows may fetch a missing one by itself, so \
                  that some computers connect and others do not.",
        remedy: &[
            "Ask your Qlik admin to install the intermediate certificate <issuer> on <host>.",
        ],
        owner: Owner::QlikAdmin,
        severity: Severity::Degrades,
        look_alikes: &["the completed path ends in a root that is not trusted here"],
        see: &[RFC5280, "RFC 5280 section 4.2.2.1 (where issuers can be fetched)", MEASURED],
        ..cause("certificate/chain-incomplete", proofs::chain_incomplete)
    },
    Cause {
        title: "The certificate, or one above it, was made wrongly and may not be used for this.",
        explain: "A certificate states what it may be used for. A server's must allow servers, an \
                  issuer's must allow issuing, and each signature must fit.",
        remedy: &["Ask your Qlik admin for a newly issued certificate for <host>. What is wrong \
                   with <subject>: <rule broken>."],
        verify: NEW_CHAIN,
        owner: Owner::QlikAdmin,
        look_alikes: &["a key that is too small, which some programs report as a bad signature"],
        see: &[RFC5280, MEASURED],
        ..cause("certificate/misissued", proofs::misissued)
    },
    Cause {
        title: "The certificate uses outdated cryptography.",
        explain: "RSA keys below 2048 bits and signatures with SHA-1 or MD5 can be forged, so \
                  programs refuse them.",
        remedy: &["Ask your Qlik admin for a new certificate instead of <subject>, with RSA 2048 \
                   or ECDSA P-256 and SHA-256."],
        verify: NEW_CHAIN,
        owner: Owner::QlikAdmin,
        look_alikes: &["a trusted root's own SHA-1 signature, which nobody checks"],
        see: &["CA/Browser Forum baseline requirements", MEASURED],
        ..cause("certificate/too-weak", proofs::too_weak)
    },
    Cause {
        title: "The issuer has withdrawn this certificate.",
        explain: "An issuer withdraws a certificate when its key may be known to others, or when \
                  another one has taken its place. Programs that ask the issuer then refuse the \
                  connection, though the dates and the name are still right.",
        remedy: &["Ask your Qlik admin to install a new certificate on <host>: <subject> was \
                   withdrawn on <date>."],
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "an issuer that cannot be reached, or that does not know the certificate",
            "a list or an answer that somebody else signed, or that is out of date",
        ],
        see: &[RFC5280, "RFC 6960 (OCSP)", MEASURED],
        suppresses: &["certificate/expires-soon"],
        ..cause("certificate/revoked", proofs::revoked)
    },
    Cause {
        title: "This computer cannot reach the issuer's revocation service, which makes the first \
                connection slow.",
        explain: "Windows asks the issuer whether a certificate was withdrawn. If no answer comes, \
                  it may wait many seconds at the first connection and then go on.",
        remedy: &["Ask IT to let this computer reach <service>."],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        severity: Severity::Degrades,
        look_alikes: &["a certificate that was withdrawn: here nobody said so"],
        see: &[RFC5280, "RFC 6960 (OCSP)"],
        ..cause("certificate/revocation-unreachable", proofs::revocation_unreachable)
    },
    Cause {
        title: "The addresses behind the name show different certificates, and at least one is \
                bad.",
        explain: "A name may lead to several servers, and a computer takes any of them. If one was \
                  forgotten when the certificate was renewed, the connection works at one time \
                  and fails at another.",
        remedy: &["Ask your Qlik admin to install the good certificate of <good> on <bad> too."],
        owner: Owner::QlikAdmin,
        severity: Severity::Degrades,
        look_alikes: &["several certificates that are all good, as RSA and ECDSA side by side"],
        see: &[RFC5280, MEASURED],
        ..cause("certificate/differs-by-address", proofs::differs_by_address)
    },
    Cause {
        title: "A company device reads the encrypted traffic; this computer trusts it.",
        explain: "The certificate was made by a device on the way and not for the hub. As this \
                  computer trusts the device, programs that use its store accept that.",
        remedy: &["Nothing to do unless the login fails; then ask IT to exempt <host> from TLS \
                   inspection."],
        owner: Owner::Network,
        confidence: Confidence::Likely,
        severity: Severity::Informs,
        look_alikes: &["a company's own issuer in this computer's store"],
        see: &[CHROMIUM, TAILSCALE, MEASURED],
        ..cause("certificate/inspected", interception::inspected)
    },
    Cause {
        title: "The certificate works but will soon run out.",
        explain: "After its last day programs will refuse the connection.",
        remedy: &[
            "Ask your Qlik admin to renew the certificate <subject> on <host> before <date>.",
        ],
        verify: NEW_CHAIN,
        owner: Owner::QlikAdmin,
        confidence: Confidence::Certain,
        severity: Severity::Informs,
        look_alikes: &["a certificate with more than 14 days left"],
        see: &[RFC5280],
        ..cause("certificate/expires-soon", proofs::expires_soon)
    },
    fallback("certificate/unexplained", proofs::unexplained),
];
