//! The login as Desktop's user would do it, and what can be asked in its session.

use std::net::SocketAddr;

use hublink_probe::{
    AccountKind, LoginAttempt, LoginOutcome, LoginPackage, LoginSeen, Request, Scheme, SessionId,
    SessionRequest, StepKind, SystemRefusal, TrustedHost,
};
use serde_json::Value;

use super::{Evidence, GivenLink, LoginPlace, NotBegun, SessionUser, place, text};
use crate::dns::Dns;
use crate::frame::Context;
use crate::http::{DoorKind, Http, Page};
use crate::hub::{self, object, prefix_path, text as text_of, without_text};
use crate::licence::{self, Licence};
use crate::tcp::Tcp;

pub(super) async fn log_in(cx: &Context) -> Evidence {
    let Some(account) = &cx.case.facts.account else { return Evidence::default() };
    if account.kind == AccountKind::ApiKey {
        return with_key(cx).await;
    }
    if let Some(why) = for_people(cx) {
        return Evidence { not_begun: Some(why), ..Evidence::default() };
    }
    with_account(cx, account.kind).await
}

/// A login that only people can do, as far as its address tells.
fn for_people(cx: &Context) -> Option<NotBegun> {
    let cloud = cx.case.facts.hub.as_ref().filter(|hub| hub.is_cloud());
    let door = cx.of::<Http>().and_then(|http| http.login.as_ref());
    let interactive = door.filter(|door| match door.kind {
        DoorKind::Saml | DoorKind::Oidc | DoorKind::Cas | DoorKind::Module | DoorKind::Cloud => {
            // A page that the user named may have a form that a program can read.
            cx.case.facts.login_host.as_ref().is_none_or(|named| named.host != door.host)
        }
        DoorKind::Windows | DoorKind::Forms | DoorKind::Anonymous | DoorKind::Challenge => false,
    });
    let (kind, host) = match (interactive, cloud) {
        (Some(door), None) => (door.kind, door.host.clone()),
        (door, Some(hub)) => (DoorKind::Cloud, door.map_or(&hub.host, |door| &door.host).clone()),
        (None, None) => return None,
    };
    Some(NotBegun::Interactive { kind, host })
}

async fn with_account(cx: &Context, with: AccountKind) -> Evidence {
    let (Some(entrance), Some(origin)) = (request(cx, "/hub/"), hub::origin(cx)) else {
        return over_http(cx);
    };
    let own = match place::own(cx, origin) {
        Ok(own) => own,
        Err(why) => return Evidence { not_begun: Some(why), ..Evidence::default() },
    };
    let (places, others) = place::others(cx, origin).await;
    let trusted: Vec<TrustedHost> = [own].into_iter().chain(others).collect();
    if let Some(why) = leads_elsewhere(cx, &places, &trusted) {
        return Evidence { not_begun: Some(why), places, ..Evidence::default() };
    }
    let attempt = LoginAttempt { trusted, ..attempt(cx, with, entrance) };
    let seen = cx.world.log_in(&attempt).await;
    let mut evidence = Evidence {
        places,
        texts: text::after_login(&seen),
        on_this_computer: is_this_computer(cx, origin.to.ip()),
        ..Evidence::default()
    };
    if let Some(session) = seen.session.filter(|_| seen.outcome == LoginOutcome::Accepted) {
        let (user, link) = tokio::join!(user(cx, session), link(cx, session));
        (evidence.user, evidence.link) = (user, link);
    }
    evidence.ticket_error = ticket_error(&seen);
    evidence.seen = Some(seen);
    evidence
}

/// Statuses of SSPI by which this computer has no part in a login: no such package, nothing to log
/// in with, not supported, an error within. They say nothing of the hub.
const ABOUT_THIS_COMPUTER: [u32; 5] =
    [0x8009_0301, 0x8009_0302, 0x8009_0304, 0x8009_0305, 0x8009_030e];

/// The status by which the system made no ticket, or did not like the hub's answer to one.
fn ticket_error(seen: &LoginSeen) -> Option<u32> {
    let refusals = seen.refusals.iter().rev().filter(|one| one.package != LoginPackage::Ntlm);
    // Of an answer of the hub this one is no word of a directory.
    let denied_by_hub = |one: &SystemRefusal| one.of_answer && one.status == Some(0x8009_030c);
    let mut statuses = refusals.filter(|one| !denied_by_hub(one)).filter_map(|one| one.status);
    statuses.find(|status| !ABOUT_THIS_COMPUTER.contains(status))
}

/// A hub that answers over http alone, where nothing secret goes.
fn over_http(cx: &Context) -> Evidence {
    let why = NotBegun::PlainHttp { host: cx.case.host().to_owned() };
    Evidence { not_begun: Some(why), ..Evidence::default() }
}

/// Whether the login page, as it was found without a login, is where nothing secret may go.
fn leads_elsewhere(
    cx: &Context,
    places: &[LoginPlace],
    trusted: &[TrustedHost],
) -> Option<NotBegun> {
    let door = cx.of::<Http>()?.login.as_ref()?;
    if door.url.starts_with("http://") {
        return Some(NotBegun::PlainHttp { host: door.host.clone() });
    }
    if trusted.iter().any(|one| one.host == door.host && one.to.port() == door.port) {
        return None;
    }
    let (host, port) = (door.host.clone(), door.port);
    let looked_at = places.iter().find(|place| place.host == host && place.port == port);
    Some(match looked_at {
        Some(place) => NotBegun::Certificate { host, port, cause: place.cause.clone() },
        None => NotBegun::OtherHost { host, port },
    })
}

/// At Qlik Cloud a key stands for its owner.
async fn with_key(cx: &Context) -> Evidence {
    let (Some(entrance), Some(origin)) = (request(cx, "/api/v1/users/me"), hub::origin(cx)) else {
        return over_http(cx);
    };
    let own = match place::own(cx, origin) {
        Ok(own) => own,
        Err(why) => return Evidence { not_begun: Some(why), ..Evidence::default() },
    };
    let attempt = LoginAttempt { trusted: vec![own], ..attempt(cx, AccountKind::ApiKey, entrance) };
    let seen = cx.world.log_in(&attempt).await;
    let answer = seen.step(StepKind::User);
    let page = answer.map(|answer| Page::of(answer, None)).unwrap_or_default();
    let status = answer.and_then(|answer| text_of(&object(answer), "status"));
    Evidence {
        errors: page.errors,
        trace_id: page.trace_id,
        status,
        seen: Some(seen),
        ..Evidence::default()
    }
}

fn attempt(cx: &Context, with: AccountKind, entrance: Request) -> LoginAttempt {
    let prefix = cx.case.facts.hub.as_ref().and_then(|hub| hub.prefix.clone());
    LoginAttempt { with, entrance, prefix, trusted: Vec::new(), challenge_only: false }
}

/// A request at the place where the hub itself answered, behind its prefix.
pub(crate) fn request(cx: &Context, path: &str) -> Option<Request> {
    let hub = cx.case.facts.hub.as_ref()?;
    let origin = hub::origin(cx).filter(|origin| origin.scheme == Scheme::Https)?;
    let path = format!("{}{path}", prefix_path(hub));
    Some(cx.request(origin.scheme, &hub.host, origin.to, &path, cx.budget.later_answer))
}

/// Whether the hub runs here: Windows then refuses logins in another name than its own.
fn is_this_computer(cx: &Context, address: std::net::IpAddr) -> bool {
    let adapters = cx.case.facts.interfaces.iter().flat_map(|adapter| &adapter.addresses);
    let own = adapters.map(|subnet| subnet.address).any(|own| own == address);
    !cx.case.goes_through_proxy() && (own || address.is_loopback())
}

async fn user(cx: &Context, session: SessionId) -> Option<SessionUser> {
    let request = request(cx, "/qps/user")?;
    let answer = cx.world.ask_in_session(&SessionRequest { session, request, xrf: false }).await;
    let object = object(&answer);
    Some(SessionUser {
        directory: text_of(&object, "userDirectory"),
        user: text_of(&object, "userId"),
        answer: without_text(answer),
    })
}

async fn link(cx: &Context, session: SessionId) -> Option<GivenLink> {
    let request = request(cx, "/api/hub/v1/desktoplink")?;
    let answer = cx.world.ask_in_session(&SessionRequest { session, request, xrf: true }).await;
    let page = String::from_utf8_lossy(&answer.body).to_lowercase();
    let key_missed = matches!(answer.status, Some(400 | 403)) && page.contains("xsrf");
    let object = object(&answer);
    let attributes = object.get("data").and_then(|data| data.pointer("/0/attributes"));
    let attributes = attributes.and_then(Value::as_object).cloned().unwrap_or_default();
    let refused = answer.status.is_some_and(|status| status >= 400);
    Some(GivenLink {
        told: attributes.contains_key("magicLinkHostUri"),
        // An address of the management console may have 1024 characters.
        uri: attributes.get("magicLinkHostUri").and_then(Value::as_str).map(link_shown),
        name: attributes.get("magicLinkFriendlyName").and_then(Value::as_str).map(link_shown),
        key_missed,
        answer: if refused { answer } else { without_text(answer) },
    })
}

fn link_shown(text: &str) -> String {
    crate::link::shown_line(text).chars().take(1024).collect()
}

/// What the check of the licence heard of the session; and, if the Windows login broke, whether
/// another way gives a challenge.
pub(super) async fn closer(cx: &Context, seen: &Evidence) -> Option<Evidence> {
    let session_ended_by = cx.of::<Licence>().and_then(licence::session_ended);
    let broken = seen.seen.as_ref().filter(|login| login.outcome == LoginOutcome::Broken);
    let challenged_at = match broken {
        Some(_) => challenged_elsewhere(cx).await,
        None => None,
    };
    let closer = Evidence { session_ended_by, challenged_at, ..seen.clone() };
    (closer != *seen).then_some(closer)
}

/// Asks for a challenge past the proxy, or at another address of the name. Nothing secret is sent:
/// the first message of NTLM holds nothing, and the attempt ends before the third.
async fn challenged_elsewhere(cx: &Context) -> Option<String> {
    let account = cx.case.facts.account.as_ref()?;
    let origin = hub::origin(cx)?;
    let own = place::own(cx, origin).ok()?;
    let entrance = request(cx, "/hub/")?;
    let other = if entrance.via.is_some() {
        cx.of::<Tcp>()?.chosen?
    } else {
        let mut others = cx.of::<Dns>()?.addresses.iter();
        let ip = others.find(|ip| **ip != origin.to.ip())?;
        SocketAddr::new(*ip, origin.to.port())
    };
    let trusted = vec![TrustedHost { to: other, via: None, ..own }];
    let entrance = Request { to: other, via: None, ..entrance };
    let asked =
        LoginAttempt { trusted, challenge_only: true, ..attempt(cx, account.kind, entrance) };
    let seen = cx.in_time(cx.world.log_in(&asked)).await?;
    seen.challenge.is_some().then(|| other.to_string())
}
