//! What Desktop's own engine says of Desktop.

use super::Evidence;
use crate::frame::{Case, Proof, Severity};

/// What its codes mean, in Qlik's own words.
const EXPIRED: i64 = 12_001;
const WRONG_VERSION: i64 = 9004;
const NEWER_VERSION: i64 = 12_000;

/// The engine says that Desktop is too old, or another one than is needed.
pub(super) fn outdated(e: &Evidence, case: &Case) -> Option<Proof> {
    let engine = e.engine.as_ref()?;
    let (code, meaning) = [
        (EXPIRED, "Your version of Qlik Sense Desktop has expired."),
        (WRONG_VERSION, "Desktop in place of Qlik Sense, or the wrong version"),
        (NEWER_VERSION, "There is a new version."),
    ]
    .into_iter()
    .find(|(code, _)| engine.codes.contains(code))?;
    let mut proof = Proof::seen("code of Desktop's own engine", format!("{code}: {meaning}"));
    if let Some(version) = &engine.version {
        proof = proof.and("version of the engine", version);
    }
    let computer = case.facts.computer.as_deref();
    if let Some(version) = computer.and_then(|computer| computer.desktop.version()) {
        proof = proof.and("version of Desktop", version);
    }
    Some(if code == NEWER_VERSION { proof.severity(Severity::Informs) } else { proof })
}

#[cfg(test)]
mod tests {
    use hublink_probe::LocalEngine;

    use super::*;

    fn told(codes: &[i64]) -> Vec<Severity> {
        let engine = LocalEngine { listens: true, codes: codes.to_vec(), ..LocalEngine::default() };
        let e = Evidence { engine: Some(engine), ..Evidence::default() };
        let proof = outdated(&e, &Case::default());
        proof.map(|proof| proof.severity.unwrap_or(Severity::Blocks)).into_iter().collect()
    }

    #[test]
    fn the_worst_code_counts() {
        assert_eq!(told(&[12_000]), [Severity::Informs]);
        assert_eq!(told(&[12_000, 12_001]), [Severity::Blocks]);
        assert_eq!(told(&[9004]), [Severity::Blocks]);
        assert!(told(&[9003]).is_empty() && told(&[]).is_empty());
    }
}
