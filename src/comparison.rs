//! The end of a run: the hubs beside each other.
//!
//! Evidence is completed by what the other hubs saw; a cause that several hubs share stands once,
//! and each hub it stops names it.

use std::collections::BTreeMap;

use hublink_checks::across::{self, Across};
use hublink_checks::frame::{
    Case, Confidence, Diagnosis, Facts, MACHINE_WIDE, Reason, Severity, Status, Stored, claims,
};

use crate::engine::{Ended, Examined, counts, first_blocking, judge_all, origin, settle};

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
    let cases: Vec<Case> = examined.iter().map(with_aside).collect();
    let mut changed: Vec<(usize, Stored)> = Vec::new();
    for check in hublink_checks::all() {
        changed.extend(check.compare(&cases));
    }
    for (index, stored) in changed {
        let one = &mut examined[index];
        let looked = one.case.has(stored.check());
        if looked || counts(&one.case, &one.checks, &stored) {
            one.case.put(stored);
            judge_all(&one.case, &mut one.checks);
            settle(&one.case, &mut one.checks);
        }
    }
}

/// The case with what does not count for the hub alone: it may help to understand another.
fn with_aside(one: &Examined) -> Case {
    let mut case = one.case.clone();
    one.aside.iter().cloned().for_each(|stored| case.put(stored));
    case
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

/// A cause that stands elsewhere in full explains why this hub failed: the checks that fail by it
/// are silent here. What it does not explain is said at every hub.
fn explain(one: &mut Examined, cause: &Diagnosis) {
    let own = cause.id.split('/').next().unwrap_or_default();
    let explained: Vec<&'static str> = one
        .checks
        .iter()
        .filter(|(id, ended)| {
            ended.status == Status::Failed && (**id == own || claims(&cause.id, id))
        })
        .map(|(id, _)| *id)
        .collect();
    let follows = |id: &&'static str| explained.contains(&origin(&one.checks, id));
    let silent: Vec<&'static str> = one.checks.keys().copied().filter(follows).collect();
    for id in silent {
        if let Some(ended) = one.checks.get_mut(id) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use hublink_checks::frame::{Origin, Source, Target};

    use super::*;
    use crate::engine::tests::{diagnosis, failed, kept_from};

    fn examined(checks: impl IntoIterator<Item = (&'static str, Ended)>) -> Examined {
        let source = Source { kind: Origin::Argument, file: None, line: None };
        let target = Target { name: String::new(), source, file: None, text: None };
        let mut one = Examined {
            target: Arc::new(target),
            case: Case::default(),
            checks: checks.into_iter().collect(),
            took: Duration::ZERO,
            looks: BTreeMap::new(),
            shared: None,
            logout: None,
            aside: Vec::new(),
        };
        settle(&one.case, &mut one.checks);
        one
    }

    fn status(one: &Examined, check: &str) -> Status {
        one.checks[check].status
    }

    #[test]
    fn what_is_said_once_silences_only_what_it_explains() {
        let hub = || {
            examined([
                ("certificate", failed("certificate/expired")),
                ("clock", failed("clock/this-computer-wrong")),
                ("http", failed("http/service-error")),
                ("hub", kept_from("http")),
            ])
        };
        let mut hubs = [hub(), hub()];
        say_once(&mut hubs);
        let [first, second] = hubs;
        assert_eq!(status(&first, "clock"), Status::Failed);
        assert_eq!(status(&second, "clock"), Status::Skipped);
        assert_eq!(status(&second, "certificate"), Status::Skipped);
        assert_eq!(status(&second, "http"), Status::Failed);
        assert_eq!(second.checks["http"].causes[0].id, "http/service-error");
        let because = second.checks["hub"].reason.as_ref().and_then(|r| r.because.clone());
        assert_eq!(because.as_deref(), Some("http/service-error"));
        assert_eq!(
            second.shared.map(|cause| cause.id).as_deref(),
            Some("clock/this-computer-wrong")
        );
    }

    #[test]
    fn what_all_hubs_share_silences_the_failure_and_what_follows_from_it() {
        let mut one = examined([("tcp", failed("tcp/no-answer")), ("tls", kept_from("tcp"))]);
        explain(&mut one, &diagnosis("across/egress-blocked"));
        for check in ["tcp", "tls"] {
            let because = one.checks[check].reason.as_ref().and_then(|r| r.because.as_deref());
            assert_eq!(because, Some("across/egress-blocked"), "{check}");
        }
    }
}
