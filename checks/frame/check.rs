//! A check: a named question about a target.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hublink_probe::{
    BoxFuture, Download, Fetch, Hello, ProxyAddress, Request, Scheme, Via, Way, World,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use super::{Case, Cause, CauseInfo, Diagnosis, Reason, ReasonKind, Status, Stored, Target, judge};
use crate::tcp::Tcp;

/// What identifies a check and what it builds on.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// The id, kebab-case; also the file's name (with `_`) and the prefix of its causes.
    pub id: &'static str,
    /// A predicate one can tick: "the name resolves".
    pub title: &'static str,
    /// What the check does and why it matters to the login, for its page.
    pub docs: &'static str,
    /// What must have happened before. Made with [`passed`] and [`ran`].
    pub needs: &'static [Need],
}

/// A need for another check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Need {
    /// The id of the other check.
    pub check: &'static str,
    /// How it must have ended.
    pub kind: NeedKind,
}

impl Need {
    /// Whether it counts only where no proxy is on the way.
    #[must_use]
    pub fn is_of_direct_way(&self) -> bool {
        self.kind == NeedKind::PassedOnDirectWay
    }
}

/// How a needed check must have ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NeedKind {
    /// `passed` or `warned`.
    Passed,
    /// `passed` and nothing less: nothing secret is built on what was warned of, or does not apply.
    PassedCleanly,
    /// `passed` or `warned`, unless a proxy is on the way: then its step is not taken.
    PassedOnDirectWay,
    /// It has ended, however it ended.
    Ran,
}

/// Needs that another check let its step through.
///
/// A cycle of needs is a cycle of constants, which the compiler refuses.
#[must_use]
pub const fn passed<C: Check>() -> Need {
    Need { check: C::META.id, kind: NeedKind::Passed }
}

/// Needs that another check passed and warned of nothing, because something secret builds on it.
#[must_use]
pub const fn passed_cleanly<C: Check>() -> Need {
    Need { check: C::META.id, kind: NeedKind::PassedCleanly }
}

/// Needs that another check let its step through, unless the way leads through a proxy.
#[must_use]
pub const fn passed_on_direct_way<C: Check>() -> Need {
    Need { check: C::META.id, kind: NeedKind::PassedOnDirectWay }
}

/// Needs that another check has ended, whatever it found.
#[must_use]
pub const fn ran<C: Check>() -> Need {
    Need { check: C::META.id, kind: NeedKind::Ran }
}

/// A named question about a target.
pub trait Check: Sized + Send + Sync + 'static {
    /// What its probes saw: typed, serialisable, no opinion in it.
    type Evidence: Clone + DeserializeOwned + JsonSchema + Send + Serialize + Sync + 'static;

    /// Identity and needs.
    const META: Meta;

    /// The known causes, the most specific first, the fallback last.
    const CAUSES: &'static [Cause<Self::Evidence>];

    /// Whether the question arises for this target at all. `Some` skips the check.
    #[must_use]
    fn not_applicable(_target: &Target) -> Option<Reason> {
        None
    }

    /// Whether nobody asked for it, as the case stands when its turn comes. `Some` skips the check,
    /// whatever became of what it needs.
    #[must_use]
    fn not_asked(_case: &Case) -> Option<Reason> {
        None
    }

    /// Looks. What the network did is data; a probe never fails because of it.
    fn probe(cx: &Context) -> impl Future<Output = Self::Evidence> + Send;

    /// Looks closer, after the hub failed: control probes that rule out look-alikes.
    ///
    /// Returns the evidence completed, or `None` if there is nothing to add.
    fn control(
        _cx: &Context,
        _seen: &Self::Evidence,
    ) -> impl Future<Output = Option<Self::Evidence>> + Send {
        std::future::ready(None)
    }

    /// Looks although what it needs failed, in the control pass, because what it sees may explain
    /// that failure. The evidence counts only if it does.
    fn anyway(_cx: &Context) -> impl Future<Output = Option<Self::Evidence>> + Send {
        std::future::ready(None)
    }

    /// Whether there was nothing to judge, although the check ran: it must not pass then.
    #[must_use]
    fn nothing_seen(_seen: &Self::Evidence) -> Option<Reason> {
        None
    }

    /// Names that everybody knows and that the causes look for in what servers say, such as those
    /// of products: who hides names in a report leaves them.
    #[must_use]
    fn public_names() -> Vec<&'static str> {
        Vec::new()
    }

    /// The same where it takes the whole case to tell.
    #[must_use]
    fn nothing_to_judge(seen: &Self::Evidence, _case: &Case) -> Option<Reason> {
        Self::nothing_seen(seen)
    }

    /// Completes the evidence with what the other hubs of the run saw, at the end of the run.
    ///
    /// Pure. Returns `None` if that changes nothing.
    #[must_use]
    fn compare(_own: &Self::Evidence, _others: &[&Self::Evidence]) -> Option<Self::Evidence> {
        None
    }
}

/// How long the system may take to find, load and evaluate a proxy script. Where none is found, it
/// asks about in the network for some seconds first.
const SCRIPTS: Duration = Duration::from_secs(8);

/// What a check is given to look with.
#[derive(Clone)]
pub struct Context {
    /// The only way to the network, the clock, the files and the settings of the machine.
    pub world: Arc<dyn World>,
    /// What is examined.
    pub target: Arc<Target>,
    /// The evidence of the checks that ran before.
    pub case: Case,
    /// The time allowed for each kind of step.
    pub budget: Budget,
    /// When the control pass is over: what is not handed over by then is lost.
    pub deadline: Option<Instant>,
    /// How the checks ended that have ended so far.
    pub ended: Vec<EndedCheck>,
}

/// How a check ended, for one that builds on all the others.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct EndedCheck {
    /// Its id.
    #[schemars(extend("x-identifies" = "nothing"))]
    pub check: String,
    /// How it ended.
    pub status: Status,
    /// Why it was skipped or errored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonKind>,
    /// The id of its first cause that blocks or degrades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub cause: Option<String>,
}

impl Context {
    /// What comes of a probe, unless the time for looking closer is over before. A probe that the
    /// others of its check can do without must not cost them.
    pub(crate) async fn in_time<T>(&self, probe: impl Future<Output = T>) -> Option<T> {
        match self.deadline {
            Some(deadline) => timeout_at(deadline, probe).await.ok(),
            None => Some(probe.await),
        }
    }

    /// The evidence of another check, if it ran.
    #[must_use]
    pub fn of<C: Check>(&self) -> Option<&C::Evidence> {
        self.case.of::<C>()
    }

    /// Whether the system lets a program make its segments smaller; Windows does not.
    pub(crate) fn can_make_segments_small(&self) -> bool {
        self.world.os() != "windows"
    }

    /// Where the link's port is: at the address that accepted, or, behind a proxy, at whatever
    /// address the proxy finds.
    pub(crate) fn place(&self) -> Option<SocketAddr> {
        let port = self.case.facts.hub.as_ref()?.port;
        match self.case.way() {
            Way::Proxy { .. } => Some((Ipv4Addr::UNSPECIFIED, port).into()),
            _ => self.of::<Tcp>()?.chosen,
        }
    }

    /// The proxy on the way to a host, if there is one.
    pub(crate) fn via(&self, scheme: Scheme, host: &str, port: u16) -> Option<Via> {
        let of_link = self.case.facts.hub.as_ref();
        let is_link = of_link
            .is_some_and(|hub| (hub.scheme, hub.host.as_str(), hub.port) == (scheme, host, port));
        let way = if is_link {
            self.case.way()
        } else {
            match self.world.proxy_settings().way(scheme, host, port) {
                // No script was asked for this port of the hub.
                Way::Undecided { .. } if host == self.case.host() => self.case.way(),
                way => way,
            }
        };
        way.proxy().map(|proxy| via_proxy(proxy, host))
    }

    /// Has the system evaluate the scripts that decide which way an address gets, before somebody
    /// goes there.
    pub(crate) async fn learn_way(&self, scheme: Scheme, host: &str, port: u16) {
        let limit = self.budget.lookup.min(SCRIPTS);
        self.world.ask_scripts(scheme, host, port, limit).await;
    }

    /// A small document over plain HTTP, on the way that this computer's settings say. A setting
    /// for encrypted addresses alone still means that nothing goes out without the proxy.
    pub(crate) async fn fetch(&self, url: &str) -> Fetch {
        let parsed = url::Url::parse(url).ok();
        let host = parsed.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
        let port = parsed.as_ref().and_then(url::Url::port_or_known_default).unwrap_or(80);
        self.world.ask_scripts(Scheme::Http, host, port, self.budget.fetch).await;
        let settings = self.world.proxy_settings();
        let deciding = |scheme| settings.deciding(scheme, host, port);
        let setting = deciding(Scheme::Http).or_else(|| deciding(Scheme::Https));
        let way = setting.map(|setting| settings.way_by(setting, host, port));
        let via = way.and_then(|way| way.proxy().cloned());
        let download = Download { url: url.to_owned(), via, limit: self.budget.fetch };
        self.world.fetch(&download).await
    }

    /// A handshake within this run's time limits, for whatever name at the link's host, on a
    /// connection of its own.
    pub(crate) fn hello(&self, to: SocketAddr, server_name: &str) -> Hello {
        Hello {
            to,
            server_name: server_name.to_owned(),
            connect_limit: self.budget.connect,
            limit: self.budget.handshake,
            segment: None,
            via: self.via(Scheme::Https, self.case.host(), to.port()),
            hand_on: false,
        }
    }

    /// An anonymous GET within this run's time limits, on a connection that an earlier step left
    /// open if there is one.
    pub(crate) fn request(
        &self,
        scheme: Scheme,
        host: &str,
        to: SocketAddr,
        path: &str,
        answer_limit: Duration,
    ) -> Request {
        Request {
            scheme,
            host: host.to_owned(),
            to,
            path: path.to_owned(),
            user_agent: USER_AGENT.to_owned(),
            connect_limit: self.budget.connect,
            handshake_limit: self.budget.handshake,
            answer_limit,
            segment: None,
            via: self.via(scheme, host, to.port()),
            hand_on: true,
        }
    }
}

/// A given proxy on the way to a host.
pub(crate) fn via_proxy(proxy: &ProxyAddress, host: &str) -> Via {
    Via {
        proxy: proxy.clone(),
        host: host.to_owned(),
        user_agent: USER_AGENT.to_owned(),
        is_followed: true,
    }
}

/// The segment size of a connection whose packets are small enough for every path, tunnels in
/// tunnels too (measured: 1000 passes where 1300 is the limit).
pub(crate) const SMALL_SEGMENT: u16 = 1000;

/// A Qlik hub offers Windows login only to a User-Agent that contains `Windows` (the virtual
/// proxy's default pattern), and Desktop runs on Windows.
const USER_AGENT: &str =
    concat!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) hublink/", env!("CARGO_PKG_VERSION"));

/// The time allowed for each kind of step.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// One TCP connect. Two SYNs must fit, else silence is not told from loss (on Windows a
    /// refusal takes about two seconds), and the three seconds after which a router or this
    /// computer gives up looking for a neighbour (measured 3.06 s).
    pub connect: Duration,
    /// One question to one name server, of two tries.
    pub dns_query: Duration,
    /// The system's look-up, which can take 15 s when only AAAA answers are dropped.
    pub lookup: Duration,
    /// The whole TLS handshake: a per-read limit lets half a `ServerHello` double the wait.
    pub handshake: Duration,
    /// The first HTTP answer: a cold Qlik proxy needed 15 to 21 s.
    pub first_answer: Duration,
    /// Every later HTTP answer.
    pub later_answer: Duration,
    /// Fetching an issuer certificate or revocation data.
    pub fetch: Duration,
    /// Whether to look also where nothing decides the next login: issuers are asked if they
    /// withdrew a certificate, and other addresses of the name for theirs.
    pub thorough: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(3300),
            dns_query: Duration::from_secs(2),
            lookup: Duration::from_secs(20),
            handshake: Duration::from_secs(10),
            first_answer: Duration::from_mins(1),
            later_answer: Duration::from_secs(20),
            fetch: Duration::from_secs(2),
            thorough: true,
        }
    }
}

impl Budget {
    /// Every step is allowed at most `limit` (`--timeout`).
    #[must_use]
    pub fn capped(self, limit: Duration) -> Self {
        Self {
            connect: self.connect.min(limit),
            dns_query: self.dns_query.min(limit),
            lookup: self.lookup.min(limit),
            handshake: self.handshake.min(limit),
            first_answer: self.first_answer.min(limit),
            later_answer: self.later_answer.min(limit),
            fetch: self.fetch.min(limit),
            thorough: self.thorough,
        }
    }
}

/// A check without its evidence type, as the engine sees it.
pub trait ErasedCheck: Send + Sync {
    /// Identity and needs.
    fn meta(&self) -> &'static Meta;
    /// The texts of its causes, in the order of the table.
    fn causes(&self) -> Vec<CauseInfo>;
    /// See [`Check::not_applicable`].
    fn not_applicable(&self, target: &Target) -> Option<Reason>;
    /// See [`Check::not_asked`].
    fn not_asked(&self, case: &Case) -> Option<Reason>;
    /// See [`Check::probe`].
    fn probe<'a>(&'a self, cx: &'a Context) -> BoxFuture<'a, Stored>;
    /// See [`Check::control`].
    fn control<'a>(&'a self, cx: &'a Context) -> BoxFuture<'a, Option<Stored>>;
    /// See [`Check::anyway`].
    fn anyway<'a>(&'a self, cx: &'a Context) -> BoxFuture<'a, Option<Stored>>;
    /// See [`Check::nothing_to_judge`].
    fn nothing_seen(&self, case: &Case) -> Option<Reason>;
    /// See [`Check::public_names`].
    fn public_names(&self) -> Vec<&'static str>;
    /// Compares every hub of a run with the others ([`Check::compare`]); returns the evidence that
    /// this completes, each with the place of its hub.
    fn compare(&self, cases: &[Case]) -> Vec<(usize, Stored)>;
    /// The causes that the case proves, the most specific first.
    fn judge(&self, case: &Case) -> Vec<Diagnosis>;
    /// Reads saved evidence.
    ///
    /// # Errors
    /// If the value does not have the shape of this check's evidence.
    fn load(&self, saved: &serde_json::Value) -> Result<Stored, serde_json::Error>;
    /// Reads saved evidence where it stands in the text of a report, so that an error can name its
    /// line and column. What follows the evidence in the text is left alone.
    ///
    /// # Errors
    /// If the value does not have the shape of this check's evidence.
    fn read(&self, text: &str) -> Result<Stored, serde_json::Error>;
}

impl<C: Check> ErasedCheck for C {
    fn meta(&self) -> &'static Meta {
        &C::META
    }

    fn causes(&self) -> Vec<CauseInfo> {
        C::CAUSES.iter().map(CauseInfo::from).collect()
    }

    fn not_applicable(&self, target: &Target) -> Option<Reason> {
        C::not_applicable(target)
    }

    fn not_asked(&self, case: &Case) -> Option<Reason> {
        C::not_asked(case)
    }

    fn probe<'a>(&'a self, cx: &'a Context) -> BoxFuture<'a, Stored> {
        Box::pin(async move { Stored::new::<C>(C::probe(cx).await) })
    }

    fn control<'a>(&'a self, cx: &'a Context) -> BoxFuture<'a, Option<Stored>> {
        Box::pin(async move {
            let seen = cx.case.of::<C>()?;
            C::control(cx, seen).await.map(Stored::new::<C>)
        })
    }

    fn anyway<'a>(&'a self, cx: &'a Context) -> BoxFuture<'a, Option<Stored>> {
        Box::pin(async move { C::anyway(cx).await.map(Stored::new::<C>) })
    }

    fn nothing_seen(&self, case: &Case) -> Option<Reason> {
        C::nothing_to_judge(case.of::<C>()?, case)
    }

    fn public_names(&self) -> Vec<&'static str> {
        C::public_names()
    }

    fn compare(&self, cases: &[Case]) -> Vec<(usize, Stored)> {
        let all: Vec<(usize, &C::Evidence)> = cases
            .iter()
            .enumerate()
            .filter_map(|(hub, case)| Some((hub, case.of::<C>()?)))
            .collect();
        // All but the first, and then each in turn but the one whose place is swapped with it.
        let mut others: Vec<&C::Evidence> = all.iter().skip(1).map(|(_, seen)| *seen).collect();
        let mut completed = Vec::new();
        for (place, &(hub, own)) in all.iter().enumerate() {
            if let Some(before) = place.checked_sub(1) {
                others[before] = all[before].1;
            }
            completed.extend(C::compare(own, &others).map(|seen| (hub, Stored::new::<C>(seen))));
        }
        completed
    }

    fn judge(&self, case: &Case) -> Vec<Diagnosis> {
        case.of::<C>().map(|evidence| judge(C::CAUSES, evidence, case)).unwrap_or_default()
    }

    fn load(&self, saved: &serde_json::Value) -> Result<Stored, serde_json::Error> {
        typed(saved).map(Stored::new::<C>)
    }

    fn read(&self, text: &str) -> Result<Stored, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(text);
        C::Evidence::deserialize(&mut reader).map(Stored::new::<C>)
    }
}

/// Reads a saved value as what it was.
///
/// Every type is read from text alone, because each further way of reading would put the readers of
/// all evidence into the program once more: two megabytes. The detour costs microseconds, where a
/// person waits for a saved report.
///
/// # Errors
/// If it is of another shape. Line and column are those of the detour.
pub fn typed<T: DeserializeOwned>(saved: &serde_json::Value) -> Result<T, serde_json::Error> {
    serde_json::from_str(&saved.to_string())
}

/// The shape of a check's evidence. Apart from [`ErasedCheck`], so that the program, which carries
/// the finished schema, need not carry what makes it.
pub trait Shaped: Sync {
    /// The id of the check.
    fn id(&self) -> &'static str;

    /// The JSON Schema of its evidence.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
}

impl<C: Check> Shaped for C {
    fn id(&self) -> &'static str {
        C::META.id
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<C::Evidence>()
    }
}

/// A context around a scripted world, for the tests of probes.
#[cfg(test)]
pub(crate) fn context_for_tests(
    world: Arc<hublink_probe::ScriptedWorld>,
    facts: super::Facts,
    budget: Budget,
) -> Context {
    let source = super::Source { kind: super::Origin::Argument, file: None, line: None };
    let target = Target { name: String::new(), source, file: None, text: None };
    Context {
        world,
        target: Arc::new(target),
        case: Case::new(facts),
        budget,
        deadline: None,
        ended: Vec::new(),
    }
}
