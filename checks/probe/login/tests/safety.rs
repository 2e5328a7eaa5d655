//! What must never happen.

use super::server::{Reply, Saw, Server, is_attempt};
use super::*;
use crate::login::{Desk, With, log_in_within};
use crate::{
    Exchange, LoginOutcome, LoginSeen, NotSent, SessionId, SessionRequest, StepKind, Upgrade,
    World as _,
};

/// Logs in once, in a world of its own.
async fn log_in(attempt: &LoginAttempt) -> LoginSeen {
    world().log_in(attempt).await
}

fn not_sent(seen: &LoginSeen) -> Option<NotSent> {
    assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::NotSent, 0), "{seen:?}");
    seen.why_not
}

#[tokio::test]
async fn nothing_is_sent_where_another_certificate_is_shown() {
    let judged = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let shown = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let mut attempt = attempt(&shown);
    attempt.trusted[0].leaf_sha256 = judged.trusted().leaf_sha256;
    assert_eq!(not_sent(&log_in(&attempt).await), Some(NotSent::OtherCertificate));
    assert!(shown.saw().is_empty(), "not even the entrance is asked for");
}

/// A certificate is public: whoever shows it must prove that it is theirs.
#[tokio::test]
async fn nothing_is_sent_where_the_right_certificate_is_shown_without_its_key() {
    let thief = Server::without_its_key("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    assert_eq!(not_sent(&log_in(&attempt(&thief)).await), Some(NotSent::OtherCertificate));
    assert!(thief.saw().is_empty());
}

/// The certificate may change on the way: each connection is compared.
#[tokio::test]
async fn nothing_is_sent_where_a_later_connection_shows_another_certificate() {
    let second = Server::start("login.test", |_| Reply::of(200, FORM)).await;
    let to = format!("{}/login", second.origin());
    let server = Server::start("hub.test", move |_| Reply::to(&to)).await;
    let mut attempt = attempt(&server);
    let judged = second.trusted();
    attempt.trusted.push(crate::TrustedHost { leaf_sha256: "00".repeat(32), ..judged });
    assert_eq!(not_sent(&log_in(&attempt).await), Some(NotSent::OtherCertificate));
    assert!(second.saw().is_empty());
}

#[tokio::test]
async fn nothing_is_ever_sent_over_http() {
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let mut plain = attempt(&server);
    plain.entrance.scheme = Scheme::Http;
    assert_eq!(not_sent(&log_in(&plain).await), Some(NotSent::PlainHttp));
    assert!(server.saw().is_empty());
    let port = server.address.port();
    let downgrade = format!("http://hub.test:{port}/login");
    let leading = Server::start("hub.test", move |_| Reply::to(&downgrade)).await;
    assert_eq!(not_sent(&log_in(&attempt(&leading)).await), Some(NotSent::PlainHttp));
    let form = FORM.replace("<form", "<form action='http://hub.test/login'");
    let page = Server::start("hub.test", move |_| Reply::of(200, &form)).await;
    assert_eq!(not_sent(&log_in(&attempt(&page)).await), Some(NotSent::PlainHttp));
    assert_eq!(page.attempts(), 0);
}

#[tokio::test]
async fn nothing_is_sent_to_another_host_or_port() {
    let other = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    for host in ["hub.test", "evil.test"] {
        let to = format!("https://{host}:{}/login", other.address.port());
        let form = FORM.replace("<form", &format!("<form action='{to}'"));
        let leading = Server::start("hub.test", move |_| Reply::to(&to)).await;
        assert_eq!(not_sent(&log_in(&attempt(&leading)).await), Some(NotSent::OtherHost));
        let page = Server::start("hub.test", move |_| Reply::of(200, &form)).await;
        assert_eq!(not_sent(&log_in(&attempt(&page)).await), Some(NotSent::OtherHost));
        assert_eq!(page.attempts(), 0);
    }
    assert!(other.saw().is_empty());
    let mut foreign = attempt(&other);
    foreign.trusted.clear();
    assert_eq!(not_sent(&log_in(&foreign).await), Some(NotSent::OtherHost));
    assert!(other.saw().is_empty());
}

#[tokio::test]
async fn logins_for_people_are_left_to_people() {
    for (answer, why) in [
        (Reply::to("https://idp.test/saml2?SAMLRequest=x"), NotSent::Interactive),
        (Reply::to("https://idp.test/a?client_id=x&response_type=code"), NotSent::Interactive),
        (Reply::of(200, "<form method=post><input name=SAMLRequest>"), NotSent::Interactive),
        (Reply::of(200, "<input name=u><input type=password name=p>"), NotSent::Interactive),
        (Reply::of(200, "the hub of everybody"), NotSent::NoLoginPage),
        (Reply::of(404, "no"), NotSent::NoLoginPage),
        (Reply::to("/hub/"), NotSent::NoLoginPage),
        (Reply::of(401, "").with("WWW-Authenticate", "Basic realm=x"), NotSent::OnlyBasic),
        (Reply::of(401, "").with("WWW-Authenticate", "Negotiate"), NotSent::OnlyKerberos),
        (Reply::of(401, "").with("WWW-Authenticate", "Bearer"), NotSent::NoLoginPage),
    ] {
        let (status, name) = (answer.status, format!("{why:?}"));
        let server = Server::start("hub.test", move |_| answer.clone()).await;
        let seen = log_in(&attempt(&server)).await;
        assert_eq!(not_sent(&seen), Some(why), "{status} {name}");
        assert_eq!(server.attempts(), 0);
        assert!(seen.steps.len() <= 12, "redirects are bounded");
    }
}

#[tokio::test]
async fn the_first_rejection_ends_all_attempts() {
    for way in [windows as fn(&Saw, Mood) -> Reply, forms] {
        let first = Server::start("one.test", move |saw| way(saw, Mood::Rejects)).await;
        let second = Server::start("two.test", move |saw| way(saw, Mood::Accepts)).await;
        let world = world();
        let seen = world.log_in(&attempt(&first)).await;
        assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Rejected, 1), "{seen:?}");
        assert_eq!(not_sent(&world.log_in(&attempt(&second)).await), Some(NotSent::HeldBack));
        assert_eq!(not_sent(&world.log_in(&attempt(&first)).await), Some(NotSent::HeldBack));
        assert_eq!((first.attempts(), second.saw().len()), (1, 0), "exactly one attempt");
    }
}

#[tokio::test]
async fn hubs_that_say_nothing_of_the_account_end_the_attempts_too() {
    let world = world();
    for (n, expected) in [(1, None), (2, None), (3, Some(NotSent::TooManyUnclear))] {
        let server = Server::start("hub.test", |saw| forms(saw, Mood::Confused)).await;
        let seen = world.log_in(&attempt(&server)).await;
        assert_eq!(seen.why_not, expected, "hub {n}");
        assert_eq!(server.attempts(), usize::from(expected.is_none()));
    }
}

/// A hub that does not answer must not keep the turn, and what it was sent by then counts.
#[tokio::test]
async fn a_login_has_a_limit_as_a_whole() {
    let silent = || {
        Reply { raw: Some(Vec::new()), lingers: true, ..Reply::of(200, "") }
            .with("Content-Length", "9")
    };
    for (silent_at, outcome, attempts) in [
        ("GET /login", LoginOutcome::NotSent, 0),
        ("POST /login", LoginOutcome::Broken, 1),
        ("GET /hub/?qlikTicket=t", LoginOutcome::Accepted, 1),
    ] {
        let server = Server::start("hub.test", move |saw| {
            match format!("{} {}", saw.method, saw.path).as_str() {
                step if step == silent_at => silent(),
                "POST /login" => Reply::to("/hub/?qlikTicket=t"),
                "GET /login" => Reply::of(200, FORM),
                _ => Reply::to("/login"),
            }
        })
        .await;
        let world = world();
        let account = Account { user: "alice".to_owned(), password: secret(PASSWORD) };
        let with = With::Password(Arc::new(account));
        let desk = Desk::default();
        let limit = Duration::from_millis(1500);
        let begun = std::time::Instant::now();
        // The answer alone would have five seconds.
        let tried = attempt(&server);
        let seen = log_in_within(limit, &desk, &tried, &with, world.line()).await;
        assert!(
            begun.elapsed() < Duration::from_millis(4500),
            "{silent_at}: {:?}",
            begun.elapsed()
        );
        assert_eq!((seen.outcome, seen.attempts), (outcome, attempts), "{silent_at}: {seen:?}");
        if outcome != LoginOutcome::Broken {
            continue;
        }
        // Two that are sent and not answered are the last.
        log_in_within(limit, &desk, &tried, &with, world.line()).await;
        let third = log_in_within(limit, &desk, &tried, &with, world.line()).await;
        assert_eq!(third.why_not, Some(NotSent::TooManyUnclear));
    }
}

#[tokio::test]
async fn hubs_have_their_turn_one_after_the_other() {
    let busy = Arc::new(std::sync::Mutex::new((None::<u16>, Vec::new())));
    let start = |id: u16| {
        let busy = Arc::clone(&busy);
        Server::start("hub.test", move |saw| {
            let mut busy = busy.lock().expect("no panic");
            let done = saw.path == "/hub/" && saw.header("cookie").is_some();
            if *busy.0.get_or_insert(id) != id {
                busy.1.push(id);
            }
            if done {
                busy.0 = None;
            }
            windows(saw, Mood::Accepts)
        })
    };
    let (one, two) = (start(1).await, start(2).await);
    let world = world();
    let (first, second) = (attempt(&one), attempt(&two));
    let (first, second) = tokio::join!(world.log_in(&first), world.log_in(&second));
    assert_eq!((first.outcome, second.outcome), (LoginOutcome::Accepted, LoginOutcome::Accepted));
    assert!(busy.lock().expect("no panic").1.is_empty(), "two logins at once");
}

#[tokio::test]
async fn tickets_and_cookies_go_to_no_other_host() {
    let other = Server::start("evil.test", |_| Reply::of(200, "thanks")).await;
    let to = format!("{}/hub/?qlikTicket={TICKET}", other.origin());
    let server = Server::start("hub.test", move |saw| {
        let answer = windows(saw, Mood::Accepts);
        let cookie = format!("X-Qlik-Session={COOKIE}; Path=/; Domain=test");
        if is_attempt(saw) { Reply::to(&to).with("Set-Cookie", &cookie) } else { answer }
    })
    .await;
    let seen = log_in(&attempt(&server)).await;
    assert_eq!(seen.outcome, LoginOutcome::Accepted);
    assert!(other.saw().is_empty());
    // Trusted for the login, it gets the ticket, but never the hub's cookie.
    let mut consented = attempt(&server);
    consented.trusted.push(other.trusted());
    let seen = log_in(&consented).await;
    assert_eq!(seen.outcome, LoginOutcome::Accepted);
    assert!(other.saw().iter().all(|saw| !saw.whole().contains(COOKIE)));
    assert_eq!(other.attempts(), 0);
}

#[tokio::test]
async fn a_session_speaks_to_its_own_hub_alone() {
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let other = Server::start("hub.test", |_| Reply::of(200, "thanks")).await;
    let world = world();
    let session = world.log_in(&attempt(&server)).await.session.expect("a session");
    let request = request(&other, "/api/hub/v1/user/info");
    let asked = SessionRequest { session, request: request.clone(), xrf: false };
    world.ask_in_session(&asked).await;
    let mut plain = asked.clone();
    plain.request = Request { scheme: Scheme::Http, ..self::request(&server, "/x") };
    let before = server.saw().len();
    world.ask_in_session(&plain).await;
    let upgrade = Upgrade {
        request: request.clone(),
        session: Some(session),
        prefix: None,
        listen: Duration::from_secs(1),
    };
    world.open_socket(&upgrade).await;
    world.log_out(session, &request).await;
    assert!(other.saw().is_empty() && server.saw().len() == before);
}

#[tokio::test]
async fn the_first_two_legs_are_no_rejection_and_a_break_between_them_is_none_either() {
    type Change = fn(&Saw, Reply) -> Reply;
    let closes_after_challenge: Change = |saw, reply| {
        let negotiates = message_type(saw.header("authorization").unwrap_or_default()) == Some(1);
        if negotiates { reply.closing() } else { reply }
    };
    let never_challenges: Change = |saw, reply| {
        let login = saw.header("authorization").unwrap_or_default();
        if message_type(login).is_none() {
            return reply;
        }
        Reply::of(401, "").with("WWW-Authenticate", "NTLM")
    };
    let hangs_up: Change = |saw, reply| {
        let login = saw.header("authorization").unwrap_or_default();
        Reply { hangs_up: message_type(login) == Some(1), ..reply }
    };
    let damaged: Change = |saw, reply| {
        let login = saw.header("authorization").unwrap_or_default();
        if message_type(login).is_none() {
            return reply;
        }
        Reply::of(401, "").with("WWW-Authenticate", "NTLM bm90IE5UTE0=")
    };
    for change in [closes_after_challenge, never_challenges, hangs_up, damaged] {
        let server =
            Server::start("hub.test", move |saw| change(saw, windows(saw, Mood::Accepts))).await;
        let world = world();
        let seen = world.log_in(&attempt(&server)).await;
        assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Broken, 0), "{seen:?}");
        assert_eq!(seen.steps.last().map(|step| step.kind), Some(StepKind::Negotiate));
        assert_eq!(server.attempts(), 0, "no third message on another connection");
        let healthy = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
        let after = world.log_in(&attempt(&healthy)).await;
        assert_eq!(after.outcome, LoginOutcome::Accepted, "nobody is held back for it");
    }
}

#[tokio::test]
async fn a_break_after_the_third_message_says_nothing_of_the_account() {
    let server = Server::start("hub.test", |saw| Reply {
        hangs_up: is_attempt(saw),
        ..windows(saw, Mood::Accepts)
    })
    .await;
    let seen = log_in(&attempt(&server)).await;
    assert_eq!((seen.outcome, seen.attempts), (LoginOutcome::Broken, 1), "{seen:?}");
    assert_eq!(server.attempts(), 1, "not repeated");
}

#[tokio::test]
async fn a_form_is_not_sent_again_because_a_redirect_wants_it() {
    let server = Server::start("hub.test", |saw| match saw.method.as_str() {
        "POST" => Reply { status: 307, ..Reply::to("/again") },
        _ => forms(saw, Mood::Accepts),
    })
    .await;
    let seen = log_in(&attempt(&server)).await;
    assert_eq!((seen.outcome, server.attempts()), (LoginOutcome::Unclear, 1));
}

/// A redirect to the form says "wrong"; one to the hub, which then asks again, only that the
/// cookie was lost.
#[tokio::test]
async fn a_lost_cookie_is_not_taken_for_a_rejection() {
    for (to, outcome) in [("/login", LoginOutcome::Rejected), ("/hub/", LoginOutcome::Unclear)] {
        let server = Server::start("hub.test", move |saw| match saw.path.as_str() {
            "/login" if saw.method == "POST" => Reply::to(to),
            "/login" => Reply::of(200, FORM),
            _ => Reply::to("/login"),
        })
        .await;
        assert_eq!(log_in(&attempt(&server)).await.outcome, outcome);
    }
}

/// What an error of an interface says of a request, as JSON.
fn title_in_json(saw: &Saw) -> String {
    serde_json::json!({ "errors": [{ "code": "AUTH-9", "title": saw.whole() }] }).to_string()
}

/// What a page says of a request that it refuses.
fn title_of_page(saw: &Saw) -> String {
    format!("<html><title>Bad request: {}</title></html>", saw.whole())
}

fn upgrade_to(request: Request, session: SessionId) -> Upgrade {
    let listen = Duration::from_secs(5);
    Upgrade { request, session: Some(session), prefix: None, listen }
}

/// A right password may be followed by a question for another one; only the same form again says
/// that it was wrong.
#[tokio::test]
async fn another_question_for_a_password_is_no_rejection() {
    let again = FORM.replace("csrf", "other");
    let code = "<form method=post><input type=password name=otp></form>";
    let code_beside_user =
        "<form method=post><input name=username><input type=password name=otp></form>";
    let change = "<form method=post><input name=username><input type=password name=pwd>\
                  <input type=password name=new></form>";
    for (page, outcome) in [
        (again.as_str(), LoginOutcome::Rejected),
        (code, LoginOutcome::Unclear),
        (code_beside_user, LoginOutcome::Unclear),
        (change, LoginOutcome::Unclear),
    ] {
        for redirects in [false, true] {
            let next = page.to_owned();
            let server = Server::start("hub.test", move |saw| match saw.path.as_str() {
                "/login" if saw.method == "POST" && redirects => Reply::to("/next"),
                "/login" if saw.method == "POST" => Reply::of(200, &next),
                "/next" => Reply::of(200, &next),
                "/login" => Reply::of(200, FORM),
                _ => Reply::to("/login"),
            })
            .await;
            let seen = log_in(&attempt(&server)).await;
            assert_eq!((seen.outcome, seen.attempts), (outcome, 1), "{page}: {seen:?}");
        }
    }
}

/// A session is an answer, whatever page comes with it.
#[tokio::test]
async fn a_new_session_beside_the_form_is_no_rejection() {
    let server = Server::start("hub.test", |saw| match saw.path.as_str() {
        _ if saw.header("cookie").is_some() => Reply::of(200, "the hub"),
        "/login" if saw.method == "POST" => Reply::of(200, FORM)
            .with("Set-Cookie", &format!("X-Qlik-Session={COOKIE}; Path=/; HttpOnly; Secure")),
        "/login" => Reply::of(200, FORM),
        _ => Reply::to("/login"),
    })
    .await;
    assert_eq!(log_in(&attempt(&server)).await.outcome, LoginOutcome::Accepted);
}

/// Everything that a login, a session and a socket leave behind.
async fn traces() -> String {
    let mut all = String::new();
    let mut keep = |text: String| all.push_str(&text);
    for way in [windows as fn(&Saw, Mood) -> Reply, forms] {
        for mood in [Mood::Accepts, Mood::Rejects, Mood::Confused] {
            let server = Server::start("hub.test", move |saw| {
                if saw.path.starts_with("/app") {
                    return sockets::echoing(saw);
                }
                let reply = match saw.path.as_str() {
                    "/qps/csrftoken" => Reply::of(204, "").with("qlik-csrf-token", TOKEN),
                    path if path.starts_with("/echo") => Reply::of(400, &saw.whole()),
                    path if path.starts_with("/json") => Reply::of(401, &title_in_json(saw)),
                    path if path.starts_with("/page") => Reply::of(400, &title_of_page(saw)),
                    _ => way(saw, mood),
                };
                // A careless server repeats what it was told.
                let login = saw.header("authorization").unwrap_or("nothing").to_owned();
                reply
                    .with("Server", &format!("{login} {}", saw.body))
                    .with("Via", &saw.whole().replace(['\r', '\n'], " "))
            })
            .await;
            let world = world();
            let tried = attempt(&server);
            let seen = world.log_in(&tried).await;
            keep(format!("{seen:?} {tried:?}"));
            for step in &seen.steps {
                keep(String::from_utf8_lossy(&step.exchange.body).into_owned());
            }
            keep(serde_json::to_string(&seen).expect("JSON"));
            let Some(session) = seen.session else { continue };
            let asked =
                SessionRequest { session, request: request(&server, "/echo?a=b"), xrf: true };
            let answer: Exchange = world.ask_in_session(&asked).await;
            assert_eq!(answer.status, Some(400));
            for path in ["/json", "/page"] {
                let request = request(&server, path);
                let upgrade = upgrade_to(request.clone(), session);
                let asked = SessionRequest { session, request, xrf: false };
                let answer = world.ask_in_session(&asked).await;
                let socket = world.open_socket(&upgrade).await;
                for answer in [&answer, &socket.exchange] {
                    let body = String::from_utf8_lossy(&answer.body).into_owned();
                    assert!(body.contains("title") && body.contains("X-Qlik-Session"), "{body}");
                    keep(body);
                }
            }
            let upgrade = upgrade_to(request(&server, "/app/engineData"), session);
            let socket = world.open_socket(&upgrade).await;
            assert!(socket.token_given && !socket.messages.is_empty(), "{socket:?}");
            let out = world.log_out(session, &request(&server, "/qps/user")).await;
            keep(format!("{answer:?} {socket:?} {out:?} {asked:?} {upgrade:?}"));
            keep(serde_json::to_string(&(&answer, &socket, &out)).expect("JSON"));
        }
    }
    all
}

#[tokio::test]
async fn no_trace_of_anything_secret_is_left_in_what_is_shown() {
    let traces = traces().await;
    assert!(traces.len() > 10_000 && traces.contains("X-Qlik-Session"), "something was looked at");
    for planted in PLANTED {
        let around = traces.find(planted).map(|at| {
            traces[..at].chars().rev().take(120).collect::<Vec<_>>().into_iter().rev().collect()
        });
        assert_eq!(around, None::<String>, "{planted}");
    }
    // NTLM messages in base64 begin like this, bare or in SPNEGO.
    assert!(!traces.contains("TlRMTVNTUA") && !traces.contains("YIG"), "an NTLM message");
}

#[tokio::test]
async fn a_key_leaves_no_trace() {
    for said in [Saw::whole as fn(&Saw) -> String, title_in_json, title_of_page] {
        let server = Server::start("tenant.test", move |saw| Reply::of(401, &said(saw))).await;
        let tried = LoginAttempt { with: AccountKind::ApiKey, ..attempt(&server) };
        let seen = log_in(&tried).await;
        assert!(server.saw()[0].whole().contains(KEY));
        let body = &seen.step(StepKind::User).expect("an answer").body;
        let body = String::from_utf8_lossy(body);
        assert!(body.contains("Bearer"), "what is said beside it stays: {body}");
        let shown = format!("{seen:?}{}{body}", serde_json::to_string(&seen).expect("JSON"));
        assert!(!shown.contains(KEY), "{shown}");
    }
}

#[test]
fn a_panic_shows_no_secret() {
    let account = Account { user: r"CORP\alice".to_owned(), password: secret(PASSWORD) };
    let options = WorldOptions {
        account: Some(Arc::new(account)),
        api_key: Some(Arc::new(secret(KEY))),
        ..WorldOptions::default()
    };
    let told = Arc::new(std::sync::Mutex::new(String::new()));
    let noted = Arc::clone(&told);
    let thread = std::thread::Builder::new().name("planted-panic".to_owned());
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some("planted-panic") {
            let trace = std::backtrace::Backtrace::force_capture();
            noted.lock().expect("one thread").push_str(&format!("{info}\n{trace}"));
        } else {
            usual(info);
        }
    }));
    let ended = thread.spawn(move || panic!("planted: {options:?}")).expect("a thread").join();
    let message = ended.expect_err("a panic");
    let told = told.lock().expect("one thread").clone();
    let message = message.downcast_ref::<String>().expect("a text").clone() + &told;
    assert!(message.contains("planted: ") && message.contains("alice"), "{message}");
    assert!(!message.contains(PASSWORD) && !message.contains(KEY), "{message}");
}

/// A control probe wants to know whether a challenge is given, and must not cost an attempt.
#[tokio::test]
async fn whoever_asks_for_a_challenge_alone_sends_nothing_secret() {
    let server = Server::start("hub.test", |saw| windows(saw, Mood::Accepts)).await;
    let asked = LoginAttempt { challenge_only: true, ..attempt(&server) };
    let seen = log_in(&asked).await;
    assert_eq!(not_sent(&seen), Some(NotSent::ChallengeOnly));
    assert!(seen.challenge.is_some());
    assert_eq!(server.attempts(), 0);
    let server = Server::start("hub.test", |saw| forms(saw, Mood::Accepts)).await;
    let asked = LoginAttempt { challenge_only: true, ..attempt(&server) };
    assert_eq!(not_sent(&log_in(&asked).await), Some(NotSent::ChallengeOnly));
    assert_eq!(server.attempts(), 0);
    let key = LoginAttempt { with: AccountKind::ApiKey, challenge_only: true, ..attempt(&server) };
    assert_eq!(log_in(&key).await.attempts, 0);
}
