//! The doctor in the practice world: every state is named for what it is.

use crate::support::{Stage, causes, doctor, short};
use hublink::report::{Hub, Look, Ready};
use hublink_checks::frame::Severity;
use hublink_practice::{CASES, Case, SHOWCASE, case};

/// What differs from what a case expects; empty if nothing does.
pub(crate) fn differences(case: &Case, hub: &Hub) -> Vec<String> {
    let mut found = Vec::new();
    let expected = match (case.expects.ready, case.expects.cannot_tell) {
        (true, _) => Ready::Yes,
        (false, None) => Ready::No,
        (false, Some(_)) => Ready::Unknown,
    };
    if hub.verdict.ready != expected {
        found.push(format!("ready is {:?}", hub.verdict.ready));
    }
    if hub.verdict.cause.as_deref() != case.expects.cause {
        found.push(format!("cause is {:?}", hub.verdict.cause));
    }
    if hub.verdict.first_broken.as_deref() != case.expects.first_broken() {
        found.push(format!("first broken is {:?}", hub.verdict.first_broken));
    }
    let owner = hub.verdict.owner.map(|owner| serde_json::to_value(owner).expect("a word"));
    if owner.as_ref().and_then(|owner| owner.as_str()) != case.expects.owner {
        found.push(format!("owner is {owner:?}"));
    }
    if let Some(mention) = case.expects.mentions
        && !causes(hub).contains(&mention)
    {
        found.push(format!("{mention} is not mentioned"));
    }
    let accused = hub.checks.iter().flat_map(|check| &check.causes).find(|cause| {
        cause.severity > Severity::Informs
            && Some(cause.id.as_str()) != case.expects.cause
            && Some(cause.id.as_str()) != case.expects.mentions
    });
    if let Some(accused) = accused {
        found.push(format!("{} is accused too", accused.id));
    }
    found
}

#[cfg_attr(
    windows,
    ignore = "seventy hubs at once: under wine every look-up comes late, and is told so"
)]
#[tokio::test]
async fn every_state_is_named_for_what_it_is() {
    let stage = Stage::start().await;
    let cases: Vec<&Case> = CASES.iter().filter(|case| !case.with_login).collect();
    let mut targets = Vec::new();
    let mut hubs = Vec::new();
    for case in &cases {
        let hub = stage.practice.case(case).await.expect(case.id);
        targets.push(hub.link());
        hubs.push(hub);
    }
    let world = stage.world(|_| {});
    let report = doctor(&world, &targets, short()).await;
    let mut wrong = Vec::new();
    for (case, hub) in cases.iter().zip(&report.hubs) {
        let found = differences(case, hub);
        if !found.is_empty() {
            wrong.push(format!("{}: {}", case.id, found.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Every check that ran tells when it looked, within the hub's examination; a step that builds on
/// another one begins after it.
fn assert_looks(hub: &Hub) {
    let end = |look: &Look| look.begun_ms + look.duration_ms;
    let first = |id: &str| hub.checks.iter().find(|check| check.id == id)?.looks.first().copied();
    for check in hub.checks.iter().filter(|check| check.reason.is_none()) {
        let looks = &check.looks;
        assert!(matches!(looks.len(), 1 | 2), "{}: {looks:?}", check.id);
        assert!(looks.iter().all(|look| end(look) <= hub.duration_ms + 1.0), "{looks:?}");
        let sum: f64 = looks.iter().map(|look| look.duration_ms).sum();
        // A second look of less than a millisecond is not told.
        assert!((check.duration_ms - sum).abs() < 1.2, "{}: {looks:?}", check.id);
    }
    for [before, after] in [["dns", "tcp"], ["tcp", "tls"], ["tls", "certificate"], ["http", "hub"]]
    {
        if let (Some(before), Some(after)) = (first(before), first(after)) {
            assert!(end(&before) <= after.begun_ms + 1.0, "{before:?} {after:?}");
        }
    }
}

#[tokio::test]
async fn ten_hubs_in_ten_states_and_nobody_waits_for_the_silent_one() {
    let stage = Stage::start().await;
    let mut hubs = Vec::new();
    for id in SHOWCASE {
        let case = case(id).expect(id);
        hubs.push(stage.practice.case(case).await.expect(id));
    }
    let path = stage.path("hubs.ini");
    std::fs::write(&path, hublink_practice::World::hubs_ini(&hubs)).expect("a file");
    let world = stage.world(|_| {});
    let report = doctor(&world, &[path.display().to_string()], short()).await;
    assert_eq!(report.hubs.len(), 10);
    for (id, hub) in SHOWCASE.iter().zip(&report.hubs) {
        let found = differences(case(id).expect(id), hub);
        assert!(found.is_empty(), "{id}: {found:?}");
        assert_looks(hub);
    }
    let took = |id: &str| {
        let place = SHOWCASE.iter().position(|known| *known == id).expect(id);
        report.hubs[place].duration_ms
    };
    // Silence costs two attempts of three seconds; the healthy hub must know nothing of it.
    // Under wine every step takes longer.
    let times = if cfg!(windows) { 1.0 } else { 3.0 };
    assert!(took("silent-port") > times * took("healthy"), "{} ms", took("healthy"));
}
