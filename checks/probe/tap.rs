//! A TCP stream that remembers what passed through it, shared so that the kernel's view of it can
//! still be read after whatever used it was given up.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::{TcpState, os};

/// How much of the beginning of the answer is kept: enough to recognise another protocol.
const HEAD_KEPT: usize = 128;

/// A stream together with the record of what passed through it.
pub(crate) struct Tap {
    under: Under,
    /// What was read before this record began: a server may speak as soon as a tunnel is open.
    waiting: Vec<u8>,
    record: Arc<Mutex<Record>>,
}

/// What carries the bytes.
pub(crate) enum Under {
    Tcp(Arc<TcpStream>),
    /// A proxy that is itself spoken to in TLS.
    Tls(Box<TlsStream<Tap>>),
}

/// What passed through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) head: Vec<u8>,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    /// How much may be received in all, where somebody set a limit.
    most: Option<u64>,
}

/// The view of a tapped stream from outside.
#[derive(Clone)]
pub(crate) struct Watch {
    /// `None` inside a tunnel: what the kernel counts there says of the proxy, not of the server.
    stream: Option<Arc<TcpStream>>,
    record: Arc<Mutex<Record>>,
}

impl Tap {
    pub(crate) fn new(stream: TcpStream) -> (Self, Watch) {
        let stream = Arc::new(stream);
        let record = Arc::new(Mutex::new(Record::default()));
        let under = Under::Tcp(Arc::clone(&stream));
        let tap = Self { under, waiting: Vec::new(), record: Arc::clone(&record) };
        (tap, Watch { stream: Some(stream), record })
    }

    /// The inside of a tunnel, with a record of its own.
    pub(crate) fn inside(under: Under, waiting: Vec<u8>) -> (Self, Watch) {
        let mut record = Record::default();
        record.note_received(&waiting);
        let record = Arc::new(Mutex::new(record));
        let tap = Self { under, waiting, record: Arc::clone(&record) };
        (tap, Watch { stream: None, record })
    }

    /// What carries the bytes, without the record.
    pub(crate) fn into_under(self) -> Under {
        self.under
    }

    fn note(&self, change: impl FnOnce(&mut Record)) {
        // A poisoned record is still a record: nothing in `change` can leave it half written.
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Record {
    fn note_received(&mut self, new: &[u8]) {
        let room = HEAD_KEPT.saturating_sub(self.head.len());
        self.head.extend_from_slice(&new[..new.len().min(room)]);
        self.received += new.len() as u64;
    }

    fn is_flood(&self) -> bool {
        self.most.is_some_and(|most| self.received > most)
    }
}

impl Watch {
    /// A view of a stream that is none.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of_nothing() -> Self {
        Self { stream: None, record: Arc::new(Mutex::new(Record::default())) }
    }

    pub(crate) fn record(&self) -> Record {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets this much more be received, and then breaks the stream: what is never stored costs time
    /// all the same. `None` lifts the limit.
    pub(crate) fn allow(&self, more: Option<u64>) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.most = more.map(|more| record.received + more);
    }

    /// Whether more came than was allowed.
    pub(crate) fn is_flooded(&self) -> bool {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).is_flood()
    }

    pub(crate) fn state(&self) -> Option<TcpState> {
        os::tcp_state(self.stream.as_ref()?)
    }

    /// Says goodbye on a connection that fell silent and tells whether a reset comes back: then
    /// nobody knows this connection any more, and silence was not mere slowness. Only for a
    /// stream that nobody reads from.
    pub(crate) async fn is_given_up(&self, limit: Duration) -> bool {
        // Inside a tunnel it is the proxy that would answer.
        let Some(stream) = &self.stream else { return false };
        if socket2::SockRef::from(&**stream).shutdown(std::net::Shutdown::Write).is_err() {
            return true;
        }
        let reset = async {
            let mut rest = [0; 4096];
            let end = tokio::time::Instant::now() + limit;
            loop {
                // A flood is never waited for, so the limit around this would never be looked at.
                if tokio::time::Instant::now() >= end {
                    return false;
                }
                if stream.readable().await.is_err() {
                    return true;
                }
                match stream.try_read(&mut rest) {
                    Ok(0) => return false,
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return true,
                }
            }
        };
        tokio::time::timeout(limit, reset).await.unwrap_or(false)
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.waiting.is_empty() {
            let n = self.waiting.len().min(buf.remaining());
            let now: Vec<u8> = self.waiting.drain(..n).collect();
            buf.put_slice(&now);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        match &mut self.under {
            Under::Tcp(stream) => ready!(read_tcp(stream, cx, buf))?,
            Under::Tls(stream) => ready!(Pin::new(stream).poll_read(cx, buf))?,
        }
        let new = &buf.filled()[before..];
        let mut is_flood = false;
        self.note(|record| {
            record.note_received(new);
            is_flood = record.is_flood();
        });
        Poll::Ready(if is_flood { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) })
    }
}

fn read_tcp(
    stream: &TcpStream,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    loop {
        ready!(stream.poll_read_ready(cx))?;
        match stream.try_read(buf.initialize_unfilled()) {
            Ok(n) => {
                buf.advance(n);
                return Poll::Ready(Ok(()));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
}

fn write_tcp(stream: &TcpStream, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(cx))?;
        match stream.try_write(buf) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return Poll::Ready(done),
        }
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let n = match &mut self.under {
            Under::Tcp(stream) => ready!(write_tcp(stream, cx, buf))?,
            Under::Tls(stream) => ready!(Pin::new(stream).poll_write(cx, buf))?,
        };
        self.note(|record| record.sent += n as u64);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.under {
            Under::Tcp(_) => Poll::Ready(Ok(())),
            Under::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.under {
            Under::Tcp(stream) => {
                Poll::Ready(socket2::SockRef::from(&**stream).shutdown(std::net::Shutdown::Write))
            }
            Under::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever floods a connection after the goodbye must not hold us: nothing in the loop waits.
    #[tokio::test]
    async fn a_flood_after_the_goodbye_ends_with_the_limit() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let to = listener.local_addr().expect("an address");
        let server = std::thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).expect("a goodbye");
            let block = vec![b'x'; 1 << 20];
            // Until the other side leaves, and no longer than a test may take.
            let end = std::time::Instant::now() + Duration::from_secs(20);
            while std::time::Instant::now() < end && stream.write_all(&block).is_ok() {}
        });
        let (tap, watch) = Tap::new(TcpStream::connect(to).await.expect("a connection"));
        drop(tap);
        let begun = std::time::Instant::now();
        assert!(!watch.is_given_up(Duration::from_millis(200)).await);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        drop(watch);
        server.join().expect("the server ends");
    }
}
