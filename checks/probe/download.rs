//! Small documents over plain HTTP, which certificates name: issuers, revocation lists and answers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Failure, FailureKind, Operation, ProxyAddress, millis};

/// The most of a document that is read (a large company's revocation list).
pub(crate) const FETCH_LIMIT: usize = 1024 * 1024;

/// How much of a URL is kept.
const URL_KEPT: usize = 512;

/// A small document to fetch over plain HTTP.
#[derive(Clone, Debug)]
pub struct Download {
    /// The URL.
    pub url: String,
    /// The proxy on the way. No name and no password is sent to it.
    pub via: Option<ProxyAddress>,
    /// The time allowed for everything.
    pub limit: Duration,
}

impl Download {
    /// A download that came to nothing before anything was sent.
    pub(crate) fn refused(&self, kind: FailureKind) -> Fetch {
        Fetch {
            url: self.url.chars().take(URL_KEPT).collect(),
            status: None,
            failure: Some(Failure::of(Operation::Fetch, kind)),
            body: Vec::new(),
            took_ms: 0.0,
        }
    }
}

/// What came of fetching a document.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Fetch {
    /// The URL.
    pub url: String,
    /// The status, if an answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there is no document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The document.
    #[serde(skip)]
    pub body: Vec<u8>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

/// Fetches a document with plain HTTP, without redirects.
///
/// `addresses` are those the name was resolved to, already judged by the address policy; with a
/// proxy it is the proxy that looks the name up.
pub(crate) async fn fetch(download: &Download, host: &str, addresses: &[SocketAddr]) -> Fetch {
    let begun = Instant::now();
    let mut seen = Fetch { failure: None, ..download.refused(FailureKind::Unknown) };
    let work = take(download, host, addresses, &mut seen);
    let ended = tokio::time::timeout(download.limit, work).await;
    seen.failure = match ended {
        Ok(ended) => ended.err(),
        Err(_) => Some(Failure::of(Operation::Fetch, FailureKind::NoAnswer)),
    };
    if seen.failure.is_some() || seen.status != Some(200) {
        seen.body = Vec::new();
    }
    seen.took_ms = millis(begun.elapsed());
    seen
}

async fn take(
    download: &Download,
    host: &str,
    addresses: &[SocketAddr],
    seen: &mut Fetch,
) -> Result<(), Failure> {
    let failed = |kind| Failure::of(Operation::Fetch, kind);
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .resolve_to_addrs(host, addresses);
    let client = match &download.via {
        Some(proxy) => client.proxy(reqwest::Proxy::http(proxy.to_string()).map_err(of_request)?),
        None => client,
    };
    let client = client.build().map_err(|_| failed(FailureKind::Invalid))?;
    let mut response = client.get(&download.url).send().await.map_err(of_request)?;
    seen.status = Some(response.status().as_u16());
    while let Some(chunk) = response.chunk().await.map_err(of_request)? {
        if seen.body.len() + chunk.len() > FETCH_LIMIT {
            return Err(failed(FailureKind::Invalid));
        }
        seen.body.extend_from_slice(&chunk);
    }
    Ok(())
}

/// The system's own error within, by its type; else what came was no HTTP.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn of_request(error: reqwest::Error) -> Failure {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(one) = inner {
        if let Some(io) = one.downcast_ref::<std::io::Error>() {
            return Failure::from_io(Operation::Fetch, io);
        }
        inner = one.source();
    }
    Failure::of(Operation::Fetch, FailureKind::NotTheProtocol)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    // Under wine a megabyte alone takes longer than the others' whole answer.
    const LIMIT: Duration = Duration::from_millis(if cfg!(windows) { 5000 } else { 400 });

    /// A server that answers once, by `answer`; and what it was sent.
    async fn fetched<F: Future<Output = ()> + Send + 'static>(
        through: bool,
        answer: impl FnOnce(TcpStream) -> F + Send + 'static,
    ) -> (Fetch, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let to = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.expect("a request");
            request.truncate(read);
            tokio::spawn(answer(stream));
            String::from_utf8(request).expect("text")
        });
        let proxy = ProxyAddress {
            scheme: crate::ProxyScheme::Http,
            host: to.ip().to_string(),
            port: to.port(),
            login: false,
        };
        let via = through.then_some(proxy);
        let host = "pki.test";
        let port = if through { 80 } else { to.port() };
        let download = Download { url: format!("http://{host}:{port}/ca.crl"), via, limit: LIMIT };
        let addresses = if through { Vec::new() } else { vec![to] };
        let seen = fetch(&download, host, &addresses).await;
        (seen, server.await.expect("a request was made"))
    }

    async fn say(mut stream: TcpStream, text: &[u8]) {
        // The other side may have hung up already.
        let _gone = stream.write_all(text).await;
    }

    fn kind(seen: &Fetch) -> Option<FailureKind> {
        seen.failure.map(|failure| failure.kind)
    }

    #[tokio::test]
    async fn a_document_comes_whole_or_not_at_all() {
        let (seen, _) = fetched(false, async |stream| {
            say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").await;
        })
        .await;
        assert_eq!(
            (seen.status, seen.body.as_slice(), seen.failure),
            (Some(200), &b"abc"[..], None)
        );
        let (seen, _) = fetched(false, async |stream| {
            say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await;
        })
        .await;
        assert!(seen.failure.is_some() && seen.body.is_empty(), "{seen:?}");
        let (seen, _) = fetched(false, async |stream| {
            say(stream, b"HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc").await;
        })
        .await;
        assert_eq!((seen.status, seen.body.len(), seen.failure), (Some(404), 0, None));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_no_missing_answer() {
        let (seen, _) = fetched(false, async |mut stream| {
            let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            for _ in 0..1000 {
                let _gone = stream.write_all(b"x").await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        assert_eq!((seen.status, kind(&seen)), (Some(200), Some(FailureKind::NoAnswer)));
        assert!(seen.body.is_empty());
    }

    /// What is packed stays packed, and a redirect leads nowhere.
    #[tokio::test]
    async fn a_head_that_never_ends_is_no_document() {
        for line in [&b"X-A: b\r\n"[..], b"HTTP/1.1 100 Continue\r\n\r\n", b"X-A: b"] {
            let (seen, _) = fetched(false, async move |mut stream| {
                let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
                let block = line.repeat(2000);
                while stream.write_all(&block).await.is_ok() {}
            })
            .await;
            assert!(seen.failure.is_some() && seen.body.is_empty(), "{seen:?}");
            assert!(seen.took_ms < 5000.0, "{}", seen.took_ms);
        }
        let (seen, _) = fetched(false, async |stream| {
            let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n";
            say(stream, &[&head[..], &[0x1f, 0x8b, 8, 0]].concat()).await;
        })
        .await;
        assert_eq!(seen.body, [0x1f, 0x8b, 8, 0], "{seen:?}");
        let (seen, _) = fetched(false, async |stream| {
            say(stream, b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n").await;
        })
        .await;
        assert_eq!((seen.status, seen.body.len(), seen.failure), (Some(302), 0, None));
    }

    #[tokio::test]
    async fn no_more_than_the_limit_is_read() {
        let (seen, _) = fetched(false, async |mut stream| {
            let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let block = vec![0; 64 * 1024];
            for _ in 0..64 {
                let _gone = stream.write_all(&block).await;
            }
        })
        .await;
        assert_eq!((seen.status, kind(&seen)), (Some(200), Some(FailureKind::Invalid)));
        assert!(seen.body.is_empty());
    }

    #[tokio::test]
    async fn what_is_no_http_and_who_hangs_up_are_told_apart() {
        let (seen, _) =
            fetched(false, async |stream| say(stream, b"SSH-2.0-x\r\n\r\n").await).await;
        assert_eq!(kind(&seen), Some(FailureKind::NotTheProtocol));
        let (seen, _) = fetched(false, async |stream| {
            tokio::time::sleep(LIMIT * 2).await;
            drop(stream);
        })
        .await;
        assert_eq!((seen.status, kind(&seen)), (None, Some(FailureKind::NoAnswer)));
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_the_whole_address_and_told_no_password() {
        let (seen, request) = fetched(true, async |stream| {
            say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").await;
        })
        .await;
        assert_eq!(seen.body, b"abc");
        assert!(request.starts_with("GET http://pki.test/ca.crl HTTP/1.1"), "{request}");
        assert!(!request.to_lowercase().contains("authorization"), "{request}");
    }
}
