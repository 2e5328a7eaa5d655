//! Control probes of a hub that failed: a TLS hello, port 80, the names of a foreign certificate.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::future::{join, join3};
use hublink_probe::{Ending, Exchange, Handshake, Hello, Request, Scheme, SystemLookup};
use url::Url;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::causes::covers;
use super::chain::{Origin, ask_same_host, path_of};
use super::elsewhere::same_site;
use super::{
    Destination, DestinationKind, Evidence, KnownText, PortEighty, SameStranger, Stop, host_of,
    is_whole, scheme_of,
};
use crate::frame::{Context, SMALL_SEGMENT, may_share_owner};
use crate::tcp::Tcp;

/// A certificate may hold thousands of names; a portal's has a few.
const NAMES_KEPT: usize = 20;

/// What does not answer within this, after it was silent for a minute, stays silent. The control
/// pass as a whole has twelve seconds.
const CONTROL_WAIT: Duration = Duration::from_secs(8);

pub(super) async fn look_closer(cx: &Context, seen: &Evidence) -> Option<Evidence> {
    let ip = seen.hops.first()?.to.ip();
    let mut seen = seen.clone();
    let ((again, small), greeted, port_80) =
        join3(by_size(cx, &seen), wanted_hello(cx, &seen), port_80(cx, &seen, ip)).await;
    (seen.again, seen.small, seen.hello, seen.port_80) = (again, small, greeted, port_80);
    if portal_host(&seen).is_some() {
        let hello = hello(cx, ip, https_port(cx));
        let handshake = cx.in_time(cx.world.handshake(&hello)).await;
        let presented = handshake.iter().find_map(|handshake| handshake.presented.first());
        seen.https_names = presented.map(|der| names(der)).unwrap_or_default();
    }
    Some(seen)
}

/// An answer that did not come, or stopped in the middle, once more as it was and once more with
/// small segments, side by side.
async fn by_size(cx: &Context, seen: &Evidence) -> (Option<Exchange>, Option<Exchange>) {
    let hanging = |hop: &&Exchange| matches!(hop.ending, Ending::Silence | Ending::Stalled);
    let Some(last) = seen.hops.last().filter(hanging) else { return (None, None) };
    let Some((url, scheme)) = last_url(seen).and_then(|url| Some((url.clone(), scheme_of(&url)?)))
    else {
        return (None, None);
    };
    let limit = cx.budget.later_answer.min(CONTROL_WAIT);
    let request = cx.request(scheme, cx.case.host(), last.to, &path_of(&url), limit);
    let request = Request { hand_on: false, ..request };
    let small = Request { segment: Some(SMALL_SEGMENT), ..request.clone() };
    let in_small_segments = async {
        if !cx.can_make_segments_small() {
            return None;
        }
        cx.in_time(cx.world.exchange(&small)).await
    };
    join(cx.in_time(cx.world.exchange(&request)), in_small_segments).await
}

/// The address of the last request as it was asked for: in the evidence its one-time values are
/// left out.
pub(super) fn last_url(seen: &Evidence) -> Option<Url> {
    match &seen.hops[..] {
        [] => None,
        [only] => Url::parse(&only.url).ok(),
        [.., before, _] => Url::parse(&before.url).ok()?.join(before.next.as_ref()?).ok(),
    }
}

async fn wanted_hello(cx: &Context, seen: &Evidence) -> Option<Handshake> {
    let last = seen.hops.last().filter(|_| wants_https(seen))?;
    cx.in_time(cx.world.handshake(&hello(cx, last.to.ip(), last.to.port()))).await
}

fn hello(cx: &Context, ip: IpAddr, port: u16) -> Hello {
    cx.hello((ip, port).into(), cx.case.host())
}

fn https_port(cx: &Context) -> u16 {
    let hub = cx.case.facts.hub.as_ref().filter(|hub| hub.scheme == Scheme::Https);
    hub.map_or(Scheme::Https.default_port(), |hub| hub.port)
}

/// Whether an http port behaved as if it wanted to be spoken to in TLS.
pub(super) fn wants_https(seen: &Evidence) -> bool {
    let Some((last, page)) = seen.last() else { return false };
    let plain = Url::parse(&last.url).ok().and_then(|url| scheme_of(&url)) == Some(Scheme::Http);
    plain
        && (page.says(KnownText::PlainHttpToHttpsPort)
            || last.status == Some(400)
            || matches!(last.ending, Ending::NotHttp | Ending::EmptyReply | Ending::CutOff))
}

/// A network that wants a login on its start page often refuses everything but port 80.
pub(super) async fn portal_behind_a_closed_door(cx: &Context) -> Option<Evidence> {
    let tcp = cx.of::<Tcp>()?;
    let ports = tcp.control.iter().flat_map(|control| &control.ports);
    let open = ports.filter(|port| port.succeeded() && port.to.port() == 80);
    let ip = tcp.chosen.or_else(|| open.map(|port| port.to).next())?.ip();
    let port_80 = port_80(cx, &Evidence::default(), ip).await;
    let seen = Evidence { port_80, stop: Stop::NoAnswer, ..Evidence::default() };
    portal_host(&seen).is_some().then_some(seen)
}

async fn port_80(cx: &Context, seen: &Evidence, ip: IpAddr) -> Option<PortEighty> {
    let port = Scheme::Http.default_port();
    if seen.hops.iter().any(|hop| hop.to.port() == port) {
        return None;
    }
    let origin = Origin { scheme: Scheme::Http, to: (ip, port).into() };
    let limit = cx.budget.later_answer.min(CONTROL_WAIT);
    let answer = ask_same_host(cx, origin, "/", limit).await;
    let leads_to = answer.next.as_ref().filter(|_| is_whole(&answer)).and_then(|location| {
        let url = Url::parse(&answer.url).ok()?.join(location).ok()?;
        (host_of(&url) != cx.case.host()).then(|| Destination::of(&url, cx.case.host()))?
    });
    let stranger = leads_to.as_ref().filter(|to| to.kind == DestinationKind::Other);
    let lookup = match stranger {
        Some(to) if to.host.parse::<IpAddr>().is_err() => {
            cx.in_time(cx.world.lookup(&to.host, cx.budget.lookup)).await
        }
        _ => None,
    };
    Some(PortEighty { answer, leads_to, lookup })
}

/// The host that port 80 sends visitors to, if it is a stranger to the hub, and its look-up.
pub(super) fn portal_host(seen: &Evidence) -> Option<(&Destination, Option<&SystemLookup>)> {
    let by_control = seen
        .port_80
        .as_ref()
        .and_then(|port| Some((port.leads_to.as_ref()?, port.lookup.as_ref())));
    let by_link = seen.left_to.as_ref().map(|left| (&left.to, left.lookup.as_ref())).filter(|_| {
        seen.hops.last().is_some_and(|hop| hop.to.port() == Scheme::Http.default_port())
    });
    by_control.or(by_link).filter(|(to, _)| to.kind == DestinationKind::Other)
}

/// What another hub has in common with this one, if both are sent to a stranger. Hubs of one
/// owner, or in one network, may rightly lead to the same place.
pub(super) fn same_stranger(own: &Evidence, other: &Evidence) -> Option<SameStranger> {
    let (stranger, _) = portal_host(own)?;
    let asked = |seen: &Evidence| {
        let port_80 = seen.port_80.as_ref().map(|port| &port.answer);
        seen.hops.first().or(port_80).cloned()
    };
    let (mine, theirs) = (asked(own)?, asked(other)?);
    let hosts = (host_of(&Url::parse(&mine.url).ok()?), host_of(&Url::parse(&theirs.url).ok()?));
    if same_site(&hosts.0, &hosts.1) || may_share_owner(mine.to.ip(), theirs.to.ip()) {
        return None;
    }
    let leads_there = portal_host(other).is_some_and(|(to, _)| to.host == stranger.host);
    let strange = |name: &String| !covers(name, &hosts.0) && !covers(name, &hosts.1);
    let same_names = !own.https_names.is_empty()
        && own.https_names == other.https_names
        && own.https_names.iter().all(strange);
    (leads_there || same_names).then_some(SameStranger { host: hosts.1, leads_there, same_names })
}

/// The names a certificate is for.
fn names(der: &[u8]) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return Vec::new() };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.chars().take(253).collect()),
        _ => None,
    });
    names.take(NAMES_KEPT).collect()
}
