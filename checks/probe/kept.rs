//! Connections that are handed on from one step to the next.
//!
//! A step leaves its open connection here, and the next step to the same place goes on with it, as
//! every program does: `tcp` opens it, `tls` shakes hands on it, `http` asks on it. Each step's times
//! are those measured on that connection. One that turns out to be dead when the next step uses it
//! (servers hang up on connections that wait) proves nothing: the step is taken again on a fresh
//! connection, and only that counts. One that stays silent is not: it has used up its time.
//!
//! Nothing secret ever goes over such a connection. Logins open their own, whose certificate is
//! compared before the first word; so do control probes, and whatever goes through a proxy.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::http::{self, Channel};
use crate::tap::{Tap, Watch};
use crate::tunnel::Line;
use crate::{
    Connect, Ending, Exchange, FailureKind, Handshake, Hello, Request, Scheme, millis, tcp, tls,
};

/// How long a connection is kept without being used. The strictest servers known hang up after
/// five seconds.
const KEPT_FOR: Duration = Duration::from_secs(4);

/// The time for a second connection to come about beside the first. It saves two round trips; one
/// that needs its SYN sent again saves nothing.
const SECOND_IN: Duration = Duration::from_millis(900);

/// The connections that wait for their next step.
#[derive(Default)]
pub(crate) struct Kept {
    waiting: Mutex<Waiting>,
    /// A connection came, or one that was under way will not come.
    moved: Notify,
}

#[derive(Default)]
struct Waiting {
    /// Nothing was said on them yet.
    plain: HashMap<SocketAddr, Vec<Plain>>,
    channels: HashMap<Place, Channels>,
}

struct Plain {
    host: String,
    connect: Connect,
    stream: TcpStream,
    since: Instant,
}

#[derive(Default)]
struct Channels {
    idle: Vec<(Channel, Instant)>,
    /// How many are under way.
    opening: usize,
}

/// Whom a connection leads to.
#[derive(Clone, Eq, Hash, PartialEq)]
struct Place {
    scheme: Scheme,
    host: String,
    to: SocketAddr,
}

impl Place {
    fn of(request: &Request) -> Self {
        Self { scheme: request.scheme, host: request.host.clone(), to: request.to }
    }

    fn of_hello(hello: &Hello) -> Self {
        Self { scheme: Scheme::Https, host: hello.server_name.clone(), to: hello.to }
    }
}

fn is_fresh(since: Instant) -> bool {
    since.elapsed() < KEPT_FOR
}

impl Kept {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Each change is one whole insertion or removal.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes what waits for a host whose examination is over.
    pub(crate) fn let_go(&self, host: &str) {
        let mut waiting = self.waiting();
        waiting.plain.retain(|_, plain| {
            plain.retain(|one| one.host != host && is_fresh(one.since));
            !plain.is_empty()
        });
        waiting.channels.retain(|place, channels| {
            channels.idle.retain(|(_, since)| place.host != host && is_fresh(*since));
            !channels.idle.is_empty() || channels.opening > 0
        });
    }

    fn keep_plain(&self, host: &str, connect: &Connect, stream: TcpStream) {
        let host = host.to_owned();
        let one = Plain { host, connect: connect.clone(), stream, since: Instant::now() };
        self.waiting().plain.entry(connect.to).or_default().push(one);
    }

    fn take_plain(&self, to: SocketAddr) -> Option<(Connect, TcpStream)> {
        let mut waiting = self.waiting();
        let found = waiting.plain.get_mut(&to)?;
        found.retain(|one| is_fresh(one.since));
        found.pop().map(|one| (one.connect, one.stream))
    }

    fn keep(&self, place: Place, channel: Channel) {
        if !channel.is_closed() {
            let mut waiting = self.waiting();
            let channels = waiting.channels.entry(place).or_default();
            channels.idle.push((channel, Instant::now()));
        }
        self.moved.notify_waiters();
    }

    /// A connection that is open already, or about to be.
    async fn take(&self, place: &Place) -> Option<Channel> {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            // Enabled before looking, so that nothing that moves meanwhile is missed.
            moved.as_mut().enable();
            match self.look(place) {
                Found::Idle(mut channel) => {
                    // What was read to its end is ready at once, or was closed.
                    if channel.is_open(SECOND_IN).await {
                        return Some(channel);
                    }
                }
                Found::Opening => moved.await,
                Found::Nothing => return None,
            }
        }
    }

    fn look(&self, place: &Place) -> Found {
        let mut waiting = self.waiting();
        let Some(channels) = waiting.channels.get_mut(place) else { return Found::Nothing };
        channels.idle.retain(|(channel, since)| is_fresh(*since) && !channel.is_closed());
        match (channels.idle.pop(), channels.opening) {
            (Some((channel, _)), _) => Found::Idle(channel),
            (None, 0) => Found::Nothing,
            (None, _) => Found::Opening,
        }
    }

    async fn leave_open(&self, hello: &Hello, stream: Option<(TlsStream<Tap>, Watch)>) {
        let Some((stream, watch)) = stream else { return };
        if let Some(channel) = Channel::on(stream, watch).await {
            self.keep(Place::of_hello(hello), channel);
        }
    }

    /// What is ready for a request to go out on.
    async fn ready_for(&self, request: &Request) -> Option<Channel> {
        let channel = self.take(&Place::of(request)).await;
        if channel.is_some() || request.scheme == Scheme::Https {
            return channel;
        }
        let (_, stream) = self.take_plain(request.to)?;
        let (tap, watch) = Tap::new(stream);
        Channel::on(tap, watch).await
    }
}

enum Found {
    Idle(Channel),
    Opening,
    Nothing,
}

/// A connection under way; however it ends, those who wait for it learn of it.
struct Opening {
    kept: Arc<Kept>,
    place: Place,
}

impl Opening {
    fn begin(kept: &Arc<Kept>, place: Place) -> Self {
        kept.waiting().channels.entry(place.clone()).or_default().opening += 1;
        Self { kept: Arc::clone(kept), place }
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(channels) = self.kept.waiting().channels.get_mut(&self.place) {
            channels.opening = channels.opening.saturating_sub(1);
        }
        self.kept.moved.notify_waiters();
    }
}

/// Opens a TCP connection and leaves it open for the next step towards `host`.
pub(crate) async fn connect(kept: &Kept, host: &str, to: SocketAddr, limit: Duration) -> Connect {
    let (connect, stream) = tcp::open(to, limit, None).await;
    if let Some(stream) = stream {
        kept.keep_plain(host, &connect, stream);
    }
    connect
}

/// Begins a second connection beside the first, with its handshake, for a request that will go
/// out beside another one. What comes of it is nobody's evidence.
pub(crate) fn second(kept: &Arc<Kept>, hello: &Hello) {
    let opening = Opening::begin(kept, Place::of_hello(hello));
    let hello = hello.clone();
    tokio::spawn(async move {
        let open = async {
            let (connect, stream) = tcp::open(hello.to, hello.connect_limit, None).await;
            let (tap, watch) = Tap::new(stream?);
            let mut seen = Handshake::of(connect, &hello.server_name);
            let stream = tls::shake_unjudged(&mut seen, (tap, &watch), hello.limit).await?;
            Channel::on(stream, watch).await
        };
        if let Ok(Some(channel)) = timeout(SECOND_IN, open).await {
            opening.kept.keep(opening.place.clone(), channel);
        }
    });
}

/// Shakes hands on the connection that the step before left open, if it did, and leaves its own
/// open for requests.
pub(crate) async fn handshake(kept: &Kept, hello: &Hello, line: Line<'_>) -> Handshake {
    if !hello.shares() {
        return tls::handshake(hello, line).await;
    }
    if let Some((connect, stream)) = kept.take_plain(hello.to) {
        let mut seen = Handshake::of(connect, &hello.server_name);
        let (tap, watch) = Tap::new(stream);
        let (trust, now) = (line.world.trust(), line.world.now());
        let stream = tls::shake(&mut seen, (tap, &watch), hello.limit, &trust, now).await;
        if !was_dead(&seen) {
            kept.leave_open(hello, stream.map(|stream| (stream, watch))).await;
            return seen;
        }
    }
    let (seen, stream) = tls::open(hello, line).await;
    kept.leave_open(hello, stream).await;
    seen
}

/// Whether the connection was given up while it waited: its end came, and nothing before it.
fn was_dead(seen: &Handshake) -> bool {
    let ended = seen.failure.is_some_and(|failure| is_end(failure.kind));
    ended && seen.received == 0
}

fn is_end(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::ClosedEarly | FailureKind::Reset)
}

/// Sends one request, over the connection that an earlier step left open if there is one.
pub(crate) async fn exchange(kept: &Kept, request: &Request, line: Line<'_>) -> Exchange {
    if !request.shares() {
        return http::exchange(request, line).await;
    }
    if let Some(channel) = kept.ready_for(request).await {
        let begun = Instant::now();
        let mut seen = Exchange::of(request, Ending::NoConnection);
        seen.reused = true;
        ask(kept, channel, &mut seen, request, line).await;
        if !was_hung_up(&seen) {
            seen.took_ms = millis(begun.elapsed());
            return seen;
        }
    }
    let begun = Instant::now();
    let mut seen = Exchange::of(request, Ending::NoConnection);
    if let Some(channel) = http::dial(&mut seen, request, line).await {
        ask(kept, channel, &mut seen, request, line).await;
    }
    seen.took_ms = millis(begun.elapsed());
    seen
}

async fn ask(
    kept: &Kept,
    mut channel: Channel,
    seen: &mut Exchange,
    request: &Request,
    line: Line<'_>,
) {
    let get = channel.get(request);
    channel.say(seen, get, request.answer_limit, line.world).await;
    if seen.ending == Ending::Complete {
        kept.keep(Place::of(request), channel);
    } else {
        channel.hang_up(seen).await;
    }
}

/// Whether the connection was given up while it waited: it ended instead of an answer, and no
/// alert says why.
fn was_hung_up(seen: &Exchange) -> bool {
    let ended = matches!(seen.ending, Ending::EmptyReply | Ending::CutOff);
    ended && seen.status.is_none() && seen.alert.is_none()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::tunnel::Logins;
    use crate::{ScriptedWorld, Timestamp};

    const LIMIT: Duration = Duration::from_secs(5);

    fn request(to: SocketAddr) -> Request {
        Request { hand_on: true, ..Request::plain(to, LIMIT) }
    }

    /// A server that hangs up on its first connections and then answers as often as it is asked on
    /// one. Tells how many connections it got.
    async fn server(hangs_up: usize) -> (SocketAddr, Arc<Mutex<usize>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let to = listener.local_addr().expect("an address");
        let taken = Arc::new(Mutex::new(0));
        let count = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let so_far = {
                    let mut count = count.lock().expect("nobody panics with it");
                    *count += 1;
                    *count
                };
                if so_far <= hangs_up {
                    continue;
                }
                tokio::spawn(async move {
                    let mut asked = [0; 1024];
                    while stream.read(&mut asked).await.is_ok_and(|n| n > 0) {
                        let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
                        stream.write_all(answer).await.expect("an open connection");
                    }
                });
            }
        });
        (to, taken)
    }

    async fn ask(kept: &Kept, to: SocketAddr) -> Exchange {
        let world = ScriptedWorld::at(Timestamp(time::OffsetDateTime::UNIX_EPOCH));
        let line = Line { world: &world, logins: &Logins::default(), sends_passwords: true };
        exchange(kept, &request(to), line).await
    }

    #[tokio::test]
    async fn one_connection_serves_every_step() {
        let (to, taken) = server(0).await;
        let kept = Kept::default();
        assert!(connect(&kept, "hub.test", to, LIMIT).await.succeeded());
        for _ in 0..3 {
            let seen = ask(&kept, to).await;
            assert_eq!((seen.status, seen.reused), (Some(204), true));
        }
        assert_eq!(*taken.lock().expect("nobody panics with it"), 1);
    }

    #[tokio::test]
    async fn of_a_connection_that_was_given_up_only_the_fresh_one_counts() {
        let (to, taken) = server(1).await;
        let kept = Kept::default();
        assert!(connect(&kept, "hub.test", to, LIMIT).await.succeeded());
        let seen = ask(&kept, to).await;
        assert_eq!((seen.status, seen.reused), (Some(204), false));
        assert_eq!(*taken.lock().expect("nobody panics with it"), 2);
    }

    #[tokio::test]
    async fn what_waits_for_a_host_is_closed_when_its_examination_is_over() {
        let (to, taken) = server(0).await;
        let kept = Kept::default();
        assert!(connect(&kept, "hub.test", to, LIMIT).await.succeeded());
        kept.let_go("hub.test");
        assert!(!ask(&kept, to).await.reused);
        assert_eq!(*taken.lock().expect("nobody panics with it"), 2);
    }

    #[tokio::test]
    async fn whoever_waits_for_a_second_connection_learns_that_it_does_not_come() {
        let (to, _) = server(usize::MAX).await;
        let kept = Arc::new(Kept::default());
        let place = Place { scheme: Scheme::Https, host: "hub.test".to_owned(), to };
        let opening = Opening::begin(&kept, place.clone());
        let waits = kept.take(&place);
        let gives_up = async {
            tokio::task::yield_now().await;
            drop(opening);
        };
        let (found, ()) = tokio::join!(waits, gives_up);
        assert!(found.is_none());
    }
}
