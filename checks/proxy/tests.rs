use std::sync::Arc;

use hublink_probe::{
    Connect, Failure, NamedProxies, Operation, Policy, ProxyLogin, ScriptAnswer, ScriptFlaw,
    ScriptSaid, ScriptedWorld, SystemLookup, SystemProxies, Timestamp,
};
use serde_json::json;

use super::*;
use crate::frame::Confidence::{Certain, Likely, Possible};
use crate::frame::Severity::{Blocks, Degrades, Informs};
use crate::frame::{Budget, Case, Diagnosis, Facts, Stored, context_for_tests, judge};

const HOST: &str = "hub.corp.test";

fn hub(port: u16) -> HubAddress {
    let (host, path) = (HOST.to_owned(), String::new());
    HubAddress { scheme: Scheme::Https, host, port, prefix: None, path }
}

fn world(variables: &[(&str, &str)]) -> ScriptedWorld {
    let now = Timestamp::parse("2026-11-24T12:00:00Z").expect("RFC 3339");
    let mut world = ScriptedWorld::at(now);
    world.policy = Policy::default();
    let owned = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    world.variables = owned.collect();
    world
}

/// A computer with Windows' settings, and what its scripts say.
fn windows(
    set: SystemProxies,
    variables: &[(&str, &str)],
    said: &[(&str, ScriptSaid)],
) -> ScriptedWorld {
    let mut world = world(variables);
    (world.os, world.system_proxies) = ("windows", Some(set));
    let answer = |(source, said): &(&str, ScriptSaid)| ScriptAnswer {
        source: format!("Windows user settings, {source}"),
        host: HOST.to_owned(),
        port: 443,
        said: said.clone(),
        took_ms: 40.0,
    };
    world.script_answers = said.iter().map(answer).collect();
    world
}

fn script() -> SystemProxies {
    let script = Some("http://10.0.0.9/proxy.pac?key=secret".to_owned());
    SystemProxies { script, ..SystemProxies::default() }
}

fn named(proxy: &str) -> NamedProxies {
    NamedProxies { proxy: Some(proxy.to_owned()), bypass: None }
}

fn context(world: ScriptedWorld, port: u16) -> (Arc<ScriptedWorld>, Context) {
    let world = Arc::new(world);
    let hub = hub(port);
    let way = hublink_probe::World::proxy_settings(&*world).way(hub.scheme, &hub.host, hub.port);
    let os = hublink_probe::World::os(&*world).to_owned();
    let facts = Facts { os, hub: Some(hub), way, ..Facts::default() };
    let cx = context_for_tests(Arc::clone(&world), facts, Budget::default());
    (world, cx)
}

fn proxy() -> ProxyAddress {
    ProxyAddress {
        scheme: ProxyScheme::Http,
        host: "proxy.test".to_owned(),
        port: 3128,
        login: false,
    }
}

/// What the proxy says of a host and port.
fn says(target: &str, status: Option<u16>) -> Tunnel {
    let (host, port) = target.split_once(':').expect("host:port");
    let ask = Ask {
        via: via_proxy(&proxy(), host),
        port: port.parse().expect("a port"),
        kind: AskKind::Tunnel,
        connect_limit: Duration::ZERO,
        limit: Duration::ZERO,
    };
    let connect = json!({ "to": "10.0.0.8:3128", "took_ms": 2.0 });
    let connect: Connect = serde_json::from_value(connect).expect("a connection");
    let kind = if status.is_some() { FailureKind::NoTunnel } else { FailureKind::NoAnswer };
    let failure = Failure { operation: Operation::Tunnel, kind, code: status.map(i32::from) };
    let opened = status.is_some_and(|status| (200..300).contains(&status));
    Tunnel {
        connects: vec![connect],
        status,
        failure: (!opened).then_some(failure),
        took_ms: if status.is_some() { 5.0 } else { 10_003.0 },
        ..Tunnel::of(&ask)
    }
}

const P: (&str, &str) = ("HTTPS_PROXY", "http://proxy.test:3128");

async fn both_passes(cx: &mut Context) -> Evidence {
    let seen = Proxy::probe(cx).await;
    let seen = Proxy::control(cx, &seen).await.unwrap_or(seen);
    cx.case.put(Stored::new::<Proxy>(seen.clone()));
    seen
}

fn judged(case: &Case) -> Vec<Diagnosis> {
    judge(Proxy::CAUSES, case.of::<Proxy>().expect("evidence"), case)
}

fn ids(found: &[Diagnosis]) -> Vec<&str> {
    found.iter().map(|one| one.id.as_str()).collect()
}

#[tokio::test]
async fn an_open_tunnel_is_asked_for_once_by_name() {
    let mut world = world(&[P]);
    world.tunnels.insert(format!("{HOST}:443"), says("hub.corp.test:443", Some(200)));
    let (world, cx) = context(world, 443);
    let seen = Proxy::probe(&cx).await;
    assert_eq!(world.asked(), [format!("ask http://proxy.test:3128 for {HOST}:443")]);
    assert!(seen.asked.is_some_and(|asked| asked.opened()));
}

#[tokio::test]
async fn a_denied_port_is_told_from_a_denying_server_by_port_443() {
    let mut world = world(&[P]);
    world.tunnels.insert(format!("{HOST}:4244"), says("hub.corp.test:4244", Some(403)));
    world.tunnels.insert(format!("{HOST}:443"), says("hub.corp.test:443", Some(200)));
    let (_, mut cx) = context(world, 4244);
    both_passes(&mut cx).await;
    let found = judged(&cx.case);
    assert_eq!(ids(&found), ["proxy/policy-denies"]);
    assert_eq!(found[0].confidence, Certain);
}

#[tokio::test]
async fn silence_is_the_proxys_only_if_it_is_silent_for_an_unknown_name_too() {
    let mut answers = world(&[P]);
    answers.tunnels.insert(format!("{HOST}:443"), says("hub.corp.test:443", None));
    answers.tunnels.insert("h4.invalid:443".to_owned(), says("h4.invalid:443", Some(503)));
    let (_, mut cx) = context(answers, 443);
    both_passes(&mut cx).await;
    assert_eq!(ids(&judged(&cx.case)), ["proxy/cannot-reach-hub"]);

    let mut silent = world(&[P]);
    silent.tunnels.insert(format!("{HOST}:443"), says("hub.corp.test:443", None));
    silent.tunnels.insert("h4.invalid:443".to_owned(), says("h4.invalid:443", None));
    let (_, mut cx) = context(silent, 443);
    let first = Proxy::probe(&cx).await;
    cx.case.put(Stored::new::<Proxy>(first));
    assert_eq!(ids(&judged(&cx.case)), ["proxy/unexplained"], "until something else was asked");
    both_passes(&mut cx).await;
    assert_eq!(ids(&judged(&cx.case)), ["proxy/unusable"]);
}

#[test]
fn a_login_that_only_windows_can_give_is_no_certain_fault() {
    let mut case = Case::new(Facts { hub: Some(hub(443)), ..Facts::default() });
    let way = Way::Proxy { source: "HTTPS_PROXY".to_owned(), proxy: proxy() };
    let mut asked = says("hub.corp.test:443", Some(407));
    let mut found = |schemes: &[&str], login| {
        asked.schemes = schemes.iter().map(|&scheme| scheme.to_owned()).collect();
        asked.login = login;
        let (way, asked) = (way.clone(), Some(asked.clone()));
        case.put(Stored::new::<Proxy>(Evidence { way, asked, ..Evidence::default() }));
        let found = judged(&case);
        assert_eq!(ids(&found), ["proxy/login-failed"]);
        found[0].confidence
    };
    assert_eq!(found(&["Basic"], ProxyLogin::NoneKnown), Certain);
    assert_eq!(found(&["Basic"], ProxyLogin::Refused), Certain);
    assert_eq!(found(&["Basic"], ProxyLogin::HeldBack), Likely);
    assert_eq!(found(&["Basic"], ProxyLogin::NotSafe), Likely);
    assert_eq!(found(&["NTLM", "Basic"], ProxyLogin::Refused), Likely);
    assert_eq!(found(&["Negotiate", "NTLM"], ProxyLogin::NoneKnown), Likely);
    assert_eq!(found(&["Negotiate", "Basic"], ProxyLogin::NoneKnown), Likely);
    assert_eq!(found(&["Digest"], ProxyLogin::NotSpoken), Likely);
}

fn through_proxy(hub: HubAddress, evidence: Evidence) -> Case {
    let mut case = Case::new(Facts { hub: Some(hub), ..Facts::default() });
    let way = Way::Proxy { source: "HTTPS_PROXY".to_owned(), proxy: proxy() };
    case.put(Stored::new::<Proxy>(Evidence { way, ..evidence }));
    case
}

/// A handshake that was completed with a trusted certificate.
fn completed() -> Handshake {
    let seen = json!({
        "connect": { "to": "10.1.2.3:443", "took_ms": 2.0 }, "server_name": HOST, "sent": 500,
        "received": 3000, "certificates": 1, "took_ms": 9.0,
        "rustls": { "accepted": true, "error": "" },
    });
    serde_json::from_value(seen).expect("a handshake")
}

#[test]
fn an_exception_is_missed_for_sure_only_where_desktop_cannot_log_in() {
    let found = |schemes: &[&str], login| {
        let mut asked = says("hub.corp.test:443", Some(407));
        asked.schemes = schemes.iter().map(|&scheme| scheme.to_owned()).collect();
        asked.login = login;
        let (asked, direct) = (Some(asked), Some(completed()));
        judged(&through_proxy(hub(443), Evidence { asked, direct, ..Evidence::default() }))
    };
    let of = |found: &[Diagnosis]| {
        found.iter().map(|one| (one.id.clone(), one.severity, one.confidence)).collect::<Vec<_>>()
    };
    let missing = || "proxy/bypass-missing".to_owned();
    let basic = found(&["Basic"], ProxyLogin::NoneKnown);
    assert_eq!(of(&basic), [(missing(), Blocks, Certain)]);
    let held_back = found(&["Basic"], ProxyLogin::HeldBack);
    assert_eq!(of(&held_back), [(missing(), Blocks, Likely)]);
    let windows = found(&["Negotiate", "NTLM"], ProxyLogin::NoneKnown);
    let login = ("proxy/login-failed".to_owned(), Blocks, Likely);
    assert_eq!(of(&windows), [login, (missing(), Informs, Possible)]);
}

#[test]
fn a_login_that_is_refused_for_another_port_alone_is_policy() {
    let mut asked = says("hub.corp.test:443", Some(200));
    asked.login = ProxyLogin::Accepted;
    let mut later = says("hub.corp.test:4244", Some(407));
    later.login = ProxyLogin::RefusedHere;
    let hop = json!({
        "url": "https://hub.corp.test:4244/", "to": "0.0.0.0:4244", "ending": "no-tunnel",
        "body_bytes": 0, "took_ms": 9.0, "tunnel": later,
    });
    let mut case = through_proxy(hub(443), Evidence { asked: Some(asked), ..Evidence::default() });
    let http = serde_json::from_value(json!({ "hops": [hop] })).expect("evidence");
    case.put(Stored::new::<crate::http::Http>(http));
    let found = judged(&case);
    assert_eq!((ids(&found), found[0].confidence), (vec!["proxy/policy-denies"], Likely));
}

#[test]
fn an_accepting_port_is_no_proof_of_the_hub_of_an_http_link() {
    let hub = HubAddress { scheme: Scheme::Http, port: 80, ..hub(80) };
    let asked = Some(says("hub.corp.test:80", Some(503)));
    let mut case = through_proxy(hub, Evidence { asked, ..Evidence::default() });
    let tcp = json!({ "attempts": [], "chosen": "10.1.2.3:80" });
    case.put(Stored::new::<Tcp>(serde_json::from_value(tcp).expect("evidence")));
    let found = judged(&case);
    assert_eq!((ids(&found), found[0].confidence), (vec!["proxy/bypass-missing"], Likely));
}

/// What is judged of a proxy that was asked like this, and of a name nobody has alike.
fn of_asked(change: impl Fn(&mut Tunnel)) -> Vec<Diagnosis> {
    let mut asked = says("hub.corp.test:443", None);
    change(&mut asked);
    let unknown = asked.reached().then(|| asked.clone());
    let evidence = Evidence { asked: Some(asked), unknown_name: unknown, ..Evidence::default() };
    judged(&through_proxy(hub(443), evidence))
}

fn fails(asked: &mut Tunnel, operation: Operation, kind: FailureKind) {
    asked.failure = Some(Failure::of(operation, kind));
}

#[test]
fn what_this_computer_forbids_says_nothing_of_the_proxy() {
    let of_connect = |kind| {
        of_asked(|asked| {
            fails(asked, Operation::Connect, kind);
            asked.connects[0].failure = asked.failure;
        })
    };
    for kind in [FailureKind::NotPermitted, FailureKind::TooManyOpen, FailureKind::PortsExhausted] {
        assert_eq!(ids(&of_connect(kind)), ["proxy/unexplained"], "{kind:?}");
    }
    let refused = of_connect(FailureKind::Refused);
    assert_eq!((ids(&refused), refused[0].confidence), (vec!["proxy/unusable"], Certain));
}

#[test]
fn a_handshake_that_only_hublink_cannot_make_is_no_certain_fault() {
    let of_head = |head: &str| {
        let found = of_asked(|asked| {
            fails(asked, Operation::Handshake, FailureKind::NotTheProtocol);
            let mut handshake = completed();
            (handshake.failure, handshake.head_hex) = (asked.failure, head.to_owned());
            asked.handshake = Some(Box::new(handshake));
        });
        assert_eq!(ids(&found), ["proxy/unusable"]);
        found[0].confidence
    };
    assert_eq!(of_head("485454502f312e31"), Certain, "HTTP in the clear");
    assert_eq!(of_head("16030100020246"), Likely, "a greeting of old");
    assert_eq!(of_head("15030300020246"), Likely, "an alert");
    assert_eq!(of_head(""), Likely, "nothing");
}

#[test]
fn a_proxy_that_sends_everybody_to_a_page_may_want_a_login_there() {
    let of_status = |status| {
        let found = of_asked(|asked| {
            *asked = says("hub.corp.test:443", Some(status));
            fails(asked, Operation::Tunnel, FailureKind::NoTunnel);
        });
        assert_eq!(ids(&found), ["proxy/unusable"], "{status}");
        found[0].confidence
    };
    assert_eq!([302, 307, 401].map(of_status), [Likely; 3]);
    assert_eq!([404, 405, 501].map(of_status), [Certain; 3]);
}

#[tokio::test]
async fn a_failed_look_up_of_the_proxy_is_not_repeated() {
    let mut unknown = says("hub.corp.test:443", None);
    let failure = Some(Failure::of(Operation::Lookup, FailureKind::TryAgain));
    let lookup =
        SystemLookup { replaced: false, addresses: Vec::new(), failure, took_ms: 10_000.0 };
    (unknown.connects, unknown.lookup, unknown.failure) = (Vec::new(), Some(lookup), failure);
    let mut world = world(&[P]);
    world.tunnels.insert(format!("{HOST}:443"), unknown);
    let (world, cx) = context(world, 443);
    Proxy::probe(&cx).await;
    assert_eq!(world.asked().len(), 1);
}

#[test]
fn preflight_leaves_open_what_only_a_password_would_tell() {
    let mut asked = says("hub.corp.test:443", Some(407));
    asked.login = ProxyLogin::NotMeant;
    asked.schemes = vec!["Basic".to_owned()];
    let way = Way::Proxy { source: "HTTPS_PROXY".to_owned(), proxy: proxy() };
    let seen = Evidence { way, asked: Some(asked), ..Evidence::default() };
    let reason = Proxy::nothing_seen(&seen).expect("it was not looked at");
    assert_eq!(reason.kind, ReasonKind::CouldNotLook);
}

#[tokio::test]
async fn a_proxy_of_another_setting_is_tried_only_if_the_direct_way_fails() {
    let other = ("HTTP_PROXY", "http://proxy.test:3128");
    let (world, mut cx) = context(world(&[other]), 443);
    both_passes(&mut cx).await;
    assert!(world.asked().is_empty());
    let tcp = json!({ "attempts": [{
        "to": "10.1.2.3:443", "took_ms": 3300.0,
        "failure": { "operation": "connect", "kind": "no-answer" },
    }] });
    cx.case.put(Stored::new::<Tcp>(serde_json::from_value(tcp).expect("evidence")));
    both_passes(&mut cx).await;
    let through = format!("handshake 0.0.0.0:443 {HOST} through http://proxy.test:3128 for {HOST}");
    assert_eq!(world.asked(), [through]);
}

#[tokio::test]
async fn a_socks_proxy_is_left_open() {
    let (_, cx) = context(world(&[("ALL_PROXY", "socks5://proxy.test")]), 443);
    let seen = Proxy::probe(&cx).await;
    let reason = Proxy::nothing_seen(&seen).expect("it could not be used");
    assert_eq!(reason.kind, ReasonKind::CouldNotLook);
}

#[tokio::test]
async fn a_script_that_cannot_be_found_decides_nothing() {
    let mut world = world(&[("auto_proxy", "http://pki.corp.test/proxy.pac"), P]);
    let failure = Some(Failure::of(Operation::Lookup, FailureKind::NameNotFound));
    let lookup = SystemLookup { replaced: false, addresses: Vec::new(), failure, took_ms: 1.0 };
    world.lookups.insert("pki.corp.test".to_owned(), lookup);
    let (_, mut cx) = context(world, 443);
    assert!(matches!(cx.case.way(), Way::Undecided { .. }));
    both_passes(&mut cx).await;
    assert_eq!(cx.case.way(), Way::Direct);
    let found = judged(&cx.case);
    assert_eq!(ids(&found), ["proxy/pac-unusable"]);
    assert_eq!((found[0].severity, found[0].confidence), (Degrades, Likely));
    let adapter = json!([{ "name": "VPN", "kind": "vpn", "up": false }]);
    let mut facts = cx.case.facts.clone();
    facts.interfaces = serde_json::from_value(adapter).expect("adapters");
    let mut without_vpn = Case::new(facts);
    without_vpn.put(Stored::new::<Proxy>(cx.case.of::<Proxy>().expect("evidence").clone()));
    assert!(judged(&without_vpn).is_empty(), "at home, without VPN, it is missed like the hub");
}

/// What is judged of a script whose server answers so, where no address of the hub accepts.
async fn of_script(answer: serde_json::Value, direct: FailureKind) -> Option<Diagnosis> {
    let url = "http://10.0.0.9/proxy.pac";
    let mut world = world(&[("auto_proxy", url)]);
    let mut whole = json!({ "url": url, "to": "10.0.0.9:80", "body_bytes": 0, "took_ms": 2.0 });
    let fields = whole.as_object_mut().expect("an object");
    fields.extend(answer.as_object().expect("an object").clone());
    world.exchanges.insert(url.to_owned(), serde_json::from_value(whole).expect("an exchange"));
    let (_, mut cx) = context(world, 443);
    let failure = Failure::of(Operation::Connect, direct);
    let attempt = json!({ "to": "10.1.2.3:443", "took_ms": 3.0, "failure": failure });
    let tcp = serde_json::from_value(json!({ "attempts": [attempt] })).expect("evidence");
    cx.case.put(Stored::new::<Tcp>(tcp));
    both_passes(&mut cx).await;
    judged(&cx.case).pop()
}

#[tokio::test]
async fn a_script_blocks_only_where_its_server_says_there_is_none_and_nobody_refused() {
    use FailureKind::{NoAnswer, Refused};

    let missing = || json!({ "ending": "complete", "status": 404 });
    let found = of_script(missing(), NoAnswer).await.expect("a cause");
    assert_eq!((found.severity, found.confidence), (Blocks, Certain));
    let found = of_script(missing(), Refused).await.expect("a cause");
    assert_eq!(found.severity, Degrades, "the hub's own server said no");
    let down = json!({ "ending": "complete", "status": 503 });
    let found = of_script(down, NoAnswer).await.expect("a cause");
    assert_eq!((found.severity, found.confidence), (Degrades, Likely));
}

#[tokio::test]
async fn a_script_that_only_hublink_cannot_fetch_is_left_open() {
    let failed = |operation: &str, kind: &str| json!({ "operation": operation, "kind": kind });
    for answer in [
        json!({ "ending": "complete", "status": 401 }),
        json!({ "ending": "complete", "status": 407 }),
        json!({ "ending": "no-handshake", "failure": failed("handshake", "not-the-protocol") }),
        json!({ "ending": "no-connection", "failure": failed("connect", "not-permitted") }),
        json!({ "ending": "silence", "failure": failed("read-answer", "no-answer") }),
    ] {
        let text = answer.to_string();
        let found = of_script(answer, FailureKind::NoAnswer).await;
        assert!(found.is_none(), "{text}: {found:?}");
    }
}

#[tokio::test]
async fn every_address_of_the_scripts_host_is_asked_and_silence_twice() {
    let mut world = world(&[("auto_proxy", "http://pki.corp.test/proxy.pac")]);
    let addresses = vec!["fd00::9".parse().expect("an IP"), "10.0.0.9".parse().expect("an IP")];
    let lookup = SystemLookup { replaced: false, addresses, failure: None, took_ms: 1.0 };
    world.lookups.insert("pki.corp.test".to_owned(), lookup);
    let (world, cx) = context(world, 443);
    Proxy::probe(&cx).await;
    let gets = world.asked().into_iter().filter(|asked| asked.starts_with("get "));
    assert_eq!(gets.count(), 4);
}

fn failed(code: u32) -> ScriptSaid {
    ScriptSaid::Failed { why: ScriptFlaw::of(code), code }
}

fn is_silent(cx: &mut Context) {
    let attempt = json!({
        "to": "10.1.2.3:443", "took_ms": 21_000.0,
        "failure": { "operation": "connect", "kind": "no-answer", "code": 10060 },
    });
    let tcp = serde_json::from_value(json!({ "attempts": [attempt] })).expect("evidence");
    cx.case.put(Stored::new::<Tcp>(tcp));
}

#[tokio::test]
async fn the_way_that_windows_evaluates_is_the_way_of_the_hub() {
    let through = ScriptSaid::Through { proxies: vec![proxy()] };
    let mut world = windows(script(), &[], &[("script", through)]);
    world.tunnels.insert(format!("{HOST}:443"), says("hub.corp.test:443", Some(200)));
    let (world, mut cx) = context(world, 443);
    assert!(matches!(cx.case.way(), Way::Undecided { .. }), "before it was asked");
    let seen = both_passes(&mut cx).await;
    assert!(cx.case.goes_through_proxy());
    assert_eq!(cx.place(), Some(([0, 0, 0, 0], 443).into()));
    let asked = world.asked();
    assert_eq!(asked[0], format!("ask scripts for {HOST}:443"));
    assert_eq!(asked[1], format!("ask http://proxy.test:3128 for {HOST}:443"));
    assert!(judged(&cx.case).is_empty());
    let saved = serde_json::to_string(&seen).expect("plain data");
    assert!(!saved.contains("secret"), "{saved}");
}

#[tokio::test]
async fn another_port_of_the_hub_goes_the_hubs_way_and_another_host_its_own() {
    let through = ScriptSaid::Through { proxies: vec![proxy()] };
    let (_, mut cx) = context(windows(script(), &[], &[("script", through)]), 443);
    both_passes(&mut cx).await;
    assert!(cx.via(Scheme::Http, HOST, 80).is_some());
    assert!(cx.via(Scheme::Https, "login.test", 443).is_none(), "nobody asked for it");
}

#[tokio::test]
async fn where_no_script_is_found_the_direct_way_is_healthy() {
    let detect = SystemProxies { detect: true, ..SystemProxies::default() };
    let (_, mut cx) = context(windows(detect, &[], &[("automatic detection", failed(12180))]), 443);
    both_passes(&mut cx).await;
    assert_eq!(cx.case.way(), Way::Direct);
    assert!(judged(&cx.case).is_empty());
}

#[tokio::test]
async fn a_script_that_windows_cannot_run_is_told_by_its_number() {
    for (code, direct_fails, expected) in [
        (12166, false, (Degrades, Likely)),
        (12177, true, (Blocks, Likely)),
        (12167, false, (Degrades, Possible)),
        (12178, false, (Degrades, Possible)),
    ] {
        let (_, mut cx) = context(windows(script(), &[], &[("script", failed(code))]), 443);
        if direct_fails {
            is_silent(&mut cx);
        }
        both_passes(&mut cx).await;
        let found = judged(&cx.case);
        let told = found.iter().find(|one| one.id == "proxy/pac-unusable");
        // What is only documented of Windows costs a step.
        let told = told.expect("the cause");
        assert_eq!((told.severity, told.confidence), expected, "{code}");
        let proof = serde_json::to_string(&told.proof).expect("plain data");
        assert!(proof.contains(&code.to_string()), "{proof}");
    }
}

#[tokio::test]
async fn a_script_that_hublink_loads_and_windows_does_not_is_left_open() {
    let url = "http://10.0.0.9/proxy.pac?key=secret";
    let mut world = windows(script(), &[], &[("script", failed(12167))]);
    let text = "function FindProxyForURL(url, host) { return \"DIRECT\"; }";
    let answer = json!({
        "url": url, "to": "10.0.0.9:80", "took_ms": 2.0, "ending": "complete", "status": 200,
        "body_bytes": text.len(),
    });
    let mut answer: hublink_probe::Exchange = serde_json::from_value(answer).expect("an exchange");
    answer.body = text.as_bytes().to_vec();
    world.exchanges.insert(hublink_probe::mask_one_time(url), answer.clone());
    world.exchanges.insert(url.to_owned(), answer);
    let (_, mut cx) = context(world, 443);
    let seen = both_passes(&mut cx).await;
    assert_eq!(seen.script.map(|script| script.state), Some(ScriptState::Usable));
    assert!(judged(&cx.case).is_empty());
}

#[tokio::test]
async fn the_environment_against_a_script_is_shown_and_not_followed() {
    let through = ScriptSaid::Through { proxies: vec![proxy()] };
    let old = [("https_proxy", "http://old.test:8080")];
    let mut world = windows(script(), &old, &[("script", through)]);
    world.tunnels.insert(format!("{HOST}:443"), says("hub.corp.test:443", Some(200)));
    let (_, mut cx) = context(world, 443);
    both_passes(&mut cx).await;
    assert_eq!(cx.case.way().proxy(), Some(&proxy()));
    let found = judged(&cx.case);
    assert_eq!(ids(&found), ["proxy/settings-disagree"]);
    assert_eq!((found[0].severity, found[0].confidence), (Informs, Likely));
    let lines: Vec<&str> = found[0].proof.iter().map(|line| line.at.as_str()).collect();
    assert_eq!(lines, ["Windows user settings, script", "https_proxy"]);
}

#[tokio::test]
async fn a_proxy_of_the_machine_is_tried_where_the_direct_way_fails() {
    let set = SystemProxies { machine: named("proxy.test:3128"), ..SystemProxies::default() };
    let mut world = windows(set, &[], &[]);
    let to = ([0, 0, 0, 0], 443).into();
    world.handshakes.insert((to, HOST.to_owned()), completed());
    let (_, mut cx) = context(world, 443);
    assert_eq!(cx.case.way(), Way::Direct);
    is_silent(&mut cx);
    both_passes(&mut cx).await;
    let found = judged(&cx.case);
    assert_eq!(ids(&found), ["proxy/direct-blocked"]);
    assert_eq!(found[0].confidence, Possible, "likely, less one for what was not seen");
    assert!(found[0].remedy[0].contains("Windows machine settings (WinHTTP)"));
}
