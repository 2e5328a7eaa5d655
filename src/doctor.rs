//! From targets to a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use hublink_checks::frame::{ErasedCheck, Facts, ReasonKind, Stored, status_of};
use hublink_probe::{ProxyPlace, Timestamp, World, millis};
use tokio::time::Instant;

use crate::comparison::Comparison;
use crate::engine::{self, Examined, Observer, Settings, Stop};
use crate::report::{
    CheckReport, Environment, Hub, Look, Mode, Redaction, Replacement, Report, SCHEMA, Tool,
};
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
    visit(world, expanded, settings, stop, resolver, observer).await.into_report(&**world)
}

/// What a run came to, before it is written down: the user may still add a word.
pub struct Run {
    /// Every hub.
    pub examined: Vec<Examined>,
    mode: Mode,
    comparison: Option<Comparison>,
    ledger: Vec<Replacement>,
    resolver: Option<String>,
    started: Timestamp,
    duration_ms: f64,
    interrupted: bool,
}

/// Examines every target.
pub async fn visit(
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
        mode: if settings.stop_at_first { Mode::Preflight } else { Mode::Doctor },
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
    /// The report. The evidence is written down hub by hub, and what it was read from let go.
    #[must_use]
    pub fn into_report(self, world: &dyn World) -> Report {
        Report {
            schema: SCHEMA.to_owned(),
            tool: this_program(),
            run: Some(random_uuid(world)),
            mode: Some(self.mode),
            labels: BTreeMap::new(),
            started: whole_milliseconds(self.started),
            duration_ms: self.duration_ms,
            interrupted: self.interrupted,
            environment: Environment {
                os: world.os().to_owned(),
                arch: std::env::consts::ARCH.to_owned(),
                interfaces: world.interfaces(),
                computer: world.computer().map(Box::new),
                resolver: self.resolver,
                proxy_variables: proxy_variables(world),
                account: world.account(),
            },
            redaction: Redaction { level: "default".to_owned(), ledger: self.ledger },
            review: None,
            hubs: self.examined.into_iter().map(hub).collect(),
            across: self.comparison.iter().map(across).collect(),
        }
    }
}

/// This program, as a report names it.
pub(crate) fn this_program() -> Tool {
    Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
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

/// One hub as a report holds it.
pub(crate) fn hub(mut examined: Examined) -> Hub {
    let verdict = verdict(&examined);
    let way = examined.case.way();
    let ladder = hublink_checks::all().iter();
    let checks = ladder.map(|check| check_report(*check, &mut examined)).collect();
    let address = examined.target.hub();
    Hub {
        name: examined.target.name.clone(),
        host: address.map(|hub| hub.host.clone()),
        url: address.map(|hub| hub.url("")),
        source: examined.target.source.clone(),
        link: examined.target.text.clone(),
        way,
        facts: Some(Facts { interfaces: Vec::new(), computer: None, ..examined.case.facts }),
        verdict,
        checks,
        duration_ms: millis(examined.took),
        logout: examined.logout,
        external: Vec::new(),
    }
}

/// What the comparison came to, as a report holds it.
pub(crate) fn across(comparison: &Comparison) -> CheckReport {
    let check = hublink_checks::across();
    CheckReport {
        id: check.meta().id.to_owned(),
        title: check.meta().title.to_owned(),
        status: status_of(&comparison.causes),
        reason: None,
        duration_ms: 0.0,
        begun: false,
        aside: None,
        looks: Vec::new(),
        evidence: comparison.case.written(check.meta().id),
        causes: comparison.causes.clone(),
    }
}

fn check_report(check: &dyn ErasedCheck, examined: &mut Examined) -> CheckReport {
    let meta = check.meta();
    let evidence = examined.case.take_written(meta.id);
    let ended = &examined.checks[meta.id];
    let out_of_time = ended.reason.as_ref().is_some_and(|r| r.kind == ReasonKind::OutOfTime);
    CheckReport {
        id: meta.id.to_owned(),
        title: meta.title.to_owned(),
        status: ended.status,
        reason: ended.reason.clone(),
        duration_ms: millis(ended.took),
        begun: ended.begun && out_of_time,
        evidence,
        aside: examined.aside.iter().find(|one| one.check() == meta.id).map(Stored::written),
        looks: examined.looks.get(meta.id).into_iter().flatten().map(look).collect(),
        causes: ended.causes.clone(),
    }
}

fn look(look: &engine::Look) -> Look {
    Look { begun_ms: millis(look.begun), duration_ms: millis(look.took) }
}
