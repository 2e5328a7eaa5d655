//! Faults below HTTP: ports that do not connect, and connections that do not speak TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{close, hostile, listen_only};
use crate::behaviour::Port;

/// A connection on loopback takes microseconds; one that takes this long is not being answered.
pub(super) const SILENCE: Duration = Duration::from_millis(200);

/// Linux needs one connection to fill a queue of length 0; others round the length up.
const FILLERS: usize = 64;

/// A port that nobody accepts connections on, kept so that no other program gets it.
pub(super) struct Reserved {
    socket: Socket,
    _fillers: Vec<TcpStream>,
}

impl Reserved {
    /// Bound without listening, so that the system itself refuses every connection.
    pub(super) fn refusing(ip: IpAddr) -> io::Result<Self> {
        Ok(Self { socket: bound(ip)?, _fillers: Vec::new() })
    }

    /// Listening with the shortest queue, which our own connections fill.
    pub(super) async fn silent(ip: IpAddr) -> io::Result<Self> {
        let socket = bound(ip)?;
        socket.listen(0)?;
        let address = address_of(&socket)?;
        let mut fillers = Vec::new();
        while fillers.len() < FILLERS {
            match timeout(SILENCE, TcpStream::connect(address)).await {
                Ok(stream) => fillers.push(stream?),
                Err(_) => break,
            }
        }
        Ok(Self { socket, _fillers: fillers })
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        address_of(&self.socket)
    }
}

fn bound(ip: IpAddr) -> io::Result<Socket> {
    let address = SocketAddr::new(ip, 0);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn address_of(socket: &Socket) -> io::Result<SocketAddr> {
    let address = socket.local_addr()?.as_socket();
    Ok(address.expect("bound to an internet address above"))
}

/// Does to an accepted connection what the port's fault asks for.
pub(super) async fn misbehave(mut stream: TcpStream, fault: Port) -> io::Result<()> {
    match fault {
        // The first two accept nothing, the others never come here.
        Port::Silent | Port::Refused | Port::Open | Port::RefusesName => {}
        Port::Hostile(what) => {
            read_hello(&mut stream).await?;
            hostile::send(stream, what, None).await;
        }
        Port::Mute => listen_only(&mut stream).await,
        Port::ClosesAtAccept => close(&mut stream).await,
        Port::ResetsAtAccept => reset(&stream)?,
        Port::ClosesAfterHello => {
            read_hello(&mut stream).await?;
            close(&mut stream).await;
        }
        Port::ResetsAfterHello => {
            read_hello(&mut stream).await?;
            reset(&stream)?;
        }
        Port::Alert(number) => {
            read_hello(&mut stream).await?;
            stream.write_all(&alert(number)).await?;
            close(&mut stream).await;
        }
        Port::HalfServerHello => {
            read_hello(&mut stream).await?;
            stream.write_all(&half_server_hello()).await?;
            listen_only(&mut stream).await;
        }
        Port::SshBanner => {
            stream.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n").await?;
            listen_only(&mut stream).await;
        }
    }
    Ok(())
}

/// Dropping the stream then sends RST instead of FIN.
fn reset(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// Reads the whole first record: unread bytes would turn a later close into a reset.
async fn read_hello(stream: &mut TcpStream) -> io::Result<()> {
    let mut header = [0; 5];
    stream.read_exact(&mut header).await?;
    let mut record = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
    stream.read_exact(&mut record).await?;
    Ok(())
}

/// One record of type alert, TLS 1.2, level fatal.
pub(super) fn alert(number: u8) -> [u8; 7] {
    [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, number]
}

/// Announces a `ServerHello` of 118 bytes and stops after half of them.
fn half_server_hello() -> Vec<u8> {
    let mut bytes = vec![0x16, 0x03, 0x03, 0x00, 0x7a, 0x02, 0x00, 0x00, 0x76, 0x03, 0x03];
    bytes.resize(64, 0x5a);
    bytes
}
