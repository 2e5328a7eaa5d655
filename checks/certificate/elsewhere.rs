//! Whether something secret may be sent, and the judgement of a handshake with another port or
//! another host than the link's.

use hublink_probe::{Handshake, Scheme, Timestamp, TrustStore};

use super::examine::examine;
use super::signature::Signature;
use super::{Certificate, Evidence, revocation};
use crate::address::HubAddress;
use crate::frame::{Case, Check, Diagnosis, Facts, Severity, judge};

/// What the table of the `certificate` check says of one handshake.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Whether something secret may be sent to who presented this: [`Evidence::admits_secrets`].
    pub passed: bool,
    /// What is wrong, the worst first. Not empty if `passed` is false, unless the handshake itself
    /// failed.
    pub causes: Vec<Diagnosis>,
    /// What the causes rest on.
    pub evidence: Evidence,
}

/// Judges what a server presented for a host name, with the code and the causes of this check.
///
/// Looked at: the whole chain as it was presented, up to a root of `trust`; the dates of each
/// certificate of the path at `now`; the name; purpose, constraints, signatures and strength; the
/// issuer's word if the server sent it along (stapled OCSP); and whether the server proved that it
/// holds the key. It holds for the connection it was seen on: whoever sends something secret over
/// another one compares the first certificate there and asks for [`Handshake::proven`], since
/// anybody can show a copy.
///
/// Not looked at: revocation beyond a staple, issuers that were not presented, the hub's clock and
/// other addresses of the name. Nothing is asked and nothing is fetched.
#[must_use]
pub fn judge_handshake(
    handshake: &Handshake,
    host: &str,
    now: Timestamp,
    trust: &TrustStore,
) -> Judgement {
    let examined = examine(&handshake.presented, host, now, trust);
    let staple = revocation::stapled(&examined, &handshake.presented, trust, &handshake.staple);
    let evidence = Evidence {
        rustls: handshake.rustls.clone(),
        key_unproven: handshake.completed() && !handshake.proven(),
        revocation: staple.into_iter().collect(),
        ..Evidence::offline(examined)
    };
    let hub = HubAddress {
        scheme: Scheme::Https,
        host: host.to_owned(),
        port: handshake.connect.to.port(),
        prefix: None,
        path: "/".to_owned(),
    };
    let case = Case::new(Facts { hub: Some(hub), ..Facts::default() });
    let causes = judge(Certificate::CAUSES, &evidence, &case);
    let passed = handshake.completed() && evidence.admits_secrets(&causes);
    Judgement { passed, causes, evidence }
}

impl Evidence {
    /// Whether something secret may be sent to who showed this certificate, given what the table
    /// says of it (`causes`).
    ///
    /// It may if the path ends in a trusted root, every signature on it verifies and every date is
    /// in range, the name fits, the server proved that it holds the key, and no cause blocks. What
    /// only degrades does not hinder: a responder that does not answer, another address with
    /// another certificate, an issuer that had to be fetched. What hublink cannot explain or cannot
    /// verify does, even where Desktop may go on.
    #[must_use]
    pub fn admits_secrets(&self, causes: &[Diagnosis]) -> bool {
        let seen = &self.examined;
        let hinders = |cause: &Diagnosis| {
            cause.severity == Severity::Blocks || cause.id == "certificate/unexplained"
        };
        let verified = |index: usize| {
            let one = &seen.chain[index];
            one.is_root || one.signature == Signature::Valid
        };
        !self.key_unproven
            && seen.trusted
            && seen.name.accepted()
            && seen.valid_at(seen.now)
            && seen.path().iter().filter_map(|step| step.index).all(verified)
            && !causes.iter().any(hinders)
    }
}
