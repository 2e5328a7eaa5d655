//! One hub: a port on loopback, and whatever its behaviour makes of it.

mod hostile;
mod http;
mod login;
mod ntlm;
mod port;
mod secrets;
mod sense;
mod session;
mod sites;
mod socket;
mod state;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, TlsAcceptor};

pub(crate) use hostile::send as send_hostile;
pub use hostile::{Hostile, PLANTED};
use http::Reply;
pub use http::SeenRequest;
pub(crate) use http::{Incoming, read as read_request};
pub use ntlm::Refusal;
pub use secrets::{Secret, SecretKind};
pub use state::{Attempt, Way};
pub(crate) use state::{Clock, Places, Setting, Tickets};
use state::{Inner, Talk};

use crate::behaviour::{Behaviour, Login, Port};
use crate::link;
use crate::pki::Identity;

/// The first byte of every TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// The alert for a name that the server does not serve.
const UNRECOGNISED_NAME: u8 = 112;

/// A running hub. It ends when dropped, and with its world.
pub struct Hub {
    inner: Arc<Inner>,
    address: SocketAddr,
    chain: Vec<CertificateDer<'static>>,
    tasks: Vec<AbortHandle>,
    _reserved: Vec<port::Reserved>,
}

/// The certificates of a hub.
pub(crate) struct Identities {
    /// On its port, if it speaks TLS.
    pub(crate) own: Option<Identity>,
    /// On its second login port; its own otherwise.
    pub(crate) login: Option<Identity>,
    /// In place of its own after this many connections.
    pub(crate) later: Option<(usize, Identity)>,
}

/// One of them, ready to be shown.
#[derive(Clone)]
struct Face {
    acceptor: TlsAcceptor,
    leaf: Vec<u8>,
}

/// What a port shows.
#[derive(Clone)]
struct Faces {
    first: Face,
    later: Option<(usize, Face)>,
}

/// What happens after a request was understood.
enum Outcome {
    Reply(Reply),
    Upgrade { accept: String, messages: Vec<String>, cut: Option<Duration> },
    Hostile { what: Hostile, accept: Option<String> },
    Silence,
    HangUp,
}

/// Where a hub stands that belongs to no world of ours.
#[derive(Debug)]
pub struct Place {
    /// Its DNS name.
    pub name: String,
    /// The address and port it listens on.
    pub listen: SocketAddr,
    /// The second port, for [`Login::SecondPort`].
    pub login_port: u16,
    /// Its certificate; without one it speaks plain HTTP.
    pub identity: Option<Identity>,
}

impl Hub {
    /// Starts a hub whose name, address and certificate are somebody else's matter. Other hosts are
    /// taken to be on port 443.
    ///
    /// # Errors
    /// If the port is not free, or the key does not fit the certificate.
    pub async fn alone(behaviour: Behaviour, place: Place) -> io::Result<Self> {
        let setting = Setting {
            clock: Clock::starting_at(time::OffsetDateTime::now_utc()),
            places: Places::default(),
            issuer_file: Vec::new(),
            tickets: Tickets::default(),
            port: place.listen.port(),
            login_port: place.login_port,
        };
        let identities = Identities { own: place.identity, login: None, later: None };
        Self::start(&place.name, place.listen.ip(), behaviour, identities, setting).await
    }

    pub(crate) async fn start(
        name: &str,
        ip: IpAddr,
        behaviour: Behaviour,
        identities: Identities,
        setting: Setting,
    ) -> io::Result<Self> {
        let Identities { own, login, later } = identities;
        let chain = own.as_ref().map_or_else(Vec::new, |identity| identity.chain.clone());
        let later = later.map(|(after, it)| Face::new(it).map(|face| (after, face))).transpose()?;
        let own = own.map(Face::new).transpose()?.map(|first| Faces { first, later });
        let login = login.map(Face::new).transpose()?;
        let login = login.map(|first| Faces { first, later: None }).or_else(|| own.clone());
        let mut reserved = Vec::new();
        let mut listeners = Vec::new();
        let mut open = async |port: Port, faces: Option<Faces>| -> io::Result<SocketAddr> {
            match port {
                Port::Refused => reserved.push(port::Reserved::refusing(ip)?),
                Port::Silent => reserved.push(port::Reserved::silent(ip).await?),
                _ => {
                    let wanted =
                        if listeners.is_empty() { setting.port } else { setting.login_port };
                    let listener = TcpListener::bind((ip, wanted)).await?;
                    let address = listener.local_addr()?;
                    listeners.push((listener, faces));
                    return Ok(address);
                }
            }
            reserved.last().expect("pushed just now").address()
        };
        let address = open(behaviour.port, own).await?;
        let login_port = match behaviour.login {
            Login::SecondPort { open: true } => Some(open(Port::Open, login).await?.port()),
            Login::SecondPort { open: false } => Some(open(Port::Refused, None).await?.port()),
            _ => None,
        };
        let inner = Arc::new(Inner::new(name, address.port(), login_port, behaviour, setting));
        let tasks = listeners
            .into_iter()
            .map(|(listener, faces)| {
                let serving = accept_all(listener, Arc::clone(&inner), faces);
                tokio::spawn(serving).abort_handle()
            })
            .collect();
        Ok(Self { inner, address, chain, tasks, _reserved: reserved })
    }

    /// The DNS name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The address and port on loopback.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The second port, where [`Login::SecondPort`] asks for one.
    #[must_use]
    pub fn login_port(&self) -> Option<u16> {
        self.inner.login_port
    }

    /// The host address that the link carries.
    #[must_use]
    pub fn url(&self) -> String {
        let behaviour = &self.inner.behaviour;
        format!(
            "{}://{}:{}{}",
            behaviour.link_scheme.unwrap_or("https"),
            self.inner.name,
            self.address.port(),
            behaviour.link_path
        )
    }

    /// The authentication link, with the first label of the host name as friendly name.
    #[must_use]
    pub fn link(&self) -> String {
        let label = self.inner.name.split('.').next().unwrap_or_default();
        link::make(&self.url(), label)
    }

    /// The certificates that the hub sends, leaf first; empty without TLS.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The requests so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.inner.lock().requests.clone()
    }

    /// The attempts to log in so far, in order.
    #[must_use]
    pub fn attempts(&self) -> Vec<Attempt> {
        self.inner.lock().attempts.clone()
    }

    /// Everything secret that the hub was sent so far, in order.
    #[must_use]
    pub fn secrets(&self) -> Vec<Secret> {
        self.inner.lock().requests.iter().flat_map(secrets::of).collect()
    }

    /// Everything the hub gave out that is good for one visitor only: targets, tickets, cookies, tokens,
    /// challenges.
    #[must_use]
    pub fn issued(&self) -> Vec<String> {
        self.inner.lock().issued.clone()
    }

    /// How many people are logged in.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.inner.lock().sessions.len()
    }

    /// How many connections were accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.inner.lock().connections
    }

    /// Forgets whom it has seen, what it was sent and what it gave out, so that it can be visited a
    /// thousand times.
    pub fn forget(&self) {
        let mut memory = self.inner.lock();
        let connections = memory.connections;
        *memory = state::Memory { connections, ..state::Memory::default() };
    }

    /// Whether a connection to this hub goes unanswered for a while: the proof that [`Port::Silent`]
    /// holds on this system.
    pub async fn port_is_silent(&self) -> bool {
        timeout(port::SILENCE, TcpStream::connect(self.address)).await.is_err()
    }

    /// Ends the hub: no new connections, and the present ones are cut.
    pub(crate) fn stop(&self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn acceptor(identity: Identity) -> io::Result<TlsAcceptor> {
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The connections live in a set of this task, so that they end with it.
async fn accept_all(listener: TcpListener, inner: Arc<Inner>, faces: Option<Faces>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: better late than spinning.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let number = {
            let mut memory = inner.lock();
            memory.connections += 1;
            memory.connections
        };
        while connections.try_join_next().is_some() {}
        let face = faces.as_ref().map(|faces| faces.for_connection(number).clone());
        connections.spawn(converse(stream, Arc::clone(&inner), face, number));
    }
}

impl Face {
    fn new(identity: Identity) -> io::Result<Self> {
        let leaf = identity.chain.first().map(|leaf| leaf.to_vec()).unwrap_or_default();
        Ok(Self { acceptor: acceptor(identity)?, leaf })
    }
}

impl Faces {
    fn for_connection(&self, number: usize) -> &Face {
        match &self.later {
            Some((after, face)) if number > *after => face,
            _ => &self.first,
        }
    }
}

async fn converse(stream: TcpStream, inner: Arc<Inner>, face: Option<Face>, number: usize) {
    if !matches!(inner.behaviour.port, Port::Open | Port::RefusesName) {
        // The client may be gone before the fault is complete, which is all the same to a fault.
        drop(port::misbehave(stream, inner.behaviour.port).await);
        return;
    }
    let Some(face) = face else {
        return serve(stream, &inner, None, number).await;
    };
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first[0] != HANDSHAKE => refuse_plain(stream, &inner).await,
        Ok(1) => {
            // A failed handshake is the client's verdict on a bad certificate, and no concern of ours.
            if let Ok(Some(encrypted)) = handshake(stream, &inner, &face.acceptor).await {
                serve(encrypted, &inner, Some(face.leaf), number).await;
            }
        }
        _ => {}
    }
}

/// `None` if the hub refuses the name that the client asks for.
async fn handshake(
    stream: TcpStream,
    inner: &Inner,
    acceptor: &TlsAcceptor,
) -> io::Result<Option<TlsStream<TcpStream>>> {
    let mut started = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let hello = started.client_hello();
    let own = hello.server_name().is_some_and(|name| name == inner.name);
    if own && inner.behaviour.port == Port::RefusesName {
        started.io.write_all(&port::alert(UNRECOGNISED_NAME)).await?;
        close(&mut started.io).await;
        return Ok(None);
    }
    let config = Arc::clone(acceptor.config());
    started.into_stream(config).await.map(Some)
}

/// What web servers say to an unencrypted request on an encrypted port.
async fn refuse_plain(mut stream: TcpStream, inner: &Inner) {
    if let Incoming::Request(request) = http::read(&mut stream, &mut Vec::new(), false).await {
        inner.record(request);
    }
    let page = "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\
        <body><h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port</body></html>";
    finish(&mut stream, &Reply::html(400, page).last(), inner).await;
}

/// Answers requests until one of the two ends it.
async fn serve<S>(mut stream: S, inner: &Inner, leaf: Option<Vec<u8>>, connection: usize)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let mut buffer = Vec::new();
    let encrypted = leaf.is_some();
    let mut talk = Talk { challenge: None, leaf, connection };
    loop {
        let request = match http::read(&mut stream, &mut buffer, encrypted).await {
            Incoming::Request(request) => SeenRequest { connection: talk.connection, ..request },
            Incoming::Malformed => {
                let reply = Reply::html(400, "<h1>Bad Request</h1>").last();
                return finish(&mut stream, &reply, inner).await;
            }
            Incoming::End => return,
        };
        tokio::time::sleep(inner.record(request.clone())).await;
        let reply = match sites::answer(&request, inner, &mut talk) {
            Outcome::Reply(reply) => {
                let reply = if inner.behaviour.echoing { reply.echoing(&request) } else { reply };
                if request.asks_to_close() { reply.last() } else { reply }
            }
            Outcome::Upgrade { accept, messages, cut } => {
                return socket::speak(stream, &accept, &messages, cut, &inner.date()).await;
            }
            Outcome::Hostile { what, accept } => {
                return hostile::send(stream, what, accept.as_deref()).await;
            }
            Outcome::Silence => return listen_only(&mut stream).await,
            Outcome::HangUp => return close(&mut stream).await,
        };
        if reply.last {
            return finish(&mut stream, &reply, inner).await;
        }
        let bodiless = request.method == "HEAD";
        if reply.write(&mut stream, &inner.date(), bodiless).await.is_err() {
            return;
        }
    }
}

async fn finish<S>(stream: &mut S, reply: &Reply, inner: &Inner)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if reply.write(stream, &inner.date(), false).await.is_ok() {
        close(stream).await;
    }
}

/// Ends our half, then waits for the client's end: closing with unread bytes would send a reset.
async fn close<S>(stream: &mut S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if stream.shutdown().await.is_ok() {
        listen_only(stream).await;
    }
}

async fn listen_only<S>(stream: &mut S)
where
    S: AsyncRead + Unpin,
{
    let mut ignored = [0; 1024];
    while matches!(stream.read(&mut ignored).await, Ok(read) if read > 0) {}
}
