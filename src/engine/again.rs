//! Judging saved evidence: the same steps as at the end of a live examination, without looking.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hublink_checks::frame::{
    Case, Facts, NeedKind, Reason, ReasonKind, Status, Stored, Target, is_of_direct_way,
};

use super::{Ended, Examined, counts, is_met, judge_all, origin, settle};

/// What a saved report tells of one check.
#[derive(Default)]
pub(crate) struct Saved {
    /// Why it was skipped or errored, then.
    pub(crate) reason: Option<Reason>,
    /// Whether it errored, then.
    pub(crate) errored: bool,
    /// Whether it was under way when the time was over.
    pub(crate) begun: bool,
    /// How long it took.
    pub(crate) took: Duration,
    /// What was seen.
    pub(crate) evidence: Option<Stored>,
    /// What was seen while it was kept from looking, and explained nothing then.
    pub(crate) aside: Option<Stored>,
}

/// The hub as it is judged now. What was not examined then cannot be examined now: such a check
/// keeps its reason, unless that reason is gone.
pub(crate) fn again(
    target: Arc<Target>,
    facts: Facts,
    mut saved: BTreeMap<&'static str, Saved>,
    stopped_at_first: bool,
    took: Duration,
) -> Examined {
    let mut case = Case::new(facts);
    let mut aside: Vec<Stored> = Vec::new();
    for one in saved.values_mut() {
        one.evidence.take().into_iter().for_each(|stored| case.put(stored));
        aside.extend(one.aside.take());
    }
    let mut checks = as_they_ended(&target, &saved);
    judge_all(&case, &mut checks);
    find_needs(&case, &saved, &mut checks);
    // Each may be what makes another one count.
    for stored in std::mem::take(&mut aside) {
        if counts(&case, &checks, &stored) {
            case.put(stored);
            judge_all(&case, &mut checks);
        } else {
            aside.push(stored);
        }
    }
    settle(&case, &mut checks);
    if stopped_at_first {
        say_what_is_missing(&case, &saved, &mut checks);
    }
    Examined {
        target,
        case,
        checks,
        took,
        looks: BTreeMap::new(),
        shared: None,
        logout: None,
        aside,
    }
}

fn as_they_ended(
    target: &Target,
    saved: &BTreeMap<&'static str, Saved>,
) -> BTreeMap<&'static str, Ended> {
    let of = |check: &&'static dyn hublink_checks::frame::ErasedCheck| {
        let id = check.meta().id;
        let Some(one) = saved.get(id) else {
            let unknown = Reason::of(ReasonKind::NotAsked)
                .detail("the program that made this report did not have this check");
            return (id, Ended::skipped(check.not_applicable(target).unwrap_or(unknown)));
        };
        let unsaid = || Reason::of(ReasonKind::OutOfTime).detail("the report holds no evidence");
        let ended = Ended {
            status: if one.errored { Status::Errored } else { Status::Skipped },
            took: one.took,
            begun: one.begun || one.errored,
            ..Ended::skipped(one.reason.clone().unwrap_or_else(unsaid))
        };
        (id, ended)
    };
    hublink_checks::all().iter().map(of).collect()
}

/// Which check kept another one from looking, by what its needs have come to now.
fn find_needs(
    case: &Case,
    saved: &BTreeMap<&'static str, Saved>,
    checks: &mut BTreeMap<&'static str, Ended>,
) {
    let through_proxy = case.goes_through_proxy();
    for check in hublink_checks::all() {
        let id = check.meta().id;
        let because = saved.get(id).and_then(|one| one.reason.as_ref()?.because.as_deref());
        let kept = checks[id].status == Status::Skipped && !case.has(id);
        let (Some(because), true) = (because, kept) else { continue };
        let unmet = check.meta().needs.iter().filter(|need| {
            need.kind != NeedKind::Ran
                && !(through_proxy && need.is_of_direct_way())
                && checks.get(need.check).is_some_and(|needed| !is_met(need.kind, needed))
        });
        // Of several, the one that spoke then: which it was, the run decided.
        let speaks = |check: &str| because.split('/').next() == Some(origin(checks, check));
        let unmet = unmet.clone().find(|need| speaks(need.check)).or_else(|| unmet.clone().next());
        let gone = || {
            let detail = format!("not examined then, because of {because}, which is gone");
            Reason::of(ReasonKind::Because).detail(detail)
        };
        let (because_of, reason) = match unmet {
            Some(need) => (Some(need.check), Reason::of(ReasonKind::Because)),
            None => (None, gone()),
        };
        if let Some(one) = checks.get_mut(id) {
            (one.because_of, one.reason) = (because_of, Some(reason));
        }
    }
}

/// A go or no-go stopped at what failed then. If nothing fails now, what was not asked for any more
/// is missing.
fn say_what_is_missing(
    case: &Case,
    saved: &BTreeMap<&'static str, Saved>,
    checks: &mut BTreeMap<&'static str, Ended>,
) {
    let stopped = |one: &Ended| matches!(one.status, Status::Failed | Status::Errored);
    if checks.values().any(stopped) {
        return;
    }
    let through_proxy = case.goes_through_proxy();
    let could_ask = |id: &str| {
        let check = hublink_checks::all().iter().find(|check| check.meta().id == id);
        saved.contains_key(id)
            && !(through_proxy && is_of_direct_way(id))
            && check.is_none_or(|check| check.not_asked(case).is_none())
    };
    for (_, one) in checks.iter_mut().filter(|(id, _)| could_ask(id)) {
        let reason = one.reason.as_mut().filter(|r| r.kind == ReasonKind::NotAsked);
        if let Some(reason) = reason {
            reason.kind = ReasonKind::Because;
        }
    }
}
