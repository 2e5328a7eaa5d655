//! The engine's WebSocket: its first messages, then patience.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Outcome;
use super::http::{Reply, SeenRequest};
use crate::behaviour::Topic;

/// Answers an upgrade with these messages, and cuts it after a while if asked to; a request that is no
/// upgrade gets 400.
pub(super) fn upgrade(
    request: &SeenRequest,
    messages: Vec<String>,
    cut: Option<Duration>,
) -> Outcome {
    let asked =
        request.header("Upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
    match request.header("Sec-WebSocket-Key") {
        Some(key) if asked => {
            Outcome::Upgrade { accept: derive_accept_key(key.as_bytes()), messages, cut }
        }
        _ => Outcome::Reply(Reply::html(400, "<h1>Bad Request</h1>")),
    }
}

/// What somebody is told who is not logged in.
pub(super) fn must_authenticate(login: &str) -> String {
    let parameters = json!({ "mustAuthenticate": true, "loginUri": login });
    notification("OnAuthenticationInformation", &parameters)
}

/// What somebody is told who is logged in: that they are, and then how their session stands.
pub(super) fn welcome(topic: Topic) -> Vec<String> {
    let known = json!({ "mustAuthenticate": false, "userId": "user", "userDirectory": "PRACTICE" });
    let known = notification("OnAuthenticationInformation", &known);
    match topic {
        Topic::Connected(state) => {
            vec![known, notification("OnConnected", &json!({ "qSessionState": state }))]
        }
        Topic::Notice(name) => vec![notification(name, &json!({ "severity": "fatal" }))],
        Topic::MustAuthenticate => Vec::new(),
    }
}

fn notification(method: &str, parameters: &serde_json::Value) -> String {
    json!({ "jsonrpc": "2.0", "method": method, "params": parameters }).to_string()
}

/// Completes the upgrade, says its sentences and stays until the client leaves, or until it is cut:
/// then without a word of goodbye, as a device on the way does it.
pub(super) async fn speak<S>(
    mut stream: S,
    accept: &str,
    messages: &[String],
    cut: Option<Duration>,
    date: &str,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let switch = Reply::new(101)
        .with("Upgrade", "websocket")
        .with("Connection", "Upgrade")
        .with("Sec-WebSocket-Accept", accept);
    if switch.write(&mut stream, date, true).await.is_err() {
        return;
    }
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    for message in messages {
        if socket.send(Message::text(message.as_str())).await.is_err() {
            return;
        }
    }
    let patience = async { while let Some(Ok(_)) = socket.next().await {} };
    match cut {
        Some(cut) => drop(tokio::time::timeout(cut, patience).await),
        None => patience.await,
    }
}
