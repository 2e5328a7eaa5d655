//! One look at another host that a redirect names: does it answer at all?

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use hublink_probe::{
    Connect, Exchange, Failure, FailureKind, Handshake, Hello, Scheme, SystemLookup, mask_one_time,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::chain::Origin;
use super::{LoginDoor, Page, host_of, scheme_of};
use crate::frame::{Confidence, Context, leads_nowhere};

/// Three addresses are enough to tell a dead host from a dead address.
const ADDRESSES_TRIED: usize = 3;

/// Where a redirect leads.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Destination {
    /// The address, without one-time values.
    pub url: String,
    /// Its scheme.
    pub scheme: Scheme,
    /// Its host.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What it is to the link's host.
    pub kind: DestinationKind,
}

/// What the host of a redirect is to the link's host.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DestinationKind {
    /// A login lives there.
    IdentityProvider,
    /// A neighbour under the same domain.
    SameSite,
    /// Neither.
    Other,
}

/// Another host, and what one look at it showed.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Elsewhere {
    /// Where the redirect leads.
    pub to: Destination,
    /// The look-up of its name; none if it is an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<SystemLookup>,
    /// It lies on this computer or on its own link, so it was not knocked at.
    #[serde(default)]
    pub not_tried: bool,
    /// The attempts to connect, for http.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connects: Vec<Connect>,
    /// The attempts to shake hands, for https.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handshakes: Vec<Handshake>,
    /// What it answered. An identity provider is not asked: a request would begin a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Exchange>,
    /// What that answer says about who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

/// Why another host cannot be used, in words, and how sure that is.
pub(crate) struct Unreached {
    pub(crate) why: String,
    pub(crate) confidence: Confidence,
    /// Only the certificate stands in the way.
    pub(crate) by_certificate: bool,
    /// Nobody answered: as sure as it is that no packet got lost.
    pub(crate) by_silence: bool,
}

impl Destination {
    pub(super) fn of(url: &Url, own_host: &str) -> Option<Self> {
        let scheme = scheme_of(url)?;
        let host = host_of(url);
        let kind = if LoginDoor::behind(url).is_some() || is_known_provider(&host) {
            DestinationKind::IdentityProvider
        } else if same_site(own_host, &host) {
            DestinationKind::SameSite
        } else {
            DestinationKind::Other
        };
        let port = url.port().unwrap_or(scheme.default_port());
        let masked = mask_one_time(url.as_str()).chars().take(512).collect();
        Some(Self { url: masked, scheme, host, port, kind })
    }
}

impl Elsewhere {
    fn bogus(&self) -> String {
        let found = self.lookup.iter().flat_map(|lookup| &lookup.addresses);
        let found: Vec<String> = found.filter(|ip| is_own(ip)).map(IpAddr::to_string).collect();
        match &found[..] {
            [] => "it is an address that cannot be right".to_owned(),
            _ => format!("its name leads to an address that cannot be right: {}", found.join(", ")),
        }
    }

    /// Why the host cannot be used; `None` if it answers, or if it was not tried and is no login.
    pub(crate) fn unreached(&self) -> Option<Unreached> {
        let because = |why, confidence| {
            Some(Unreached { why, confidence, by_certificate: false, by_silence: false })
        };
        if self.not_tried {
            // A login that lies on this computer is none that a hub sends its visitors to.
            let provider = self.to.kind == DestinationKind::IdentityProvider;
            return provider.then(|| because(self.bogus(), Confidence::Likely)).flatten();
        }
        if let Some(failure) = self.lookup.as_ref().and_then(|lookup| lookup.failure) {
            // A temporary failure may be ours: it is not proof that the name does not exist.
            let known = matches!(failure.kind, FailureKind::NameNotFound | FailureKind::NoData);
            let confidence = if known { Confidence::Certain } else { Confidence::Likely };
            return because(failure.to_string(), confidence);
        }
        let connects: Vec<&Connect> = match self.to.scheme {
            Scheme::Http => self.connects.iter().collect(),
            Scheme::Https => self.handshakes.iter().map(|handshake| &handshake.connect).collect(),
        };
        if !connects.iter().any(|connect| connect.succeeded()) {
            let (failure, confidence) = unconnected(&connects)?;
            let by_silence = failure.kind == FailureKind::NoAnswer;
            let found = because(failure.to_string(), confidence)?;
            return Some(Unreached { by_silence, ..found });
        }
        let handshake = self.handshakes.iter().rfind(|one| one.connect.succeeded())?;
        if let Some(failure) = handshake.failure {
            // One attempt, and programs with other encryption may succeed.
            return because(failure.to_string(), Confidence::Likely);
        }
        let verdict = handshake.rustls.as_ref().filter(|verdict| !verdict.accepted)?;
        let why = format!("certificate not accepted ({})", verdict.error);
        let found = because(why, Confidence::Likely)?;
        Some(Unreached { by_certificate: true, ..found })
    }
}

/// Why no attempt to connect succeeded, and how sure it is that none can.
fn unconnected(connects: &[&Connect]) -> Option<(Failure, Confidence)> {
    let theirs: Vec<&&Connect> = connects.iter().filter(|one| !failed_here(one)).collect();
    let last = theirs.last()?;
    let silent = |one: &&&Connect| one.kind() == Some(FailureKind::NoAnswer);
    // One packet that got lost is no proof.
    let repeated = theirs.iter().filter(|one| one.to == last.to && silent(one)).count() > 1;
    let sure = !silent(last) || repeated;
    let confidence = if sure { Confidence::Certain } else { Confidence::Likely };
    Some((last.failure?, confidence))
}

/// A failure that says nothing of the far end: a limit or a rule of this computer, or a kind of
/// address that it has no way for.
fn failed_here(connect: &Connect) -> bool {
    let own = connect.kind().is_some_and(is_own_failure);
    let no_way = connect.kind() == Some(FailureKind::NetworkUnreachable) && connect.to.is_ipv6();
    (own || no_way) && connect.icmp.is_none()
}

/// The kinds of failure that come about on this computer.
pub(super) fn is_own_failure(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Invalid
            | FailureKind::NotPermitted
            | FailureKind::PortsExhausted
            | FailureKind::TooManyOpen
    )
}

/// Takes one look at the host that a redirect names. Nothing of the redirect's query is sent.
pub(crate) async fn look(cx: &Context, url: &Url) -> Elsewhere {
    let to = destination(cx, url);
    look_there(cx, url, to).await
}

/// The same at a host that is known to be part of a login: it is knocked at and not asked.
pub(crate) async fn look_at_provider(cx: &Context, url: &Url) -> Elsewhere {
    let to = Destination { kind: DestinationKind::IdentityProvider, ..destination(cx, url) };
    look_there(cx, url, to).await
}

fn destination(cx: &Context, url: &Url) -> Destination {
    Destination::of(url, cx.case.host()).unwrap_or_else(|| Destination {
        url: String::new(),
        scheme: Scheme::Https,
        host: host_of(url),
        port: Scheme::Https.default_port(),
        kind: DestinationKind::Other,
    })
}

async fn look_there(cx: &Context, url: &Url, to: Destination) -> Elsewhere {
    let host = host_of(url);
    let mut seen = Elsewhere {
        to,
        lookup: None,
        not_tried: false,
        connects: Vec::new(),
        handshakes: Vec::new(),
        answer: None,
        page: None,
    };
    cx.learn_way(seen.to.scheme, &host, seen.to.port).await;
    let through_proxy = cx.via(seen.to.scheme, &host, seen.to.port).is_some();
    let mut addresses = if through_proxy {
        // The proxy looks the name up.
        vec![Ipv4Addr::UNSPECIFIED.into()]
    } else if let Ok(address) = host.parse::<IpAddr>() {
        vec![address]
    } else {
        let lookup = cx.world.lookup(&host, cx.budget.lookup).await;
        let found = lookup.addresses.clone();
        seen.lookup = Some(lookup);
        found
    };
    if !through_proxy && !cx.world.policy().loopback_allowed && addresses.iter().any(is_own) {
        seen.not_tried = true;
        return seen;
    }
    addresses.truncate(ADDRESSES_TRIED);
    let Some(reached) = knock(cx, &addresses, &mut seen).await else { return seen };
    if seen.to.kind != DestinationKind::IdentityProvider {
        let origin = Origin { scheme: seen.to.scheme, to: reached };
        let limit = cx.budget.later_answer;
        let answer = cx
            .world
            .exchange(&cx.request(origin.scheme, &host, origin.to, url.path(), limit))
            .await;
        let next = answer.next.as_ref().and_then(|location| url.join(location).ok());
        seen.page = Some(Page::of(&answer, next.as_ref()));
        seen.answer = Some(answer);
    }
    seen
}

/// The first address that can be spoken to. What stayed silent at the end is tried once more.
async fn knock(cx: &Context, addresses: &[IpAddr], seen: &mut Elsewhere) -> Option<SocketAddr> {
    let mut last = None;
    for &ip in addresses {
        let to = SocketAddr::new(ip, seen.to.port);
        match knock_once(cx, to, seen).await {
            None => return Some(to),
            Some(kind) => last = Some((to, kind)),
        }
    }
    // The check of the hub looks at a silent identity provider once more.
    let repeats = seen.to.kind != DestinationKind::IdentityProvider;
    let silent = last.filter(|(_, kind)| repeats && *kind == Some(FailureKind::NoAnswer));
    let (to, _) = silent?;
    knock_once(cx, to, seen).await.is_none().then_some(to)
}

/// One attempt; returns how the connection failed, if it cannot be spoken over.
async fn knock_once(
    cx: &Context,
    to: SocketAddr,
    seen: &mut Elsewhere,
) -> Option<Option<FailureKind>> {
    let via = cx.via(seen.to.scheme, &seen.to.host, seen.to.port);
    if seen.to.scheme == Scheme::Http {
        if via.is_some() {
            return None;
        }
        let connect = cx.world.connect(to, cx.budget.connect).await;
        let failed = (!connect.succeeded()).then(|| connect.kind());
        seen.connects.push(connect);
        return failed;
    }
    let hello = Hello { via, hand_on: true, ..cx.hello(to, &seen.to.host) };
    let handshake = cx.world.handshake(&hello).await;
    let failed = (!handshake.completed()).then(|| handshake.connect.kind());
    seen.handshakes.push(handshake);
    failed
}

/// A server may send visitors anywhere; it must not make this tool knock on the user's own
/// computer or on link-local services.
fn is_own(address: &IpAddr) -> bool {
    leads_nowhere(*address)
}

/// Hosts that only ever are login pages. A redirect there is no portal, whatever its parameters.
const PROVIDERS: &[&str] = &[
    "accounts.google.com",
    "auth0.com",
    "duosecurity.com",
    "login.microsoftonline.com",
    "login.qlik.com",
    "okta.com",
    "onelogin.com",
    "pingone.com",
];

fn is_known_provider(host: &str) -> bool {
    PROVIDERS.iter().any(|provider| is_under(host, provider))
}

fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether two names belong to one owner, as far as names alone can tell.
pub(crate) fn same_site(own: &str, other: &str) -> bool {
    if own.parse::<IpAddr>().is_ok() || other.parse::<IpAddr>().is_ok() {
        return own == other;
    }
    // A short name and the same name with the company's domain.
    if !own.contains('.') && other.split_once('.').is_some_and(|(label, _)| label == own) {
        return true;
    }
    if is_under(other, own) || is_under(own, other) && other.contains('.') {
        return true;
    }
    own.split_once('.').is_some_and(|(_, domain)| has_owner(domain) && is_under(other, domain))
}

/// Whether a domain belongs to somebody: `corp.test` does, `test` and `co.uk` do not.
fn has_owner(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    match labels[..] {
        [] | [_] => false,
        [second, top] => {
            let registry = ["ac", "co", "com", "edu", "gov", "net", "org"].contains(&second);
            !(registry && top.len() == 2)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::same_site;

    #[test]
    fn neighbours_share_a_domain_that_belongs_to_somebody() {
        assert!(same_site("hub.corp.test", "login.corp.test"));
        assert!(same_site("corp.test", "www.corp.test"));
        assert!(same_site("hub.corp.test", "corp.test"));
        assert!(!same_site("hub.co.uk", "portal.co.uk"));
        assert!(!same_site("hub.corp.test", "portal.hotel.test"));
        assert!(!same_site("hub", "portal"));
        assert!(same_site("qlik1", "qlik1.corp.test"));
        assert!(!same_site("qlik1", "qlik10.corp.test"));
        assert!(!same_site("qlik1.corp.test", "qlik1.other.test"));
        assert!(!same_site("10.0.0.1", "10.0.0.2"));
        assert!(!same_site("hub.corp.test", "evilcorp.test"));
    }
}
