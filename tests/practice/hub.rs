//! One practice hub as a program, for networks that are not this computer's own.
//!
//! `practice-hub CASE NAME ADDRESS:PORT PEM [LOGIN-PORT] [behind]` serves the hub of a case at that
//! address under that name, with the certificate and key of the file `PEM`, or without TLS for `-`.
//! `behind` trusts a server in front, which names the user in the header `X-Front-User`. It prints
//! `listening`, then a line for each attempt to log in and for everything secret that it gave out or
//! was sent, and runs until it is ended.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use hublink_practice::{Hub, Identity, Place, case};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

const USAGE: &str = "usage: practice-hub CASE NAME ADDRESS:PORT PEM|- [LOGIN-PORT] [behind]";

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [id, name, listen, pem, rest @ ..] = arguments.as_slice() else {
        return Err(io::Error::other(USAGE));
    };
    let case = case(id).ok_or_else(|| io::Error::other(format!("no case {id}")))?;
    let listen: SocketAddr = listen.parse().map_err(io::Error::other)?;
    let identity = if pem == "-" { None } else { Some(identity(pem)?) };
    let login_port = rest.iter().find_map(|text| text.parse().ok()).unwrap_or(0);
    let mut behaviour = case.behaviour();
    if rest.iter().any(|text| text == "behind") {
        behaviour = behaviour.behind("X-Front-User");
    }
    let place = Place { name: name.clone(), listen, login_port, identity };
    let hub = Hub::alone(behaviour, place).await?;
    let mut out = io::stdout();
    writeln!(out, "listening")?;
    let (mut attempts, mut told) = (0, HashSet::new());
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        for one in &hub.attempts()[attempts..] {
            writeln!(out, "attempt {:?} {:?} {:?}", one.way, one.account, one.refusal)?;
            attempts += 1;
        }
        for secret in secrets(&hub) {
            if told.insert(secret.clone()) {
                writeln!(out, "secret {secret}")?;
            }
        }
        out.flush()?;
    }
}

/// What the hub gave out and was sent.
fn secrets(hub: &Hub) -> Vec<String> {
    let sent = hub.requests().into_iter().filter_map(|request| {
        let (_, token) = request.header("Authorization")?.split_once(' ')?;
        Some(token.to_owned())
    });
    hub.issued().into_iter().chain(sent).collect()
}

/// The first key and all certificates of a file.
fn identity(file: &str) -> io::Result<Identity> {
    let blocks = pem::parse_many(std::fs::read(file)?).map_err(io::Error::other)?;
    let (certificates, others): (Vec<_>, Vec<_>) =
        blocks.into_iter().partition(|block| block.tag() == "CERTIFICATE");
    let key = others.into_iter().find(|block| block.tag().ends_with("PRIVATE KEY"));
    let key = key.ok_or_else(|| io::Error::other("the file holds no private key"))?;
    Ok(Identity {
        chain: certificates
            .into_iter()
            .map(|block| CertificateDer::from(block.into_contents()))
            .collect(),
        key: PrivateKeyDer::try_from(key.into_contents()).map_err(io::Error::other)?,
    })
}
