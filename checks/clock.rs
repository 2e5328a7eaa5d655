//! The clocks: do this computer and the hub agree on the time, and if not, who is wrong?

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use hublink_probe::{Exchange, Scheme, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::certificate::{Certificate, Evidence as Seen};
use crate::frame::{
    Case, Cause, Check, Confidence, Context, Meta, Owner, Proof, Reason, ReasonKind, Severity,
    cause, fallback, may_share_owner, passed, passed_on_direct_way, ran,
};
use crate::http::{DestinationKind, Http, same_site};
use crate::proxy::Proxy;
use crate::tcp::Tcp;
use crate::tls::Tls;

/// From this difference on clocks disagree. Below it lies what measuring costs (H27).
const WRONG_FROM_S: f64 = 60.0;

/// Two witnesses agree within this: each `Date` is cut to whole seconds, and answers take time.
const AGREE_WITHIN_S: f64 = 5.0;

/// Whether the clocks agree.
pub struct Clock;

/// What was seen of the clocks.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Evidence {
    /// This computer's time.
    pub now: Timestamp,
    /// The clocks that could be read; this hub's own come first.
    #[serde(default)]
    pub witnesses: Vec<Witness>,
    /// A certificate of the hub is invalid by this computer's clock and valid by the hub's.
    #[serde(default)]
    pub certificate_valid_at_date: bool,
}

impl Evidence {
    /// Another hub whose clock agrees with this computer's, so that this one's is right.
    #[must_use]
    pub fn confirmed_by(&self) -> Option<&str> {
        let other = self.witnesses.iter().find(|witness| !witness.own && !witness.is_off());
        other.map(|witness| witness.who.as_str())
    }

    /// The right time and whose clocks tell it, where two that have nothing to do with each other
    /// agree that this computer's is wrong and none agrees with it.
    #[must_use]
    pub fn corrected(&self) -> Option<RightTime> {
        let ours_is_right = self.witnesses.iter().any(|witness| !witness.is_off());
        let agreeing = two_that_agree(self).filter(|_| !ours_is_right);
        let (one, second, _) = agreeing.filter(|(.., independent)| *independent)?;
        let at = self.now.0.checked_add(time::Duration::seconds_f64(one.offset_s))?;
        Some(RightTime { at: Timestamp(at), whose: format!("{} and {}", one.who, second.who) })
    }
}

/// The time as other clocks tell it.
#[derive(Clone, Debug)]
pub struct RightTime {
    /// As it was measured.
    pub at: Timestamp,
    /// Whose clocks tell it.
    pub whose: String,
}

impl RightTime {
    /// Whether something holds at this time, however far off its measuring may be: a certificate that
    /// was made a moment ago is none of the future.
    #[must_use]
    pub fn surely(&self, holds: impl Fn(Timestamp) -> bool) -> bool {
        let error = time::Duration::seconds_f64(WRONG_FROM_S);
        let ends = [self.at.0.checked_sub(error), self.at.0.checked_add(error)];
        ends.into_iter().all(|end| end.is_some_and(|end| holds(Timestamp(end))))
    }
}

/// Another clock, read from the `Date` of an answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Witness {
    /// Whose clock, as `host:port`.
    #[schemars(extend("x-identifies" = "host"))]
    pub who: String,
    /// How far it is ahead of this computer, in seconds; positive: this computer is behind.
    #[schemars(extend("x-compared" = "seconds the clock is off", "x-noise" = 30))]
    pub offset_s: f64,
    /// How far off the offset may be.
    pub uncertainty_s: f64,
    /// Where it answered; not known behind a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// It is the clock of this hub.
    #[serde(default)]
    pub own: bool,
    /// It is the clock of the login host that this hub sends its visitors to.
    #[serde(default)]
    pub login: bool,
}

impl Witness {
    /// From the hub's time, and this computer's before and after.
    fn new(who: &str, own: bool, date: Timestamp, sent: Timestamp, answered: Timestamp) -> Self {
        let trip = answered.seconds_since(sent).max(0.0);
        Self {
            who: who.to_owned(),
            offset_s: tenth(date.seconds_since(sent) - trip / 2.0),
            // `Date` has whole seconds.
            uncertainty_s: tenth(trip / 2.0 + 1.0),
            address: None,
            own,
            login: false,
        }
    }

    fn of(exchange: &Exchange, host: &str) -> Option<Self> {
        // What comes from a store tells the time at which it was put there.
        if exchange.header("age").is_some() {
            return None;
        }
        let who = authority(&exchange.url)?;
        let own = host_of(who).eq_ignore_ascii_case(host);
        let address = exchange.via.is_none().then(|| exchange.to.ip());
        let seen = Self::new(who, own, exchange.date?, exchange.sent_at?, exchange.answered_at?);
        Some(Self { address, ..seen })
    }

    /// Whether the other one is surely another clock: servers of one owner get their time from one
    /// place, and one server may have several names.
    fn is_independent_of(&self, other: &Self) -> bool {
        let (one, two) = (host_of(&self.who), host_of(&other.who));
        if same_site(one, two) {
            return false;
        }
        let only_an_address = |host: &str| host.parse::<IpAddr>().is_ok();
        match (self.address, other.address) {
            (Some(a), Some(b)) if only_an_address(one) || only_an_address(two) => {
                !may_share_owner(a, b)
            }
            (Some(a), Some(b)) => a != b,
            _ => !only_an_address(one) && !only_an_address(two),
        }
    }

    fn is_off(&self) -> bool {
        self.offset_s.abs() >= WRONG_FROM_S
    }

    fn agrees_with(&self, other: &Self) -> bool {
        let slack = AGREE_WITHIN_S.max(self.uncertainty_s + other.uncertainty_s);
        (self.offset_s - other.offset_s).abs() <= slack
    }
}

fn tenth(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

/// `host:port` of a URL, with the port only if it is written.
fn authority(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())
}

/// The host of `host:port`, of `[v6]:port`.
fn host_of(authority: &str) -> &str {
    if let Some(v6) = authority.strip_prefix('[') {
        return v6.split(']').next().unwrap_or(v6);
    }
    authority.split(':').next().unwrap_or(authority)
}

/// One witness per host: two answers of one server are one clock.
fn one_per_host(witnesses: impl Iterator<Item = Witness>) -> Vec<Witness> {
    let mut seen = BTreeSet::new();
    witnesses.filter(|w| seen.insert(host_of(&w.who).to_ascii_lowercase())).collect()
}

impl Check for Clock {
    type Evidence = Evidence;

    const META: Meta = Meta {
        id: "clock",
        title: "the clocks agree",
        docs: "Certificates, login tokens and Kerberos all depend on the time. This check compares \
               this computer's clock with the `Date` of every answer of the hub, halving the time \
               the answer took. One other clock cannot say who is wrong; the clocks of the other \
               hubs of the run can, and that of the login host that the hub names: its front page \
               is asked for, never its login. Differences below a minute are errors of measuring.",
        needs: &[
            passed::<Proxy>(),
            passed_on_direct_way::<Tcp>(),
            passed::<Tls>(),
            ran::<Certificate>(),
            ran::<Http>(),
        ],
    };

    const CAUSES: &'static [Cause<Evidence>] = &[
        Cause {
            title: "This computer's clock is wrong.",
            explain: "With a wrong clock valid certificates seem to have run out, or not to have \
                      begun, and logins that depend on the time are refused. Often only the time \
                      zone is wrong.",
            remedy: &["This computer is <offset>. Set date, time and time zone: Settings, Time, \
                       Synchronise now."],
            look_alikes: &[
                "a wrong clock of the hub: then another clock agrees with this computer",
                "hubs of one owner that are wrong together: only a clock of another owner makes it \
                 certain",
                "a difference below a minute",
            ],
            see: &["RFC 9110 section 6.6.1 (Date)", "RFC 4120 (Kerberos allows five minutes)"],
            severity: Severity::Degrades,
            ..cause("clock/this-computer-wrong", this_computer_wrong)
        },
        Cause {
            title: "The hub's clock is wrong.",
            explain: "Sessions, login tokens and the certificates a server makes for itself depend \
                      on its clock. Qlik asks for the same time on all nodes of a site.",
            remedy: &["Ask your Qlik admin to synchronise the clock of <host>: it is <offset>."],
            owner: Owner::QlikAdmin,
            look_alikes: &["a wrong clock of this computer: then other hubs differ from it too"],
            see: &["Qlik help, logging requirements (synchronised time)", "RFC 9110 section 6.6.1"],
            severity: Severity::Degrades,
            ..cause("clock/hub-wrong", hub_wrong)
        },
        Cause {
            title: "The hub and its login host have different times, which makes logins fail.",
            explain: "A login at an identity provider is a message that is valid for a few minutes \
                      only. If the two clocks differ, the hub takes it for one that has expired, \
                      or that comes from the future, and refuses it.",
            remedy: &["Ask your Qlik admin to synchronise <host> with <idp host> (difference \
                       <difference>): <right> agrees with this computer."],
            owner: Owner::QlikAdmin,
            confidence: Confidence::Likely,
            severity: Severity::Degrades,
            look_alikes: &[
                "a wrong clock of this computer: it agrees with neither of them then",
                "a difference below a minute",
            ],
            see: &["SAML and Kerberos allow five minutes", "RFC 9110 section 6.6.1"],
            suppresses: &["clock/hub-wrong"],
            ..cause("clock/hub-and-idp-disagree", hub_and_login_disagree)
        },
        fallback("clock/unexplained", unexplained),
    ];

    fn nothing_seen(seen: &Evidence) -> Option<Reason> {
        let reason = Reason::of(ReasonKind::NotApplicable);
        (!seen.witnesses.iter().any(|witness| witness.own))
            .then(|| reason.detail("no server told its time"))
    }

    async fn probe(cx: &Context) -> Evidence {
        let host = cx.case.host();
        let hops = cx.of::<Http>().map(|http| http.hops.as_slice()).unwrap_or_default();
        let mut witnesses: Vec<Witness> =
            hops.iter().filter_map(|hop| Witness::of(hop, host)).collect();
        let address = cx.of::<Tcp>().and_then(|tcp| tcp.chosen).map(|chosen| chosen.ip());
        let address = address.filter(|_| !cx.case.goes_through_proxy());
        let certificate = cx.of::<Certificate>();
        let date = certificate.and_then(|certificate| certificate.date.as_ref());
        witnesses.extend(date.map(|hub| {
            let who = authority(&hub.url).unwrap_or(host);
            let seen = Witness::new(who, true, hub.date, hub.sent_at, hub.answered_at);
            Witness { address, ..seen }
        }));
        witnesses.extend(login_host(cx).await);
        // The hub's own clock first, however the hops were ordered.
        witnesses.sort_by_key(|witness| !witness.own);
        Evidence {
            now: cx.world.now(),
            witnesses: one_per_host(witnesses.into_iter()),
            certificate_valid_at_date: certificate.is_some_and(Seen::only_our_clock_objects),
        }
    }

    fn compare(own: &Evidence, others: &[&Evidence]) -> Option<Evidence> {
        let theirs = enough_of(own, others.iter().flat_map(|other| &other.witnesses));
        let theirs = theirs.into_iter().cloned();
        let theirs = theirs.map(|witness| Witness { own: false, login: false, ..witness });
        let witnesses = one_per_host(own.witnesses.iter().cloned().chain(theirs));
        (witnesses.len() > own.witnesses.len()).then(|| Evidence { witnesses, ..own.clone() })
    }
}

/// How many clocks of other hubs that agree with this computer are listed, and how many that do not.
/// A run may have a thousand, and each hub would list all of them.
const WITNESSES: usize = 4;

/// Of the clocks of other hubs those that decide: some that agree with this computer, and some that
/// do not, first those that agree with this hub's and have nothing to do with it. Those that are
/// listed already count, so that a saved report is completed to the same.
fn enough_of<'w>(own: &Evidence, theirs: impl Iterator<Item = &'w Witness>) -> Vec<&'w Witness> {
    let ours = main_witness(own).filter(|ours| ours.is_off());
    let class_of = |witness: &Witness| match ours {
        _ if !witness.is_off() => 0,
        Some(ours) if witness.agrees_with(ours) && witness.is_independent_of(ours) => 1,
        Some(ours) if witness.agrees_with(ours) => 2,
        _ => 3,
    };
    let mut room = [WITNESSES; 4];
    for listed in own.witnesses.iter().filter(|witness| !witness.own && !witness.login) {
        let room = &mut room[class_of(listed)];
        *room = room.saturating_sub(1);
    }
    let mut found: [Vec<&Witness>; 4] = Default::default();
    for witness in theirs {
        let class = class_of(witness);
        let same = |one: &&Witness| host_of(&one.who).eq_ignore_ascii_case(host_of(&witness.who));
        let full = found[class].len() >= room[class];
        if !full && !own.witnesses.iter().any(|one| same(&one)) && !found[class].iter().any(same) {
            found[class].push(witness);
        }
    }
    found.concat()
}

/// The time of a page that costs a server nothing; a slow one is not worth waiting for.
const LOGIN_HOST_WAIT: Duration = Duration::from_secs(5);

/// The clock of the login host that the hub names, if it could be spoken to.
///
/// Only its front page is asked for: a request to the login itself would begin one.
async fn login_host(cx: &Context) -> Option<Witness> {
    let left = cx.of::<Http>()?.left_to.as_ref()?;
    let provider =
        left.to.kind == DestinationKind::IdentityProvider && left.to.scheme == Scheme::Https;
    let reached = left.handshakes.last().filter(|handshake| provider && handshake.completed())?;
    let limit = cx.budget.later_answer.min(LOGIN_HOST_WAIT);
    let to = (reached.connect.to.ip(), left.to.port).into();
    let request = cx.request(Scheme::Https, &left.to.host, to, "/", limit);
    let witness = Witness::of(&cx.world.exchange(&request).await, cx.case.host())?;
    Some(Witness { login: true, ..witness })
}

/// The clock of this hub, or the first that could be read.
fn main_witness(e: &Evidence) -> Option<&Witness> {
    e.witnesses.iter().find(|witness| witness.own).or_else(|| e.witnesses.first())
}

fn show(e: &Evidence) -> Proof {
    e.witnesses.iter().take(8).fold(Proof::seen("this computer's time", e.now), |proof, w| {
        let at = format!("offset of {}", w.who);
        let seen = format!("{:+} s, give or take {} s", w.offset_s, w.uncertainty_s);
        proof.compared(at, format!("less than {WRONG_FROM_S} s"), seen)
    })
}

/// Two clocks that are off by the same; if any two such have nothing to do with each other, those.
fn two_that_agree(e: &Evidence) -> Option<(&Witness, &Witness, bool)> {
    let off: Vec<&Witness> = e.witnesses.iter().filter(|witness| witness.is_off()).collect();
    let pairs = off
        .iter()
        .enumerate()
        .flat_map(|(n, one)| off[n + 1..].iter().map(move |two| (*one, *two)))
        .filter(|(one, two)| one.agrees_with(two));
    let mut pairs = pairs.map(|(one, two)| (one, two, one.is_independent_of(two))).peekable();
    let first = pairs.peek().copied();
    pairs.find(|(_, _, independent)| *independent).or(first)
}

fn this_computer_wrong(e: &Evidence, _: &Case) -> Option<Proof> {
    let mut off = e.witnesses.iter().filter(|witness| witness.is_off());
    let agreeing = two_that_agree(e);
    let ours_is_right = e.witnesses.iter().any(|witness| !witness.is_off());
    let proof = match agreeing {
        // Two hubs of one site may be wrong together, but not while a third agrees with us.
        _ if ours_is_right => return None,
        Some((one, second, independent)) => {
            let proof =
                show(e).and("witnesses that agree", format!("{} and {}", one.who, second.who));
            if independent {
                proof.not("clock/hub-wrong: a second clock, of another owner, says the same")
            } else {
                proof
                    .and("these witnesses", "may have their time from one place")
                    .at_most(Confidence::Likely)
            }
        }
        None if !e.certificate_valid_at_date => return None,
        None => show(e)
            .and("the hub's certificate", "invalid by this computer's clock, valid by the hub's")
            .at_most(Confidence::Likely),
    };
    let witness = agreeing.map(|(one, ..)| one).or_else(|| off.next())?;
    let proof = with_zone(proof, witness.offset_s)
        .value("offset", format!("{} the other clocks", direction(-witness.offset_s)));
    Some(if e.certificate_valid_at_date {
        proof
            .and("effect", "a certificate of the hub seems invalid because of it")
            .severity(Severity::Blocks)
    } else {
        proof
    })
}

fn hub_wrong(e: &Evidence, _: &Case) -> Option<Proof> {
    let hub = e.witnesses.iter().find(|witness| witness.own && witness.is_off())?;
    let second = e.confirmed_by()?;
    let proof = show(e)
        .and("clock that agrees with this computer", second)
        .not(format!("clock/this-computer-wrong: {second} agrees with this computer"))
        .value("offset", format!("{} the other clocks", direction(hub.offset_s)));
    Some(with_zone(proof, hub.offset_s))
}

/// From this difference on a login at an identity provider is refused: the five minutes that
/// SAML libraries and Kerberos allow.
const REFUSED_FROM_S: f64 = 300.0;

fn hub_and_login_disagree(e: &Evidence, _: &Case) -> Option<Proof> {
    let hub = e.witnesses.iter().find(|witness| witness.own)?;
    let login = e.witnesses.iter().find(|witness| witness.login && !witness.own)?;
    let apart = (hub.offset_s - login.offset_s).abs();
    let right = match (hub.is_off(), login.is_off()) {
        (false, true) => hub,
        (true, false) => login,
        // Whose clock is wrong is then not known, or nobody's is.
        (true, true) | (false, false) => return None,
    };
    if apart < WRONG_FROM_S {
        return None;
    }
    let difference = format!("about {}", span(apart));
    let proof = show(e)
        .compared("hub and login host apart", format!("less than {WRONG_FROM_S} s"), &difference)
        .not(format!("clock/this-computer-wrong: {} agrees with this computer", right.who))
        .value("idp host", host_of(&login.who))
        .value("difference", difference)
        .value("right", &right.who);
    Some(if apart > REFUSED_FROM_S {
        proof.and("effect", "logins allow five minutes").severity(Severity::Blocks)
    } else {
        proof
    })
}

fn unexplained(e: &Evidence, case: &Case) -> Option<Proof> {
    let off = main_witness(e).is_some_and(Witness::is_off);
    let named = this_computer_wrong(e, case).is_some()
        || hub_wrong(e, case).is_some()
        || hub_and_login_disagree(e, case).is_some();
    let informs = "a difference alone stops nobody, and one other clock cannot say who is wrong";
    (off && !named).then(|| show(e).and("meaning", informs).severity(Severity::Informs))
}

/// "2 hours behind", for a clock that is `ahead_s` seconds ahead (negative: behind).
fn direction(ahead_s: f64) -> String {
    let side = if ahead_s < 0.0 { "behind" } else { "ahead of" };
    format!("{} {side}", span(ahead_s.abs()))
}

fn span(seconds: f64) -> String {
    let (count, unit) = match seconds {
        s if s < 120.0 => (s, "seconds"),
        s if s < 7200.0 => (s / 60.0, "minutes"),
        s if s < 172_800.0 => (s / 3600.0, "hours"),
        s => (s / 86_400.0, "days"),
    };
    format!("{count:.0} {unit}")
}

/// Time zones differ by whole half-hours, up to fourteen hours and one of summer time.
fn with_zone(proof: Proof, offset_s: f64) -> Proof {
    const HALF_HOUR_S: f64 = 1800.0;
    const FARTHEST_S: f64 = 15.0 * 3600.0;
    let halves = (offset_s.abs() / HALF_HOUR_S).round();
    let apart = (offset_s.abs() - halves * HALF_HOUR_S).abs();
    if halves >= 1.0 && apart <= AGREE_WITHIN_S && offset_s.abs() <= FARTHEST_S {
        return proof
            .and("time zone", "the difference is whole half-hours: the zone may be set wrongly");
    }
    proof
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hublink_probe::ScriptedWorld;
    use serde_json::json;

    use super::*;
    use crate::frame::{Budget, Facts, Stored, context_for_tests};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("RFC 3339")
    }

    fn witness(who: &str, offset_s: f64, own: bool) -> Witness {
        Witness { who: who.into(), offset_s, uncertainty_s: 1.0, address: None, own, login: false }
    }

    fn evidence(witnesses: &[Witness]) -> Evidence {
        Evidence {
            now: at("2026-11-24T12:00:00Z"),
            witnesses: witnesses.to_vec(),
            certificate_valid_at_date: false,
        }
    }

    #[test]
    fn the_time_of_the_answer_is_halved() {
        let sent = at("2026-11-24T12:00:00Z");
        let answered = at("2026-11-24T12:00:04Z");
        let seen = Witness::new("hub", true, at("2026-11-24T12:02:02Z"), sent, answered);
        assert_eq!((seen.offset_s, seen.uncertainty_s), (120.0, 3.0));
    }

    #[test]
    fn hubs_of_one_host_are_one_witness() {
        let own = evidence(&[witness("hub.corp.test", 600.0, true)]);
        let same = evidence(&[witness("HUB.corp.test:4244", 600.0, true)]);
        assert_eq!(Clock::compare(&own, &[&same]), None);
        let other = evidence(&[witness("other.corp.test", 601.0, true)]);
        let compared = Clock::compare(&own, &[&same, &other]).expect("one more witness");
        assert_eq!(compared.witnesses.len(), 2);
        assert!(!compared.witnesses[1].own);
        assert!(this_computer_wrong(&compared, &Case::default()).is_some());
    }

    #[test]
    fn of_a_thousand_clocks_those_that_decide_are_listed() {
        let own = evidence(&[witness("hub.corp.test", 600.0, true)]);
        let mut others: Vec<Evidence> = (0..1000)
            .map(|n| evidence(&[witness(&format!("hub{n}.far{n}.test"), 0.5, true)]))
            .collect();
        others.push(evidence(&[witness("wrong.other.test", 300.0, true)]));
        others.push(evidence(&[witness("hub.agrees.test", 601.0, true)]));
        let others: Vec<&Evidence> = others.iter().collect();
        let seen = Clock::compare(&own, &others).expect("more witnesses");
        let names: Vec<&str> = seen.witnesses.iter().map(|one| one.who.as_str()).collect();
        assert_eq!(names.len(), 1 + WITNESSES + 2, "{names:?}");
        assert!(names.contains(&"hub.agrees.test") && names.contains(&"wrong.other.test"));
        assert!(seen.confirmed_by().is_some());
        assert_eq!(Clock::compare(&seen, &others), None, "once is enough");
    }

    #[test]
    fn one_clock_under_two_names_is_no_second_witness() {
        let at = |address: &str, of: Witness| {
            let address = Some(address.parse().expect("an address"));
            Witness { address, ..of }
        };
        let own = || at("10.1.0.5", witness("qlik1.corp.test", 600.0, true));
        let sure = |second: Witness| {
            let e = evidence(&[own(), second]);
            let proof = this_computer_wrong(&e, &Case::default()).expect("two that agree");
            proof.confidence.is_none()
        };
        let beside = |who: &str, address: &str| at(address, witness(who, 601.0, false));
        assert!(!sure(beside("qlik2.corp.test", "10.1.0.6")), "a node of the same site");
        assert!(!sure(beside("qlik1", "10.1.0.5")));
        assert!(!sure(beside("10.1.0.5", "10.1.0.5")));
        assert!(!sure(beside("10.1.0.6", "10.1.0.6")), "who knows whose that is");
        assert!(!sure(beside("alias.other.test", "10.1.0.5")), "the same server");
        assert!(sure(beside("sense.example.com", "198.18.0.5")));
        assert!(sure(witness("sense.example.com", 601.0, false)), "seen through a proxy");
        let e = evidence(&[
            own(),
            beside("qlik2.corp.test", "10.1.0.6"),
            beside("sense.example.com", "198.18.0.5"),
        ]);
        let proof = this_computer_wrong(&e, &Case::default()).expect("three that agree");
        assert_eq!(proof.confidence, None);
    }

    #[test]
    fn an_answer_out_of_a_store_tells_no_time() {
        let answer = |headers: serde_json::Value| {
            let answer = json!({
                "url": "https://hub.corp.test/hub/", "to": "10.1.0.5:443", "ending": "complete",
                "status": 200, "headers": headers, "date": "2026-11-24T11:00:00Z",
                "sent_at": "2026-11-24T12:00:00Z", "answered_at": "2026-11-24T12:00:00Z",
                "body_bytes": 0, "took_ms": 1.0,
            });
            serde_json::from_value::<Exchange>(answer).expect("an exchange")
        };
        let fresh = answer(json!([]));
        assert!(Witness::of(&fresh, "hub.corp.test").is_some_and(|seen| seen.address.is_some()));
        let stored = answer(json!([{ "name": "age", "value": "3600" }]));
        assert_eq!(Witness::of(&stored, "hub.corp.test"), None);
    }

    fn beside_login(hub: f64, login: f64) -> Option<Severity> {
        let login = Witness { login: true, ..witness("idp.other.test", login, false) };
        let e = evidence(&[witness("hub.corp.test", hub, true), login]);
        let proof = hub_and_login_disagree(&e, &Case::default())?;
        Some(proof.severity.unwrap_or(Severity::Degrades))
    }

    #[test]
    fn hub_and_login_host_disagree_while_one_of_them_is_right() {
        assert_eq!(beside_login(0.5, 120.0), Some(Severity::Degrades));
        assert_eq!(beside_login(0.5, -400.0), Some(Severity::Blocks));
        assert_eq!(beside_login(400.0, 0.5), Some(Severity::Blocks));
        assert_eq!(beside_login(400.0, -400.0), None, "nobody is known to be right");
        assert_eq!(beside_login(0.5, 59.0), None);
        assert_eq!(beside_login(40.0, 61.0), None, "they are a few seconds apart");
    }

    #[tokio::test]
    async fn of_the_login_host_only_the_front_page_is_asked_for() {
        let host = "idp.other.test";
        let to = "198.51.100.80:443";
        let left = json!({
            "hops": [], "left_to": {
                "to": { "url": format!("https://{host}/saml?SAMLRequest=…"), "scheme": "https",
                        "host": host, "port": 443, "kind": "identity-provider" },
                "handshakes": [{
                    "connect": { "to": to, "took_ms": 1.0 }, "server_name": host, "sent": 1,
                    "received": 1, "certificates": 1, "took_ms": 2.0,
                }],
            },
        });
        let mut world = ScriptedWorld::at(at("2026-11-24T12:00:00Z"));
        let front = json!({
            "url": format!("https://{host}/"), "to": to, "ending": "complete", "status": 404,
            "date": "2026-11-24T12:10:00Z", "sent_at": "2026-11-24T12:00:00Z",
            "answered_at": "2026-11-24T12:00:00Z", "body_bytes": 0, "took_ms": 1.0,
        });
        let front = serde_json::from_value(front).expect("an exchange");
        world.exchanges.insert(format!("https://{host}/"), front);
        let world = Arc::new(world);
        let mut cx = context_for_tests(Arc::clone(&world), Facts::default(), Budget::default());
        let http = serde_json::from_value(left).expect("evidence");
        cx.case.put(Stored::new::<Http>(http));
        let seen = Clock::probe(&cx).await;
        assert_eq!(world.asked(), [format!("get https://{host}/")]);
        assert_eq!(seen.witnesses.len(), 1);
        assert!(seen.witnesses[0].login && !seen.witnesses[0].own);
        assert!(seen.witnesses[0].is_off() && seen.witnesses[0].offset_s > 599.0);
    }

    #[test]
    fn the_direction_is_said_in_words() {
        assert_eq!(direction(-7200.0), "2 hours behind");
        assert_eq!(direction(90.0), "90 seconds ahead of");
        assert_eq!(direction(63_072_000.0), "730 days ahead of");
    }

    #[test]
    fn whole_half_hours_speak_of_the_zone() {
        let zone = |offset| with_zone(Proof::default(), offset).lines.len();
        assert_eq!(zone(-7201.0), 1);
        assert_eq!(zone(5400.0), 1);
        assert_eq!(zone(1200.0), 0);
        assert_eq!(zone(63_072_000.0), 0);
    }

    #[test]
    fn the_authority_of_a_url_is_found() {
        assert_eq!(authority("https://hub:4244/x?y"), Some("hub:4244"));
        assert_eq!(host_of("[::1]:443"), "::1");
        assert_eq!(host_of("hub:443"), "hub");
    }
}
