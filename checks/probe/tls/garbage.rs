//! A server whose bytes are damaged on the way, at every place of its first flight: the handshake
//! fails for a reason that is named, or the damage changed nothing that counts.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::*;

const HOST: &str = "hub.test";

/// A damaged length may make the client wait for more than there is.
const LIMIT: Duration = Duration::from_millis(400);

/// Alerts of RFC 8446 section 6.
const BAD_RECORD: u8 = 20;
const DECRYPT_ERROR: u8 = 51;

/// What happens to the bytes of the server from one place on.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Nothing.
    None,
    /// One byte is another one.
    Flip(usize),
    /// Everything is noise.
    Noise(usize),
    /// Nothing more comes.
    Cut(usize),
}

/// The server's side of a connection, damaged as it writes.
struct Damaged {
    under: TcpStream,
    damage: Damage,
    written: usize,
}

impl Damaged {
    /// What goes on the wire; `None` where the connection ends.
    fn damaged(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let begin = self.written;
        let mut bytes = bytes.to_vec();
        for (place, byte) in (begin..).zip(&mut bytes) {
            match self.damage {
                Damage::Flip(at) if place == at => *byte ^= 0xff,
                Damage::Noise(at) if place >= at => *byte = (place * 167 % 251).to_le_bytes()[0],
                _ => {}
            }
        }
        match self.damage {
            Damage::Cut(at) if begin >= at => None,
            Damage::Cut(at) => {
                bytes.truncate(at - begin);
                Some(bytes)
            }
            _ => Some(bytes),
        }
    }
}

impl AsyncRead for Damaged {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.under).poll_read(cx, buf)
    }
}

impl AsyncWrite for Damaged {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(damaged) = self.damaged(bytes).filter(|bytes| !bytes.is_empty()) else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let written = Pin::new(&mut self.under).poll_write(cx, &damaged);
        if let Poll::Ready(Ok(count)) = written {
            self.written += count;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.under).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.under).poll_shutdown(cx)
    }
}

/// A server, and the certificate it shows.
#[derive(Clone)]
struct Server {
    acceptor: TlsAcceptor,
    certificate: CertificateDer<'static>,
}

impl Server {
    fn new(version: &'static rustls::SupportedProtocolVersion) -> Self {
        let key = KeyPair::generate().expect("a key");
        let names = vec![HOST.to_owned()];
        let certificate = CertificateParams::new(names).expect("names").self_signed(&key);
        let certificate = certificate.expect("a certificate").der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])
            .expect("a version")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .expect("a key that fits");
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate }
    }

    /// What a client sees, and how much the server had to say.
    async fn seen(&self, damage: Damage) -> (Handshake, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let to = listener.local_addr().expect("an address");
        let acceptor = self.acceptor.clone();
        let server = async move {
            let (under, _) = listener.accept().await.expect("a connection");
            // Whether it comes about is the client's matter.
            let stream = acceptor.accept(Damaged { under, damage, written: 0 }).await;
            stream.map_or(0, |stream| stream.get_ref().0.written)
        };
        let client = async {
            let (tap, watch) = Tap::new(TcpStream::connect(to).await.expect("a connection"));
            let connect = Connect { failure: None, ..Connect::failed(to, None) };
            let mut seen = Handshake::of(connect, HOST);
            let now = Timestamp(time::OffsetDateTime::now_utc());
            let trust = TrustStore::of([self.certificate.to_vec()]);
            shake(&mut seen, (tap, &watch), LIMIT, &trust, now).await;
            seen
        };
        let (written, seen) = tokio::join!(server, client);
        (seen, written)
    }

    /// That no damage is taken for what it is not.
    fn assert_understood(&self, seen: &Handshake, damage: Damage, length: usize) {
        let told = format!("{damage:?} of {length}: {:?}, {:?}", seen.failure, seen.alert);
        if seen.completed() {
            // Parts of a record's head are not looked at (RFC 8446 section 5.1), and the tickets at
            // the end are not waited for.
            let is_behind = match damage {
                Damage::None | Damage::Flip(_) => true,
                Damage::Noise(at) | Damage::Cut(at) => at > length / 2,
            };
            assert!(is_behind && seen.proven(), "{told}");
            assert_eq!(seen.presented, [self.certificate.to_vec()], "{told}");
            return;
        }
        let kind = seen.failure.map(|failure| failure.kind);
        let known = [FailureKind::NotTheProtocol, FailureKind::ClosedEarly, FailureKind::NoAnswer];
        assert!(kind.is_some_and(|kind| known.contains(&kind)) && !seen.proven(), "{told}");
        // Where both sides came to other keys, the server cannot read the client's last word.
        assert!(matches!(seen.alert, None | Some(BAD_RECORD | DECRYPT_ERROR)), "{told}");
        assert!(seen.took_ms < 10_000.0, "{told}: {} ms", seen.took_ms);
    }
}

/// Every place of the first flight in one version, sixteen at a time.
async fn everywhere(version: &'static rustls::SupportedProtocolVersion) {
    let server = Server::new(version);
    let (seen, length) = server.seen(Damage::None).await;
    assert!(seen.proven() && length > 400, "{length} bytes: {seen:?}");
    let all = (0..length).flat_map(|at| [Damage::Flip(at), Damage::Noise(at), Damage::Cut(at)]);
    let mut running = JoinSet::new();
    for damage in all {
        if running.len() >= 16 {
            running.join_next().await.expect("there are some").expect("no panic");
        }
        let server = server.clone();
        running.spawn(async move {
            let (seen, _) = server.seen(damage).await;
            server.assert_understood(&seen, damage, length);
        });
    }
    while let Some(done) = running.join_next().await {
        done.expect("no panic");
    }
}

#[tokio::test]
async fn damage_at_every_place_of_tls_1_3_is_understood() {
    everywhere(&rustls::version::TLS13).await;
}

#[tokio::test]
async fn damage_at_every_place_of_tls_1_2_is_understood() {
    everywhere(&rustls::version::TLS12).await;
}
