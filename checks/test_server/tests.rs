//! When a test server is suspected, and when nothing is said.

use hublink_probe::{AccountKind, AccountName};
use serde_json::json;

use super::*;
use crate::frame::{Facts, Stored, judge};

fn ended(check: &str, status: Status) -> EndedCheck {
    EndedCheck { check: check.to_owned(), status, reason: None, cause: None }
}

fn case(desktop_refuses: Option<bool>) -> Case {
    let account = AccountName { kind: AccountKind::Password, user: Some("alice".to_owned()) };
    let mut case = Case::new(Facts { account: Some(account), desktop_refuses, ..Facts::default() });
    let licence = json!({ "socket": {
        "exchange": { "url": "https://hub.corp.test/app/engineData", "to": "203.0.113.10:443",
            "ending": "complete", "status": 101, "body_bytes": 0, "took_ms": 1.0 },
        "upgraded": true,
        "messages": [{ "topic": "OnConnected", "session_state": "SESSION_CREATED", "at_ms": 1.0 }],
    }});
    case.put(Stored::new::<Licence>(serde_json::from_value(licence).expect("evidence")));
    case
}

fn seen(odd: Option<EndedCheck>) -> Evidence {
    let well = ["link", "tls", "http", "hub", "login", "licence"];
    let mut examined: Vec<EndedCheck> =
        well.iter().map(|check| ended(check, Status::Passed)).collect();
    examined.extend(odd);
    Evidence { examined, hints: Vec::new() }
}

fn told(evidence: &Evidence, case: &Case) -> (Vec<String>, Option<ReasonKind>) {
    let causes = judge(TestServer::CAUSES, evidence, case).into_iter().map(|cause| cause.id);
    let reason = TestServer::nothing_to_judge(evidence, case).map(|reason| reason.kind);
    (causes.collect(), reason)
}

#[test]
fn it_takes_the_users_word_and_all_other_checks() {
    let suspected = vec!["test-server/suspected-test-licence".to_owned()];
    assert_eq!(told(&seen(None), &case(Some(true))), (suspected.clone(), None));
    assert_eq!(told(&seen(None), &case(None)), (Vec::new(), Some(ReasonKind::NotAsked)));
    let works = (Vec::new(), Some(ReasonKind::NotApplicable));
    assert_eq!(told(&seen(None), &case(Some(false))), works);
    let not_applicable = EndedCheck {
        reason: Some(ReasonKind::NotApplicable),
        ..ended("hubs-file", Status::Skipped)
    };
    assert_eq!(told(&seen(Some(not_applicable)), &case(Some(true))), (suspected, None));
}

#[test]
fn whatever_was_not_examined_or_is_not_well_ends_the_suspicion() {
    for status in [Status::Errored, Status::Skipped, Status::Warned] {
        let (causes, reason) = told(&seen(Some(ended("clock", status))), &case(Some(true)));
        assert_eq!(causes, ["test-server/unexplained"], "{status:?}");
        assert_eq!(reason, Some(ReasonKind::CouldNotLook), "{status:?}");
    }
    let failed = EndedCheck {
        cause: Some("licence/none-allocated".to_owned()),
        ..ended("licence", Status::Failed)
    };
    let (causes, reason) = told(&seen(Some(failed)), &case(Some(true)));
    assert!(!causes.contains(&"test-server/suspected-test-licence".to_owned()));
    assert_eq!(reason, Some(ReasonKind::Because));
}

#[test]
fn a_name_is_a_hint_only_as_a_whole_part() {
    assert_eq!(hints("qlik-test.corp.example", ""), ["test"]);
    assert_eq!(hints("sense.corp.example", "Sense (UAT)"), ["uat"]);
    assert!(hints("latest-contest.corp.example", "Device").is_empty());
}
