//! A hub of the tests' own on loopback, with a certificate and a log of everything it was sent.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::TrustedHost;
use crate::login::guard::fingerprint;

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(super) struct Saw {
    /// Which connection it came on, from 1.
    pub(super) connection: usize,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Saw {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Everything of it.
    pub(super) fn whole(&self) -> String {
        format!("{} {:?} {}", self.path, self.headers, self.body)
    }
}

/// What the server answers.
#[derive(Clone, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Closes the connection after it.
    pub(super) closes: bool,
    /// Closes the connection without any answer.
    pub(super) hangs_up: bool,
    /// Follows the head as it is, in pieces; then the connection is closed.
    pub(super) raw: Option<Vec<Vec<u8>>>,
    /// How long it stays open, and reads, after `raw`.
    pub(super) lingers: bool,
}

impl Reply {
    pub(super) fn of(status: u16, body: &str) -> Self {
        Self { status, body: body.as_bytes().to_vec(), ..Self::default() }
    }

    pub(super) fn to(location: &str) -> Self {
        Self::of(302, "").with("Location", location)
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn closing(self) -> Self {
        Self { closes: true, ..self }
    }
}

type Answers = dyn Fn(&Saw) -> Reply + Send + Sync;

/// A running server; it ends when it is dropped.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) address: SocketAddr,
    leaf: Vec<u8>,
    log: Arc<Mutex<Vec<Saw>>>,
    running: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Server {
    pub(super) async fn start(
        host: &str,
        answers: impl Fn(&Saw) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::with_key_of(host, None, answers).await
    }

    /// A server that shows one certificate and signs with the key of another.
    pub(super) async fn without_its_key(
        host: &str,
        answers: impl Fn(&Saw) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let other = KeyPair::generate().expect("a key");
        Self::with_key_of(host, Some(other), answers).await
    }

    async fn with_key_of(
        host: &str,
        other: Option<KeyPair>,
        answers: impl Fn(&Saw) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let key = KeyPair::generate().expect("a key");
        let parameters = CertificateParams::new(vec![host.to_owned()]).expect("a name");
        let certificate = parameters.self_signed(&key).expect("a certificate").der().clone();
        let der = PrivatePkcs8KeyDer::from(other.unwrap_or(key).serialize_der());
        let provider = rustls::crypto::ring::default_provider();
        let signer = provider.key_provider.load_private_key(PrivateKeyDer::Pkcs8(der));
        let shown = CertifiedKey::new(vec![certificate.clone()], signer.expect("a key"));
        let config = rustls::ServerConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Always(Arc::new(shown))));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (answers, noted): (Arc<Answers>, _) = (Arc::new(answers), Arc::clone(&log));
        let running = tokio::spawn(async move {
            let count = AtomicUsize::new(0);
            while let Ok((stream, _)) = listener.accept().await {
                let connection = 1 + count.fetch_add(1, Ordering::Relaxed);
                let (acceptor, answers, noted) =
                    (acceptor.clone(), Arc::clone(&answers), Arc::clone(&noted));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    serve(stream, connection, &*answers, &noted).await;
                });
            }
        });
        Self { host: host.to_owned(), address, leaf: certificate.to_vec(), log, running }
    }

    pub(super) fn trusted(&self) -> TrustedHost {
        TrustedHost {
            host: self.host.clone(),
            to: self.address,
            leaf_sha256: fingerprint(&self.leaf),
            via: None,
        }
    }

    /// `https://host:port`.
    pub(super) fn origin(&self) -> String {
        format!("https://{}:{}", self.host, self.address.port())
    }

    pub(super) fn saw(&self) -> Vec<Saw> {
        self.log.lock().expect("no panic").clone()
    }

    /// How often it was sent something that can be right or wrong: a third NTLM message, a form,
    /// or a key.
    pub(super) fn attempts(&self) -> usize {
        self.saw().iter().filter(|saw| is_attempt(saw)).count()
    }
}

pub(super) fn is_attempt(saw: &Saw) -> bool {
    let login = saw.header("authorization").unwrap_or_default();
    saw.method == "POST" || login.starts_with("Bearer") || message_type(login) == Some(3)
}

/// The type of the NTLM message in a header.
pub(super) fn message_type(login: &str) -> Option<u8> {
    use base64::Engine as _;
    let token = login.split_once(' ')?.1;
    let bytes = base64::engine::general_purpose::STANDARD.decode(token).ok()?;
    let at = bytes.windows(8).position(|window| window == b"NTLMSSP\0")?;
    bytes.get(at + 8).copied()
}

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    connection: usize,
    answers: &Answers,
    log: &Mutex<Vec<Saw>>,
) {
    for number in 1.. {
        let Some(saw) = read(&mut stream, connection).await else { return };
        log.lock().expect("no panic").push(saw.clone());
        let reply = answers(&saw);
        if reply.hangs_up {
            return;
        }
        let mut head = format!("HTTP/1.1 {} X\r\n", reply.status);
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if reply.closes {
            head.push_str("Connection: close\r\n");
        }
        if reply.raw.is_none() {
            head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
        }
        head.push_str("\r\n");
        let bytes = [head.as_bytes(), &reply.body].concat();
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        if let Some(pieces) = reply.raw {
            for piece in pieces {
                if stream.write_all(&piece).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            let mut rest = [0; 4096];
            while reply.lingers && stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
        }
        if reply.closes || number > 50 || reply.status == 101 {
            drop(stream.shutdown().await);
            return;
        }
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S, connection: usize) -> Option<Saw> {
    let mut bytes = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        if let Ok(httparse::Status::Complete(end)) = request.parse(&bytes) {
            let headers: Vec<(String, String)> = request
                .headers
                .iter()
                .map(|header| {
                    let value = String::from_utf8_lossy(header.value).into_owned();
                    (header.name.to_ascii_lowercase(), value)
                })
                .collect();
            let (method, path) = (request.method?.to_owned(), request.path?.to_owned());
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
            while bytes.len() < end + length {
                if stream.read_buf(&mut bytes).await.ok()? == 0 {
                    return None;
                }
            }
            let body = String::from_utf8_lossy(&bytes[end..]).into_owned();
            return Some(Saw { connection, method, path, headers, body });
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
