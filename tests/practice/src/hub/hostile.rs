//! What a hostile or broken server sends: too slowly, without end, or in a shape that costs.
//!
//! Everything here ends when the client hangs up, and after [`ENOUGH`] or [`PATIENCE`] in any case.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

/// What is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hostile {
    /// A byte of nothing in particular now and then.
    Drip,
    /// Bytes of nothing in particular, as fast as they are taken.
    Garbage,
    /// TLS records without content, without end.
    EmptyRecords,
    /// TLS warnings, without end.
    Warnings,
    /// The head of an answer, a byte now and then.
    HeadDrip,
    /// Header lines without end.
    Headers,
    /// One header line without end.
    LongHeader,
    /// "Continue" (status 100), without end.
    Continues,
    /// A page, a byte now and then.
    BodyDrip,
    /// A page without end and without a length.
    Body,
    /// A page of a gigabyte, announced and sent.
    Gigabyte,
    /// A page in pieces of one byte, without end.
    TinyChunks,
    /// A piece of the largest size that can be written.
    HugeChunk,
    /// One piece whose description never ends.
    ChunkExtension,
    /// Header lines behind a page, without end.
    Trailers,
    /// A page of a megabyte that unpacks to a gigabyte.
    GzipBomb,
    /// As many and as long cookies as fit into a head.
    Cookies,
    /// A head and the beginning of a page, silence, and a flood once the client says goodbye.
    FloodAtGoodbye,
    /// A redirect to an address of sixty kilobytes.
    LongRedirect,
    /// A page, a redirect and headers full of what a terminal obeys and a browser runs.
    Names,
    /// The same in cookies and challenges.
    MoreNames,
    /// After an upgrade: pings without end.
    Pings,
    /// After an upgrade: one message in pieces, without end.
    Fragments,
    /// After an upgrade: a frame that announces more than there is memory.
    HugeFrame,
    /// After an upgrade: messages without end.
    Messages,
    /// After an upgrade: a frame, a byte now and then.
    FrameDrip,
    /// After an upgrade: messages and a goodbye full of what a terminal obeys and a browser runs.
    Words,
}

/// What a terminal obeys, what turns the direction of reading, and what a browser would run.
pub const PLANTED: &str = "\u{1b}]0;planted\u{7}\u{1b}[2J\u{9b}31m\u{202e}detnalp\u{2066}\u{200b}\
     <script>planted()</script><img src=x onerror=planted()>&lt;|`*_[x](javascript:planted)";

/// Nobody reads as much.
const ENOUGH: usize = 4 << 30;

/// Nobody waits as long.
const PATIENCE: Duration = Duration::from_mins(5);

/// Between two bytes. With this a head of 200 bytes takes half a minute.
const PAUSE: Duration = Duration::from_millis(150);

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

/// Sends it all. After an upgrade `accept` is the answer to the client's key.
pub(crate) async fn send<S>(mut stream: S, what: Hostile, accept: Option<&str>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let work = async {
        if let Some(accept) = accept {
            let head =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade";
            let head = format!("{head}\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
        }
        flow(&mut stream, what).await?;
        stream.flush().await?;
        // Until the client leaves: closing with unread bytes would cut what was sent.
        let mut ignored = [0; 4096];
        while stream.read(&mut ignored).await? > 0 {}
        io::Result::Ok(())
    };
    // The client may hang up at any time: that is what it should do.
    drop(timeout(PATIENCE, work).await);
}

async fn flow<S>(stream: &mut S, what: Hostile) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match what {
        Hostile::Drip => drip(stream, &[b'.'; 4096]).await,
        Hostile::Garbage => endless(stream, "", &noise()).await,
        Hostile::EmptyRecords => endless(stream, "", &[0x16, 3, 3, 0, 0].repeat(800)).await,
        Hostile::Warnings => endless(stream, "", &[0x15, 3, 3, 0, 2, 1, 90].repeat(600)).await,
        Hostile::HeadDrip => {
            drip(stream, format!("{OK}X-A: {}\r\n\r\n", "a".repeat(4096)).as_bytes()).await
        }
        Hostile::Headers => endless(stream, OK, b"X-A: b\r\n".repeat(500).as_slice()).await,
        Hostile::LongHeader => endless(stream, &format!("{OK}X-A: "), &[b'a'; 4096]).await,
        Hostile::Continues => {
            endless(stream, "", &b"HTTP/1.1 100 Continue\r\n\r\n".repeat(160)).await
        }
        Hostile::BodyDrip => {
            stream.write_all(format!("{OK}Content-Length: 4096\r\n\r\n").as_bytes()).await?;
            drip(stream, &[b'a'; 4096]).await
        }
        Hostile::Body => endless(stream, &format!("{OK}\r\n"), &[b'a'; 16 * 1024]).await,
        Hostile::Gigabyte => {
            stream.write_all(format!("{OK}Content-Length: {}\r\n\r\n", 1 << 30).as_bytes()).await?;
            for _ in 0..(1 << 30) / (64 * 1024) {
                stream.write_all(&vec![b'a'; 64 * 1024]).await?;
            }
            Ok(())
        }
        Hostile::TinyChunks => chunked(stream, "", &b"1\r\na\r\n".repeat(600)).await,
        Hostile::HugeChunk => chunked(stream, "FFFFFFFFFFFFFFFF\r\n", &[b'a'; 16 * 1024]).await,
        Hostile::ChunkExtension => chunked(stream, "1;a=", &[b'a'; 4096]).await,
        Hostile::Trailers => chunked(stream, "1\r\na\r\n0\r\n", &b"X-A: b\r\n".repeat(500)).await,
        Hostile::GzipBomb => {
            let bomb = gzip_bomb();
            let head =
                format!("{OK}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&bomb).await
        }
        Hostile::Cookies => {
            let one = format!("Set-Cookie: {}={}; Path=/\r\n", "n".repeat(500), "v".repeat(500));
            let head = format!("{OK}{}Content-Length: 0\r\n\r\n", one.repeat(58));
            stream.write_all(head.as_bytes()).await
        }
        Hostile::FloodAtGoodbye => flood_at_goodbye(stream).await,
        Hostile::LongRedirect => {
            let to = format!("/{}", "a".repeat(60_000));
            let head = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).await
        }
        Hostile::Names => stream.write_all(names().as_bytes()).await,
        Hostile::MoreNames => stream.write_all(more_names().as_bytes()).await,
        Hostile::Pings => endless(stream, "", &frame(0x89, b"planted")).await,
        Hostile::Fragments => {
            stream.write_all(&frame(0x01, &[b'a'; 100])).await?;
            endless(stream, "", &frame(0x00, &[b'a'; 4096])).await
        }
        Hostile::HugeFrame => {
            stream.write_all(&[0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).await?;
            endless(stream, "", &[b'a'; 16 * 1024]).await
        }
        Hostile::Messages => endless(stream, "", &frame(0x81, br#"{"method":"OnPlanted"}"#)).await,
        Hostile::FrameDrip => drip(stream, &frame(0x81, &[b'a'; 120])).await,
        Hostile::Words => {
            let topic = serde_json::json!({ "method": PLANTED, "params": {
                "message": PLANTED, "qSessionState": PLANTED, "severity": PLANTED,
                "loginUri": format!("https://hub.practice.test/{PLANTED}"), "mustAuthenticate": false,
            }});
            stream.write_all(&frame(0x81, topic.to_string().as_bytes())).await?;
            stream.write_all(&frame(0x81, PLANTED.as_bytes())).await?;
            let reason: String = PLANTED.chars().take(60).collect();
            stream.write_all(&frame(0x88, &[&[0x0f, 0xa0], reason.as_bytes()].concat())).await
        }
    }
}

async fn drip<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
        sleep(PAUSE).await;
    }
    Ok(())
}

async fn endless<S>(stream: &mut S, first: &str, again: &[u8]) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    stream.write_all(first.as_bytes()).await?;
    let block = again.repeat((16 * 1024_usize).div_ceil(again.len()));
    let mut sent = 0;
    while sent < ENOUGH {
        stream.write_all(&block).await?;
        sent += block.len();
    }
    Ok(())
}

async fn chunked<S: AsyncWrite + Unpin>(
    stream: &mut S,
    first: &str,
    again: &[u8],
) -> io::Result<()> {
    endless(stream, &format!("{OK}Transfer-Encoding: chunked\r\n\r\n{first}"), again).await
}

/// Silent until the client has ended its half, then as fast as it goes.
async fn flood_at_goodbye<S>(stream: &mut S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(format!("{OK}Content-Length: 4096\r\n\r\n<html>").as_bytes()).await?;
    stream.flush().await?;
    let mut ignored = [0; 4096];
    while stream.read(&mut ignored).await? > 0 {}
    endless(stream, "", &[b'a'; 16 * 1024]).await
}

/// HTTP forbids control characters in its lines; what is left goes there, the rest into the page.
fn names() -> String {
    let line: String = PLANTED.chars().filter(|c| !c.is_control()).collect();
    let page = format!(
        "<html><head><title>{PLANTED}</title></head><body>{PLANTED}<form method=post \
         action='/{line}'><input name='{line}'><input type=password name='p{line}'></form></body>"
    );
    format!(
        "HTTP/1.1 503 {line}\r\nServer: {line}\r\nVia: 1.1 {line}\r\nRetry-After: {line}\r\n\
         X-Squid-Error: {line}\r\nContent-Type: text/html; {line}\r\nContent-Length: {}\r\n\r\n{page}",
        page.len()
    )
}

fn more_names() -> String {
    let line: String = PLANTED.chars().filter(|c| !c.is_control()).collect();
    let one_word: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    format!(
        "HTTP/1.1 302 {line}\r\nLocation: https://{one_word}.practice.test/{line}?targetId=planted\r\n\
         Server: {line}\r\nSet-Cookie: {one_word}=1; Path=/{line}\r\nWWW-Authenticate: {line}\r\n\
         Strict-Transport-Security: {line}\r\nAge: {line}\r\nDate: {line}\r\nX-Iinfo: {line}\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

/// A frame of a server, which does not mask (RFC 6455 section 5.2).
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()).unwrap_or(u16::MAX) {
        short @ 0..126 => frame.push(u8::try_from(short).unwrap_or(0)),
        long => {
            frame.push(126);
            frame.extend(long.to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

/// Looks random and is the same in every run.
fn noise() -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(16 * 1024)
    .collect()
}

/// A gigabyte of zeros in one block of fixed codes (RFC 1951 section 3.2.6): a zero, then again and
/// again "258 bytes, one back", which is thirteen bits.
fn gzip_bomb() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(&[1, 1, 0]);
    bits.push(&[0, 0, 1, 1, 0, 0, 0, 0]);
    for _ in 0..(1 << 30) / 258 {
        bits.push(&[1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    }
    bits.push(&[0; 7]);
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bomb.extend(bits.bytes);
    // Whoever gets to the check of the length has unpacked it all.
    bomb.extend([0; 8]);
    bomb
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn push(&mut self, bits: &[u8]) {
        for bit in bits {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << (self.used % 8);
            }
            self.used += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_small_beside_what_is_in_it() {
        let bomb = gzip_bomb();
        assert!((6_000_000..8_000_000).contains(&bomb.len()), "{}", bomb.len());
    }

    #[test]
    fn a_frame_says_its_length() {
        assert_eq!(frame(0x81, b"ab"), [0x81, 2, b'a', b'b']);
        assert_eq!(frame(0x81, &[0; 300])[..4], [0x81, 126, 1, 44]);
    }
}
