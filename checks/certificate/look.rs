//! The other looks at the hub that a certificate in doubt calls for: its time, its other names.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hublink_probe::{Scheme, Timestamp, TrustStore};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::examine::{Examination, examine};
use super::facts::fingerprint;
use crate::dns::Dns;
use crate::frame::Context;

/// What the hub believes the time to be.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HubDate {
    /// The page that was asked for.
    pub url: String,
    /// The hub's own time.
    pub date: Timestamp,
    /// When it was asked, by this computer's clock.
    pub sent_at: Timestamp,
    /// When it answered, by this computer's clock.
    pub answered_at: Timestamp,
}

/// Another name of the certificate, tried because it may be the one the link should use.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct OtherName {
    /// The name.
    #[schemars(extend("x-identifies" = "host"))]
    pub name: String,
    /// It leads to the same address as the link's.
    pub same_address: bool,
    /// A handshake for it is completed there, and the certificate shown stands for it.
    pub completed: bool,
}

/// What another address of the hub's name shows.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct AtAddress {
    /// The address.
    pub address: IpAddr,
    /// SHA-256 of the certificate shown there, in hexadecimal; `None` if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "digits"))]
    pub fingerprint: Option<String>,
    /// What its chain is, if the certificate is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examined: Option<Box<Examination>>,
}

/// How long another address is waited for: a hub that is well must not be late because of it.
const OTHER_ADDRESS: Duration = Duration::from_secs(3);

/// Shakes hands at up to three other addresses of the name, side by side.
pub(super) async fn other_addresses(
    cx: &Context,
    to: SocketAddr,
    seen: &Examination,
) -> Vec<AtAddress> {
    let all = cx.of::<Dns>().map(|dns| dns.addresses.clone()).unwrap_or_default();
    let mut others = all.into_iter().filter(|&address| address != to.ip());
    let at = |address| at_address(cx, address, to.port(), seen);
    let (first, second, third) =
        tokio::join!(at(others.next()), at(others.next()), at(others.next()));
    [first, second, third].into_iter().flatten().collect()
}

async fn at_address(
    cx: &Context,
    address: Option<IpAddr>,
    port: u16,
    seen: &Examination,
) -> Option<AtAddress> {
    let address = address?;
    let mut hello = cx.hello(SocketAddr::new(address, port), &seen.host);
    hello.connect_limit = hello.connect_limit.min(OTHER_ADDRESS);
    hello.limit = hello.limit.min(OTHER_ADDRESS);
    let answer = cx.world.handshake(&hello).await;
    let fingerprint = answer.presented.first().map(|der| fingerprint(der));
    let own = seen.own().map(|own| &own.fingerprint);
    let differs = fingerprint.is_some() && fingerprint.as_ref() != own;
    let examined = differs.then(|| {
        Box::new(examine(&answer.presented, &seen.host, cx.world.now(), &cx.world.trust()))
    });
    Some(AtAddress { address, fingerprint, examined })
}

/// How long the hub's time is waited for: a proxy that was idle needs 15 s, and what failed must
/// be told well within half a minute.
const DATE_WAIT: Duration = Duration::from_secs(15);

/// Asks the hub for the time, encrypted and in the clear side by side.
///
/// Nothing secret is in such a request, so the certificate does not matter.
pub(super) async fn date(cx: &Context, to: SocketAddr) -> Option<HubDate> {
    let (encrypted, clear) = tokio::join!(
        date_by(cx, Scheme::Https, to),
        date_by(cx, Scheme::Http, SocketAddr::new(to.ip(), 80)),
    );
    encrypted.or(clear)
}

async fn date_by(cx: &Context, scheme: Scheme, to: SocketAddr) -> Option<HubDate> {
    let limit = cx.budget.later_answer.min(DATE_WAIT);
    let request = cx.request(scheme, cx.case.host(), to, "/", limit);
    let answer = cx.world.exchange(&request).await;
    if answer.header("age").is_some() {
        // A cache keeps the date of what it stored (RFC 9111 section 5.1).
        return None;
    }
    Some(HubDate {
        date: answer.date?,
        sent_at: answer.sent_at?,
        answered_at: answer.answered_at?,
        url: answer.url,
    })
}

/// Tries up to three other names of the certificate at the same address, side by side.
pub(super) async fn other_names(
    cx: &Context,
    to: SocketAddr,
    seen: &Examination,
) -> Vec<OtherName> {
    let mut names = candidates(seen).into_iter();
    let (first, second, third) = tokio::join!(
        try_name(cx, to, names.next()),
        try_name(cx, to, names.next()),
        try_name(cx, to, names.next()),
    );
    [first, second, third].into_iter().flatten().collect()
}

/// The names worth trying, those that begin like the link's host first.
fn candidates(seen: &Examination) -> Vec<String> {
    let label = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let own = label(&seen.host);
    let names = seen.own().map(|own| own.dns_names.as_slice()).unwrap_or_default();
    let mut names: Vec<String> = names
        .iter()
        .filter(|name| !name.contains('*') && !name.eq_ignore_ascii_case(&seen.host))
        .cloned()
        .collect();
    // Stable: among equals the certificate's own order stays.
    names.sort_by_key(|name| label(name) != own);
    names
}

async fn try_name(cx: &Context, to: SocketAddr, name: Option<String>) -> Option<OtherName> {
    let name = name?;
    let found = cx.world.lookup(&name, cx.budget.lookup).await;
    let same_address = found.addresses.contains(&to.ip());
    let completed = same_address && answers_for(cx, to, &name).await;
    Some(OtherName { name, same_address, completed })
}

async fn answers_for(cx: &Context, to: SocketAddr, name: &str) -> bool {
    let answer = cx.world.handshake(&cx.hello(to, name)).await;
    let own = &answer.presented[..answer.presented.len().min(1)];
    let seen = examine(own, name, cx.world.now(), &TrustStore::empty());
    answer.completed() && seen.name.accepted()
}
