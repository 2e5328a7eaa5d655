use hublink_probe::FailureKind;

use super::*;
use crate::frame::{Case, Diagnosis, judge};

fn hub(n: usize, host: &str, address: &str) -> HubSeen {
    let address: IpAddr = address.parse().expect("an address");
    HubSeen {
        hub: n,
        host: host.to_owned(),
        addresses: vec![address],
        place: if address.to_string().starts_with("10.") { Place::Inside } else { Place::Outside },
        on_link: false,
        connected: true,
        name_server_answered: true,
        through_proxy: false,
        failed: None,
        cause: None,
        symptom: None,
        unknown_issuer: None,
    }
}

fn silent(hub: HubSeen) -> HubSeen {
    HubSeen {
        connected: false,
        failed: Some("tcp".to_owned()),
        cause: Some("tcp/no-answer".to_owned()),
        symptom: Some(Symptom { kind: FailureKind::NoAnswer, code: None, prompt: false }),
        ..hub
    }
}

fn found(hubs: Vec<HubSeen>) -> Vec<Diagnosis> {
    judge(Across::CAUSES, &Evidence { hubs, vpn_up: false }, &Case::default())
}

fn ids(found: &[Diagnosis]) -> Vec<&str> {
    found.iter().map(|one| one.id.as_str()).collect()
}

#[test]
fn one_hub_shows_nothing() {
    assert!(found(vec![silent(hub(0, "a.test", "10.1.0.1"))]).is_empty());
    assert!(found(Vec::new()).is_empty());
}

#[test]
fn the_hubs_it_explains_are_named_and_the_others_are_not() {
    let found = found(vec![
        silent(hub(0, "a.corp.test", "10.1.0.1")),
        hub(1, "t.example.com", "198.18.0.1"),
        silent(hub(2, "b.corp.test", "10.2.0.1")),
    ]);
    assert_eq!(ids(&found), ["across/inside-unreachable"]);
    assert_eq!(found[0].hubs, [0, 2]);
}

#[test]
fn an_inside_hub_that_answers_clears_the_vpn() {
    let found = found(vec![
        silent(hub(0, "a.corp.test", "10.1.0.1")),
        hub(1, "t.example.com", "198.18.0.1"),
        hub(2, "b.corp.test", "10.2.0.1"),
    ]);
    assert!(found.is_empty(), "{:?}", ids(&found));
}

#[test]
fn a_hub_behind_a_proxy_is_not_compared() {
    let through = |hub: HubSeen| HubSeen { through_proxy: true, ..hub };
    let found = found(vec![
        through(silent(hub(0, "a.test", "198.18.0.1"))),
        through(silent(hub(1, "b.test", "198.19.0.1"))),
    ]);
    assert_eq!(ids(&found), ["across/unexplained"]);
}

#[test]
fn the_same_slip_in_two_links_is_no_fault_of_the_network() {
    let slip = |n, host: &str, at: &str| HubSeen {
        cause: Some("tcp/link-port-closed".to_owned()),
        symptom: Some(Symptom { kind: FailureKind::Refused, code: Some(111), prompt: true }),
        ..silent(hub(n, host, at))
    };
    let found = found(vec![slip(0, "a.test", "198.18.0.1"), slip(1, "b.test", "198.19.0.1")]);
    assert_eq!(ids(&found), ["across/unexplained"]);
}
