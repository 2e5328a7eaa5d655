//! The healthy flow, step by step, and its scripted refusals.

use crate::client::{Answer, Browser, DESKTOP, hub, path_of, tls, world};
use crate::ntlm::{Login, first, header, third};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use hublink_practice::{
    API_KEY, AccountState, Attempt, Behaviour, Certificate, DOMAIN, Form, Hub, Login as Place,
    Membership, PASSWORD, Refusal, Secret, SecretKind, Site, Topic, USER, Way, WindowsLogin, World,
};
use hyper::StatusCode;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

const WINDOWS: &[(&str, &str)] = &[("User-Agent", DESKTOP)];

/// What the usual account says, everything in its place.
fn usual(hub: &Hub) -> Login<'_> {
    Login {
        domain: DOMAIN,
        user: USER,
        password: PASSWORD,
        bound_to: Some(&hub.chain()[0]),
        protected: true,
    }
}

/// The answer to the third message of a login on one connection.
async fn windows(world: &World, hub: &Hub, scheme: &str, page: &str, login: Login<'_>) -> Answer {
    let mut browser = Browser::https(world, hub).await;
    let first = header(scheme, &first());
    let challenge = browser.get(page, &[("Authorization", &first)]).await;
    assert_eq!(challenge.status, StatusCode::UNAUTHORIZED);
    let third = third(challenge.header("www-authenticate"), login);
    browser.get(page, &[("Authorization", &header(scheme, &third))]).await
}

/// The login page's path for a client that looks like Windows.
async fn login_page(world: &World, hub: &Hub, start: &str) -> String {
    let answer = Browser::https(world, hub).await.get(start, WINDOWS).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    path_of(answer.header("location"))
}

/// What a form sends for the usual account.
fn credentials(user: &str, password: &str) -> String {
    let account = format!("{DOMAIN}\\{USER}");
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair(user, &account).append_pair(password, PASSWORD).finish()
}

/// Logs in over NTLM and returns the cookie.
async fn log_in(world: &World, hub: &Hub, prefix: &str) -> String {
    let page = login_page(world, hub, &format!("{prefix}/hub/")).await;
    let third = windows(world, hub, "NTLM", &page, usual(hub)).await;
    assert_eq!(third.status, StatusCode::FOUND);
    let ticket = path_of(third.header("location"));
    assert!(ticket.starts_with(&format!("{prefix}/hub/?qlikTicket=")));
    let redeemed = Browser::https(world, hub).await.get(&ticket, WINDOWS).await;
    let cookie = redeemed.header("set-cookie");
    assert!(
        cookie.starts_with("X-Qlik-Session=") && cookie.ends_with("; Path=/; HttpOnly; Secure")
    );
    cookie.split(';').next().expect("split yields at least one part").to_owned()
}

/// The first message of the engine's WebSocket that decides something, or the status of a refused upgrade.
async fn engine(world: &World, hub: &Hub, path: &str, cookie: &str) -> Result<String, u16> {
    let mut request = format!("wss://{}:{}{path}", hub.name(), hub.address().port())
        .into_client_request()
        .expect("a WebSocket address");
    if !cookie.is_empty() {
        let value = HeaderValue::from_str(cookie).expect("cookies are ASCII");
        request.headers_mut().insert("Cookie", value);
    }
    let stream = tls(world, hub).await.expect("the certificate is good");
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((mut socket, _)) => {
            // Whoever is known is told so first.
            loop {
                let message = socket.next().await.expect("a message").expect("no fault");
                let text = message.into_text().expect("text").to_string();
                if !text.contains(r#""mustAuthenticate":false"#) {
                    return Ok(text);
                }
            }
        }
        Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(other) => panic!("neither message nor refusal: {other}"),
    }
}

#[tokio::test]
async fn the_root_leads_to_a_login_with_a_fresh_target() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy()).await;
    let mut browser = Browser::https(&world, &hub).await;
    let root = browser.get("/", WINDOWS).await;
    assert_eq!((root.status, root.header("location")), (StatusCode::MOVED_PERMANENTLY, "/hub/"));
    assert_eq!(root.header("server"), "Microsoft-HTTPAPI/2.0");
    let page = browser.get("/hub/", WINDOWS).await;
    let start = format!(
        "https://{}:{}/internal_windows_authentication/?targetId=",
        hub.name(),
        hub.address().port()
    );
    assert!(page.header("location").starts_with(&start), "{:?}", page.headers);
    assert!(browser.ended().await, "the proxy closes after sending to the login");
    let other = login_page(&world, &hub, "/hub/").await;
    assert_ne!(path_of(page.header("location")), other);
    assert_eq!((hub.connections(), hub.requests().len()), (2, 3));
    assert_eq!(hub.requests()[1].header("user-agent"), Some(DESKTOP));
}

#[tokio::test]
async fn a_client_without_windows_gets_the_form() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy()).await;
    let mut browser = Browser::https(&world, &hub).await;
    let page = browser.get("/hub/", &[("User-Agent", "practice")]).await;
    let path = path_of(page.header("location"));
    assert!(path.starts_with("/internal_forms_authentication/?targetId="));
    let mut browser = Browser::https(&world, &hub).await;
    let form = browser.get(&path, &[]).await;
    assert!(form.body.contains(r#"<input type="password" name="pwd""#));
    let posted = browser.ask("POST", &path, &[], &credentials("username", "pwd")).await;
    let posted = posted.expect("an answer");
    assert_eq!(posted.status, StatusCode::FOUND);
    assert!(posted.header("location").contains("/hub/?qlikTicket="));
    assert_eq!(hub.requests()[2].body, credentials("username", "pwd").as_bytes());
    let attempt = Attempt { account: format!("{DOMAIN}\\{USER}"), way: Way::Form, refusal: None };
    assert_eq!(hub.attempts(), [attempt]);
}

#[tokio::test]
async fn a_login_opens_hub_identity_and_engine() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy().prefix("finance")).await;
    for prefix in ["", "/finance"] {
        let cookie = log_in(&world, &hub, prefix).await;
        let with_cookie = [("Cookie", cookie.as_str())];
        let mut browser = Browser::https(&world, &hub).await;
        let page = browser.get(&format!("{prefix}/hub/"), &with_cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        let user = browser.get(&format!("{prefix}/qps/user"), &with_cookie).await;
        assert_eq!(user.json()["userId"], "user");
        let path = format!("{prefix}/app/engineData");
        assert_eq!(engine(&world, &hub, &path, &cookie).await, Err(403));
        let token = browser.get(&format!("{prefix}/qps/csrftoken"), &with_cookie).await;
        assert_eq!(token.status, StatusCode::NO_CONTENT);
        let path = format!("{path}?qlik-csrf-token={}", token.header("qlik-csrf-token"));
        let message = engine(&world, &hub, &path, &cookie).await.expect("a topic");
        assert!(message.contains("SESSION_CREATED"), "{message}");
    }
}

#[tokio::test]
async fn a_logout_ends_the_session() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy()).await;
    let cookie = log_in(&world, &hub, "").await;
    let key = "0123456789abcdef";
    let mut browser = Browser::https(&world, &hub).await;
    let headers = [("Cookie", cookie.as_str()), ("X-Qlik-Xrfkey", key)];
    let path = format!("/qps/user?xrfkey={key}");
    let answer = browser.ask("DELETE", &path, &headers, "").await;
    assert_eq!(answer.expect("an answer").status, StatusCode::NO_CONTENT);
    let page = browser.get("/hub/", &[("Cookie", &cookie)]).await;
    assert_eq!(page.status, StatusCode::FOUND);
}

#[tokio::test]
async fn the_engine_tells_strangers_to_log_in() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy()).await;
    let message = engine(&world, &hub, "/app/engineData", "").await;
    let message = message.expect("a message");
    assert!(message.contains("OnAuthenticationInformation"), "{message}");
    assert!(message.contains("loginUri"), "{message}");
}

#[tokio::test]
async fn the_engine_says_what_it_is_told_to() {
    let world = world().await;
    let topic = Topic::Notice("OnLicenseAccessDenied");
    let hub = hub(&world, "no-licence", Behaviour::healthy().topic(topic)).await;
    let cookie = log_in(&world, &hub, "").await;
    let mut browser = Browser::https(&world, &hub).await;
    let token = browser.get("/qps/csrftoken", &[("Cookie", &cookie)]).await;
    let path = format!("/app/engineData?qlik-csrf-token={}", token.header("qlik-csrf-token"));
    let message = engine(&world, &hub, &path, &cookie).await.expect("a topic");
    assert!(message.contains("OnLicenseAccessDenied"), "{message}");
}

#[tokio::test]
async fn the_challenge_is_a_complete_second_message() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy()).await;
    let page = login_page(&world, &hub, "/hub/").await;
    let mut browser = Browser::https(&world, &hub).await;
    let bare = browser.get(&page, &[]).await;
    assert_eq!(bare.header("www-authenticate"), "NTLM");
    let answer = browser.get(&page, &[("Authorization", &header("NTLM", &first()))]).await;
    let token = answer.header("www-authenticate").trim_start_matches("NTLM ");
    let message = STANDARD.decode(token).expect("base64");
    assert_eq!(&message[..12], b"NTLMSSP\0\x02\0\0\0");
    let length = usize::from(u16::from_le_bytes([message[40], message[41]]));
    let offset = usize::from(u16::from_le_bytes([message[44], message[45]]));
    assert_eq!(message.len(), offset + length, "target information ends the message");
    assert_eq!(message[message.len() - 4..], [0; 4], "the list has its end");
}

#[tokio::test]
async fn a_third_message_on_another_connection_is_no_login() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy()).await;
    let page = login_page(&world, &hub, "/hub/").await;
    let mut browser = Browser::https(&world, &hub).await;
    let challenge = browser.get(&page, &[("Authorization", &header("NTLM", &first()))]).await;
    let third = header("NTLM", &third(challenge.header("www-authenticate"), usual(&hub)));
    let mut other = Browser::https(&world, &hub).await;
    let answer = other.get(&page, &[("Authorization", &third)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let answer = browser.get(&page, &[("Authorization", &third)]).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let answer = browser.get(&page, &[("Authorization", &third)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "a challenge is good for one answer");
}

#[tokio::test]
async fn every_part_of_the_third_message_is_looked_at() {
    let world = world().await;
    let hub = hub(&world, "strict", Behaviour::healthy().binding_required()).await;
    let page = login_page(&world, &hub, "/hub/").await;
    let good = usual(&hub);
    let other = world.pki().root_der().to_vec();
    let refused = [
        (Login { password: "wrong", ..good }, Refusal::Password),
        (Login { user: "nobody", ..good }, Refusal::UnknownAccount),
        (Login { domain: "ELSEWHERE", ..good }, Refusal::UnknownAccount),
        (Login { protected: false, ..good }, Refusal::Integrity),
        (Login { bound_to: None, ..good }, Refusal::ChannelBinding),
        (Login { bound_to: Some(&other), ..good }, Refusal::ChannelBinding),
    ];
    for (login, why) in refused {
        let answer = windows(&world, &hub, "NTLM", &page, login).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let attempts = hub.attempts();
        assert_eq!(attempts.last().and_then(|attempt| attempt.refusal), Some(why));
    }
    for login in [good, Login { domain: "", ..good }, Login { domain: "practice.test", ..good }] {
        let answer = windows(&world, &hub, "NTLM", &page, login).await;
        assert_eq!(answer.status, StatusCode::FOUND);
    }
    assert_eq!(hub.attempts().len(), 9);
}

#[tokio::test]
async fn the_windows_page_offers_what_it_takes() {
    let world = world().await;
    let kinds = [
        (WindowsLogin::NegotiateAndNtlm, "Negotiate", StatusCode::FOUND),
        (WindowsLogin::NegotiateOnly, "Negotiate", StatusCode::FOUND),
        (WindowsLogin::OtherServer, "NTLM", StatusCode::UNAUTHORIZED),
    ];
    for (number, (kind, scheme, status)) in kinds.into_iter().enumerate() {
        let name = format!("hub{number}");
        let hub = hub(&world, &name, Behaviour::healthy().windows(kind)).await;
        let page = login_page(&world, &hub, "/hub/").await;
        let offer = Browser::https(&world, &hub).await.get(&page, &[]).await;
        assert_eq!(offer.header("www-authenticate"), scheme);
        let answer = windows(&world, &hub, scheme, &page, usual(&hub)).await;
        assert_eq!(answer.status, status, "{kind:?}");
    }
    for kind in [WindowsLogin::KerberosOnly, WindowsLogin::Forgets] {
        let hub =
            hub(&world, &format!("{kind:?}").to_lowercase(), Behaviour::healthy().windows(kind))
                .await;
        let page = login_page(&world, &hub, "/hub/").await;
        let first =
            header(if kind == WindowsLogin::Forgets { "NTLM" } else { "Negotiate" }, &first());
        let answer =
            Browser::https(&world, &hub).await.get(&page, &[("Authorization", &first)]).await;
        assert!(!answer.header("www-authenticate").contains(' '), "no challenge");
    }
}

#[tokio::test]
async fn accounts_that_may_not_log_in_are_told_by_forms_alone() {
    let world = world().await;
    let texts = [
        (AccountState::Locked, "is locked"),
        (AccountState::Disabled, "is disabled"),
        (AccountState::Expired, "has expired"),
        (AccountState::MustChangePassword, "must be changed"),
    ];
    for (state, text) in texts {
        let name = format!("{state:?}").to_lowercase();
        let behaviour = Behaviour::healthy().login(Place::Forms).account_state(state);
        let forms = hub(&world, &name, behaviour).await;
        let page = login_page(&world, &forms, "/hub/").await;
        let mut browser = Browser::https(&world, &forms).await;
        let answer = browser.ask("POST", &page, &[], &credentials("username", "pwd")).await;
        let answer = answer.expect("an answer");
        assert!(answer.status == StatusCode::OK && answer.body.contains(text), "{}", answer.body);
        let by_windows = Behaviour::healthy().account_state(state);
        let by_windows = hub(&world, &format!("{name}-windows"), by_windows).await;
        let page = login_page(&world, &by_windows, "/hub/").await;
        let answer = windows(&world, &by_windows, "NTLM", &page, usual(&by_windows)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_form_of_somebody_elses_wants_all_its_fields() {
    let world = world().await;
    let behaviour = Behaviour::healthy().login(Place::Forms).form(Form::Replaced);
    let hub = hub(&world, "own-form", behaviour).await;
    let page = login_page(&world, &hub, "/hub/").await;
    let mut browser = Browser::https(&world, &hub).await;
    let bare = credentials("account[name]", "account[secret]");
    let answer = browser.ask("POST", &page, &[], &bare).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::OK);
    let full = format!("{bare}&lang=de+%26+en&step=1");
    let answer = browser.ask("POST", &page, &[], &full).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(hub.attempts().len(), 1, "an incomplete form is no attempt");
}

#[tokio::test]
async fn a_server_without_a_domain_names_itself() {
    let world = world().await;
    let behaviour = Behaviour::healthy().membership(Membership::Workgroup);
    let hub = hub(&world, "alone", behaviour).await;
    let page = login_page(&world, &hub, "/hub/").await;
    let answer = windows(&world, &hub, "NTLM", &page, usual(&hub)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let local = Login { domain: "ALONE", ..usual(&hub) };
    let answer = windows(&world, &hub, "NTLM", &page, local).await;
    assert_eq!(answer.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_hub_counts_what_it_was_trusted_with() {
    let world = world().await;
    let hub = hub(&world, "counting", Behaviour::healthy()).await;
    log_in(&world, &hub, "").await;
    let encrypted = |kind| Secret { kind, encrypted: true };
    let sent = [encrypted(SecretKind::NtlmProof), encrypted(SecretKind::Ticket)];
    assert_eq!(hub.secrets(), sent);
    let mut plain = Browser::http(&hub).await;
    plain.get("/hub/", &[("Cookie", "X-Qlik-Session=x")]).await;
    assert_eq!(hub.secrets()[2], Secret { kind: SecretKind::Cookie, encrypted: false });
    assert_eq!(hub.sessions(), 1);
}

#[tokio::test]
async fn a_certificate_can_be_replaced() {
    let world = world().await;
    let behaviour = Behaviour::healthy().certificate_replaced_after(1, Certificate::UnknownRoot);
    let hub = hub(&world, "replaced", behaviour).await;
    assert!(tls(&world, &hub).await.is_ok());
    assert!(tls(&world, &hub).await.is_err(), "nobody trusts the second one");
}

#[tokio::test]
async fn a_login_module_sends_back_with_a_ticket() {
    let world = world().await;
    let module = hub(&world, "module", Behaviour::healthy().site(Site::LoginPage)).await;
    let behaviour =
        Behaviour::healthy().login(Place::Module { host: "module.practice.test".to_owned() });
    let hub = hub(&world, "moduled", behaviour).await;
    let page = login_page(&world, &hub, "/hub/").await;
    let mut browser = Browser::https(&world, &module).await;
    let answer = browser.ask("POST", &page, &[], &credentials("email", "password")).await;
    let ticket = path_of(answer.expect("an answer").header("location"));
    let redeemed = Browser::https(&world, &hub).await.get(&ticket, WINDOWS).await;
    assert!(redeemed.header("set-cookie").starts_with("X-Qlik-Session="));
    assert_eq!((module.attempts().len(), hub.attempts().len()), (1, 0));
}

#[tokio::test]
async fn rejected_passwords_stay_outside() {
    let world = world().await;
    let windows_hub = hub(&world, "windows", Behaviour::healthy().rejecting_password()).await;
    let page = login_page(&world, &windows_hub, "/hub/").await;
    let answer = windows(&world, &windows_hub, "NTLM", &page, usual(&windows_hub)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let behaviour = Behaviour::healthy().login(Place::Forms).rejecting_password();
    let forms = hub(&world, "forms", behaviour).await;
    let page = login_page(&world, &forms, "/hub/").await;
    let mut browser = Browser::https(&world, &forms).await;
    let answer = browser.ask("POST", &page, &[], &credentials("username", "pwd")).await;
    let answer = answer.expect("an answer");
    assert!(answer.status == StatusCode::OK && answer.body.contains("type=\"password\""));
}

#[tokio::test]
async fn the_login_address_is_told_only_to_known_names() {
    let world = world().await;
    let behaviour = Behaviour::healthy()
        .also_named("central.practice.test")
        .allow_list(&["central.practice.test"]);
    let hub = hub(&world, "outsider", behaviour).await;
    let mut browser = Browser::https(&world, &hub).await;
    let path = "/qps/user?targetUri=https%3A%2F%2Foutsider.practice.test%2Fhub";
    let stranger = browser.get(path, WINDOWS).await;
    assert_eq!(stranger.json(), serde_json::json!({ "session": "inactive" }));
    let path = "/qps/user?targetUri=https%3A%2F%2Fcentral.practice.test%2Fhub";
    let known = browser.get(path, WINDOWS).await;
    assert!(known.json()["loginUri"].is_string());
}

#[tokio::test]
async fn small_pages_answer_as_documented() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy()).await;
    let mut browser = Browser::https(&world, &hub).await;
    let product = browser.get("/resources/autogenerated/product-info.json", &[]).await;
    assert_eq!(product.json()["composition"]["deploymentType"], "QlikSenseServer");
    let system = browser.get("/api/about/v1/systeminfo", &[]).await;
    assert_eq!(system.status, StatusCode::FORBIDDEN);
    let lost = browser.get("/internal_windows_authentication/", &[]).await;
    assert_eq!(lost.status, StatusCode::BAD_REQUEST);
    assert!(lost.body.contains("neither TargetId nor Virtual Proxy"));
    let unknown = browser.get("/nosuch/hub/", &[]).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.body.contains("The http request header is incorrect"));
    assert!((80_000..100_000).contains(&unknown.body.len()));
}

#[tokio::test]
async fn the_second_login_port_leads_back() {
    let world = world().await;
    let behaviour = Behaviour::healthy().login(Place::SecondPort { open: true });
    let hub = hub(&world, "second", behaviour).await;
    let mut browser = Browser::https(&world, &hub).await;
    let page = browser.get("/hub/", WINDOWS).await;
    let url = url::Url::parse(page.header("location")).expect("an absolute address");
    assert_eq!((url.port(), url.path()), (hub.login_port(), "/windows_authentication/"));
    assert_ne!(hub.login_port(), Some(hub.address().port()));
}

#[tokio::test]
async fn a_cloud_tenant_sends_to_its_login_and_knows_keys() {
    let world = world().await;
    let idp = hub(&world, "login.qlik.com", Behaviour::healthy().site(Site::LoginPage)).await;
    let tenant = hub(&world, "practice.eu.qlikcloud.com", Behaviour::cloud()).await;
    let mut browser = Browser::https(&world, &tenant).await;
    let root = browser.get("/", &[]).await;
    assert!(root.header("location").starts_with("/login?returnto=https%3A%2F%2Fpractice"));
    let login = browser.get(root.header("location"), &[]).await;
    let start = format!("https://login.qlik.com:{}/login?", idp.address().port());
    assert!(login.header("location").starts_with(&start));
    let stranger = browser.get("/api/v1/users/me", &[]).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    assert!(stranger.json()["errors"][0]["code"].is_string());
    let bearer = format!("Bearer {API_KEY}");
    let key = [("Authorization", bearer.as_str())];
    let known = browser.get("/api/v1/users/me", &key).await;
    assert_eq!(known.status, StatusCode::MOVED_PERMANENTLY);
    let user = browser.get(known.header("location"), &key).await;
    assert_eq!(user.json()["status"], "active");
}
