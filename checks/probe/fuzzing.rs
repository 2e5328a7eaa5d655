//! What a stranger sends, read by the parts of this crate that nobody outside can reach: for fuzzing
//! (`tests/fuzz`), and to read what fuzzing found with every test run.
//!
//! Each function takes bytes as they come and panics if something is not as every caller relies on.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use crate::login::fuzzing as login;
use crate::tap::Watch;
use crate::{Ending, Exchange, Request, ScriptedWorld, Timestamp, World};
use crate::{dns, http, legacy, tunnel};

/// The most of one exchange that may stand in a report, in bytes: the kept headers and cookies.
const EXCHANGE: usize = 64 * 1024;

/// An answer of the server in the NTLM or SPNEGO conversation. The first byte says in which.
pub fn ntlm(data: &[u8]) {
    if let [way, message @ ..] = data {
        login::conversation(*way, message);
    }
}

/// A page that may hold a login form.
pub fn form(data: &[u8]) {
    login::page(data);
}

/// The beginning of an answer: of a web server, of a proxy, and of a server of old TLS.
pub fn head(data: &[u8]) {
    tunnel::fuzzing::answer(data);
    legacy::fuzzing::answer(data);
    let seen = block_on(exchange(data));
    let told = serde_json::to_string(&seen).expect("plain data");
    assert!(told.len() < EXCHANGE, "{} bytes of one exchange", told.len());
    let again: Exchange = serde_json::from_str(&told).expect("the same shape");
    assert_eq!(again.headers, seen.headers, "a saved report is the same report");
    assert!(seen.body.len() <= crate::BODY_LIMIT);
}

/// A message of a name server.
pub fn answer(data: &[u8]) {
    dns::fuzzing::answer(data);
}

/// A message of a hub's WebSocket.
pub fn message(data: &[u8]) {
    login::message(data);
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

/// One exchange with a server that says this and hangs up.
async fn exchange(answer: &[u8]) -> Exchange {
    let limit = Duration::from_secs(20);
    let request = Request::plain(SocketAddr::from((Ipv4Addr::LOCALHOST, 80)), limit);
    let world = ScriptedWorld::at(Timestamp(time::OffsetDateTime::UNIX_EPOCH));
    let (client, mut server) = tokio::io::duplex(answer.len().max(4096));
    let mut seen = Exchange::of(&request, Ending::NoConnection);
    let mut channel =
        http::Channel::over(&mut seen, client, Watch::of_nothing()).await.expect("a channel");
    let get = channel.get(&request);
    let speaks = async move {
        // The other side may have given up already.
        drop(server.write_all(answer).await);
        drop(server.shutdown().await);
        // The request is still on its way.
        drop(tokio::io::copy(&mut server, &mut tokio::io::sink()).await);
    };
    let listens = async {
        channel.say(&mut seen, get, limit, &world as &dyn World).await;
        drop(channel);
    };
    tokio::join!(speaks, listens);
    seen
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// What fuzzing reached is read again by every test run; see `tests/fuzz/README.md`.
    fn replayed(name: &str, body: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus");
        let files = fs::read_dir(folder.join(name)).expect("a corpus");
        let mut count = 0;
        for file in files {
            body(&fs::read(file.expect("a file").path()).expect("bytes"));
            count += 1;
        }
        assert!(count > 5, "{count} inputs");
    }

    #[test]
    fn messages_of_ntlm_that_fuzzing_reached_are_read() {
        replayed("ntlm", ntlm);
    }

    #[test]
    fn pages_that_fuzzing_reached_are_read() {
        replayed("form", form);
    }

    #[test]
    fn heads_that_fuzzing_reached_are_read() {
        replayed("head", head);
    }

    #[test]
    fn answers_of_name_servers_that_fuzzing_reached_are_read() {
        replayed("dns", answer);
    }

    #[test]
    fn messages_of_a_socket_that_fuzzing_reached_are_read() {
        replayed("socket", message);
    }
}
