//! The choice of probes, and what the tables make of them.

use std::sync::Arc;

use hublink_probe::{
    Failure, Handshake, Icmp, Interface, InterfaceKind, Operation, ScriptedWorld, Subnet, TcpState,
    Timestamp,
};

use super::failed::{host_down, no_answer, off_network, refused, rejected_on_the_way};
use super::partly::{one_address_dead, one_family_broken, rate_limited, unreliable};
use super::*;
use crate::address::HubAddress;
use crate::frame::{Budget, Case, Confidence, Facts, Severity, Stored, context_for_tests, judge};
use crate::tls::{self, Tls};

fn attempt(to: &str, kind: Option<FailureKind>, took_ms: f64) -> Connect {
    Connect {
        to: to.parse().expect("an address"),
        from: None,
        failure: kind.map(|kind| Failure::of(Operation::Connect, kind)),
        icmp: None,
        state: None,
        took_ms,
    }
}

fn evidence(attempts: Vec<Connect>) -> Evidence {
    let chosen = attempts.iter().find(|a| a.succeeded()).map(|a| a.to);
    Evidence { attempts, chosen, control: None, series: None, others: None }
}

fn control_with(again: Vec<Connect>, ports: Vec<Connect>, quiet: Vec<Connect>) -> Control {
    Control { again, ports, tls_on_443: None, quiet }
}

fn resent(to: &str, times: u32) -> Connect {
    let state = TcpState {
        retransmits: 0,
        total_retransmits: times,
        unacknowledged: 0,
        bytes_acknowledged: None,
        bytes_received: None,
        round_trip_us: 40_000,
    };
    Connect { state: Some(state), ..attempt(to, None, 41.0) }
}

fn world() -> ScriptedWorld {
    ScriptedWorld::at(Timestamp::parse("2026-11-24T12:00:00Z").expect("a time"))
}

fn context(world: ScriptedWorld) -> (Context, Arc<ScriptedWorld>) {
    let world = Arc::new(world);
    (context_for_tests(Arc::clone(&world), Facts::default(), Budget::default()), world)
}

fn facts_with(kind: InterfaceKind, up: bool, address: &str) -> Facts {
    let address = address.parse().expect("an IP");
    let addresses = vec![Subnet { address, prefix: 24 }];
    let interfaces = vec![Interface { name: "tun0".into(), kind, up, addresses }];
    Facts { interfaces, ..Facts::default() }
}

#[test]
fn a_family_without_any_route_is_set_aside() {
    let e = evidence(vec![
        attempt("[2001:db8::1]:443", Some(FailureKind::NetworkUnreachable), 0.0),
        attempt("10.0.0.1:443", Some(FailureKind::Refused), 20.0),
    ]);
    assert_eq!(relevant(&e).len(), 1);
    assert!(refused(&e, &Case::default()).is_some());
    assert!(off_network(&e, &Case::default()).is_none());
}

#[test]
fn near_and_far_need_a_quiet_round_trip_to_compare_with() {
    let refusal = attempt("10.0.0.1:443", Some(FailureKind::Refused), 0.2);
    let mut e = evidence(vec![refusal.clone()]);
    e.control = Some(control_with(Vec::new(), vec![resent("10.0.0.1:80", 0)], Vec::new()));
    assert!(rejected_on_the_way(&e, &Case::default()).is_none(), "not amid other work");
    let quiet = vec![refusal, resent("10.0.0.1:80", 0)];
    e.control = Some(control_with(Vec::new(), Vec::new(), quiet));
    let proof = rejected_on_the_way(&e, &Case::default()).expect("a near refusal");
    assert_eq!(proof.confidence, Some(Confidence::Likely));
    let neighbour = Case::new(facts_with(InterfaceKind::Other, true, "10.0.0.9"));
    assert!(rejected_on_the_way(&e, &neighbour).is_none(), "a hub next door is that fast");
}

#[test]
fn what_only_documents_tell_of_windows_is_less_sure() {
    let windows = Case::new(Facts { os: "windows".into(), ..Facts::default() });
    let sure = |e: &Evidence, case: &Case| judge(Tcp::CAUSES, e, case)[0].confidence;
    let refusal = |ms| attempt("10.0.0.1:443", Some(FailureKind::Refused), ms);
    let refused = |ms| {
        let mut e = evidence(vec![refusal(2008.0)]);
        let quiet = vec![refusal(ms), resent("10.0.0.1:80", 0)];
        e.control = Some(control_with(Vec::new(), Vec::new(), quiet));
        e
    };
    let (near, far) = (refused(0.6), refused(41.0));
    assert_eq!(sure(&near, &Case::default()), Confidence::Likely);
    assert_eq!(sure(&near, &windows), Confidence::Possible);
    assert_eq!(sure(&far, &Case::default()), Confidence::Certain);
    assert_eq!(sure(&far, &windows), Confidence::Likely);
}

#[test]
fn where_the_sender_is_not_told_an_unreachable_host_accuses_nobody() {
    let e = evidence(vec![attempt("10.0.0.1:443", Some(FailureKind::HostUnreachable), 0.3)]);
    let first = |os: &str| {
        let case = Case::new(Facts { os: os.into(), ..Facts::default() });
        judge(Tcp::CAUSES, &e, &case)[0].id.clone()
    };
    assert_eq!(first("linux"), "tcp/blocked-on-this-computer");
    assert_eq!(first("windows"), "tcp/unexplained");
}

#[test]
fn a_quick_refusal_that_cannot_be_placed_is_less_sure() {
    let e = |ms| {
        let mut e = evidence(vec![attempt("10.0.0.1:443", Some(FailureKind::Refused), 30.0)]);
        let quiet = vec![attempt("10.0.0.1:443", Some(FailureKind::Refused), ms)];
        e.control = Some(control_with(Vec::new(), Vec::new(), quiet));
        e
    };
    let sure = |ms, case: &Case| refused(&e(ms), case).expect("a refusal").confidence.is_none();
    assert!(sure(20.0, &Case::default()));
    assert!(!sure(0.2, &Case::default()));
    assert!(sure(0.2, &Case::new(facts_with(InterfaceKind::Other, true, "10.0.0.9"))));
    // The first attempt was made amid other work, which alone takes as long.
    let busy = evidence(vec![attempt("10.0.0.1:443", Some(FailureKind::Refused), 30.0)]);
    let proof = refused(&busy, &Case::default()).expect("a refusal");
    assert_eq!(proof.confidence, Some(Confidence::Likely));
}

#[test]
fn a_rejection_that_comes_late_is_no_computer_that_is_off() {
    let late = |code| {
        let sender = Some("10.9.0.1".parse().expect("an address"));
        let icmp = Some(Icmp { v6: false, kind: 3, code, sender });
        let attempt = attempt("10.0.0.1:443", Some(FailureKind::HostUnreachable), 3070.0);
        evidence(vec![Connect { icmp, ..attempt }])
    };
    let none = Case::default();
    for prohibited in [10, 13] {
        assert!(host_down(&late(prohibited), &none).is_none());
        assert!(rejected_on_the_way(&late(prohibited), &none).is_some());
    }
    assert!(host_down(&late(1), &none).is_some());
    assert!(rejected_on_the_way(&late(1), &none).is_none());
}

#[test]
fn every_address_needs_its_own_round_trip() {
    let refusal = |to: &str| attempt(to, Some(FailureKind::Refused), 0.2);
    let mut e = evidence(vec![refusal("10.0.0.1:443"), refusal("10.0.0.2:443")]);
    let quiet = vec![refusal("10.0.0.1:443"), resent("10.0.0.1:80", 0), refusal("10.0.0.2:443")];
    e.control = Some(control_with(Vec::new(), Vec::new(), quiet));
    assert!(rejected_on_the_way(&e, &Case::default()).is_none());
    assert!(refused(&e, &Case::default()).is_some());
}

#[test]
fn an_address_that_fails_at_once_beside_a_good_one_of_the_other_family_is_no_fault() {
    let e = evidence(vec![
        attempt("[2001:db8::1]:443", Some(FailureKind::NetworkUnreachable), 0.0),
        attempt("10.0.0.1:443", None, 20.0),
    ]);
    assert!(one_family_broken(&e, &Case::default()).is_none());
    assert!(one_address_dead(&e, &Case::default()).is_none());
}

#[test]
fn an_address_that_accepts_at_the_second_attempt_is_not_dead() {
    let mut e = evidence(vec![
        attempt("10.0.0.1:443", None, 20.0),
        attempt("10.0.0.2:443", Some(FailureKind::NoAnswer), 3300.0),
    ]);
    let again = |kind| vec![attempt("10.0.0.2:443", kind, 20.0)];
    e.control = Some(control_with(again(None), Vec::new(), Vec::new()));
    assert!(one_address_dead(&e, &Case::default()).is_none());
    e.control = Some(control_with(again(Some(FailureKind::NoAnswer)), Vec::new(), Vec::new()));
    let proof = one_address_dead(&e, &Case::default()).expect("a dead address");
    assert_eq!(proof.confidence, None);
}

#[test]
fn an_inside_address_is_silent_because_of_the_vpn_only_while_that_is_down() {
    let silent = |to: &str| attempt(to, Some(FailureKind::NoAnswer), 3300.0);
    let mut e = evidence(vec![silent("10.0.0.1:443")]);
    e.control =
        Some(control_with(vec![silent("10.0.0.1:443")], vec![silent("10.0.0.1:80")], vec![]));
    let down = Case::new(facts_with(InterfaceKind::Vpn, false, "10.8.0.2"));
    let proof = off_network(&e, &down).expect("the VPN is off");
    assert_eq!(proof.confidence, Some(Confidence::Likely));
    assert!(no_answer(&e, &down).is_some(), "it is suppressed, not disproven");
    let up = Case::new(facts_with(InterfaceKind::Vpn, true, "10.8.0.2"));
    assert!(off_network(&e, &up).is_none());
    let next_door = Case::new(facts_with(InterfaceKind::Vpn, false, "10.0.0.9"));
    assert!(off_network(&e, &next_door).is_none());
}

#[tokio::test]
async fn what_stayed_unanswered_is_tried_again_beside_the_other_ports() {
    let (cx, world) = context(world());
    let bad = evidence(vec![attempt("10.0.0.1:443", Some(FailureKind::NoAnswer), 3000.0)]);
    let control = try_again(&cx, &bad).await.expect("control probes");
    assert_eq!((control.again.len(), control.ports.len()), (1, 2));
    assert_eq!(world.asked().len(), 3);
    let refused = evidence(vec![attempt("10.0.0.1:443", Some(FailureKind::Refused), 1.0)]);
    let control = try_again(&cx, &refused).await.expect("control probes");
    assert!(control.again.is_empty(), "a refusal is an answer and needs no second try");
}

#[tokio::test]
async fn every_address_of_the_hub_is_controlled() {
    let (cx, world) = context(world());
    let refused = |to: &str| attempt(to, Some(FailureKind::Refused), 1.0);
    let e = evidence(vec![refused("10.0.0.1:8443"), refused("[fd00::1]:8443")]);
    let control = try_again(&cx, &e).await.expect("control probes");
    assert_eq!(control.ports.len(), 6);
    assert!(world.asked().contains(&"connect [fd00::1]:4244".to_owned()));
}

#[tokio::test]
async fn beside_a_good_address_only_the_silent_one_is_tried_again() {
    let (cx, world) = context(world());
    let good = attempt("10.0.0.1:443", None, 1.0);
    assert!(try_again(&cx, &evidence(vec![good.clone()])).await.is_none());
    let silent = attempt("10.0.0.2:443", Some(FailureKind::NoAnswer), 3300.0);
    let control = try_again(&cx, &evidence(vec![good, silent])).await.expect("a second try");
    assert!(control.ports.is_empty());
    assert_eq!(world.asked(), ["connect 10.0.0.2:443"]);
}

#[tokio::test]
async fn a_refusal_is_measured_apart_beside_a_port_that_accepts() {
    let (cx, world) = context(world());
    let mut e = evidence(vec![attempt("10.0.0.1:443", Some(FailureKind::Refused), 1.0)]);
    let open = attempt("10.0.0.1:80", None, 20.0);
    e.control = Some(control_with(Vec::new(), vec![open], Vec::new()));
    let seen = Tcp::control(&cx, &e).await.and_then(|seen| seen.control).expect("a control");
    assert_eq!(seen.quiet.len(), 6);
    assert_eq!(world.asked()[..2], ["connect quietly 10.0.0.1:443", "connect quietly 10.0.0.1:80"]);
}

/// A world in which the connections to one address end as listed, and then all accept.
fn world_of(ends: &[Option<FailureKind>]) -> ScriptedWorld {
    let mut world = world();
    let to = SocketAddr::from(([10, 0, 0, 1], 443));
    let first = ends.iter().map(|kind| attempt("10.0.0.1:443", *kind, 20.0)).collect();
    world.first_connects.get_mut().expect("no poison").insert(to, first);
    world.connects.insert(to, attempt("10.0.0.1:443", None, 20.0));
    world
        .connects
        .insert(SocketAddr::from(([10, 0, 0, 1], 80)), attempt("10.0.0.1:80", None, 20.0));
    world
}

async fn series_of(ends: &[Option<FailureKind>], why: Why) -> (Evidence, Vec<String>) {
    let (cx, world) = context(world_of(ends));
    let to = SocketAddr::from(([10, 0, 0, 1], 443));
    let taken = series::take(&cx, to, why).await;
    let e = evidence(vec![resent("10.0.0.1:443", 1)]);
    (Evidence { series: Some(taken), ..e }, world.asked())
}

const OK: Option<FailureKind> = None;
const LOST: Option<FailureKind> = Some(FailureKind::NoAnswer);
const NO: Option<FailureKind> = Some(FailureKind::Refused);

#[tokio::test]
async fn a_series_hands_over_what_it_has_when_the_time_is_over() {
    let mut world = world_of(&[]);
    world.slow.insert("connect 10.0.0.1:443".to_owned(), Duration::from_millis(40));
    let (mut cx, _) = context(world);
    cx.deadline = Some(Instant::now() + Duration::from_millis(100));
    let to = SocketAddr::from(([10, 0, 0, 1], 443));
    let taken = series::take(&cx, to, Why::ALaterStepGotNone).await;
    assert!((1..3).contains(&taken.first.len()), "{}", taken.first.len());
    assert!(taken.second.is_empty() && taken.together.is_empty());
}

#[tokio::test]
async fn one_late_connection_among_good_ones_is_no_finding() {
    let (e, asked) = series_of(&[OK, OK, LOST], Why::OneCameLate).await;
    assert_eq!(asked.len(), 6, "no pause, no second row");
    let none = Case::default();
    assert!(rate_limited(&e, &none).is_none() && unreliable(&e, &none).is_none());
}

#[tokio::test]
async fn a_limit_shows_the_same_number_twice() {
    let (e, asked) =
        series_of(&[OK, OK, OK, LOST, LOST, OK, OK, OK, LOST, LOST], Why::OneCameLate).await;
    assert!(asked.contains(&"rest 1200 ms".to_owned()));
    assert!(!asked.contains(&"connect 10.0.0.1:80".to_owned()), "it is clear already");
    let none = Case::default();
    assert!(rate_limited(&e, &none).is_some() && unreliable(&e, &none).is_none());
}

#[tokio::test]
async fn refusals_that_recover_are_a_limit() {
    let (e, _) = series_of(&[OK, NO, NO], Why::ALaterStepGotNone).await;
    let none = Case::default();
    let proof = rate_limited(&e, &none).expect("a limit");
    assert_eq!(proof.severity, None, "nothing failed by it");
    assert!(unreliable(&e, &none).is_none());
}

#[tokio::test]
async fn scattered_losses_are_no_limit_and_another_port_tells_where() {
    let (e, asked) = series_of(&[OK, LOST, OK, LOST, OK, OK, LOST], Why::OneCameLate).await;
    assert!(asked.contains(&"connect 10.0.0.1:80".to_owned()));
    let none = Case::default();
    assert!(rate_limited(&e, &none).is_none());
    let proof = unreliable(&e, &none).expect("losses");
    assert!(proof.lines.iter().any(|line| line.seen.starts_with("no loss there")));
}

#[tokio::test]
async fn what_passes_alone_and_fails_together_is_a_limit() {
    let mut ends = vec![OK; 12];
    ends.extend([OK, OK, NO, NO, NO, NO]);
    let (e, _) = series_of(&ends, Why::ALaterStepGotNone).await;
    assert!(rate_limited(&e, &Case::default()).is_some());
    let (e, _) = series_of(&[], Why::ALaterStepGotNone).await;
    assert!(rate_limited(&e, &Case::default()).is_none());
    assert!(unreliable(&e, &Case::default()).is_none());
}

#[tokio::test]
async fn refusals_in_no_order_are_a_limit_only_if_pauses_help() {
    let uneven = [OK, NO, OK, NO, OK, NO, OK, NO, OK, NO, OK, NO];
    let (e, asked) = series_of(&uneven, Why::ALaterStepGotNone).await;
    assert!(!asked.contains(&"connect 10.0.0.1:80".to_owned()));
    assert!(rate_limited(&e, &Case::default()).is_some());
    let one_dead: Vec<_> = uneven.iter().cycle().take(24).copied().collect();
    let (e, _) = series_of(&one_dead, Why::ALaterStepGotNone).await;
    let none = Case::default();
    assert!(rate_limited(&e, &none).is_none() && unreliable(&e, &none).is_none());
}

#[tokio::test]
async fn a_server_that_stopped_meanwhile_is_neither() {
    let (e, _) = series_of(&[NO, NO, NO, NO], Why::ALaterStepGotNone).await;
    let none = Case::default();
    assert!(rate_limited(&e, &none).is_none() && unreliable(&e, &none).is_none());
}

/// A case in which `tls` got no connection, although the port had accepted one.
fn case_without_tls() -> Case {
    let hub = HubAddress {
        scheme: Scheme::Https,
        host: "hub".into(),
        port: 443,
        prefix: None,
        path: String::new(),
    };
    let mut case = Case::new(Facts { hub: Some(hub), ..Facts::default() });
    let handshake = Handshake::of(attempt("10.0.0.1:443", NO, 1.0), "hub");
    case.put(Stored::new::<Tls>(tls::Evidence::of(handshake)));
    case
}

#[tokio::test]
async fn a_limit_that_keeps_a_later_step_out_blocks() {
    let (mut cx, _) = context(world_of(&[OK, NO, NO]));
    cx.case = case_without_tls();
    let seen = evidence(vec![attempt("10.0.0.1:443", None, 20.0)]);
    let seen = Tcp::control(&cx, &seen).await.expect("a later step got no connection");
    let proof = rate_limited(&seen, &cx.case).expect("a limit");
    assert_eq!(proof.severity, Some(Severity::Blocks));
}

#[tokio::test]
async fn without_a_later_step_that_got_none_nothing_is_tried_again() {
    let (cx, world) = context(world());
    let seen = evidence(vec![attempt("10.0.0.1:443", None, 20.0)]);
    assert!(Tcp::control(&cx, &seen).await.is_none());
    assert!(world.asked().is_empty());
}

#[test]
fn another_hub_shows_whether_the_kind_of_address_works_at_all() {
    let v6 = "[2001:db8::1]:443";
    let own = evidence(vec![
        attempt("10.0.0.1:443", None, 20.0),
        attempt(v6, Some(FailureKind::NoAnswer), 3300.0),
    ]);
    let other = evidence(vec![attempt("[2001:db8::9]:443", None, 20.0)]);
    let compared = Tcp::compare(&own, &[&other]).expect("something to compare with");
    assert!(compared.others.as_ref().is_some_and(|others| others.over_v6.is_some()));
    assert!(Tcp::compare(&other, &[&own]).is_none(), "nothing is wrong with that one");
    assert!(Tcp::compare(&compared, &[&other]).is_none(), "nothing new");
}
