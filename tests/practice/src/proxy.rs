//! A forward proxy on loopback, as it should be or broken on purpose.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::hub::{Hostile, Incoming, Places, read_request, send_hostile};

/// What a proxy does with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProxyRule {
    /// Lets everybody through to every hub of the world.
    Open,
    /// Lets those through who log in with Basic.
    Basic {
        /// The name.
        user: &'static str,
        /// The password.
        password: &'static str,
    },
    /// The same, and asks for another login where somebody is not allowed to go to this host, as
    /// squid does when its last rule is about who asks.
    BasicExceptFor {
        /// The name.
        user: &'static str,
        /// The password.
        password: &'static str,
        /// The host.
        host: &'static str,
    },
    /// Asks for a login with Basic, and then never answers.
    BasicThenSilent {
        /// The name.
        user: &'static str,
        /// The password.
        password: &'static str,
    },
    /// Asks for a login with these schemes, and accepts none.
    Offers(&'static [&'static str]),
    /// Forbids this port, and lets everything else through.
    DeniesPort(u16),
    /// Reaches nobody.
    ReachesNobody,
    /// Is a web server that knows nothing of proxies.
    WebServer,
    /// Answers everything with a page, as the start page of a network does.
    Page,
    /// The same, and the page comes a moment after the head.
    LatePage,
    /// Opens every tunnel and calls it a page.
    OpenWithType,
    /// Answers everything with this.
    Hostile(Hostile),
    /// Takes every request and never answers.
    Silent,
    /// Never answers for this host, and lets everything else through.
    SilentFor(&'static str),
}

/// A request as the proxy received it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeenByProxy {
    /// `CONNECT` and so on.
    pub method: String,
    /// What it was asked for.
    pub target: String,
    /// What came as `Proxy-Authorization`.
    pub authorization: Option<String>,
}

/// A running proxy. It ends when dropped.
pub struct Proxy {
    inner: Arc<Inner>,
    address: SocketAddr,
    task: AbortHandle,
}

struct Inner {
    rule: ProxyRule,
    places: Places,
    seen: Mutex<Vec<SeenByProxy>>,
}

impl Inner {
    /// A panic in a test's thread leaves the list usable: every change to it is a single step.
    fn lock(&self) -> MutexGuard<'_, Vec<SeenByProxy>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of a request.
enum Outcome {
    Through(TcpStream),
    Answer(String),
    /// In two pieces, with a pause between.
    Pieces(String, String),
    Hostile(Hostile),
    Silence,
}

/// How an encrypted proxy shows itself: its certificate may change after some connections, as if
/// somebody stepped in between.
pub(crate) struct Encryption {
    pub(crate) first: TlsAcceptor,
    pub(crate) then: Option<(usize, TlsAcceptor)>,
}

impl Encryption {
    fn of(&self, connection: usize) -> TlsAcceptor {
        match &self.then {
            Some((after, other)) if connection >= *after => other.clone(),
            _ => self.first.clone(),
        }
    }
}

impl Proxy {
    pub(crate) async fn start(
        rule: ProxyRule,
        places: Places,
        encryption: Option<Encryption>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner { rule, places, seen: Mutex::default() });
        let serving = accept_all(listener, Arc::clone(&inner), encryption);
        let task = tokio::spawn(serving).abort_handle();
        Ok(Self { inner, address, task })
    }

    /// The address and port on loopback.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenByProxy> {
        self.inner.lock().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The connections live in a set of this task, so that they end with it.
async fn accept_all(listener: TcpListener, inner: Arc<Inner>, encryption: Option<Encryption>) {
    let mut connections = JoinSet::new();
    let mut count = 0;
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let inner = Arc::clone(&inner);
        let acceptor = encryption.as_ref().map(|encryption| encryption.of(count));
        count += 1;
        connections.spawn(async move {
            match acceptor {
                None => serve(stream, &inner).await,
                // A failed handshake is the client's verdict on the certificate.
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, &inner).await;
                    }
                }
            }
        });
    }
}

/// One request on one connection; what follows a tunnel is not looked at.
async fn serve<S>(mut stream: S, inner: &Inner)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = Vec::new();
    let Incoming::Request(request) = read_request(&mut stream, &mut buffer, false).await else {
        return;
    };
    let seen = SeenByProxy {
        method: request.method.clone(),
        target: match request.query.as_str() {
            "" => request.path.clone(),
            query => format!("{}?{query}", request.path),
        },
        authorization: request.header("Proxy-Authorization").map(str::to_owned),
    };
    inner.lock().push(seen.clone());
    match outcome(inner, &seen).await {
        Outcome::Hostile(what) => send_hostile(stream, what, None).await,
        Outcome::Silence => std::future::pending().await,
        Outcome::Answer(answer) => {
            // The client may be gone, which is all the same to a proxy.
            drop(stream.write_all(answer.as_bytes()).await);
            drop(stream.shutdown().await);
        }
        Outcome::Pieces(head, body) => {
            drop(stream.write_all(head.as_bytes()).await);
            tokio::time::sleep(PAUSE).await;
            drop(stream.write_all(body.as_bytes()).await);
            drop(stream.shutdown().await);
        }
        Outcome::Through(mut hub) => {
            let greeting = if seen.method == "CONNECT" && inner.rule == ProxyRule::OpenWithType {
                let typed = "Content-Type: text/html; charset=utf-8\r\n\r\n";
                stream.write_all(format!("HTTP/1.1 200 OK\r\n{typed}").as_bytes()).await
            } else if seen.method == "CONNECT" {
                stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await
            } else {
                hub.write_all(forwarded(&seen.target, &request.headers).as_bytes()).await
            };
            if greeting.is_ok() {
                drop(copy_bidirectional(&mut stream, &mut hub).await);
            }
        }
    }
}

/// `host:port` of `CONNECT host:port`, or of `GET http://host:port/path`.
fn authority(target: &str) -> &str {
    let rest = target.strip_prefix("http://").unwrap_or(target);
    rest.split('/').next().unwrap_or(rest)
}

/// The same request for the server alone, without what is meant for the proxy.
fn forwarded(target: &str, headers: &[(String, String)]) -> String {
    let rest = target.strip_prefix("http://").unwrap_or(target);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let kept = headers.iter().filter(|(name, _)| !name.to_ascii_lowercase().starts_with("proxy-"));
    let lines =
        kept.fold(String::new(), |lines, (name, value)| lines + name + ": " + value + "\r\n");
    format!("GET {path} HTTP/1.1\r\n{lines}\r\n")
}

async fn outcome(inner: &Inner, seen: &SeenByProxy) -> Outcome {
    let target = authority(&seen.target);
    let (host, port) = target.rsplit_once(':').unwrap_or((target, "80"));
    match inner.rule {
        ProxyRule::SilentFor(name) if host == name => return Outcome::Silence,
        ProxyRule::Hostile(what) => return Outcome::Hostile(what),
        ProxyRule::WebServer => return page("405 Not Allowed"),
        ProxyRule::Page => return page("200 OK"),
        ProxyRule::LatePage => return in_pieces(page("200 OK")),
        ProxyRule::Basic { user, password } | ProxyRule::BasicThenSilent { user, password }
            if !is_login(seen, user, password) =>
        {
            return asks_for_basic();
        }
        ProxyRule::Silent | ProxyRule::BasicThenSilent { .. } => return Outcome::Silence,
        ProxyRule::BasicExceptFor { user, password, host: denied }
            if host == denied || !is_login(seen, user, password) =>
        {
            return asks_for_basic();
        }
        ProxyRule::Offers(schemes) => {
            return refusal(407, "Proxy Authentication Required", schemes);
        }
        ProxyRule::DeniesPort(denied) if port == denied.to_string() => {
            return refusal(403, "Forbidden", &[]);
        }
        ProxyRule::ReachesNobody => return refusal(502, "Bad Gateway", &[]),
        _ => {}
    }
    let known = inner.places.knows(host);
    let hub = match port.parse() {
        Ok(port) if known => TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok(),
        _ => None,
    };
    hub.map_or_else(|| refusal(503, "Service Unavailable", &[]), Outcome::Through)
}

fn asks_for_basic() -> Outcome {
    refusal(407, "Proxy Authentication Required", &["Basic realm=\"practice\""])
}

/// Long enough that head and page arrive apart.
const PAUSE: Duration = Duration::from_millis(50);

fn in_pieces(answer: Outcome) -> Outcome {
    match answer {
        Outcome::Answer(whole) => match whole.split_once("\r\n\r\n") {
            Some((head, body)) => Outcome::Pieces(format!("{head}\r\n\r\n"), body.to_owned()),
            None => Outcome::Answer(whole),
        },
        other => other,
    }
}

fn page(status: &str) -> Outcome {
    let page = format!("<html><h1>{status}</h1></html>");
    let length = page.len();
    let head = format!("HTTP/1.1 {status}\r\nServer: practice\r\nContent-Type: text/html");
    let last = "Connection: close";
    Outcome::Answer(format!("{head}\r\nContent-Length: {length}\r\n{last}\r\n\r\n{page}"))
}

fn is_login(seen: &SeenByProxy, user: &str, password: &str) -> bool {
    let engine = &base64::engine::general_purpose::STANDARD;
    let expected = format!("Basic {}", engine.encode(format!("{user}:{password}")));
    seen.authorization.as_deref() == Some(expected.as_str())
}

fn refusal(status: u16, words: &str, schemes: &[&str]) -> Outcome {
    let schemes = schemes
        .iter()
        .fold(String::new(), |lines, scheme| lines + "Proxy-Authenticate: " + scheme + "\r\n");
    Outcome::Answer(format!(
        "HTTP/1.1 {status} {words}\r\nVia: 1.1 practice\r\n{schemes}Content-Length: 0\r\n\
         Connection: close\r\n\r\n"
    ))
}
