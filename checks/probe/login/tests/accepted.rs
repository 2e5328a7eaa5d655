//! Logins that end well.

use super::server::{Reply, Server};
use super::*;
use crate::{
    LoginMethod, LoginOutcome, NotSent, SessionRequest, StepKind, Upgrade, Via, World as _,
};
use crate::{ProxyAddress, ProxyScheme};

fn kinds(seen: &crate::LoginSeen) -> Vec<StepKind> {
    seen.steps.iter().map(|step| step.kind).collect()
}

#[tokio::test]
async fn the_windows_login_goes_over_one_connection_and_ends_at_the_hub() {
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let world = world();
    let seen = world.log_in(&attempt(&server)).await;
    assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Accepted, 1), "{seen:?}");
    assert_eq!(seen.method, Some(LoginMethod::Ntlm));
    assert_eq!(seen.offered, ["NTLM"]);
    assert!(seen.channel_binding);
    let challenge = seen.challenge.as_ref().expect("a challenge");
    assert_eq!(challenge.netbios_domain.as_deref(), Some("CORP"));
    let way = [
        StepKind::Entrance,
        StepKind::LoginPage,
        StepKind::Negotiate,
        StepKind::Authenticate,
        StepKind::Ticket,
        StepKind::Hub,
    ];
    assert_eq!(kinds(&seen), way);
    let same: Vec<_> = seen.steps.iter().map(|step| step.same_connection).collect();
    assert_eq!(same, [false, false, true, true, false, false]);
    let saw = server.saw();
    assert_eq!((saw[2].connection, saw[3].connection), (saw[1].connection, saw[1].connection));
    assert!(seen.cookies.iter().any(|cookie| cookie.is_session && cookie.kept), "{seen:?}");
    assert_eq!(seen.step(StepKind::Hub).and_then(|hub| hub.status), Some(200));
    assert!(seen.session.is_some());
}

#[tokio::test]
async fn ntlm_inside_negotiate_is_wrapped_and_if_need_be_bare() {
    for takes_wrapped in [true, false] {
        let server = Server::start("hub.test", move |saw| {
            let login = saw.header("authorization").unwrap_or_default().to_owned();
            let bare = login.starts_with("Negotiate TlRM");
            let mut reply = windows(saw, Mood::Accepts);
            for (_, value) in reply.headers.iter_mut().filter(|(name, _)| name.starts_with("WWW")) {
                let refuses = !bare && !takes_wrapped;
                *value = if refuses {
                    "Negotiate".to_owned()
                } else {
                    value.replace("NTLM", "Negotiate")
                };
            }
            reply
        })
        .await;
        let seen = world().log_in(&attempt(&server)).await;
        assert_eq!(seen.outcome, LoginOutcome::Accepted, "{seen:?}");
        assert_eq!(seen.method, Some(LoginMethod::NegotiateNtlm));
        assert_eq!(server.attempts(), 1);
    }
}

#[tokio::test]
async fn a_form_is_filled_in_with_the_names_of_the_page() {
    let server = Server::start("hub.test", |saw| forms(saw, Mood::Accepts)).await;
    let seen = world().log_in(&attempt(&server)).await;
    assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Accepted, 1), "{seen:?}");
    assert_eq!(seen.method, Some(LoginMethod::Forms));
    let post = server.saw().into_iter().find(|saw| saw.method == "POST").expect("a form");
    assert_eq!(post.body, "csrf=x&username=CORP%5Calice&pwd=planted-pass%26word");
    assert!(post.path.contains(TARGET), "the target id goes back to where it came from");
    assert_eq!(post.header("origin"), Some(server.origin().as_str()));
    let form = seen.form.expect("a form");
    assert_eq!(
        (form.user_field.as_str(), form.other_fields.as_slice()),
        ("username", &["csrf".to_owned()][..])
    );
}

#[tokio::test]
async fn a_cookie_that_cannot_be_kept_is_told() {
    let server = Server::start("hub.test", |saw| {
        let mut reply = windows(saw, Mood::Accepts);
        for (_, value) in reply.headers.iter_mut().filter(|(name, _)| name == "Set-Cookie") {
            value.push_str("; Domain=elsewhere.test");
        }
        reply
    })
    .await;
    let seen = world().log_in(&attempt(&server)).await;
    assert_eq!(seen.outcome, LoginOutcome::Accepted);
    let cookie = seen.cookies.iter().find(|cookie| cookie.is_session).expect("a cookie");
    assert_eq!((cookie.kept, cookie.flaw), (false, Some(crate::CookieFlaw::Domain)));
    assert_eq!(seen.step(StepKind::Hub).and_then(|hub| hub.status), Some(302), "back to the login");
    assert!(server.saw().iter().all(|saw| saw.header("cookie").is_none()));
}

#[tokio::test]
async fn a_ticket_for_a_place_that_is_not_trusted_is_left_and_told() {
    let elsewhere =
        [("https://other.test", NotSent::OtherHost), ("http://hub.test", NotSent::PlainHttp)];
    for (origin, why) in elsewhere {
        let server = Server::start("hub.test", move |saw| {
            let mut reply = windows(saw, Mood::Accepts);
            for (_, value) in reply.headers.iter_mut().filter(|(_, v)| v.contains("qlikTicket")) {
                value.insert_str(0, origin);
            }
            reply
        })
        .await;
        let seen = world().log_in(&attempt(&server)).await;
        assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Accepted, 1), "{seen:?}");
        assert_eq!((seen.left_at, seen.why_not), (Some(why), None));
        assert_eq!(kinds(&seen).last(), Some(&StepKind::Authenticate));
    }
}

#[tokio::test]
async fn a_key_is_followed_to_its_owner_and_to_no_other_host() {
    let other = Server::start("other.test", |_| Reply::of(200, "{}")).await;
    let elsewhere = format!("{}/api/v1/users/1", other.origin());
    let server = Server::start("tenant.test", move |saw| match saw.path.as_str() {
        "/api/v1/users/me" => Reply::to("/api/v1/users/1"),
        "/api/v1/users/1" => Reply::of(200, r#"{"status":"active"}"#),
        _ => Reply::to(&elsewhere),
    })
    .await;
    let with_key = |server: &Server| LoginAttempt {
        with: AccountKind::ApiKey,
        trusted: vec![server.trusted(), other.trusted()],
        ..attempt(server)
    };
    let seen = world().log_in(&with_key(&server)).await;
    assert_eq!((seen.outcome, seen.method), (LoginOutcome::Accepted, Some(LoginMethod::ApiKey)));
    assert_eq!(
        seen.step(StepKind::User).map(|user| user.body.as_slice()),
        Some(&br#"{"status":"active"}"#[..])
    );
    let world = world();
    let session = world.log_in(&with_key(&server)).await.session.expect("a session");
    let ask = |server: &Server| SessionRequest {
        session,
        request: request(server, "/api/v1/x"),
        xrf: false,
    };
    world.ask_in_session(&ask(&server)).await;
    world.ask_in_session(&ask(&other)).await;
    let keyed = |saw: &Saw| saw.header("authorization").is_some();
    assert!(server.saw().last().is_some_and(keyed) && !other.saw().iter().any(keyed));
    let before = other.saw().len();
    let elsewhere = format!("{}/x", other.origin());
    let leading_away = Server::start("tenant.test", move |_| Reply::to(&elsewhere)).await;
    let seen = super::world().log_in(&with_key(&leading_away)).await;
    assert_eq!(seen.outcome, LoginOutcome::Unclear);
    assert_eq!(other.saw().len(), before, "a key never goes to another host");
    let refusing = Server::start("tenant.test", |_| Reply::of(401, "{}")).await;
    assert_eq!(super::world().log_in(&with_key(&refusing)).await.outcome, LoginOutcome::Rejected);
}

#[tokio::test]
async fn a_session_asks_with_its_cookie_and_key_and_ends() {
    let server = Server::start("hub.test", |saw| match saw.path.split('?').next() {
        Some("/api/hub/v1/user/info") => Reply::of(200, r#"{"name":"alice"}"#),
        Some("/api/hub/v1/refused") => Reply::of(403, &format!("XSRF {COOKIE}")),
        Some("/qps/user") => Reply::of(204, ""),
        _ => windows(saw, Mood::Accepts),
    })
    .await;
    let world = world();
    let session = world.log_in(&attempt(&server)).await.session.expect("a session");
    let ask = |path: &str| SessionRequest { session, request: request(&server, path), xrf: true };
    let seen = world.ask_in_session(&ask("/api/hub/v1/user/info?a=b")).await;
    assert_eq!((seen.status, seen.head.as_str()), (Some(200), ""));
    assert_eq!(seen.body, br#"{"name":"alice"}"#);
    let saw = server.saw().pop().expect("a request");
    let key = saw.header("x-qlik-xrfkey").expect("a key").to_owned();
    assert!(key.len() == 16 && saw.path.ends_with(&format!("?a=b&xrfkey={key}")), "{}", saw.path);
    assert!(saw.header("cookie").is_some_and(|cookie| cookie.contains(COOKIE)));
    let refused = world.ask_in_session(&ask("/api/hub/v1/refused")).await;
    assert_eq!((refused.status, refused.head.as_str()), (Some(403), "…"), "it repeats a secret");
    let gone = world.log_out(session, &request(&server, "/qps/user")).await;
    assert_eq!(gone.status, Some(204));
    assert_eq!(server.saw().last().map(|saw| saw.method.clone()).as_deref(), Some("DELETE"));
    let after = world.ask_in_session(&ask("/api/hub/v1/user/info")).await;
    assert!(after.failure.is_some_and(|failure| failure.kind == crate::FailureKind::NotPermitted));
}

/// A proxy that opens a tunnel to one address, whatever it is asked for.
async fn proxy(to: std::net::SocketAddr) -> std::net::SocketAddr {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.expect("a request"));
                }
                assert!(head.starts_with(b"CONNECT hub.test:"));
                let mut server = tokio::net::TcpStream::connect(to).await.expect("the server");
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("an open connection");
                drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
            });
        }
    });
    address
}

#[tokio::test]
async fn a_login_and_a_socket_go_through_the_proxy() {
    let server = Server::start("hub.test", |saw| {
        if saw.path.starts_with("/app") {
            sockets::upgraded(saw)
        } else {
            windows(saw, Mood::Accepts)
        }
    })
    .await;
    let address = proxy(server.address).await;
    let via = Some(Via {
        proxy: ProxyAddress {
            scheme: ProxyScheme::Http,
            host: address.ip().to_string(),
            port: address.port(),
            login: false,
        },
        host: "hub.test".to_owned(),
        user_agent: "test".to_owned(),
        is_followed: true,
    });
    // Only the proxy knows the address.
    let unknown = ([0, 0, 0, 0], server.address.port()).into();
    let mut attempt = attempt(&server);
    (attempt.entrance.to, attempt.entrance.via) = (unknown, via.clone());
    (attempt.trusted[0].to, attempt.trusted[0].via) = (unknown, via.clone());
    let world = world();
    let seen = world.log_in(&attempt).await;
    assert_eq!(seen.outcome, LoginOutcome::Accepted, "{seen:?}");
    assert!(seen.steps.iter().all(|step| step.exchange.via.is_some()));
    let upgrade = Upgrade {
        request: Request { to: unknown, via, ..request(&server, "/app/engineData") },
        session: seen.session,
        prefix: None,
        listen: Duration::from_secs(5),
    };
    let socket = world.open_socket(&upgrade).await;
    assert!(socket.upgraded, "{socket:?}");
    assert_eq!(
        socket.messages.last().and_then(|m| m.session_state.as_deref()),
        Some("SESSION_CREATED")
    );
}

#[tokio::test]
async fn without_an_account_nothing_is_asked() {
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let nobody = world_with(|options| options.account = None);
    assert_eq!(nobody.log_in(&attempt(&server)).await.why_not, Some(NotSent::NoCredentials));
    let preflight = world_with(|options| options.no_passwords = true);
    assert_eq!(preflight.log_in(&attempt(&server)).await.why_not, Some(NotSent::NoCredentials));
    assert!(preflight.account().is_none() && !preflight.has_api_key());
    assert!(server.saw().is_empty());
}
