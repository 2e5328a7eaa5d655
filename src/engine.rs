//! The pipeline: every hub beside the others, every check as soon as its needs are met.
//!
//! A hub takes two passes. The ladder first. Then, only if something failed, the control pass:
//! each check may look closer, all evidence is judged again, and a root cause claims the failures
//! it explains.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use hublink_checks::address::HubAddress;
use hublink_checks::frame::{
    Budget, Case, Context, Diagnosis, ErasedCheck, Facts, NeedKind, Reason, ReasonKind, Severity,
    Status, Stored, Target, claims, is_of_direct_way, may_claim, status_of,
};
use hublink_probe::{BoxFuture, Way, World};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use crate::comparison::{Comparison, compare};

/// Looking closer must not keep a person at the phone: a failure before HTTP is told well within
/// 25 seconds, control pass included.
const CONTROL_LIMIT: Duration = Duration::from_secs(12);

/// A hub still examined after this long is mostly waiting, and another may begin beside it:
/// silent hubs must not delay the healthy ones behind them.
const PLACE_HELD: Duration = Duration::from_secs(2);

/// What the user may say about a run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The time allowed for each kind of step.
    pub budget: Budget,
    /// The time allowed for the run. Then the report is made of what is known.
    pub deadline: Duration,
    /// How many hubs are examined at once.
    pub jobs: usize,
    /// Whether to stop at the first broken check (preflight).
    pub stop_at_first: bool,
}

/// What happens while it runs, for whoever shows progress.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// A check of a hub begins.
    Begun {
        /// The index of the hub.
        hub: usize,
        /// The id of the check.
        check: &'static str,
    },
    /// A check of a hub has ended, for now: the control pass may judge it again.
    Checked {
        /// The index of the hub.
        hub: usize,
        /// The id of the check.
        check: &'static str,
        /// How it ended.
        status: Status,
    },
    /// Something failed, and the control pass of a hub begins.
    Closer {
        /// The index of the hub.
        hub: usize,
    },
    /// A hub's examination has ended.
    Ended {
        /// The index of the hub.
        hub: usize,
        /// What came of it; a comparison of the hubs may still add to it.
        examined: &'a Examined,
    },
}

/// Whoever shows progress.
pub type Observer<'a> = &'a (dyn Fn(Event<'_>) + Sync);

/// What came of one hub.
pub struct Examined {
    /// The hub.
    pub target: Arc<Target>,
    /// All evidence.
    pub case: Case,
    /// Every check of the list, by id.
    pub checks: BTreeMap<&'static str, Ended>,
    /// How long it took.
    pub took: Duration,
    /// The cause that stops it and stands elsewhere in full: it stops other hubs too.
    pub shared: Option<Diagnosis>,
}

/// How one check ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The status.
    pub status: Status,
    /// Why it was skipped or errored.
    pub reason: Option<Reason>,
    /// The causes, the most specific first.
    pub causes: Vec<Diagnosis>,
    /// How long it took.
    pub took: Duration,
    /// The check whose end made this one pointless; its cause is looked up at the end, because
    /// the control pass may name a better one.
    because_of: Option<&'static str>,
    /// Whether it was under way when the time was over.
    pub begun: bool,
}

impl Ended {
    fn skipped(reason: Reason) -> Self {
        Self {
            status: Status::Skipped,
            reason: Some(reason),
            causes: Vec::new(),
            took: Duration::ZERO,
            because_of: None,
            begun: false,
        }
    }

    fn errored(detail: String, took: Duration) -> Self {
        let reason = Reason::of(ReasonKind::CouldNotLook).detail(detail);
        Self { status: Status::Errored, took, begun: true, ..Self::skipped(reason) }
    }
}

/// The moment to stop: at the deadline, or when the user interrupts.
#[derive(Clone)]
pub struct Stop {
    signal: watch::Receiver<Option<&'static str>>,
    deadline: Instant,
}

impl Stop {
    /// Stops at a deadline, or as soon as the other end sends why.
    #[must_use]
    pub fn new(deadline: Duration) -> (watch::Sender<Option<&'static str>>, Self) {
        let (send, signal) = watch::channel(None);
        (send, Self { signal, deadline: Instant::now() + deadline })
    }

    /// Whether the other end sent why.
    #[must_use]
    pub fn was_interrupted(&self) -> bool {
        self.signal.borrow().is_some()
    }

    /// Waits for the moment; tells why.
    async fn reached(&mut self) -> &'static str {
        let interrupted = async {
            match self.signal.wait_for(Option::is_some).await {
                Ok(why) => why.unwrap_or("stopped"),
                // Nobody is left to interrupt.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            why = interrupted => why,
            () = tokio::time::sleep_until(self.deadline) => "the time allowed for the run is over",
        }
    }
}

/// Examines every target, in the order of the targets, and compares them.
pub async fn run(
    world: &Arc<dyn World>,
    targets: Vec<Target>,
    settings: &Settings,
    stop: &Stop,
    observer: Observer<'_>,
) -> (Vec<Examined>, Option<Comparison>) {
    let places = Semaphore::new(settings.jobs.max(1));
    let hubs_in_run = targets.len();
    let mut open: FuturesUnordered<_> = targets
        .into_iter()
        .enumerate()
        .map(|(hub, target)| {
            let mut run = HubRun::new(world, Arc::new(target), settings, hub, hubs_in_run);
            let (places, stop) = (&places, stop.clone());
            async move {
                // Nobody closes the semaphore; without a place the hub would simply run too.
                let place = places.acquire().await.ok();
                let release = async {
                    tokio::time::sleep(PLACE_HELD).await;
                    drop(place);
                    std::future::pending().await
                };
                let examined = tokio::select! {
                    examined = run.examine(stop, observer) => examined,
                    never = release => never,
                };
                observer(Event::Ended { hub, examined: &examined });
                (hub, examined)
            }
        })
        .collect();
    let mut done = Vec::with_capacity(hubs_in_run);
    while let Some(one) = open.next().await {
        done.push(one);
    }
    done.sort_by_key(|(hub, _)| *hub);
    let mut examined: Vec<Examined> = done.into_iter().map(|(_, examined)| examined).collect();
    let comparison = compare(&mut examined);
    (examined, comparison)
}

struct HubRun {
    world: Arc<dyn World>,
    target: Arc<Target>,
    /// Its place in the run.
    hub: usize,
    budget: Budget,
    stop_at_first: bool,
    case: Case,
    ended: BTreeMap<&'static str, Ended>,
    running: BTreeSet<&'static str>,
}

impl HubRun {
    fn new(
        world: &Arc<dyn World>,
        target: Arc<Target>,
        settings: &Settings,
        hub: usize,
        hubs_in_run: usize,
    ) -> Self {
        let facts = Facts {
            os: world.os().to_owned(),
            hub: target.hub().cloned(),
            interfaces: world.interfaces(),
            hubs_in_run,
            way: target.hub().map(|hub| way(&**world, hub)).unwrap_or_default(),
        };
        Self {
            world: Arc::clone(world),
            target,
            hub,
            budget: settings.budget,
            stop_at_first: settings.stop_at_first,
            case: Case::new(facts),
            ended: BTreeMap::new(),
            running: BTreeSet::new(),
        }
    }

    async fn examine(&mut self, mut stop: Stop, observer: Observer<'_>) -> Examined {
        let start = Instant::now();
        let out_of_time = tokio::select! {
            biased;
            why = stop.reached() => Some(why),
            () = self.both_passes(observer) => None,
        };
        let missing = out_of_time.unwrap_or("the check was never reached");
        for check in hublink_checks::all() {
            let id = check.meta().id;
            let begun = self.running.contains(id);
            self.ended.entry(id).or_insert_with(|| Ended {
                begun,
                ..Ended::skipped(Reason::of(ReasonKind::OutOfTime).detail(missing))
            });
        }
        settle(&self.case, &mut self.ended);
        Examined {
            target: Arc::clone(&self.target),
            case: self.case.clone(),
            checks: std::mem::take(&mut self.ended),
            took: start.elapsed(),
            shared: None,
        }
    }

    async fn both_passes(&mut self, observer: Observer<'_>) {
        self.ladder(observer).await;
        if self.has_failed() {
            observer(Event::Closer { hub: self.hub });
            self.control().await;
        }
    }

    fn has_failed(&self) -> bool {
        self.ended.values().any(|ended| ended.status == Status::Failed)
    }

    /// Runs whatever is ready until nothing is left.
    async fn ladder(&mut self, observer: Observer<'_>) {
        let mut waiting: Vec<&'static dyn ErasedCheck> = hublink_checks::all().to_vec();
        let mut running = FuturesUnordered::new();
        loop {
            let mut moved = true;
            while moved {
                moved = false;
                let mut still = Vec::new();
                for check in waiting.drain(..) {
                    match self.decide(check) {
                        Next::Wait => still.push(check),
                        Next::Skip(ended) => {
                            self.ended.insert(check.meta().id, ended);
                            self.tell(check, observer);
                            moved = true;
                        }
                        Next::Run => {
                            observer(Event::Begun { hub: self.hub, check: check.meta().id });
                            self.running.insert(check.meta().id);
                            running.push(look(check, self.context()));
                        }
                    }
                }
                waiting = still;
            }
            if self.only_what_nobody_needs_is_left() {
                return self.leave_direct_way();
            }
            let Some((check, outcome, took)) = running.next().await else { break };
            self.take_in(check, outcome, took);
            self.tell(check, observer);
        }
    }

    fn tell(&self, check: &'static dyn ErasedCheck, observer: Observer<'_>) {
        let check = check.meta().id;
        if let Some(ended) = self.ended.get(check) {
            observer(Event::Checked { hub: self.hub, check, status: ended.status });
        }
    }

    /// Behind a proxy that works nobody needs the direct way, and where it is closed it takes long
    /// to say so. If something failed it is evidence, and waited for.
    fn only_what_nobody_needs_is_left(&self) -> bool {
        let mut open = hublink_checks::all().iter().map(|check| check.meta().id);
        self.case.goes_through_proxy()
            && !self.has_failed()
            && open.all(|id| is_of_direct_way(id) || self.ended.contains_key(id))
    }

    fn leave_direct_way(&mut self) {
        for check in hublink_checks::all() {
            let reason = Reason::of(ReasonKind::NotAsked);
            let reason = reason.detail("not waited for: the hub is reached through the proxy");
            self.ended.entry(check.meta().id).or_insert_with(|| Ended::skipped(reason));
        }
    }

    fn decide(&self, check: &'static dyn ErasedCheck) -> Next {
        if let Some(reason) = check.not_applicable(&self.target) {
            return Next::Skip(Ended::skipped(reason));
        }
        if self.stop_at_first && self.has_failed() && !self.may_explain(check) {
            let reason = Reason::of(ReasonKind::NotAsked);
            return Next::Skip(Ended::skipped(
                reason.detail("preflight stops at the first broken check"),
            ));
        }
        let through_proxy = self.case.goes_through_proxy();
        let needs = check.meta().needs.iter();
        // Behind a proxy nothing waits for the direct way.
        for need in needs.filter(|need| !(through_proxy && need.is_of_direct_way())) {
            let Some(needed) = self.ended.get(need.check) else { return Next::Wait };
            let not_applicable =
                needed.reason.as_ref().is_some_and(|r| r.kind == ReasonKind::NotApplicable);
            let met = match need.kind {
                NeedKind::Passed | NeedKind::PassedOnDirectWay => {
                    needed.status.let_through() || not_applicable
                }
                NeedKind::Ran => true,
            };
            if !met {
                let reason = Reason::of(ReasonKind::Because);
                return Next::Skip(Ended {
                    because_of: Some(need.check),
                    ..Ended::skipped(reason)
                });
            }
        }
        Next::Run
    }

    /// The control probes of a check, if it may make any.
    fn closer(&self, check: &'static dyn ErasedCheck) -> Option<Closer> {
        let id = check.meta().id;
        let looked = self.case.saved(id).is_some();
        let kept_from = self.ended.get(id).is_some_and(|ended| ended.because_of.is_some());
        (looked || kept_from)
            .then(|| Box::pin(look_closer(check, self.context(), looked)) as Closer)
    }

    /// Whether a check could prove the root cause of a failure already seen: naming the
    /// consequence would accuse the wrong person.
    fn may_explain(&self, check: &'static dyn ErasedCheck) -> bool {
        let failed = self.ended.iter().filter(|(_, ended)| ended.status == Status::Failed);
        failed.map(|(id, _)| *id).any(|id| may_claim(check.meta().id, id))
    }

    fn context(&self) -> Context {
        Context {
            world: Arc::clone(&self.world),
            target: Arc::clone(&self.target),
            case: self.case.clone(),
            budget: self.budget,
        }
    }

    fn take_in(&mut self, check: &'static dyn ErasedCheck, outcome: Seen, took: Duration) {
        let ended = match outcome {
            Ok(stored) => {
                self.case.put(stored);
                judged(check, &self.case, took)
            }
            Err(panic) => Ended::errored(panic, took),
        };
        self.ended.insert(check.meta().id, ended);
    }

    /// Every check that looked may look closer, and every check that was kept from looking may
    /// look anyway, side by side; then all is judged again.
    async fn control(&mut self) {
        let mut running: FuturesUnordered<_> =
            hublink_checks::all().iter().filter_map(|check| self.closer(*check)).collect();
        let deadline = Instant::now() + CONTROL_LIMIT;
        while let Ok(Some((check, outcome, took))) = timeout_at(deadline, running.next()).await {
            if let Some(ended) = self.ended.get_mut(check.meta().id) {
                ended.took += took;
            }
            // A panic while looking closer leaves what was seen before. Each result counts at
            // once: the deadline may come before the last of them.
            if let Ok(Some(stored)) = outcome {
                self.case.put(stored);
                rejudge(&self.case, &mut self.ended);
            }
        }
    }
}

enum Next {
    Run,
    Skip(Ended),
    Wait,
}

/// Evidence, or the text of a panic.
type Seen = Result<Stored, String>;

async fn look(
    check: &'static dyn ErasedCheck,
    cx: Context,
) -> (&'static dyn ErasedCheck, Seen, Duration) {
    let start = Instant::now();
    let seen = AssertUnwindSafe(check.probe(&cx)).catch_unwind().await.map_err(panic_text);
    (check, seen, start.elapsed())
}

/// A check under way in the control pass.
type Closer =
    BoxFuture<'static, (&'static dyn ErasedCheck, Result<Option<Stored>, String>, Duration)>;

async fn look_closer(
    check: &'static dyn ErasedCheck,
    cx: Context,
    looked: bool,
) -> (&'static dyn ErasedCheck, Result<Option<Stored>, String>, Duration) {
    let start = Instant::now();
    let probes = if looked { check.control(&cx) } else { check.anyway(&cx) };
    let seen = AssertUnwindSafe(probes).catch_unwind().await.map_err(panic_text);
    (check, seen, start.elapsed())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what catch_unwind hands over")]
fn panic_text(panic: Box<dyn Any + Send>) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_else(|| "no message".to_owned());
    format!("a bug in hublink: {}", text.chars().take(300).collect::<String>())
}

/// Judging is code too: a panic in it is one errored check.
fn judged(check: &dyn ErasedCheck, case: &Case, took: Duration) -> Ended {
    let judge = || (check.nothing_seen(case), check.judge(case));
    match std::panic::catch_unwind(AssertUnwindSafe(judge)) {
        // Whatever a table makes of it, there was nothing to judge.
        // What it noticed beside stays.
        Ok((Some(reason), mut causes)) => Ended {
            status: match reason.kind {
                ReasonKind::CouldNotLook => Status::Errored,
                _ => Status::Skipped,
            },
            causes: {
                causes.retain(|cause| cause.severity < Severity::Blocks);
                causes
            },
            took,
            begun: true,
            ..Ended::skipped(reason)
        },
        Ok((None, causes)) => Ended {
            status: status_of(&causes),
            reason: None,
            causes,
            took,
            because_of: None,
            begun: true,
        },
        Err(panic) => Ended::errored(panic_text(panic), took),
    }
}

/// Judges all evidence again. What was skipped or errored stays so, unless a check that was kept
/// from looking found what explains the failure that kept it.
pub(crate) fn rejudge(case: &Case, ended: &mut BTreeMap<&'static str, Ended>) {
    for check in hublink_checks::all() {
        let id = check.meta().id;
        let Some(before) = ended.get(id) else { continue };
        if case.saved(id).is_none() || before.status == Status::Errored {
            continue;
        }
        let (took, kept_from) = (before.took, before.because_of);
        let now = judged(*check, case, took);
        let explains =
            |root: &str| first_blocking(&now).is_some_and(|cause| claims(&cause.id, root));
        if kept_from.is_none_or(|by| explains(origin(ended, by))) {
            ended.insert(id, now);
        }
    }
}

/// Lets root causes claim what they explain, and fills in why checks were skipped.
pub(crate) fn settle(case: &Case, ended: &mut BTreeMap<&'static str, Ended>) {
    claim(ended);
    silence_consequences(case, ended);
    leave_open(case, ended);
    let roots: Vec<(&'static str, String)> = ended
        .iter()
        .filter(|(_, one)| one.because_of.is_some())
        .map(|(id, _)| (*id, root(ended, id)))
        .collect();
    for (id, cause) in roots {
        if let Some(one) = ended.get_mut(id) {
            one.reason = Some(Reason::because(cause));
        }
    }
}

fn claim(ended: &mut BTreeMap<&'static str, Ended>) {
    let blocking: Vec<(&'static str, String)> = ended
        .iter()
        .filter(|(_, one)| one.status == Status::Failed)
        .filter_map(|(id, one)| Some((*id, first_blocking(one)?.id.clone())))
        .collect();
    for (id, _) in &blocking {
        let claimant = blocking.iter().find(|(by, cause)| by != id && claims(cause, id));
        let Some((by, _)) = claimant else { continue };
        if let Some(one) = ended.get_mut(id) {
            one.status = Status::Skipped;
            one.causes.clear();
            one.because_of = Some(by);
        }
    }
}

/// A check that passed at first may have failed in the control pass. What was built on it then
/// says nothing of its own. The list is in the order of the ladder, so one walk is enough.
fn silence_consequences(case: &Case, ended: &mut BTreeMap<&'static str, Ended>) {
    let through_proxy = case.goes_through_proxy();
    for check in hublink_checks::all() {
        let broken = check.meta().needs.iter().find(|need| {
            need.kind != NeedKind::Ran
                && !(through_proxy && need.is_of_direct_way())
                && ended.get(need.check).is_some_and(|needed| {
                    needed.status == Status::Failed
                        // What explains the failure of its own need is no consequence of it.
                        || needed.because_of.is_some_and(|by| origin(ended, by) != check.meta().id)
                })
        });
        let Some(need) = broken else { continue };
        if let Some(one) = ended.get_mut(check.meta().id)
            && one.because_of.is_none()
            && one.status != Status::Skipped
        {
            one.status = Status::Skipped;
            one.causes.clear();
            one.because_of = Some(need.check);
        }
    }
}

/// A script that was not evaluated may name a proxy. That the direct way fails is then no finding:
/// whether it is taken at all is not known.
fn leave_open(case: &Case, ended: &mut BTreeMap<&'static str, Ended>) {
    let Way::Undecided { source } = case.way() else { return };
    let direct = ended.iter_mut().filter(|(id, _)| is_of_direct_way(id) || **id == "tls");
    for (_, one) in direct.filter(|(_, one)| one.status == Status::Failed) {
        one.status = Status::Errored;
        let detail = format!(
            "the direct way fails, and the proxy script named by {source}, which may name another \
             way, is not evaluated"
        );
        one.reason = Some(Reason::of(ReasonKind::CouldNotLook).detail(detail));
        for cause in &mut one.causes {
            cause.severity = Severity::Informs;
        }
    }
}

/// The first cause of a check that blocks.
#[must_use]
pub fn first_blocking(ended: &Ended) -> Option<&Diagnosis> {
    ended.causes.iter().find(|cause| cause.severity == Severity::Blocks)
}

/// Follows `because` to the check where it began.
fn origin(ended: &BTreeMap<&'static str, Ended>, id: &'static str) -> &'static str {
    let mut at = id;
    // Needs and claims have no cycles; the bound only keeps a mistake from hanging.
    for _ in 0..ended.len() {
        match ended.get(at).and_then(|one| one.because_of) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// The cause behind a `because`, or the check that could not be examined.
fn root(ended: &BTreeMap<&'static str, Ended>, id: &'static str) -> String {
    let at = origin(ended, id);
    let cause = ended.get(at).and_then(first_blocking).map(|cause| cause.id.clone());
    cause.unwrap_or_else(|| at.to_owned())
}

/// The way that a hub's address gets by the settings of this computer.
fn way(world: &dyn World, hub: &HubAddress) -> Way {
    world.proxy_settings().way(hub.scheme, &hub.host, hub.port)
}
