//! Control probes of a hub that failed: a TLS hello, port 80, the names of a foreign certificate.

use std::net::IpAddr;

use hublink_probe::{Ending, Hello, Scheme, SystemLookup};
use url::Url;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::chain::{Origin, ask_same_host};
use super::{
    Destination, DestinationKind, Evidence, KnownText, PortEighty, host_of, is_whole, scheme_of,
};
use crate::frame::Context;

/// A certificate may hold thousands of names; a portal's has a few.
const NAMES_KEPT: usize = 20;

pub(super) async fn look_closer(cx: &Context, seen: &Evidence) -> Option<Evidence> {
    let first = seen.hops.first()?;
    let ip = first.to.ip();
    let mut seen = seen.clone();
    if wants_https(&seen) {
        let to = seen.hops.last()?.to;
        seen.hello = Some(cx.world.handshake(&hello(cx, to.ip(), to.port())).await);
    }
    seen.port_80 = port_80(cx, &seen, ip).await;
    if portal_host(&seen).is_some() {
        let handshake = cx.world.handshake(&hello(cx, ip, https_port(cx))).await;
        seen.https_names = handshake.presented.first().map(|der| names(der)).unwrap_or_default();
    }
    Some(seen)
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

async fn port_80(cx: &Context, seen: &Evidence, ip: IpAddr) -> Option<PortEighty> {
    let port = Scheme::Http.default_port();
    if seen.hops.iter().any(|hop| hop.to.port() == port) {
        return None;
    }
    let origin = Origin { scheme: Scheme::Http, to: (ip, port).into() };
    let answer = ask_same_host(cx, origin, "/", cx.budget.later_answer).await;
    let leads_to = answer.next.as_ref().filter(|_| is_whole(&answer)).and_then(|location| {
        let url = Url::parse(&answer.url).ok()?.join(location).ok()?;
        (host_of(&url) != cx.case.host()).then(|| Destination::of(&url, cx.case.host()))?
    });
    let stranger = leads_to.as_ref().filter(|to| to.kind == DestinationKind::Other);
    let lookup = match stranger {
        Some(to) if to.host.parse::<IpAddr>().is_err() => {
            Some(cx.world.lookup(&to.host, cx.budget.lookup).await)
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
