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
        port: Some(443),
        connected: true,
        another_port_answered: false,
        rejected_by: None,
        name_server_answered: true,
        through_proxy: false,
        failed: None,
        cause: None,
        confidence: None,
        symptom: None,
        unknown_issuer: None,
    }
}

fn failing(hub: HubSeen, cause: &str, kind: FailureKind) -> HubSeen {
    let check = cause.split('/').next().expect("a check");
    HubSeen {
        connected: check != "tcp",
        failed: Some(check.to_owned()),
        cause: Some(cause.to_owned()),
        confidence: Some(Confidence::Likely),
        symptom: Some(Symptom { kind, code: None, alert: None, prompt: false }),
        ..hub
    }
}

fn silent(hub: HubSeen) -> HubSeen {
    failing(hub, "tcp/no-answer", FailureKind::NoAnswer)
}

/// Hubs of two owners, on two networks of the Internet.
fn two_outside(change: impl Fn(HubSeen) -> HubSeen) -> Vec<HubSeen> {
    vec![
        change(hub(0, "sense.example.com", "198.18.0.1")),
        change(hub(1, "hub.example.net", "198.19.0.1")),
    ]
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
    let found =
        found(two_outside(|hub| failing(hub, "tcp/link-port-closed", FailureKind::Refused)));
    assert_eq!(ids(&found), ["across/unexplained"]);
}

#[test]
fn two_unrelated_hubs_that_are_cut_off_alike_are_no_coincidence() {
    for (cause, kind) in [
        ("tcp/refused", FailureKind::Refused),
        ("tls/server-breaks-off", FailureKind::ClosedEarly),
        ("tls/server-silent", FailureKind::NoAnswer),
        ("http/unexplained", FailureKind::Reset),
    ] {
        let found = found(two_outside(|hub| failing(hub, cause, kind)));
        assert_eq!(ids(&found), ["across/all-fail-alike"], "{cause}");
        assert_eq!(found[0].confidence, Confidence::Likely, "{cause}");
    }
}

#[test]
fn a_fault_proven_at_each_hub_is_not_set_aside() {
    for (cause, kind) in [
        ("tls/old-protocol-only", FailureKind::ClosedEarly),
        ("tls/client-certificate-required", FailureKind::ClosedEarly),
        ("tls/name-refused", FailureKind::ClosedEarly),
        ("http/port-wants-https", FailureKind::Reset),
        ("tcp/host-down", FailureKind::HostUnreachable),
    ] {
        let found = found(two_outside(|hub| failing(hub, cause, kind)));
        assert_eq!(ids(&found), ["across/unexplained"], "{cause}");
    }
    // The refusals took the whole way to the servers.
    let far = |hub| HubSeen {
        confidence: Some(Confidence::Certain),
        ..failing(hub, "tcp/refused", FailureKind::Refused)
    };
    assert_eq!(ids(&found(two_outside(far))), ["across/unexplained"]);
}

#[test]
fn an_alert_is_the_servers_own_word() {
    let alert = |hub: HubSeen, alert| {
        let hub = failing(hub, "tls/server-breaks-off", FailureKind::ClosedEarly);
        let symptom = hub.symptom.map(|symptom| Symptom { alert, ..symptom });
        HubSeen { symptom, ..hub }
    };
    let mut hubs = two_outside(|hub| alert(hub, Some(40)));
    assert_eq!(ids(&found(hubs.clone())), ["across/unexplained"]);
    hubs[1] = alert(hubs[1].clone(), None);
    assert_eq!(ids(&found(hubs)), ["across/unexplained"]);
}

#[test]
fn hubs_of_one_owner_may_fail_together() {
    let refused = |hub| failing(hub, "tcp/refused", FailureKind::Refused);
    let of_one_company = found(vec![
        refused(hub(0, "qlik1.corp.test", "10.1.0.5")),
        refused(hub(1, "qlik2.corp.test", "198.18.0.5")),
    ]);
    assert_eq!(ids(&of_one_company), ["across/all-fail-alike"]);
    assert_eq!(of_one_company[0].confidence, Confidence::Possible);
    let of_one_network = found(vec![
        refused(hub(0, "qlik1.corp.test", "10.1.0.5")),
        refused(hub(1, "qlik2.other.test", "10.1.0.6")),
    ]);
    assert_eq!(ids(&of_one_network), ["across/unexplained"]);
}

#[test]
fn an_inside_hub_of_which_anything_answers_is_not_cut_off() {
    let with_tenant = |change: &dyn Fn(HubSeen) -> HubSeen| {
        found(vec![
            change(hub(0, "a.corp.test", "10.1.0.1")),
            change(hub(1, "b.corp.test", "10.2.0.1")),
            hub(2, "t.example.com", "198.18.0.1"),
        ])
    };
    let other_port = |cause: &'static str, kind| {
        move |hub| HubSeen { another_port_answered: true, ..failing(hub, cause, kind) }
    };
    let answered: [&dyn Fn(HubSeen) -> HubSeen; 4] = [
        &other_port("tcp/port-silent", FailureKind::NoAnswer),
        &other_port("tcp/link-port-closed", FailureKind::NoAnswer),
        &|hub| failing(hub, "tcp/host-down", FailureKind::HostUnreachable),
        // A router inside rejects it, so the way leads inside.
        &|hub| HubSeen {
            rejected_by: Some("10.0.0.1".parse().expect("an address")),
            ..failing(hub, "tcp/rejected-on-the-way", FailureKind::HostUnreachable)
        },
    ];
    for (n, change) in answered.into_iter().enumerate() {
        assert!(with_tenant(change).is_empty(), "{n}: {:?}", ids(&with_tenant(change)));
    }
    assert_eq!(ids(&with_tenant(&silent)), ["across/inside-unreachable"]);
}

#[test]
fn what_rejects_all_hubs_outside_is_near_and_what_rejects_one_is_its_own() {
    let rejected = |by: [Option<&str>; 2]| {
        let mut hubs = two_outside(|hub| {
            failing(hub, "tcp/rejected-on-the-way", FailureKind::HostUnreachable)
        });
        for (hub, by) in hubs.iter_mut().zip(by) {
            hub.rejected_by = by.map(|by| by.parse().expect("an address"));
        }
        found(hubs)
    };
    let gateway = Some("10.0.0.1");
    assert_eq!(ids(&rejected([gateway, gateway])), ["across/egress-blocked"]);
    assert_eq!(ids(&rejected([None, None])), ["across/egress-blocked"]);
    let own = [Some("198.18.0.254"), Some("198.19.0.254")];
    assert_eq!(ids(&rejected(own)), ["across/unexplained"]);
}

#[test]
fn one_port_that_is_silent_at_unrelated_hubs_is_blocked_near() {
    let silent_at = |cause: &str, port, hub| HubSeen {
        another_port_answered: true,
        port: Some(port),
        ..failing(hub, cause, FailureKind::NoAnswer)
    };
    let open_at_443 = two_outside(|hub| silent_at("tcp/link-port-closed", 4244, hub));
    assert_eq!(ids(&found(open_at_443)), ["across/unexplained"]);
    let silent = |hub| silent_at("tcp/port-silent", 443, hub);
    assert_eq!(ids(&found(two_outside(silent))), ["across/egress-blocked"]);
    let of_one_company = found(vec![
        silent(hub(0, "qlik1.corp.test", "198.18.0.1")),
        silent(hub(1, "qlik2.corp.test", "198.19.0.1")),
    ]);
    assert_ne!(ids(&of_one_company), ["across/egress-blocked"]);
}

#[test]
fn a_remedy_names_the_ports_of_the_links() {
    let found = found(two_outside(|hub| HubSeen { port: Some(8443), ..silent(hub) }));
    assert_eq!(ids(&found), ["across/egress-blocked"]);
    assert!(found[0].remedy[0].contains("hub.example.net:8443, sense.example.com:8443"));
}
