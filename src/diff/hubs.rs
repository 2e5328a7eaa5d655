//! Hubs of two reports, pair by pair.

use hublink_checks::frame::Diagnosis;

use super::{Causes, Changed, HubDiff, Named, State, values};
use crate::report::{CheckReport, Hub, Report};
use crate::review::{word, words};

/// A step that takes this much longer is told: three times, since repeated packets double a wait,
/// and more than a busy computer adds.
const TIMES: f64 = 3.0;
const MS: f64 = 500.0;

pub(super) fn compare(old: &Report, new: &Report, nameless: bool) -> Vec<HubDiff> {
    let partners = partners(&old.hubs, &new.hubs, nameless);
    let mut found: Vec<HubDiff> = new
        .hubs
        .iter()
        .zip(&partners)
        .enumerate()
        .map(|(place, (hub, partner))| match partner {
            Some(before) => both(&old.hubs[*before], hub, *before, place, nameless),
            None => one(hub, State::Added, None, Some(place)),
        })
        .collect();
    let gone = old.hubs.iter().enumerate().filter(|(place, _)| !partners.contains(&Some(*place)));
    found.extend(gone.map(|(place, hub)| one(hub, State::Gone, Some(place), None)));
    found
}

/// For each hub of the newer report, the place of the same hub in the older one. The surest pairs
/// first: alike in all, at the same address, of the same name.
fn partners(old: &[Hub], new: &[Hub], nameless: bool) -> Vec<Option<usize>> {
    if nameless {
        return (0..new.len()).map(|place| (place < old.len()).then_some(place)).collect();
    }
    let same_address =
        |one: &Hub, other: &Hub| address(one).is_some() && address(one) == address(other);
    let same_name = |one: &Hub, other: &Hub| {
        one.name == other.name && one.host.is_some() == other.host.is_some()
    };
    let mut found = vec![None; new.len()];
    let mut taken = vec![false; old.len()];
    let mut pair = |alike: &dyn Fn(&Hub, &Hub) -> bool| {
        for (place, hub) in new.iter().enumerate() {
            if found[place].is_some() {
                continue;
            }
            let mut free = old.iter().enumerate().filter(|(before, _)| !taken[*before]);
            if let Some((before, _)) = free.find(|(_, other)| alike(hub, other)) {
                (found[place], taken[before]) = (Some(before), true);
            }
        }
    };
    pair(&|one, other| same_address(one, other) && same_name(one, other));
    pair(&same_address);
    pair(&same_name);
    found
}

/// Host, port and prefix.
fn address(hub: &Hub) -> Option<(String, u16, Option<String>)> {
    let address = hub.link.as_ref()?.hub.as_ref()?;
    Some((address.host.clone(), address.port, address.prefix.clone()))
}

fn one(hub: &Hub, state: State, old: Option<usize>, new: Option<usize>) -> HubDiff {
    let ready = word(&hub.verdict.ready);
    let cause = hub.verdict.cause.clone();
    let there = |what: &str, value: Option<String>| match state {
        State::Gone => Changed::of(what, value, None),
        _ => Changed::of(what, None, value),
    };
    HubDiff {
        name: hub.name.clone(),
        url: hub.url.clone(),
        state,
        old,
        new,
        verdict: [there("ready", ready), there("cause", cause)].into_iter().flatten().collect(),
        causes: Causes::default(),
        values: Vec::new(),
        times: Vec::new(),
    }
}

fn both(old: &Hub, new: &Hub, before: usize, place: usize, nameless: bool) -> HubDiff {
    let verdict = words(&old.verdict).into_iter().zip(words(&new.verdict));
    let verdict: Vec<Changed> =
        verdict.filter_map(|((what, old), (_, new))| Changed::of(what, old, new)).collect();
    let mut found = causes(&old.checks, &new.checks);
    let (before_them, now) = (asked_twice(old, new), asked_twice(new, old));
    let of_others = causes(&before_them, &now);
    found.gone.extend(of_others.gone);
    found.new.extend(of_others.new);
    found.changed.extend(of_others.changed);
    let mut seen = Vec::new();
    if !nameless {
        seen.extend(Changed::of("name", Some(old.name.clone()), Some(new.name.clone())));
        seen.extend(Changed::of("address", old.url.clone(), new.url.clone()));
        let way = |hub: &Hub| Some(hub.way.to_string());
        seen.extend(Changed::of("way", way(old), way(new)));
    }
    seen.extend(values::compare(&old.checks, &new.checks, nameless));
    let differs = !verdict.is_empty() || !found.is_empty() || !seen.is_empty();
    HubDiff {
        name: new.name.clone(),
        url: new.url.clone(),
        state: if differs { State::Changed } else { State::Same },
        old: Some(before),
        new: Some(place),
        verdict,
        causes: found,
        values: seen,
        times: times(&old.checks, &new.checks),
    }
}

/// The external checks of a hub that looked both times. What only one run asked tells nothing of a
/// change.
fn asked_twice(hub: &Hub, other: &Hub) -> Vec<CheckReport> {
    let looked = |check: &CheckReport| check.status.let_through();
    let also = |check: &CheckReport| other.external_steps().any(|o| o.id == check.id && looked(&o));
    hub.external_steps().filter(|check| looked(check) && also(check)).collect()
}

/// What the causes of some checks came to.
pub(super) fn causes(old: &[CheckReport], new: &[CheckReport]) -> Causes {
    let of = |checks: &[CheckReport]| -> Vec<Diagnosis> {
        checks.iter().flat_map(|check| check.causes.iter().cloned()).collect()
    };
    let (old, new) = (of(old), of(new));
    let lacks = |list: &[Diagnosis], cause: &Diagnosis| list.iter().all(|one| one.id != cause.id);
    let changed =
        new.iter().filter_map(|now| Some((old.iter().find(|one| one.id == now.id)?, now)));
    let changed = changed.flat_map(|(before, now)| {
        let told = |what: &str, (before, now): (Option<String>, Option<String>), id: &str| {
            Changed::of(&format!("{what} of {id}"), before, now)
        };
        [
            told("confidence", (word(&before.confidence), word(&now.confidence)), &now.id),
            told("owner", (word(&before.owner), word(&now.owner)), &now.id),
            told("severity", (word(&before.severity), word(&now.severity)), &now.id),
        ]
    });
    Causes {
        gone: old.iter().filter(|cause| lacks(&new, cause)).map(named).collect(),
        new: new.iter().filter(|cause| lacks(&old, cause)).map(named).collect(),
        changed: changed.flatten().collect(),
    }
}

fn named(cause: &Diagnosis) -> Named {
    Named {
        id: cause.id.clone(),
        title: cause.title.clone(),
        confidence: cause.confidence,
        severity: cause.severity,
        owner: cause.owner,
    }
}

/// Steps that took much longer or shorter, where both were taken.
fn times(old: &[CheckReport], new: &[CheckReport]) -> Vec<Changed> {
    let pairs = new.iter().filter_map(|now| {
        let before = old.iter().find(|one| one.id == now.id)?;
        let taken = before.evidence.is_some() && now.evidence.is_some();
        taken.then_some((now.id.as_str(), before.duration_ms, now.duration_ms))
    });
    let far = pairs.filter(|(_, old, new)| {
        let (short, long) = (old.min(*new), old.max(*new));
        long - short >= MS && long >= short * TIMES
    });
    let seconds = |ms: f64| Some(format!("{:.1} s", ms / 1000.0));
    far.filter_map(|(id, old, new)| Changed::of(id, seconds(old), seconds(new))).collect()
}
