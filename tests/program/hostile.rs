//! Servers that are hostile or broken beyond what any diagnosis is about: the program ends in time,
//! stays small, and neither believes nor obeys them. `tests/README.md` lists what is sent and where.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use hublink_practice::{Behaviour, Certificate, Hostile, Port, Site, SocketFault};
use serde_json::Value;

use crate::support::{Stage, assert_valid};

/// The most memory that a run over hostile hubs may ever have, in KiB. The program alone has some 20 MiB
/// without optimisation.
const MEMORY: u64 = 96 * 1024;

/// What a run came to.
struct Ran {
    report: Value,
    /// The most memory it ever had (`VmHWM`), in KiB.
    peak: u64,
    took: Duration,
}

/// Runs the program beside the stage and looks how large it gets.
async fn run(stage: &Stage, arguments: &[String], change: impl FnOnce(&mut Command)) -> Ran {
    let into = stage.path("stdout");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hublink"));
    command.args(arguments).args(["--format", "json", "--resolver"]);
    command.arg(stage.practice.resolver().to_string()).arg("--ca-file").arg(stage.path("ca.pem"));
    command.env_clear().stdin(Stdio::null()).stderr(Stdio::piped());
    // A pipe that nobody reads meanwhile would stop the program.
    command.stdout(std::fs::File::create(&into).expect("a file"));
    change(&mut command);
    tokio::task::spawn_blocking(move || watched(command, &into)).await.expect("the program ran")
}

fn watched(mut command: Command, into: &Path) -> Ran {
    let begun = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let mut peak = 0;
    let ended = loop {
        peak = peak.max(high_water(&child));
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
    Ran { report, peak, took }
}

/// The most memory a process ever had, in KiB; 0 once it has ended.
fn high_water(child: &Child) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn site(what: Hostile) -> Behaviour {
    Behaviour::healthy().site(Site::Hostile(what))
}

fn port(what: Hostile) -> Behaviour {
    Behaviour::healthy().port(Port::Hostile(what))
}

fn socket(what: Hostile) -> Behaviour {
    Behaviour::healthy().socket_fault(SocketFault::Hostile(what))
}

/// Every step of the way to a hub, and what comes there instead of an answer.
fn hostile_hubs() -> Vec<(&'static str, Behaviour)> {
    vec![
        ("tls-drip", port(Hostile::Drip)),
        ("tls-garbage", port(Hostile::Garbage)),
        ("tls-empty-records", port(Hostile::EmptyRecords)),
        ("tls-warnings", port(Hostile::Warnings)),
        ("tls-headers", port(Hostile::Headers)),
        ("sixty-certificates", Behaviour::healthy().certificate(Certificate::Sixty)),
        ("head-drip", site(Hostile::HeadDrip)),
        ("head-garbage", site(Hostile::Garbage)),
        ("headers", site(Hostile::Headers)),
        ("long-header", site(Hostile::LongHeader)),
        ("continues", site(Hostile::Continues)),
        ("body-drip", site(Hostile::BodyDrip)),
        ("body", site(Hostile::Body)),
        ("gigabyte", site(Hostile::Gigabyte)),
        ("tiny-chunks", site(Hostile::TinyChunks)),
        ("huge-chunk", site(Hostile::HugeChunk)),
        ("chunk-extension", site(Hostile::ChunkExtension)),
        ("trailers", site(Hostile::Trailers)),
        ("gzip-bomb", site(Hostile::GzipBomb)),
        ("cookies", site(Hostile::Cookies)),
        ("flood-at-goodbye", site(Hostile::FloodAtGoodbye)),
        ("clear-flood-at-goodbye", site(Hostile::FloodAtGoodbye).plain_http()),
        ("endless-redirects", Behaviour::healthy().site(Site::EndlessRedirects)),
        ("long-redirect", site(Hostile::LongRedirect)),
        ("pings", socket(Hostile::Pings)),
        ("fragments", socket(Hostile::Fragments)),
        ("huge-frame", socket(Hostile::HugeFrame)),
        ("messages", socket(Hostile::Messages)),
        ("frame-drip", socket(Hostile::FrameDrip)),
        ("socket-garbage", socket(Hostile::Garbage)),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_hubs_cost_neither_time_nor_memory() {
    let stage = Stage::start().await;
    let mut hubs = Vec::new();
    for (name, behaviour) in hostile_hubs() {
        hubs.push(stage.practice.hub(name, behaviour).await.expect(name));
    }
    let mut arguments: Vec<String> = hubs.iter().map(|hub| hub.url()).collect();
    arguments.extend(["--timeout", "5", "--deadline", "60"].map(str::to_owned));
    let ran = run(&stage, &arguments, |_| {}).await;
    println!("{} KiB, {:?}", ran.peak, ran.took);
    for (hub, (name, _)) in
        ran.report["hubs"].as_array().expect("a list").iter().zip(hostile_hubs())
    {
        println!(
            "{name}: {} {} {} {:.0} ms",
            hub["verdict"]["ready"],
            hub["verdict"]["cause"],
            hub["verdict"]["confidence"],
            hub["duration_ms"].as_f64().unwrap_or_default()
        );
    }
    assert!(ran.peak < MEMORY, "{} KiB", ran.peak);
    panic!();
}
