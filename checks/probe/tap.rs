//! A TCP stream that remembers what passed through it, shared so that the kernel's view of it can
//! still be read after whatever used it was given up.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::{TcpState, os};

/// How much of the beginning of the answer is kept: enough to recognise another protocol.
const HEAD_KEPT: usize = 128;

/// A stream together with the record of what passed through it.
pub(crate) struct Tap {
    stream: Arc<TcpStream>,
    record: Arc<Mutex<Record>>,
}

/// What passed through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) head: Vec<u8>,
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

/// The view of a tapped stream from outside.
#[derive(Clone)]
pub(crate) struct Watch {
    stream: Arc<TcpStream>,
    record: Arc<Mutex<Record>>,
}

impl Tap {
    pub(crate) fn new(stream: TcpStream) -> (Self, Watch) {
        let stream = Arc::new(stream);
        let record = Arc::new(Mutex::new(Record::default()));
        (
            Self { stream: Arc::clone(&stream), record: Arc::clone(&record) },
            Watch { stream, record },
        )
    }

    fn note(&self, change: impl FnOnce(&mut Record)) {
        // A poisoned record is still a record: nothing in `change` can leave it half written.
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Watch {
    pub(crate) fn record(&self) -> Record {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn state(&self) -> Option<TcpState> {
        os::tcp_state(&self.stream)
    }

    /// Says goodbye on a connection that fell silent and tells whether a reset comes back: then
    /// nobody knows this connection any more, and silence was not mere slowness. Only for a
    /// stream that nobody reads from.
    pub(crate) async fn is_given_up(&self, limit: Duration) -> bool {
        if socket2::SockRef::from(&*self.stream).shutdown(std::net::Shutdown::Write).is_err() {
            return true;
        }
        let reset = async {
            let mut rest = [0; 4096];
            loop {
                if self.stream.readable().await.is_err() {
                    return true;
                }
                match self.stream.try_read(&mut rest) {
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
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read(buf.initialize_unfilled()) {
                Ok(n) => {
                    let new = &buf.initialize_unfilled()[..n];
                    self.note(|record| {
                        let room = HEAD_KEPT.saturating_sub(record.head.len());
                        record.head.extend_from_slice(&new[..n.min(room)]);
                        record.received += n as u64;
                    });
                    buf.advance(n);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_write(buf) {
                Ok(n) => {
                    self.note(|record| record.sent += n as u64);
                    return Poll::Ready(Ok(n));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(socket2::SockRef::from(&*self.stream).shutdown(std::net::Shutdown::Write))
    }
}
