//! A saved report, judged again offline: the same tables, the same comparison, the same verdict.

mod place;
mod read;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hublink_checks::frame::{Case, Facts, ReasonKind, Status, Target, is_of_direct_way};
use hublink_checks::hubs_file::HubsFile;
use serde::Serialize;
use serde_json::Value;

pub use read::{ReadError, Saved, read, read_text, saved_of};

use crate::comparison::compare;
use crate::doctor;
use crate::engine::{self, Examined, again};
use crate::report::{Change, CheckReport, Environment, Hub, Mode, Report, Review, Verdict};

/// The report as this program judges it, and what that changed.
#[must_use]
pub fn review(saved: &Saved) -> Report {
    let old = &saved.report;
    let mode = old.mode.unwrap_or_else(|| mode_of(old));
    let stopped_at_first = mode == Mode::Preflight;
    let hubs = old.hubs.iter().zip(&saved.evidence);
    let mut examined: Vec<Examined> =
        hubs.map(|(hub, evidence)| examined(old, hub, evidence, stopped_at_first)).collect();
    let comparison = compare(&mut examined);
    let hubs: Vec<Hub> =
        examined.into_iter().zip(&old.hubs).map(|(one, before)| reviewed(one, before)).collect();
    let changes = old.hubs.iter().zip(&hubs).enumerate();
    let changes = changes
        .flat_map(|(place, (before, now))| differences(place, &before.verdict, &now.verdict));
    let review = Review {
        tool: doctor::this_program(),
        changes: changes.collect(),
        unknown: saved.unknown.clone(),
    };
    let across = comparison.iter().map(doctor::across);
    let across = across.chain(old.across.iter().filter(|check| !is_known(check)).cloned());
    let mode = Some(mode);
    Report { across: across.collect(), hubs, mode, review: Some(review), ..old.clone() }
}

/// Reports made before it was written down tell by what was not asked for.
fn mode_of(report: &Report) -> Mode {
    let left_out = |check: &CheckReport| {
        let reason = check.reason.as_ref().map(|reason| reason.kind);
        reason == Some(ReasonKind::NotAsked) && !is_of_direct_way(&check.id)
    };
    if report.hubs.iter().flat_map(|hub| &hub.checks).any(left_out) {
        Mode::Preflight
    } else {
        Mode::Doctor
    }
}

fn examined(
    report: &Report,
    hub: &Hub,
    evidence: &BTreeMap<&'static str, read::Evidence>,
    stopped_at_first: bool,
) -> Examined {
    let facts = facts(&report.environment, hub, report.hubs.len());
    let mut case = Case::new(facts);
    let mut checks = BTreeMap::new();
    for check in hublink_checks::all() {
        let id = check.meta().id;
        let Some(one) = hub.checks.iter().find(|one| one.id == id) else { continue };
        let seen = evidence.get(id).cloned().unwrap_or_default();
        seen.own.iter().cloned().for_each(|stored| case.put(stored));
        checks.insert(
            id,
            engine::Saved {
                reason: one.reason.clone(),
                errored: one.status == Status::Errored,
                begun: one.begun,
                took: duration(one.duration_ms),
                evidence: seen.own,
                aside: seen.aside,
            },
        );
    }
    let target = Target {
        name: hub.name.clone(),
        source: hub.source.clone(),
        file: case.of::<HubsFile>().cloned().map(Arc::new),
        text: hub.link.clone(),
    };
    again(Arc::new(target), case.facts, checks, stopped_at_first, duration(hub.duration_ms))
}

/// What was known before any check ran. Reports made before it was written down say the same in
/// other places.
fn facts(environment: &Environment, hub: &Hub, hubs_in_run: usize) -> Facts {
    let told = hub.facts.clone().unwrap_or_else(|| Facts {
        os: environment.os.clone(),
        hub: hub.link.as_ref().and_then(|link| link.hub.clone()),
        hubs_in_run,
        way: hub.way.clone(),
        ..Facts::default()
    });
    let computer = environment.computer.clone();
    Facts { interfaces: environment.interfaces.clone(), computer, ..told }
}

/// Milliseconds of a report. No run lasts longer than the limit that a command line can name.
fn duration(ms: f64) -> Duration {
    let longest = Duration::from_hours(24);
    Duration::try_from_secs_f64(ms / 1000.0).map_or(longest, |read| read.min(longest))
}

fn reviewed(examined: Examined, before: &Hub) -> Hub {
    let mut now = doctor::hub(examined);
    now.logout.clone_from(&before.logout);
    // What programs of others said is kept: they are not at hand, and may say something else today.
    now.external.clone_from(&before.external);
    for check in &mut now.checks {
        let then = before.checks.iter().find(|one| one.id == check.id);
        check.looks = then.map(|one| one.looks.clone()).unwrap_or_default();
    }
    let unknown = before.checks.iter().filter(|check| !is_known(check));
    now.checks.extend(unknown.cloned());
    // What a newer program found with a check of its own cannot be judged here.
    let broken = before.verdict.first_broken.as_deref();
    if broken.is_some_and(|id| before.checks.iter().any(|one| one.id == id && !is_known(one))) {
        now.verdict = before.verdict.clone();
    }
    now
}

fn is_known(check: &CheckReport) -> bool {
    hublink_checks::tables().iter().any(|known| known.meta().id == check.id)
}

fn differences(hub: usize, before: &Verdict, now: &Verdict) -> Vec<Change> {
    words(before)
        .into_iter()
        .zip(words(now))
        .filter(|((_, before), (_, now))| before != now)
        .map(|((what, before), (_, now))| Change { hub, what: what.to_owned(), before, now })
        .collect()
}

/// What of a verdict is compared, in the words of the report.
pub(crate) fn words(verdict: &Verdict) -> [(&'static str, Option<String>); 5] {
    [
        ("ready", word(&verdict.ready)),
        ("first_broken", verdict.first_broken.clone()),
        ("cause", verdict.cause.clone()),
        ("confidence", verdict.confidence.as_ref().and_then(word)),
        ("owner", verdict.owner.as_ref().and_then(word)),
    ]
}

/// The word of the report.
pub(crate) fn word(value: &impl Serialize) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    value.as_str().map(str::to_owned)
}

/// Whether a value can be read as evidence of a check.
pub(crate) fn is_evidence(check: &str, saved: &Value) -> bool {
    let tables = hublink_checks::tables();
    let known = tables.iter().find(|known| known.meta().id == check);
    known.is_some_and(|known| known.load(saved).is_ok())
}
