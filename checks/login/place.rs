//! Where something secret may go: the hub's own port, and places whose certificate was judged for
//! this purpose.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use hublink_probe::{Failure, Hello, Scheme, TrustedHost};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::NotBegun;
use crate::certificate::{Certificate, Examination, judge_handshake};
use crate::frame::{Check, Context, Diagnosis, Severity, judge};
use crate::http::{Http, Origin};

/// A host that the user lets the password go to, because its login page is there.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LoginHost {
    /// The name in lower case, or an address without brackets.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// The port.
    pub port: u16,
}

impl LoginHost {
    /// Reads `HOST`, `HOST:PORT`, `[v6]` or `[v6]:PORT`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = url::Url::parse(&format!("https://{text}/")).ok()?;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let bare = url.username().is_empty() && url.password().is_none() && !text.contains('/');
        let port = url.port_or_known_default().filter(|&port| port != 0)?;
        (plain && bare && !text.contains(['@', '\\']))
            .then(|| Self { host: crate::http::host_of(&url), port })
    }
}

/// A place that a login may lead to beside the hub's own port, and whether its certificate passed.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct LoginPlace {
    /// The host.
    #[schemars(extend("x-identifies" = "host"))]
    pub host: String,
    /// The port.
    pub port: u16,
    /// The address that was looked at; none behind a proxy or if there is no such name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The certificate passed with no cause that blocks or degrades.
    pub passed: bool,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub cause: Option<String>,
    /// Why there is no certificate to judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// The hub's own port. The `certificate` check has judged it; what it says is asked once more for
/// this purpose, in which nothing unexplained is let pass.
pub(super) fn own(cx: &Context, origin: Origin) -> Result<TrustedHost, NotBegun> {
    let host = cx.case.host();
    let refused =
        |cause| NotBegun::Certificate { host: host.to_owned(), port: origin.to.port(), cause };
    let Some(seen) = cx.of::<Certificate>() else { return Err(refused(None)) };
    let causes = judge(Certificate::CAUSES, seen, &cx.case);
    let leaf = leaf(&seen.examined).filter(|_| seen.admits_secrets(&causes) && is_clean(&causes));
    let Some(leaf_sha256) = leaf else {
        return Err(refused(causes.first().map(|cause| cause.id.clone())));
    };
    let port = origin.to.port();
    let via = cx.via(Scheme::Https, host, port);
    Ok(TrustedHost { host: host.to_owned(), to: origin.to, leaf_sha256, via })
}

/// The places beside it: the port of the hub's own login page, and the host that the user named.
pub(super) async fn others(cx: &Context, origin: Origin) -> (Vec<LoginPlace>, Vec<TrustedHost>) {
    let (mut places, mut trusted) = (Vec::new(), Vec::new());
    for place in wanted(cx, origin) {
        let (place, found) = judged(cx, place, origin).await;
        places.push(place);
        trusted.extend(found);
    }
    (places, trusted)
}

fn wanted(cx: &Context, origin: Origin) -> Vec<LoginHost> {
    let door = cx.of::<Http>().and_then(|http| http.login.as_ref());
    let own = door.filter(|door| door.host == cx.case.host() && door.port != origin.to.port());
    let own = own.map(|door| LoginHost { host: door.host.clone(), port: door.port });
    let named = cx
        .case
        .facts
        .login_host
        .clone()
        .filter(|named| named.host != cx.case.host() || named.port != origin.to.port());
    let mut places: Vec<LoginHost> = own.into_iter().chain(named).collect();
    places.dedup();
    places
}

async fn judged(
    cx: &Context,
    place: LoginHost,
    origin: Origin,
) -> (LoginPlace, Option<TrustedHost>) {
    let LoginHost { host, port } = place;
    cx.learn_way(Scheme::Https, &host, port).await;
    let via = cx.via(Scheme::Https, &host, port);
    let mut seen = LoginPlace {
        host: host.clone(),
        port,
        address: None,
        passed: false,
        cause: None,
        failure: None,
    };
    let ip = if via.is_some() {
        Ipv4Addr::UNSPECIFIED.into()
    } else if host == cx.case.host() {
        origin.to.ip()
    } else if let Ok(address) = host.parse() {
        address
    } else {
        let lookup = cx.world.lookup(&host, cx.budget.lookup).await;
        let Some(&address) = lookup.addresses.first() else {
            seen.failure = lookup.failure;
            return (seen, None);
        };
        address
    };
    let to = SocketAddr::new(ip, port);
    seen.address = via.is_none().then_some(ip);
    let hello = Hello { via: via.clone(), ..cx.hello(to, &host) };
    let handshake = cx.world.handshake(&hello).await;
    seen.failure = handshake.failure.or(handshake.connect.failure);
    let judgement = judge_handshake(&handshake, &host, cx.world.now(), &cx.world.trust());
    seen.cause = judgement.causes.first().map(|cause| cause.id.clone());
    seen.passed = judgement.passed && is_clean(&judgement.causes);
    let leaf = leaf(&judgement.evidence.examined).filter(|_| seen.passed);
    (seen, leaf.map(|leaf_sha256| TrustedHost { host, to, leaf_sha256, via }))
}

/// Nothing secret is built on what was warned of.
fn is_clean(causes: &[Diagnosis]) -> bool {
    causes.iter().all(|cause| cause.severity < Severity::Degrades)
}

/// SHA-256 of the first certificate, in the spelling of the probe.
fn leaf(examined: &Examination) -> Option<String> {
    let own = examined.own()?;
    let hex = own.fingerprint.chars().filter(char::is_ascii_hexdigit);
    Some(hex.map(|c| c.to_ascii_lowercase()).collect())
}

#[cfg(test)]
mod tests {
    use super::LoginHost;

    #[test]
    fn a_login_host_is_a_host_and_a_port_and_nothing_else() {
        let read = |text: &str| LoginHost::parse(text).map(|host| (host.host, host.port));
        assert_eq!(read("Login.Corp.Test"), Some(("login.corp.test".to_owned(), 443)));
        assert_eq!(read("login.corp.test:4244"), Some(("login.corp.test".to_owned(), 4244)));
        assert_eq!(read("[2001:db8::1]:4244"), Some(("2001:db8::1".to_owned(), 4244)));
        for bad in ["", "https://h", "h/x", "u:p@h", "h:0", "h:x", "h?x", "h\\x", "a b"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
