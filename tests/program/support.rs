//! What the whole-program tests share: a run of the doctor in the practice world.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hublink::doctor::examine;
use hublink::engine::{LoginSettings, Settings, Stop};
use hublink::output::json_document;
use hublink::report::{Hub, Report, schema};
use hublink::review::{read_text, review};
use hublink::targets::expand;
use hublink_checks::frame::Budget;
use hublink_practice::World as Practice;
use hublink_probe::{Policy, Pretend, RealWorld, World, WorldOptions};
use serde_json::Value;
use tempfile::TempDir;

use crate::formats::assert_readable;

/// A practice world and the files a doctor needs to visit it.
pub(crate) struct Stage {
    /// The world.
    pub(crate) practice: Practice,
    folder: TempDir,
}

impl Stage {
    /// Starts a world with nobody in it.
    pub(crate) async fn start() -> Self {
        let practice = Practice::start(time::OffsetDateTime::now_utc()).await.expect("a world");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), practice.ca_pem()).expect("a file");
        Self { practice, folder }
    }

    /// A path in the stage's own folder.
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// A world for the doctor whose look-ups go to the practice name server.
    pub(crate) fn world(&self, change: impl FnOnce(&mut WorldOptions)) -> Arc<dyn World> {
        let mut options = WorldOptions {
            ca_files: vec![self.path("ca.pem")],
            resolver: Some(self.practice.resolver()),
            pretend: Pretend {
                policy: Policy { loopback_allowed: true, ..Policy::default() },
                no_system_roots: true,
                // That of wine leaves out what the practice hubs want; `tests/windows-login` has others.
                own_ntlm: true,
                // The machine may have a proxy; nothing here goes through one.
                variables: Some(Vec::new()),
                no_computer: true,
                ..Pretend::default()
            },
            ..WorldOptions::default()
        };
        change(&mut options);
        Arc::new(RealWorld::new(options).expect("a world to look at"))
    }
}

/// Limits that keep a hub which never answers from stopping the tests for a minute.
pub(crate) fn short() -> Budget {
    Budget {
        // Less than this, and silence says nothing about a hub.
        first_answer: Duration::from_secs(26),
        later_answer: Duration::from_secs(26),
        handshake: Duration::from_secs(3),
        ..Budget::default()
    }
}

/// One run of the doctor; its report is valid.
pub(crate) async fn doctor(world: &Arc<dyn World>, targets: &[String], budget: Budget) -> Report {
    let expanded = expand(&**world, targets, &mut std::io::empty()).expect("targets");
    let settings = Settings {
        budget,
        deadline: Duration::from_secs(90),
        jobs: 64,
        stop_at_first: false,
        login: LoginSettings::default(),
    };
    let (_interrupt, stop) = Stop::new(settings.deadline);
    let report = examine(world, expanded, &settings, &stop, None, &|_| {}).await;
    assert_valid(&serde_json::to_value(&report).expect("a report is plain data"));
    assert_readable(&report);
    assert_judged_alike(&report);
    report
}

/// Panics unless a review of the fresh report says what the report says.
pub(crate) fn assert_judged_alike(report: &Report) {
    let text = json_document(report);
    let saved = read_text("the fresh report", &text).unwrap_or_else(|error| panic!("{error}"));
    let reviewed = review(&saved);
    let told = reviewed.review.as_ref().expect("a review");
    assert!(told.changes.is_empty() && told.unknown.is_empty(), "{told:#?}");
    assert_valid(&serde_json::to_value(&reviewed).expect("plain data"));
    let as_it_was = Report { review: None, ..reviewed };
    for (before, now) in report.hubs.iter().zip(&as_it_was.hubs) {
        for (before, now) in before.checks.iter().zip(&now.checks) {
            assert_eq!(before, now);
        }
        assert_eq!(before, now);
    }
    assert_eq!(*report, as_it_was);
}

/// Panics unless the document is a valid report.
pub(crate) fn assert_valid(report: &Value) {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        jsonschema::validator_for(schema().as_value()).expect("the schema is a schema")
    });
    let errors: Vec<String> =
        validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "the report does not match its schema: {errors:#?}");
}

/// The ids of all causes of a hub.
pub(crate) fn causes(hub: &Hub) -> Vec<&str> {
    hub.checks.iter().flat_map(|check| &check.causes).map(|cause| cause.id.as_str()).collect()
}
