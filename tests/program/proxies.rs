//! Hubs behind proxies: everything goes the way that Desktop would take.

use std::sync::Arc;
use std::time::Duration;

use hublink::render::Style;
use hublink::render::human::{self, Detail};
use hublink::report::{Hub, Ready, Report};
use hublink_checks::frame::{Budget, Confidence, Severity, Status};
use hublink_practice::{Answer, Behaviour, Certificate, Hub as PracticeHub, Proxy, ProxyRule};
use hublink_probe::World;

use crate::support::{Stage, causes, doctor, short};

/// Windows does not tell the cases of a name apart, so that the first that is asked for is found.
const HTTPS_PROXY: &str = if cfg!(windows) { "https_proxy" } else { "HTTPS_PROXY" };

/// Where Desktop takes its proxy from on Windows was not seen on a real one: a step less sure there.
fn as_sure_as(confidence: Confidence) -> Confidence {
    if cfg!(windows) { confidence.lowered() } else { confidence }
}

/// A hub that only a proxy finds: the name server knows nothing of it.
async fn hidden(stage: &Stage, name: &str) -> Arc<PracticeHub> {
    let hub = stage.practice.hub(name, Behaviour::healthy()).await.expect("a hub");
    stage.practice.names().set(hub.name(), Answer::NotFound);
    hub
}

fn world(stage: &Stage, variables: &[(&str, String)]) -> Arc<dyn World> {
    let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let owned: Vec<(String, String)> = owned.collect();
    stage.world(|options| options.pretend.variables = Some(owned))
}

fn named(proxy: &Proxy) -> String {
    format!("http://proxy.practice.test:{}", proxy.address().port())
}

async fn through(stage: &Stage, setting: String, hub: &Arc<PracticeHub>) -> Hub {
    let world = world(stage, &[("HTTPS_PROXY", setting)]);
    let mut report = doctor(&world, &[hub.link()], short()).await;
    report.hubs.remove(0)
}

fn status(hub: &Hub, check: &str) -> Status {
    hub.checks.iter().find(|one| one.id == check).expect("listed").status
}

fn blocking(hub: &Hub) -> Vec<&str> {
    let all = hub.checks.iter().flat_map(|check| &check.causes);
    let blocking = all.filter(|cause| cause.severity == Severity::Blocks);
    blocking.map(|cause| cause.id.as_str()).collect()
}

#[tokio::test]
async fn a_hub_that_only_the_proxy_finds_is_ready() {
    let stage = Stage::start().await;
    let proxy = stage.practice.proxy(ProxyRule::Open).await.expect("a proxy");
    let hub = hidden(&stage, "behind").await;
    let seen = through(&stage, named(&proxy), &hub).await;
    assert_eq!(seen.verdict.ready, Ready::Yes, "{}", seen.verdict.summary);
    assert_eq!(seen.verdict.reached.as_deref(), Some("hub"));
    assert!(blocking(&seen).is_empty());
    let facts = seen.checks.iter().filter(|check| check.id == "dns").flat_map(|dns| &dns.causes);
    for fact in facts {
        assert_eq!(fact.severity, Severity::Informs, "the direct look-up is a fact");
    }
    let told = seen.way.to_string();
    assert_eq!(told, format!("through the proxy {}, from {HTTPS_PROXY}", named(&proxy)));
    let target = format!("{}:{}", hub.name(), hub.address().port());
    assert!(proxy.requests().iter().all(|request| request.method == "CONNECT"));
    assert!(proxy.requests().iter().any(|request| request.target == target));
    assert!(!hub.requests().is_empty(), "the pages were asked for inside the tunnel");
}

#[tokio::test]
async fn nobody_waits_for_a_direct_way_that_is_closed() {
    let stage = Stage::start().await;
    let proxy = stage.practice.proxy(ProxyRule::Open).await.expect("a proxy");
    let hub = stage.practice.hub("behind", Behaviour::healthy()).await.expect("a hub");
    stage.practice.names().set(hub.name(), Answer::Silence);
    let seen = through(&stage, named(&proxy), &hub).await;
    assert_eq!(seen.verdict.ready, Ready::Yes, "{}", seen.verdict.summary);
    assert_eq!(status(&seen, "dns"), Status::Skipped);
    assert!(seen.duration_ms < 3000.0, "{} ms", seen.duration_ms);
}

#[tokio::test]
async fn the_page_for_people_tells_the_way() {
    let stage = Stage::start().await;
    let proxy = stage.practice.proxy(ProxyRule::ReachesNobody).await.expect("a proxy");
    let hub = hidden(&stage, "behind").await;
    let world = world(&stage, &[("HTTPS_PROXY", named(&proxy))]);
    let report = doctor(&world, &[hub.link()], short()).await;
    let style = Style { width: 200, colour: false };
    let page = human::render(&report, style, Detail::Normal);
    let way = format!("way: through the proxy {}, from {HTTPS_PROXY}", named(&proxy));
    assert!(page.contains(&way), "{page}");
    assert!(page.contains("proxy/cannot-reach-hub"), "{page}");
}

#[tokio::test]
async fn an_exception_leads_past_a_proxy_that_is_gone() {
    let stage = Stage::start().await;
    let hub = stage.practice.hub("inside", Behaviour::healthy()).await.expect("a hub");
    let gone = "http://gone.practice.test:3128".to_owned();
    let set = [("HTTPS_PROXY", gone), ("NO_PROXY", "practice.test".to_owned())];
    let report = doctor(&world(&stage, &set), &[hub.link()], short()).await;
    assert_eq!(report.hubs[0].verdict.ready, Ready::Yes);
    assert!(!causes(&report.hubs[0]).iter().any(|id| id.starts_with("proxy/")));
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_once_for_all_hubs() {
    let stage = Stage::start().await;
    let hubs = [hidden(&stage, "one").await, hidden(&stage, "two").await];
    let links: Vec<String> = hubs.iter().map(|hub| hub.link()).collect();
    let gone = "http://gone.practice.test:3128".to_owned();
    let report = doctor(&world(&stage, &[("https_proxy", gone)]), &links, short()).await;
    for hub in &report.hubs {
        assert_eq!(hub.verdict.cause.as_deref(), Some("proxy/unusable"));
        assert_eq!(status(hub, "tls"), Status::Skipped);
    }
    let said = report.hubs.iter().flat_map(blocking).filter(|id| *id == "proxy/unusable");
    assert_eq!(said.count(), 1);
}

#[tokio::test]
async fn a_web_server_in_place_of_a_proxy_is_no_policy() {
    let stage = Stage::start().await;
    let hub = hidden(&stage, "behind").await;
    for rule in [ProxyRule::WebServer, ProxyRule::Page, ProxyRule::LatePage] {
        let proxy = stage.practice.proxy(rule).await.expect("a proxy");
        let seen = through(&stage, named(&proxy), &hub).await;
        assert_eq!(blocking(&seen), ["proxy/unusable"], "{rule:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_asks_for_a_login_nobody_has() {
    let stage = Stage::start().await;
    let rule = ProxyRule::Basic { user: "anna", password: "secret-word" };
    let proxy = stage.practice.proxy(rule).await.expect("a proxy");
    let seen = through(&stage, named(&proxy), &hidden(&stage, "behind").await).await;
    assert_eq!(blocking(&seen), ["proxy/login-failed"]);
    assert_eq!(seen.verdict.confidence, Some(as_sure_as(Confidence::Certain)));
    let rule = ProxyRule::Offers(&["Negotiate", "NTLM"]);
    let proxy = stage.practice.proxy(rule).await.expect("a proxy");
    let seen = through(&stage, named(&proxy), &hidden(&stage, "other").await).await;
    assert_eq!(blocking(&seen), ["proxy/login-failed"]);
    assert_eq!(seen.verdict.confidence, Some(as_sure_as(Confidence::Likely)), "Desktop may pass");
}

/// A setting that holds a name and password.
fn with_login(proxy: &Proxy, login: &str) -> String {
    format!("http://{login}@proxy.practice.test:{}", proxy.address().port())
}

fn text_of(report: &Report) -> String {
    serde_json::to_string(report).expect("plain data")
}

#[tokio::test]
async fn the_password_of_the_setting_is_sent_after_it_was_asked_for_and_is_in_no_report() {
    let stage = Stage::start().await;
    let rule = ProxyRule::Basic { user: "anna", password: "secret-word" };
    let proxy = stage.practice.proxy(rule).await.expect("a proxy");
    let hub = hidden(&stage, "behind").await;
    let set = [("HTTPS_PROXY", with_login(&proxy, "anna:secret-word"))];
    let report = doctor(&world(&stage, &set), &[hub.link()], short()).await;
    assert_eq!(report.hubs[0].verdict.ready, Ready::Yes);
    let asked = proxy.requests();
    assert_eq!(asked[0].authorization, None, "nothing is sent before it was asked for");
    assert!(asked[1..].iter().all(|request| request.authorization.is_some()));
    let text = text_of(&report);
    assert!(!text.contains("secret-word") && !text.contains("anna"), "a password in the report");
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_in_a_run_however_many_hubs_there_are() {
    let stage = Stage::start().await;
    let rule = ProxyRule::Basic { user: "anna", password: "secret-word" };
    let proxy = stage.practice.proxy(rule).await.expect("a proxy");
    let mut links = Vec::new();
    let mut hubs = Vec::new();
    for name in ["one", "two", "three"] {
        let hub = hidden(&stage, name).await;
        links.push(hub.link());
        hubs.push(hub);
    }
    let set = [("HTTPS_PROXY", with_login(&proxy, "anna:wrong"))];
    let report = doctor(&world(&stage, &set), &links, short()).await;
    for hub in &report.hubs {
        assert_eq!(hub.verdict.cause.as_deref(), Some("proxy/login-failed"));
    }
    let logins = proxy.requests().into_iter().filter(|request| request.authorization.is_some());
    assert_eq!(logins.count(), 1);
}

#[tokio::test]
async fn a_password_goes_to_no_proxy_whose_certificate_is_not_trusted() {
    let stage = Stage::start().await;
    let rule = ProxyRule::Basic { user: "anna", password: "secret-word" };
    let hub = hidden(&stage, "behind").await;
    let login = |proxy: &Proxy| {
        format!("https://anna:secret-word@proxy.practice.test:{}", proxy.address().port())
    };
    let good = stage.practice.encrypted_proxy(rule, Certificate::Good).await.expect("a proxy");
    let seen = through(&stage, login(&good), &hub).await;
    assert_eq!(seen.verdict.ready, Ready::Yes, "{}", seen.verdict.summary);
    let bad = Certificate::UnknownRoot;
    let bad = stage.practice.encrypted_proxy(rule, bad).await.expect("a proxy");
    let seen = through(&stage, login(&bad), &hub).await;
    assert_eq!(blocking(&seen), ["proxy/login-failed"]);
    assert!(bad.requests().iter().all(|request| request.authorization.is_none()));
}

#[tokio::test]
async fn a_password_goes_over_no_later_connection_whose_certificate_is_not_trusted() {
    let stage = Stage::start().await;
    let rule = ProxyRule::Basic { user: "anna", password: "secret-word" };
    // Asked once without and once with the login; then somebody steps in between.
    let bad = Certificate::UnknownRoot;
    let proxy = stage.practice.proxy_that_is_replaced(rule, 2, bad).await.expect("a proxy");
    let hub = Behaviour::healthy().plain_http().link_scheme("http");
    let hub = stage.practice.hub("plain", hub).await.expect("a hub");
    stage.practice.names().set(hub.name(), Answer::NotFound);
    let port = proxy.address().port();
    let set = [("http_proxy", format!("https://anna:secret-word@proxy.practice.test:{port}"))];
    doctor(&world(&stage, &set), &[hub.link()], short()).await;
    let asked = proxy.requests();
    assert!(asked[1].authorization.is_some() && asked.len() > 2, "{asked:?}");
    assert!(asked[2..].iter().all(|request| request.authorization.is_none()), "{asked:?}");
}

#[tokio::test]
async fn no_login_goes_to_a_proxy_that_is_not_followed_for_the_hub() {
    let stage = Stage::start().await;
    let rule = ProxyRule::Basic { user: "anna", password: "secret-word" };
    let hub = hidden(&stage, "outside").await;
    let excluded = ("NO_PROXY", "practice.test".to_owned());
    for (variable, list) in [("HTTPS_PROXY", Some(excluded)), ("HTTP_PROXY", None)] {
        let proxy = stage.practice.proxy(rule).await.expect("a proxy");
        let set = [(variable, with_login(&proxy, "anna:secret-word"))];
        let set: Vec<(&str, String)> = set.into_iter().chain(list).collect();
        doctor(&world(&stage, &set), &[hub.link()], short()).await;
        let asked = proxy.requests();
        assert!(!asked.is_empty(), "{variable}: it may reach the hub");
        assert!(asked.iter().all(|one| one.authorization.is_none()), "{variable}: {asked:?}");
    }
}

#[tokio::test]
async fn a_run_without_passwords_leaves_open_what_only_a_login_would_tell() {
    let stage = Stage::start().await;
    let rule = ProxyRule::Basic { user: "anna", password: "secret-word" };
    let proxy = stage.practice.proxy(rule).await.expect("a proxy");
    let hub = hidden(&stage, "behind").await;
    let setting = with_login(&proxy, "anna:secret-word");
    let world = stage.world(|options| {
        options.no_passwords = true;
        options.pretend.variables = Some(vec![("HTTPS_PROXY".to_owned(), setting)]);
    });
    let report = doctor(&world, &[hub.link()], short()).await;
    assert!(proxy.requests().iter().all(|request| request.authorization.is_none()));
    assert_eq!(report.hubs[0].verdict.ready, Ready::Unknown, "{}", report.hubs[0].verdict.summary);
    assert_eq!(status(&report.hubs[0], "proxy"), Status::Errored);
    assert!(blocking(&report.hubs[0]).is_empty());
}

#[tokio::test]
async fn a_hub_that_a_proxy_cannot_reach_delays_no_login_at_another_proxy() {
    let stage = Stage::start().await;
    let rule = ProxyRule::Basic { user: "anna", password: "secret-word" };
    let silent = ProxyRule::BasicThenSilent { user: "anna", password: "secret-word" };
    let first = stage.practice.proxy(silent).await.expect("a proxy");
    let second = stage.practice.proxy(rule).await.expect("a proxy");
    let hub = hidden(&stage, "behind").await;
    let plain = Behaviour::healthy().plain_http().link_scheme("http");
    let plain = stage.practice.hub("plain", plain).await.expect("a hub");
    let set = [
        ("HTTPS_PROXY", with_login(&first, "anna:secret-word")),
        ("http_proxy", with_login(&second, "anna:secret-word")),
    ];
    let links = [hub.link(), plain.link()];
    let report = doctor(&world(&stage, &set), &links, short()).await;
    assert_eq!(report.hubs[1].verdict.ready, Ready::Yes, "{}", report.hubs[1].verdict.summary);
    assert!(report.hubs[1].duration_ms < 2500.0, "{} ms", report.hubs[1].duration_ms);
}

#[tokio::test]
async fn one_forbidden_host_does_not_make_an_accepted_password_wrong() {
    let stage = Stage::start().await;
    let (user, password) = ("anna", "secret-word");
    let rule = ProxyRule::BasicExceptFor { user, password, host: "denied.practice.test" };
    let proxy = stage.practice.proxy(rule).await.expect("a proxy");
    let world = world(&stage, &[("HTTPS_PROXY", with_login(&proxy, "anna:secret-word"))]);
    for (name, expected) in [
        ("one", None),
        ("denied", Some(("proxy/policy-denies", as_sure_as(Confidence::Likely)))),
        ("two", None),
    ] {
        let hub = hidden(&stage, name).await;
        let verdict = &doctor(&world, &[hub.link()], short()).await.hubs[0].verdict;
        let found = verdict.cause.as_deref().zip(verdict.confidence);
        assert_eq!(found, expected, "{name}: {}", verdict.summary);
    }
}

#[tokio::test]
async fn a_tunnel_is_no_page_because_of_its_type() {
    let stage = Stage::start().await;
    let hub = hidden(&stage, "behind").await;
    let proxy = stage.practice.proxy(ProxyRule::OpenWithType).await.expect("a proxy");
    let seen = through(&stage, named(&proxy), &hub).await;
    assert_eq!(seen.verdict.ready, Ready::Yes, "{}", seen.verdict.summary);
}

#[tokio::test]
async fn a_port_that_the_proxy_denies_is_policy() {
    let stage = Stage::start().await;
    let denied = hidden(&stage, "denied").await;
    let open = hidden(&stage, "open").await;
    let rule = ProxyRule::DeniesPort(denied.address().port());
    let proxy = stage.practice.proxy(rule).await.expect("a proxy");
    let set = [("HTTPS_PROXY", named(&proxy))];
    let report = doctor(&world(&stage, &set), &[denied.link(), open.link()], short()).await;
    assert_eq!(report.hubs[0].verdict.cause.as_deref(), Some("proxy/policy-denies"));
    assert_eq!(report.hubs[0].verdict.confidence, Some(as_sure_as(Confidence::Certain)));
    assert_eq!(report.hubs[1].verdict.ready, Ready::Yes);
}

#[tokio::test]
async fn a_denied_login_port_is_policy_although_the_hub_passes() {
    let stage = Stage::start().await;
    let second = hublink_practice::Login::SecondPort { open: true };
    let hub = Behaviour::healthy().login(second);
    let hub = stage.practice.hub("older", hub).await.expect("a hub");
    let rule = ProxyRule::DeniesPort(hub.login_port().expect("a second port"));
    let proxy = stage.practice.proxy(rule).await.expect("a proxy");
    let seen = through(&stage, named(&proxy), &hub).await;
    assert_eq!(blocking(&seen), ["proxy/policy-denies"]);
    assert_eq!(seen.verdict.first_broken.as_deref(), Some("proxy"));
}

#[tokio::test]
async fn whether_the_direct_way_works_decides_whose_fault_a_bad_gateway_is() {
    let stage = Stage::start().await;
    let proxy = stage.practice.proxy(ProxyRule::ReachesNobody).await.expect("a proxy");
    let hub = stage.practice.hub("inside", Behaviour::healthy()).await.expect("a hub");
    let seen = through(&stage, named(&proxy), &hub).await;
    assert_eq!(blocking(&seen), ["proxy/bypass-missing"]);
    let seen = through(&stage, named(&proxy), &hidden(&stage, "outside").await).await;
    assert_eq!(blocking(&seen), ["proxy/cannot-reach-hub"]);
}

/// The doctor's own limits: silence of a proxy means something only after ten seconds.
async fn patiently(stage: &Stage, proxy: &Proxy, hub: &Arc<PracticeHub>) -> Hub {
    let budget = Budget { handshake: Duration::from_secs(10), ..short() };
    let world = world(stage, &[("HTTPS_PROXY", named(proxy))]);
    let mut report = doctor(&world, &[hub.link()], budget).await;
    report.hubs.remove(0)
}

#[tokio::test]
async fn a_silent_proxy_is_told_from_a_silent_hub_behind_it() {
    let stage = Stage::start().await;
    let silent = stage.practice.proxy(ProxyRule::Silent).await.expect("a proxy");
    let rule = ProxyRule::SilentFor("down.practice.test");
    let waiting = stage.practice.proxy(rule).await.expect("a proxy");
    let (one, two) = (hidden(&stage, "up").await, hidden(&stage, "down").await);
    let (one, two) =
        tokio::join!(patiently(&stage, &silent, &one), patiently(&stage, &waiting, &two),);
    assert_eq!(blocking(&one), ["proxy/unusable"]);
    assert!(one.duration_ms < 20_000.0, "{} ms", one.duration_ms);
    assert_eq!(blocking(&two), ["proxy/cannot-reach-hub"]);
}

#[tokio::test]
async fn a_proxy_that_is_set_for_other_links_shows_that_one_is_needed() {
    let stage = Stage::start().await;
    let proxy = stage.practice.proxy(ProxyRule::Open).await.expect("a proxy");
    let hub = hidden(&stage, "outside").await;
    let set = [("HTTP_PROXY", named(&proxy))];
    let report = doctor(&world(&stage, &set), &[hub.link()], short()).await;
    assert_eq!(blocking(&report.hubs[0]), ["proxy/direct-blocked"]);
    assert_eq!(report.hubs[0].verdict.confidence, Some(as_sure_as(Confidence::Likely)));
}

#[tokio::test]
async fn a_script_is_not_evaluated_and_nobody_is_accused() {
    let stage = Stage::start().await;
    let script = stage.path("proxy.pac");
    std::fs::write(&script, "function FindProxyForURL(u, h) { return \"PROXY p:1\"; }")
        .expect("a file");
    let set = |path: &std::path::Path| [("auto_proxy", format!("file://{}", path.display()))];
    let outside = hidden(&stage, "outside").await;
    let inside = stage.practice.hub("inside", Behaviour::healthy()).await.expect("a hub");
    let links = [outside.link(), inside.link()];
    let report = doctor(&world(&stage, &set(&script)), &links, short()).await;
    assert_eq!(report.hubs[0].verdict.ready, Ready::Unknown, "the script may name a proxy");
    assert!(blocking(&report.hubs[0]).is_empty());
    assert_eq!(report.hubs[1].verdict.ready, Ready::Yes);
    let missing = stage.path("gone.pac");
    let report = doctor(&world(&stage, &set(&missing)), &links, short()).await;
    assert_eq!(report.hubs[0].verdict.cause.as_deref(), Some("proxy/pac-unusable"));
    assert_eq!(blocking(&report.hubs[0]), ["proxy/pac-unusable", "dns/name-not-found"]);
    assert_eq!(report.hubs[1].verdict.ready, Ready::Yes);
    assert!(causes(&report.hubs[1]).contains(&"proxy/pac-unusable"));
}

#[tokio::test]
async fn the_whole_address_of_a_script_is_fetched_and_none_of_its_secrets_is_kept() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let stage = Stage::start().await;
    let hub = stage.practice.hub("inside", Behaviour::healthy()).await.expect("a hub");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).await.expect("a request");
        request.truncate(read);
        let answer = b"HTTP/1.1 302 Found\r\nLocation: /p?token=abc&key=secret\r\n\
            Content-Length: 0\r\n\r\n";
        stream.write_all(answer).await.expect("an open connection");
        String::from_utf8(request).expect("text")
    });
    let url = format!("http://anna:word@127.0.0.1:{port}/p.pac?token=abc&key=secret");
    let report = doctor(&world(&stage, &[("auto_proxy", url)]), &[hub.link()], short()).await;
    let request = server.await.expect("the script was fetched");
    assert!(request.starts_with("GET /p.pac?token=abc&key=secret HTTP/1.1"), "{request}");
    assert!(!request.to_lowercase().contains("authorization"), "{request}");
    let text = text_of(&report);
    for secret in ["secret", "token=abc", "word@", "anna"] {
        assert!(!text.contains(secret), "{secret} is in the report");
    }
}

#[tokio::test]
async fn a_closed_port_beside_a_broken_script_is_told() {
    let stage = Stage::start().await;
    let hub = stage.practice.hub("closed", Behaviour::healthy()).await.expect("a hub");
    let link = format!("https://{}:1", hub.name());
    let set = [("auto_proxy", "http://gone.practice.test/p.pac".to_owned())];
    let report = doctor(&world(&stage, &set), &[link], short()).await;
    let hub = &report.hubs[0];
    assert_eq!(hub.verdict.first_broken.as_deref(), Some("tcp"), "{:?}", hub.verdict);
    assert!(causes(hub).contains(&"proxy/pac-unusable"));
}

#[tokio::test]
async fn an_http_link_is_forwarded() {
    let stage = Stage::start().await;
    let proxy = stage.practice.proxy(ProxyRule::Open).await.expect("a proxy");
    let hub = Behaviour::healthy().plain_http().link_scheme("http");
    let hub = stage.practice.hub("plain", hub).await.expect("a hub");
    stage.practice.names().set(hub.name(), Answer::NotFound);
    let set = [("http_proxy", named(&proxy))];
    let report = doctor(&world(&stage, &set), &[hub.link()], short()).await;
    assert_eq!(report.hubs[0].verdict.ready, Ready::Yes, "{}", report.hubs[0].verdict.summary);
    let asked = proxy.requests();
    assert!(asked.iter().all(|one| one.method == "GET" && one.target.starts_with("http://")));
}
