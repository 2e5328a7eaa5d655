//! HTTP: one anonymous request on a connection of ours, and what came back.
//!
//! The connection is ours from the first SYN, so that a failure is known by its step and number
//! and never has to be read out of a library's error text.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio::time::{Instant as Deadline, timeout_at};

use crate::tap::{Tap, Watch};
use crate::tls::printable;
use crate::tunnel::{self, Line};
use crate::{
    Ask, AskKind, Connect, Failure, FailureKind, Handshake, Hello, Operation, ProxyAddress,
    TcpState, Timestamp, Tunnel, Via, World, millis, tcp, tls,
};

/// The most of a page that is read: the largest known Qlik page has 88 kB.
pub const BODY_LIMIT: usize = 256 * 1024;

/// The most that is received of one answer, whatever it is made of: a head, the page that is read, in
/// pieces of one byte, and TLS around them. Heads without end ("continue", again and again) and pieces
/// without end are not stored and would still keep a processor busy for the whole wait.
const ANSWER_LIMIT: u64 = 2 * 1024 * 1024;

/// A reset takes one round trip to come back; few paths take longer than this.
const GOODBYE: Duration = Duration::from_millis(500);

/// How much of a page's beginning is kept for people.
const HEAD_KEPT: usize = 120;

/// The longest header value that is kept.
const VALUE_KEPT: usize = 512;

/// http or https.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port of a URL that names none.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// One anonymous GET. Shown to nobody with the values of one-time parameters.
#[derive(Clone)]
pub struct Request {
    /// http or https.
    pub scheme: Scheme,
    /// The host name for the `Host` header and the handshake.
    pub host: String,
    /// The address to connect to.
    pub to: SocketAddr,
    /// Path and query, beginning with a slash.
    pub path: String,
    /// The User-Agent: a Qlik hub picks the login method by it.
    pub user_agent: String,
    /// The time allowed for connecting.
    pub connect_limit: Duration,
    /// The time allowed for the TLS handshake.
    pub handshake_limit: Duration,
    /// The time allowed from the request to the end of the answer.
    pub answer_limit: Duration,
    /// The largest TCP segment, as in [`Hello::segment`].
    pub segment: Option<u16>,
    /// The proxy on the way, as in [`Hello::via`].
    pub via: Option<Via>,
    /// It may go out on a connection that an earlier step left open, and leaves its own open.
    pub hand_on: bool,
}

impl Request {
    /// A request in the clear, for tests: every step has the same limit.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn plain(to: SocketAddr, limit: Duration) -> Self {
        Self {
            scheme: Scheme::Http,
            host: "hub.test".to_owned(),
            to,
            path: "/hub/".to_owned(),
            user_agent: "test".to_owned(),
            connect_limit: limit,
            handshake_limit: limit,
            answer_limit: limit,
            segment: None,
            via: None,
            hand_on: false,
        }
    }

    /// The URL, with the values of one-time parameters left out.
    #[must_use]
    pub fn url(&self) -> String {
        masked(&self.whole_url())
    }

    /// Whether it shares connections with other steps: not with a segment size of its own, nor in a
    /// tunnel.
    pub(crate) fn shares(&self) -> bool {
        self.hand_on && self.via.is_none() && self.segment.is_none()
    }

    pub(crate) fn whole_url(&self) -> String {
        format!("{}://{}{}", self.scheme.label(), self.authority(), self.path)
    }

    pub(crate) fn authority(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.to.port() == self.scheme.default_port() {
            host
        } else {
            format!("{host}:{}", self.to.port())
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Request");
        shown.field("url", &self.url()).field("to", &self.to).field("via", &self.via);
        shown.finish_non_exhaustive()
    }
}

/// What came of one request. No cookie value, ticket or target id is in it.
#[derive(Clone, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Exchange {
    /// The URL asked for, with the values of one-time parameters left out.
    pub url: String,
    /// The address asked; `0.0.0.0` with the port if a proxy looked the name up.
    pub to: SocketAddr,
    /// How it ended.
    pub ending: Ending,
    /// Why it did not end well, by number where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The TLS alert that the server sent instead of an answer, or in the middle of one, by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<u8>,
    /// The status code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The headers that matter to a diagnosis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// The names of the cookies set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<String>,
    /// The server's own clock, from `Date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
    /// When the request was sent, by this computer's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// When the answer began, by this computer's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// The wait for the first byte of the answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<f64>,
    /// How many bytes of the body came.
    pub body_bytes: u64,
    /// The beginning of the body, or of whatever came instead of HTTP.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub head: String,
    /// The first bytes of an answer that is not HTTP, in hexadecimal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(extend("x-identifies" = "hex"))]
    pub head_hex: String,
    /// The body, bounded; what matters of it stands in the check's evidence.
    #[serde(skip)]
    pub body: Vec<u8>,
    /// The unmasked `Location`, to follow it.
    #[serde(skip)]
    pub next: Option<String>,
    /// The kernel's view of the connection when no whole answer came, where it tells (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TcpState>,
    /// The connection had fallen silent, and saying goodbye on it brought a reset: whoever
    /// answered did not know it any more.
    #[serde(default)]
    pub given_up: bool,
    /// The proxy it went through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<ProxyAddress>,
    /// What the proxy said, if there was no way through it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tunnel: Option<Box<Tunnel>>,
    /// It went over a connection that an earlier step had opened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reused: bool,
    /// From the first SYN to the end, in milliseconds; from the request, if the connection was
    /// open already.
    pub took_ms: f64,
}

impl Exchange {
    /// An exchange of which nothing is known but how it ended.
    #[must_use]
    pub fn of(request: &Request, ending: Ending) -> Self {
        Self {
            url: request.url(),
            to: request.to,
            ending,
            failure: None,
            alert: None,
            status: None,
            headers: Vec::new(),
            cookies: Vec::new(),
            date: None,
            sent_at: None,
            answered_at: None,
            waited_ms: None,
            body_bytes: 0,
            head: String::new(),
            head_hex: String::new(),
            body: Vec::new(),
            next: None,
            state: None,
            given_up: false,
            via: None,
            tunnel: None,
            reused: false,
            took_ms: 0.0,
        }
    }

    /// The value of a kept header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }
}

/// The body and the address to follow may hold one-time values: they are not shown.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Exchange");
        shown.field("url", &self.url).field("to", &self.to).field("ending", &self.ending);
        shown.field("failure", &self.failure).field("alert", &self.alert);
        shown.field("status", &self.status).field("headers", &self.headers);
        shown.field("cookies", &self.cookies).field("waited_ms", &self.waited_ms);
        shown.field("body_bytes", &self.body_bytes).field("head", &self.head);
        shown.field("via", &self.via).field("tunnel", &self.tunnel).finish_non_exhaustive()
    }
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// A whole answer came.
    Complete,
    /// The answer was longer than what is read; what came is enough.
    Long,
    /// No connection.
    NoConnection,
    /// No TLS on the connection.
    NoHandshake,
    /// No way through the proxy.
    NoTunnel,
    /// The connection ended before the first byte of an answer.
    EmptyReply,
    /// The time was over before the first byte of an answer.
    Silence,
    /// What came is not HTTP.
    NotHttp,
    /// The answer broke off.
    CutOff,
    /// The time was over in the middle of the answer.
    Stalled,
}

/// A response header.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Header {
    /// In lower case.
    pub name: String,
    /// Bounded.
    pub value: String,
}

/// Sends one request over a connection of its own.
pub(crate) async fn exchange(request: &Request, line: Line<'_>) -> Exchange {
    let begun = Instant::now();
    let mut seen = Exchange::of(request, Ending::NoConnection);
    if let Some(mut channel) = dial(&mut seen, request, line).await {
        let get = channel.get(request);
        channel.say(&mut seen, get, request.answer_limit, line.world).await;
        channel.hang_up(&mut seen).await;
    }
    seen.took_ms = millis(begun.elapsed());
    seen
}

/// Opens the connection for a request; what stands in its way is noted.
pub(crate) async fn dial(
    seen: &mut Exchange,
    request: &Request,
    line: Line<'_>,
) -> Option<Channel> {
    match (request.scheme, &request.via) {
        (Scheme::Http, None) => {
            let (connect, stream) =
                tcp::open(request.to, request.connect_limit, request.segment).await;
            note_connect(seen, &connect);
            let (tap, watch) = Tap::new(stream?);
            Channel::over(seen, tap, watch).await
        }
        (Scheme::Http, Some(via)) => forward(seen, request, via, line).await,
        (Scheme::Https, _) => {
            let hello = Hello {
                to: request.to,
                server_name: request.host.clone(),
                connect_limit: request.connect_limit,
                limit: request.handshake_limit,
                segment: request.segment,
                via: request.via.clone(),
                hand_on: false,
            };
            let (mut handshake, stream) = tls::open_unjudged(&hello, line).await;
            let leaf = handshake.presented.drain(..).next().filter(|_| handshake.key_proven);
            note_handshake(seen, handshake);
            let (stream, watch) = stream?;
            let mut channel = Channel::over(seen, stream, watch).await?;
            channel.leaf = leaf;
            Some(channel)
        }
    }
}

/// In the clear a proxy is sent the whole address and answers in the server's place.
async fn forward(
    seen: &mut Exchange,
    request: &Request,
    via: &Via,
    line: Line<'_>,
) -> Option<Channel> {
    let ask = Ask {
        via: via.clone(),
        port: request.to.port(),
        kind: AskKind::Forward,
        connect_limit: request.connect_limit,
        limit: request.handshake_limit,
    };
    let mut way = Tunnel::of(&ask);
    seen.via = Some(via.proxy.clone());
    if let Some(tap) = tunnel::reach(line, &ask, &mut way).await {
        let (tap, watch) = Tap::inside(tap.into_under(), Vec::new());
        // Each connection shows a certificate of its own.
        let proxy_login = line.accepted_login(via).filter(|_| tunnel::is_safe(&way));
        let mut channel = Channel::over(seen, tap, watch).await?;
        channel.proxy_login = proxy_login;
        Some(channel)
    } else {
        seen.ending = Ending::NoTunnel;
        seen.failure = way.failure;
        seen.tunnel = Some(Box::new(way));
        None
    }
}

fn note_connect(seen: &mut Exchange, connect: &Connect) {
    seen.ending = Ending::NoConnection;
    seen.failure = connect.failure;
}

fn note_handshake(seen: &mut Exchange, handshake: Handshake) {
    note_connect(seen, &handshake.connect);
    seen.via = handshake.via;
    if handshake.tunnel.is_some() {
        seen.ending = Ending::NoTunnel;
        seen.failure = handshake.failure;
        seen.tunnel = handshake.tunnel;
    } else if handshake.failure.is_some() {
        seen.ending = Ending::NoHandshake;
        seen.failure = handshake.failure;
        seen.alert = handshake.alert;
        seen.head = handshake.head;
    }
}

/// An open connection, which can carry one request after the other.
pub(crate) struct Channel {
    sender: SendRequest<Full<Bytes>>,
    /// What moves the bytes; ends with the channel.
    driver: Option<JoinHandle<hyper::Result<()>>>,
    watch: Watch,
    /// The server's certificate, if the server proved on this connection that it is its own.
    pub(crate) leaf: Option<Vec<u8>>,
    /// The header for the proxy that answers in the server's place.
    proxy_login: Option<String>,
}

/// What an [`Exchange`] does not keep.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    /// The connection itself, if the server speaks another protocol on it from now on.
    pub(crate) upgraded: Option<OnUpgrade>,
}

impl Channel {
    pub(crate) async fn over<S>(seen: &mut Exchange, stream: S, watch: Watch) -> Option<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let channel = Self::on(stream, watch).await;
        if channel.is_none() {
            failed(seen, Ending::NotHttp, FailureKind::Invalid);
        }
        channel
    }

    /// An open connection, to be spoken HTTP on.
    pub(crate) async fn on<S>(stream: S, watch: Watch) -> Option<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let handshake = hyper::client::conn::http1::Builder::new()
            .max_headers(128)
            .max_buf_size(64 * 1024)
            .handshake(TokioIo::new(stream))
            .await;
        let (sender, connection) = handshake.ok()?;
        let driver = Some(tokio::spawn(connection.with_upgrades()));
        Some(Self { sender, driver, watch, leaf: None, proxy_login: None })
    }

    /// An anonymous request. `None` if it cannot be written as HTTP.
    pub(crate) fn get(&self, request: &Request) -> Option<Outgoing> {
        let forwarded = request.via.as_ref().filter(|_| request.scheme == Scheme::Http);
        let target = match forwarded {
            Some(_) => request.whole_url(),
            None => request.path.clone(),
        };
        let mut builder = headed(hyper::Request::get(target), request);
        if let Some(login) = &self.proxy_login {
            builder = builder.header(header::PROXY_AUTHORIZATION, login);
        }
        if !request.shares() {
            builder = builder.header(header::CONNECTION, "close");
        }
        builder.body(Full::default()).ok()
    }

    /// Sends a request and reads the answer. The body is read to its end or to [`BODY_LIMIT`].
    pub(crate) async fn say(
        &mut self,
        seen: &mut Exchange,
        outgoing: Option<Outgoing>,
        limit: Duration,
        world: &dyn World,
    ) -> Option<Answer> {
        let deadline = Deadline::now() + limit;
        let before = self.watch.record().received;
        self.watch.allow(Some(ANSWER_LIMIT));
        let Some(outgoing) = outgoing else {
            failed(seen, Ending::NotHttp, FailureKind::Invalid);
            return None;
        };
        seen.sent_at = Some(world.now());
        let waiting = Instant::now();
        match timeout_at(deadline, self.sender.send_request(outgoing)).await {
            Ok(Ok(mut response)) => {
                seen.waited_ms = Some(millis(waiting.elapsed()));
                seen.answered_at = Some(world.now());
                seen.status = Some(response.status().as_u16());
                take_in(seen, response.headers());
                let headers = std::mem::take(response.headers_mut());
                if response.status() == hyper::StatusCode::SWITCHING_PROTOCOLS {
                    seen.ending = Ending::Complete;
                    self.watch.allow(None);
                    let upgraded = Some(hyper::upgrade::on(response));
                    return Some(Answer { headers, upgraded });
                }
                read_body(seen, response.into_body(), deadline).await;
                if self.watch.is_flooded() {
                    (seen.ending, seen.failure) = (Ending::Long, None);
                }
                return Some(Answer { headers, upgraded: None });
            }
            Ok(Err(error)) => self.note_no_answer(seen, &error, before),
            Err(_) => failed(seen, Ending::Silence, FailureKind::NoAnswer),
        }
        None
    }

    fn note_no_answer(&self, seen: &mut Exchange, error: &hyper::Error, before: u64) {
        if self.watch.is_flooded() {
            return failed(seen, Ending::NotHttp, FailureKind::NotTheProtocol);
        }
        let record = self.watch.record();
        let nothing_came = record.received == before;
        let (ending, kind) = match (error, nothing_came) {
            (error, _) if error.is_parse() => (Ending::NotHttp, FailureKind::NotTheProtocol),
            (_, true) => (Ending::EmptyReply, FailureKind::ClosedEarly),
            (_, false) => (Ending::CutOff, FailureKind::ClosedEarly),
        };
        failed(seen, ending, kind);
        if before == 0 {
            seen.head = masked(&printable(&record.head));
            seen.head_hex = hex(record.head.iter().take(8));
        }
        note_error(seen, error);
    }

    /// Whether the server will take another request on this connection.
    pub(crate) async fn is_open(&mut self, limit: Duration) -> bool {
        matches!(tokio::time::timeout(limit, self.sender.ready()).await, Ok(Ok(())))
    }

    /// Whether the connection has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Leaves the connection to whom it was upgraded for: what moves the bytes hands it over and
    /// ends by itself.
    pub(crate) fn hand_over(mut self) {
        self.driver = None;
    }

    /// Closes the connection; if it had fallen silent, looks at it once more.
    pub(crate) async fn hang_up(mut self, seen: &mut Exchange) {
        if !matches!(seen.ending, Ending::Silence | Ending::Stalled) {
            return;
        }
        seen.state = self.watch.state();
        if let Some(driver) = self.driver.take() {
            driver.abort();
            // Its stream is dropped with it; the watch alone holds the connection then.
            drop(driver.await);
        }
        seen.given_up = self.watch.is_given_up(GOODBYE).await;
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(driver) = &self.driver {
            driver.abort();
        }
    }
}

/// A request on its way.
pub(crate) type Outgoing = hyper::Request<Full<Bytes>>;

/// The headers that every request has.
pub(crate) fn headed(builder: request::Builder, request: &Request) -> request::Builder {
    builder
        .header(header::HOST, request.authority())
        .header(header::USER_AGENT, &request.user_agent)
        .header(header::ACCEPT, "text/html,application/json;q=0.9,*/*;q=0.8")
}

fn failed(seen: &mut Exchange, ending: Ending, kind: FailureKind) {
    seen.ending = ending;
    seen.failure = Some(Failure::of(Operation::ReadAnswer, kind));
}

fn hex<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
    bytes.fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Keeps what ended the reading, if the system or the server's TLS said it.
fn note_error(seen: &mut Exchange, error: &hyper::Error) {
    let source = std::error::Error::source(error);
    let Some(io) = source.and_then(|source| source.downcast_ref::<std::io::Error>()) else {
        return;
    };
    seen.failure = Some(Failure::from_io(Operation::ReadAnswer, io));
    let tls = io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(rustls::Error::AlertReceived(alert)) = tls {
        // In TLS 1.3 a server refuses a client without certificate only after the handshake.
        seen.alert = Some(u8::from(*alert));
        seen.failure = Some(Failure::of(Operation::ReadAnswer, FailureKind::ClosedEarly));
    }
}

async fn read_body(seen: &mut Exchange, mut body: Incoming, deadline: Deadline) {
    seen.ending = loop {
        let frame = match timeout_at(deadline, body.frame()).await {
            Err(_) => {
                seen.failure = Some(Failure::of(Operation::ReadAnswer, FailureKind::NoAnswer));
                break Ending::Stalled;
            }
            Ok(None) => break Ending::Complete,
            Ok(Some(Err(error))) => {
                seen.failure = Some(Failure::of(Operation::ReadAnswer, FailureKind::ClosedEarly));
                note_error(seen, &error);
                break Ending::CutOff;
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Some(data) = frame.data_ref() else { continue };
        seen.body_bytes += data.len() as u64;
        let room = BODY_LIMIT - seen.body.len();
        seen.body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            break Ending::Long;
        }
    };
    seen.head = masked(&printable(&seen.body[..seen.body.len().min(HEAD_KEPT)]));
}

/// The headers a diagnosis may rest on. All others stay out of the report.
const KEPT: &[&str] = &[
    "age",
    "content-length",
    "content-type",
    "date",
    "location",
    "retry-after",
    "server",
    "strict-transport-security",
    "via",
    "x-iinfo",
    "x-squid-error",
];

fn take_in(seen: &mut Exchange, headers: &HeaderMap) {
    let text = |value: &HeaderValue| -> String {
        String::from_utf8_lossy(value.as_bytes()).chars().take(VALUE_KEPT).collect()
    };
    for &name in KEPT {
        if let Some(value) = headers.get(name) {
            let value = if name == "location" { masked(&text(value)) } else { text(value) };
            seen.headers.push(Header { name: name.to_owned(), value });
        }
    }
    // Of a challenge only the schemes are kept: an NTLM challenge names the domain.
    let schemes: Vec<String> = headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| text(value).split_whitespace().next().map(str::to_owned))
        .take(8)
        .collect();
    if !schemes.is_empty() {
        seen.headers.push(Header { name: "www-authenticate".into(), value: schemes.join(", ") });
    }
    let cookies = headers.get_all(header::SET_COOKIE).iter().take(16);
    seen.cookies = cookies
        .filter_map(|value| text(value).split_once('=').map(|(name, _)| name.trim().to_owned()))
        .collect();
    seen.date = headers.get(header::DATE).and_then(|value| http_date(&text(value)));
    seen.next = headers
        .get(header::LOCATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(8192).collect());
}

/// IMF-fixdate (RFC 9110 section 5.6.7), the only form servers send today.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    OffsetDateTime::parse(text, &Rfc2822).ok().map(Timestamp)
}

/// Parameters whose values open a login for whoever holds them.
const ONE_TIME: &[&str] = &[
    "targetid",
    "qlikticket",
    "ticket",
    "code",
    "state",
    "nonce",
    "samlrequest",
    "samlresponse",
    "relaystate",
    "token",
    "access_token",
    "id_token",
    "qlik-csrf-token",
    "xrfkey",
];

/// Whether the value of a parameter of this name opens a login.
pub(crate) fn is_one_time(name: &str) -> bool {
    ONE_TIME.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The text without the values of one-time parameters, bounded.
fn masked(text: &str) -> String {
    bounded(&mask_one_time(text))
}

/// The text with the values of one-time parameters left out, however deep the URL that holds them
/// is wrapped: a login address often carries another one, percent-encoded, and the page of a
/// redirect repeats it.
#[must_use]
pub fn mask_one_time(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', '%']) {
        let (before, from_sign) = rest.split_at(at);
        safe.push_str(before);
        let Some(sign) = equals_sign(from_sign) else {
            safe.push_str(&from_sign[..1]);
            rest = &from_sign[1..];
            continue;
        };
        let secret = ends_with_one_time_name(&safe);
        safe.push_str(sign);
        rest = &from_sign[sign.len()..];
        if secret {
            safe.push('…');
            rest = &rest[value_length(rest, sign)..];
        }
    }
    safe.push_str(rest);
    safe
}

/// `=`, as it is or percent-encoded once or more.
fn equals_sign(text: &str) -> Option<&str> {
    if text.starts_with('=') {
        return Some(&text[..1]);
    }
    let wrapped = text.strip_prefix('%')?.trim_start_matches("25");
    let code = wrapped.get(..2)?;
    code.eq_ignore_ascii_case("3d").then(|| &text[..text.len() - wrapped.len() + 2])
}

fn ends_with_one_time_name(text: &str) -> bool {
    ONE_TIME.iter().any(|name| {
        let Some(at) = text.len().checked_sub(name.len()) else { return false };
        let fits = text.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(name));
        fits && is_boundary(&text[..at])
    })
}

/// Whether a parameter name may begin here: after a separator, as it is or percent-encoded.
fn is_boundary(before: &str) -> bool {
    let bytes = before.as_bytes();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match bytes {
        [.., b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        [.., b'2', b'5', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => true,
        [.., last] => !word(*last),
        [] => true,
    }
}

fn value_length(text: &str, sign: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '&' | '#' | '"' | '\'' | '<' | '>');
    let plain = text.find(ends).unwrap_or(text.len());
    if sign == "=" {
        return plain;
    }
    // A wrapped value ends at the separator that is wrapped as deep.
    let separator = sign.replace("3d", "26").replace("3D", "26");
    text.find(&separator).map_or(plain, |at| at.min(plain))
}

fn bounded(text: &str) -> String {
    text.chars().take(VALUE_KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnel::Logins;

    #[test]
    fn one_time_values_never_leave_the_probe() {
        let url = "https://h/internal_windows_authentication/?targetId=1-2-3&x=y&qlikTicket=abc";
        let safe = masked(url);
        assert!(!safe.contains("1-2-3") && !safe.contains("abc"), "{safe}");
        assert!(safe.contains("x=y"), "{safe}");
    }

    #[test]
    fn one_time_values_are_found_inside_other_addresses_and_pages() {
        let nested = "/login?returnto=https%3A%2F%2Fh%2F%3FtargetId%3D1-2-3%26a%3Db&lang=en";
        assert_eq!(
            mask_one_time(nested),
            "/login?returnto=https%3A%2F%2Fh%2F%3FtargetId%3D…%26a%3Db&lang=en"
        );
        let twice = mask_one_time("u=x%253Fticket%253Dabc");
        assert_eq!(twice, "u=x%253Fticket%253D…");
        let page = mask_one_time("moved to <a href=\"/w/?targetId=1-2-3\">here</a>");
        assert_eq!(page, "moved to <a href=\"/w/?targetId=…\">here</a>");
        assert_eq!(mask_one_time("#access_token=abc"), "#access_token=…");
        assert_eq!(mask_one_time("postcode=12345&ü%3d%"), "postcode=12345&ü%3d%");
    }

    #[test]
    fn the_date_of_a_server_is_read() {
        let date = http_date("Tue, 24 Nov 2026 13:22:59 GMT").expect("an IMF-fixdate");
        assert_eq!(date.to_string(), "2026-11-24T13:22:59Z");
        assert_eq!(http_date("yesterday"), None);
    }

    /// What a TLS port answers to a plain request, as OpenSSL servers do it.
    #[tokio::test]
    async fn a_tls_alert_in_answer_to_a_plain_request_is_not_http_and_keeps_its_bytes() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let to = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.expect("a request");
            stream.write_all(&[0x15, 3, 3, 0, 2, 2, 70]).await.expect("an open connection");
            read
        });
        let request = Request::plain(to, Duration::from_secs(5));
        let world = crate::ScriptedWorld::at(Timestamp(OffsetDateTime::UNIX_EPOCH));
        let line = Line { world: &world, logins: &Logins::default(), sends_passwords: true };
        let seen = exchange(&request, line).await;
        assert!(server.await.expect("the server ends") > 0);
        assert_eq!(seen.ending, Ending::NotHttp);
        assert_eq!(seen.head_hex, "15030300020246");
    }

    /// A head that never ends: without a limit it keeps a processor busy for the whole wait.
    #[tokio::test]
    async fn an_answer_that_is_only_put_off_again_and_again_is_given_up() {
        use tokio::io::AsyncWriteExt;

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let to = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let again = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
            let mut sent = 0;
            while stream.write_all(&again).await.is_ok() {
                sent += again.len();
            }
            sent
        });
        let limit = Duration::from_mins(1);
        let world = crate::ScriptedWorld::at(Timestamp(OffsetDateTime::UNIX_EPOCH));
        let line = Line { world: &world, logins: &Logins::default(), sends_passwords: true };
        let seen = exchange(&Request::plain(to, limit), line).await;
        assert_eq!(seen.ending, Ending::NotHttp, "{seen:?}");
        let sent = server.await.expect("the server ends");
        // What the system holds for both sides comes on top.
        assert!(sent < 32 << 20, "{sent} bytes");
    }

    /// A hung server's system still knows the connection and takes the goodbye.
    #[tokio::test]
    async fn a_server_that_is_merely_silent_has_not_given_the_connection_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let to = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move { listener.accept().await });
        let in_time = Request::plain(to, Duration::from_millis(300));
        let request = Request { segment: Some(1000), ..in_time };
        let world = crate::ScriptedWorld::at(Timestamp(OffsetDateTime::UNIX_EPOCH));
        let line = Line { world: &world, logins: &Logins::default(), sends_passwords: true };
        let seen = exchange(&request, line).await;
        let held = server.await.expect("the server ends").expect("a connection");
        assert_eq!((seen.ending, seen.given_up), (Ending::Silence, false));
        drop(held);
    }
}
