//! The login against a scripted world: what is asked, in which order, and when nothing is.

use std::sync::Arc;

use hublink_probe::{
    CookieSeen, Exchange, Handshake, Header, LoginStep, ScriptedWorld, SessionId, TrustStore,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::{Value, json};

use super::*;
use crate::frame::{Case, Context, Stored, judge};
use crate::http::tests::{AT, answer, context, hub, world};
use crate::http::{Http, LoginDoor};
use crate::licence::Licence;

const HUB: &str = "https://hub.corp.test/hub/";
const WINDOWS: &str = "https://hub.corp.test/internal_windows_authentication/?targetId=SECRET-1";
const USER: &str = "https://hub.corp.test/qps/user";
const LINK: &str = "https://hub.corp.test/api/hub/v1/desktoplink";

fn alice() -> AccountName {
    AccountName { kind: AccountKind::Password, user: Some("CORP\\alice".to_owned()) }
}

/// A certificate of the `certificate` check that is good in every way.
fn good_certificate() -> Value {
    let saved = include_str!("../fixtures/healthy/certificate-company-ca.json");
    let saved: Value = serde_json::from_str(saved).expect("a fixture");
    saved["evidence"]["certificate"].clone()
}

fn door(url: &str) -> LoginDoor {
    let url = url::Url::parse(url).expect("a URL");
    LoginDoor::behind(&url).unwrap_or_else(|| LoginDoor {
        kind: DoorKind::Forms,
        host: crate::http::host_of(&url),
        port: url.port_or_known_default().expect("a port"),
        url: url.to_string(),
    })
}

/// A context after everything before the login passed; its login is at `at`.
fn ready(world: ScriptedWorld, at: &str) -> (Context, Arc<ScriptedWorld>) {
    let (mut cx, world) = context(world, hub());
    let http = crate::http::Evidence {
        hops: vec![answer(HUB, 302, Some(at), "")],
        login: Some(door(at)),
        ..crate::http::Evidence::default()
    };
    cx.case.put(Stored::new::<Http>(http));
    cx.case.put(Stored::new::<Hub>(crate::hub::Evidence::default()));
    let certificate = serde_json::from_value(good_certificate()).expect("evidence");
    cx.case.put(Stored::new::<Certificate>(certificate));
    cx.case.facts.account = Some(alice());
    (cx, world)
}

fn with_alice() -> ScriptedWorld {
    let mut world = world();
    world.account = Some(alice());
    world
}

fn step(kind: StepKind, exchange: Exchange) -> LoginStep {
    LoginStep { kind, exchange, same_connection: false }
}

fn accepted() -> LoginSeen {
    let cookie: CookieSeen = serde_json::from_value(json!({
        "name": "X-Qlik-Session", "set_by": "hub.corp.test", "kept": true, "is_session": true
    }))
    .expect("a cookie");
    LoginSeen {
        method: Some(LoginMethod::Ntlm),
        attempts: 1,
        cookies: vec![cookie],
        steps: vec![step(StepKind::Hub, answer(HUB, 200, None, "<title>Hub</title>"))],
        session: Some(SessionId(7)),
        ..LoginSeen::of(LoginOutcome::Accepted)
    }
}

fn ids(seen: &Evidence, case: &Case) -> Vec<String> {
    judge(causes::CAUSES, seen, case).into_iter().map(|cause| cause.id).collect()
}

fn logins(world: &ScriptedWorld) -> usize {
    world.asked().iter().filter(|line| line.starts_with("log in")).count()
}

#[tokio::test]
async fn after_the_login_the_hub_is_asked_whom_it_knows_and_which_link_it_gives_out() {
    let mut world = with_alice();
    world.logins.insert(HUB.to_owned(), accepted());
    let user = r#"{"userDirectory":"CORP","userId":"alice","userName":"Alice","logoutUri":"x"}"#;
    world.session_exchanges.insert(USER.to_owned(), answer(USER, 200, None, user));
    let link = r#"{"data":[{"attributes":{"magicLinkHostUri":"https://hub.corp.test/",
        "magicLinkFriendlyName":"Hub"}}]}"#;
    world.session_exchanges.insert(LINK.to_owned(), answer(LINK, 200, None, link));
    let (mut cx, world) = ready(world, WINDOWS);
    let seen = Login::probe(&cx).await;
    let asked = world.asked();
    assert_eq!(asked[0], format!("log in at {HUB}"));
    assert!(asked.contains(&format!("get {USER} in session")), "{asked:?}");
    assert!(asked.contains(&format!("get {LINK} in session with a key")), "{asked:?}");
    assert!(ids(&seen, &cx.case).is_empty());
    assert!(Login::nothing_to_judge(&seen, &cx.case).is_none());
    let link = seen.link.as_ref().expect("a link");
    assert_eq!(link.uri.as_deref(), Some("https://hub.corp.test/"));
    cx.case.put(Stored::new::<Login>(seen));
    assert_eq!(account(&cx.case), "CORP\\alice");
    assert_eq!(stage(&cx.case).as_deref(), Some("NTLM was accepted for CORP\\alice"));
}

#[tokio::test]
async fn a_certificate_that_did_not_pass_keeps_the_account_here() {
    let spoilt: [(&str, Value); 4] = [
        ("/trusted", json!(false)),
        ("/chain/0/not_after", json!("2026-11-01T00:00:00Z")),
        ("/name", json!("none")),
        ("/chain/0/signature", json!("unchecked")),
    ];
    for (at, value) in spoilt {
        let (mut cx, world) = ready(with_alice(), WINDOWS);
        let mut certificate = good_certificate();
        *certificate.pointer_mut(at).expect(at) = value;
        let certificate = serde_json::from_value(certificate);
        cx.case
            .put(Stored::new::<Certificate>(certificate.unwrap_or_else(|e| panic!("{at}: {e}"))));
        let seen = Login::probe(&cx).await;
        assert!(matches!(seen.not_begun, Some(NotBegun::Certificate { .. })), "{at}: {seen:?}");
        assert_eq!(logins(&world), 0, "{at}");
        let reason = Login::nothing_to_judge(&seen, &cx.case).expect("a reason");
        assert_eq!(reason.kind, ReasonKind::CouldNotLook);
    }
}

#[tokio::test]
async fn a_login_on_another_host_or_over_http_is_not_begun() {
    let elsewhere = [
        ("https://other.corp.test/internal_forms_authentication/?targetId=1", "--login-host"),
        ("http://hub.corp.test/internal_forms_authentication/?targetId=1", "plain http"),
        ("https://hub.corp.test:4244/windows_authentication/?targetId=1", "certificate"),
        ("https://idp.other.test/saml2?SAMLRequest=x", "interactive login is required"),
        ("https://idp.other.test/authorize?client_id=a&response_type=code", "interactive"),
    ];
    for (at, why) in elsewhere {
        let mut world = with_alice();
        world.logins.insert(HUB.to_owned(), accepted());
        let (cx, world) = ready(world, at);
        let seen = Login::probe(&cx).await;
        assert_eq!(logins(&world), 0, "{at}: {:?}", world.asked());
        let reason = Login::nothing_to_judge(&seen, &cx.case).expect("a reason");
        assert!(reason.detail.as_deref().is_some_and(|told| told.contains(why)), "{reason:?}");
    }
}

/// The trusted root of a small company, and a handshake of a host under it.
fn presenting(host: &str, name: &str, at: &str) -> (TrustStore, Handshake) {
    let time = |text| hublink_probe::Timestamp::parse(text).expect("a time").0;
    let mut of_root = CertificateParams::new(Vec::new()).expect("no names");
    of_root.distinguished_name.push(DnType::CommonName, "Corp Root");
    of_root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = KeyPair::generate().expect("a key");
    let root = CertifiedIssuer::self_signed(of_root, root).expect("a root");
    let mut of_host = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    of_host.not_before = time("2026-01-01T00:00:00Z");
    of_host.not_after = time("2027-06-01T00:00:00Z");
    let key = KeyPair::generate().expect("a key");
    let leaf = of_host.signed_by(&key, &root).expect("a certificate");
    let mut handshake: Handshake = serde_json::from_value(json!({
        "connect": { "to": at, "took_ms": 1.0 }, "server_name": host, "sent": 500,
        "received": 3000, "certificates": 1, "took_ms": 2.0, "version": "TLSv1_3",
        "rustls": { "accepted": true, "error": "" },
    }))
    .expect("a handshake");
    handshake.presented = vec![leaf.der().to_vec()];
    handshake.key_proven = true;
    (TrustStore::of([root.der().to_vec()]), handshake)
}

fn second_port(name_in_certificate: &str, is_holder: bool) -> (Context, Arc<ScriptedWorld>) {
    let at = "203.0.113.10:4244";
    let (trust, mut handshake) = presenting("hub.corp.test", name_in_certificate, at);
    handshake.key_proven = is_holder;
    let mut world = with_alice();
    world.trust = Arc::new(trust);
    let key = (at.parse().expect("an address"), "hub.corp.test".to_owned());
    world.handshakes.insert(key, handshake);
    world.logins.insert(HUB.to_owned(), accepted());
    ready(world, "https://hub.corp.test:4244/windows_authentication/?targetId=1")
}

#[tokio::test]
async fn the_second_port_of_the_hub_counts_once_its_own_certificate_passed() {
    let (cx, world) = second_port("hub.corp.test", true);
    let seen = Login::probe(&cx).await;
    assert!(seen.places[0].passed, "{:?}", seen.places);
    assert_eq!(logins(&world), 1);
    let (cx, world) = second_port("hub.corp.test", false);
    assert!(!Login::probe(&cx).await.places[0].passed, "a copy proves nobody");
    assert_eq!(logins(&world), 0, "{:?}", world.asked());
    let (cx, world) = second_port("other.corp.test", true);
    let seen = Login::probe(&cx).await;
    assert_eq!(seen.places[0].cause.as_deref(), Some("certificate/wrong-name"));
    assert_eq!(logins(&world), 0, "{:?}", world.asked());
}

#[tokio::test]
async fn another_host_counts_once_it_is_named_and_its_certificate_passed() {
    for named in [true, false] {
        let at = "198.51.100.7:443";
        let (trust, handshake) = presenting("login.corp.test", "login.corp.test", at);
        let mut world = with_alice();
        world.trust = Arc::new(trust);
        let to: std::net::SocketAddr = at.parse().expect("an address");
        world.handshakes.insert((to, "login.corp.test".to_owned()), handshake);
        let lookup = hublink_probe::SystemLookup {
            replaced: false,
            addresses: vec![to.ip()],
            failure: None,
            took_ms: 1.0,
        };
        world.lookups.insert("login.corp.test".to_owned(), lookup);
        world.logins.insert(HUB.to_owned(), accepted());
        let door = "https://login.corp.test/internal_forms_authentication/?targetId=1";
        let (mut cx, world) = ready(world, door);
        cx.case.facts.login_host = LoginHost::parse("login.corp.test").filter(|_| named);
        Login::probe(&cx).await;
        assert_eq!(logins(&world), usize::from(named));
    }
}

#[tokio::test]
async fn a_login_that_was_asked_for_and_cannot_be_begun_was_not_looked_at() {
    let (mut cx, world) = ready(with_alice(), WINDOWS);
    let hops = vec![answer("http://hub.corp.test/hub/", 200, None, "")];
    cx.case.put(Stored::new::<Http>(crate::http::Evidence {
        hops,
        ..crate::http::Evidence::default()
    }));
    for kind in [AccountKind::Password, AccountKind::ApiKey] {
        cx.case.facts.account = Some(AccountName { kind, ..alice() });
        let seen = Login::probe(&cx).await;
        let reason = Login::nothing_to_judge(&seen, &cx.case).expect("a reason");
        assert_eq!(reason.kind, ReasonKind::CouldNotLook, "{kind:?}");
        assert_eq!(logins(&world), 0);
    }
    let unsendable =
        Evidence { seen: Some(LoginSeen::not_sent(NotSent::NoCredentials)), ..Evidence::default() };
    let reason = Login::nothing_to_judge(&unsendable, &cx.case).expect("a reason");
    assert_eq!(reason.kind, ReasonKind::CouldNotLook);
}

#[tokio::test]
async fn a_ticket_that_may_not_be_used_accuses_nobody() {
    let to = "https://qlik.corp.test/hub/?qlikTicket=…";
    let lost: CookieSeen = serde_json::from_value(json!({
        "name": "X-Qlik-Session", "set_by": "hub.corp.test", "kept": false, "is_session": true,
        "flaw": "domain", "domain": "qlik.corp.test"
    }))
    .expect("a cookie");
    let left =
        [NotSent::OtherHost, NotSent::PlainHttp, NotSent::OtherCertificate, NotSent::NoConnection];
    let location = Header { name: "location".to_owned(), value: to.to_owned() };
    for why in left {
        let mut world = with_alice();
        let redirect =
            Exchange { headers: vec![location.clone()], ..answer(WINDOWS, 302, Some(to), "") };
        let seen = LoginSeen {
            left_at: Some(why),
            steps: vec![step(StepKind::Authenticate, redirect)],
            cookies: vec![lost.clone()],
            ..accepted()
        };
        world.logins.insert(HUB.to_owned(), seen);
        let (cx, _) = ready(world, WINDOWS);
        let seen = Login::probe(&cx).await;
        let reason = Login::nothing_to_judge(&seen, &cx.case).expect("a reason");
        assert_eq!(reason.kind, ReasonKind::CouldNotLook, "{why:?}");
        let told = reason.detail.expect("words");
        assert!(told.contains("was accepted"), "{told}");
        assert_eq!(why == NotSent::OtherHost, told.contains("qlik.corp.test"), "{told}");
        assert!(ids(&seen, &cx.case).is_empty(), "{why:?}");
    }
}

#[tokio::test]
async fn nobody_asked_for_a_login_and_none_is_begun() {
    let (mut cx, world) = ready(with_alice(), WINDOWS);
    cx.case.facts.account = None;
    assert_eq!(Login::not_asked(&cx.case).expect("a reason").kind, ReasonKind::NotAsked);
    let seen = Login::probe(&cx).await;
    assert_eq!(seen, Evidence::default());
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn what_an_earlier_hub_rejected_is_held_back_and_says_because() {
    let mut world = with_alice();
    let rejected = LoginSeen { attempts: 1, ..LoginSeen::of(LoginOutcome::Rejected) };
    world.logins.insert(HUB.to_owned(), rejected);
    let (cx, _) = ready(world, WINDOWS);
    let first = Login::probe(&cx).await;
    assert_eq!(ids(&first, &cx.case), ["login/rejected"]);
    let second = Login::probe(&cx).await;
    let reason = Login::nothing_to_judge(&second, &cx.case).expect("a reason");
    assert_eq!(reason.because.as_deref(), Some("login/rejected"));
    assert_eq!(second.seen.as_ref().map(|seen| seen.attempts), Some(0));
}

#[tokio::test]
async fn a_key_goes_to_a_tenant_and_to_nobody_else() {
    let mut world = world();
    world.account = Some(alice());
    world.has_api_key = true;
    let tenant = HubAddress { host: "acme.eu.qlikcloud.com".to_owned(), ..hub() };
    assert_eq!(account_for(&world, &tenant).map(|one| one.kind), Some(AccountKind::ApiKey));
    assert_eq!(account_for(&world, &hub()).map(|one| one.kind), Some(AccountKind::Password));
    let lookalike = HubAddress { host: "qlikcloud.com.corp.test".to_owned(), ..hub() };
    assert_eq!(account_for(&world, &lookalike).map(|one| one.kind), Some(AccountKind::Password));
    world.account = None;
    assert_eq!(account_for(&world, &hub()), None);
}

#[tokio::test]
async fn words_that_the_login_page_shows_to_everybody_count_for_nothing() {
    let page = "<form>If your password has expired, call us.<input type=password></form>";
    let after = "<form>Your account is locked.<input type=password></form>";
    let form = "https://hub.corp.test/internal_forms_authentication/?targetId=1";
    let both = format!("{page}{after}");
    let mut world = with_alice();
    let seen = LoginSeen {
        method: Some(LoginMethod::Forms),
        attempts: 1,
        steps: vec![
            step(StepKind::LoginPage, answer(form, 200, None, page)),
            step(StepKind::Post, answer(form, 200, None, &both)),
        ],
        ..LoginSeen::of(LoginOutcome::Rejected)
    };
    world.logins.insert(HUB.to_owned(), seen);
    let (cx, _) = ready(world, form);
    let seen = Login::probe(&cx).await;
    assert_eq!(seen.texts, [LoginText::AccountBlocked]);
    let found = judge(causes::CAUSES, &seen, &cx.case);
    let found: Vec<_> = found.iter().map(|cause| (cause.id.as_str(), cause.confidence)).collect();
    let possible = crate::frame::Confidence::Possible;
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].0, "login/rejected");
    assert_eq!(found[1], ("login/account-blocked", possible));
    let texts = vec![LoginText::AccountBlocked, LoginText::PasswordExpired];
    let several = Evidence { texts, ..seen };
    assert_eq!(ids(&several, &cx.case), ["login/rejected"], "a page with the words of several");
}

#[tokio::test]
async fn the_form_again_is_told_of_only_where_it_was_seen() {
    for (status, told) in [(200, true), (401, false)] {
        let refused = LoginSeen {
            method: Some(LoginMethod::Forms),
            attempts: 1,
            steps: vec![step(StepKind::Post, answer(HUB, status, None, ""))],
            ..LoginSeen::of(LoginOutcome::Rejected)
        };
        let mut world = with_alice();
        world.logins.insert(HUB.to_owned(), refused);
        let (cx, _) = ready(world, WINDOWS);
        let seen = Login::probe(&cx).await;
        let found = judge(causes::CAUSES, &seen, &cx.case);
        let rejected =
            found.iter().find(|cause| cause.id == "login/rejected").expect("a rejection");
        assert_eq!(format!("{rejected:?}").contains("password, again"), told, "{status}");
    }
}

#[tokio::test]
async fn the_words_of_a_hub_count_where_it_refuses_and_not_on_a_page_that_works() {
    let words = "{'a': 'Your account is inactive', 'b': 'you have no access pass'}";
    for (status, said) in [(200, 0), (403, 2), (500, 2)] {
        let mut world = with_alice();
        let steps = vec![step(StepKind::Hub, answer(HUB, status, None, words))];
        world.logins.insert(HUB.to_owned(), LoginSeen { steps, ..accepted() });
        let (cx, _) = ready(world, WINDOWS);
        assert_eq!(Login::probe(&cx).await.texts.len(), said, "{status}");
    }
}

#[tokio::test]
async fn a_session_that_the_engine_takes_for_none_is_a_matter_of_the_login() {
    let mut world = with_alice();
    world.logins.insert(HUB.to_owned(), accepted());
    let (mut cx, _) = ready(world, WINDOWS);
    let seen = Login::probe(&cx).await;
    assert!(Login::control(&cx, &seen).await.is_none());
    let socket = json!({ "socket": {
        "exchange": { "url": "https://hub.corp.test/app/engineData", "to": AT,
            "ending": "complete", "status": 101, "body_bytes": 0, "took_ms": 1.0 },
        "upgraded": true, "messages": [{ "topic": "OnSessionClosed", "at_ms": 5.0 }],
    }});
    cx.case.put(Stored::new::<Licence>(serde_json::from_value(socket).expect("evidence")));
    let closer = Login::control(&cx, &seen).await.expect("more evidence");
    assert_eq!(ids(&closer, &cx.case), ["login/authorisation-lapsed"]);
}

#[tokio::test]
async fn a_request_that_grows_too_large_with_the_login_is_a_matter_of_the_web_server() {
    let mut world = with_alice();
    let refused = answer(HUB, 431, None, "");
    let seen = LoginSeen {
        attempts: 1,
        steps: vec![step(StepKind::Hub, refused)],
        ..LoginSeen::of(LoginOutcome::Unclear)
    };
    world.logins.insert(HUB.to_owned(), seen);
    let (mut cx, _) = ready(world, WINDOWS);
    let seen = Login::probe(&cx).await;
    cx.case.put(Stored::new::<Login>(seen));
    let http = cx.of::<Http>().expect("evidence").clone();
    let found = judge(Http::CAUSES, &http, &cx.case);
    assert_eq!(found[0].id, "http/header-too-large");
}

#[tokio::test]
async fn a_logout_is_asked_for_in_the_session_and_its_end_is_told() {
    let mut world = with_alice();
    world.logins.insert(HUB.to_owned(), accepted());
    world.log_outs.insert(USER.to_owned(), answer(USER, 204, None, ""));
    let (mut cx, world) = ready(world, WINDOWS);
    assert_eq!(log_out(&cx).await, None, "there is no session yet");
    let seen = Login::probe(&cx).await;
    cx.case.put(Stored::new::<Login>(seen));
    let told = log_out(&cx).await.expect("a logout");
    assert!(told.ended && told.status == Some(204));
    assert_eq!(world.asked().last(), Some(&format!("log out at {USER}")));
}

#[tokio::test]
async fn where_the_windows_login_breaks_another_address_is_asked_for_a_challenge_alone() {
    let broken = LoginSeen {
        method: Some(LoginMethod::Ntlm),
        steps: vec![step(StepKind::Negotiate, answer(WINDOWS, 401, None, ""))],
        ..LoginSeen::of(LoginOutcome::Broken)
    };
    let mut world = with_alice();
    world.logins.insert(HUB.to_owned(), broken);
    let other = "203.0.113.11:443".parse().expect("an address");
    let given = LoginSeen {
        challenge: Some(hublink_probe::Challenge::default()),
        ..LoginSeen::not_sent(NotSent::ChallengeOnly)
    };
    world.challenges.insert(other, given);
    let (mut cx, world) = ready(world, WINDOWS);
    let dns = json!({ "host": "hub.corp.test", "addresses": ["203.0.113.10", "203.0.113.11"],
        "configured": { "servers": [], "search": [] }, "system": { "addresses": [], "took_ms": 1.0 } });
    cx.case.put(Stored::new::<crate::dns::Dns>(serde_json::from_value(dns).expect("evidence")));
    let seen = Login::probe(&cx).await;
    let found = judge(causes::CAUSES, &seen, &cx.case);
    assert_eq!(found[0].id, "login/ntlm-connection-broken");
    assert_eq!(found[0].confidence, crate::frame::Confidence::Possible);
    let closer = Login::control(&cx, &seen).await.expect("more evidence");
    let found = judge(causes::CAUSES, &closer, &cx.case);
    assert_eq!(found[0].confidence, crate::frame::Confidence::Likely);
    assert_eq!(
        world.asked().last().map(String::as_str),
        Some("ask 203.0.113.11:443 for a challenge")
    );
    assert_eq!(logins(&world), 1, "the account is offered once");
}

#[test]
fn a_refusal_under_another_name_of_the_server_is_still_a_refusal() {
    let named = |name: &str| vec![Header { name: "server".to_owned(), value: name.to_owned() }];
    let of = |kind, name: &str| {
        let exchange = Exchange { headers: named(name), ..answer(WINDOWS, 401, None, "") };
        LoginStep { kind, exchange, same_connection: true }
    };
    let seen = LoginSeen {
        method: Some(LoginMethod::Ntlm),
        attempts: 1,
        channel_binding: true,
        challenge: Some(hublink_probe::Challenge::default()),
        steps: vec![
            of(StepKind::Negotiate, "Microsoft-HTTPAPI/2.0"),
            of(StepKind::Authenticate, "Microsoft-IIS/10.0"),
        ],
        ..LoginSeen::of(LoginOutcome::Rejected)
    };
    let seen = Evidence { seen: Some(seen), ..Evidence::default() };
    let (cx, _) = ready(with_alice(), WINDOWS);
    let found = judge(causes::CAUSES, &seen, &cx.case);
    let found: Vec<_> = found.iter().map(|cause| (cause.id.as_str(), cause.confidence)).collect();
    assert_eq!(found[0].0, "login/rejected", "{found:?}");
    let possible = crate::frame::Confidence::Possible;
    assert_eq!(found.get(1), Some(&("login/ntlm-connection-broken", possible)));
}

#[test]
fn a_cookie_that_is_set_twice_is_shared_only_if_it_is_for_another_place() {
    use crate::frame::Confidence::{Likely, Possible};
    let of = |path: &str| -> CookieSeen {
        let cookie = json!({ "name": "X-Qlik-Session", "set_by": "hub.corp.test", "path": path,
            "kept": true, "is_session": true });
        serde_json::from_value(cookie).expect("a cookie")
    };
    let again = answer(HUB, 302, Some(WINDOWS), "");
    let location = Header { name: "location".to_owned(), value: WINDOWS.to_owned() };
    let again = Exchange { headers: vec![location], ..again };
    for (second, expected) in [("/", Possible), ("/finance", Likely)] {
        let seen = LoginSeen {
            cookies: vec![of("/"), of(second)],
            steps: vec![step(StepKind::Hub, again.clone())],
            ..accepted()
        };
        let seen = Evidence { seen: Some(seen), ..Evidence::default() };
        let (cx, _) = ready(with_alice(), WINDOWS);
        let found = judge(causes::CAUSES, &seen, &cx.case);
        let found = found.iter().find(|cause| cause.id == "login/cookie-not-kept").expect("it");
        assert_eq!(found.confidence, expected, "{second}");
    }
}

/// What the packages of Windows said becomes a cause only where it says something of the hub or the
/// directory, and where the hub takes nothing else.
#[tokio::test]
async fn a_refusal_of_windows_is_judged_by_its_number() {
    use hublink_probe::{LoginPackage, SystemRefusal};

    let kerberos = |status| SystemRefusal {
        package: LoginPackage::Kerberos,
        status: Some(status),
        of_answer: false,
    };
    let only = LoginSeen {
        by_system: true,
        offered: vec!["Negotiate".to_owned()],
        ..LoginSeen::not_sent(NotSent::OnlyKerberos)
    };
    let both = vec!["Negotiate".to_owned(), "NTLM".to_owned()];
    let denied_by_hub = SystemRefusal { of_answer: true, ..kerberos(0x8009_030c) };
    let unclear = LoginSeen { attempts: 1, ..LoginSeen::of(LoginOutcome::Unclear) };
    let cases: [(LoginSeen, SystemRefusal, &[&str]); 9] = [
        (only.clone(), kerberos(0x8009_0303), &["login/spn-missing"]),
        (only.clone(), kerberos(0x8009_0311), &["login/domain-controller-unreachable"]),
        (only.clone(), kerberos(0x8009_0324), &["login/unexplained"]),
        (only.clone(), kerberos(0x8009_030e), &[]),
        (only, kerberos(0x8009_0305), &[]),
        (
            LoginSeen { offered: both.clone(), ..LoginSeen::of(LoginOutcome::Rejected) },
            kerberos(0x8009_030c),
            &["login/rejected"],
        ),
        (
            LoginSeen { offered: both.clone(), ..unclear.clone() },
            kerberos(0x8009_0322),
            &["login/unexplained"],
        ),
        (unclear, denied_by_hub, &["login/unexplained"]),
        (LoginSeen { offered: both, ..accepted() }, kerberos(0x8009_0311), &[]),
    ];
    for (seen, refusal, expected) in cases {
        let told = format!("{:?} {refusal:?}", seen.outcome);
        let mut world = with_alice();
        world.account = Some(AccountName { kind: AccountKind::SignedOn, ..alice() });
        let attempts = seen.attempts;
        world.logins.insert(HUB.to_owned(), LoginSeen { refusals: vec![refusal], ..seen });
        let (mut cx, _) = ready(world, WINDOWS);
        cx.case.facts.account = Some(AccountName { kind: AccountKind::SignedOn, ..alice() });
        let seen = Login::probe(&cx).await;
        assert_eq!(seen.seen.as_ref().map(|seen| seen.attempts), Some(attempts), "{told}");
        assert_eq!(ids(&seen, &cx.case), expected, "{told}");
        let judged = Login::nothing_to_judge(&seen, &cx.case).is_none();
        assert_eq!(judged, seen.is_accepted() || !expected.is_empty(), "{told}");
    }
}
