//! What the page says, computed; the templates only place it.

use askama::Template;
use hublink_checks::frame::{
    CauseInfo, Diagnosis, ErasedCheck, ProofLine, Severity, Status, Verification,
};
use hublink_probe::{Interface, Way};
use serde_json::json;

use super::picture::{Drawing, certificate_of, drawings, stops};
use super::{IN_FULL, RAW, RAW_OF_CHECK, ROWS, STYLE, STYLE_HASH};
use crate::render::chain;
use crate::render::computer::this_computer;
use crate::render::human::review_lines;
use crate::render::messages::messages;
use crate::render::words::{
    addressee, behind, beside, bounded, capital, causes, mark, moment, own_addresses, place, sure,
    system, time, verdict, why,
};
use crate::report::{CheckReport, External, Hub, Look, Ready, Report};

/// The longest name in a heading or a table, in characters.
const NAME: usize = 160;
/// The longest value, in characters.
const VALUE: usize = 1200;
/// So many observations stand open; the rest can be unfolded.
const OPEN: usize = 8;

#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct Page {
    style: &'static str,
    policy: String,
    title: String,
    made: String,
    interrupted: bool,
    /// Who judged a saved report again, and what that changed.
    review: Vec<String>,
    /// The only hub, if there is one only.
    single: bool,
    counts: Vec<Badge>,
    owners: Vec<OwnerRow>,
    rows: Vec<Row>,
    rows_left: usize,
    shared: Vec<Shared>,
    hubs: Vec<HubView>,
    not_in_full: usize,
    ready: Vec<ReadyGroup>,
    ready_count: usize,
    ready_left: usize,
    messages: Vec<MessageView>,
    facts: Vec<Fact>,
    notes: Vec<String>,
}

pub(super) struct Badge {
    class: &'static str,
    mark: &'static str,
    text: String,
}

pub(super) struct OwnerRow {
    who: String,
    hubs: String,
}

pub(super) struct Row {
    badge: Badge,
    /// Where in the page it stands in full.
    link: Option<String>,
    name: String,
    url: String,
    summary: String,
    who: String,
    what: String,
    cause: String,
}

pub(super) struct Shared {
    hubs: String,
    cause: CauseView,
}

/// Hubs of which the same is to be said.
pub(super) struct ReadyGroup {
    summary: String,
    hubs: Vec<ReadyRow>,
}

pub(super) struct ReadyRow {
    name: String,
    url: String,
    mend: Vec<Other>,
}

pub(super) struct MessageView {
    title: String,
    text: String,
}

pub(super) struct Fact {
    label: String,
    value: String,
}

pub(super) struct HubView {
    id: String,
    /// The level of the headings inside.
    level: usize,
    name: String,
    url: String,
    place: String,
    way: Option<String>,
    badge: Badge,
    summary: String,
    who: Option<String>,
    what: Vec<String>,
    verify: Vec<Command>,
    elsewhere: bool,
    drawings: [Drawing; 2],
    cause: Option<CauseView>,
    others: Vec<CauseView>,
    chain: Vec<Link>,
    chain_open: bool,
    steps: Vec<Step>,
    took: String,
    raw: Vec<Raw>,
    raw_left_out: bool,
}

pub(super) struct CauseView {
    id: String,
    kind: String,
    title: String,
    sure: String,
    who: String,
    what: Vec<String>,
    verify: Vec<Command>,
    proof: Vec<Observation>,
    more: Vec<Observation>,
    ruled_out: Vec<String>,
    see: Vec<String>,
    page: Option<PageOfCause>,
}

pub(super) struct Command {
    command: String,
    expect: String,
}

pub(super) struct Observation {
    at: String,
    expected: Option<String>,
    seen: String,
}

pub(super) struct PageOfCause {
    explain: &'static str,
    look_alikes: &'static [&'static str],
    see: &'static [&'static str],
}

pub(super) struct Other {
    title: String,
    who: String,
    id: String,
}

pub(super) struct Link {
    name: String,
    part: &'static str,
    told: String,
    class: &'static str,
    at_fault: bool,
    facts: Vec<Fact>,
}

pub(super) struct Step {
    id: String,
    title: String,
    class: &'static str,
    mark: &'static str,
    word: &'static str,
    why: Option<String>,
    took: String,
    /// One for each time it looked.
    bars: Vec<Bar>,
}

/// Where a bar begins and how wide it is, in thousandths of the whole.
pub(super) struct Bar {
    begun: usize,
    width: usize,
}

pub(super) struct Raw {
    id: String,
    text: String,
}

/// The page of a report.
pub(super) fn page(report: &Report) -> Page {
    let single = report.hubs.len() == 1;
    let is_ready = |hub: &Hub| hub.verdict.ready == Ready::Yes;
    let numbered = || report.hubs.iter().enumerate();
    let troubled: Vec<(usize, &Hub)> = numbered().filter(|(_, hub)| !is_ready(hub)).collect();
    let ready: Vec<(usize, &Hub)> = numbered().filter(|(_, hub)| is_ready(hub)).collect();
    // A hub alone stands in full even if it is ready.
    let in_full: Vec<(usize, &Hub)> = if single {
        numbered().collect()
    } else {
        troubled.iter().take(IN_FULL).copied().collect()
    };
    let mut budget = RAW;
    let mut hubs: Vec<HubView> = Vec::new();
    for (n, hub) in in_full {
        hubs.push(hub_view(report, n, hub, if single { 2 } else { 3 }, &mut budget));
    }
    Page {
        style: STYLE,
        policy: format!(
            "default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'"
        ),
        title: title(report, ready.len()),
        made: format!(
            "{} {}, {}",
            bounded(&report.tool.name, NAME),
            bounded(&report.tool.version, NAME),
            moment(report.started)
        ),
        interrupted: report.interrupted,
        review: review_lines(report),
        single,
        counts: counts(report),
        owners: owners(report),
        rows: troubled
            .iter()
            .take(ROWS)
            .enumerate()
            .map(|(place, (n, hub))| row(report, *n, hub, place < IN_FULL))
            .collect(),
        rows_left: troubled.len().saturating_sub(ROWS),
        shared: shared(report),
        not_in_full: if single { 0 } else { troubled.len().saturating_sub(IN_FULL) },
        hubs,
        ready: if single {
            Vec::new()
        } else {
            ready_groups(ready.iter().take(ROWS).map(|(_, hub)| *hub))
        },
        ready_count: ready.len(),
        ready_left: if single { 0 } else { ready.len().saturating_sub(ROWS) },
        messages: messages(report)
            .into_iter()
            .map(|message| MessageView { text: message.text(), title: message.title })
            .collect(),
        facts: facts(report),
        notes: notes(report),
    }
}

fn title(report: &Report, ready: usize) -> String {
    match report.hubs.as_slice() {
        [hub] => bounded(&hub.name, NAME),
        hubs if ready == hubs.len() => format!("All {ready} hubs are ready"),
        hubs => format!("{ready} of {} hubs are ready", hubs.len()),
    }
}

fn badge(ready: Ready, text: String) -> Badge {
    let (class, mark) = match ready {
        Ready::Yes => ("ok", "✓"),
        Ready::No => ("bad", "✗"),
        Ready::Unknown => ("unknown", "?"),
    };
    Badge { class, mark, text }
}

fn counts(report: &Report) -> Vec<Badge> {
    let number = |ready: Ready| report.hubs.iter().filter(|h| h.verdict.ready == ready).count();
    [Ready::No, Ready::Unknown, Ready::Yes]
        .into_iter()
        .map(|ready| (ready, number(ready)))
        .filter(|(_, n)| *n > 0)
        .map(|(ready, n)| badge(ready, format!("{n} {}", verdict(ready).to_lowercase())))
        .collect()
}

fn owners(report: &Report) -> Vec<OwnerRow> {
    const NAMED: usize = 12;
    let mut owners: Vec<(&'static str, Vec<String>)> = Vec::new();
    for hub in &report.hubs {
        let Some(owner) = hub.verdict.owner else { continue };
        let name = bounded(&hub.name, 60);
        match owners.iter_mut().find(|(known, _)| *known == addressee(owner)) {
            Some((_, hubs)) => hubs.push(name),
            None => owners.push((addressee(owner), vec![name])),
        }
    }
    let told = |(who, hubs): (&str, Vec<String>)| {
        let more = match hubs.len().saturating_sub(NAMED) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let names: Vec<String> = hubs.iter().take(NAMED).cloned().collect();
        OwnerRow { who: capital(who), hubs: format!("{}{more}", names.join(", ")) }
    };
    owners.into_iter().map(told).collect()
}

fn row(report: &Report, n: usize, hub: &Hub, in_full: bool) -> Row {
    let behind = behind(report, hub).map(|behind| behind.cause);
    let what = behind.map(|cause| cause.remedy.join(" ")).unwrap_or_default();
    Row {
        badge: badge(hub.verdict.ready, verdict(hub.verdict.ready).to_owned()),
        link: in_full.then(|| format!("hub-{n}")),
        name: bounded(&hub.name, NAME),
        url: bounded(hub.url.as_deref().unwrap_or_default(), NAME),
        summary: bounded(&hub.verdict.summary, 400),
        who: hub.verdict.owner.map_or_else(String::new, |owner| capital(owner.label())),
        what: bounded(&what, 400),
        cause: bounded(hub.verdict.cause.as_deref().unwrap_or_default(), NAME),
    }
}

fn ready_groups<'r>(hubs: impl Iterator<Item = &'r Hub>) -> Vec<ReadyGroup> {
    let mut groups: Vec<ReadyGroup> = Vec::new();
    for hub in hubs {
        let summary = bounded(&hub.verdict.summary, 400);
        let row = ready_row(hub);
        match groups.iter_mut().find(|group| group.summary == summary) {
            Some(group) => group.hubs.push(row),
            None => groups.push(ReadyGroup { summary, hubs: vec![row] }),
        }
    }
    groups
}

fn ready_row(hub: &Hub) -> ReadyRow {
    let found = causes(hub).chain(hub.external_causes());
    let mend = found.filter(|cause| cause.severity > Severity::Informs).map(|cause| Other {
        title: bounded(&cause.title, 400),
        who: format!("{}: {}", capital(cause.owner.label()), bounded(&cause.remedy.join(" "), 400)),
        id: bounded(&cause.id, NAME),
    });
    ReadyRow {
        name: bounded(&hub.name, NAME),
        url: bounded(hub.url.as_deref().unwrap_or_default(), NAME),
        mend: mend.collect(),
    }
}

fn shared(report: &Report) -> Vec<Shared> {
    let causes = report.across.iter().flat_map(|across| &across.causes);
    causes
        .map(|cause| {
            let hubs = cause.hubs.iter().take(20).filter_map(|&hub| report.hubs.get(hub));
            let names: Vec<String> = hubs.map(|hub| bounded(&hub.name, 60)).collect();
            let more = match cause.hubs.len().saturating_sub(20) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            Shared { hubs: format!("{}{more}", names.join(", ")), cause: cause_view(cause, "") }
        })
        .collect()
}

fn hub_view(report: &Report, n: usize, hub: &Hub, level: usize, budget: &mut usize) -> HubView {
    let behind = behind(report, hub);
    let own = behind.filter(|behind| !behind.shared).map(|behind| behind.cause);
    let stops = stops(report, hub);
    let broken = stops.iter().find(|stop| stop.broken).map(|stop| stop.name.clone());
    let name = bounded(&hub.name, NAME);
    let picture = match (broken, hub.verdict.ready) {
        (Some(at), Ready::No) => format!("The way to {name}, broken at: {at}"),
        (Some(at), _) => format!("The way to {name}, not examined at: {at}"),
        (None, _) => format!("The way to {name}"),
    };
    let certificate = certificate_of(hub);
    let chain = certificate.as_ref().map(links).unwrap_or_default();
    let mut raw = Vec::new();
    let mut raw_left_out = false;
    if hub.verdict.ready != Ready::Yes || report.hubs.len() == 1 {
        (raw, raw_left_out) = raw_of(hub, budget);
    }
    HubView {
        id: format!("hub-{n}"),
        level,
        url: bounded(hub.url.as_deref().unwrap_or("no hub is named"), NAME),
        place: bounded(&place(hub), 300),
        way: (hub.way != Way::Direct).then(|| bounded(&hub.way.to_string(), 300)),
        badge: badge(hub.verdict.ready, verdict(hub.verdict.ready).to_owned()),
        summary: bounded(&hub.verdict.summary, 600),
        who: hub.verdict.owner.map(|owner| capital(owner.label())),
        what: behind.map(|behind| remedies(behind.cause)).unwrap_or_default(),
        verify: behind.map(|behind| commands(behind.cause)).unwrap_or_default(),
        elsewhere: behind.is_some_and(|behind| behind.shared),
        drawings: drawings(n, &stops, &picture),
        cause: own.map(|cause| cause_view(cause, "Why: what was seen")),
        others: causes(hub)
            .filter(|cause| own.is_none_or(|own| own.id != cause.id))
            .map(|cause| cause_view(cause, beside(cause)))
            .chain(hub.external.iter().flat_map(|external| {
                external.causes.iter().map(|cause| external_view(external, cause))
            }))
            .collect(),
        chain_open: chain.iter().any(|link| link.class != "ok"),
        chain,
        steps: steps(hub),
        took: time(hub.duration_ms),
        raw,
        raw_left_out,
        name,
    }
}

fn remedies(cause: &Diagnosis) -> Vec<String> {
    cause.remedy.iter().map(|step| bounded(step, 600)).collect()
}

fn commands(cause: &Diagnosis) -> Vec<Command> {
    let bounded = |one: &Verification| Command {
        command: bounded(&one.command, 400),
        expect: bounded(&one.expect, 400),
    };
    cause.verify.iter().take(10).map(bounded).collect()
}

/// A cause that a program of others names.
fn external_view(external: &External, cause: &Diagnosis) -> CauseView {
    let kind = format!(
        "External check {}, {}",
        bounded(external.name(), 60),
        beside(cause).to_lowercase()
    );
    CauseView { sure: bounded(&sure(external, cause), 200), ..cause_view(cause, &kind) }
}

fn cause_view(cause: &Diagnosis, kind: &str) -> CauseView {
    let (compared, context): (Vec<&ProofLine>, Vec<&ProofLine>) =
        cause.proof.iter().partition(|line| line.expected.is_some());
    let mut proof: Vec<Observation> =
        compared.into_iter().chain(context).take(200).map(observation).collect();
    let more = proof.split_off(proof.len().min(OPEN));
    CauseView {
        id: bounded(&cause.id, NAME),
        kind: kind.to_owned(),
        title: bounded(&cause.title, 400),
        sure: cause.confidence.label().to_owned(),
        who: capital(cause.owner.label()),
        what: remedies(cause),
        verify: commands(cause),
        proof,
        more,
        ruled_out: cause.ruled_out.iter().take(100).map(|text| bounded(text, 400)).collect(),
        see: cause.see.iter().take(20).map(|text| bounded(text, 300)).collect(),
        page: page_of(&cause.id),
    }
}

/// The page of a cause, from the tables of this program; a newer report may name others.
fn page_of(id: &str) -> Option<PageOfCause> {
    let known = |info: &CauseInfo| info.id == id;
    let info = hublink_checks::tables().into_iter().flat_map(ErasedCheck::causes).find(known)?;
    Some(PageOfCause { explain: info.explain, look_alikes: info.look_alikes, see: info.see })
}

fn observation(line: &ProofLine) -> Observation {
    Observation {
        at: bounded(&line.at, VALUE),
        expected: line.expected.as_ref().map(|text| bounded(text, VALUE)),
        seen: bounded(&line.seen, VALUE),
    }
}

fn links(evidence: &hublink_checks::certificate::Evidence) -> Vec<Link> {
    let link = |row: chain::Row<'_>| Link {
        class: match (row.at_fault, row.part) {
            (true, _) => "bad",
            (false, "missing") => "unknown",
            _ => "ok",
        },
        name: bounded(&row.name, NAME),
        part: row.part,
        told: bounded(&row.told, 300),
        at_fault: row.at_fault,
        facts: row.facts.map(certificate_facts).unwrap_or_default(),
    };
    chain::rows(evidence).into_iter().map(link).collect()
}

fn certificate_facts(facts: &hublink_checks::certificate::CertificateFacts) -> Vec<Fact> {
    let names: Vec<String> =
        facts.dns_names.iter().take(12).map(|name| bounded(name, 80)).collect();
    let names = match facts.names.saturating_sub(names.len()) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    };
    [
        ("Subject", facts.subject.clone()),
        ("Issuer", facts.issuer.clone()),
        ("Names", names),
        ("Valid", format!("{} to {}", facts.not_before, facts.not_after)),
        ("Serial number", facts.serial.clone()),
        ("SHA-256", facts.fingerprint.clone()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(label, value)| Fact { label: label.to_owned(), value: bounded(&value, 500) })
    .collect()
}

fn steps(hub: &Hub) -> Vec<Step> {
    let looks = waterfall(hub);
    let end = |look: &Look| look.begun_ms + look.duration_ms;
    let whole = looks.iter().flatten().map(end).fold(0.0, f64::max);
    let bar = |look: &Look| {
        let begun = thousandths(look.begun_ms, whole).min(994);
        Bar { begun, width: thousandths(look.duration_ms, whole).clamp(6, 1000 - begun) }
    };
    let step = |(check, looks): (&CheckReport, &Vec<Look>)| {
        let (class, word) = class(check.status);
        let took = length(check.duration_ms);
        Step {
            id: bounded(&check.id, 60),
            title: bounded(&check.title, 200),
            class,
            mark: mark(check.status),
            word,
            why: check.reason.as_ref().map(|reason| bounded(&why(reason), 300)),
            took: if took > 0.0 { time(took) } else { String::new() },
            bars: looks.iter().filter(|_| whole > 0.0).map(bar).collect(),
        }
    };
    let own = hub.checks.iter().zip(&looks).map(step);
    // They looked when all others had ended.
    let external: Vec<Step> =
        hub.external_steps().map(|check| step((&check, &Vec::new()))).collect();
    own.chain(external).collect()
}

/// When each check looked. A report of an older version tells only how long each took; they are
/// drawn one behind the other then.
fn waterfall(hub: &Hub) -> Vec<Vec<Look>> {
    let told = hub.checks.iter().any(|check| !check.looks.is_empty());
    let mut begun_ms = 0.0;
    let looks = hub.checks.iter().map(|check| {
        if told {
            let sound = |look: &Look| Look {
                begun_ms: length(look.begun_ms),
                duration_ms: length(look.duration_ms),
            };
            return check.looks.iter().take(4).map(sound).collect();
        }
        let look = Look { begun_ms, duration_ms: length(check.duration_ms) };
        begun_ms += look.duration_ms;
        if look.duration_ms > 0.0 { vec![look] } else { Vec::new() }
    });
    looks.collect()
}

/// A time; a damaged report could hold anything.
fn length(ms: f64) -> f64 {
    if ms.is_finite() { ms.clamp(0.0, 1e9) } else { 0.0 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 1000 by construction"
)]
fn thousandths(part: f64, whole: f64) -> usize {
    (part / whole * 1000.0).round().clamp(0.0, 1000.0) as usize
}

fn class(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Passed => ("ok", "passed"),
        Status::Warned => ("warn", "worth mending"),
        Status::Failed => ("bad", "failed"),
        Status::Skipped => ("off", "skipped"),
        Status::Errored => ("unknown", "could not look"),
    }
}

/// The evidence as it stands in the report, as long as the page has room for it.
fn raw_of(hub: &Hub, budget: &mut usize) -> (Vec<Raw>, bool) {
    let mut raw = Vec::new();
    let mut left_out = false;
    let own = hub.checks.iter().filter_map(|check| Some((&check.id, check.evidence.as_ref()?)));
    let own = own.map(|(id, evidence)| (id, evidence.tree()));
    // Of a program of others everything is raw.
    let external = hub.external.iter().map(|external| (&external.id, json!(external)));
    for (id, evidence) in own.chain(external) {
        let Ok(text) = serde_json::to_string_pretty(&evidence) else { continue };
        let most = RAW_OF_CHECK.min(*budget);
        if most < 1000 {
            left_out = true;
            continue;
        }
        let end = text.floor_char_boundary(most);
        *budget -= end;
        let cut = if end < text.len() {
            left_out = true;
            format!("{}\n…", &text[..end])
        } else {
            text
        };
        raw.push(Raw { id: bounded(id, 60), text: cut });
    }
    (raw, left_out)
}

fn facts(report: &Report) -> Vec<Fact> {
    let environment = &report.environment;
    let mut facts = vec![
        ("Made by", format!("{} {}", report.tool.name, report.tool.version)),
        ("Begun", moment(report.started)),
        ("Took", time(report.duration_ms)),
        ("System", format!("{} {}", system(&environment.os), environment.arch)),
        ("Own addresses", own_addresses(report).join(", ")),
    ];
    facts.extend(this_computer(report));
    let labels = report.labels.iter().map(|(key, value)| format!("{key}={value}"));
    facts.push(("Labels", labels.collect::<Vec<_>>().join(", ")));
    // Every computer has the loopback adapter.
    let leads_out = |interface: &&Interface| {
        interface.addresses.is_empty()
            || interface.addresses.iter().any(|a| !a.address.is_loopback())
    };
    for interface in environment.interfaces.iter().filter(leads_out).take(40) {
        let state = if interface.up { "connected" } else { "not connected" };
        let addresses: Vec<String> = interface
            .addresses
            .iter()
            .map(|one| format!("{}/{}", one.address, one.prefix))
            .collect();
        facts.push((
            "Adapter",
            format!("{} ({state}) {}", bounded(&interface.name, 80), addresses.join(", ")),
        ));
    }
    if let Some(resolver) = &environment.resolver {
        facts.push(("Asked name server", resolver.clone()));
    }
    let set = environment.proxy_variables.join(", ");
    facts.push(("Proxy variables", if set.is_empty() { "none".to_owned() } else { set }));
    facts.push(("Redaction", bounded(&report.redaction.level, 40)));
    for line in report.redaction.ledger.iter().take(40) {
        let times = if line.count == 1 { "once" } else { "times" };
        let count =
            if line.count == 1 { times.to_owned() } else { format!("{} {times}", line.count) };
        facts.push((
            "Replaced",
            format!("{} by {}, {count}", bounded(&line.what, 100), bounded(&line.replaced_by, 100)),
        ));
    }
    facts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| Fact { label: label.to_owned(), value: bounded(&value, VALUE) })
        .collect()
}

fn notes(report: &Report) -> Vec<String> {
    let mut notes = vec!["It shows the way of one computer at one time.".to_owned()];
    if report.hubs.len() > 1 {
        notes.push("Raw evidence stands here only for hubs that are not ready.".to_owned());
    }
    notes.push("The JSON report (hublink doctor --report FILE) holds everything.".to_owned());
    notes
}
