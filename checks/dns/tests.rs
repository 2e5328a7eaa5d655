use std::sync::Arc;

use hublink_probe::{
    Connect, DnsRecord, Failure, FileOutcome, FileRead, Operation, Question, RecordKind,
    RustlsVerdict, Scheme, ScriptedWorld, Timestamp,
};

use super::look::{names, questions};
use super::*;
use crate::address::HubAddress;
use crate::frame::{Budget, Case, Facts, Stored, context_for_tests};
use crate::tcp::Tcp;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn question(server: &str, name: &str, kind: RecordKind) -> Question {
    Question::of(server.parse().expect("an address"), name, kind)
}

fn reply(server: &str, name: &str, kind: RecordKind, rcode: u16) -> DnsReply {
    let question = question(server, name, kind);
    DnsReply { rcode: Some(rcode), tries: 1, took_ms: 1.0, ..DnsReply::of(&question) }
}

fn record(name: &str, kind: &str, value: &str) -> DnsRecord {
    DnsRecord { name: name.to_owned(), kind: kind.to_owned(), ttl: 60, value: value.to_owned() }
}

fn with(reply: DnsReply, kind: &str, value: &str) -> DnsReply {
    let answers = vec![record(&reply.name, kind, value)];
    DnsReply { answers, ..reply }
}

/// A server that gives one IPv4 address, and knows of no IPv6 one.
fn gives(server: &str, name: &str, address: &str) -> [DnsReply; 2] {
    let a = reply(server, name, RecordKind::A, 0);
    [with(a, "A", address), reply(server, name, RecordKind::Aaaa, 0)]
}

fn denies(server: &str, name: &str) -> [DnsReply; 2] {
    [RecordKind::A, RecordKind::Aaaa].map(|kind| reply(server, name, kind, 3))
}

const ONE: &str = "10.0.0.53:53";
const TWO: &str = "10.0.0.54:53";
const HUB: &str = "hub.corp.test";

fn world(servers: &[&str], search: &[&str]) -> ScriptedWorld {
    let now = Timestamp::parse("2026-11-24T12:00:00Z").expect("a time");
    let mut world = ScriptedWorld::at(now);
    world.name_servers.servers =
        servers.iter().map(|server| server.parse().expect("an address")).collect();
    world.name_servers.search = search.iter().map(|&suffix| suffix.to_owned()).collect();
    world
}

fn resolves(world: &mut ScriptedWorld, name: &str, address: &str) {
    let found =
        SystemLookup { replaced: false, addresses: vec![ip(address)], failure: None, took_ms: 1.0 };
    world.lookups.insert(name.to_owned(), found);
}

fn accepted(address: &str) -> Connect {
    let to = std::net::SocketAddr::new(ip(address), 443);
    Connect { to, from: None, failure: None, icmp: None, state: None, took_ms: 1.0 }
}

/// A server with a real certificate for some names; the chain is made on the spot.
fn serves(world: &mut ScriptedWorld, address: &str, asked: &str, names: &[&str]) {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let connect = accepted(address);
    let verdict = RustlsVerdict { accepted: false, error: "UnknownIssuer".to_owned() };
    let handshake = Handshake {
        certificates: 1,
        presented: vec![made.cert.der().to_vec()],
        rustls: Some(verdict),
        ..Handshake::of(connect.clone(), asked)
    };
    world.handshakes.insert((connect.to, asked.to_owned()), handshake);
}

fn facts(host: &str) -> Facts {
    let hub = HubAddress {
        scheme: Scheme::Https,
        host: host.to_owned(),
        port: 443,
        prefix: None,
        path: String::new(),
    };
    Facts { os: "linux".to_owned(), hub: Some(hub), ..Facts::default() }
}

fn ids(seen: &Evidence, facts: &Facts) -> Vec<String> {
    let case = Case::new(facts.clone());
    crate::frame::judge(Dns::CAUSES, seen, &case).into_iter().map(|found| found.id).collect()
}

/// The first look and, with the port of the first address as it is told, looking closer.
async fn examined(
    world: ScriptedWorld,
    host: &str,
    port: Option<Connect>,
) -> (Evidence, Vec<String>) {
    let world = Arc::new(world);
    let facts = facts(host);
    let mut cx = context_for_tests(Arc::clone(&world), facts.clone(), Budget::default());
    let mut seen = Dns::probe(&cx).await;
    cx.case.put(Stored::new::<Dns>(seen.clone()));
    if let Some(attempt) = port {
        let chosen = attempt.succeeded().then_some(attempt.to);
        let tcp = serde_json::json!({ "attempts": [attempt], "chosen": chosen });
        let tcp: crate::tcp::Evidence = serde_json::from_value(tcp).expect("evidence of the port");
        cx.case.put(Stored::new::<Tcp>(tcp));
    }
    if let Some(closer) = Dns::control(&cx, &seen).await {
        seen = closer;
    }
    let found = ids(&seen, &facts);
    (seen, found)
}

fn refused(address: &str) -> Connect {
    let failure = Some(Failure::of(Operation::Connect, FailureKind::Refused));
    Connect { failure, ..accepted(address) }
}

#[test]
fn a_short_name_is_completed_with_every_suffix() {
    let configured = world(&[ONE], &["corp.test"]).name_servers;
    assert_eq!(names("qlik1", &configured), ["qlik1", "qlik1.corp.test"]);
    assert_eq!(questions(&names("qlik1", &configured), &configured).len(), 4);
    assert_eq!(names(HUB, &configured), [HUB]);
}

#[test]
fn codes_are_printed_with_their_number() {
    assert_eq!(text::rcode(3), "no such name (rcode 3)");
    assert_eq!(text::rcode(99), "response code (rcode 99)");
}

#[test]
fn aliases_and_addresses_are_told_apart() {
    let mut reply = reply(ONE, "hub", RecordKind::A, 0);
    reply.answers = vec![record("hub", "CNAME", "edge.test"), record("edge.test", "A", "10.1.2.3")];
    assert_eq!(reply.aliases().collect::<Vec<_>>(), ["edge.test"]);
    assert_eq!(reply.addresses().count(), 1);
}

#[tokio::test]
async fn the_root_is_asked_for_only_after_a_failure() {
    let world = Arc::new(world(&[ONE], &[]));
    let cx = context_for_tests(Arc::clone(&world), facts(HUB), Budget::default());
    let seen = Dns::probe(&cx).await;
    assert!(!world.asked().iter().any(|question| question.contains("Soa")));
    let seen = Dns::control(&cx, &seen).await.expect("a failed look-up is looked at closer");
    assert_eq!(seen.controls.len(), 1);
}

#[tokio::test]
async fn a_healthy_name_costs_nothing_more() {
    let mut scripted = world(&[ONE], &[]);
    resolves(&mut scripted, HUB, "10.1.2.3");
    scripted.replies.extend(gives(ONE, HUB, "10.1.2.3"));
    let world = Arc::new(scripted);
    let cx = context_for_tests(Arc::clone(&world), facts(HUB), Budget::default());
    let seen = Dns::probe(&cx).await;
    assert!(Dns::control(&cx, &seen).await.is_none(), "nothing failed behind it");
    assert_eq!(world.asked().len(), 3, "{:?}", world.asked());
}

#[tokio::test]
async fn a_stale_line_of_the_hosts_file_is_found() {
    let mut world = world(&[ONE], &[]);
    resolves(&mut world, HUB, "10.9.9.9");
    world.replies.extend(gives(ONE, HUB, "10.1.2.3"));
    serves(&mut world, "10.1.2.3", HUB, &[HUB]);
    let bytes = format!("127.0.0.1 localhost\n10.9.9.9 {HUB}\n").into_bytes();
    let outcome = FileOutcome::Read { size: bytes.len() as u64, bytes };
    world.files.insert("/etc/hosts".into(), FileRead { modified: None, outcome });
    let (seen, found) = examined(world, HUB, Some(refused("10.9.9.9"))).await;
    assert_eq!(found, ["dns/hosts-file-override"]);
    assert_eq!(seen.trials.len(), 2);
}

#[tokio::test]
async fn a_cache_that_is_out_of_date_is_found() {
    let mut world = world(&[ONE], &[]);
    resolves(&mut world, HUB, "10.9.9.9");
    world.replies.extend(gives(ONE, HUB, "10.1.2.3"));
    serves(&mut world, "10.1.2.3", HUB, &[HUB]);
    serves(&mut world, "10.9.9.9", HUB, &["printer.corp.test"]);
    let outcome = FileOutcome::Read { size: 0, bytes: Vec::new() };
    world.files.insert("/etc/hosts".into(), FileRead { modified: None, outcome });
    let (_, found) = examined(world, HUB, Some(refused("10.9.9.9"))).await;
    assert_eq!(found, ["dns/os-lookup-differs"]);
}

#[tokio::test]
async fn a_network_that_answers_every_name_alike_is_found() {
    let mut world = world(&[ONE], &[]);
    resolves(&mut world, HUB, "10.9.9.9");
    let label = "hublink-0000000000000004";
    for name in [HUB, &format!("{label}.corp.test"), &format!("{label}.invalid")] {
        world.replies.extend(gives(ONE, name, "10.9.9.9"));
    }
    serves(&mut world, "10.9.9.9", HUB, &["portal.test"]);
    let (_, found) = examined(world, HUB, Some(refused("10.9.9.9"))).await;
    assert_eq!(found, ["dns/false-answers"]);
}

#[tokio::test]
async fn a_wildcard_of_the_zones_owner_is_no_false_answer() {
    let mut world = world(&[ONE], &[]);
    resolves(&mut world, HUB, "10.9.9.9");
    let label = "hublink-0000000000000004";
    world.replies.extend(gives(ONE, HUB, "10.9.9.9"));
    world.replies.extend(gives(ONE, &format!("{label}.corp.test"), "10.9.9.9"));
    world.replies.extend(denies(ONE, &format!("{label}.invalid")));
    let (_, found) = examined(world, HUB, Some(refused("10.9.9.9"))).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_name_completed_by_a_wildcard_of_a_search_domain_is_found() {
    let mut world = world(&[ONE], &["lan.test"]);
    resolves(&mut world, HUB, "10.9.9.9");
    world.replies.extend(denies(ONE, HUB));
    world.replies.extend(gives(ONE, "hub.corp.test.lan.test", "10.9.9.9"));
    world.replies.extend(gives(ONE, "hublink-0000000000000004.lan.test", "10.9.9.9"));
    let (_, found) = examined(world, HUB, Some(refused("10.9.9.9"))).await;
    assert_eq!(found, ["dns/false-answers"]);
}

#[tokio::test]
async fn two_name_servers_that_contradict_each_other_are_told_in_the_first_look() {
    let mut world = world(&[ONE, TWO], &[]);
    resolves(&mut world, HUB, "10.1.2.3");
    world.replies.extend(gives(ONE, HUB, "10.1.2.3"));
    world.replies.extend(denies(TWO, HUB));
    serves(&mut world, "10.1.2.3", HUB, &[HUB]);
    let (seen, found) = examined(world, HUB, None).await;
    assert_eq!(found, ["dns/resolvers-disagree"]);
    assert!(!seen.again.is_empty() && seen.closer.is_none());
}

#[tokio::test]
async fn a_denial_by_the_server_that_is_asked_first_stops_the_login() {
    let mut world = world(&[ONE, TWO], &[]);
    world.replies.extend(denies(ONE, HUB));
    world.replies.extend(gives(TWO, HUB, "10.1.2.3"));
    serves(&mut world, "10.1.2.3", HUB, &[HUB]);
    let (seen, found) = examined(world, HUB, None).await;
    assert_eq!(found, ["dns/resolvers-disagree"]);
    let judged = crate::frame::judge(Dns::CAUSES, &seen, &Case::new(facts(HUB)));
    assert_eq!(judged[0].severity, Severity::Blocks);
}

#[tokio::test]
async fn two_addresses_of_one_hub_are_no_contradiction() {
    let mut world = world(&[ONE, TWO], &[]);
    resolves(&mut world, HUB, "10.1.2.3");
    world.replies.extend(gives(ONE, HUB, "10.1.2.3"));
    world.replies.extend(gives(TWO, HUB, "10.1.2.4"));
    serves(&mut world, "10.1.2.3", HUB, &[HUB]);
    serves(&mut world, "10.1.2.4", HUB, &["*.corp.test"]);
    let (seen, found) = examined(world, HUB, None).await;
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(seen.trials.len(), 2);
}

#[tokio::test]
async fn a_short_name_is_tried_in_the_domains_above_the_suffixes() {
    let mut world = world(&[ONE], &["sales.corp.test"]);
    world.replies.extend(denies(ONE, "qlik1"));
    world.replies.extend(denies(ONE, "qlik1.sales.corp.test"));
    world.replies.extend(gives(ONE, "qlik1.corp.test", "10.1.2.3"));
    serves(&mut world, "10.1.2.3", "qlik1.corp.test", &["qlik1"]);
    let (_, found) = examined(world, "qlik1", None).await;
    assert_eq!(found, ["dns/suffix-missing"]);
}

#[tokio::test]
async fn aliases_are_followed_until_they_close_a_circle() {
    let mut world = world(&[ONE], &[]);
    world.replies.extend([RecordKind::A, RecordKind::Aaaa].map(|kind| reply(ONE, HUB, kind, 2)));
    for (name, next) in [(HUB, "a.corp.test"), ("a.corp.test", "b.corp.test"), ("b.corp.test", HUB)]
    {
        world.replies.push(with(reply(ONE, name, RecordKind::Cname, 0), "CNAME", next));
    }
    world.replies.push(reply(ONE, ".", RecordKind::Soa, 0));
    let (seen, found) = examined(world, HUB, None).await;
    assert_eq!(found, ["dns/record-broken"]);
    assert_eq!(seen.closer.expect("looked closer").chain.len(), 3);
}

#[tokio::test]
async fn an_answer_without_signature_checks_proves_dnssec() {
    let mut world = world(&[ONE], &[]);
    world.replies.extend([RecordKind::A, RecordKind::Aaaa].map(|kind| reply(ONE, HUB, kind, 2)));
    let [a, aaaa] = gives(ONE, HUB, "10.1.2.3");
    world.replies.extend([a, aaaa].map(|reply| DnsReply { unchecked: true, ..reply }));
    world.replies.push(reply(ONE, ".", RecordKind::Soa, 0));
    let (seen, found) = examined(world, HUB, None).await;
    assert_eq!(found, ["dns/zone-failure"]);
    let judged = crate::frame::judge(Dns::CAUSES, &seen, &Case::new(facts(HUB)));
    assert_eq!(judged[0].confidence, Confidence::Certain);
}

#[tokio::test]
async fn on_windows_the_hosts_file_lies_below_the_system_folder() {
    let mut scripted = world(&[ONE], &[]);
    scripted.os = "windows";
    scripted.variables.insert("SystemRoot".to_owned(), r"D:\Win".to_owned());
    let world = Arc::new(scripted);
    let cx = context_for_tests(Arc::clone(&world), facts(HUB), Budget::default());
    let seen = Dns::probe(&cx).await;
    Dns::control(&cx, &seen).await.expect("looked closer");
    let read = r"read D:\Win\System32\drivers\etc\hosts".to_owned();
    assert!(world.asked().contains(&read), "{:?}", world.asked());
}

/// What was seen of a name for which every direct answer is the same, and the system has none.
fn unresolved(replies: impl IntoIterator<Item = DnsReply>) -> Evidence {
    let failure = Some(Failure::of(Operation::Lookup, FailureKind::TryAgain));
    let system = SystemLookup { replaced: false, addresses: Vec::new(), failure, took_ms: 40.0 };
    let configured = world(&[ONE], &[]).name_servers;
    let controls = vec![reply(ONE, ".", RecordKind::Soa, 0)];
    let replies = replies.into_iter().collect();
    Evidence { replies, controls, ..of(HUB.to_owned(), configured, system) }
}

fn silent(kind: RecordKind) -> DnsReply {
    let failure = Some(Failure::of(Operation::Query, FailureKind::NoAnswer));
    DnsReply { failure, tries: 2, took_ms: 4000.0, ..DnsReply::of(&question(ONE, HUB, kind)) }
}

fn confidence(found: &[crate::frame::Diagnosis], id: &str) -> Option<Confidence> {
    found.iter().find(|cause| cause.id == id).map(|cause| cause.confidence)
}

#[test]
fn a_list_of_name_servers_that_could_not_be_read_accuses_nobody() {
    let mut seen = unresolved([]);
    seen.configured.servers.clear();
    seen.controls.clear();
    assert_eq!(ids(&seen, &facts(HUB)), ["dns/resolver-unreachable"]);
    seen.configured.unreadable = Some("access denied".to_owned());
    assert_eq!(ids(&seen, &facts(HUB)), ["dns/unexplained"]);
}

#[test]
fn what_leads_nowhere_outside_may_lead_somewhere_inside() {
    use crate::frame::Confidence::{Certain, Likely, Possible};
    let alias = |server, kind| with(reply(server, HUB, kind, 3), "CNAME", "qlik.corp.internal");
    let dangling = || unresolved(BOTH.map(|kind| alias(ONE, kind)));
    let nodata = || unresolved(BOTH.map(|kind| reply(ONE, HUB, kind, 0)));
    let vpn_is_off = Facts {
        interfaces: vec![hublink_probe::Interface {
            name: "Corp VPN".to_owned(),
            kind: hublink_probe::InterfaceKind::Vpn,
            up: false,
            addresses: Vec::new(),
        }],
        ..facts(HUB)
    };
    let judged = |seen: &Evidence, facts: &Facts| {
        crate::frame::judge(Dns::CAUSES, seen, &Case::new(facts.clone()))
    };
    for seen in [dangling(), nodata()] {
        let found = judged(&seen, &facts(HUB));
        assert_eq!(confidence(&found, "dns/record-broken"), Some(Certain));
        assert_eq!(confidence(&found, "dns/inside-name-only"), None);
        let found = judged(&seen, &vpn_is_off);
        assert_eq!(found[0].id, "dns/inside-name-only");
        assert_eq!(found[0].confidence, Likely);
        assert_eq!(confidence(&found, "dns/record-broken"), Some(Possible));
    }
    let mut torn = dangling();
    torn.replies.extend(BOTH.map(|kind| reply(TWO, HUB, kind, 2)));
    let found = judged(&torn, &facts(HUB));
    assert_eq!(confidence(&found, "dns/record-broken"), Some(Likely), "one server of two says so");
}

const BOTH: [RecordKind; 2] = [RecordKind::A, RecordKind::Aaaa];

#[test]
fn a_server_that_cannot_read_edns_stops_a_system_that_uses_it() {
    let replies = gives(ONE, HUB, "10.1.2.3").map(|r| DnsReply { without_edns: true, ..r });
    assert_eq!(ids(&unresolved(replies), &facts(HUB)), ["dns/resolver-refuses"]);
}

#[test]
fn a_truncated_answer_without_its_rest_is_the_servers_doing() {
    let cut = BOTH.map(|kind| DnsReply { truncated: true, ..silent(kind) });
    assert_eq!(ids(&unresolved(cut), &facts(HUB)), ["dns/resolver-refuses"]);
}

#[test]
fn silence_about_one_name_alone_is_not_the_name_servers() {
    let seen = unresolved(BOTH.map(silent));
    assert_eq!(ids(&seen, &facts(HUB)), ["dns/zone-failure"]);
    let dead = Evidence { controls: Vec::new(), ..seen };
    assert_eq!(ids(&dead, &facts(HUB)), ["dns/resolver-unreachable"]);
}

#[test]
fn a_chain_that_resolvers_give_up_on_is_broken_though_it_ends() {
    let step = |n: usize| {
        let step = reply(ONE, &format!("c{n}.corp.test"), RecordKind::Cname, 0);
        if n < 12 { with(step, "CNAME", &format!("c{}.corp.test", n + 1)) } else { step }
    };
    let mut seen = unresolved(BOTH.map(|kind| reply(ONE, HUB, kind, 2)));
    seen.closer = Some(Closer { chain: (0..=12).map(step).collect(), ..Closer::default() });
    assert_eq!(ids(&seen, &facts(HUB)), ["dns/record-broken"]);
    seen.closer = Some(Closer { chain: (10..=12).map(step).collect(), ..Closer::default() });
    assert_eq!(ids(&seen, &facts(HUB)), ["dns/zone-failure"]);
}

#[tokio::test]
async fn an_address_without_any_doubt_is_not_knocked_at_again() {
    let mut scripted = world(&[ONE], &[]);
    resolves(&mut scripted, HUB, "10.1.2.3");
    scripted.replies.extend(gives(ONE, HUB, "10.1.2.3"));
    let (seen, found) = examined(scripted, HUB, Some(refused("10.1.2.3"))).await;
    assert!(found.is_empty() && seen.trials.is_empty(), "{found:?}");
    assert!(seen.closer.is_some_and(|closer| closer.hosts.is_some()));
}

#[tokio::test]
async fn one_slow_answer_is_no_slow_name_server() {
    let mut scripted = world(&[ONE], &[]);
    resolves(&mut scripted, HUB, "10.1.2.3");
    let slow = scripted.lookups.get_mut(HUB).expect("scripted");
    slow.took_ms = 2003.0;
    let late = gives(ONE, HUB, "10.1.2.3").map(|r| DnsReply { took_ms: 2002.0, ..r });
    scripted.replies.extend(late);
    let (mut seen, found) = examined(scripted, HUB, None).await;
    assert_eq!(found, ["dns/resolver-slow"]);
    for reply in &mut seen.again {
        reply.took_ms = 1.0;
    }
    assert!(ids(&seen, &facts(HUB)).is_empty(), "the second time it was fast");
}

#[test]
fn a_circle_that_the_server_shows_itself_needs_no_more_questions() {
    let circle = vec![record(HUB, "CNAME", "a.corp.test"), record("a.corp.test", "CNAME", HUB)];
    let replies = BOTH.map(|kind| DnsReply { answers: circle.clone(), ..reply(ONE, HUB, kind, 2) });
    assert_eq!(ids(&unresolved(replies), &facts(HUB)), ["dns/record-broken"]);
}

/// A computer at home whose Windows asks another name server for names of the company.
fn with_rule(servers: &[&str]) -> ScriptedWorld {
    let mut world = world(&[ONE], &[]);
    world.name_servers.rules = vec![hublink_probe::NameRule {
        key: "{rule}".to_owned(),
        by_policy: false,
        names: vec![".corp.test".to_owned()],
        servers: servers.iter().map(|server| ip(server)).collect(),
        options: Some(8),
    }];
    world
}

#[tokio::test]
async fn the_servers_of_a_rule_are_asked_and_their_silence_places_the_name_inside() {
    let mut silent = with_rule(&["10.1.0.53"]);
    silent.replies.extend(denies(ONE, HUB));
    let (seen, found) = examined(silent, HUB, None).await;
    let elsewhere = &seen.closer.as_ref().expect("looked closer").elsewhere;
    assert_eq!(elsewhere.len(), 2);
    assert_eq!(found, ["dns/inside-name-only"]);
    let case = Case::new(facts(HUB));
    let told = crate::frame::judge(Dns::CAUSES, &seen, &case).remove(0);
    assert!(told.remedy[0].contains("leads to name server 10.1.0.53"), "{:?}", told.remedy);

    let mut answers = with_rule(&["10.1.0.53"]);
    answers.replies.extend(denies(ONE, HUB));
    answers.replies.extend(denies("10.1.0.53:53", HUB));
    assert_eq!(examined(answers, HUB, None).await.1, ["dns/name-not-found"]);

    let mut other_rule = with_rule(&["10.1.0.53"]);
    other_rule.name_servers.rules[0].names = vec![".other.test".to_owned()];
    other_rule.replies.extend(denies(ONE, HUB));
    assert_eq!(examined(other_rule, HUB, None).await.1, ["dns/name-not-found"]);
}

#[tokio::test]
async fn an_adapter_of_the_names_domain_that_is_not_connected_is_a_possible_reason() {
    let adapter = |up| hublink_probe::AdapterDomain {
        adapter: "Ethernet".to_owned(),
        up,
        domain: "corp.test".to_owned(),
        servers: Vec::new(),
    };
    for (up, expected) in [(false, "dns/inside-name-only"), (true, "dns/name-not-found")] {
        let mut world = world(&[ONE], &[]);
        world.name_servers.adapters = vec![adapter(up)];
        world.replies.extend(denies(ONE, HUB));
        let (seen, found) = examined(world, HUB, None).await;
        assert_eq!(found, [expected]);
        let told = crate::frame::judge(Dns::CAUSES, &seen, &Case::new(facts(HUB))).remove(0);
        assert_eq!(told.confidence == Confidence::Possible, !up);
    }
}

#[tokio::test]
async fn a_rule_between_the_system_and_good_name_servers_is_named() {
    let mut world = with_rule(&["10.1.0.53"]);
    world.replies.extend(gives(ONE, HUB, "10.1.2.3"));
    world.replies.extend(denies("10.1.0.53:53", HUB));
    serves(&mut world, "10.1.2.3", HUB, &[HUB]);
    world.files.insert(
        "/etc/hosts".into(),
        FileRead { modified: None, outcome: FileOutcome::Read { bytes: Vec::new(), size: 0 } },
    );
    let (seen, found) = examined(world, HUB, None).await;
    assert_eq!(found, ["dns/os-lookup-differs"]);
    let told = crate::frame::judge(Dns::CAUSES, &seen, &Case::new(facts(HUB))).remove(0);
    assert!(told.remedy[1].contains("the rule \"{rule}\" for .corp.test"), "{:?}", told.remedy);
}
