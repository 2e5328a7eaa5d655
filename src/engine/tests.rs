//! What follows from what, by tables alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hublink_checks::frame::{
    Budget, CLAIMS, Case, Confidence, Diagnosis, Facts, Origin, Owner, Reason, ReasonKind,
    Severity, Source, Status, Stored, Target,
};
use hublink_checks::http::Http;
use hublink_checks::link::inspect;
use hublink_probe::{
    AccountKind, AccountName, Handshake, ProxyAddress, ScriptAnswer, ScriptSaid, ScriptedWorld,
    SystemProxies, Timestamp, Tunnel, Way, World,
};

use super::{Ended, HubRun, LoginSettings, Next, Settings, Stop, counts, origin, run, settle};

/// A check that ended with one cause that blocks.
pub(crate) fn failed(cause: &str) -> Ended {
    Ended {
        status: Status::Failed,
        reason: None,
        causes: vec![diagnosis(cause)],
        took: Duration::ZERO,
        because_of: None,
        begun: true,
        left_open: false,
    }
}

/// A check kept from looking by another one.
pub(crate) fn kept_from(by: &'static str) -> Ended {
    Ended { because_of: Some(by), ..Ended::skipped(Reason::of(ReasonKind::Because)) }
}

pub(crate) fn diagnosis(id: &str) -> Diagnosis {
    Diagnosis {
        id: id.to_owned(),
        title: "A title.".to_owned(),
        confidence: Confidence::Certain,
        severity: Severity::Blocks,
        owner: Owner::You,
        proof: Vec::new(),
        ruled_out: Vec::new(),
        verify: Vec::new(),
        remedy: Vec::new(),
        see: Vec::new(),
        hubs: Vec::new(),
    }
}

fn check_of(cause: &str) -> &'static str {
    let id = cause.split('/').next().expect("a check");
    let mut all = hublink_checks::all().iter().map(|check| check.meta().id);
    all.find(|known| *known == id).expect("a check of the list")
}

/// The hub after these causes were found, each by its own check.
fn settled(causes: &[&str]) -> BTreeMap<&'static str, Ended> {
    let mut ended: BTreeMap<_, _> =
        causes.iter().map(|cause| (check_of(cause), failed(cause))).collect();
    settle(&Case::default(), &mut ended);
    ended
}

fn because(ended: &BTreeMap<&'static str, Ended>, id: &str) -> Option<String> {
    ended.get(id)?.reason.as_ref()?.because.clone()
}

#[test]
fn whatever_claims_whatever_something_stays_failed() {
    let of_hubs = CLAIMS.iter().map(|claim| claim.claimant.replace('*', "unexplained"));
    let causes: Vec<String> = of_hubs.filter(|cause| !cause.starts_with("across/")).collect();
    for one in &causes {
        for two in causes.iter().filter(|two| check_of(two) != check_of(one)) {
            for three in &causes {
                let ended = settled(&[one, two, three]);
                let roots: Vec<&str> = ended.keys().map(|id| origin(&ended, id)).collect();
                for root in roots {
                    assert_eq!(ended[root].status, Status::Failed, "{one}, {two}, {three}");
                }
            }
        }
    }
}

#[test]
fn of_two_that_could_explain_each_other_the_earlier_is_the_root() {
    let ended = settled(&["tcp/rate-limited", "http/captive-portal"]);
    assert_eq!(ended["tcp"].status, Status::Failed);
    assert_eq!(because(&ended, "http").as_deref(), Some("tcp/rate-limited"));
}

#[test]
fn of_two_that_explain_a_third_the_earlier_on_the_ladder_does() {
    let ended =
        settled(&["dns/false-answers", "clock/this-computer-wrong", "certificate/wrong-name"]);
    assert_eq!(because(&ended, "certificate").as_deref(), Some("dns/false-answers"));
}

#[test]
fn because_names_a_cause_or_says_in_words_what_could_not_be_made() {
    let way = Way::Undecided { source: "auto_proxy".to_owned() };
    let case = Case::new(Facts { way, ..Facts::default() });
    let mut ended = BTreeMap::from([("tcp", failed("tcp/no-answer")), ("tls", kept_from("tcp"))]);
    settle(&case, &mut ended);
    assert_eq!(ended["tcp"].status, Status::Errored);
    assert_eq!(because(&ended, "tls").as_deref(), Some("tcp/no-answer"));

    let out_of_time = Ended::skipped(Reason::of(ReasonKind::OutOfTime));
    let mut ended = BTreeMap::from([("tcp", out_of_time), ("tls", kept_from("tcp"))]);
    settle(&Case::default(), &mut ended);
    assert_eq!(because(&ended, "tls"), None);
    let reason = ended["tls"].reason.as_ref().expect("a reason");
    assert!(reason.detail.as_deref().is_some_and(|detail| detail.contains("`tcp`")));
}

/// What `http` saw of port 80 although `tcp` kept it from looking.
fn seen_of_port_80(status: u16) -> Stored {
    let answer = serde_json::json!({
        "url": "http://hub.corp.test/", "to": "10.1.0.5:80", "ending": "complete",
        "status": status, "body_bytes": 0, "took_ms": 1.0,
    });
    let seen = serde_json::json!({ "hops": [], "port_80": { "answer": answer } });
    Stored::new::<Http>(serde_json::from_value(seen).expect("evidence"))
}

#[test]
fn what_was_seen_anyway_counts_only_if_it_explains_the_failure() {
    let ended = BTreeMap::from([("tcp", failed("tcp/refused")), ("http", kept_from("tcp"))]);
    let case = Case::default();
    assert!(counts(&case, &ended, &seen_of_port_80(511)), "a start page explains a closed port");
    assert!(!counts(&case, &ended, &seen_of_port_80(200)));
    let looked = BTreeMap::from([("tcp", failed("tcp/refused"))]);
    assert!(!counts(&case, &looked, &seen_of_port_80(511)), "it was not kept from looking");
}

/// A hub on the way to its login: every check before it passed but `odd`.
fn before_login(odd: (&'static str, Ended), settings: &Settings) -> HubRun {
    let mut world = ScriptedWorld::at(Timestamp::parse("2026-11-26T12:00:00Z").expect("a time"));
    let user = Some("CORP\\alice".to_owned());
    world.account = Some(AccountName { kind: AccountKind::Password, user });
    let world: Arc<dyn World> = Arc::new(world);
    let source = Source { kind: Origin::Argument, file: None, line: None };
    let text = Some(inspect("https://hub.corp.test"));
    let target = Target { name: "hub".to_owned(), source, file: None, text };
    let mut run = HubRun::new(&world, Arc::new(target), settings, 0, &Facts::default());
    for check in hublink_checks::all().iter().take_while(|check| check.meta().id != "login") {
        run.ended.insert(check.meta().id, passed());
    }
    run.ended.insert(odd.0, odd.1);
    run
}

fn settings(stop_at_first: bool) -> Settings {
    Settings {
        budget: Budget::default(),
        deadline: Duration::from_secs(1),
        jobs: 1,
        stop_at_first,
        login: LoginSettings::default(),
    }
}

fn passed() -> Ended {
    Ended { status: Status::Passed, reason: None, ..failed_less() }
}

fn failed_less() -> Ended {
    Ended { causes: Vec::new(), ..failed("tcp/refused") }
}

/// What becomes of the login, after everything is settled; `None` if it is begun.
fn login_of(mut run: HubRun) -> Option<Reason> {
    let login = hublink_checks::all().iter().find(|check| check.meta().id == "login");
    match run.decide(*login.expect("a check of the list")) {
        Next::Run => return None,
        Next::Wait => panic!("nothing is left to wait for"),
        Next::Skip(ended) => run.ended.insert("login", ended),
    };
    settle(&run.case, &mut run.ended);
    run.ended.remove("login").and_then(|ended| ended.reason)
}

#[test]
fn a_login_is_begun_only_behind_a_certificate_that_passed_without_a_warning() {
    let with = |certificate| login_of(before_login(("certificate", certificate), &settings(false)));
    assert_eq!(with(passed()), None);
    let warning =
        Diagnosis { severity: Severity::Degrades, ..diagnosis("certificate/differs-by-address") };
    let warned = Ended { status: Status::Warned, causes: vec![warning], ..passed() };
    let reason = with(warned).expect("it is skipped");
    assert_eq!(reason.because.as_deref(), Some("certificate/differs-by-address"));
    let reason = with(failed("certificate/expired")).expect("it is skipped");
    assert_eq!(reason.because.as_deref(), Some("certificate/expired"));
    let plain = Reason::of(ReasonKind::NotApplicable).detail("the link says http");
    let reason = with(Ended::skipped(plain)).expect("it is skipped");
    assert_eq!(reason.detail.as_deref(), Some("nothing secret is sent: the link says http"));
    for odd in [Ended::errored("a bug".to_owned(), Duration::ZERO), kept_from("tls")] {
        assert!(with(odd).is_some());
    }
}

#[test]
fn a_go_or_no_go_has_no_account_whatever_the_world_has() {
    let run = before_login(("certificate", passed()), &settings(true));
    assert_eq!(run.case.facts.account, None);
    let reason = login_of(run).expect("it is skipped");
    assert_eq!(reason.kind, ReasonKind::NotAsked);
}

#[test]
fn what_nobody_asked_for_is_skipped_as_such_whatever_failed_before() {
    let mut run = before_login(("hub", failed("hub/not-qlik")), &settings(false));
    run.case.facts.account = None;
    assert_eq!(login_of(run).expect("it is skipped").kind, ReasonKind::NotAsked);
}

/// A computer whose script sends the hub to a proxy that lets it through; its own name server does
/// not know the hub.
fn behind_a_script() -> (ScriptedWorld, Target) {
    let mut world = ScriptedWorld::at(Timestamp::parse("2026-11-26T12:00:00Z").expect("a time"));
    let proxy: ProxyAddress = serde_json::from_value(serde_json::json!({
        "scheme": "http", "host": "proxy.test", "port": 3128,
    }))
    .expect("a proxy");
    world.os = "windows";
    let script = Some("http://pki.test/p.pac".to_owned());
    world.system_proxies = Some(SystemProxies { script, ..SystemProxies::default() });
    world.script_answers = vec![ScriptAnswer {
        source: "Windows user settings, script".to_owned(),
        host: "hub.corp.test".to_owned(),
        port: 443,
        said: ScriptSaid::Through { proxies: vec![proxy.clone()] },
        took_ms: 3000.0,
    }];
    let opened = serde_json::json!({
        "proxy": proxy, "target": "hub.corp.test:443", "took_ms": 5.0, "status": 200, "words": "",
    });
    let opened: Tunnel = serde_json::from_value(opened).expect("a tunnel");
    world.tunnels.insert("hub.corp.test:443".to_owned(), opened);
    let handshake = serde_json::json!({
        "connect": { "to": "10.0.0.8:3128", "took_ms": 2.0 }, "server_name": "hub.corp.test",
        "sent": 500, "received": 3000, "certificates": 1, "took_ms": 20.0, "version": "TLS 1.3",
        "rustls": { "accepted": true, "error": "" },
    });
    let handshake: Handshake = serde_json::from_value(handshake).expect("a handshake");
    let to = ([0, 0, 0, 0], 443).into();
    world.handshakes.insert((to, "hub.corp.test".to_owned()), handshake);
    // The script takes longer than the name server, as it does in the world.
    world.slow.insert("ask scripts for hub.corp.test:443".to_owned(), Duration::from_millis(40));
    let source = Source { kind: Origin::Argument, file: None, line: None };
    let text = Some(inspect("https://hub.corp.test"));
    (world, Target { name: "hub".to_owned(), source, file: None, text })
}

#[tokio::test]
async fn nothing_on_the_direct_way_counts_before_a_script_has_said_which_way_is_taken() {
    for stop_at_first in [false, true] {
        let (world, target) = behind_a_script();
        let world: Arc<dyn World> = Arc::new(world);
        let settings = Settings { deadline: Duration::from_secs(20), ..settings(stop_at_first) };
        let (_interrupt, stop) = Stop::new(settings.deadline);
        let (examined, _) = run(&world, vec![target], &settings, &stop, &|_| {}).await;
        let ended = &examined[0].checks;
        assert_eq!(ended["proxy"].status, Status::Passed);
        assert!(examined[0].case.goes_through_proxy());
        assert_eq!(ended["tls"].status, Status::Passed, "it is taken through the proxy");
        let direct = ["dns", "tcp"].map(|id| ended[id].status);
        assert!(!direct.contains(&Status::Failed), "{direct:?}");
    }
}
