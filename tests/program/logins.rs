//! Logins in the practice world: each comes to what it is, and nothing secret goes where it must not.

use std::sync::Arc;

use futures_util::future::join_all;
use hublink::doctor::examine;
use hublink::engine::{LoginSettings, Settings, Stop};
use hublink::report::{Ready, Report};
use hublink::targets::expand;
use hublink_checks::login::LoginHost;
use hublink_practice::{
    API_KEY, Behaviour, CASES, Case, Certificate, DOMAIN, Hub, Login, PASSWORD, SecretKind,
    SeenRequest, Site, TenantUser, USER, Way, case,
};
use hublink_probe::{Account, Secret, World, WorldOptions};

use crate::practice_world::differences;
use crate::support::{Stage, assert_valid, short};

/// The practice account, as people type it.
fn account() -> String {
    format!("{DOMAIN}\\{USER}")
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned()).expect("short enough")
}

/// A world that logs in with the practice account, and at Qlik Cloud with the practice key.
fn somebody(stage: &Stage) -> Arc<dyn World> {
    with_password(stage, PASSWORD)
}

fn with_password(stage: &Stage, password: &str) -> Arc<dyn World> {
    stage.world(|options| log_in_with(options, password))
}

fn log_in_with(options: &mut WorldOptions, password: &str) {
    options.account = Some(Arc::new(Account { user: account(), password: secret(password) }));
    options.api_key = Some(Arc::new(secret(API_KEY)));
}

async fn doctor(world: &Arc<dyn World>, targets: &[String], login: LoginSettings) -> Report {
    let expanded = expand(&**world, targets, &mut std::io::empty()).expect("targets");
    let settings = Settings {
        budget: short(),
        deadline: std::time::Duration::from_secs(90),
        jobs: 64,
        stop_at_first: false,
        login,
    };
    let (_interrupt, stop) = Stop::new(settings.deadline);
    let report = examine(world, expanded, &settings, &stop, None, &|_| {}).await;
    assert_valid(&serde_json::to_value(&report).expect("a report is plain data"));
    report
}

async fn visit(world: &Arc<dyn World>, hub: &Hub) -> Report {
    doctor(world, &[hub.link()], LoginSettings::default()).await
}

async fn practice(stage: &Stage, name: &str, behaviour: Behaviour) -> Arc<Hub> {
    stage.practice.hub(name, behaviour).await.expect("loopback has free ports")
}

/// One run for each case, because a rejection ends all logins of its run.
async fn what_differs(stage: &Stage, case: &Case, hub: &Hub) -> Option<String> {
    let named = case.login_host.map(|host| {
        let there = stage.practice.find(host).expect("the case starts it");
        LoginHost { host: host.to_owned(), port: there.address().port() }
    });
    let login = LoginSettings {
        login_host: named,
        desktop_refuses: case.desktop_refuses.then_some(true),
        ..LoginSettings::default()
    };
    let report = doctor(&somebody(stage), &[hub.link()], login).await;
    let mut found = differences(case, &report.hubs[0]);
    let sent = hub.attempts().iter().filter(|attempt| attempt.way != Way::Key).count();
    if sent > 1 {
        found.push(format!("{sent} attempts"));
    }
    (!found.is_empty()).then(|| format!("{}: {}", case.id, found.join("; ")))
}

#[tokio::test]
async fn every_login_comes_to_what_it_is() {
    let stage = Stage::start().await;
    let cases: Vec<&Case> = CASES.iter().filter(|case| case.with_login).collect();
    let mut hubs = Vec::new();
    for case in &cases {
        hubs.push(stage.practice.case(case).await.expect(case.id));
    }
    let runs = cases.iter().zip(&hubs).map(|(case, hub)| what_differs(&stage, case, hub));
    let wrong: Vec<String> = join_all(runs).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_in_a_run() {
    let stage = Stage::start().await;
    let mut hubs = Vec::new();
    for (name, login) in
        [("one", Login::ByUserAgent), ("two", Login::Forms), ("three", Login::ByUserAgent)]
    {
        hubs.push(practice(&stage, name, Behaviour::healthy().login(login)).await);
    }
    let targets: Vec<String> = hubs.iter().map(|hub| hub.link()).collect();
    let world = with_password(&stage, "wrong");
    let report = doctor(&world, &targets, LoginSettings::default()).await;
    let attempts: usize = hubs.iter().map(|hub| hub.attempts().len()).sum();
    assert_eq!(attempts, 1);
    let rejected: Vec<_> =
        report.hubs.iter().filter(|hub| hub.verdict.ready == Ready::No).collect();
    assert_eq!(rejected.len(), 1);
    assert_eq!(rejected[0].verdict.cause.as_deref(), Some("login/rejected"));
    for other in report.hubs.iter().filter(|hub| hub.verdict.ready != Ready::No) {
        let login = other.checks.iter().find(|check| check.id == "login").expect("a check");
        let reason = login.reason.as_ref().expect("a reason");
        assert_eq!(reason.because.as_deref(), Some("login/rejected"));
    }
}

#[tokio::test]
async fn a_good_password_is_sent_once_to_each_hub() {
    let stage = Stage::start().await;
    let mut hubs = Vec::new();
    for name in ["one", "two", "three"] {
        hubs.push(practice(&stage, name, Behaviour::healthy()).await);
    }
    let targets: Vec<String> = hubs.iter().map(|hub| hub.link()).collect();
    let report = doctor(&somebody(&stage), &targets, LoginSettings::default()).await;
    for (hub, seen) in hubs.iter().zip(&report.hubs) {
        assert_eq!(seen.verdict.ready, Ready::Yes, "{}", seen.verdict.summary);
        assert_eq!(hub.attempts().len(), 1);
        assert_eq!(hub.sessions(), 1, "left as it was found: nobody logs out unasked");
    }
}

#[tokio::test]
async fn nothing_secret_goes_to_a_hub_whose_certificate_did_not_pass() {
    let stage = Stage::start().await;
    let bad = |case: &&Case| matches!(case.expects.first_broken(), Some("certificate" | "tls"));
    for case in CASES.iter().filter(bad) {
        let hub = stage.practice.case(case).await.expect(case.id);
        visit(&somebody(&stage), &hub).await;
        assert_eq!(hub.secrets(), [], "{}", case.id);
    }
}

#[tokio::test]
async fn nothing_secret_goes_where_another_certificate_is_shown() {
    let stage = Stage::start().await;
    let second = Behaviour::healthy()
        .login(Login::SecondPort { open: true })
        .login_certificate(Certificate::UnknownRoot);
    let second = practice(&stage, "second", second).await;
    let report = visit(&somebody(&stage), &second).await;
    assert_eq!(second.secrets(), [], "the second port has a certificate of its own");
    assert_ne!(report.hubs[0].verdict.ready, Ready::Yes);
    // Trusted as well, but not the one that was judged.
    for after in [1, 3, 5, 8] {
        let replaced = Behaviour::healthy().certificate_replaced_after(after, Certificate::Good);
        let replaced = practice(&stage, &format!("replaced{after}"), replaced).await;
        visit(&somebody(&stage), &replaced).await;
        assert_eq!(replaced.secrets(), [], "replaced after {after} connections");
    }
}

#[tokio::test]
async fn nothing_secret_goes_over_http() {
    let stage = Stage::start().await;
    let over_http = Behaviour::healthy().login(Login::FormsOverHttp);
    let plain = Behaviour::healthy().plain_http().link_scheme("http");
    for (name, behaviour) in [("form", over_http), ("plain", plain)] {
        let hub = practice(&stage, name, behaviour).await;
        let report = visit(&somebody(&stage), &hub).await;
        assert_eq!(hub.secrets(), [], "{name}");
        assert_ne!(report.hubs[0].verdict.ready, Ready::Yes, "{name}");
    }
}

#[tokio::test]
async fn nothing_secret_goes_to_another_host_unless_the_user_named_it() {
    let stage = Stage::start().await;
    for id in ["module-unnamed", "login-saml", "idp-refuses", "moved"] {
        let case = case(id).expect(id);
        let hub = stage.practice.case(case).await.expect(id);
        visit(&somebody(&stage), &hub).await;
        assert_eq!(hub.secrets(), [], "{id}");
    }
    let others = ["module", "idp", "refusing-idp"].map(|name| format!("{name}.practice.test"));
    for host in others.iter().map(String::as_str).chain(["sense.moved.test"]) {
        let other = stage.practice.find(host).expect(host);
        assert_eq!(other.secrets(), [], "{host}");
    }
    let elsewhere = practice(&stage, "elsewhere.test", Behaviour::healthy()).await;
    let tenant = Behaviour::cloud().tenant_user(TenantUser::Elsewhere("elsewhere.test"));
    practice(&stage, "login.qlik.com", Behaviour::healthy().site(Site::LoginPage)).await;
    let tenant = practice(&stage, "corp.eu.qlikcloud.com", tenant).await;
    visit(&somebody(&stage), &tenant).await;
    assert!(tenant.secrets().iter().any(|sent| sent.kind == SecretKind::Key), "it was asked");
    assert_eq!(elsewhere.secrets(), [], "the key does not follow a redirect to another host");
}

#[tokio::test]
async fn without_being_asked_nobody_logs_in() {
    let stage = Stage::start().await;
    let hub = practice(&stage, "hub", Behaviour::healthy()).await;
    visit(&stage.world(|_| {}), &hub).await;
    let promised = stage.world(|options| {
        log_in_with(options, PASSWORD);
        options.no_passwords = true;
    });
    visit(&promised, &hub).await;
    assert_eq!((hub.secrets(), hub.attempts()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn the_session_ends_only_if_that_was_asked_for() {
    let stage = Stage::start().await;
    let hub = practice(&stage, "hub", Behaviour::healthy()).await;
    visit(&somebody(&stage), &hub).await;
    assert_eq!(hub.sessions(), 1);
    assert!(hub.requests().iter().all(|request| request.method != "DELETE"));
    let login = LoginSettings { logout: true, ..LoginSettings::default() };
    let report = doctor(&somebody(&stage), &[hub.link()], login).await;
    assert_eq!(hub.sessions(), 1, "the second session has ended");
    assert!(report.hubs[0].logout.as_ref().is_some_and(|logout| logout.ended));
}

/// The requests of a run with a login, and of one without.
async fn requests_of(stage: &Stage, hub: &Hub) -> (Vec<SeenRequest>, usize) {
    visit(&stage.world(|_| {}), hub).await;
    let before = hub.requests().len();
    visit(&somebody(stage), hub).await;
    (hub.requests().split_off(before), before)
}

#[tokio::test]
async fn a_login_asks_for_no_more_than_it_needs() {
    let stage = Stage::start().await;
    let windows = practice(&stage, "windows", Behaviour::healthy()).await;
    let forms = practice(&stage, "forms", Behaviour::healthy().login(Login::Forms)).await;
    for (hub, posts) in [(windows, 0), (forms, 1)] {
        let (requests, before) = requests_of(&stage, &hub).await;
        let count =
            |wanted: &dyn Fn(&SeenRequest) -> bool| requests.iter().filter(|r| wanted(r)).count();
        assert_eq!(count(&|request| request.method == "POST"), posts);
        assert_eq!(count(&|request| request.method != "GET"), posts, "GET, and the form's POST");
        assert!(count(&|request| request.path.ends_with("/app/engineData")) <= 2, "WebSockets");
        assert_eq!(
            count(&|request| request.path.starts_with("/qrs")),
            0,
            "nothing of administrators"
        );
        assert!(before > 0);
    }
}

#[tokio::test]
async fn only_the_handshake_of_ntlm_shares_a_connection() {
    let stage = Stage::start().await;
    let hub = practice(&stage, "hub", Behaviour::healthy()).await;
    let (requests, _) = requests_of(&stage, &hub).await;
    let with_ntlm = |request: &&SeenRequest| request.header("Authorization").is_some();
    let legs: Vec<usize> = requests.iter().filter(with_ntlm).map(|leg| leg.connection).collect();
    assert_eq!(legs.len(), 2, "message 1 and message 3");
    assert_eq!(legs[0], legs[1], "on one connection");
    let carrying = |request: &&SeenRequest| {
        request.header("Cookie").is_some() || request.parameter("qlikTicket").is_some()
    };
    let others: Vec<usize> = requests.iter().filter(carrying).map(|hop| hop.connection).collect();
    assert!(others.len() >= 3, "ticket, hub, user and more");
    assert!(others.iter().all(|connection| *connection != legs[0]), "a connection for each hop");
}
