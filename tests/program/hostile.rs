//! Servers that are hostile or broken beyond what any diagnosis is about: the program ends in time,
//! stays small, and neither believes nor obeys them. `tests/README.md` lists what is sent and where.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use html5ever::tendril::TendrilSink as _;
use hublink::render::human::{self, Detail};
use hublink::render::{Style, html, junit, markdown, nagios, openmetrics};
use hublink::report::Report;
use hublink_practice::{
    Behaviour, Certificate, Hostile, PLANTED, Port, ProxyRule, Site, SocketFault,
};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

use crate::support::{Stage, assert_valid, doctor, short};

/// The most memory that a run over thirty hostile hubs may ever have, in KiB. Without optimisation the
/// program alone has some 20 MiB, and thirty healthy hubs bring it to 40.
const MEMORY: u64 = 80 * 1024;

/// `--timeout` and `--deadline` of the runs, in seconds. They are the whole promise: each step ends
/// with the first, and the run with the second.
const STEP: &str = "5";
const DEADLINE: u64 = 60;

/// The longest that all of them may keep a processor busy, without optimisation.
const BUSY: Duration = Duration::from_secs(20);

/// Starting, judging and writing, without optimisation and beside other tests.
const BESIDE: Duration = Duration::from_secs(20);

/// What a run came to.
struct Ran {
    report: Value,
    /// The most memory it ever had (`VmHWM`), in KiB.
    peak: u64,
    /// How long it kept a processor busy: unlike `took`, whatever else runs beside it does not count.
    busy: Duration,
    took: Duration,
}

/// Runs the program beside the stage and looks how large it gets.
async fn run(stage: &Stage, arguments: &[String], change: impl FnOnce(&mut Command)) -> Ran {
    run_at(stage, stage.practice.resolver(), arguments, change).await
}

/// The same with another name server.
async fn run_at(
    stage: &Stage,
    resolver: SocketAddr,
    arguments: &[String],
    change: impl FnOnce(&mut Command),
) -> Ran {
    let into = stage.path("stdout");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hublink"));
    command.args(arguments).args(["--format", "json", "--resolver"]);
    command.arg(resolver.to_string()).arg("--ca-file").arg(stage.path("ca.pem"));
    command.env_clear().stdin(Stdio::null()).stderr(Stdio::piped());
    // A pipe that nobody reads meanwhile would stop the program.
    command.stdout(std::fs::File::create(&into).expect("a file"));
    change(&mut command);
    tokio::task::spawn_blocking(move || watched(command, &into)).await.expect("the program ran")
}

fn watched(mut command: Command, into: &Path) -> Ran {
    let begun = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let (mut peak, mut busy) = (0, Duration::ZERO);
    let ended = loop {
        peak = peak.max(high_water(&child));
        busy = busy.max(processor_time(&child));
        if let Some(ended) = child.try_wait().expect("our child") {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = begun.elapsed();
    let Output { stderr, .. } = child.wait_with_output().expect("our child");
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(matches!(ended.code(), Some(0 | 1 | 3)), "{ended}: {stderr}");
    let text = std::fs::read_to_string(into).expect("text");
    let report = serde_json::from_str(&text).expect("exactly one JSON document");
    assert_valid(&report);
    Ran { report, peak, busy, took }
}

/// The most memory a process ever had, in KiB; 0 once it has ended.
fn high_water(child: &Child) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// How long a process kept a processor busy so far; zero once it has ended.
fn processor_time(child: &Child) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    // The name before it, in brackets, may hold anything (proc(5)).
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    // A hundred a second on every Linux (USER_HZ).
    Duration::from_millis(ticks * 10)
}

fn site(what: Hostile) -> Behaviour {
    Behaviour::healthy().site(Site::Hostile(what))
}

fn clear(what: Hostile) -> Behaviour {
    site(what).plain_http().link_scheme("http")
}

fn port(what: Hostile) -> Behaviour {
    Behaviour::healthy().port(Port::Hostile(what))
}

fn socket(what: Hostile) -> Behaviour {
    Behaviour::healthy().socket_fault(SocketFault::Hostile(what))
}

/// Every step of the way to a hub, and what comes there instead of an answer.
fn in_the_way() -> Vec<(&'static str, Behaviour)> {
    vec![
        ("tls-drip", port(Hostile::Drip)),
        ("tls-garbage", port(Hostile::Garbage)),
        ("tls-empty-records", port(Hostile::EmptyRecords)),
        ("tls-warnings", port(Hostile::Warnings)),
        ("tls-headers", port(Hostile::Headers)),
        ("head-drip", site(Hostile::HeadDrip)),
        ("head-garbage", site(Hostile::Garbage)),
        ("headers", site(Hostile::Headers)),
        ("long-header", site(Hostile::LongHeader)),
        ("continues", site(Hostile::Continues)),
        ("clear-continues", clear(Hostile::Continues)),
        ("body-drip", site(Hostile::BodyDrip)),
        ("body", site(Hostile::Body)),
        ("gigabyte", site(Hostile::Gigabyte)),
        ("clear-gigabyte", clear(Hostile::Gigabyte)),
        ("tiny-chunks", site(Hostile::TinyChunks)),
        ("clear-tiny-chunks", clear(Hostile::TinyChunks)),
        ("huge-chunk", site(Hostile::HugeChunk)),
        ("chunk-extension", site(Hostile::ChunkExtension)),
        ("trailers", site(Hostile::Trailers)),
        ("gzip-bomb", site(Hostile::GzipBomb)),
        ("cookies", site(Hostile::Cookies)),
        ("flood-at-goodbye", site(Hostile::FloodAtGoodbye)),
        ("clear-flood-at-goodbye", clear(Hostile::FloodAtGoodbye)),
        ("endless-redirects", Behaviour::healthy().site(Site::EndlessRedirects)),
        ("long-redirect", site(Hostile::LongRedirect)),
    ]
}

/// What costs and is no answer to whether the login works: the hub behind it is healthy.
fn beside_the_way() -> Vec<(&'static str, Behaviour)> {
    vec![
        ("sixty-certificates", Behaviour::healthy().certificate(Certificate::Sixty)),
        ("pings", socket(Hostile::Pings)),
        ("fragments", socket(Hostile::Fragments)),
        ("huge-frame", socket(Hostile::HugeFrame)),
        ("messages", socket(Hostile::Messages)),
        ("frame-drip", socket(Hostile::FrameDrip)),
        ("socket-garbage", socket(Hostile::Garbage)),
    ]
}

fn limits() -> [String; 4] {
    ["--timeout".to_owned(), STEP.to_owned(), "--deadline".to_owned(), DEADLINE.to_string()]
}

/// Within the time and the memory, and without a check that broke.
fn assert_bounded(ran: &Ran) {
    assert!(ran.peak > 0 && ran.peak < MEMORY, "{} KiB", ran.peak);
    assert!(ran.busy < BUSY, "{:?}", ran.busy);
    assert!(ran.took < Duration::from_secs(DEADLINE) + BESIDE, "{:?}", ran.took);
    for hub in ran.report["hubs"].as_array().expect("a list") {
        for check in hub["checks"].as_array().expect("a list") {
            let detail = check["reason"]["detail"].as_str().unwrap_or_default();
            let broke = detail.contains("panicked") || detail.contains("bug");
            assert!(!broke, "{}: {check}", hub["name"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_hubs_cost_neither_time_nor_memory() {
    let stage = Stage::start().await;
    let cases: Vec<_> = in_the_way().into_iter().chain(beside_the_way()).collect();
    let mut hubs = Vec::new();
    let mut arguments = Vec::new();
    for (name, behaviour) in &cases {
        let hub = stage.practice.hub(name, behaviour.clone()).await.expect("a hub");
        arguments.push(hub.url());
        hubs.push(hub);
    }
    arguments.extend(limits());
    let ran = run(&stage, &arguments, |_| {}).await;
    assert_bounded(&ran);
    let ready = beside_the_way();
    for ((name, _), hub) in cases.iter().zip(ran.report["hubs"].as_array().expect("a list")) {
        let verdict = &hub["verdict"];
        let expected = ready.iter().any(|(ready, _)| ready == name);
        assert_eq!(verdict["ready"] == "yes", expected, "{name}: {verdict}");
        let took = Duration::from_secs_f64(hub["duration_ms"].as_f64().expect("a time") / 1000.0);
        assert!(took < Duration::from_secs(DEADLINE), "{name}: {took:?}");
        // Whatever was sent, no defect was shown: the most that can be said for sure is that it is
        // not understood.
        let cause = verdict["cause"].as_str().unwrap_or_default();
        let shown = cause.ends_with("/unexplained") || cause == "http/redirect-loop";
        assert!(verdict["confidence"] != "certain" || shown, "{name}: {verdict}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_proxies_cost_neither_time_nor_memory() {
    let stage = Stage::start().await;
    let hub = stage.practice.hub("behind", Behaviour::healthy()).await.expect("a hub");
    for what in [
        Hostile::Drip,
        Hostile::Garbage,
        Hostile::HeadDrip,
        Hostile::Headers,
        Hostile::LongHeader,
        Hostile::Continues,
        Hostile::Gigabyte,
        Hostile::Names,
    ] {
        let proxy = stage.practice.proxy(ProxyRule::Hostile(what)).await.expect("a proxy");
        let setting = format!("http://proxy.practice.test:{}", proxy.address().port());
        let mut arguments = vec![hub.url()];
        arguments.extend(limits());
        let ran = run(&stage, &arguments, |command| {
            command.env("HTTPS_PROXY", setting);
        })
        .await;
        assert_bounded(&ran);
        let verdict = &ran.report["hubs"][0]["verdict"];
        assert_ne!(verdict["ready"], "yes", "{what:?}: {verdict}");
        // "200" opens a tunnel, whatever its head says of a page: then what comes through it is no
        // TLS, and who sends it cannot be told.
        let opened = what == Hostile::Gigabyte && verdict["confidence"] != "certain";
        assert!(opened || verdict["first_broken"] == "proxy", "{what:?}: {verdict}");
    }
}

/// What a name server sends in answer to a question.
#[derive(Clone, Copy, Debug)]
enum Names {
    /// An alias whose name points at itself.
    Loop,
    /// A name of pointers to pointers.
    Pointers,
    /// Answers with every id but ours, without end.
    WrongIds,
    /// Answers to questions that were not asked, with our id, without end.
    OtherQuestions,
    /// Addresses of other names.
    Strangers,
    /// Nothing of DNS.
    Garbage,
    /// "Does not fit"; and over TCP the largest message, a byte now and then.
    StreamDrip,
    /// "Does not fit"; and over TCP a message full of records.
    StreamFull,
    /// "No such name", with words that a terminal obeys.
    Words,
}

/// A question's head and what it asks, taken from the question itself.
fn answer(question: &[u8], code: u8, counts: [u16; 3], rest: &[u8]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|&byte| byte == 0).expect("a name") + 5;
    let mut bytes = vec![question[0], question[1], 0x81, 0x80 | code, 0, 1];
    bytes.extend(counts.iter().flat_map(|count| count.to_be_bytes()));
    bytes.extend(&question[12..end]);
    bytes.extend(rest);
    bytes
}

fn record(name: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("short");
    let mut bytes = name.to_vec();
    bytes.extend(kind.to_be_bytes());
    bytes.extend([0, 1, 0, 0, 0, 60]);
    bytes.extend(length.to_be_bytes());
    bytes.extend(data);
    bytes
}

const OURS: &[u8] = &[0xc0, 12];
const OTHER: &[u8] = b"\x05other\x04test\0";

impl Names {
    /// The datagrams that follow a question.
    fn datagrams(self, question: &[u8]) -> Vec<Vec<u8>> {
        let address = [192, 0, 2, 1];
        match self {
            Self::Loop => {
                let at = u16::try_from(question.len()).unwrap_or(0xfff);
                let to = (0xc000 | at).to_be_bytes();
                vec![
                    answer(question, 0, [1, 0, 0], &record(&to, 5, &to)),
                    answer(question, 0, [1, 0, 0], &record(OURS, 5, OURS)),
                    answer(question, 0, [1, 0, 0], &record(&[0xff, 0xff], 5, &[0xff, 0xff])),
                ]
            }
            Self::Pointers => {
                let chain: Vec<u8> =
                    (0..500_u16).flat_map(|n| (0xc000 | (60 + 2 * n)).to_be_bytes()).collect();
                vec![answer(question, 0, [1, 0, 0], &record(OURS, 5, &chain))]
            }
            Self::WrongIds => (0..2000_u16)
                .map(|n| {
                    let mut wrong = answer(question, 0, [1, 0, 0], &record(OURS, 1, &address));
                    let id = u16::from_be_bytes([question[0], question[1]]) ^ (n + 1);
                    wrong[..2].copy_from_slice(&id.to_be_bytes());
                    wrong
                })
                .collect(),
            Self::OtherQuestions => {
                let mut other = answer(question, 0, [1, 0, 0], &record(OURS, 1, &address));
                other[13] ^= 1;
                vec![other; 500]
            }
            Self::Strangers => {
                let records = record(OTHER, 1, &address).repeat(20);
                vec![answer(question, 0, [20, 0, 0], &records)]
            }
            Self::Garbage => vec![vec![0xff; 1200], question[..2].to_vec(), Vec::new()],
            Self::StreamDrip | Self::StreamFull => {
                let mut short = answer(question, 0, [0, 0, 0], &[]);
                short[2] |= 2;
                vec![short]
            }
            Self::Words => {
                let text = [&[0, 15][..], PLANTED.as_bytes()].concat();
                let length = u16::try_from(text.len()).expect("short").to_be_bytes();
                let option = [&[0, 15][..], &length, &text].concat();
                let mut edns = vec![0, 0, 41, 4, 0xd0, 0, 0, 0, 0];
                edns.extend(u16::try_from(option.len()).expect("short").to_be_bytes());
                edns.extend(option);
                vec![answer(question, 3, [0, 0, 1], &edns)]
            }
        }
    }

    /// What comes over TCP, and how long between two bytes.
    fn stream(self, question: &[u8]) -> (Vec<u8>, Duration) {
        if let Self::StreamDrip = self {
            return (vec![0xff; 65_537], Duration::from_millis(200));
        }
        let one = record(OURS, 16, &[&[200][..], &[0x1b; 200]].concat());
        let count = 300;
        let message = answer(question, 0, [count, 0, 0], &one.repeat(count.into()));
        let length = u16::try_from(message.len()).expect("short").to_be_bytes();
        ([&length[..], &message].concat(), Duration::ZERO)
    }
}

/// A name server of this kind, over UDP and TCP on one port.
async fn name_server(kind: Names) -> (SocketAddr, JoinSet<()>) {
    let (udp, tcp) = loop {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = udp.local_addr().expect("an address").port();
        if let Ok(tcp) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            break (udp, tcp);
        }
    };
    let address = udp.local_addr().expect("an address");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut question = [0; 1500];
        while let Ok((length, from)) = udp.recv_from(&mut question).await {
            for datagram in kind.datagrams(&question[..length]) {
                // Whoever asked may be gone.
                drop(udp.send_to(&datagram, from).await);
            }
        }
    });
    tasks.spawn(async move {
        let mut streams = JoinSet::new();
        while let Ok((mut stream, _)) = tcp.accept().await {
            streams.spawn(async move {
                let mut question = vec![0; 1500];
                let Ok(length @ 14..) = stream.read(&mut question).await else { return };
                let (bytes, pause) = kind.stream(&question[2..length]);
                let piece = if pause.is_zero() { bytes.len() } else { 1 };
                for piece in bytes.chunks(piece) {
                    if stream.write_all(piece).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                }
            });
        }
    });
    (address, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_name_servers_cost_neither_time_nor_memory_and_are_not_believed() {
    for kind in [
        Names::Loop,
        Names::Pointers,
        Names::WrongIds,
        Names::OtherQuestions,
        Names::Strangers,
        Names::Garbage,
        Names::StreamDrip,
        Names::StreamFull,
        Names::Words,
    ] {
        let stage = Stage::start().await;
        let (address, _tasks) = name_server(kind).await;
        let mut arguments = vec!["https://hub.corp.test".to_owned()];
        arguments.extend(limits());
        let ran = run_at(&stage, address, &arguments, |_| {}).await;
        assert_bounded(&ran);
        let verdict = &ran.report["hubs"][0]["verdict"];
        // Where loopback is the only network, that is what is told first.
        let nowhere = verdict["cause"] == "client/no-network";
        assert!(verdict["first_broken"] == "dns" || nowhere, "{kind:?}: {verdict}");
        // Nothing that was sent is an address of this name.
        assert!(!ran.report.to_string().contains("\"addresses\":[\"192.0.2.1\"]"), "{kind:?}");
    }
}

/// Every text that reads a report, and whether it is one for people at a terminal.
fn told(report: &Report) -> Vec<(&'static str, String)> {
    let style = Style { width: 100, colour: false };
    vec![
        ("human", human::render(report, style, Detail::Verbose)),
        ("lines", human::lines(report, style)),
        ("markdown", markdown::render(report)),
        ("html", html::render(report)),
        ("junit", junit::render(report)),
        ("nagios", nagios::render(report)),
        ("openmetrics", openmetrics::render(report)),
    ]
}

/// Nothing that a terminal obeys, nothing that turns the direction of reading or hides in it.
fn assert_obeyed_by_nobody(format: &str, text: &str) {
    let obeyed = |c: char| c.is_control() && c != '\n';
    let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    if let Some(at) = text.find(|c: char| obeyed(c) || hides(c)) {
        let from = text.floor_char_boundary(at.saturating_sub(100));
        panic!("{format}: {:?}", &text[from..text.ceil_char_boundary(at + 40)]);
    }
}

/// What a browser would run or fetch: only what the page has of its own.
fn assert_runs_nothing(page: &str) {
    let page =
        html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(page);
    let mut open: Vec<Handle> = vec![page.document];
    while let Some(node) = open.pop() {
        if let NodeData::Element { name, attrs, .. } = &node.data {
            assert_ne!(&*name.local, "img", "a picture of somebody else's");
            for attribute in attrs.borrow().iter() {
                let (name, value) = (&*attribute.name.local, attribute.value.to_lowercase());
                assert!(!name.starts_with("on"), "{name}={value}");
                assert!(!value.trim_start().starts_with("javascript:"), "{name}={value}");
            }
            if &*name.local == "script" || &*name.local == "style" {
                for child in node.children.borrow().iter() {
                    let NodeData::Text { contents } = &child.data else { continue };
                    assert!(!contents.borrow().contains("planted"), "{}", contents.borrow());
                }
            }
        }
        open.extend(node.children.borrow().iter().cloned());
    }
}

/// What is left of a text of somebody else's after a reader of Markdown had it.
fn assert_is_no_markup(text: &str) {
    for event in pulldown_cmark::Parser::new(text) {
        let raw =
            matches!(&event, pulldown_cmark::Event::Html(_) | pulldown_cmark::Event::InlineHtml(_));
        assert!(!raw, "{event:?}");
        if let pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { dest_url, .. }) = &event {
            assert!(!dest_url.contains("planted"), "{dest_url}");
        }
    }
}

#[tokio::test]
async fn what_servers_call_themselves_is_obeyed_by_nobody() {
    let stage = Stage::start().await;
    let planted = |certificate| Behaviour::healthy().certificate(certificate);
    let behaviours = [
        ("words", site(Hostile::Names)),
        ("clear-words", clear(Hostile::Names)),
        ("more-words", site(Hostile::MoreNames)),
        ("tls-words", port(Hostile::Names)),
        ("product", Behaviour::healthy().site(Site::SenseWithPlantedWords)),
        ("socket", socket(Hostile::Words)),
        ("certificate", planted(Certificate::PlantedNames)),
        ("other-certificate", planted(Certificate::PlantedNames).also_named("other")),
    ];
    let mut hubs = Vec::new();
    let mut links = Vec::new();
    for (name, behaviour) in behaviours {
        let hub = stage.practice.hub(name, behaviour).await.expect("a hub");
        links.push(hub.link());
        hubs.push(hub);
    }
    // The name that the link carries is somebody else's word too.
    links.push(hublink_practice::link::make(&hubs[0].url(), PLANTED));
    let direct = doctor(&stage.world(|_| {}), &links, short()).await;
    let proxy = ProxyRule::Hostile(Hostile::Names);
    let proxy = stage.practice.proxy(proxy).await.expect("a proxy");
    let setting = format!("http://proxy.practice.test:{}", proxy.address().port());
    let world = stage.world(|options| {
        options.pretend.variables = Some(vec![("HTTPS_PROXY".to_owned(), setting)]);
    });
    let behind = doctor(&world, &links[..1], short()).await;
    let (server, _tasks) = name_server(Names::Words).await;
    let world = stage.world(|options| options.resolver = Some(server));
    let unknown = doctor(&world, &["https://hub.corp.test".to_owned()], short()).await;
    for report in [&direct, &behind, &unknown] {
        for (format, text) in told(report) {
            assert_obeyed_by_nobody(format, &text);
            if format == "html" {
                assert_runs_nothing(&text);
            }
            if format == "markdown" {
                assert_is_no_markup(&text);
            }
        }
    }
    for (hub, report) in direct
        .hubs
        .iter()
        .map(|hub| (hub, "direct"))
        .chain([(&behind.hubs[0], "behind a proxy"), (&unknown.hubs[0], "unknown")])
    {
        let told = serde_json::to_string(hub).expect("plain data");
        assert!(told.contains("planted") || told.contains("detnalp"), "{report}: {}", hub.name);
    }
}
