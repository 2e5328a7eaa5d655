//! The way through a proxy: its name, its port, its TLS, and what it says to a request.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
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

/// Addresses of a proxy's name that are tried, each a little after the one before.
const ADDRESSES_TRIED: usize = 3;

/// How much later the next address is tried (RFC 8305 section 5): long enough that the first one,
/// if it answers, is the one that is used.
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// A page follows its head at once; a tunnel says nothing until it was spoken to.
const PAGE_WAIT: Duration = Duration::from_millis(500);

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
    /// Whether programs are told to use this proxy for this host. Only then may the name and
    /// password of the setting be sent to it.
    pub is_followed: bool,
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
        host_and_port(&self.via.host, self.port)
    }
}

/// A host, which may be an address of IPv6, and a port, as URLs have them.
pub(crate) fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// What came of a request to a proxy. No password is in it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Tunnel {
    /// The proxy.
    pub proxy: ProxyAddress,
    /// The host and port it was asked for.
    #[schemars(extend("x-identifies" = "host"))]
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
    /// Not sent: this run sends no password.
    NotMeant,
    /// Not sent: programs are not told to use this proxy for this host.
    NotFollowed,
    /// Not sent: the proxy refused it before, and it is not repeated.
    HeldBack,
    /// Sent; no answer came.
    Sent,
    /// Sent and refused.
    Refused,
    /// Sent and refused for this host, after the proxy had accepted it for another.
    RefusedHere,
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
    by_proxy: Mutex<BTreeMap<ProxyAddress, Arc<LoginRecord>>>,
}

/// What is known of the login to one proxy.
#[derive(Default)]
struct LoginRecord {
    /// Whether it was accepted. That it once was, no later refusal takes back: a proxy asks again
    /// where somebody is not allowed to go.
    accepted: Mutex<Option<bool>>,
    /// Held while the password is tried for the first time, so that the others wait for the
    /// answer. Nobody waits at another proxy, and nobody once it was accepted.
    turn: tokio::sync::Mutex<()>,
}

impl Logins {
    fn of(&self, proxy: &ProxyAddress) -> Arc<LoginRecord> {
        let mut all = self.by_proxy.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(proxy.clone()).or_default())
    }
}

impl LoginRecord {
    fn accepted(&self) -> Option<bool> {
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, accepted: bool) {
        let mut known = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(accepted || *known == Some(true));
    }
}

/// What a connection needs beside its address.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) logins: &'a Logins,
    /// Whether this run sends passwords at all.
    pub(crate) sends_passwords: bool,
}

impl Line<'_> {
    /// The header for a proxy that is known to accept the login of the setting.
    pub(crate) fn accepted_login(&self, via: &Via) -> Option<String> {
        let accepted = self.logins.of(&via.proxy).accepted() == Some(true);
        (accepted && self.sends_passwords && via.is_followed)
            .then(|| self.login(&via.proxy))
            .flatten()
    }

    fn login(&self, proxy: &ProxyAddress) -> Option<String> {
        let (user, password) = proxy::credentials(self.world, proxy)?;
        let text = format!("{user}:{password}");
        Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text)))
    }
}

/// Asks a proxy. The stream is the inside of the tunnel, if one was opened.
pub(crate) async fn open(line: Line<'_>, ask: &Ask) -> (Tunnel, Option<(Tap, Watch)>) {
    let (seen, stream) = attempt(line, ask, line.accepted_login(&ask.via)).await;
    if seen.login == ProxyLogin::Sent {
        return (Tunnel { login: outcome(&seen, ProxyLogin::RefusedHere), ..seen }, stream);
    }
    if seen.status != Some(407) {
        return (seen, stream);
    }
    match why_not(line, ask, &seen) {
        Some(login) => (Tunnel { login, ..seen }, None),
        None => log_in(line, ask, seen).await,
    }
}

/// Why the login of the setting is not sent to a proxy that asks for one.
fn why_not(line: Line<'_>, ask: &Ask, seen: &Tunnel) -> Option<ProxyLogin> {
    let offers_basic = seen.schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    if !ask.via.proxy.login {
        Some(ProxyLogin::NoneKnown)
    } else if !offers_basic {
        Some(ProxyLogin::NotSpoken)
    } else if !ask.via.is_followed {
        Some(ProxyLogin::NotFollowed)
    } else if !line.sends_passwords {
        Some(ProxyLogin::NotMeant)
    } else if !is_safe(seen) {
        Some(ProxyLogin::NotSafe)
    } else {
        None
    }
}

/// What became of a login that was sent.
fn outcome(seen: &Tunnel, refused: ProxyLogin) -> ProxyLogin {
    match (seen.login, seen.status) {
        (ProxyLogin::Sent, Some(407)) => refused,
        (ProxyLogin::Sent, Some(_)) => ProxyLogin::Accepted,
        (login, _) => login,
    }
}

/// The first attempt with the name and password of the setting, or, once they were accepted, one
/// beside the others.
async fn log_in(line: Line<'_>, ask: &Ask, asked: Tunnel) -> (Tunnel, Option<(Tap, Watch)>) {
    let proxy = &ask.via.proxy;
    let record = line.logins.of(proxy);
    let mut turn = Some(record.turn.lock().await);
    let refused = match record.accepted() {
        Some(false) => return (Tunnel { login: ProxyLogin::HeldBack, ..asked }, None),
        Some(true) => {
            turn = None;
            ProxyLogin::RefusedHere
        }
        None => ProxyLogin::Refused,
    };
    let (seen, stream) = attempt(line, ask, line.login(proxy)).await;
    let login = outcome(&seen, refused);
    match login {
        ProxyLogin::Accepted => record.note(true),
        ProxyLogin::Refused => record.note(false),
        _ => {}
    }
    drop(turn);
    (Tunnel { login, ..seen }, stream)
}

/// A password goes over TLS only to a proxy whose certificate was accepted. Over http it goes in
/// the clear, as whoever made the setting wants it.
pub(crate) fn is_safe(seen: &Tunnel) -> bool {
    seen.handshake
        .as_ref()
        .is_none_or(|handshake| handshake.rustls.as_ref().is_some_and(|verdict| verdict.accepted))
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
        let safe = is_safe(&seen);
        if login.is_some() {
            seen.login = if safe { ProxyLogin::Sent } else { ProxyLogin::NotSafe };
        }
        // Each connection shows a certificate of its own.
        let login = login.filter(|_| safe);
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
    let to = addresses.into_iter().map(|address| SocketAddr::new(address, proxy.port));
    let stream = first_to_accept(to, ask.connect_limit, seen).await?;
    let (tap, watch) = Tap::new(stream);
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

/// Connects to one address a little after the other, until one accepts.
async fn first_to_accept(
    addresses: impl Iterator<Item = SocketAddr>,
    limit: Duration,
    seen: &mut Tunnel,
) -> Option<TcpStream> {
    let mut open = JoinSet::new();
    let mut pause = Duration::ZERO;
    for to in addresses.take(ADDRESSES_TRIED) {
        open.spawn(async move {
            tokio::time::sleep(pause).await;
            tcp::open(to, limit, None).await
        });
        pause += NEXT_ADDRESS;
    }
    while let Some(done) = open.join_next().await {
        // A panic would be a bug of ours; the other addresses still count.
        let Ok((connect, stream)) = done else { continue };
        seen.failure = connect.failure;
        seen.connects.push(connect);
        if stream.is_some() {
            return stream;
        }
    }
    None
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
    let mut rest = bytes[end..].to_vec();
    let status = seen.status?;
    match (kind, status) {
        (AskKind::Tunnel, 200..=299) if is_page(seen, &mut tap, &mut rest, deadline).await => {
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

/// A web server that answers every request with a page does so to CONNECT too. No server begins
/// with `<` in a tunnel. The type alone says nothing (RFC 9110 section 9.3.6); where it speaks of
/// a page, its beginning is waited for.
async fn is_page(seen: &Tunnel, tap: &mut Tap, rest: &mut Vec<u8>, deadline: Deadline) -> bool {
    let is_html = seen.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if is_html && rest.is_empty() {
        let end = deadline.min(Deadline::now() + PAGE_WAIT);
        if let Ok(Ok(0) | Err(_)) = timeout_at(end, tap.read_buf(rest)).await {
            return true; // An empty page.
        }
    }
    rest.trim_ascii_start().starts_with(b"<")
}

/// Sends a request and reads until the head of the answer is complete.
async fn converse(tap: &mut Tap, request: &[u8]) -> std::io::Result<Vec<u8>> {
    tap.write_all(request).await?;
    tap.flush().await?;
    let mut bytes = Vec::with_capacity(1024);
    let mut searched = 0_usize;
    loop {
        // Only what is new, and the beginning of an end before it.
        let new = &bytes[searched.saturating_sub(3)..];
        if bytes.len() >= HEAD_LIMIT || new.windows(4).any(|four| four == b"\r\n\r\n") {
            return Ok(bytes);
        }
        searched = bytes.len();
        if tap.read_buf(&mut bytes).await? == 0 {
            return Ok(bytes);
        }
    }
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

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing {
    //! For [`crate::fuzzing`].

    use super::{
        Ask, AskKind, Duration, ProxyAddress, ProxyScheme, Tunnel, Via, offered, shown, take_in,
    };

    /// The beginning of a proxy's answer.
    pub(crate) fn answer(data: &[u8]) {
        let proxy = ProxyAddress {
            scheme: ProxyScheme::Http,
            host: "proxy.test".to_owned(),
            port: 3128,
            login: false,
        };
        let (host, user_agent) = ("hub.test".to_owned(), "test".to_owned());
        let ask = Ask {
            via: Via { proxy, host, user_agent, is_followed: true },
            port: 443,
            kind: AskKind::Tunnel,
            connect_limit: Duration::from_secs(1),
            limit: Duration::from_secs(1),
        };
        let mut seen = Tunnel::of(&ask);
        if let Some(end) = take_in(&mut seen, data) {
            assert!(end <= data.len() && seen.status.is_some(), "the head ends within what came");
        }
        seen.head = shown(data);
        let texts = [&seen.words, &seen.head].into_iter().chain(&seen.schemes);
        for text in texts.chain(seen.headers.iter().map(|header| &header.value)) {
            assert!(text.len() < 1024 && !text.contains(char::is_control), "{text:?}");
        }
        assert!(offered(&seen.words).len() <= 8);
    }
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
            via: Via {
                proxy,
                host: "hub.test".to_owned(),
                user_agent: "test".to_owned(),
                is_followed: true,
            },
            port: 443,
            kind,
            connect_limit: Duration::from_secs(1),
            // A head of twelve thousand packets takes longer under wine.
            limit: Duration::from_secs(if cfg!(windows) { 20 } else { 1 }),
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

    /// Asks a proxy made of one function, at these addresses.
    async fn asked<F: Future<Output = ()> + Send + 'static>(
        addresses: &[&str],
        answer: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Tunnel {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream).await;
            }
        });
        let mut world = crate::ScriptedWorld::at(Timestamp(time::OffsetDateTime::UNIX_EPOCH));
        let addresses = addresses.iter().map(|text| text.parse().expect("an IP")).collect();
        let lookup = SystemLookup { replaced: false, addresses, failure: None, took_ms: 1.0 };
        world.lookups.insert("proxy.test".to_owned(), lookup);
        let mut ask = ask(AskKind::Tunnel);
        ask.via.proxy.port = port;
        let line = Line { world: &world, logins: &Logins::default(), sends_passwords: true };
        let (seen, _) = open(line, &ask).await;
        server.abort();
        seen
    }

    /// Only `127.0.0.1` listens: the first two addresses refuse.
    #[tokio::test]
    async fn the_addresses_of_a_proxy_are_tried_side_by_side() {
        let seen = asked(&["127.0.0.2", "127.0.0.3", "127.0.0.1"], async |mut stream| {
            drop(stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await);
        })
        .await;
        assert!(seen.opened() && seen.connects.len() == 3, "{seen:?}");
        assert!(seen.reached() && seen.took_ms < 2000.0, "{} ms", seen.took_ms);
    }

    #[tokio::test]
    async fn a_head_that_comes_byte_by_byte_is_read_to_its_end_and_no_further() {
        let seen = asked(&["127.0.0.1"], async |mut stream| {
            let filler = "x".repeat(12_000);
            let head = format!("HTTP/1.1 502 No\r\nX-Filler: {filler}\r\n\r\n");
            stream.set_nodelay(true).expect("an open connection");
            for byte in head.as_bytes() {
                drop(stream.write_all(&[*byte]).await);
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(seen.status, Some(502), "{seen:?}");
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
