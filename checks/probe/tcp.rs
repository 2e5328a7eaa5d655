//! TCP: does the port answer, how fast, and if not, who says no.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::{Failure, FailureKind, Operation, millis, os};

/// What came of one attempt to connect.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Connect {
    /// Where to.
    pub to: SocketAddr,
    /// This computer's own address for the attempt, if the system had chosen one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// Why there is no connection; `None` if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The ICMP message that ended the attempt, where the system tells (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icmp: Option<Icmp>,
    /// The kernel's view of the connection at the end of the attempt, where it tells (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TcpState>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

impl Connect {
    /// An attempt that came to nothing before there was an address to connect to.
    pub(crate) fn failed(to: SocketAddr, failure: Option<Failure>) -> Self {
        Self { to, from: None, failure, icmp: None, state: None, took_ms: 0.0 }
    }

    /// Whether a connection came about.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.failure.is_none()
    }

    /// The kind of failure, if it failed.
    #[must_use]
    pub fn kind(&self) -> Option<FailureKind> {
        self.failure.map(|failure| failure.kind)
    }
}

/// An ICMP error as the socket's error queue holds it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Icmp {
    /// Whether it is `ICMPv6`, whose types and codes differ.
    pub v6: bool,
    /// The type.
    #[serde(rename = "type")]
    pub kind: u8,
    /// The code.
    pub code: u8,
    /// Who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<IpAddr>,
}

/// What the kernel knows of a connection.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct TcpState {
    /// Retransmissions of the segment now under way; of the SYN while connecting.
    pub retransmits: u32,
    /// Retransmissions in all.
    pub total_retransmits: u32,
    /// Segments sent and not acknowledged.
    pub unacknowledged: u32,
    /// Bytes the far end acknowledged. The SYN counts as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_acknowledged: Option<u64>,
    /// Bytes received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_received: Option<u64>,
    /// The smoothed round trip, in microseconds.
    pub round_trip_us: u32,
}

/// How a socket differs from an ordinary one.
#[derive(Clone, Copy)]
struct Manner {
    /// The largest segment to send and ask for, in bytes.
    segment: Option<u16>,
    /// Whether a single SYN is sent, as far as the system lets us choose.
    one_syn: bool,
}

/// The time after which systems send a SYN again. Within it a refusal has to be taken at its first
/// word, which Windows does only if it is told to.
const NEXT_SYN: Duration = Duration::from_secs(1);

/// Connects; the stream is kept for the probes that build on it.
pub(crate) async fn open(
    to: SocketAddr,
    limit: Duration,
    segment: Option<u16>,
) -> (Connect, Option<TcpStream>) {
    attempt(to, limit, Manner { segment, one_syn: limit <= NEXT_SYN }).await
}

async fn attempt(to: SocketAddr, limit: Duration, manner: Manner) -> (Connect, Option<TcpStream>) {
    let begun = Instant::now();
    if to.ip().is_unspecified() {
        // Systems take it for this computer itself. It stands where only a proxy knows the address.
        let invalid = Failure::of(Operation::Connect, FailureKind::Invalid);
        return (Connect::failed(to, Some(invalid)), None);
    }
    let stream = match begin(to, manner) {
        Ok(stream) => stream,
        Err(error) => {
            let failure = Some(Failure::from_io(Operation::Connect, &error));
            let took_ms = millis(begun.elapsed());
            return (Connect { to, from: None, failure, icmp: None, state: None, took_ms }, None);
        }
    };
    let outcome = timeout(limit, finish(&stream)).await;
    let failure = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(Failure::from_io(Operation::Connect, &error)),
        Err(_) => Some(Failure::of(Operation::Connect, FailureKind::NoAnswer)),
    };
    let connect = Connect {
        to,
        from: own_address(&stream),
        failure,
        icmp: failure.and_then(|_| os::icmp_error(&stream)),
        state: os::tcp_state(&stream),
        took_ms: millis(begun.elapsed()),
    };
    (connect, failure.is_none().then_some(stream))
}

/// Connects one after the other on a thread and a runtime of its own, so that times tell distances.
/// If the thread cannot be had, nothing was measured; nor is it where the system takes its time over
/// a refusal (old versions of Windows). Silence says nothing here: the SYN is sent only once.
pub(crate) async fn quietly(to: Vec<SocketAddr>, limit: Duration) -> Vec<Connect> {
    if !to.first().is_some_and(|&to| stream_socket(to).is_ok_and(|one| os::refuse_at_once(&one))) {
        return Vec::new();
    }
    let (send, done) = tokio::sync::oneshot::channel();
    let work = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return;
        };
        let manner = Manner { segment: None, one_syn: true };
        let seen = runtime.block_on(async {
            let mut seen = Vec::with_capacity(to.len());
            for address in to {
                seen.push(attempt(address, limit, manner).await.0);
            }
            seen
        });
        // Nobody waits for it any more once the run is over.
        drop(send.send(seen));
    };
    match std::thread::Builder::new().name("quiet connect".into()).spawn(work) {
        Ok(_) => done.await.unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// The address the system chose for this side; it is what tells a local firewall's rejection from
/// a router's.
fn own_address(stream: &TcpStream) -> Option<IpAddr> {
    let address = stream.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}

/// Starts connecting. The socket must exist before, so that the kernel keeps ICMP errors.
fn begin(to: SocketAddr, manner: Manner) -> std::io::Result<TcpStream> {
    let socket = stream_socket(to)?;
    socket.set_nonblocking(true)?;
    os::keep_icmp_errors(&socket, to.is_ipv6());
    // A request in two pieces would otherwise wait 40 ms for the first one's acknowledgement.
    socket.set_tcp_nodelay(true)?;
    #[cfg(unix)]
    if let Some(segment) = manner.segment {
        socket.set_tcp_mss(segment.into())?;
    }
    // Windows does not let segments be made smaller.
    #[cfg(not(unix))]
    let _ = manner.segment;
    if manner.one_syn {
        // Where it is not possible the attempt only takes longer.
        os::refuse_at_once(&socket);
    }
    match socket.connect(&to.into()) {
        Ok(()) => {}
        Err(error) if in_progress(&error) => {}
        Err(error) => return Err(error),
    }
    TcpStream::from_std(socket.into())
}

fn stream_socket(to: SocketAddr) -> std::io::Result<Socket> {
    Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))
}

async fn finish(stream: &TcpStream) -> std::io::Result<()> {
    stream.writable().await?;
    match stream.take_error()? {
        Some(error) => Err(error),
        None => stream.peer_addr().map(drop),
    }
}

fn in_progress(error: &std::io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::EINPROGRESS) {
        return true;
    }
    error.kind() == std::io::ErrorKind::WouldBlock
}
