//! From what was seen to how each check ended: judging, claims, and what follows from what.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use hublink_checks::frame::{
    Case, Diagnosis, ErasedCheck, NeedKind, Reason, ReasonKind, Severity, Status, Stored, claims,
    is_of_direct_way, status_of,
};
use hublink_probe::Way;

use super::{Ended, panic_text};

/// Judging is code too: a panic in it is one errored check.
pub(super) fn judged(check: &dyn ErasedCheck, case: &Case, took: Duration) -> Ended {
    let judge = || (check.nothing_seen(case), check.judge(case));
    match std::panic::catch_unwind(AssertUnwindSafe(judge)) {
        // Whatever a table makes of it, there was nothing to judge.
        // What it noticed beside stays.
        Ok((Some(reason), mut causes)) => Ended {
            status: match reason.kind {
                ReasonKind::CouldNotLook => Status::Errored,
                _ => Status::Skipped,
            },
            causes: {
                causes.retain(|cause| cause.severity < Severity::Blocks);
                causes
            },
            took,
            begun: true,
            ..Ended::skipped(reason)
        },
        Ok((None, causes)) => Ended {
            status: status_of(&causes),
            reason: None,
            causes,
            took,
            because_of: None,
            begun: true,
            left_open: false,
        },
        Err(panic) => Ended::errored(panic_text(panic), took),
    }
}

/// Judges all evidence of the case. A check without any stays as it ended.
pub(crate) fn judge_all(case: &Case, ended: &mut BTreeMap<&'static str, Ended>) {
    for check in hublink_checks::all() {
        let id = check.meta().id;
        if case.has(id)
            && let Some(took) = ended.get(id).map(|before| before.took)
        {
            ended.insert(id, judged(*check, case, took));
        }
    }
}

/// Judges all evidence again while it comes in. What was skipped or errored stays so, unless a
/// check that was kept from looking found what explains the failure that kept it.
pub(super) fn rejudge(case: &Case, ended: &mut BTreeMap<&'static str, Ended>) {
    for check in hublink_checks::all() {
        let id = check.meta().id;
        let Some(before) = ended.get(id) else { continue };
        if !case.has(id) || before.status == Status::Errored {
            continue;
        }
        let now = judged(*check, case, before.took);
        if before.because_of.is_none_or(|by| explains(&now, origin(ended, by))) {
            ended.insert(id, now);
        }
    }
}

/// Whether what a check found explains that another one failed.
fn explains(found: &Ended, failed: &str) -> bool {
    first_blocking(found).is_some_and(|cause| claims(&cause.id, failed))
}

/// Whether what a check saw that was kept from looking explains the failure that kept it. Else it
/// does not count.
pub(crate) fn counts(case: &Case, ended: &BTreeMap<&'static str, Ended>, stored: &Stored) -> bool {
    let check = hublink_checks::all().iter().find(|check| check.meta().id == stored.check());
    let kept_from = ended.get(stored.check()).and_then(|one| one.because_of);
    let (Some(check), Some(by)) = (check, kept_from) else { return false };
    let mut with = case.clone();
    with.put(stored.clone());
    explains(&judged(*check, &with, Duration::ZERO), origin(ended, by))
}

/// Lets root causes claim what they explain, and fills in why checks were skipped.
pub(crate) fn settle(case: &Case, ended: &mut BTreeMap<&'static str, Ended>) {
    claim(ended);
    silence_consequences(case, ended);
    leave_open(case, ended);
    let roots: Vec<(&'static str, Reason)> = ended
        .iter()
        .filter(|(_, one)| one.because_of.is_some())
        .map(|(id, _)| (*id, root(ended, id)))
        .collect();
    for (id, reason) in roots {
        if let Some(one) = ended.get_mut(id) {
            one.reason = Some(reason);
        }
    }
}

/// From the end of the ladder to its beginning: of two causes that could each explain the other's
/// check, the one that comes first is the root, and something always stays failed.
fn claim(ended: &mut BTreeMap<&'static str, Ended>) {
    let ladder = hublink_checks::all().iter().map(|check| check.meta().id);
    let blocking: Vec<(&'static str, String)> = ladder
        .filter_map(|id| Some((id, ended.get(id)?)))
        .filter(|(_, one)| one.status == Status::Failed)
        .filter_map(|(id, one)| Some((id, first_blocking(one)?.id.clone())))
        .collect();
    for (id, _) in blocking.iter().rev() {
        // What this check explains itself does not explain it.
        let explains = |by: &str, cause: &str| claims(cause, id) && origin(ended, by) != *id;
        let claimant = blocking.iter().find(|(by, cause)| explains(by, cause));
        let Some((by, _)) = claimant else { continue };
        if let Some(one) = ended.get_mut(id) {
            one.status = Status::Skipped;
            one.causes.clear();
            one.because_of = Some(by);
        }
    }
}

/// A check that passed at first may have failed in the control pass. What was built on it then
/// says nothing of its own. The list is in the order of the ladder, so one walk is enough.
fn silence_consequences(case: &Case, ended: &mut BTreeMap<&'static str, Ended>) {
    let through_proxy = case.goes_through_proxy();
    for check in hublink_checks::all() {
        let broken = check.meta().needs.iter().find(|need| {
            need.kind != NeedKind::Ran
                && !(through_proxy && need.is_of_direct_way())
                && ended.get(need.check).is_some_and(|needed| {
                    needed.status == Status::Failed
                        // What explains the failure of its own need is no consequence of it.
                        || needed.because_of.is_some_and(|by| origin(ended, by) != check.meta().id)
                })
        });
        let Some(need) = broken else { continue };
        if let Some(one) = ended.get_mut(check.meta().id)
            && one.because_of.is_none()
            && one.status != Status::Skipped
        {
            one.status = Status::Skipped;
            one.causes.clear();
            one.because_of = Some(need.check);
        }
    }
}

/// A script that was not evaluated may name a proxy. That the direct way fails is then no finding:
/// whether it is taken at all is not known.
fn leave_open(case: &Case, ended: &mut BTreeMap<&'static str, Ended>) {
    let Way::Undecided { source } = case.way() else { return };
    let direct = ended.iter_mut().filter(|(id, _)| is_of_direct_way(id) || **id == "tls");
    for (_, one) in direct.filter(|(_, one)| one.status == Status::Failed) {
        one.status = Status::Errored;
        one.left_open = true;
        let detail = format!(
            "the direct way fails, and the proxy script named by {source}, which may name another \
             way, is not evaluated"
        );
        one.reason = Some(Reason::of(ReasonKind::CouldNotLook).detail(detail));
        for cause in &mut one.causes {
            cause.severity = Severity::Informs;
        }
    }
}

/// The first cause of a check that blocks.
#[must_use]
pub fn first_blocking(ended: &Ended) -> Option<&Diagnosis> {
    ended.causes.iter().find(|cause| cause.severity == Severity::Blocks)
}

/// Follows `because` to the check where it began.
pub(crate) fn origin<'e>(ended: &'e BTreeMap<&'static str, Ended>, id: &'e str) -> &'e str {
    let mut at = id;
    // Needs and claims have no cycles; the bound only keeps a mistake from hanging.
    for _ in 0..ended.len() {
        match ended.get(at).and_then(|one| one.because_of) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// The cause behind a `because`, or in words the check that could not be examined.
fn root(ended: &BTreeMap<&'static str, Ended>, id: &str) -> Reason {
    let at = origin(ended, id);
    let broken = ended.get(at);
    let cause = broken.and_then(first_blocking);
    // A cause on a way that may not be taken blocks nothing, and is why it is not known.
    let left_open = broken.filter(|one| one.left_open).and_then(|one| one.causes.first());
    // What builds something secret on a check stops at a warning too.
    let warned = broken
        .filter(|one| one.status == Status::Warned)
        .and_then(|one| one.causes.iter().find(|cause| cause.severity == Severity::Degrades));
    if let Some(cause) = warned {
        let detail = "nothing secret is sent after a warning of this check";
        return Reason::because(&cause.id).detail(detail);
    }
    let does_not_apply = broken
        .and_then(|one| one.reason.as_ref())
        .filter(|reason| reason.kind == ReasonKind::NotApplicable);
    if let Some(Reason { detail: Some(why), .. }) = does_not_apply {
        let detail = format!("nothing secret is sent: {why}");
        return Reason::of(ReasonKind::Because).detail(detail);
    }
    match cause.or(left_open) {
        Some(cause) => Reason::because(&cause.id),
        None => Reason::of(ReasonKind::Because)
            .detail(format!("the check `{at}` could not be made to its end")),
    }
}
