//! The WebSocket of a hub, which carries the truth about session and licence.
//!
//! The request for it is an ordinary one, so that an answer that is no upgrade is read like any
//! other; only after a 101 the connection is handed over.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use hyper::Method;
use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::time::{Instant as Deadline, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use url::Url;
use zeroize::Zeroizing;

use super::desk::{Desk, Session, held_open};
use super::guard::{Guarded, Letter};
use super::session::{barred, send, signed, url_of, with_parameter};
use crate::http::{Answer, dial, mask_one_time};
use crate::tls::printable;
use crate::tunnel::Line;
use crate::{
    Ending, Exchange, Failure, FailureKind, Operation, Request, SocketClose, SocketEnd,
    SocketMessage, SocketSeen, Upgrade, millis,
};

/// The header in which the hub gives the token against foreign pages.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("qlik-csrf-token");

/// The longest token that is sent along.
const TOKEN_LIMIT: usize = 512;

/// The longest message. Those of a hub's session have a few hundred bytes.
const MESSAGE_LIMIT: usize = 64 * 1024;

/// The most messages that are kept.
const MESSAGES_KEPT: usize = 16;

/// The most frames that are read, pings and the like included: a flood is no conversation.
const FRAMES_READ: usize = 256;

/// The longest a socket is listened to, whatever the caller allows.
const LISTEN_LIMIT: Duration = Duration::from_mins(1);

/// The time for saying goodbye.
const GOODBYE: Duration = Duration::from_millis(500);

/// How much of a topic or a state is kept, in bytes.
const NAME_KEPT: usize = 64;

/// The longest host that is kept, in bytes.
const HOST_KEPT: usize = 255;

/// How much of a text is kept, in characters.
const TEXT_KEPT: usize = 120;

/// Opens a WebSocket and listens.
pub(crate) async fn open(desk: &Desk, upgrade: &Upgrade, line: Line<'_>) -> SocketSeen {
    let session = match upgrade.session.map(|id| desk.session(id)) {
        None => None,
        Some(Some(session)) => Some(session),
        Some(None) => return SocketSeen::of(barred(&upgrade.request)),
    };
    let mut request = upgrade.request.clone();
    let mut fetched = None;
    let mut token_given = false;
    if let Some(session) = &session {
        let (seen, token) = token(session, upgrade, line).await;
        token_given = token.is_some();
        fetched = Some(Box::new(seen));
        if let Some(token) = token {
            request.path = with_parameter(&request.path, TOKEN_HEADER.as_str(), &token);
        }
    }
    let mut seen = talk(&request, session.as_deref(), upgrade.listen, line).await;
    (seen.token, seen.token_given) = (fetched, token_given);
    seen
}

/// The token without which an upgrade is refused since November 2024.
async fn token(
    session: &Session,
    upgrade: &Upgrade,
    line: Line<'_>,
) -> (Exchange, Option<Zeroizing<String>>) {
    let prefix = upgrade.prefix.as_ref().map(|prefix| format!("/{prefix}")).unwrap_or_default();
    let path = format!("{prefix}/qps/csrftoken");
    let request = Request { path, ..upgrade.request.clone() };
    let (mut seen, headers) = send(session, &request, (Method::GET, false), line).await;
    let token = headers.get(TOKEN_HEADER).and_then(|value| value.to_str().ok());
    // It stands in a query: nothing that would end the parameter may be in it.
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let token = token.filter(|token| {
        !token.is_empty() && token.len() <= TOKEN_LIMIT && token.chars().all(is_safe)
    });
    let token = token.map(|token| Zeroizing::new(token.to_owned()));
    if let Some(token) = &token {
        let mut known = held_open(&session.known);
        known.add(token);
        known.clean_answer(&mut seen);
    }
    (seen, token)
}

async fn talk(
    request: &Request,
    session: Option<&Session>,
    listen: Duration,
    line: Line<'_>,
) -> SocketSeen {
    let begun = Instant::now();
    let mut exchange = Exchange::of(request, Ending::NoConnection);
    let key = key(line);
    let answer = ask(&mut exchange, request, session, &key, line).await;
    let (headers, on) = match answer {
        Some(Answer { headers, upgraded }) => (headers, upgraded),
        None => (HeaderMap::new(), None),
    };
    exchange.next = None;
    exchange.took_ms = millis(begun.elapsed());
    if let Some(session) = session {
        held_open(&session.known).clean_answer(&mut exchange);
    }
    let mut seen = SocketSeen::of(exchange);
    let Some(on) = on else { return seen };
    if !accepts(&headers, &key) {
        let kind = FailureKind::NotTheProtocol;
        seen.exchange.failure = Some(Failure::of(Operation::ReadAnswer, kind));
        return seen;
    }
    seen.upgraded = true;
    let opened = Instant::now();
    listen_to(&mut seen, on, listen.min(LISTEN_LIMIT), opened).await;
    seen.open_ms = millis(opened.elapsed());
    if let Some(session) = session {
        let known = held_open(&session.known);
        for message in &mut seen.messages {
            message.topic = known.clean(std::mem::take(&mut message.topic));
            for text in [&mut message.text, &mut message.session_state, &mut message.login_host] {
                *text = text.take().map(|text| known.clean(text));
            }
        }
        if let Some(closed) = &mut seen.closed {
            closed.reason = known.clean(std::mem::take(&mut closed.reason));
        }
    }
    seen
}

/// The request for the upgrade. In a session it goes the guarded way; without one there is nothing
/// to guard.
async fn ask(
    seen: &mut Exchange,
    request: &Request,
    session: Option<&Session>,
    key: &str,
    line: Line<'_>,
) -> Option<Answer> {
    let url = url_of(request)?;
    let plain = |text: &str| Zeroizing::new(text.to_owned());
    let letter = Letter::new(Method::GET)
        .with(CONNECTION, plain("Upgrade"))
        .with(UPGRADE, plain("websocket"))
        .with(SEC_WEBSOCKET_VERSION, plain("13"))
        .with(SEC_WEBSOCKET_KEY, plain(key))
        .with(ORIGIN, plain(&url.origin().ascii_serialization()));
    let (mut channel, letter) = if let Some(session) = session {
        let guarded = Guarded::open(&session.trusted, request, line, seen).await.ok()?;
        (guarded.into_channel(), signed(session, &url, letter))
    } else {
        (dial(seen, request, line).await?, letter)
    };
    let outgoing = letter.outgoing(request);
    let answer = channel.say(seen, outgoing, request.answer_limit, line.world).await;
    if answer.as_ref().is_some_and(|answer| answer.upgraded.is_some()) {
        channel.hand_over();
    } else {
        channel.hang_up(seen).await;
    }
    answer
}

fn key(line: Line<'_>) -> String {
    let (one, other) = (line.world.random().to_le_bytes(), line.world.random().to_le_bytes());
    STANDARD.encode([one, other].concat())
}

/// Whether the server read our key (RFC 6455 section 4.1), and does not merely say 101.
fn accepts(headers: &HeaderMap, key: &str) -> bool {
    let expected = derive_accept_key(key.as_bytes());
    headers.get(SEC_WEBSOCKET_ACCEPT).is_some_and(|accept| accept.as_bytes() == expected.as_bytes())
}

async fn listen_to(seen: &mut SocketSeen, on: OnUpgrade, listen: Duration, opened: Instant) {
    let deadline = Deadline::now() + listen;
    let Ok(Ok(upgraded)) = timeout_at(deadline, on).await else {
        seen.closed = Some(closed(SocketEnd::Reset));
        return;
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_LIMIT))
        .max_frame_size(Some(MESSAGE_LIMIT))
        .max_write_buffer_size(2 * MESSAGE_LIMIT)
        .write_buffer_size(0);
    let stream = TokioIo::new(upgraded);
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
    let end = hear(seen, &mut socket, deadline, opened).await;
    if end.by == SocketEnd::Us {
        // The server may be past listening; the connection ends in any case.
        drop(tokio::time::timeout(GOODBYE, socket.close(None)).await);
    }
    seen.closed = Some(end);
}

async fn hear(
    seen: &mut SocketSeen,
    socket: &mut WebSocketStream<TokioIo<Upgraded>>,
    deadline: Deadline,
    opened: Instant,
) -> SocketClose {
    for _ in 0..FRAMES_READ {
        let Ok(next) = timeout_at(deadline, socket.next()).await else {
            return closed(SocketEnd::Us);
        };
        let text = match next {
            None => return closed(SocketEnd::Server),
            Some(Err(error)) => return broke(&error),
            Some(Ok(Message::Close(frame))) => return said_goodbye(frame),
            Some(Ok(Message::Text(text))) => text.as_str().to_owned(),
            Some(Ok(Message::Binary(bytes))) => String::from_utf8_lossy(&bytes).into_owned(),
            Some(Ok(_)) => continue,
        };
        let message = SocketMessage { at_ms: millis(opened.elapsed()), ..read(&text) };
        let decides = decides(&message);
        seen.messages.push(message);
        if decides || seen.messages.len() >= MESSAGES_KEPT {
            return closed(SocketEnd::Us);
        }
    }
    closed(SocketEnd::Us)
}

fn closed(by: SocketEnd) -> SocketClose {
    SocketClose { code: None, reason: String::new(), by }
}

fn said_goodbye(frame: Option<CloseFrame>) -> SocketClose {
    let Some(frame) = frame else { return closed(SocketEnd::Server) };
    let reason = shown(&frame.reason);
    SocketClose { code: Some(frame.code.into()), reason, by: SocketEnd::Server }
}

fn broke(error: &Error) -> SocketClose {
    match error {
        Error::Io(error) => match Failure::from_io(Operation::ReadAnswer, error).kind {
            FailureKind::ClosedEarly => closed(SocketEnd::Server),
            _ => closed(SocketEnd::Reset),
        },
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => closed(SocketEnd::Server),
        // RFC 6455 section 7.4.1.
        Error::Capacity(_) => SocketClose { code: Some(1009), ..closed(SocketEnd::Us) },
        _ => SocketClose { code: Some(1002), ..closed(SocketEnd::Us) },
    }
}

/// A notification is JSON-RPC: a name and what belongs to it.
pub(super) fn read(text: &str) -> SocketMessage {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return SocketMessage { text: Some(shown(text)), ..SocketMessage::default() };
    };
    let topic = message.get("method").and_then(Value::as_str).unwrap_or_default();
    let params = message.get("params");
    let text_of = |name: &str| params.and_then(|params| params.get(name)).and_then(Value::as_str);
    let words = ["message", "text", "reason", "errorText"].into_iter().find_map(text_of);
    let login = text_of("loginUri").and_then(|uri| Url::parse(uri).ok());
    SocketMessage {
        topic: name(topic),
        session_state: text_of("qSessionState").map(name),
        must_authenticate: params
            .and_then(|params| params.get("mustAuthenticate"))
            .and_then(Value::as_bool),
        login_host: login.and_then(|uri| {
            // No name is longer (RFC 1035 section 2.3.4), and a report need not hold what is none.
            let host = uri.host_str().filter(|host| host.len() <= HOST_KEPT)?;
            Some(uri.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
        }),
        text: words.map(shown).filter(|words| !words.is_empty()),
        at_ms: 0.0,
    }
}

fn shown(text: &str) -> String {
    let start: String = text.chars().take(4 * TEXT_KEPT).collect();
    let shown = |c: char| if c.is_control() { '.' } else { c };
    mask_one_time(&start).chars().map(shown).take(TEXT_KEPT).collect()
}

/// A name, of which the first printable characters are kept.
fn name(text: &str) -> String {
    printable(&text.as_bytes()[..text.len().min(NAME_KEPT)])
}

/// Whether nothing that comes later could say more about session and licence.
fn decides(message: &SocketMessage) -> bool {
    const DECIDING: [&str; 12] = [
        "OnConnected",
        "OnLicenseAccessDenied",
        "OnLicenseAccessDeniedPendingUserSync",
        "OnExcessLicenseAssignment",
        "OnMaxParallelSessionsExceeded",
        "OnEngineWebsocketFailed",
        "OnNoEngineAvailable",
        "OnRepositoryWebsocketFailed",
        "OnNoRepositoryAvailable",
        "OnSessionTimedOut",
        "OnSessionClosed",
        "OnSessionLoggedOut",
    ];
    // These concern one app or what is asked of it, and the session may still come about.
    const OF_AN_APP: [&str; 2] = ["SESSION_ERROR_APP_ACCESS_DENIED", "SESSION_ERROR_APP_FAILURE"];
    let of_an_app =
        message.session_state.as_deref().is_some_and(|state| OF_AN_APP.contains(&state));
    message.must_authenticate == Some(true)
        || (DECIDING.contains(&message.topic.as_str()) && !of_an_app)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CONNECTED: &str =
        r#"{"method":"OnConnected","params":{"qSessionState":"SESSION_CREATED"}}"#;

    #[test]
    fn a_notification_is_taken_apart() {
        let message = read(
            r#"{"jsonrpc":"2.0","method":"OnAuthenticationInformation","params":{
                "loginUri":"https://hub.test:4244/x/?targetId=1-2-3","mustAuthenticate":true,
                "message":"go to /x/?targetId=1-2-3\u0007"}}"#,
        );
        assert_eq!(message.topic, "OnAuthenticationInformation");
        assert_eq!(message.login_host.as_deref(), Some("hub.test:4244"));
        assert_eq!(message.must_authenticate, Some(true));
        assert!(decides(&message) && !format!("{message:?}").contains("1-2-3"));
        let connected = read(CONNECTED);
        assert_eq!(connected.session_state.as_deref(), Some("SESSION_CREATED"));
        assert!(decides(&connected));
        let host = "x".repeat(300);
        let long = format!(r#"{{"method":"a","params":{{"loginUri":"https://{host}/"}}}}"#);
        assert_eq!(read(&long).login_host, None, "no name is that long");
        let of_an_app = CONNECTED.replace("SESSION_CREATED", "SESSION_ERROR_APP_FAILURE");
        assert!(!decides(&read(&of_an_app)), "more may come");
        let other = read("<html>no");
        assert!(other.topic.is_empty() && other.text.as_deref() == Some("<html>no"));
        assert!(!decides(&other));
    }

    proptest! {
        #[test]
        fn no_message_makes_the_reading_panic(text in "\\PC{0,300}") {
            let message = read(&text);
            prop_assert!(message.text.unwrap_or_default().chars().count() <= TEXT_KEPT);
        }
    }
}
