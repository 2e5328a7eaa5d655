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
use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use hublink_checks::address::HubAddress;
use hublink_checks::frame::{
    Budget, Case, Check, Context, Diagnosis, EndedCheck, ErasedCheck, Facts, NeedKind, Reason,
    ReasonKind, Severity, Status, Stored, Target, is_of_direct_way, may_claim,
};
use hublink_checks::login::{self, LoggedOut, LoginHost};
use hublink_checks::proxy::Proxy;
use hublink_probe::{AccountKind, BoxFuture, Way, World};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use crate::comparison::{Comparison, compare};

mod again;
mod settle;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use again::{Saved, again};
pub use settle::first_blocking;
pub(crate) use settle::{counts, judge_all, origin, settle};
use settle::{judged, rejudge};

/// Looking closer must not keep a person at the phone: a failure before HTTP is told well within
/// 25 seconds, control pass included.
const CONTROL_LIMIT: Duration = Duration::from_secs(12);

/// The time that a check has to put together what it saw, at the end of the control pass.
const HAND_OVER: Duration = Duration::from_millis(500);

/// A hub still examined after this long is mostly waiting, and another may begin beside it:
/// silent hubs must not delay the healthy ones behind them.
const PLACE_HELD: Duration = Duration::from_secs(2);

/// How many times `jobs` hubs are under way at most, those that are mostly waiting included:
/// each of them holds sockets.
const WAITING_BESIDE: usize = 4;

/// What the user may say about a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The time allowed for each kind of step.
    pub budget: Budget,
    /// The time allowed for the run. Then the report is made of what is known.
    pub deadline: Duration,
    /// How many hubs are begun at once. A hub that keeps waiting makes room for another one after
    /// two seconds; four times as many are under way at most.
    pub jobs: usize,
    /// Whether to stop at the first broken check (preflight).
    pub stop_at_first: bool,
    /// What goes with a login, if one was asked for.
    pub login: LoginSettings,
}

/// What the user may say about a login beside the account.
#[derive(Clone, Debug, Default)]
pub struct LoginSettings {
    /// Another host that the password may go to, because its login page is there.
    pub login_host: Option<LoginHost>,
    /// Whether to log out of each hub after all have been examined.
    pub logout: bool,
    /// Whether Desktop still refuses although all looks well; `None` if nobody said.
    pub desktop_refuses: Option<bool>,
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
    /// When each check looked, by its id.
    pub looks: BTreeMap<&'static str, Vec<Look>>,
    /// The cause that stops it and stands elsewhere in full: it stops other hubs too.
    pub shared: Option<Diagnosis>,
    /// What came of the logout, if one was asked for and there was a session to end.
    pub logout: Option<LoggedOut>,
    /// Evidence of checks that were kept from looking, which explains nothing so far. What other
    /// hubs saw may complete it.
    pub(crate) aside: Vec<Stored>,
}

impl Examined {
    /// Judges again with what the user says of Desktop: it refuses although all looks well, or it
    /// does not.
    pub fn say_desktop_refuses(&mut self, refuses: bool) {
        self.case.facts.desktop_refuses = Some(refuses);
        rejudge(&self.case, &mut self.checks);
        settle(&self.case, &mut self.checks);
    }
}

/// One look of a check: its own, or the closer one of the control pass.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// When it began, after the beginning of the hub's examination.
    pub begun: Duration,
    /// How long it took.
    pub took: Duration,
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
    /// It failed on a way of which is not known whether it is taken.
    pub left_open: bool,
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
            left_open: false,
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
    let jobs = settings.jobs.max(1);
    let (places, room) = (Semaphore::new(jobs), Semaphore::new(jobs * WAITING_BESIDE));
    let hubs_in_run = targets.len();
    let common = Facts {
        os: world.os().to_owned(),
        interfaces: world.interfaces(),
        computer: world.computer().map(Box::new),
        hubs_in_run,
        login_host: settings.login.login_host.clone(),
        desktop_refuses: settings.login.desktop_refuses,
        ..Facts::default()
    };
    let mut open: FuturesUnordered<_> = targets
        .into_iter()
        .enumerate()
        .map(|(hub, target)| {
            let mut run = HubRun::new(world, Arc::new(target), settings, hub, &common);
            let (places, room, stop) = (&places, &room, stop.clone());
            async move {
                // Nobody closes the semaphores; without a place the hub would simply run too.
                let _room = room.acquire().await.ok();
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
                world.let_go(examined.case.host());
                observer(Event::Ended { hub, examined: &examined });
                (hub, examined, run.leaving())
            }
        })
        .collect();
    let mut done = Vec::with_capacity(hubs_in_run);
    while let Some(one) = open.next().await {
        done.push(one);
    }
    done.sort_by_key(|(hub, ..)| *hub);
    // On a Qlik server a logout ends all sessions of the user: no hub may need its own any more.
    let mut examined: Vec<Examined> = join_all(done.into_iter().map(leave)).await;
    let comparison = compare(&mut examined);
    (examined, comparison)
}

/// Logs out, if that was asked for.
async fn leave((_, examined, leaving): (usize, Examined, Option<Context>)) -> Examined {
    match leaving {
        Some(cx) => Examined { logout: login::log_out(&cx).await, ..examined },
        None => examined,
    }
}

struct HubRun {
    world: Arc<dyn World>,
    target: Arc<Target>,
    /// Its place in the run.
    hub: usize,
    budget: Budget,
    stop_at_first: bool,
    logout: bool,
    case: Case,
    ended: BTreeMap<&'static str, Ended>,
    running: BTreeSet<&'static str>,
    aside: Vec<Stored>,
    /// When the examination of the hub began.
    begun: Instant,
    looks: BTreeMap<&'static str, Vec<Look>>,
    /// When the control pass has to end.
    deadline: Option<Instant>,
}

impl HubRun {
    /// `common` is what all hubs of the run share.
    fn new(
        world: &Arc<dyn World>,
        target: Arc<Target>,
        settings: &Settings,
        hub: usize,
        common: &Facts,
    ) -> Self {
        let facts = Facts {
            hub: target.hub().cloned(),
            way: target.hub().map(|hub| way(&**world, hub)).unwrap_or_default(),
            // Go or no-go is asked before a login.
            account: target
                .hub()
                .filter(|_| !settings.stop_at_first)
                .and_then(|hub| login::account_for(&**world, hub)),
            ..common.clone()
        };
        Self {
            world: Arc::clone(world),
            target,
            hub,
            budget: settings.budget,
            stop_at_first: settings.stop_at_first,
            logout: settings.login.logout,
            case: Case::new(facts),
            ended: BTreeMap::new(),
            running: BTreeSet::new(),
            aside: Vec::new(),
            begun: Instant::now(),
            looks: BTreeMap::new(),
            deadline: None,
        }
    }

    async fn examine(&mut self, mut stop: Stop, observer: Observer<'_>) -> Examined {
        // It may have waited for its place in the run.
        self.begun = Instant::now();
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
        // Whatever came last, each check is judged with the whole case, as a saved report is.
        judge_all(&self.case, &mut self.ended);
        settle(&self.case, &mut self.ended);
        Examined {
            target: Arc::clone(&self.target),
            case: self.case.clone(),
            checks: std::mem::take(&mut self.ended),
            took: self.begun.elapsed(),
            looks: std::mem::take(&mut self.looks),
            shared: None,
            logout: None,
            aside: std::mem::take(&mut self.aside),
        }
    }

    /// What a logout needs, if one was asked for. An API key has no session that could be ended.
    fn leaving(&self) -> Option<Context> {
        let has_session = self
            .case
            .facts
            .account
            .as_ref()
            .is_some_and(|account| account.kind != AccountKind::ApiKey);
        (self.logout && has_session).then(|| self.context())
    }

    async fn both_passes(&mut self, observer: Observer<'_>) {
        self.ladder(observer).await;
        judge_all(&self.case, &mut self.ended);
        if self.has_failed() {
            observer(Event::Closer { hub: self.hub });
            self.control().await;
        }
    }

    /// Whether a script decides which way is taken, and the check of the proxy, which asks it, has
    /// not ended yet. Until then nothing on the direct way is a finding.
    fn way_is_open(&self) -> bool {
        let undecided = matches!(self.case.way(), Way::Undecided { .. });
        undecided && !self.ended.contains_key(Proxy::META.id)
    }

    fn has_failed(&self) -> bool {
        let open = self.way_is_open();
        let counts = |id: &str| !(open && is_of_direct_way(id));
        let mut ended = self.ended.iter();
        ended.any(|(id, ended)| ended.status == Status::Failed && counts(id))
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
            if !is_met(need.kind, needed) {
                // Behind a proxy that a script names it would be no failure.
                if self.way_is_open() && check.meta().id != Proxy::META.id {
                    return Next::Wait;
                }
                let reason = Reason::of(ReasonKind::Because);
                return self.unless_not_asked(check, || {
                    Next::Skip(Ended {
                        because_of: Some(need.check),
                        ..Ended::skipped(reason.clone())
                    })
                });
            }
        }
        self.unless_not_asked(check, || Next::Run)
    }

    /// What nobody asked for is skipped as such, whatever became of what it needs.
    fn unless_not_asked(&self, check: &'static dyn ErasedCheck, next: impl Fn() -> Next) -> Next {
        match check.not_asked(&self.case) {
            Some(reason) => Next::Skip(Ended::skipped(reason)),
            None => next(),
        }
    }

    /// The control probes of a check, if it may make any.
    fn closer(&self, check: &'static dyn ErasedCheck) -> Option<Closer> {
        let id = check.meta().id;
        let looked = self.case.has(id);
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
            deadline: self.deadline,
            ended: self.ended_so_far(),
        }
    }

    fn ended_so_far(&self) -> Vec<EndedCheck> {
        let ladder = hublink_checks::all().iter().map(|check| check.meta().id);
        let ended = ladder.filter_map(|id| Some((id, self.ended.get(id)?)));
        ended
            .map(|(id, ended)| EndedCheck {
                check: id.to_owned(),
                status: ended.status,
                reason: ended.reason.as_ref().map(|reason| reason.kind),
                cause: ended
                    .causes
                    .iter()
                    .find(|cause| cause.severity > Severity::Informs)
                    .map(|cause| cause.id.clone()),
            })
            .collect()
    }

    fn looked(&mut self, check: &'static dyn ErasedCheck, took: Duration) {
        let begun = self.begun.elapsed().saturating_sub(took);
        // Few checks look twice, and a list that grows begins with room for four.
        let looks = self.looks.entry(check.meta().id).or_insert_with(|| Vec::with_capacity(1));
        looks.push(Look { begun, took });
    }

    fn take_in(&mut self, check: &'static dyn ErasedCheck, outcome: Seen, took: Duration) {
        self.looked(check, took);
        let ended = match outcome {
            Ok(stored) => {
                self.case.put(stored);
                judged(check, &self.case, took)
            }
            Err(panic) => Ended::errored(panic, took),
        };
        self.ended.insert(check.meta().id, ended);
        // What was seen of the direct way before it was known whether it is taken.
        if check.meta().id == Proxy::META.id && self.case.way() != self.case.facts.way {
            judge_all(&self.case, &mut self.ended);
        }
    }

    /// Every check that looked may look closer, and every check that was kept from looking may
    /// look anyway, side by side; then all is judged again.
    async fn control(&mut self) {
        let deadline = Instant::now() + CONTROL_LIMIT;
        // Before it is cut off, a check hands over what it saw.
        self.deadline = Some(deadline - HAND_OVER);
        let mut running: FuturesUnordered<_> =
            hublink_checks::all().iter().filter_map(|check| self.closer(*check)).collect();
        while let Ok(Some((check, outcome, took))) = timeout_at(deadline, running.next()).await {
            if let Some(ended) = self.ended.get_mut(check.meta().id) {
                ended.took += took;
            }
            // Most have nothing to look closer at, and say so at once.
            if took >= Duration::from_millis(1) {
                self.looked(check, took);
            }
            // A panic while looking closer leaves what was seen before. Each result counts at
            // once: the deadline may come before the last of them.
            if let Ok(Some(stored)) = outcome {
                self.take_in_closer(stored);
            }
        }
    }

    fn take_in_closer(&mut self, stored: Stored) {
        if self.case.has(stored.check()) {
            self.case.put(stored);
        } else {
            self.aside.push(stored);
        }
        rejudge(&self.case, &mut self.ended);
        // Each result may be what makes another one count.
        for stored in std::mem::take(&mut self.aside) {
            if counts(&self.case, &self.ended, &stored) {
                self.case.put(stored);
                rejudge(&self.case, &mut self.ended);
            } else {
                self.aside.push(stored);
            }
        }
    }
}

fn is_met(kind: NeedKind, needed: &Ended) -> bool {
    let does_not_apply =
        needed.reason.as_ref().is_some_and(|reason| reason.kind == ReasonKind::NotApplicable);
    match kind {
        NeedKind::Passed | NeedKind::PassedOnDirectWay => {
            needed.status.let_through() || does_not_apply
        }
        NeedKind::PassedCleanly => needed.status == Status::Passed,
        NeedKind::Ran => true,
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

/// The way that a hub's address gets by the settings of this computer.
fn way(world: &dyn World, hub: &HubAddress) -> Way {
    world.proxy_settings().way(hub.scheme, &hub.host, hub.port)
}
