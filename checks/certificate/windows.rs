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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::certificate::Certificate;
    use crate::frame::Severity::{Blocks, Degrades};
    use crate::frame::{Case, Check, Diagnosis, Facts, Reason, Severity, judge};

    /// A fixture's evidence, with another word of Windows.
    fn evidence(fixture: &str, windows: Value) -> Evidence {
        let mut saved: Value = serde_json::from_str(fixture).expect("a fixture");
        saved["evidence"]["certificate"]["windows"] = windows;
        serde_json::from_value(saved["evidence"]["certificate"].take()).expect("evidence")
    }

    fn judged(seen: &Evidence, os: &str) -> Vec<Diagnosis> {
        let facts = Facts { os: os.to_owned(), ..Facts::default() };
        judge(Certificate::CAUSES, seen, &Case::new(facts))
    }

    fn told(found: &[Diagnosis]) -> Vec<(&str, Severity)> {
        found.iter().map(|one| (one.id.as_str(), one.severity)).collect()
    }

    fn detail(seen: &Evidence) -> Option<String> {
        Certificate::nothing_seen(seen).and_then(|Reason { detail, .. }| detail)
    }

    fn accepts() -> Value {
        json!({ "plain": { "status": 0, "policy": 0, "took_ms": 9.0 } })
    }

    fn says(status: u32, policy: u32) -> Value {
        json!({ "plain": { "status": status, "policy": policy, "took_ms": 9.0 } })
    }

    const INCOMPLETE: &str = include_str!("../fixtures/certificate/chain-incomplete.windows.json");
    const FETCHED: &str = include_str!("../fixtures/certificate/chain-incomplete.json");
    const UNTRUSTED: &str = include_str!("../fixtures/certificate/untrusted-issuer.json");
    const GOOD: &str = include_str!("../fixtures/certificate/unexplained.windows.json");
    const WRONG_NAME: &str = include_str!("../fixtures/certificate/wrong-name.json");
    const REVOKED: &str = include_str!("../fixtures/certificate/revoked.windows.json");

    #[test]
    fn a_chain_that_windows_completes_does_not_block() {
        let alone = evidence(INCOMPLETE, Value::Null);
        assert_eq!(told(&judged(&alone, "windows"))[0].1, Blocks);
        let completed = evidence(INCOMPLETE, accepts());
        let found = judged(&completed, "windows");
        assert_eq!(told(&found), [("certificate/chain-incomplete", Degrades)]);
    }

    #[test]
    fn a_chain_that_only_hublink_completes_blocks_where_windows_was_free_to_fetch() {
        let fetched = |windows| judged(&evidence(FETCHED, windows), "windows");
        let partial = || says(0x1_0000, 0x800b_010a);
        assert_eq!(told(&fetched(partial())), [("certificate/chain-incomplete", Blocks)]);
        let mut from_memory = partial();
        from_memory["from_memory"] = true.into();
        assert_eq!(told(&fetched(from_memory)), [("certificate/chain-incomplete", Degrades)]);
        assert_eq!(told(&fetched(accepts())), [("certificate/chain-incomplete", Degrades)]);
    }

    #[test]
    fn a_root_that_windows_knows_is_no_untrusted_issuer_and_nothing_passes() {
        let seen = evidence(UNTRUSTED, accepts());
        let found = judged(&seen, "windows");
        assert_eq!(told(&found), [("certificate/unexplained", Degrades)]);
        assert!(detail(&seen).is_some_and(|detail| detail.contains("Windows accepts")));
        let mut other_roots = accepts();
        other_roots["other_roots"] = true.into();
        let found = judged(&evidence(UNTRUSTED, other_roots), "windows");
        assert_eq!(told(&found), [("certificate/untrusted-issuer", Blocks)]);
    }

    #[test]
    fn what_only_windows_objects_to_leaves_the_hub_open() {
        for (status, policy) in [(0x20, 0x800b_0109), (0x1_0000, 0), (0x400_0000, 0x800b_0111)] {
            let seen = evidence(GOOD, says(status, policy));
            assert_eq!(told(&judged(&seen, "windows")), [("certificate/unexplained", Degrades)]);
            assert!(detail(&seen).is_some_and(|detail| detail.contains("Windows refuses")));
        }
        for windows in [Value::Null, accepts(), json!({}), says(0x100_0040, 0x800b_010e)] {
            let seen = evidence(GOOD, windows);
            assert!(judged(&seen, "windows").is_empty() && detail(&seen).is_none());
        }
    }

    #[test]
    fn what_windows_does_not_object_to_is_said_less_surely() {
        let found = |windows| judged(&evidence(WRONG_NAME, windows), "windows");
        assert_eq!(found(says(0, 0x800b_010f))[0].confidence, Confidence::Certain);
        assert_eq!(found(accepts())[0].confidence, Confidence::Likely);
        let proof = serde_json::to_string(&found(accepts())[0].proof).expect("plain data");
        assert!(proof.contains("most likely follows"), "both are shown: {proof}");
    }

    #[test]
    fn a_withdrawal_that_only_windows_tells_is_not_certain() {
        let revoked = json!({ "with_revocation": {
            "status": 4, "policy": 0x8009_2010_u32, "took_ms": 200.0,
        } });
        let mut seen = evidence(REVOKED, revoked);
        let found = judged(&seen, "windows");
        assert_eq!(told(&found), [("certificate/revoked", Blocks)]);
        assert_eq!(found[0].confidence, Confidence::Likely);
        let good = json!([{
            "index": 0, "how": "crl", "url": "http://pki.corp.test/a.crl", "status": 200,
            "word": { "state": "good" },
        }]);
        seen.revocation = serde_json::from_value(good).expect("evidence");
        assert!(judged(&seen, "windows")[0].confidence < Confidence::Likely);
    }
}
