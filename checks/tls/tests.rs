//! Handshakes that fail, judged from what was seen of them.

use serde_json::{Value, json};

use super::proofs::{alert_name, other_protocol};
use super::*;
use crate::frame::{Case, Diagnosis, judge};

/// A handshake over a line of 40 ms, with some of its fields set.
fn shake(changes: Value) -> Handshake {
    let mut seen = json!({
        "connect": { "to": "10.0.0.1:443", "took_ms": 40.5 },
        "server_name": "hub", "sent": 240, "received": 0, "certificates": 0, "took_ms": 41.0
    });
    let Value::Object(changes) = changes else { panic!("an object") };
    seen.as_object_mut().expect("an object").extend(changes);
    serde_json::from_value(seen).expect("a handshake")
}

fn reset(took_ms: f64, acknowledged: u64) -> Handshake {
    shake(json!({
        "took_ms": took_ms,
        "failure": { "operation": "handshake", "kind": "reset", "code": 104 },
        "state": {
            "retransmits": 0, "total_retransmits": 0, "unacknowledged": 0,
            "bytes_acknowledged": acknowledged, "round_trip_us": 40_000
        }
    }))
}

/// The same for the link's name, once more, and for another name.
fn thrice(one: &Handshake) -> Evidence {
    let (again, other_name) = (Some(one.clone()), Some(one.clone()));
    Evidence { again, other_name, ..Evidence::of(one.clone()) }
}

fn judged(e: &Evidence) -> Vec<Diagnosis> {
    judge(Tls::CAUSES, e, &Case::default())
}

fn told(e: &Evidence) -> Vec<(String, Confidence)> {
    judged(e).into_iter().map(|cause| (cause.id, cause.confidence)).collect()
}

fn one(id: &str, confidence: Confidence) -> Vec<(String, Confidence)> {
    vec![(id.to_owned(), confidence)]
}

fn greeted(version: u16, suite: u16) -> LegacyAnswer {
    LegacyAnswer { version: Some(version), suite: Some(suite), ..LegacyAnswer::default() }
}

#[test]
fn a_tls_record_is_no_other_protocol() {
    let answer = |head: &str, hex: &str| shake(json!({ "head": head, "head_hex": hex }));
    assert_eq!(other_protocol(&answer("....(", "1503030002022800")), None);
    assert_eq!(other_protocol(&answer("SSH-2.0-OpenSSH", "5353482d")), Some("SSH"));
    let record = |hex| other_protocol(&answer(".....", hex)).is_some();
    assert!(!record("16030348001234"), "the longest there is");
    assert!(record("16030348011234"), "a record longer than any");
    assert!(record("16040300501234"), "another major version");
    assert!(!record("1603"), "too little to tell");
}

#[test]
fn every_alert_of_the_standard_has_its_name() {
    for alert in (40..=51).filter(|n| ![41, 47].contains(n)).chain([10, 47, 70, 80, 112, 116, 120])
    {
        assert_ne!(alert_name(alert), "no name");
    }
}

/// Windows ends the connection without an alert where it has no version or method in common.
#[test]
fn a_server_that_only_cuts_todays_greetings_off_is_outdated() {
    for acknowledged in [1, 241] {
        let mut e = thrice(&reset(41.0, acknowledged));
        assert!(proofs::may_be_outdated(&e.handshake));
        assert_eq!(told(&e), one("tls/server-breaks-off", Confidence::Likely));
        e.legacy = Some(greeted(0x0301, 0x2f));
        assert_eq!(told(&e), one("tls/old-protocol-only", Confidence::Likely));
        e.legacy = Some(greeted(0x0303, 0x2f));
        assert_eq!(told(&e), one("tls/no-common-cipher", Confidence::Possible));
        e.legacy = Some(LegacyAnswer { alert: Some(40), ..LegacyAnswer::default() });
        assert_eq!(told(&e), one("tls/server-breaks-off", Confidence::Likely));
    }
    let mut e = thrice(&reset(41.0, 241));
    e.other_name = Some(shake(json!({})));
    e.legacy = Some(greeted(0x0301, 0x2f));
    assert!(judged(&e).iter().all(|cause| cause.id != "tls/old-protocol-only"), "another name");
}

/// Alert 40 also comes of a key that rustls cannot use: that is no outdated server.
#[test]
fn a_key_that_only_this_tool_lacks_is_not_blamed() {
    let refusal = shake(json!({
        "failure": { "operation": "handshake", "kind": "closed-early" }, "alert": 40, "received": 7
    }));
    let mut e = thrice(&refusal);
    e.legacy = Some(greeted(0x0303, 0xc02b));
    assert_eq!(judged(&e)[0].id, "tls/unexplained");
    assert_eq!(judged(&e)[0].severity, Severity::Degrades);
    assert_eq!(Tls::nothing_seen(&e).map(|why| why.kind), Some(ReasonKind::CouldNotLook));
    e.legacy = Some(greeted(0x0303, 0xc009));
    assert_eq!(told(&e), one("tls/no-common-cipher", Confidence::Certain));
}

#[test]
fn whoever_cuts_every_name_off_from_near_is_not_the_server() {
    assert_eq!(told(&thrice(&reset(0.4, 1))), one("tls/blocked-on-the-way", Confidence::Likely));
    assert_eq!(told(&thrice(&reset(40.2, 1))), one("tls/server-breaks-off", Confidence::Likely));
    let mut late = reset(0.4, 1);
    late.connect.took_ms = 90.0;
    let unsure = one("tls/server-breaks-off", Confidence::Possible);
    assert_eq!(told(&thrice(&late)), unsure, "this program was busy");
    let mut e = thrice(&reset(0.4, 1));
    e.again = Some(reset(40.2, 1));
    assert_eq!(told(&e), unsure, "only some of them");
}

#[test]
fn a_passed_or_silent_handshake_is_not_greeted_as_of_old() {
    let silent = json!({ "failure": { "operation": "handshake", "kind": "no-answer" } });
    assert!(!proofs::may_be_outdated(&shake(silent)));
    assert!(!proofs::may_be_outdated(&shake(json!({}))));
}
