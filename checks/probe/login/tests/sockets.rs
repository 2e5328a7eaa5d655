//! `WebSocket`, kind and hostile.

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::server::{Reply, Saw, Server};
use super::*;
use crate::{FailureKind, SocketEnd, SocketSeen, Upgrade, World as _};

const CREATED: &str =
    r#"{"jsonrpc":"2.0","method":"OnConnected","params":{"qSessionState":"SESSION_CREATED"}}"#;
const MUST: &str = r#"{"method":"OnAuthenticationInformation","params":{"mustAuthenticate":true,"loginUri":"https://hub.test/x?targetId=1"}}"#;

/// A frame of a server: not masked.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..126 => bytes.push(u8::try_from(short).expect("short")),
        long @ 126..65_536 => {
            bytes.push(126);
            bytes.extend_from_slice(&u16::try_from(long).expect("16 bits").to_be_bytes());
        }
        longer => {
            bytes.push(127);
            bytes.extend_from_slice(&(longer as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

fn text(payload: &str) -> Vec<u8> {
    frame(0x81, payload.as_bytes())
}

/// The answer to an upgrade, and what follows it.
fn saying(saw: &Saw, pieces: Vec<Vec<u8>>) -> Reply {
    let key = saw.header("sec-websocket-key").unwrap_or_default();
    Reply {
        raw: Some(pieces),
        lingers: true,
        ..Reply::of(101, "")
            .with("Connection", "Upgrade")
            .with("Upgrade", "websocket")
            .with("Sec-WebSocket-Accept", &derive_accept_key(key.as_bytes()))
    }
}

pub(super) fn upgraded(saw: &Saw) -> Reply {
    let other = r#"{"method":"OnAuthenticationInformation","params":{"mustAuthenticate":false}}"#;
    saying(saw, vec![text(other), text(CREATED)])
}

/// Repeats everything it was sent.
pub(super) fn echoing(saw: &Saw) -> Reply {
    let message =
        serde_json::json!({ "method": "OnConnected", "params": { "message": saw.whole() } });
    saying(saw, vec![text(&message.to_string())])
}

async fn open(answer: impl Fn(&Saw) -> Reply + Send + Sync + 'static) -> SocketSeen {
    let server = Server::start("hub.test", answer).await;
    let upgrade = Upgrade {
        request: request(&server, "/app/engineData"),
        session: None,
        prefix: None,
        listen: Duration::from_secs(2),
    };
    let begun = std::time::Instant::now();
    let seen = world().open_socket(&upgrade).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "bounded in time");
    assert!(seen.messages.len() <= 16, "bounded in number");
    seen
}

fn by(seen: &SocketSeen) -> Option<SocketEnd> {
    seen.closed.as_ref().map(|closed| closed.by)
}

#[tokio::test]
async fn an_anonymous_socket_says_where_to_log_in() {
    let seen = open(|saw| {
        assert!(saw.header("cookie").is_none() && saw.header("origin").is_some());
        saying(saw, vec![text(MUST)])
    })
    .await;
    assert!(seen.upgraded && seen.token.is_none());
    assert_eq!(seen.exchange.status, Some(101));
    let message = &seen.messages[0];
    assert_eq!(message.must_authenticate, Some(true));
    assert_eq!(message.login_host.as_deref(), Some("hub.test"));
    assert_eq!(by(&seen), Some(SocketEnd::Us), "nothing more is to be heard");
}

#[tokio::test]
async fn the_socket_of_a_session_has_its_token_its_cookie_and_the_prefix() {
    let server = Server::start("hub.test", |saw| match saw.path.as_str() {
        "/finance/qps/csrftoken" => Reply::of(204, "").with("qlik-csrf-token", TOKEN),
        path if path.starts_with("/finance/app") => upgraded(saw),
        _ => windows(saw, Mood::Accepts),
    })
    .await;
    let world = world();
    let session = world.log_in(&attempt(&server)).await.session;
    let upgrade = Upgrade {
        request: request(&server, "/finance/app/engineData"),
        session,
        prefix: Some("finance".to_owned()),
        listen: Duration::from_secs(2),
    };
    let seen = world.open_socket(&upgrade).await;
    assert!(seen.upgraded && seen.token_given, "{seen:?}");
    assert_eq!(seen.token.as_ref().and_then(|token| token.status), Some(204));
    let states: Vec<_> = seen.messages.iter().map(|m| m.session_state.as_deref()).collect();
    assert_eq!(states, [None, Some("SESSION_CREATED")]);
    let saw = server.saw().pop().expect("a request");
    assert!(saw.path.ends_with(&format!("?qlik-csrf-token={TOKEN}")), "{}", saw.path);
    assert!(saw.header("cookie").is_some_and(|cookie| cookie.contains(COOKIE)));
    assert_eq!(saw.header("origin"), Some(server.origin().as_str()));
}

#[tokio::test]
async fn an_answer_that_is_no_upgrade_is_read_like_any_other() {
    let seen = open(|_| Reply::of(403, "no token")).await;
    assert!(!seen.upgraded && seen.closed.is_none());
    assert_eq!((seen.exchange.status, seen.exchange.head.as_str()), (Some(403), "no token"));
    let nothing = open(|_| Reply { hangs_up: true, ..Reply::default() }).await;
    assert!(
        nothing.exchange.failure.is_some_and(|failure| failure.kind == FailureKind::ClosedEarly)
    );
}

/// Some devices answer 101 and know nothing of WebSocket.
#[tokio::test]
async fn an_upgrade_without_the_right_key_is_none() {
    let seen = open(|saw| {
        let mut reply = saying(saw, Vec::new());
        reply.headers.retain(|(name, _)| !name.starts_with("Sec"));
        reply
    })
    .await;
    assert_eq!((seen.upgraded, seen.exchange.status), (false, Some(101)));
    assert!(seen.exchange.failure.is_some());
}

#[tokio::test]
async fn how_it_was_closed_is_told() {
    let goodbye = [&1008_u16.to_be_bytes()[..], b"no licence"].concat();
    let seen = open(move |saw| saying(saw, vec![frame(0x88, &goodbye)])).await;
    let closed = seen.closed.expect("an end");
    assert_eq!((closed.by, closed.code), (SocketEnd::Server, Some(1008)));
    assert_eq!(closed.reason, "no licence");
    let cut = open(|saw| Reply { lingers: false, ..saying(saw, vec![text("hello")]) }).await;
    assert_eq!(by(&cut), Some(SocketEnd::Server));
    assert_eq!(cut.messages.len(), 1);
    let silent = open(|saw| saying(saw, Vec::new())).await;
    assert_eq!((by(&silent), silent.open_ms >= 2000.0), (Some(SocketEnd::Us), true));
}

#[tokio::test]
async fn floods_fragments_and_giants_are_bounded() {
    let flood = open(|saw| saying(saw, vec![text("x").repeat(20_000)])).await;
    assert_eq!((flood.messages.len(), by(&flood)), (16, Some(SocketEnd::Us)));
    let pings = open(|saw| saying(saw, vec![frame(0x89, b"ping").repeat(20_000)])).await;
    assert_eq!((pings.messages.len(), by(&pings)), (0, Some(SocketEnd::Us)));
    let giant = open(|saw| saying(saw, vec![frame(0x81, &vec![b'x'; 70_000])])).await;
    assert_eq!(giant.closed.map(|closed| closed.code), Some(Some(1009)));
    let pieces = [frame(0x01, b"x"), frame(0x00, &[b'x'; 1000]).repeat(1000)].concat();
    let fragments = open(move |saw| saying(saw, vec![pieces.clone()])).await;
    assert_eq!(fragments.closed.map(|closed| closed.code), Some(Some(1009)));
    let garbage = open(|saw| saying(saw, vec![vec![0xff; 10_000]])).await;
    assert_eq!(garbage.closed.map(|closed| closed.code), Some(Some(1002)));
    let endless = frame(0x81, &vec![b'x'; 60_000]);
    let slow = open(move |saw| saying(saw, vec![endless[..40_000].to_vec()])).await;
    assert_eq!(by(&slow), Some(SocketEnd::Us), "half a message is waited for no longer");
}
