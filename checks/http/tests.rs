//! The probe against a scripted world: what it asks, in which order, and what it never keeps.

use std::net::SocketAddr;
use std::sync::Arc;

use hublink_probe::{
    Ending, Exchange, Failure, FailureKind, Operation, Request, Scheme, ScriptedWorld,
    SystemLookup, Timestamp,
};
use serde_json::json;

use super::*;
use crate::address::HubAddress;
use crate::frame::{Budget, Case, Facts, Origin as Place, Source, Stored, Target};

pub(crate) const AT: &str = "203.0.113.10:443";

pub(crate) fn hub() -> HubAddress {
    HubAddress {
        scheme: Scheme::Https,
        host: "hub.corp.test".to_owned(),
        port: 443,
        prefix: None,
        path: "/hub/".to_owned(),
    }
}

pub(crate) fn world() -> ScriptedWorld {
    ScriptedWorld::at(Timestamp::parse("2026-11-24T13:00:00Z").expect("a time"))
}

/// An answer at an address of the practice network.
pub(crate) fn answer(url: &str, status: u16, location: Option<&str>, body: &str) -> Exchange {
    let url = Url::parse(url).expect("a URL");
    let request = Request {
        scheme: scheme_of(&url).expect("http or https"),
        host: host_of(&url),
        to: format!("203.0.113.10:{}", url.port_or_known_default().expect("a port"))
            .parse()
            .expect("an address"),
        path: path_of(&url),
        user_agent: String::new(),
        connect_limit: std::time::Duration::ZERO,
        handshake_limit: std::time::Duration::ZERO,
        answer_limit: std::time::Duration::ZERO,
        segment: None,
        via: None,
        hand_on: false,
    };
    Exchange {
        status: Some(status),
        next: location.map(str::to_owned),
        body: body.as_bytes().to_vec(),
        body_bytes: body.len() as u64,
        waited_ms: Some(20.0),
        ..Exchange::of(&request, Ending::Complete)
    }
}

/// The answer under the URL it is asked for by, which has no one-time values.
pub(crate) fn script(world: &mut ScriptedWorld, exchange: Exchange) {
    world.exchanges.insert(exchange.url.clone(), exchange);
}

pub(crate) fn context(world: ScriptedWorld, hub: HubAddress) -> (Context, Arc<ScriptedWorld>) {
    let world = Arc::new(world);
    let mut case = Case::new(Facts { hub: Some(hub), hubs_in_run: 1, ..Facts::default() });
    let tcp = serde_json::from_value(json!({ "attempts": [], "chosen": AT })).expect("evidence");
    case.put(Stored::new::<Tcp>(tcp));
    let source = Source { kind: Place::Argument, file: None, line: None };
    let target = Target { name: "practice".to_owned(), source, file: None, text: None };
    let cx = Context {
        world: world.clone(),
        target: Arc::new(target),
        case,
        budget: Budget::default(),
        deadline: None,
        ended: Vec::new(),
    };
    (cx, world)
}

fn ids(evidence: &Evidence, cx: &Context) -> Vec<String> {
    let found = crate::frame::judge(Http::CAUSES, evidence, &cx.case);
    found.into_iter().map(|diagnosis| diagnosis.id).collect()
}

#[tokio::test]
async fn redirects_are_followed_one_by_one_and_one_time_values_are_not_kept() {
    let mut world = world();
    let door = "https://hub.corp.test/internal_windows_authentication/?targetId=SECRET-1";
    script(&mut world, answer("https://hub.corp.test/hub/", 302, Some(door), ""));
    script(&mut world, answer(door, 401, None, ""));
    let (cx, world) = context(world, hub());
    let seen = Http::probe(&cx).await;
    assert_eq!(
        world.asked(),
        [
            "get https://hub.corp.test/hub/",
            "get https://hub.corp.test/internal_windows_authentication/?targetId=…",
        ]
    );
    assert_eq!(seen.login.as_ref().map(|door| door.kind), Some(DoorKind::Windows));
    assert_eq!(seen.stop, Stop::Answer);
    let saved = serde_json::to_string(&seen).expect("JSON");
    assert!(!saved.contains("SECRET"), "{saved}");
    assert!(ids(&seen, &cx).is_empty());
}

#[tokio::test]
async fn an_identity_provider_is_knocked_at_and_not_asked() {
    let mut world = world();
    let idp = "https://idp.other.test/saml?SAMLRequest=SECRET-1&RelayState=SECRET-2";
    script(&mut world, answer("https://hub.corp.test/hub/", 302, Some(idp), ""));
    let address = "198.51.100.80".parse().expect("an address");
    let lookup =
        SystemLookup { replaced: false, addresses: vec![address], failure: None, took_ms: 1.0 };
    world.lookups.insert("idp.other.test".to_owned(), lookup);
    let (cx, world) = context(world, hub());
    let seen = Http::probe(&cx).await;
    assert_eq!(
        world.asked(),
        [
            "get https://hub.corp.test/hub/",
            "lookup idp.other.test",
            "handshake 198.51.100.80:443 idp.other.test",
        ]
    );
    let left = seen.left_to.as_ref().expect("another host");
    assert_eq!(left.to.kind, DestinationKind::IdentityProvider);
    assert!(left.unreached().is_some());
    let saved = serde_json::to_string(&seen).expect("JSON");
    assert!(!saved.contains("SECRET"), "{saved}");
    assert!(ids(&seen, &cx).is_empty(), "its failure is the hub check's business");
}

#[tokio::test]
async fn another_host_is_asked_once_and_without_the_query() {
    let mut world = world();
    let elsewhere = "https://new.other.test/hub/?a=b";
    script(&mut world, answer("https://hub.corp.test/hub/", 301, Some(elsewhere), ""));
    world.lookups.insert(
        "new.other.test".to_owned(),
        SystemLookup {
            replaced: false,
            addresses: vec!["203.0.113.10".parse().expect("an address")],
            failure: None,
            took_ms: 1.0,
        },
    );
    let to: SocketAddr = AT.parse().expect("an address");
    let unreachable = world.handshakes.get(&(to, String::new())).cloned();
    assert!(unreachable.is_none(), "nothing is scripted for that host");
    let handshake = serde_json::from_value(json!({
        "connect": { "to": AT, "took_ms": 1.0 }, "server_name": "new.other.test", "sent": 500,
        "received": 3000, "certificates": 1, "took_ms": 2.0,
    }));
    let handshake = handshake.expect("a handshake");
    world.handshakes.insert((to, "new.other.test".to_owned()), handshake);
    let door = "https://new.other.test/internal_forms_authentication/?targetId=SECRET";
    script(&mut world, answer("https://new.other.test/hub/", 302, Some(door), ""));
    let (cx, world) = context(world, hub());
    let seen = Http::probe(&cx).await;
    assert_eq!(world.asked().last().map(String::as_str), Some("get https://new.other.test/hub/"));
    assert_eq!(world.asked().len(), 4);
    assert_eq!(ids(&seen, &cx), ["http/redirect-to-other-host"]);
}

#[tokio::test]
async fn a_redirect_to_this_computer_is_not_followed() {
    let mut world = world();
    let own = "http://127.0.0.1:8080/x";
    script(&mut world, answer("https://hub.corp.test/hub/", 302, Some(own), ""));
    let (cx, world) = context(world, hub());
    let seen = Http::probe(&cx).await;
    assert_eq!(world.asked(), ["get https://hub.corp.test/hub/"]);
    assert!(seen.left_to.is_some_and(|left| left.not_tried));
}

#[tokio::test]
async fn an_identity_provider_on_this_computer_counts_as_unreached() {
    let mut world = world();
    let idp = "https://idp.other.test/saml?SAMLRequest=SECRET";
    script(&mut world, answer("https://hub.corp.test/hub/", 302, Some(idp), ""));
    let blocked = "0.0.0.0".parse().expect("an address");
    let lookup =
        SystemLookup { replaced: false, addresses: vec![blocked], failure: None, took_ms: 1.0 };
    world.lookups.insert("idp.other.test".to_owned(), lookup);
    let (cx, world) = context(world, hub());
    let seen = Http::probe(&cx).await;
    assert_eq!(world.asked().last().map(String::as_str), Some("lookup idp.other.test"));
    let unreached = seen.left_to.as_ref().and_then(Elsewhere::unreached).expect("a reason");
    assert_eq!(unreached.why, "its name leads to an address that cannot be right: 0.0.0.0");
    assert_eq!(unreached.confidence, crate::frame::Confidence::Likely);
}

#[tokio::test]
async fn the_second_try_is_of_the_address_that_failed_last() {
    let mut world = world();
    let door = "https://hub.corp.test/internal_forms_authentication/?targetId=1";
    script(&mut world, answer("https://hub.corp.test/hub/", 302, Some(door), ""));
    script(&mut world, answer(door, 503, None, ""));
    script(&mut world, answer("https://hub.corp.test/", 503, None, ""));
    let (cx, _) = context(world, hub());
    let mut seen = Http::probe(&cx).await;
    let masked = "https://hub.corp.test/internal_forms_authentication/?targetId=…";
    assert_eq!(seen.retried.as_ref().map(|first| first.url.as_str()), Some(masked));
    assert_eq!(ids(&seen, &cx), ["http/service-error"]);
    if let Some(first) = &mut seen.retried {
        first.url = "https://hub.corp.test/hub/".to_owned();
    }
    assert_eq!(ids(&seen, &cx), ["http/unexplained"], "another address was tried twice");
}

#[tokio::test]
async fn a_tls_alert_instead_of_an_answer_is_no_cut_off() {
    let mut world = world();
    let failure = Failure::of(Operation::ReadAnswer, FailureKind::ClosedEarly);
    for url in ["https://hub.corp.test/hub/", "https://hub.corp.test/"] {
        let ended = Exchange {
            status: None,
            ending: Ending::CutOff,
            failure: Some(failure),
            ..answer(url, 200, None, "")
        };
        script(&mut world, ended);
    }
    let (cx, _) = context(world, hub());
    let mut seen = Http::probe(&cx).await;
    assert_eq!(ids(&seen, &cx), ["http/cut-off"]);
    for answer in seen.hops.iter_mut().chain(&mut seen.retried) {
        answer.alert = Some(116);
    }
    let found = crate::frame::judge(Http::CAUSES, &seen, &cx.case);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, "http/unexplained");
    assert!(found[0].proof.iter().any(|line| line.seen == "116"));
}

#[tokio::test]
async fn a_circle_is_seen_through_fresh_one_time_values() {
    let mut world = world();
    let login = "https://hub.corp.test/login?targetId=1";
    script(&mut world, answer("https://hub.corp.test/hub/", 302, Some(login), ""));
    script(&mut world, answer(login, 302, Some("/login?targetId=2"), ""));
    let (cx, _) = context(world, hub());
    let seen = Http::probe(&cx).await;
    assert_eq!((seen.stop, seen.hops.len()), (Stop::Loop, 2));
    assert_eq!(ids(&seen, &cx), ["http/redirect-loop"]);
}

#[tokio::test]
async fn a_server_that_wants_its_cookie_back_is_left_open() {
    let mut world = world();
    let url = "https://hub.corp.test/hub/";
    let cookies = vec!["test".to_owned()];
    script(&mut world, Exchange { cookies, ..answer(url, 302, Some("/hub/"), "") });
    let (cx, _) = context(world, hub());
    let seen = Http::probe(&cx).await;
    assert_eq!(seen.stop, Stop::Loop);
    assert!(ids(&seen, &cx).is_empty());
    let reason = Http::nothing_seen(&seen).expect("a reason");
    assert_eq!(reason.kind, ReasonKind::CouldNotLook);
}

#[tokio::test]
async fn an_endless_chain_ends_after_ten_requests() {
    let mut world = world();
    script(&mut world, answer("https://hub.corp.test/hub/", 302, Some("/0"), ""));
    for step in 0..20 {
        let next = format!("/{}", step + 1);
        script(&mut world, answer(&format!("https://hub.corp.test/{step}"), 302, Some(&next), ""));
    }
    let (cx, world) = context(world, hub());
    let seen = Http::probe(&cx).await;
    assert_eq!((seen.stop, world.asked().len()), (Stop::TooMany, 10));
}

#[tokio::test]
async fn a_fault_is_asked_for_again_beside_the_root() {
    let mut world = world();
    script(&mut world, answer("https://hub.corp.test/hub/", 503, None, ""));
    script(&mut world, answer("https://hub.corp.test/", 503, None, ""));
    let (cx, world) = context(world, hub());
    let seen = Http::probe(&cx).await;
    assert_eq!(world.asked().len(), 3);
    assert_eq!(ids(&seen, &cx), ["http/service-error"]);
}

#[tokio::test]
async fn the_control_looks_at_port_80_and_at_the_names_of_a_strange_certificate() {
    let mut world = world();
    script(&mut world, answer("https://hub.corp.test/hub/", 404, None, ""));
    let portal = "http://login.hotel.test/start?token=SECRET";
    script(&mut world, answer("http://hub.corp.test/", 302, Some(portal), ""));
    let (mut cx, world) = context(world, hub());
    let seen = Box::pin(Http::probe(&cx)).await;
    cx.case.put(Stored::new::<Http>(seen.clone()));
    let closer = Box::pin(Http::control(&cx, &seen)).await.expect("more evidence");
    assert_eq!(
        world.asked()[1..],
        [
            "get http://hub.corp.test/",
            "lookup login.hotel.test",
            "handshake 203.0.113.10:443 hub.corp.test"
        ]
    );
    let saved = serde_json::to_string(&closer).expect("JSON");
    assert!(!saved.contains("SECRET"), "{saved}");
    assert!(ids(&closer, &cx).is_empty(), "one signal is no proof");
}

fn hanging(url: &str, ending: Ending) -> Exchange {
    let failure = Some(Failure::of(Operation::ReadAnswer, FailureKind::NoAnswer));
    Exchange { status: None, ending, failure, took_ms: 60_000.0, ..answer(url, 200, None, "") }
}

/// The evidence after both passes of a world.
async fn looked_closer(world: ScriptedWorld) -> (Evidence, Context, Arc<ScriptedWorld>) {
    let (mut cx, world) = context(world, hub());
    let seen = Box::pin(Http::probe(&cx)).await;
    cx.case.put(Stored::new::<Http>(seen.clone()));
    let closer = Box::pin(Http::control(&cx, &seen)).await.expect("more evidence");
    (closer, cx, world)
}

#[tokio::test]
async fn a_silent_server_is_asked_again_as_before_and_in_small_segments() {
    let url = "https://hub.corp.test/hub/";
    let mut silent = world();
    script(&mut silent, hanging(url, Ending::Silence));
    let (seen, cx, world) = Box::pin(looked_closer(silent)).await;
    let asked = world.asked();
    assert!(asked.contains(&format!("get {url} in segments of 1000")), "{asked:?}");
    assert_eq!(asked.iter().filter(|line| **line == format!("get {url}")).count(), 2);
    let found = crate::frame::judge(Http::CAUSES, &seen, &cx.case);
    assert_eq!(found[0].id, "http/no-reply");
    assert_eq!(found[0].confidence, crate::frame::Confidence::Likely);
}

#[tokio::test]
async fn what_arrives_in_small_segments_alone_was_too_large_for_the_way() {
    let url = "https://hub.corp.test/hub/";
    for ending in [Ending::Silence, Ending::Stalled] {
        let mut narrow = world();
        script(&mut narrow, hanging(url, ending));
        narrow.small_exchanges.insert(url.to_owned(), answer(url, 200, None, "a page"));
        let (mut seen, cx, _) = Box::pin(looked_closer(narrow)).await;
        assert_eq!(ids(&seen, &cx), ["http/large-answers-lost"]);
        seen.again = Some(answer(url, 200, None, "a page"));
        assert_eq!(ids(&seen, &cx), ["http/unexplained"], "the server was only busy");
    }
}

#[tokio::test]
async fn a_slow_look_up_does_not_cost_what_was_seen_beside_it() {
    let url = "https://hub.corp.test/hub/";
    let mut narrow = world();
    script(&mut narrow, hanging(url, Ending::Silence));
    narrow.small_exchanges.insert(url.to_owned(), answer(url, 200, None, "a page"));
    let portal = "http://login.hotel.test/start";
    script(&mut narrow, answer("http://hub.corp.test/", 302, Some(portal), ""));
    narrow.slow.insert("lookup login.hotel.test".to_owned(), std::time::Duration::from_secs(20));
    let (mut cx, _) = context(narrow, hub());
    let seen = Box::pin(Http::probe(&cx)).await;
    cx.case.put(Stored::new::<Http>(seen.clone()));
    cx.deadline = Some(tokio::time::Instant::now() + std::time::Duration::from_millis(50));
    let closer = Box::pin(Http::control(&cx, &seen)).await.expect("more evidence");
    assert_eq!(ids(&closer, &cx), ["http/large-answers-lost"]);
    assert!(closer.port_80.is_some_and(|port| port.lookup.is_none()));
}

#[tokio::test]
async fn on_windows_segments_stay_as_they_are() {
    let url = "https://hub.corp.test/hub/";
    let mut silent = world();
    silent.os = "windows";
    script(&mut silent, hanging(url, Ending::Silence));
    let (seen, cx, _) = Box::pin(looked_closer(silent)).await;
    assert!(seen.small.is_none() && seen.again.is_some());
    let found = crate::frame::judge(Http::CAUSES, &seen, &cx.case);
    assert_eq!(found[0].id, "http/no-reply");
    assert_eq!(found[0].confidence, crate::frame::Confidence::Possible);
}

#[tokio::test]
async fn the_last_address_is_asked_again_with_its_one_time_values() {
    let door = "https://hub.corp.test/internal_windows_authentication/?targetId=SECRET-1";
    let mut silent = world();
    script(&mut silent, answer("https://hub.corp.test/hub/", 302, Some(door), ""));
    script(&mut silent, hanging(door, Ending::Silence));
    let (seen, _, _) = Box::pin(looked_closer(silent)).await;
    assert_eq!(last_url_of(&seen), Some(door.to_owned()));
    let saved = serde_json::to_string(&seen).expect("JSON");
    assert!(!saved.contains("SECRET"), "{saved}");
}

fn last_url_of(seen: &Evidence) -> Option<String> {
    control::last_url(seen).map(String::from)
}

/// A hub whose port 80 leads to a portal, looked at closely.
async fn caught(host: &str, at: &str) -> (Evidence, Context) {
    let mut world = world();
    let to: SocketAddr = at.parse().expect("an address");
    let moved = |url: &str, port, location| {
        let asked = answer(url, if port == 80 { 302 } else { 404 }, location, "");
        Exchange { to: SocketAddr::new(to.ip(), port), ..asked }
    };
    script(&mut world, moved(&format!("https://{host}/hub/"), 443, None));
    let portal = Some("http://login.hotel.test/start");
    script(&mut world, moved(&format!("http://{host}/"), 80, portal));
    let (mut cx, _) = context(world, HubAddress { host: host.to_owned(), ..hub() });
    let seen = Box::pin(Http::probe(&cx)).await;
    cx.case.put(Stored::new::<Http>(seen.clone()));
    let closer = Box::pin(Http::control(&cx, &seen)).await.expect("more evidence");
    (closer, cx)
}

#[tokio::test]
async fn two_hubs_in_different_networks_that_lead_to_one_stranger_meet_a_portal() {
    let (one, cx) = Box::pin(caught("hub.corp.test", "203.0.113.10:443")).await;
    let (neighbour, _) = Box::pin(caught("other.corp.test", "198.51.100.10:443")).await;
    assert!(Http::compare(&one, &[&neighbour]).is_none(), "one owner may send both there");
    let (next_door, _) = Box::pin(caught("hub.other.test", "203.0.5.9:443")).await;
    assert!(Http::compare(&one, &[&next_door]).is_none(), "one network may be one owner's");
    let (far, _) = Box::pin(caught("hub.other.test", "198.51.100.10:443")).await;
    let compared = Http::compare(&one, &[&far]).expect("the same stranger");
    assert_eq!(ids(&compared, &cx), ["http/captive-portal"]);
    assert!(Http::compare(&compared, &[&far]).is_none(), "nothing new");
}

#[tokio::test]
async fn a_page_that_stops_on_a_connection_nobody_knows_any_more_is_cut_off() {
    let url = "https://hub.corp.test/hub/";
    let mut cut = world();
    let stopped = Exchange {
        status: Some(200),
        body_bytes: 16_000,
        given_up: true,
        ..hanging(url, Ending::Stalled)
    };
    script(&mut cut, stopped);
    let (mut seen, cx, _) = Box::pin(looked_closer(cut)).await;
    assert_eq!(ids(&seen, &cx), ["http/cut-off"]);
    for answer in seen.hops.iter_mut().chain(&mut seen.again).chain(&mut seen.small) {
        answer.given_up = false;
    }
    assert_eq!(ids(&seen, &cx), ["http/unexplained"], "a server may be stuck in the middle");
}

/// A hub whose port 80 leads to a stranger, whose certificate the https port shows.
fn led_away(status: u16) -> Evidence {
    let text = include_str!("../fixtures/http/captive-portal.json");
    let fixture: serde_json::Value = serde_json::from_str(text).expect("a fixture");
    let seen = fixture["evidence"]["http"].clone();
    let mut seen: Evidence = serde_json::from_value(seen).expect("evidence");
    seen.hops[0].status = Some(status);
    seen.port_80.as_mut().expect("port 80").answer.status = Some(status);
    seen
}

#[test]
fn a_start_page_is_certain_only_where_two_hubs_meet_it() {
    use crate::frame::Confidence::{Certain, Likely};

    let confidence = |seen: &Evidence| {
        let (cx, _) = context(world(), hub());
        let found = crate::frame::judge(Http::CAUSES, seen, &cx.case);
        found.iter().find(|c| c.id == "http/captive-portal").map(|cause| cause.confidence)
    };
    assert_eq!(confidence(&led_away(302)), Some(Certain));
    assert_eq!(confidence(&led_away(301)), Some(Likely));
    let alone = |status| Evidence { elsewhere: None, ..led_away(status) };
    assert_eq!(confidence(&alone(302)), Some(Likely));
    assert_eq!(confidence(&alone(301)), None, "a server that moved looks like this");
}

fn elsewhere(handshakes: &serde_json::Value) -> Elsewhere {
    let to = json!({ "url": "https://other.test/", "scheme": "https", "host": "other.test",
                     "port": 443, "kind": "other" });
    serde_json::from_value(json!({ "to": to, "handshakes": handshakes })).expect("a look")
}

fn knocked(kind: &str, to: &str) -> serde_json::Value {
    json!({ "connect": { "to": to, "took_ms": 1.0,
                         "failure": { "operation": "connect", "kind": kind } },
            "server_name": "other.test", "sent": 0, "received": 0, "certificates": 0,
            "took_ms": 0.0 })
}

#[test]
fn another_host_is_dead_for_certain_only_if_that_was_seen_twice_or_it_said_so() {
    use crate::frame::Confidence::{Certain, Likely};
    let confidence =
        |tries: serde_json::Value| elsewhere(&tries).unreached().map(|found| found.confidence);
    let at = "198.51.100.80:443";
    assert_eq!(confidence(json!([knocked("no-answer", at)])), Some(Likely));
    let twice = json!([knocked("no-answer", at), knocked("no-answer", at)]);
    assert_eq!(confidence(twice), Some(Certain));
    assert_eq!(confidence(json!([knocked("refused", at)])), Some(Certain));
    assert_eq!(confidence(json!([knocked("too-many-open", at)])), None);
    assert_eq!(confidence(json!([knocked("not-permitted", at)])), None);
    let without_way = knocked("network-unreachable", "[2001:db8::80]:443");
    assert_eq!(confidence(json!([without_way.clone()])), None);
    assert_eq!(confidence(json!([knocked("refused", at), without_way])), Some(Certain));
    let mut handshake = knocked("refused", at);
    handshake["connect"] = json!({ "to": at, "took_ms": 1.0 });
    handshake["alert"] = json!(40);
    handshake["failure"] = json!({ "operation": "handshake", "kind": "closed-early" });
    assert_eq!(confidence(json!([handshake])), Some(Likely), "other programs may succeed");
}

#[tokio::test]
async fn a_silent_port_that_a_redirect_names_is_tried_twice() {
    let url = "https://hub.corp.test/hub/";
    let mut silent = world();
    script(&mut silent, answer(url, 302, Some("https://hub.corp.test:8443/hub/"), ""));
    let (cx, world) = context(silent, hub());
    let mut seen = Box::pin(Http::probe(&cx)).await;
    let asked = world.asked();
    let tried = asked.iter().filter(|line| **line == "get https://hub.corp.test:8443/hub/");
    assert_eq!(tried.count(), 2, "{asked:?}");
    let confidence = |seen: &Evidence| {
        let found = crate::frame::judge(Http::CAUSES, seen, &cx.case);
        found.first().map(|cause| (cause.id.clone(), cause.confidence))
    };
    let dead = "http/redirect-to-dead-address".to_owned();
    assert_eq!(confidence(&seen), Some((dead.clone(), crate::frame::Confidence::Certain)));
    seen.retried = None;
    assert_eq!(confidence(&seen), Some((dead, crate::frame::Confidence::Likely)));
}

#[test]
fn a_page_that_names_a_filter_is_not_its_own_page() {
    let sign = |status, body: &str| {
        let page = Page::of(&answer("https://hub.corp.test/hub/", status, None, body), None);
        page.filter.map(|sign| sign.product)
    };
    let blocked = "<title>Blocked</title><p>Sophos blocked this page.</p>";
    assert_eq!(sign(200, blocked).as_deref(), Some("Sophos"));
    let titled = format!("<title>Sophos Web Appliance</title>{}", " ".repeat(9000));
    assert_eq!(sign(200, &titled).as_deref(), Some("Sophos"));
    let login = "<p>Away from the office? Use Sophos Connect.</p><input type=\"password\">";
    assert_eq!(sign(200, login), None);
    let long = format!("{}<p>Use Sophos Connect.</p>", "<p>News of the company.</p>".repeat(99));
    assert_eq!(sign(200, &long), None);
    assert_eq!(sign(403, &long).as_deref(), Some("Sophos"));
}
