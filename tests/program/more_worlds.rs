//! What the list of practice cases cannot show: faults of the network around the hub, of this
//! computer, and of the doctor itself.

use std::time::Duration;

use crate::support::{Stage, causes, doctor, short};
use hublink::engine::{LoginSettings, Settings, Stop};
use hublink::report::Ready;
use hublink::targets::expand;
use hublink_checks::frame::{Case, Facts, ReasonKind, Severity, Status};
use hublink_practice::{Answer, Behaviour, Certificate, NameServer, Port};

#[tokio::test]
async fn a_silent_name_server_is_named_and_not_the_hub() {
    let stage = Stage::start().await;
    let silent = NameServer::start_saying(Answer::Silence).await.expect("a name server");
    let world = stage.world(|options| options.resolver = Some(silent.address()));
    let report = doctor(&world, &["https://hub.practice.test".to_owned()], short()).await;
    assert_eq!(report.hubs[0].verdict.cause.as_deref(), Some("dns/resolver-unreachable"));
}

#[tokio::test]
async fn a_name_server_that_refuses_is_named() {
    let stage = Stage::start().await;
    let refusing = NameServer::start_saying(Answer::Refused).await.expect("a name server");
    let world = stage.world(|options| options.resolver = Some(refusing.address()));
    let report = doctor(&world, &["https://hub.practice.test".to_owned()], short()).await;
    assert_eq!(report.hubs[0].verdict.cause.as_deref(), Some("dns/resolver-refuses"));
}

/// The clock of this computer is two years ahead: the good certificate of the hub seems to have
/// run out, and the clock must be named, not the certificate.
#[tokio::test]
async fn a_wrong_clock_of_this_computer_claims_the_certificate() {
    let stage = Stage::start().await;
    let first = stage.practice.hub("first", Behaviour::healthy()).await.expect("a hub");
    let second = stage.practice.hub("second", Behaviour::healthy()).await.expect("a hub");
    let world = stage.world(|options| options.pretend.clock_off = time::Duration::days(730));
    let report = doctor(&world, &[first.link(), second.link()], short()).await;
    for hub in &report.hubs {
        assert_eq!(hub.verdict.ready, Ready::No, "{}", hub.name);
        assert_eq!(hub.verdict.cause.as_deref(), Some("clock/this-computer-wrong"));
        let certificate =
            hub.checks.iter().find(|check| check.id == "certificate").expect("listed");
        let reason = certificate.reason.as_ref().expect("a reason");
        assert_eq!(certificate.status, Status::Skipped);
        assert_eq!(reason.kind, ReasonKind::Because);
        assert_eq!(reason.because.as_deref(), Some("clock/this-computer-wrong"));
    }
    assert_eq!(causes(&report.hubs[0]), ["clock/this-computer-wrong"], "only the root speaks");
    assert!(causes(&report.hubs[1]).is_empty(), "what stops every hub stands in full once");
}

/// No name server answers: the computer's fault stands at the first hub, and the second names it.
#[tokio::test]
async fn what_stops_every_hub_is_said_once() {
    let stage = Stage::start().await;
    let silent = NameServer::start_saying(Answer::Silence).await.expect("a name server");
    let world = stage.world(|options| options.resolver = Some(silent.address()));
    let targets = ["https://one.practice.test", "https://two.practice.test"].map(str::to_owned);
    let report = doctor(&world, &targets, short()).await;
    for hub in &report.hubs {
        assert_eq!(hub.verdict.cause.as_deref(), Some("dns/resolver-unreachable"));
        assert_eq!(hub.verdict.first_broken.as_deref(), Some("dns"));
    }
    assert_eq!(causes(&report.hubs[0]), ["dns/resolver-unreachable"]);
    assert!(causes(&report.hubs[1]).is_empty());
    let page = hublink::render::human::render(
        &report,
        hublink::render::Style { colour: false, width: 80 },
        hublink::render::human::Detail::Normal,
    );
    assert!(page.contains("It shares dns/resolver-unreachable with other hubs"), "{page}");
}

#[tokio::test]
async fn a_certificate_from_a_company_authority_in_the_store_is_nobodys_fault() {
    let stage = Stage::start().await;
    for kind in [Certificate::Good, Certificate::Wildcard, Certificate::GoodWithRoot] {
        let name = format!("hub-{kind:?}").to_lowercase();
        let hub = Behaviour::healthy().certificate(kind);
        let hub = stage.practice.hub(&name, hub).await.expect("a hub");
        let report = doctor(&stage.world(|_| {}), &[hub.link()], short()).await;
        assert_eq!(
            report.hubs[0].verdict.ready,
            Ready::Yes,
            "{name}: {:?}",
            causes(&report.hubs[0])
        );
    }
}

/// Half a second cannot tell a lost packet from a firewall: nobody is accused.
#[tokio::test]
async fn a_limit_too_short_to_tell_leaves_the_question_open() {
    let stage = Stage::start().await;
    let silent = Behaviour::healthy().port(Port::Silent);
    let silent = stage.practice.hub("silent", silent).await.expect("a hub");
    let mute =
        stage.practice.hub("mute", Behaviour::healthy().port(Port::Mute)).await.expect("a hub");
    let world = stage.world(|_| {});
    let hasty = short().capped(Duration::from_millis(500));
    let report = doctor(&world, &[silent.link(), mute.link()], hasty).await;
    for (hub, check) in report.hubs.iter().zip(["tcp", "tls"]) {
        assert_eq!(hub.verdict.ready, Ready::Unknown, "{check}");
        assert_eq!(hub.verdict.first_broken.as_deref(), Some(check));
        assert!(causes(hub).is_empty(), "{:?}", causes(hub));
        let clock = hub.checks.iter().find(|one| one.id == "clock").expect("listed");
        assert_eq!(clock.status, Status::Skipped, "nobody told the time");
    }
}

/// When the time is over the report is whole: what is missing is said, and nothing is called
/// good or bad that was not seen.
#[tokio::test]
async fn at_the_deadline_the_report_is_complete_and_says_what_is_missing() {
    let stage = Stage::start().await;
    let mute =
        stage.practice.hub("mute", Behaviour::healthy().port(Port::Mute)).await.expect("a hub");
    let good = stage.practice.hub("good", Behaviour::healthy()).await.expect("a hub");
    let world = stage.world(|_| {});
    let expanded =
        expand(&*world, &[mute.link(), good.link()], &mut std::io::empty()).expect("targets");
    // Less than a handshake may take; under wine the good hub needs more of it.
    let deadline = Duration::from_millis(if cfg!(windows) { 2700 } else { 1500 });
    let settings = Settings {
        budget: short(),
        deadline,
        jobs: 8,
        stop_at_first: false,
        login: LoginSettings::default(),
    };
    let (_interrupt, stop) = Stop::new(deadline);
    let report = hublink::doctor::examine(&world, expanded, &settings, &stop, None, &|_| {}).await;
    crate::support::assert_valid(&serde_json::to_value(&report).expect("plain data"));
    let missing = &report.hubs[0];
    assert_eq!(missing.verdict.ready, Ready::Unknown);
    assert_eq!(missing.verdict.first_broken.as_deref(), Some("tls"));
    let tls = missing.checks.iter().find(|check| check.id == "tls").expect("never vanishes");
    assert_eq!(tls.reason.as_ref().map(|reason| reason.kind), Some(ReasonKind::OutOfTime));
    assert_eq!(report.hubs[1].verdict.ready, Ready::Yes);
    assert_eq!(missing.checks.len(), hublink_checks::all().len());
}

#[tokio::test]
async fn an_interrupted_run_reports_what_it_knows() {
    let stage = Stage::start().await;
    let mute =
        stage.practice.hub("mute", Behaviour::healthy().port(Port::Mute)).await.expect("a hub");
    let world = stage.world(|_| {});
    let expanded = expand(&*world, &[mute.link()], &mut std::io::empty()).expect("targets");
    let deadline = Duration::from_mins(1);
    let settings = Settings {
        budget: short(),
        deadline,
        jobs: 8,
        stop_at_first: false,
        login: LoginSettings::default(),
    };
    let (interrupt, stop) = Stop::new(deadline);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        interrupt.send(Some("interrupted")).expect("the run listens");
    });
    let report = hublink::doctor::examine(&world, expanded, &settings, &stop, None, &|_| {}).await;
    assert!(report.interrupted);
    assert_eq!(report.hubs[0].verdict.ready, Ready::Unknown);
    assert_eq!(report.hubs[0].verdict.reached.as_deref(), Some("tcp"));
}

/// Preflight stops at the first broken check, asks nothing more, and says the same.
#[tokio::test]
async fn preflight_stops_as_soon_as_it_knows() {
    let stage = Stage::start().await;
    let expired = Behaviour::healthy().certificate(Certificate::Expired);
    let hub = stage.practice.hub("old", expired).await.expect("a hub");
    let world = stage.world(|_| {});
    let expanded = expand(&*world, &[hub.link()], &mut std::io::empty()).expect("targets");
    let deadline = Duration::from_secs(10);
    let settings = Settings {
        budget: short(),
        deadline,
        jobs: 8,
        stop_at_first: true,
        login: LoginSettings::default(),
    };
    let (_interrupt, stop) = Stop::new(deadline);
    let report = hublink::doctor::examine(&world, expanded, &settings, &stop, None, &|_| {}).await;
    assert_eq!(report.hubs[0].verdict.cause.as_deref(), Some("certificate/expired"));
    let asked: Vec<String> = hub.requests().into_iter().map(|request| request.path).collect();
    // The clock is asked for, since a wrong clock would explain it; whether it is a hub is not.
    assert!(!asked.iter().any(|path| path.contains("qps")), "{asked:?}");
}

/// Evidence of a saved report is judged again with the same outcome as live.
#[tokio::test]
async fn a_saved_report_is_judged_again_as_it_was_live() {
    let stage = Stage::start().await;
    let mut targets = Vec::new();
    let mut hubs = Vec::new();
    for id in hublink_practice::SHOWCASE {
        let case = hublink_practice::case(id).expect(id);
        let hub = stage.practice.case(case).await.expect(id);
        targets.push(hub.link());
        hubs.push(hub);
    }
    let report = doctor(&stage.world(|_| {}), &targets, short()).await;
    let saved = serde_json::to_string(&report).expect("plain data");
    let read: hublink::report::Report = serde_json::from_str(&saved).expect("a report");
    assert_eq!(read, report);
    for hub in &read.hubs {
        let mut case = Case::new(Facts {
            os: read.environment.os.clone(),
            hub: hub.link.as_ref().and_then(|link| link.hub.clone()),
            interfaces: read.environment.interfaces.clone(),
            hubs_in_run: read.hubs.len(),
            way: hub.way.clone(),
            ..Facts::default()
        });
        for check in hublink_checks::all() {
            let report = hub.checks.iter().find(|c| c.id == check.meta().id).expect("listed");
            if let Some(evidence) = &report.evidence {
                case.put(check.read(evidence.text()).expect("evidence of this version"));
            }
        }
        for check in hublink_checks::all() {
            let report = hub.checks.iter().find(|c| c.id == check.meta().id).expect("listed");
            if report.status != Status::Skipped {
                assert_eq!(check.judge(&case), report.causes, "{} of {}", report.id, hub.name);
            }
        }
    }
}

/// Planted one-time values of the hub's answers appear in no evidence.
#[tokio::test]
async fn what_opens_a_login_never_enters_a_report() {
    let stage = Stage::start().await;
    let hub = stage.practice.hub("secrets", Behaviour::healthy()).await.expect("a hub");
    let report = doctor(&stage.world(|_| {}), &[hub.link()], short()).await;
    let text = serde_json::to_string(&report).expect("plain data");
    let targets: Vec<String> =
        hub.requests().iter().filter_map(|request| request.parameter("targetId")).collect();
    assert!(!targets.is_empty(), "the redirect to the login was followed");
    for value in targets {
        assert!(!text.contains(&value), "a targetId stands in the report");
    }
}

#[tokio::test]
async fn a_hub_named_by_something_that_is_no_link_is_not_looked_up() {
    let stage = Stage::start().await;
    let targets =
        ["ftp://hub.practice.test".to_owned(), stage.path("no.ini").display().to_string()];
    let report = doctor(&stage.world(|_| {}), &targets, short()).await;
    assert_eq!(report.hubs[0].verdict.cause.as_deref(), Some("link/wrong-scheme"));
    assert_eq!(report.hubs[1].verdict.cause.as_deref(), Some("hubs-file/missing"));
    assert_eq!(report.hubs[1].host, None);
    assert!(stage.practice.names().questions().is_empty(), "no name was looked up");
    let blocking = report.hubs.iter().map(|hub| {
        let all = hub.checks.iter().flat_map(|check| &check.causes);
        all.filter(|cause| cause.severity == Severity::Blocks).count()
    });
    assert_eq!(blocking.collect::<Vec<_>>(), [1, 1], "only the root cause speaks");
}

/// A world in which the handshake hits a bug of the doctor itself.
struct Fragile(std::sync::Arc<dyn hublink_probe::World>);

impl hublink_probe::World for Fragile {
    fn os(&self) -> &'static str {
        self.0.os()
    }
    fn now(&self) -> hublink_probe::Timestamp {
        self.0.now()
    }
    fn random(&self) -> u64 {
        self.0.random()
    }
    fn policy(&self) -> hublink_probe::Policy {
        self.0.policy()
    }
    fn variable(&self, name: &str) -> Option<String> {
        self.0.variable(name)
    }
    fn documents(&self) -> Option<std::path::PathBuf> {
        self.0.documents()
    }
    fn interfaces(&self) -> Vec<hublink_probe::Interface> {
        self.0.interfaces()
    }
    fn computer(&self) -> Option<hublink_probe::Computer> {
        self.0.computer()
    }
    fn local_engine(&self) -> hublink_probe::BoxFuture<'_, Option<hublink_probe::LocalEngine>> {
        self.0.local_engine()
    }
    fn exists(&self, path: &std::path::Path) -> bool {
        self.0.exists(path)
    }
    fn read_file(&self, path: &std::path::Path) -> hublink_probe::FileRead {
        self.0.read_file(path)
    }
    fn name_servers(&self) -> hublink_probe::NameServers {
        self.0.name_servers()
    }
    fn lookup<'a>(
        &'a self,
        host: &'a str,
        limit: Duration,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::SystemLookup> {
        self.0.lookup(host, limit)
    }
    fn ask<'a>(
        &'a self,
        question: &'a hublink_probe::Question,
        limit: Duration,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::DnsReply> {
        self.0.ask(question, limit)
    }
    fn connect(
        &self,
        to: std::net::SocketAddr,
        limit: Duration,
    ) -> hublink_probe::BoxFuture<'_, hublink_probe::Connect> {
        self.0.connect(to, limit)
    }
    fn connect_quietly(
        &self,
        to: Vec<std::net::SocketAddr>,
        limit: Duration,
    ) -> hublink_probe::BoxFuture<'_, Vec<hublink_probe::Connect>> {
        self.0.connect_quietly(to, limit)
    }
    fn rest(&self, pause: Duration) -> hublink_probe::BoxFuture<'_, ()> {
        self.0.rest(pause)
    }
    fn greet_as_of_old<'a>(
        &'a self,
        hello: &'a hublink_probe::Hello,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::LegacyAnswer> {
        self.0.greet_as_of_old(hello)
    }
    fn handshake<'a>(
        &'a self,
        hello: &'a hublink_probe::Hello,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::Handshake> {
        assert!(!hello.server_name.starts_with("unlucky"), "planted bug");
        self.0.handshake(hello)
    }
    fn exchange<'a>(
        &'a self,
        request: &'a hublink_probe::Request,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::Exchange> {
        self.0.exchange(request)
    }
    fn system_proxies(&self) -> Option<hublink_probe::SystemProxies> {
        self.0.system_proxies()
    }
    fn proxy_settings(&self) -> hublink_probe::ProxySettings {
        self.0.proxy_settings()
    }
    fn ask_scripts<'a>(
        &'a self,
        scheme: hublink_probe::Scheme,
        host: &'a str,
        port: u16,
        limit: Duration,
    ) -> hublink_probe::BoxFuture<'a, ()> {
        self.0.ask_scripts(scheme, host, port, limit)
    }
    fn judge_chain<'a>(
        &'a self,
        chain: &'a hublink_probe::ChainAsked,
    ) -> hublink_probe::BoxFuture<'a, Option<hublink_probe::ChainVerdicts>> {
        self.0.judge_chain(chain)
    }
    fn ask_proxy<'a>(
        &'a self,
        ask: &'a hublink_probe::Ask,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::Tunnel> {
        self.0.ask_proxy(ask)
    }
    fn fetch<'a>(
        &'a self,
        download: &'a hublink_probe::Download,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::Fetch> {
        self.0.fetch(download)
    }
    fn account(&self) -> Option<hublink_probe::AccountName> {
        self.0.account()
    }
    fn has_api_key(&self) -> bool {
        self.0.has_api_key()
    }
    fn log_in<'a>(
        &'a self,
        attempt: &'a hublink_probe::LoginAttempt,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::LoginSeen> {
        self.0.log_in(attempt)
    }
    fn ask_in_session<'a>(
        &'a self,
        request: &'a hublink_probe::SessionRequest,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::Exchange> {
        self.0.ask_in_session(request)
    }
    fn open_socket<'a>(
        &'a self,
        upgrade: &'a hublink_probe::Upgrade,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::SocketSeen> {
        self.0.open_socket(upgrade)
    }
    fn log_out<'a>(
        &'a self,
        session: hublink_probe::SessionId,
        request: &'a hublink_probe::Request,
    ) -> hublink_probe::BoxFuture<'a, hublink_probe::Exchange> {
        self.0.log_out(session, request)
    }
    fn trust(&self) -> std::sync::Arc<hublink_probe::TrustStore> {
        self.0.trust()
    }
}

#[tokio::test]
async fn a_bug_in_one_check_is_one_errored_check() {
    let stage = Stage::start().await;
    let unlucky = stage.practice.hub("unlucky", Behaviour::healthy()).await.expect("a hub");
    let other = stage.practice.hub("other", Behaviour::healthy()).await.expect("a hub");
    let world: std::sync::Arc<dyn hublink_probe::World> =
        std::sync::Arc::new(Fragile(stage.world(|_| {})));
    let report = doctor(&world, &[unlucky.link(), other.link()], short()).await;
    let hub = &report.hubs[0];
    assert_eq!(hub.verdict.ready, Ready::Unknown, "nobody is accused of our own bug");
    assert_eq!(hub.verdict.first_broken.as_deref(), Some("tls"));
    let tls = hub.checks.iter().find(|check| check.id == "tls").expect("listed");
    assert_eq!(tls.status, Status::Errored);
    let detail = tls.reason.as_ref().and_then(|reason| reason.detail.as_deref());
    assert!(detail.is_some_and(|detail| detail.contains("planted bug")), "{detail:?}");
    assert_eq!(report.hubs[1].verdict.ready, Ready::Yes);
}
