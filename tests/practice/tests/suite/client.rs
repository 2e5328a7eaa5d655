//! A client that shares nothing with the hubs: hyper for HTTP, rustls for TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hublink_practice::{Behaviour, Hub, World};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) practice";

/// An answer with its body read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
            .to_str()
            .expect("practice headers are ASCII")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the answer is JSON")
    }
}

pub(crate) async fn world() -> World {
    World::start(OffsetDateTime::now_utc()).await.expect("loopback has free ports")
}

pub(crate) async fn hub(world: &World, name: &str, behaviour: Behaviour) -> Arc<Hub> {
    world.hub(name, behaviour).await.expect("loopback has free ports")
}

pub(crate) async fn tls(world: &World, hub: &Hub) -> std::io::Result<TlsStream<TcpStream>> {
    tls_for(world, hub.address(), hub.name()).await
}

pub(crate) async fn tls_for(
    world: &World,
    address: SocketAddr,
    name: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(world.pki().root_der()).expect("the practice root is a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).expect("hub names are DNS names");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// One HTTP connection.
pub(crate) struct Browser {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Browser {
    pub(crate) async fn https(world: &World, hub: &Hub) -> Self {
        let stream = tls(world, hub).await.expect("the certificate is good");
        Self::over(stream, hub).await
    }

    pub(crate) async fn http(hub: &Hub) -> Self {
        let stream = TcpStream::connect(hub.address()).await.expect("the port is open");
        Self::over(stream, hub).await
    }

    async fn over<S>(stream: S, hub: &Hub) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .expect("an HTTP/1.1 client needs nothing from the server yet");
        // Ends with the sender; a broken connection shows in the request's own error.
        tokio::spawn(async move { drop(connection.await) });
        Self { sender, host: format!("{}:{}", hub.name(), hub.address().port()) }
    }

    pub(crate) async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", path, headers, "").await.expect("an answer")
    }

    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> hyper::Result<Answer> {
        let mut request = Request::builder().method(method).uri(path).header("Host", &self.host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body.to_owned())))
            .expect("tests ask for valid paths");
        let (parts, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// Whether the server ended the connection.
    pub(crate) async fn ended(&mut self) -> bool {
        self.sender.ready().await.is_err()
    }
}

/// Path and query of an absolute address.
pub(crate) fn path_of(location: &str) -> String {
    let url = url::Url::parse(location).expect("an absolute address");
    url[url::Position::BeforePath..].to_owned()
}
