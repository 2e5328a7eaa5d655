//! What Windows thinks of the chain, beside our own judgement.
//!
//! Desktop most likely follows Windows; which store it uses was not seen yet. So neither of the two
//! verdicts is silently preferred: where they differ both are shown, what only we object to is said
//! less surely, and what only Windows objects to leaves the hub open.

use hublink_probe::{ChainVerdict, ChainVerdicts};

use super::Evidence;
use super::examine::Step;
use super::proofs::{about, with_rustls};
use super::revocation::State;
use crate::frame::{Confidence, Proof};

const WINDOWS: &str = "Windows, which Desktop most likely follows (unconfirmed)";
const WITH_REVOCATION: &str = "the same, asked for revocation too (not seen on a real one yet)";

/// Both verdicts, where Windows trusts the same roots as this run.
fn comparable(e: &Evidence) -> Option<&ChainVerdicts> {
    e.windows.as_ref().filter(|verdicts| !verdicts.other_roots)
}

/// Windows takes the chain for the hub.
pub(super) fn accepts(e: &Evidence) -> bool {
    let plain = comparable(e).and_then(|verdicts| verdicts.plain.as_ref());
    plain.is_some_and(ChainVerdict::accepts)
}

/// Windows does not take the chain. That it could not complete one without fetching anything says
/// nothing.
pub(super) fn refuses(e: &Evidence) -> bool {
    let refuses = |verdicts: &ChainVerdicts| {
        let plain = verdicts.plain.as_ref().filter(|plain| plain.refuses());
        plain.is_some_and(|plain| !(verdicts.from_memory && plain.is_partial()))
    };
    comparable(e).is_some_and(refuses)
}

/// Windows, which may fetch what is missing, could not complete the chain either.
pub(super) fn cannot_complete(e: &Evidence) -> bool {
    let plain = comparable(e).filter(|verdicts| !verdicts.from_memory);
    let plain = plain.and_then(|verdicts| verdicts.plain.as_ref());
    plain.is_some_and(ChainVerdict::is_partial)
}

/// Windows learnt of every certificate that it was not withdrawn, whatever we could not reach.
pub(super) fn knows_revocation(e: &Evidence) -> bool {
    let asked = e.windows.as_ref().and_then(|verdicts| verdicts.with_revocation.as_ref());
    asked.is_some_and(|verdict| verdict.accepts() && verdict.knows_revocation())
}

/// Both verdicts in words, for a proof.
pub(super) fn with_windows(e: &Evidence, proof: Proof) -> Proof {
    let Some(verdicts) = &e.windows else { return proof };
    let words = |proof: Proof, at: &str, verdict: &Option<ChainVerdict>| match verdict {
        Some(verdict) => proof.and(at, verdict.words()),
        None => proof,
    };
    let proof = words(proof, WINDOWS, &verdicts.plain);
    let proof = words(proof, WITH_REVOCATION, &verdicts.with_revocation);
    if verdicts.other_roots {
        proof.and("why Windows may differ", "it does not know the roots of --ca-file")
    } else {
        proof
    }
}

/// An objection of ours that Windows does not share.
pub(super) fn unless_accepted(e: &Evidence, proof: Proof) -> Proof {
    if accepts(e) { proof.at_most(Confidence::Likely) } else { proof }
}

/// Windows says that a certificate was withdrawn, and we did not learn it by ourselves.
pub(super) fn revoked(e: &Evidence) -> Option<Proof> {
    let verdicts = e.windows.as_ref()?;
    let both = [&verdicts.with_revocation, &verdicts.plain].into_iter().flatten();
    let verdict = both.into_iter().find(|verdict| verdict.is_revoked())?;
    let withdrawn: Vec<&str> = verdict.revoked().map(|one| one.fingerprint.as_str()).collect();
    let path = e.examined.path();
    let is_it = |step: &&Step<'_>| withdrawn.contains(&step.facts.fingerprint.as_str());
    let step = path.iter().find(is_it).or(path.first())?;
    let proof = about(e, step)
        .compared("word of Windows", "not withdrawn", verdict.words())
        .not("certificate/revocation-unreachable: Windows learnt it from the issuer or by a rule")
        .value("date", "a day that Windows does not tell")
        .only_documented();
    let good = e.revocation.iter().any(|one| {
        let is_good = one.word.is_some_and(|word| word.state == State::Good);
        Some(one.index) == step.index && is_good
    });
    let proof = if good {
        proof.and("the issuer, asked by hublink", "good").at_most(Confidence::Possible)
    } else {
        proof
    };
    Some(with_rustls(e, proof))
}

/// Why the verdicts of Windows and hublink cannot both be right, if nothing else is known.
pub(super) fn disagreement(e: &Evidence) -> Option<&'static str> {
    if refuses(e) {
        Some("Windows refuses the certificate, and hublink finds nothing wrong with it")
    } else if !accepts(e) || e.key_unproven {
        None
    } else if e.examined.trusted {
        Some(
            "Windows accepts the certificate, and the library by which hublink speaks TLS does not",
        )
    } else {
        Some(
            "Windows accepts the certificate, and hublink does not know its root; Windows may have \
             fetched it only now, so that another run knows it",
        )
    }
}
