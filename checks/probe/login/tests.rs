//! Logins at a hub of the tests' own. Each rule of safety has a test that fails if it is broken.

mod accepted;
mod memory;
mod safety;
mod server;
mod sockets;
mod system;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{
    Account, AccountKind, LoginAttempt, Policy, Pretend, RealWorld, Request, Scheme, Secret,
    WorldOptions,
};
use server::{Reply, Saw, Server, message_type};

/// Whatever is found of these outside the server is a leak.
const PASSWORD: &str = "planted-pass&word";
const KEY: &str = "planted.api.key";
const TICKET: &str = "planted-ticket-1";
const COOKIE: &str = "planted-cookie-value";
const TARGET: &str = "planted-target-id";
const TOKEN: &str = "planted-csrf-token";

const PLANTED: [&str; 8] =
    [PASSWORD, "planted-pass%26word", "planted-pass&amp;word", KEY, TICKET, COOKIE, TARGET, TOKEN];

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned()).expect("short enough")
}

fn world_with(change: impl FnOnce(&mut WorldOptions)) -> RealWorld {
    let account = Account { user: r"CORP\alice".to_owned(), password: secret(PASSWORD) };
    let mut options = WorldOptions {
        account: Some(Arc::new(account)),
        api_key: Some(Arc::new(secret(KEY))),
        pretend: Pretend {
            policy: Policy { loopback_allowed: true, ..Policy::default() },
            no_system_roots: true,
            own_ntlm: true,
            variables: Some(Vec::new()),
            ..Pretend::default()
        },
        ..WorldOptions::default()
    };
    change(&mut options);
    RealWorld::new(options).expect("a world")
}

fn world() -> RealWorld {
    world_with(|_| {})
}

fn request(server: &Server, path: &str) -> Request {
    Request {
        scheme: Scheme::Https,
        host: server.host.clone(),
        path: path.to_owned(),
        user_agent: "test (Windows)".to_owned(),
        ..Request::plain(server.address, Duration::from_secs(5))
    }
}

fn attempt(server: &Server) -> LoginAttempt {
    LoginAttempt {
        with: AccountKind::Password,
        entrance: request(server, "/hub/"),
        prefix: None,
        trusted: vec![server.trusted()],
        challenge_only: false,
    }
}

/// A challenge as a Windows server sends it, with its time.
fn challenge() -> String {
    let pairs = [
        &[2, 0, 8, 0][..],
        b"C\0O\0R\0P\0",
        &[7, 0, 8, 0, 0, 0x40, 0x1c, 0x3b, 0x2a, 0x9b, 0xdc, 1],
        &[0, 0, 0, 0],
    ]
    .concat();
    let length = u8::try_from(pairs.len()).expect("short");
    let message = [
        b"NTLMSSP\0\x02\0\0\0\0\0\0\0\x38\0\0\0".as_slice(),
        &0xa288_8215_u32.to_le_bytes(),
        b"\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\0\0\0\0",
        &[length, 0, length, 0, 56, 0, 0, 0],
        &[10, 0, 0x63, 0x45, 0, 0, 0, 15],
        &pairs,
    ]
    .concat();
    STANDARD.encode(message)
}

/// What the hub does with the third message.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Accepts,
    Rejects,
    /// 503 for whatever it is told.
    Confused,
}

/// A Qlik server with Windows login, on its way from the entrance to the hub.
fn windows(saw: &Saw, mood: Mood) -> Reply {
    let login = saw.header("authorization").unwrap_or_default();
    let path = saw.path.split('?').next().unwrap_or_default();
    match (path, message_type(login)) {
        ("/hub/", _) if saw.path.contains("qlikTicket") => Reply::to("/hub/")
            .with("Set-Cookie", &format!("X-Qlik-Session={COOKIE}; Path=/; HttpOnly; Secure")),
        ("/hub/", _) if saw.header("cookie").is_some_and(|cookie| cookie.contains(COOKIE)) => {
            Reply::of(200, "the hub")
        }
        ("/hub/", _) => {
            let to = format!("/internal_windows_authentication/?targetId={TARGET}");
            Reply::to(&to).closing()
        }
        (_, None) => Reply::of(401, "").with("WWW-Authenticate", "NTLM"),
        (_, Some(1)) => {
            Reply::of(401, "no").with("WWW-Authenticate", &format!("NTLM {}", challenge()))
        }
        (_, _) => match mood {
            Mood::Accepts => Reply::to(&format!("/hub/?qlikTicket={TICKET}")),
            Mood::Rejects => Reply::of(401, "").with("WWW-Authenticate", "NTLM"),
            Mood::Confused => Reply::of(503, &format!("what is {PASSWORD}?")),
        },
    }
}

const FORM: &str = "<form method=POST><input type=hidden name=csrf value=x>\
                    <input name=username><input type=password name=pwd></form>";

/// A Qlik server with a login page.
fn forms(saw: &Saw, mood: Mood) -> Reply {
    match (saw.method.as_str(), saw.path.split('?').next().unwrap_or_default()) {
        ("POST", _) => match mood {
            Mood::Accepts => Reply::to(&format!("/hub/?qlikTicket={TICKET}")),
            Mood::Rejects => Reply::of(200, FORM),
            Mood::Confused => Reply::of(503, &format!("what is {PASSWORD}?")),
        },
        ("GET", "/internal_forms_authentication/") => Reply::of(200, FORM),
        ("GET", "/hub/") if saw.path.contains("Ticket") || saw.header("cookie").is_some() => {
            windows(saw, mood)
        }
        _ => Reply::to(&format!("/internal_forms_authentication/?targetId={TARGET}")),
    }
}
