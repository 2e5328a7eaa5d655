//! Run after run over the practice world, each with hubs in random states: nothing grows, nothing
//! hangs, nobody is accused of what is not so, and the same hubs get the same verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hublink::doctor::examine;
use hublink::engine::{LoginSettings, Settings, Stop};
use hublink::report::{CheckReport, Hub, Ready, Report};
use hublink::targets::expand;
use hublink_checks::frame::{Budget, Confidence, Diagnosis, Severity};
use hublink_practice::{
    Behaviour, CASES, Case, Hostile, Port, Site, SocketFault, World as Practice,
};
use hublink_probe::{Policy, Pretend, RealWorld, World, WorldOptions};
use tokio::runtime::Runtime;

/// Runs under way at once: silent hubs cost time and nothing else.
const AT_ONCE: usize = 40;

/// So many of them are made twice.
const TWICE: usize = 5;

/// After a run's own deadline: judging beside all the others, without optimisation.
const BESIDE: Duration = Duration::from_secs(20);

/// What a preflight does not look at, and so calls ready: it opens no WebSocket. Whoever adds to these
/// lets it pass over one more thing in silence.
const UNSEEN: [&str; 2] = ["hub/websocket-blocked", "login/idp-refuses-request"];

/// What a soak is asked to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How many runs.
    pub(crate) runs: usize,
    /// The same number makes the same runs.
    pub(crate) seed: u64,
    /// When the program has reached its size; what grows after that is a leak.
    pub(crate) settled: usize,
    /// How much it may grow after that, in KiB; not looked at without.
    pub(crate) growth: Option<u64>,
}

/// What a soak came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) hubs: usize,
    pub(crate) right: usize,
    pub(crate) cut_short: usize,
    pub(crate) less_sure: BTreeMap<String, usize>,
    pub(crate) repeated: usize,
    pub(crate) longest: Duration,
    /// After how many runs; memory in KiB, open files, threads, tasks.
    pub(crate) sizes: Vec<(usize, Size)>,
    /// Whatever must not be.
    pub(crate) wrong: Vec<String>,
}

/// How large the program is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Size {
    pub(crate) memory: u64,
    pub(crate) files: usize,
    pub(crate) threads: usize,
    pub(crate) tasks: usize,
}

/// Numbers that look random and follow from a seed (xorshift64).
struct Dice(u64);

impl Dice {
    fn of(seed: u64, run: usize) -> Self {
        let mut dice = Self((seed ^ (run as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1);
        for _ in 0..8 {
            dice.roll(2);
        }
        dice
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % (sides as u64)).unwrap_or(0)
    }
}

/// What is known of a hub of the world.
struct Known {
    link: String,
    id: String,
    /// What is wrong with it; none for one that is merely hostile.
    case: Option<&'static Case>,
}

/// Hubs that no diagnosis is about: whatever is said of them is not for certain.
fn hostile() -> Vec<(&'static str, Behaviour)> {
    let site = |what| Behaviour::healthy().site(Site::Hostile(what));
    let port = |what| Behaviour::healthy().port(Port::Hostile(what));
    let socket = |what| Behaviour::healthy().socket_fault(SocketFault::Hostile(what));
    vec![
        ("soak-garbage", port(Hostile::Garbage)),
        ("soak-empty-records", port(Hostile::EmptyRecords)),
        ("soak-headers", site(Hostile::Headers)),
        ("soak-continues", site(Hostile::Continues)),
        ("soak-body", site(Hostile::Body)),
        ("soak-tiny-chunks", site(Hostile::TinyChunks)),
        ("soak-names", site(Hostile::MoreNames)),
        ("soak-cookies", site(Hostile::Cookies)),
        ("soak-pings", socket(Hostile::Pings)),
        ("soak-fragments", socket(Hostile::Fragments)),
    ]
}

/// The world, on threads of its own, so that the tasks of the doctor can be counted.
struct Stage {
    runtime: Runtime,
    practice: Practice,
    hubs: Vec<Arc<hublink_practice::Hub>>,
    known: Vec<Known>,
    folder: tempfile::TempDir,
}

impl Stage {
    fn start() -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().expect("threads");
        let now = time::OffsetDateTime::now_utc();
        let practice = runtime.block_on(Practice::start(now)).expect("a world");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), practice.ca_pem()).expect("a file");
        let (mut hubs, mut known) = (Vec::new(), Vec::new());
        for case in CASES.iter().filter(|case| !case.with_login && !case.needs_witness) {
            let hub = runtime.block_on(practice.case(case)).expect(case.id);
            known.push(Known { link: hub.link(), id: case.id.to_owned(), case: Some(case) });
            hubs.push(hub);
        }
        for (name, behaviour) in hostile() {
            let hub = runtime.block_on(practice.hub(name, behaviour)).expect(name);
            known.push(Known { link: hub.link(), id: name.to_owned(), case: None });
            hubs.push(hub);
        }
        Self { runtime, practice, hubs, known, folder }
    }

    /// As the program makes its world, each time anew.
    fn world(&self) -> Arc<dyn World> {
        let options = WorldOptions {
            ca_files: vec![self.folder.path().join("ca.pem")],
            resolver: Some(self.practice.resolver()),
            pretend: Pretend {
                policy: Policy { loopback_allowed: true, ..Policy::default() },
                no_system_roots: true,
                variables: Some(Vec::new()),
                ..Pretend::default()
            },
            ..WorldOptions::default()
        };
        Arc::new(RealWorld::new(options).expect("a world to look at"))
    }

    fn forget(&self) {
        self.hubs.iter().for_each(|hub| hub.forget());
        self.practice.names().forget();
    }
}

/// One run: which hubs, and how they are looked at.
struct Run {
    hubs: Vec<usize>,
    preflight: bool,
    deadline: Duration,
    jobs: usize,
    /// Whether it may end before everything was seen.
    is_short: bool,
}

impl Run {
    fn of(dice: &mut Dice, known: &[Known]) -> Self {
        let wanted = 1 + dice.roll(3);
        let mut hubs = BTreeSet::new();
        while hubs.len() < wanted {
            hubs.insert(dice.roll(known.len()));
        }
        let is_short = dice.roll(8) == 0;
        let deadline = if is_short { 50 + 10 * dice.roll(300) } else { 60_000 };
        Self {
            hubs: hubs.into_iter().collect(),
            preflight: dice.roll(5) == 0,
            deadline: Duration::from_millis(deadline as u64),
            jobs: 1 + dice.roll(32),
            is_short,
        }
    }

    fn settings(&self) -> Settings {
        let budget = Budget {
            // Less than this, and silence says nothing about a hub.
            first_answer: Duration::from_secs(26),
            later_answer: Duration::from_secs(26),
            handshake: Duration::from_secs(3),
            thorough: !self.preflight,
            ..Budget::default()
        };
        Settings {
            budget,
            deadline: self.deadline,
            jobs: self.jobs,
            stop_at_first: self.preflight,
            login: LoginSettings::default(),
        }
    }

    async fn visit(&self, stage: &Stage) -> (Report, Duration) {
        let begun = Instant::now();
        let world = stage.world();
        let links: Vec<String> =
            self.hubs.iter().map(|&hub| stage.known[hub].link.clone()).collect();
        let expanded = expand(&*world, &links, &mut std::io::empty()).expect("targets");
        let settings = self.settings();
        let (_interrupt, stop) = Stop::new(settings.deadline);
        let report = examine(&world, expanded, &settings, &stop, None, &|_| {}).await;
        (report, begun.elapsed())
    }
}

/// The accusations that leave no doubt.
fn certain(checks: &[CheckReport]) -> impl Iterator<Item = &Diagnosis> {
    let said = checks.iter().flat_map(|check| &check.causes);
    said.filter(|cause| {
        cause.confidence == Confidence::Certain && cause.severity > Severity::Informs
    })
}

fn is_unexplained(id: &str) -> bool {
    id.ends_with("/unexplained")
}

/// What is said about a hub and is not so; and whether all that is so was said.
fn judged(known: &Known, hub: &Hub, run: &Run) -> (Vec<String>, bool) {
    let mut wrong = Vec::new();
    let certain = certain(&hub.checks);
    let Some(case) = known.case else {
        // What answers a handshake with noise speaks no TLS: that much is so.
        let is_noise = known.id == "soak-garbage";
        let is_so = |id: &str| is_unexplained(id) || (is_noise && id == "tls/wrong-protocol");
        let bad = certain.filter(|cause| !is_so(&cause.id));
        wrong.extend(bad.map(|cause| format!("{}: {} for certain", known.id, cause.id)));
        return (wrong, true);
    };
    let expected = [case.expects.cause, case.expects.mentions];
    for cause in certain {
        let id = cause.id.as_str();
        // Whoever is cut short may know the general cause and not yet the one behind it.
        let is_part = |known: &str| run.is_short && contains(known, id);
        let is_so = expected.iter().flatten().any(|known| *known == id || is_part(known));
        if !is_so && !is_unexplained(id) {
            wrong.push(format!("{}: {id} for certain, not {:?}", known.id, case.expects.cause));
        }
    }
    let is_unseen = run.preflight && case.expects.cause.is_some_and(|id| UNSEEN.contains(&id));
    if !case.expects.ready && hub.verdict.ready == Ready::Yes && !is_unseen {
        wrong.push(format!("{}: ready, and {:?} was missed", known.id, case.expects.cause));
    }
    if case.expects.ready && hub.verdict.ready == Ready::No {
        wrong.push(format!("{}: not ready: {:?}", known.id, hub.verdict.cause));
    }
    (wrong, hub.verdict.cause.as_deref() == case.expects.cause)
}

/// Whether a cause is the more special one of two: where it holds the other does, too.
fn contains(special: &str, general: &str) -> bool {
    let tables = hublink_checks::tables();
    let mut causes = tables.iter().flat_map(|check| check.causes());
    causes.any(|cause| cause.id == special && cause.suppresses.contains(&general))
}

/// What has to be the same for the same hubs.
fn verdicts(report: &Report) -> String {
    report.hubs.iter().fold(String::new(), |mut text, hub| {
        let verdict = &hub.verdict;
        let (ready, cause) = (verdict.ready, &verdict.cause);
        writeln!(text, "{} {ready:?} {cause:?} {:?}", hub.name, verdict.confidence)
            .expect("a text grows");
        text
    })
}

/// Soaks, and says what it came to.
pub(crate) fn soak(plan: Plan) -> Figures {
    let stage = Stage::start();
    let doctor = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let doctor = doctor.expect("a runtime");
    let mut figures = Figures::default();
    let mut done = 0;
    let mut measured = 0;
    while done < plan.runs {
        let runs: Vec<(usize, Run)> = (done..plan.runs.min(done + AT_ONCE))
            .map(|number| (number, Run::of(&mut Dice::of(plan.seed, number), &stage.known)))
            .collect();
        let visits = async {
            let whole = runs.iter().filter(|(_, run)| !run.is_short).take(TWICE);
            let again = join_all(whole.clone().map(|(_, run)| run.visit(&stage)));
            let all = join_all(runs.iter().map(|(_, run)| run.visit(&stage)));
            tokio::join!(all, again)
        };
        let (visits, again) = doctor.block_on(visits);
        for ((number, run), (report, took)) in runs.iter().zip(&visits) {
            figures.take_in(&stage, *number, run, report, *took);
        }
        let whole = runs.iter().zip(&visits).filter(|((_, run), _)| !run.is_short);
        for (((number, _), (before, _)), (again, _)) in whole.zip(&again) {
            figures.repeated += 1;
            if verdicts(before) != verdicts(again) {
                let (before, again) = (verdicts(before), verdicts(again));
                figures.wrong.push(format!("run {number} twice:\n{before}and\n{again}"));
            }
        }
        done += runs.len();
        stage.forget();
        if done - measured >= plan.settled.min(plan.runs) || done == plan.runs {
            measured = done;
            figures.sizes.push((done, size(&doctor)));
        }
    }
    figures.compare_sizes(plan);
    drop(doctor);
    stage.runtime.shutdown_background();
    figures
}

impl Figures {
    fn take_in(
        &mut self,
        stage: &Stage,
        number: usize,
        run: &Run,
        report: &Report,
        took: Duration,
    ) {
        self.longest = self.longest.max(took);
        if took > run.deadline + BESIDE {
            self.wrong.push(format!("run {number} took {took:?} of {:?}", run.deadline));
        }
        // The hubs of one run have nothing in common.
        let across = certain(&report.across).filter(|cause| !is_unexplained(&cause.id));
        self.wrong.extend(across.map(|cause| format!("run {number}: {} for certain", cause.id)));
        for (&place, hub) in run.hubs.iter().zip(&report.hubs) {
            let known = &stage.known[place];
            let (wrong, right) = judged(known, hub, run);
            self.hubs += 1;
            self.wrong.extend(wrong.into_iter().map(|what| format!("run {number}: {what}")));
            if right {
                self.right += 1;
            } else if run.is_short {
                self.cut_short += 1;
            } else {
                let (verdict, mode) =
                    (&hub.verdict, if run.preflight { " (preflight)" } else { "" });
                let what = format!("{}{mode}: {:?} {:?}", known.id, verdict.ready, verdict.cause);
                *self.less_sure.entry(what).or_default() += 1;
            }
        }
    }

    /// Files, threads and tasks stay as they are; memory within a bound.
    fn compare_sizes(&mut self, plan: Plan) {
        let (Some(&(from, first)), Some(&(to, last))) = (self.sizes.first(), self.sizes.last())
        else {
            return;
        };
        let told = format!("{first:?} after {from} runs, {last:?} after {to}");
        if last.tasks > 0 {
            self.wrong.push(format!("tasks are left: {told}"));
        }
        if last.files > first.files || last.threads > first.threads {
            self.wrong.push(format!("files or threads are left: {told}"));
        }
        if plan.growth.is_some_and(|growth| last.memory > first.memory + growth) {
            self.wrong.push(format!("memory grew: {told}"));
        }
    }
}

/// How large this program is, once what was cut off has come to rest.
fn size(doctor: &Runtime) -> Size {
    let mut smallest = Size { files: usize::MAX, threads: usize::MAX, ..Size::default() };
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        doctor.block_on(async { tokio::time::sleep(Duration::from_millis(100)).await });
        let count = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
        smallest.files = smallest.files.min(count("/proc/self/fd"));
        smallest.threads = smallest.threads.min(count("/proc/self/task"));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    Size { memory, tasks: doctor.metrics().num_alive_tasks(), ..smallest }
}
