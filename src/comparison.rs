//! The end of a run: the hubs beside each other.
//!
//! Evidence is completed by what the other hubs saw; a cause that several hubs share stands once,
//! and each hub it stops names it.

use std::collections::BTreeMap;

use hublink_checks::across::{self, Across};
use hublink_checks::frame::{
    Case, Confidence, Diagnosis, Facts, MACHINE_WIDE, Reason, ReasonKind, Severity, Status, Stored,
};

use crate::engine::{Ended, Examined, first_blocking, rejudge, settle};

/// What the comparison of the hubs came to.
pub struct Comparison {
    /// What was compared.
    pub case: Case,
    /// The causes it showed.
    pub causes: Vec<Diagnosis>,
}

/// Compares the hubs of a run. `None` if there are not two of them.
pub fn compare(examined: &mut [Examined]) -> Option<Comparison> {
    complete(examined);
    let evidence = across::gather(&seen(examined));
    let comparison = (evidence.hubs.len() > 1).then(|| {
        let mut case = Case::new(Facts::default());
        case.put(Stored::new::<Across>(evidence));
        let causes = hublink_checks::across().judge(&case);
        Comparison { case, causes }
    });
    let shared = comparison.iter().flat_map(|comparison| &comparison.causes);
    // What is merely possible stands beside a hub's own cause and not in its place.
    let shared = shared.filter(|cause| {
        cause.severity == Severity::Blocks && cause.confidence >= Confidence::Likely
    });
    for cause in shared {
        for &hub in &cause.hubs {
            if let Some(one) = examined.get_mut(hub) {
                explain(one, cause);
            }
        }
    }
    say_once(examined);
    comparison
}

/// Completes evidence by what the other hubs saw, and judges again where that changed something.
fn complete(examined: &mut [Examined]) {
    let mut changed: Vec<(usize, Stored)> = Vec::new();
    for check in hublink_checks::all() {
        for (index, one) in examined.iter().enumerate() {
            let others: Vec<&Case> = examined
                .iter()
                .enumerate()
                .filter(|(i, _)| *i != index)
                .map(|(_, e)| &e.case)
                .collect();
            changed.extend(check.compare(&one.case, &others).map(|stored| (index, stored)));
        }
    }
    for (index, stored) in changed {
        let one = &mut examined[index];
        one.case.put(stored);
        rejudge(&one.case, &mut one.checks);
        settle(&one.case, &mut one.checks);
    }
}

fn seen(examined: &[Examined]) -> Vec<across::Seen<'_>> {
    let hubs = examined.iter().enumerate();
    hubs.map(|(hub, one)| across::Seen { hub, case: &one.case, failed: first_failed(&one.checks) })
        .collect()
}

/// The first check of the ladder that failed, with its first blocking cause.
fn first_failed<'a>(
    checks: &'a BTreeMap<&'static str, Ended>,
) -> Option<(&'static str, &'a Diagnosis)> {
    let ladder = hublink_checks::all().iter().map(|check| check.meta().id);
    let mut ended = ladder.filter_map(|id| Some((id, checks.get(id)?)));
    let (id, failed) = ended.find(|(_, ended)| ended.status == Status::Failed)?;
    first_blocking(failed).map(|cause| (id, cause))
}

/// A cause that stands elsewhere in full explains why this hub failed: its own checks are silent.
fn explain(one: &mut Examined, cause: &Diagnosis) {
    for ended in one.checks.values_mut() {
        let follows = ended.reason.as_ref().is_some_and(|r| r.kind == ReasonKind::Because);
        if ended.status == Status::Failed || follows {
            ended.status = Status::Skipped;
            ended.causes.clear();
            ended.reason = Some(Reason::because(&cause.id));
        }
    }
    one.shared = Some(cause.clone());
}

/// A cause of the whole machine stands in full at the first hub that it stops. Two dead proxies
/// are two causes: what their owner has to do differs.
fn say_once(examined: &mut [Examined]) {
    let mut said: Vec<Diagnosis> = Vec::new();
    for one in examined {
        let Some((_, cause)) = first_failed(&one.checks) else { continue };
        if !MACHINE_WIDE.contains(&cause.id.as_str()) {
            continue;
        }
        match said.iter().find(|known| known.id == cause.id && known.remedy == cause.remedy) {
            Some(known) => explain(one, known),
            None => said.push(cause.clone()),
        }
    }
}
