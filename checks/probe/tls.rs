//! TLS: one handshake, with everything that was presented, whatever the verdict on it.

#[cfg(test)]
mod garbage;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::ResolvesClientCert;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::http::mask_one_time;
use crate::tap::{Tap, Watch};
use crate::tunnel::{self, Line};
use crate::{
    Ask, AskKind, Connect, Failure, FailureKind, Operation, ProxyAddress, TcpState, Timestamp,
    TrustStore, Tunnel, Via, World, millis, tcp,
};

/// What to say hello to.
#[derive(Clone, Debug)]
pub struct Hello {
    /// The address.
    pub to: SocketAddr,
    /// The name asked for (SNI), or the address itself if the link names one.
    pub server_name: String,
    /// The time allowed for connecting.
    pub connect_limit: Duration,
    /// The time allowed for the whole handshake.
    pub limit: Duration,
    /// The largest TCP segment to send and ask for, in bytes, to tell a path that loses large
    /// packets from a silent server. Ignored where the system cannot be told (Windows).
    pub segment: Option<u16>,
    /// The proxy on the way, if there is one: then of `to` only the port counts.
    pub via: Option<Via>,
    /// It may go on with a connection that an earlier step left open, and leaves its own open.
    pub hand_on: bool,
}

impl Hello {
    /// As [`crate::Request::shares`].
    pub(crate) fn shares(&self) -> bool {
        self.hand_on && self.via.is_none() && self.segment.is_none()
    }
}

/// What came of a handshake.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Handshake {
    /// The connection it ran on, as it was seen by the step that opened it.
    pub connect: Connect,
    /// The name asked for.
    #[schemars(extend("x-identifies" = "host"))]
    pub server_name: String,
    /// Why it failed; `None` if it was completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The alert the server sent (RFC 8446 section 6), by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<u8>,
    /// The beginning of what the server sent, printable characters only, others as dots.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub head: String,
    /// The first bytes the server sent, in hexadecimal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(extend("x-identifies" = "hex"))]
    pub head_hex: String,
    /// Bytes sent and received.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// The protocol version agreed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-compared" = "version of TLS"))]
    pub version: Option<String>,
    /// The cipher suite agreed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cipher: Option<String>,
    /// The server asked for a client certificate. That alone is no fault.
    #[serde(default)]
    pub client_certificate_requested: bool,
    /// What rustls thinks of the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rustls: Option<RustlsVerdict>,
    /// How many certificates were presented.
    pub certificates: usize,
    /// The presented certificates; parsed facts of them stand in the `certificate` check.
    #[serde(skip)]
    pub presented: Vec<Vec<u8>>,
    /// The server proved that it has the key of the first certificate. Without that the
    /// certificate may be anybody's: it is public.
    #[serde(skip)]
    pub key_proven: bool,
    /// The issuer's word on the certificate that was sent along (stapled OCSP), or nothing.
    #[serde(skip)]
    pub staple: Vec<u8>,
    /// The kernel's view of the connection when the handshake failed, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TcpState>,
    /// The proxy it ran through; `connect` is then the connection to that proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<ProxyAddress>,
    /// What the proxy said, if it opened no tunnel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tunnel: Option<Box<Tunnel>>,
    /// How long the handshake took after connecting, in milliseconds.
    pub took_ms: f64,
}

impl Handshake {
    /// A handshake of which nothing is known but the connection it runs on.
    #[must_use]
    pub fn of(connect: Connect, server_name: &str) -> Self {
        Self {
            connect,
            server_name: server_name.to_owned(),
            failure: None,
            alert: None,
            head: String::new(),
            head_hex: String::new(),
            sent: 0,
            received: 0,
            version: None,
            cipher: None,
            client_certificate_requested: false,
            rustls: None,
            certificates: 0,
            presented: Vec::new(),
            key_proven: false,
            staple: Vec::new(),
            state: None,
            via: None,
            tunnel: None,
            took_ms: 0.0,
        }
    }

    /// Whether the handshake was completed, whatever the certificate.
    #[must_use]
    pub fn completed(&self) -> bool {
        self.connect.succeeded() && self.failure.is_none()
    }

    /// Whether the handshake was completed by the holder of the certificate's key. A certificate is
    /// public: without this, that it is the right one says nothing of who is at the other end.
    #[must_use]
    pub fn proven(&self) -> bool {
        self.completed() && self.key_proven
    }
}

/// What rustls thinks of a chain: printed beside our own judgement, never the judgement itself.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RustlsVerdict {
    /// Whether it accepts the chain for the name at this time.
    pub accepted: bool,
    /// Its error, by the name of the variant; empty if accepted.
    #[schemars(extend("x-identifies" = "nothing"))]
    pub error: String,
}

/// How many certificates of a chain are kept. A longer chain is cut and says so by its count.
const CHAIN_KEPT: usize = 32;

/// How much of a stapled answer is kept.
const STAPLE_KEPT: usize = 64 * 1024;

/// Shakes hands and hangs up.
pub(crate) async fn handshake(hello: &Hello, line: Line<'_>) -> Handshake {
    open(hello, line).await.0
}

/// A handshake and, if it was completed, its stream.
type Opened = (Handshake, Option<(TlsStream<Tap>, Watch)>);

/// Shakes hands; the stream is kept for the probes that build on it.
pub(crate) async fn open(hello: &Hello, line: Line<'_>) -> Opened {
    let judging = |world: &dyn World| Recorder::new(&world.trust(), world.now());
    open_by(hello, line, judging).await
}

/// The same for a request, which goes out whatever the chain is: nobody asks for a verdict on it.
pub(crate) async fn open_unjudged(hello: &Hello, line: Line<'_>) -> Opened {
    open_by(hello, line, |_| Recorder::without_verdict()).await
}

async fn open_by(hello: &Hello, line: Line<'_>, recorder: fn(&dyn World) -> Recorder) -> Opened {
    let (mut seen, stream) = carry(hello, line).await;
    let Some((tap, watch)) = stream else { return (seen, None) };
    // Made only now: the roots may be read meanwhile.
    let stream = shake_by(&mut seen, (tap, &watch), hello.limit, recorder(line.world)).await;
    let kept = stream.map(|stream| (stream, watch));
    (seen, kept)
}

/// The connection or the tunnel that the handshake runs in.
pub(crate) async fn carry(hello: &Hello, line: Line<'_>) -> (Handshake, Option<(Tap, Watch)>) {
    let Some(via) = &hello.via else {
        let (connect, stream) = tcp::open(hello.to, hello.connect_limit, hello.segment).await;
        return (Handshake::of(connect, &hello.server_name), stream.map(Tap::new));
    };
    let ask = Ask {
        via: via.clone(),
        port: hello.to.port(),
        kind: AskKind::Tunnel,
        connect_limit: hello.connect_limit,
        limit: hello.limit,
    };
    let (tunnel, stream) = tunnel::open(line, &ask).await;
    let connect = tunnel.connects.last().cloned();
    let connect = connect.unwrap_or_else(|| Connect::failed(hello.to, tunnel.failure));
    let mut seen = Handshake::of(connect, &hello.server_name);
    seen.via = Some(tunnel.proxy.clone());
    if !tunnel.opened() {
        seen.failure = tunnel.failure;
        seen.tunnel = Some(Box::new(tunnel));
    }
    (seen, stream)
}

/// The handshake alone, on whatever carries it.
pub(crate) async fn shake(
    seen: &mut Handshake,
    carrier: (Tap, &Watch),
    limit: Duration,
    trust: &TrustStore,
    now: Timestamp,
) -> Option<TlsStream<Tap>> {
    shake_by(seen, carrier, limit, Recorder::new(trust, now)).await
}

/// The same without a verdict on the chain. That the server has the key is proven all the same.
pub(crate) async fn shake_unjudged(
    seen: &mut Handshake,
    carrier: (Tap, &Watch),
    limit: Duration,
) -> Option<TlsStream<Tap>> {
    shake_by(seen, carrier, limit, Recorder::without_verdict()).await
}

async fn shake_by(
    seen: &mut Handshake,
    (tap, watch): (Tap, &Watch),
    limit: Duration,
    recorder: Recorder,
) -> Option<TlsStream<Tap>> {
    let Some(name) = server_name(&seen.server_name) else {
        seen.failure = Some(Failure::of(Operation::Handshake, FailureKind::Invalid));
        return None;
    };
    let recorder = Arc::new(recorder);
    let asked = Arc::new(NoClientCertificate::default());
    let connector = TlsConnector::from(Arc::new(config(&recorder, &asked)));
    let begun = Instant::now();
    let outcome = timeout(limit, connector.connect(name, tap)).await;
    seen.took_ms = millis(begun.elapsed());
    let stream = match outcome {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            (seen.failure, seen.alert) = classify(&error);
            None
        }
        Err(_) => {
            seen.failure = Some(Failure::of(Operation::Handshake, FailureKind::NoAnswer));
            None
        }
    };
    take_in(seen, &recorder, &asked, watch, stream.as_ref());
    stream
}

fn take_in(
    seen: &mut Handshake,
    recorder: &Recorder,
    asked: &NoClientCertificate,
    watch: &Watch,
    stream: Option<&TlsStream<Tap>>,
) {
    let record = watch.record();
    (seen.sent, seen.received) = (record.sent, record.received);
    if stream.is_none() {
        seen.head = mask_one_time(&printable(&record.head));
        seen.head_hex = hex(&record.head[..record.head.len().min(16)]);
        seen.state = watch.state();
    }
    if let Some(stream) = stream {
        let session = stream.get_ref().1;
        seen.version = session.protocol_version().map(|version| format!("{version:?}"));
        seen.cipher = session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
    }
    seen.client_certificate_requested = asked.was_asked();
    if let Some(presented) = recorder.take() {
        seen.certificates = presented.count;
        seen.rustls = presented.verdict;
        seen.presented = presented.chain;
        seen.key_proven = presented.key_proven;
        seen.staple = presented.staple;
    }
}

fn classify(error: &std::io::Error) -> (Option<Failure>, Option<u8>) {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::AlertReceived(alert)) => (
            Some(Failure::of(Operation::Handshake, FailureKind::ClosedEarly)),
            Some(u8::from(*alert)),
        ),
        Some(_) => (Some(Failure::of(Operation::Handshake, FailureKind::NotTheProtocol)), None),
        None => (Some(Failure::from_io(Operation::Handshake, error)), None),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(crate) fn printable(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|&byte| if (0x20..0x7f).contains(&byte) { char::from(byte) } else { '.' })
        .collect()
}

fn server_name(name: &str) -> Option<ServerName<'static>> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Some(ServerName::IpAddress(address.into()));
    }
    ServerName::try_from(name.to_owned()).ok()
}

fn config(recorder: &Arc<Recorder>, asked: &Arc<NoClientCertificate>) -> ClientConfig {
    let verifier: Arc<dyn ServerCertVerifier> = recorder.clone();
    let resolver: Arc<dyn ResolvesClientCert> = asked.clone();
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring has suites for TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(resolver);
    // A later probe must see the certificate again, not resume past it.
    config.resumption = rustls::client::Resumption::disabled();
    config
}

/// One for the whole run: it is a list of what ring can do.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())))
}

/// What a server presented, and rustls's verdict on it.
#[derive(Debug)]
struct Presented {
    chain: Vec<Vec<u8>>,
    key_proven: bool,
    staple: Vec<u8>,
    count: usize,
    /// `None` if nobody asked for one.
    verdict: Option<RustlsVerdict>,
}

/// Keeps the chain and lets the handshake go on, since after a failed verification rustls shows
/// no certificate at all. Nothing secret is ever sent on such a connection.
#[derive(Debug)]
struct Recorder {
    judge: Judge,
    provider: Arc<CryptoProvider>,
    now: UnixTime,
    presented: Mutex<Option<Presented>>,
}

/// Who tells what rustls thinks of a chain.
#[derive(Debug)]
enum Judge {
    Rustls(Arc<WebPkiServerVerifier>),
    /// No root is trusted at all.
    NoRoots,
    /// Nobody asks.
    Nobody,
}

impl Recorder {
    fn without_verdict() -> Self {
        let (provider, now) = (provider(), UnixTime::since_unix_epoch(Duration::ZERO));
        Self { judge: Judge::Nobody, provider, now, presented: Mutex::new(None) }
    }

    fn new(trust: &TrustStore, now: Timestamp) -> Self {
        let provider = provider();
        let roots = Arc::clone(&trust.roots);
        let inner = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
        let seconds = u64::try_from(now.0.unix_timestamp()).unwrap_or(0);
        Self {
            judge: inner.build().map_or(Judge::NoRoots, Judge::Rustls),
            provider,
            now: UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            presented: Mutex::new(None),
        }
    }

    fn take(&self) -> Option<Presented> {
        self.presented.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A key too small for rustls fails here, and reads like tampering. The handshake goes on, so
    /// that the certificate itself can be judged; that the key is not proven is kept apart.
    fn note_signature(
        &self,
        outcome: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> HandshakeSignatureValid {
        let mut presented = self.presented.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(presented) = presented.as_mut() {
            presented.key_proven = outcome.is_ok();
            if let (Err(error), Some(verdict)) = (outcome, &mut presented.verdict) {
                let error = format!("handshake signature: {}", variant(&error));
                *verdict = RustlsVerdict { accepted: false, error };
            }
        }
        HandshakeSignatureValid::assertion()
    }

    fn verdict(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
    ) -> Option<RustlsVerdict> {
        let refused = |error| Some(RustlsVerdict { accepted: false, error });
        match &self.judge {
            Judge::Nobody => None,
            Judge::NoRoots => refused("NoRootsAtAll".to_owned()),
            Judge::Rustls(inner) => {
                match inner.verify_server_cert(leaf, others, name, ocsp, self.now) {
                    Ok(_) => Some(RustlsVerdict { accepted: true, error: String::new() }),
                    Err(error) => refused(variant(&error)),
                }
            }
        }
    }
}

/// The name of the variant: `UnknownIssuer`, `ExpiredContext`, `Other(CaUsedAsEndEntity)`.
fn variant(error: &rustls::Error) -> String {
    let text = match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) => {
            return format!("Other({other:?})").chars().take(80).collect();
        }
        rustls::Error::InvalidCertificate(inner) => format!("{inner:?}"),
        other => format!("{other:?}"),
    };
    text.chars().take_while(char::is_ascii_alphanumeric).take(80).collect()
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.verdict(end_entity, intermediates, server_name, ocsp_response);
        let all = std::iter::once(end_entity).chain(intermediates);
        let presented = Presented {
            chain: all.take(CHAIN_KEPT).map(|der| der.to_vec()).collect(),
            key_proven: false,
            // A staple is a few kilobytes; a longer one is none.
            staple: ocsp_response.iter().copied().take(STAPLE_KEPT).collect(),
            count: 1 + intermediates.len(),
            verdict,
        };
        *self.presented.lock().unwrap_or_else(PoisonError::into_inner) = Some(presented);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let supported = &self.provider.signature_verification_algorithms;
        let outcome = rustls::crypto::verify_tls12_signature(message, cert, dss, supported);
        Ok(self.note_signature(outcome))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let supported = &self.provider.signature_verification_algorithms;
        let outcome = rustls::crypto::verify_tls13_signature(message, cert, dss, supported);
        Ok(self.note_signature(outcome))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Has no client certificate, and remembers whether one was asked for.
#[derive(Debug, Default)]
struct NoClientCertificate {
    asked: std::sync::atomic::AtomicBool,
}

impl NoClientCertificate {
    fn was_asked(&self) -> bool {
        self.asked.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl ResolvesClientCert for NoClientCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, std::sync::atomic::Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::server::{ClientHello, ResolvesServerCert};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsAcceptor;

    use super::*;

    const HOST: &str = "hub.test";

    /// Shows a certificate whatever key it has for it.
    #[derive(Debug)]
    struct Shows(Arc<CertifiedKey>);

    impl ResolvesServerCert for Shows {
        fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }
    }

    /// What is seen of a server that shows a trusted certificate and signs with a key.
    async fn seen_of(
        own_key: bool,
        version: &'static rustls::SupportedProtocolVersion,
    ) -> Handshake {
        let key = KeyPair::generate().expect("a key");
        let names = vec![HOST.to_owned()];
        let certificate = CertificateParams::new(names).expect("names").self_signed(&key);
        let certificate = certificate.expect("a certificate").der().clone();
        let other = KeyPair::generate().expect("a key");
        let signs = if own_key { &key } else { &other };
        let signs = PrivateKeyDer::try_from(signs.serialize_der()).expect("a key");
        let signs = provider().key_provider.load_private_key(signs).expect("a key");
        let shows = Shows(Arc::new(CertifiedKey::new(vec![certificate.clone()], signs)));
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])
            .expect("a version")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(shows));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let to = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            if let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
                let mut nothing = [0; 1];
                let _ended = stream.read(&mut nothing).await;
            }
        });
        let (tap, watch) = Tap::new(TcpStream::connect(to).await.expect("a connection"));
        let mut seen = Handshake::of(Connect { failure: None, ..Connect::failed(to, None) }, HOST);
        let now = Timestamp(time::OffsetDateTime::now_utc());
        let limit = Duration::from_secs(5);
        let trust = TrustStore::of([certificate.to_vec()]);
        let stream = shake(&mut seen, (tap, &watch), limit, &trust, now).await;
        assert!(stream.is_some(), "the handshake goes on: {seen:?}");
        seen
    }

    #[tokio::test]
    async fn who_shows_a_certificate_without_its_key_is_not_proven() {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let seen = seen_of(true, version).await;
            assert!(seen.proven(), "{seen:?}");
            let seen = seen_of(false, version).await;
            assert_eq!(seen.presented.len(), 1);
            assert!(seen.completed() && !seen.proven(), "{seen:?}");
            assert!(!seen.rustls.expect("a verdict").accepted);
        }
    }

    /// A limit for each read would let every byte begin it anew.
    #[tokio::test]
    async fn one_limit_holds_for_a_handshake_that_trickles() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let to = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            // A record of the greatest length, of which a byte comes now and then.
            let mut answer = vec![0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3];
            answer.resize(1000, 7);
            for byte in answer {
                if stream.write_all(&[byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let (tap, watch) = Tap::new(TcpStream::connect(to).await.expect("a connection"));
        let mut seen = Handshake::of(Connect { failure: None, ..Connect::failed(to, None) }, HOST);
        let now = Timestamp(time::OffsetDateTime::now_utc());
        let limit = Duration::from_millis(300);
        let trust = TrustStore::empty();
        assert!(shake(&mut seen, (tap, &watch), limit, &trust, now).await.is_none());
        assert_eq!(seen.failure.map(|failure| failure.kind), Some(FailureKind::NoAnswer));
        assert!((300.0..2000.0).contains(&seen.took_ms), "{}", seen.took_ms);
    }
}
