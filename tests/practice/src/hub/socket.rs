//! The engine's WebSocket: one message, then patience.

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

/// Answers an upgrade with this message; a request that is no upgrade gets 400.
pub(super) fn upgrade(request: &SeenRequest, message: String) -> Outcome {
    let asked =
        request.header("Upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
    match request.header("Sec-WebSocket-Key") {
        Some(key) if asked => {
            Outcome::Upgrade { accept: derive_accept_key(key.as_bytes()), message }
        }
        _ => Outcome::Reply(Reply::html(400, "<h1>Bad Request</h1>")),
    }
}

/// What somebody is told who is not logged in.
pub(super) fn must_authenticate(login: &str) -> String {
    let parameters = json!({ "mustAuthenticate": true, "loginUri": login });
    notification("OnAuthenticationInformation", &parameters)
}

/// What somebody is told who is logged in.
pub(super) fn topic(topic: Topic) -> String {
    match topic {
        Topic::Connected(state) => notification("OnConnected", &json!({ "qSessionState": state })),
        Topic::Notice(name) => notification(name, &json!({ "severity": "fatal" })),
    }
}

fn notification(method: &str, parameters: &serde_json::Value) -> String {
    json!({ "jsonrpc": "2.0", "method": method, "params": parameters }).to_string()
}

/// Completes the upgrade, says its one sentence and stays until the client leaves.
pub(super) async fn speak<S>(mut stream: S, accept: &str, message: &str, date: &str)
where
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
    if socket.send(Message::text(message)).await.is_ok() {
        while let Some(Ok(_)) = socket.next().await {}
    }
}
