//! Follows the redirects of one host, one request at a time.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hublink_probe::{Ending, Exchange, FailureKind, Request, Scheme, mask_one_time};
use url::Url;

use super::{
    DoorKind, Evidence, LoginDoor, Page, Stop, elsewhere, host_of, is_service_fault, is_whole,
    scheme_of,
};
use crate::frame::Context;

/// The normal way to a login takes three redirects; browsers give up after twenty.
const MOST_HOPS: usize = 10;

/// A wait beyond this is slow: a warm Qlik proxy answers within a second.
pub(super) const SLOW_MS: f64 = 5000.0;

/// A port of the hub's address, and how it is spoken to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) scheme: Scheme,
    pub(crate) to: SocketAddr,
}

/// One anonymous GET to the link's host.
pub(crate) async fn ask_same_host(
    cx: &Context,
    origin: Origin,
    path: &str,
    limit: Duration,
) -> Exchange {
    let request = cx.request(origin.scheme, cx.case.host(), origin.to, path, limit);
    cx.world.exchange(&request).await
}

/// Follows the redirects from `start` at one address of the link's host.
pub(super) async fn walk(cx: &Context, ip: IpAddr, start: Url) -> Evidence {
    let mut seen = Evidence::default();
    let mut visited = Vec::new();
    let mut url = start;
    loop {
        let Some(origin) = origin_of(&url, ip) else {
            return stopped(seen, Stop::BadLocation, &url);
        };
        visited.push(mask_one_time(without_fragment(&url)));
        let answer = ask_twice_if_needed(cx, origin, &url, &mut seen).await;
        let next = next(&answer, &url);
        seen.pages.push(Page::of(&answer, next.as_ref().ok()));
        seen.hops.push(answer);
        let to = match next {
            Ok(to) => to,
            Err(stop) => {
                seen.stop = stop;
                break;
            }
        };
        if let Some(door) = LoginDoor::behind(&to) {
            seen.login = Some(door);
        }
        if !cx.budget.thorough && is_own_door(&to, &url) {
            seen.stop = Stop::AtLogin;
            break;
        }
        if host_of(&to) != cx.case.host() {
            seen.stop = Stop::OtherHost;
            seen.left_to = Some(elsewhere::look(cx, &to).await);
            break;
        }
        if visited.contains(&mask_one_time(without_fragment(&to))) {
            seen = stopped(seen, Stop::Loop, &to);
            break;
        }
        if seen.hops.len() >= MOST_HOPS {
            seen = stopped(seen, Stop::TooMany, &to);
            break;
        }
        url = to;
    }
    if seen.login.is_none() {
        seen.login = seen.last().and_then(|(answer, page)| LoginDoor::here(&url, answer, page));
    }
    warmed(cx, ip, seen).await
}

/// Whether a server sends its visitors to a login that is its own, at the same port: who asked for a
/// go or no-go knows enough then.
fn is_own_door(to: &Url, asked: &Url) -> bool {
    let kind = LoginDoor::behind(to).map(|door| door.kind);
    to.origin() == asked.origin() && matches!(kind, Some(DoorKind::Windows | DoorKind::Forms))
}

fn stopped(seen: Evidence, stop: Stop, at: &Url) -> Evidence {
    let at = mask_one_time(without_fragment(at)).chars().take(512).collect();
    Evidence { stop, stopped_at: Some(at), ..seen }
}

fn origin_of(url: &Url, ip: IpAddr) -> Option<Origin> {
    let scheme = scheme_of(url)?;
    let port = url.port().unwrap_or(scheme.default_port());
    Some(Origin { scheme, to: (ip, port).into() })
}

fn without_fragment(url: &Url) -> &str {
    let text = url.as_str();
    text.split_once('#').map_or(text, |(address, _)| address)
}

pub(crate) fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Where an answer sends the visitor, or why the chain ends with it.
fn next(answer: &Exchange, asked: &Url) -> Result<Url, Stop> {
    let redirects = matches!(answer.status, Some(301 | 302 | 303 | 307 | 308));
    match &answer.next {
        Some(location) if redirects => {
            let to = asked.join(location).map_err(|_| Stop::BadLocation)?;
            let usable = scheme_of(&to).is_some() && to.has_host();
            if usable { Ok(to) } else { Err(Stop::BadLocation) }
        }
        _ if is_whole(answer) => Err(Stop::Answer),
        _ => Err(Stop::NoAnswer),
    }
}

/// Sends a request, and once more if the first try failed in a way that may pass. Of several
/// such requests in a chain the last one is kept.
///
/// The second try belongs to the look itself and not to the control pass: a single hiccup would
/// otherwise keep `hub` from being examined at all. Silence is not repeated: it has already used
/// up a minute.
async fn ask_twice_if_needed(
    cx: &Context,
    origin: Origin,
    url: &Url,
    seen: &mut Evidence,
) -> Exchange {
    let first_ever = seen.hops.is_empty();
    let limit = if first_ever { cx.budget.first_answer } else { cx.budget.later_answer };
    let first = ask_same_host(cx, origin, &path_of(url), limit).await;
    // A port that a redirect names was not tried before: one packet may have got lost.
    let unheard = !first_ever
        && first.ending == Ending::NoConnection
        && first.failure.is_some_and(|failure| failure.kind == FailureKind::NoAnswer);
    let may_pass = matches!(first.ending, Ending::EmptyReply | Ending::CutOff)
        || is_service_fault(&first)
        || unheard;
    if !may_pass {
        return first;
    }
    // On connections of their own: one that was open already leads to the same server behind a load
    // balancer.
    let path = path_of(url);
    let again = ask_afresh(cx, origin, &path);
    let second = if url.path() == "/" {
        seen.root = None;
        again.await
    } else {
        let (second, root) = tokio::join!(again, ask_afresh(cx, origin, "/"));
        seen.root = Some(root);
        second
    };
    seen.retried = Some(first);
    second
}

async fn ask_afresh(cx: &Context, origin: Origin, path: &str) -> Exchange {
    let limit = cx.budget.later_answer;
    let request = cx.request(origin.scheme, cx.case.host(), origin.to, path, limit);
    cx.world.exchange(&Request { hand_on: false, ..request }).await
}

/// Asks once more if the only answer came slowly: a cold proxy is slow once, a sick one always.
async fn warmed(cx: &Context, ip: IpAddr, mut seen: Evidence) -> Evidence {
    let [only] = &seen.hops[..] else { return seen };
    if only.waited_ms.is_none_or(|waited| waited <= SLOW_MS) || !is_whole(only) {
        return seen;
    }
    let url = Url::parse(&only.url).ok();
    if let Some((url, origin)) = url.and_then(|url| origin_of(&url, ip).map(|o| (url, o))) {
        let limit = cx.budget.later_answer;
        seen.warm = Some(ask_same_host(cx, origin, &path_of(&url), limit).await);
    }
    seen
}
