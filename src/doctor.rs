//! From targets to a report.

use std::sync::Arc;

use hublink_checks::frame::{ErasedCheck, ReasonKind, status_of};
use hublink_probe::{ProxyPlace, Timestamp, World, millis};
use tokio::time::Instant;

use crate::comparison::Comparison;
use crate::engine::{self, Examined, Observer, Settings, Stop};
use crate::report::{CheckReport, Environment, Hub, Redaction, Replacement, Report, SCHEMA, Tool};
use crate::targets::Expanded;
use crate::verdict::verdict;

/// Examines every target and reports.
pub async fn examine(
    world: &Arc<dyn World>,
    expanded: Expanded,
    settings: &Settings,
    stop: &Stop,
    resolver: Option<String>,
    observer: Observer<'_>,
) -> Report {
    look(world, expanded, settings, stop, resolver, observer).await.report(&**world)
}

/// What a run came to, before it is written down: the user may still add a word.
pub struct Run {
    /// Every hub.
    pub examined: Vec<Examined>,
    comparison: Option<Comparison>,
    ledger: Vec<Replacement>,
    resolver: Option<String>,
    started: Timestamp,
    duration_ms: f64,
    interrupted: bool,
}

/// Examines every target.
pub async fn look(
    world: &Arc<dyn World>,
    expanded: Expanded,
    settings: &Settings,
    stop: &Stop,
    resolver: Option<String>,
    observer: Observer<'_>,
) -> Run {
    let started = world.now();
    let begun = Instant::now();
    let (examined, comparison) =
        engine::run(world, expanded.targets, settings, stop, observer).await;
    Run {
        examined,
        comparison,
        ledger: expanded.ledger,
        resolver,
        started,
        duration_ms: millis(begun.elapsed()),
        interrupted: stop.was_interrupted(),
    }
}

impl Run {
    /// The report.
    #[must_use]
    pub fn report(&self, world: &dyn World) -> Report {
        Report {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            run: Some(random_uuid(world)),
            started: whole_milliseconds(self.started),
            duration_ms: self.duration_ms,
            interrupted: self.interrupted,
            environment: Environment {
                os: world.os().to_owned(),
                arch: std::env::consts::ARCH.to_owned(),
                interfaces: world.interfaces(),
                resolver: self.resolver.clone(),
                proxy_variables: proxy_variables(world),
                account: world.account(),
            },
            redaction: Redaction { level: "default".to_owned(), ledger: self.ledger.clone() },
            hubs: self.examined.iter().map(hub).collect(),
            across: self.comparison.iter().map(across).collect(),
        }
    }
}

/// A UUID of version 4 (RFC 9562).
fn random_uuid(world: &dyn World) -> String {
    let (high, low) = (world.random(), world.random());
    let version = (high & 0x0fff) | 0x4000;
    let variant = ((low >> 48) & 0x3fff) | 0x8000;
    format!(
        "{:08x}-{:04x}-{version:04x}-{variant:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        low & 0xffff_ffff_ffff
    )
}

/// The names of the variables that say something of proxies.
fn proxy_variables(world: &dyn World) -> Vec<String> {
    let told = world.proxy_settings();
    let settings = told.settings.into_iter().filter(|one| one.place == ProxyPlace::Environment);
    let lists = told.exceptions.into_iter().filter(|one| one.place == ProxyPlace::Environment);
    settings.map(|one| one.source).chain(lists.map(|one| one.source)).collect()
}

fn whole_milliseconds(at: Timestamp) -> Timestamp {
    let nanosecond = at.0.nanosecond();
    Timestamp(at.0.replace_nanosecond(nanosecond - nanosecond % 1_000_000).unwrap_or(at.0))
}

fn hub(examined: &Examined) -> Hub {
    let address = examined.target.hub();
    Hub {
        name: examined.target.name.clone(),
        host: address.map(|hub| hub.host.clone()),
        url: address.map(|hub| hub.url("")),
        source: examined.target.source.clone(),
        link: examined.target.text.clone(),
        way: examined.case.way(),
        verdict: verdict(examined),
        checks: hublink_checks::all().iter().map(|check| check_report(*check, examined)).collect(),
        duration_ms: millis(examined.took),
        account: examined.case.facts.account.clone(),
        desktop_refuses: examined.case.facts.desktop_refuses,
        logout: examined.logout.clone(),
    }
}

fn across(comparison: &Comparison) -> CheckReport {
    let check = hublink_checks::across();
    CheckReport {
        id: check.meta().id.to_owned(),
        title: check.meta().title.to_owned(),
        status: status_of(&comparison.causes),
        reason: None,
        duration_ms: 0.0,
        evidence: comparison.case.saved(check.meta().id).cloned(),
        causes: comparison.causes.clone(),
    }
}

fn check_report(check: &dyn ErasedCheck, examined: &Examined) -> CheckReport {
    let meta = check.meta();
    let ended = &examined.checks[meta.id];
    // A check the user did not get to see run has no evidence worth keeping either.
    let ran = !ended.reason.as_ref().is_some_and(|r| r.kind == ReasonKind::NotApplicable);
    CheckReport {
        id: meta.id.to_owned(),
        title: meta.title.to_owned(),
        status: ended.status,
        reason: ended.reason.clone(),
        duration_ms: millis(ended.took),
        evidence: ran.then(|| examined.case.saved(meta.id).cloned()).flatten(),
        causes: ended.causes.clone(),
    }
}
