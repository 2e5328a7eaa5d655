//! Logins in the practice world: each comes to what it is, and nothing secret goes where it must not.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use hublink::doctor::examine;
use hublink::engine::{LoginSettings, Settings, Stop};
use hublink::output::json_document;
use hublink::render::human::{self, Detail};
use hublink::render::{Style, html, junit, markdown, nagios, ndjson, openmetrics};
use hublink::report::{Ready, Report};
use hublink::targets::expand;
use hublink_checks::login::LoginHost;
use hublink_practice::{
    API_KEY, AccountState, Behaviour, CASES, Case, Certificate, DOMAIN, Form, Hub, Login, PASSWORD,
    SecretKind, SeenRequest, Site, TenantUser, Topic, USER, Way, case,
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

#[cfg_attr(
    windows,
    ignore = "seventy hubs at once: under wine every look-up comes late, and is told so"
)]
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
    // Trusted as well, but not the one that was judged. Three connections come before the login: two
    // for pages, one for the WebSocket. Later ones may be of a login that had the right one.
    let mut judged = 0;
    for after in 1..=3 {
        let replaced = Behaviour::healthy().certificate_replaced_after(after, Certificate::Good);
        let replaced = practice(&stage, &format!("replaced{after}"), replaced).await;
        let report = visit(&somebody(&stage), &replaced).await;
        if judged_leaf(&report) == fingerprint(&replaced.chain()[0])
            && after < replaced.connections()
        {
            judged += 1;
            assert_eq!(replaced.secrets(), [], "replaced after {after} connections");
        }
    }
    assert!(judged > 1, "the first certificate was judged, and another one shown, {judged} times");
}

/// The fingerprint of the certificate that the report judges, without punctuation.
fn judged_leaf(report: &Report) -> String {
    let checks = &report.hubs[0].checks;
    let evidence = checks.iter().find(|check| check.id == "certificate");
    let evidence = evidence.and_then(|check| check.evidence.as_ref()).expect("evidence");
    let evidence = evidence.tree();
    let shown = evidence.pointer("/chain/0/fingerprint").and_then(|text| text.as_str());
    let digits = shown.expect("a fingerprint").chars().filter(char::is_ascii_hexdigit);
    digits.collect::<String>().to_ascii_lowercase()
}

fn fingerprint(certificate: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, certificate);
    hash.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
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

/// A logout at a Qlik server ends the user's other sessions there too.
#[tokio::test]
async fn no_session_ends_while_a_hub_is_still_looked_at() {
    let stage = Stage::start().await;
    let hub = practice(&stage, "hub", Behaviour::healthy()).await;
    let login = LoginSettings { logout: true, ..LoginSettings::default() };
    let report = doctor(&somebody(&stage), &[hub.link(), hub.url()], login).await;
    assert_eq!(report.hubs.len(), 2);
    let deletes: Vec<bool> =
        hub.requests().iter().map(|request| request.method == "DELETE").collect();
    let first = deletes.iter().position(|is_logout| *is_logout).expect("a logout");
    assert_eq!(deletes.len() - first, 2, "both, and nothing after the first of them");
    assert!(deletes[first..].iter().all(|is_logout| *is_logout));
}

#[tokio::test]
async fn a_key_has_no_session_to_end() {
    let stage = Stage::start().await;
    practice(&stage, "login.qlik.com", Behaviour::healthy().site(Site::LoginPage)).await;
    let hub = practice(&stage, "corp.eu.qlikcloud.com", Behaviour::cloud()).await;
    let login = LoginSettings { logout: true, ..LoginSettings::default() };
    let report = doctor(&somebody(&stage), &[hub.link()], login).await;
    assert!(hub.secrets().iter().any(|sent| sent.kind == SecretKind::Key), "it was sent");
    assert!(report.hubs[0].logout.is_none());
    assert!(hub.requests().iter().all(|request| request.method != "DELETE"));
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

/// What a secret may look like in a text: itself, and as forms, JSON and HTML write it.
fn spellings(secret: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::to_string(secret).expect("text is JSON");
    let html = secret.replace('&', "&amp;").replace('"', "&quot;");
    let html_too = html.replace("&quot;", "&#34;").replace("&amp;", "&#38;");
    let base64 = STANDARD.encode(secret);
    let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut all = vec![
        secret.to_owned(),
        encoded.clone(),
        encoded.to_lowercase(),
        encoded.replace('+', "%20"),
        json.trim_matches('"').to_owned(),
        html,
        html_too,
        base64.trim_end_matches('=').to_owned(),
        STANDARD.encode(utf16).trim_end_matches('=').to_owned(),
    ];
    all.dedup();
    all
}

/// Everything secret of a run at a hub: what it was sent and what it gave out.
fn canaries(hub: &Hub) -> Vec<String> {
    let mut found = vec![PASSWORD.to_owned(), API_KEY.to_owned()];
    found.extend(hub.issued());
    for request in hub.requests() {
        let tokens = request.header("Authorization").and_then(|value| value.split_once(' '));
        found.extend(tokens.map(|(_, token)| token.to_owned()));
        let cookies = request.header("Cookie").unwrap_or_default().split("; ");
        found.extend(cookies.filter_map(|pair| Some(pair.split_once('=')?.1.to_owned())));
        found.extend(
            ["qlikTicket", "targetId", "qlik-csrf-token"]
                .map(|n| request.parameter(n))
                .into_iter()
                .flatten(),
        );
        found.extend(
            (!request.body.is_empty()).then(|| String::from_utf8_lossy(&request.body).into_owned()),
        );
    }
    // Long values may be cut for a report: their beginning is enough to search for.
    for value in &mut found {
        if value.len() > 48 && value.is_ascii() {
            value.truncate(48);
        }
    }
    found.sort();
    found.dedup();
    found.retain(|value| value.len() >= 8);
    found
}

/// Every way to show a report.
fn shown(report: &Report) -> Vec<(&'static str, String)> {
    let style = Style { width: 100, colour: false };
    vec![
        ("json", json_document(report)),
        ("human", human::render(report, style, Detail::Normal)),
        ("verbose", human::render(report, style, Detail::Verbose)),
        ("ndjson", ndjson::render(report)),
        ("markdown", markdown::render(report)),
        ("html", html::render(report)),
        ("junit", junit::render(report)),
        ("nagios", nagios::render(report)),
        ("openmetrics", openmetrics::render(report)),
    ]
}

#[tokio::test]
async fn no_secret_is_in_any_report() {
    let stage = Stage::start().await;
    practice(&stage, "login.qlik.com", Behaviour::healthy().site(Site::LoginPage)).await;
    let forms = || Behaviour::healthy().login(Login::Forms);
    let debug = Behaviour::healthy().echoing();
    let behaviours = [
        ("windows", Behaviour::healthy()),
        ("form", forms()),
        ("own-form", forms().form(Form::Replaced)),
        ("no-licence", Behaviour::healthy().topic(Topic::Notice("OnLicenseAccessDenied"))),
        ("cookie", Behaviour::healthy().cookie("X-Qlik-Session", "; Path=/elsewhere; Secure")),
        ("rejected", Behaviour::healthy().rejecting_password()),
        ("locked", forms().account_state(AccountState::Locked)),
        ("inactive", Behaviour::healthy().account_state(AccountState::Inactive)),
        ("stripped", Behaviour::healthy().stripping("X-Qlik-Xrfkey")),
        ("corp.eu.qlikcloud.com", Behaviour::cloud()),
        ("debug", debug.clone()),
        ("debug-rejected", debug.clone().rejecting_password()),
        ("debug-form", debug.clone().login(Login::Forms)),
        ("debug-locked", debug.clone().login(Login::Forms).account_state(AccountState::Locked)),
        ("debug-stale", debug.clone().stale_sessions()),
        ("debug-stripped", debug.clone().stripping("X-Qlik-Xrfkey")),
        ("debug.eu.qlikcloud.com", debug.clone().site(Site::Cloud).rejecting_password()),
    ];
    let mut searched = 0;
    for (name, behaviour) in behaviours {
        let hub = practice(&stage, name, behaviour).await;
        let login = LoginSettings { logout: true, ..LoginSettings::default() };
        let report = doctor(&somebody(&stage), &[hub.link()], login).await;
        assert!(!hub.secrets().is_empty(), "{name}: something secret was sent");
        let texts = shown(&report);
        for value in canaries(&hub) {
            for spelling in spellings(&value) {
                searched += texts.len();
                let hit = texts.iter().find(|(_, text)| text.contains(&spelling));
                assert!(hit.is_none(), "{name}: {spelling} is in {}", hit.expect("found").0);
            }
        }
    }
    assert!(searched > 5_000, "{searched} texts searched");
}

#[tokio::test]
async fn the_search_finds_what_is_there() {
    let account = format!("{PASSWORD} and {API_KEY}");
    let encoded: String = url::form_urlencoded::byte_serialize(account.as_bytes()).collect();
    for text in [account.clone(), json_document(&account), encoded] {
        for secret in [PASSWORD, API_KEY] {
            assert!(spellings(secret).iter().any(|spelling| text.contains(spelling)), "{text}");
        }
    }
}

/// What the program wrote, and what other users of the computer saw of it: its arguments.
#[cfg(target_os = "linux")]
fn seen_of(mut command: std::process::Command, into: &std::path::Path) -> (String, String) {
    use std::io::Write as _;
    use std::process::Stdio;

    // A pipe that nobody reads meanwhile would stop the program.
    let file = std::fs::File::create(into).expect("a file");
    let errors = file.try_clone().expect("the same file");
    command.stdin(Stdio::piped()).stdout(file).stderr(errors);
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(PASSWORD.as_bytes()).expect("the program reads its password");
    drop(stdin);
    let mut arguments = String::new();
    while child.try_wait().expect("our child").is_none() {
        let line = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
        arguments.push_str(&String::from_utf8_lossy(&line));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    (std::fs::read_to_string(into).expect("text"), arguments)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_secret_is_in_what_the_program_writes_or_in_its_arguments() {
    let stage = Stage::start().await;
    for format in ["human", "json", "html"] {
        let hub = practice(&stage, format, Behaviour::healthy()).await;
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hublink"));
        command
            .args([&hub.url(), "--login", &account(), "--password-stdin", "--verbose"])
            .args(["--format", format, "--resolver", &stage.practice.resolver().to_string()])
            .arg("--ca-file")
            .arg(stage.path("ca.pem"))
            .env_clear();
        let into = stage.path(format);
        let seen = tokio::task::spawn_blocking(move || seen_of(command, &into));
        let (written, arguments) = seen.await.expect("the program ran");
        assert_eq!(hub.attempts().len(), 1, "{written}");
        assert!(arguments.contains("--password-stdin"), "they were looked at: {arguments}");
        for value in canaries(&hub) {
            for spelling in spellings(&value) {
                assert!(!written.contains(&spelling), "{format}: {spelling} is written");
                assert!(!arguments.contains(&spelling), "{format}: {spelling} is an argument");
            }
        }
    }
}
