//! The way through a proxy: its name, its port, its TLS, and what it says to a request.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant as Deadline, timeout_at};

use crate::http::{http_date, mask_one_time};
use crate::tap::{Tap, Under, Watch};
use crate::tls::printable;
use crate::{
    Connect, Failure, FailureKind, Handshake, Header, Operation, ProxyAddress, ProxyScheme, Scheme,
    SystemLookup, Timestamp, World, millis, proxy, tcp, tls,
};

/// The most of an answer's head that is read; real ones have a few hundred bytes.
const HEAD_LIMIT: usize = 16 * 1024;

/// How much of an answer's body is kept for people.
const BODY_KEPT: usize = 120;

/// Addresses of a proxy's name that are tried, one after the other.
const ADDRESSES_TRIED: usize = 3;

/// The headers of a proxy's answer that a diagnosis may rest on.
const KEPT: [&str; 9] = [
    "via",
    "server",
    "proxy-agent",
    "proxy-status",
    "retry-after",
    "x-squid-error",
    "x-cache",
    "x-iinfo",
    "content-type",
];

/// A proxy on the way to a host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Via {
    /// The proxy.
    pub proxy: ProxyAddress,
    /// The host that the proxy is asked for; the proxy looks it up.
    pub host: String,
    /// The User-Agent that the proxy is told.
    pub user_agent: String,
}

/// A request to a proxy.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The proxy, and the host it is asked for.
    pub via: Via,
    /// The port it is asked for.
    pub port: u16,
    /// What it is asked to do.
    pub kind: AskKind,
    /// The time allowed for each attempt to connect to the proxy.
    pub connect_limit: Duration,
    /// The time allowed for everything after that.
    pub limit: Duration,
}

/// What a proxy is asked to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AskKind {
    /// To open a tunnel (CONNECT), as for every https address.
    Tunnel,
    /// To fetch the host's front page in the clear, as for every http address.
    Forward,
}

impl Ask {
    /// Host and port as they stand in the request.
    #[must_use]
    pub fn target(&self) -> String {
        let (host, port) = (&self.via.host, self.port);
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// What came of a request to a proxy. No password is in it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Tunnel {
    /// The proxy.
    pub proxy: ProxyAddress,
    /// The host and port it was asked for.
    pub target: String,
    /// The look-up of the proxy's name; none if it is an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<SystemLookup>,
    /// The attempts to connect to the proxy; the last is the one that was used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connects: Vec<Connect>,
    /// The handshake with the proxy itself, if it is spoken to in TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake: Option<Box<Handshake>>,
    /// What became of the name and password that the setting holds.
    #[serde(default)]
    pub login: ProxyLogin,
    /// The status it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The words beside the status.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// The schemes of login it offers (`Proxy-Authenticate`), without their parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<String>,
    /// The headers that matter to a diagnosis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// The beginning of its page, or of whatever came instead of HTTP.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub head: String,
    /// The proxy's own clock, from `Date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
    /// When it was asked, by this computer's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// When it had answered, by this computer's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// Why the request came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// From the look-up to the answer, in milliseconds.
    pub took_ms: f64,
}

/// What became of a name and password for a proxy.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyLogin {
    /// The proxy asked for none.
    #[default]
    NotAsked,
    /// The setting holds none.
    NoneKnown,
    /// The proxy offers no scheme that this crate speaks (Basic).
    NotSpoken,
    /// Not sent: the certificate of the proxy was not accepted.
    NotSafe,
    /// Not sent: the proxy refused it before, and it is not repeated.
    HeldBack,
    /// Sent and refused.
    Refused,
    /// Sent and accepted.
    Accepted,
}

impl Tunnel {
    /// A request of which nothing is known yet.
    #[must_use]
    pub fn of(ask: &Ask) -> Self {
        Self {
            proxy: ask.via.proxy.clone(),
            target: ask.target(),
            lookup: None,
            connects: Vec::new(),
            handshake: None,
            login: ProxyLogin::NotAsked,
            status: None,
            words: String::new(),
            schemes: Vec::new(),
            headers: Vec::new(),
            head: String::new(),
            date: None,
            sent_at: None,
            answered_at: None,
            failure: None,
            took_ms: 0.0,
        }
    }

    /// Whether the proxy did what it was asked for.
    #[must_use]
    pub fn opened(&self) -> bool {
        self.failure.is_none()
    }

    /// Whether a connection to the proxy came about, its own TLS included.
    #[must_use]
    pub fn reached(&self) -> bool {
        self.connects.last().is_some_and(Connect::succeeded)
            && self.handshake.as_ref().is_none_or(|handshake| handshake.completed())
    }

    /// The value of a kept header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }
}

/// Which names and passwords the proxies of this run took. One that was refused is not repeated:
/// many hubs with one wrong password would lock an account.
#[derive(Default)]
pub(crate) struct Logins {
    known: Mutex<BTreeMap<ProxyAddress, bool>>,
    /// Held while a password is tried for the first time, so that the others wait for the answer.
    turn: tokio::sync::Mutex<()>,
}

impl Logins {
    fn known(&self, proxy: &ProxyAddress) -> Option<bool> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(proxy).copied()
    }

    fn note(&self, proxy: &ProxyAddress, accepted: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(proxy.clone(), accepted);
    }
}

/// What a connection needs beside its address.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) logins: &'a Logins,
}

impl Line<'_> {
    /// The header for a proxy that is known to accept the login of the setting.
    pub(crate) fn accepted_login(&self, proxy: &ProxyAddress) -> Option<String> {
        (self.logins.known(proxy) == Some(true)).then(|| self.login(proxy)).flatten()
    }

    fn login(&self, proxy: &ProxyAddress) -> Option<String> {
        let (user, password) = proxy::credentials(self.world, proxy)?;
        let text = format!("{user}:{password}");
        Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text)))
    }
}

/// Asks a proxy. The stream is the inside of the tunnel, if one was opened.
pub(crate) async fn open(line: Line<'_>, ask: &Ask) -> (Tunnel, Option<(Tap, Watch)>) {
    let proxy = &ask.via.proxy;
    let (seen, stream) = attempt(line, ask, line.accepted_login(proxy)).await;
    if seen.status != Some(407) {
        return (seen, stream);
    }
    if seen.login == ProxyLogin::Accepted {
        line.logins.note(proxy, false);
        return (Tunnel { login: ProxyLogin::Refused, ..seen }, None);
    }
    let why_not = if !proxy.login {
        Some(ProxyLogin::NoneKnown)
    } else if !seen.schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic")) {
        Some(ProxyLogin::NotSpoken)
    } else if !is_safe(&seen) {
        Some(ProxyLogin::NotSafe)
    } else {
        None
    };
    match why_not {
        Some(login) => (Tunnel { login, ..seen }, None),
        None => log_in(line, ask, seen).await,
    }
}

/// A password goes over TLS only to a proxy whose certificate was accepted. Over http it goes in
/// the clear, as whoever made the setting wants it.
fn is_safe(seen: &Tunnel) -> bool {
    seen.handshake
        .as_ref()
        .is_none_or(|handshake| handshake.rustls.as_ref().is_some_and(|verdict| verdict.accepted))
}

/// The one attempt with the name and password of the setting.
async fn log_in(line: Line<'_>, ask: &Ask, asked: Tunnel) -> (Tunnel, Option<(Tap, Watch)>) {
    let proxy = &ask.via.proxy;
    let _turn = line.logins.turn.lock().await;
    if line.logins.known(proxy) == Some(false) {
        return (Tunnel { login: ProxyLogin::HeldBack, ..asked }, None);
    }
    let (seen, stream) = attempt(line, ask, line.login(proxy)).await;
    let login = match seen.status {
        Some(407) => ProxyLogin::Refused,
        Some(_) => ProxyLogin::Accepted,
        None => return (seen, stream),
    };
    line.logins.note(proxy, login == ProxyLogin::Accepted);
    (Tunnel { login, ..seen }, stream)
}

/// One request on one connection.
async fn attempt(
    line: Line<'_>,
    ask: &Ask,
    login: Option<String>,
) -> (Tunnel, Option<(Tap, Watch)>) {
    let begun = Instant::now();
    let mut seen = Tunnel::of(ask);
    let mut stream = None;
    if let Some(tap) = reach(line, ask, &mut seen).await {
        // Each connection shows a certificate of its own.
        let login = login.filter(|_| is_safe(&seen));
        if login.is_some() {
            seen.login = ProxyLogin::Accepted;
        }
        let deadline = Deadline::now() + ask.limit;
        let request = request(ask, login.as_deref());
        stream = talk(line, tap, &request, deadline, ask.kind, &mut seen).await;
    }
    seen.took_ms = millis(begun.elapsed());
    (seen, stream)
}

/// Connects to a proxy without asking it anything.
pub(crate) async fn reach(line: Line<'_>, ask: &Ask, seen: &mut Tunnel) -> Option<Tap> {
    let proxy = &ask.via.proxy;
    if proxy.scheme == ProxyScheme::Socks {
        seen.failure = Some(Failure::of(Operation::Tunnel, FailureKind::ProtocolUnreachable));
        return None;
    }
    let addresses = look_up(line, proxy, seen).await;
    let mut found = None;
    for &address in addresses.iter().take(ADDRESSES_TRIED) {
        let to = SocketAddr::new(address, proxy.port);
        let (connect, stream) = tcp::open(to, ask.connect_limit, None).await;
        seen.failure = connect.failure;
        seen.connects.push(connect);
        if let Some(stream) = stream {
            found = Some(stream);
            break;
        }
    }
    let (tap, watch) = Tap::new(found?);
    if proxy.scheme == ProxyScheme::Http {
        return Some(tap);
    }
    let connect = seen.connects.last()?.clone();
    let mut handshake = Handshake::of(connect, &proxy.host);
    let (trust, now) = (line.world.trust(), line.world.now());
    let stream = tls::shake(&mut handshake, (tap, &watch), ask.limit, &trust, now).await;
    seen.failure = handshake.failure;
    seen.handshake = Some(Box::new(handshake));
    Some(Tap::inside(Under::Tls(Box::new(stream?)), Vec::new()).0)
}

async fn look_up(line: Line<'_>, proxy: &ProxyAddress, seen: &mut Tunnel) -> Vec<IpAddr> {
    if let Ok(address) = proxy.host.parse() {
        return vec![address];
    }
    // As long as everything behind it: a look-up that takes longer is of no use to anybody.
    let lookup = line.world.lookup(&proxy.host, LOOKUP_LIMIT).await;
    let addresses = lookup.addresses.clone();
    if addresses.is_empty() {
        let unknown = Failure::of(Operation::Lookup, FailureKind::NameNotFound);
        seen.failure = lookup.failure.or(Some(unknown));
    }
    seen.lookup = Some(lookup);
    addresses
}

/// A name server that is silent is given up by the system after ten seconds (measured).
const LOOKUP_LIMIT: Duration = Duration::from_secs(11);

fn request(ask: &Ask, login: Option<&str>) -> String {
    let target = ask.target();
    let first = match ask.kind {
        AskKind::Tunnel => format!("CONNECT {target} HTTP/1.1"),
        AskKind::Forward => format!("GET {}://{target}/ HTTP/1.1", Scheme::Http.label()),
    };
    let last = match ask.kind {
        AskKind::Tunnel => "Proxy-Connection: keep-alive\r\n",
        AskKind::Forward => "Connection: close\r\n",
    };
    let login = login.map(|login| format!("Proxy-Authorization: {login}\r\n")).unwrap_or_default();
    let agent = &ask.via.user_agent;
    format!("{first}\r\nHost: {target}\r\nUser-Agent: {agent}\r\n{login}{last}\r\n")
}

async fn talk(
    line: Line<'_>,
    mut tap: Tap,
    request: &str,
    deadline: Deadline,
    kind: AskKind,
    seen: &mut Tunnel,
) -> Option<(Tap, Watch)> {
    seen.sent_at = Some(line.world.now());
    let failed =
        |seen: &mut Tunnel, kind| seen.failure = Some(Failure::of(Operation::Tunnel, kind));
    let answer = timeout_at(deadline, converse(&mut tap, request.as_bytes())).await;
    seen.answered_at = Some(line.world.now());
    let bytes = match answer {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => {
            seen.failure = Some(Failure::from_io(Operation::Tunnel, &error));
            return None;
        }
        Err(_) => {
            failed(seen, FailureKind::NoAnswer);
            return None;
        }
    };
    let Some(end) = take_in(seen, &bytes) else {
        let empty = bytes.is_empty();
        seen.head = shown(&bytes);
        failed(seen, if empty { FailureKind::ClosedEarly } else { FailureKind::NotTheProtocol });
        return None;
    };
    let rest = bytes[end..].to_vec();
    let status = seen.status?;
    match (kind, status) {
        (AskKind::Tunnel, 200..=299) if is_page(seen, &rest) => {
            seen.head = shown(&rest);
            failed(seen, FailureKind::NotTheProtocol);
            None
        }
        (AskKind::Tunnel, 200..=299) => Some(Tap::inside(tap.into_under(), rest)),
        (AskKind::Forward, status) if status != 407 => None,
        _ => {
            seen.head = shown(&rest);
            let code = Some(i32::from(status));
            let (operation, kind) = (Operation::Tunnel, FailureKind::NoTunnel);
            seen.failure = Some(Failure { operation, kind, code });
            None
        }
    }
}

/// A web server that answers every request with a page does so to CONNECT too. A tunnel has no
/// type (RFC 9110 section 9.3.6), and no server begins with `<` in it.
fn is_page(seen: &Tunnel, rest: &[u8]) -> bool {
    let is_html = seen.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    is_html || rest.trim_ascii_start().starts_with(b"<")
}

/// Sends a request and reads until the head of the answer is complete.
async fn converse(tap: &mut Tap, request: &[u8]) -> std::io::Result<Vec<u8>> {
    tap.write_all(request).await?;
    tap.flush().await?;
    let mut bytes = Vec::with_capacity(1024);
    while bytes.len() < HEAD_LIMIT && !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        if tap.read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    Ok(bytes)
}

fn shown(bytes: &[u8]) -> String {
    mask_one_time(&printable(&bytes[..bytes.len().min(BODY_KEPT)]))
}

/// Reads the head of an answer; tells where it ends. `None` if it is no HTTP.
fn take_in(seen: &mut Tunnel, bytes: &[u8]) -> Option<usize> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut answer = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(end)) = answer.parse(bytes) else { return None };
    seen.status = answer.code;
    let text = |value: &[u8]| printable(&value[..value.len().min(200)]);
    seen.words = text(answer.reason.unwrap_or_default().as_bytes());
    let mut schemes = BTreeSet::new();
    for header in answer.headers.iter() {
        let (name, value) = (header.name.to_ascii_lowercase(), text(header.value));
        if name == "proxy-authenticate" {
            schemes.extend(offered(&value));
        } else if name == "date" {
            seen.date = http_date(&value);
        } else if KEPT.contains(&name.as_str()) {
            seen.headers.push(Header { name, value: mask_one_time(&value) });
        }
    }
    seen.schemes = schemes.into_iter().collect();
    Some(end)
}

/// The schemes of one `Proxy-Authenticate` line: several may stand in it, each with parameters.
fn offered(value: &str) -> Vec<String> {
    let words = value.split(',').filter_map(|piece| piece.split_whitespace().next());
    words.filter(|word| !word.contains(['=', '"'])).take(8).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(kind: AskKind) -> Ask {
        let proxy = ProxyAddress {
            scheme: ProxyScheme::Http,
            host: "proxy.test".to_owned(),
            port: 3128,
            login: false,
        };
        Ask {
            via: Via { proxy, host: "hub.test".to_owned(), user_agent: "test".to_owned() },
            port: 443,
            kind,
            connect_limit: Duration::from_secs(1),
            limit: Duration::from_secs(1),
        }
    }

    #[test]
    fn the_proxy_is_asked_for_the_name_and_not_for_an_address() {
        let connect = request(&ask(AskKind::Tunnel), None);
        assert!(connect.starts_with("CONNECT hub.test:443 HTTP/1.1\r\nHost: hub.test:443\r\n"));
        assert!(!connect.contains("Authorization") && connect.ends_with("\r\n\r\n"));
        let get = request(&ask(AskKind::Forward), Some("Basic eA=="));
        assert!(get.starts_with("GET http://hub.test:443/ HTTP/1.1\r\n"));
        assert!(get.contains("\r\nProxy-Authorization: Basic eA==\r\n"));
    }

    #[test]
    fn an_answer_is_taken_apart() {
        let mut seen = Tunnel::of(&ask(AskKind::Tunnel));
        let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
            Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"a, b\", NTLM\r\n\
            Via: 1.1 squid\r\nDate: Tue, 24 Nov 2026 13:22:59 GMT\r\n\r\nrest";
        let end = take_in(&mut seen, answer).expect("HTTP");
        assert_eq!(&answer[end..], b"rest");
        assert_eq!(seen.status, Some(407));
        assert_eq!(seen.schemes, ["Basic", "NTLM", "Negotiate"]);
        assert_eq!(seen.header("via"), Some("1.1 squid"));
        assert!(seen.date.is_some());
        assert_eq!(take_in(&mut seen, b"SSH-2.0-OpenSSH\r\n\r\n"), None);
    }
}
