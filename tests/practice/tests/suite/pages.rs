//! Faults of HTTP, and sites that are no hub.

use std::time::{Duration, Instant};

use hublink_practice::{Behaviour, Login, Site};
use hyper::StatusCode;
use tokio::time::timeout;

use crate::client::{Browser, hub, world};

/// Long beside a loopback answer, short beside a test run.
const SILENCE: Duration = Duration::from_millis(150);

fn site(site: Site) -> Behaviour {
    Behaviour::healthy().site(site)
}

#[tokio::test]
async fn redirects_loop_or_never_end() {
    let world = world().await;
    let round = hub(&world, "loop", site(Site::RedirectLoop)).await;
    let mut browser = Browser::https(&world, &round).await;
    let mut path = "/hub/".to_owned();
    let mut seen = Vec::new();
    for _ in 0..4 {
        path = browser.get(&path, &[]).await.header("location").to_owned();
        seen.push(path.clone());
    }
    assert_eq!(seen, ["/here/", "/there/", "/here/", "/there/"]);
    let endless = hub(&world, "endless", site(Site::EndlessRedirects)).await;
    let mut browser = Browser::https(&world, &endless).await;
    let answer = browser.get("/hub/again/", &[]).await;
    assert_eq!(answer.header("location"), "/hub/again/again/");
}

#[tokio::test]
async fn a_moved_hub_names_the_other_one() {
    let world = world().await;
    let there = hub(&world, "there", Behaviour::healthy()).await;
    for (host, location) in [
        ("there.practice.test", format!("{}/hub/", there.url())),
        (
            "gone.practice.test",
            "https://gone.practice.test/hub/".to_owned(),
        ),
    ] {
        let behaviour = site(Site::MovedTo {
            host: host.to_owned(),
            status: 301,
        });
        let here = hub(&world, "here", behaviour).await;
        let answer = Browser::https(&world, &here).await.get("/hub/", &[]).await;
        assert_eq!(answer.header("location"), location);
    }
}

#[tokio::test]
async fn a_status_may_say_when_to_come_back() {
    let world = world().await;
    let busy = hub(&world, "busy", Behaviour::healthy().status(429, Some(7))).await;
    let answer = Browser::https(&world, &busy).await.get("/", &[]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), "7");
    let broken = hub(&world, "broken", Behaviour::healthy().status(502, None)).await;
    let answer = Browser::https(&world, &broken).await.get("/", &[]).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(!answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn answers_can_fail_to_come() {
    let world = world().await;
    let mute = hub(&world, "mute", site(Site::NoReply)).await;
    let mut browser = Browser::https(&world, &mute).await;
    assert!(
        timeout(SILENCE, browser.ask("GET", "/", &[], ""))
            .await
            .is_err()
    );
    assert_eq!(mute.requests().len(), 1, "the request was taken");
    let empty = hub(&world, "empty", site(Site::EmptyReply)).await;
    let mut browser = Browser::https(&world, &empty).await;
    let error = browser
        .ask("GET", "/", &[], "")
        .await
        .err()
        .expect("no answer");
    assert!(error.is_incomplete_message(), "{error:?}");
    let cut = hub(&world, "cut", site(Site::CutOff)).await;
    let mut browser = Browser::https(&world, &cut).await;
    assert!(browser.ask("GET", "/", &[], "").await.is_err());
}

#[tokio::test]
async fn only_the_first_answer_is_slow() {
    let world = world().await;
    let wait = Duration::from_millis(400);
    let cold = hub(
        &world,
        "cold",
        Behaviour::healthy().first_answer_after(wait),
    )
    .await;
    let mut browser = Browser::https(&world, &cold).await;
    let started = Instant::now();
    browser.get("/", &[]).await;
    assert!(started.elapsed() >= wait);
    let warm = Instant::now();
    browser.get("/", &[]).await;
    assert!(warm.elapsed() < wait);
}

#[tokio::test]
async fn unencrypted_requests_to_an_encrypted_port_are_told_so() {
    let world = world().await;
    let hub = hub(&world, "healthy", Behaviour::healthy().link_scheme("http")).await;
    assert!(hub.url().starts_with("http://"));
    let answer = Browser::http(&hub).await.get("/", &[]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer
            .body
            .contains("The plain HTTP request was sent to HTTPS port")
    );
    assert!(!hub.requests()[0].encrypted);
}

#[tokio::test]
async fn strangers_do_not_look_like_a_hub() {
    let world = world().await;
    let server = hub(&world, "server", site(Site::WebServer)).await;
    let mut browser = Browser::https(&world, &server).await;
    assert_eq!(browser.get("/", &[]).await.status, StatusCode::OK);
    assert_eq!(
        browser.get("/qps/user", &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let desktop = hub(&world, "desktop", site(Site::Desktop)).await;
    let mut browser = Browser::https(&world, &desktop).await;
    let path = "/resources/autogenerated/product-info.json";
    let product = browser.get(path, &[]).await;
    assert_eq!(
        product.json()["composition"]["deploymentType"],
        "QlikSenseDesktop"
    );
    let portal = hub(&world, "portal-user", site(Site::CaptivePortal)).await;
    let answer = Browser::https(&world, &portal).await.get("/", &[]).await;
    assert_eq!(
        answer.header("location"),
        "https://portal.practice.test/welcome"
    );
}

#[tokio::test]
async fn entrances_without_login_say_so() {
    let world = world().await;
    let open = hub(&world, "open", site(Site::SenseAnonymous)).await;
    let mut browser = Browser::https(&world, &open).await;
    assert_eq!(browser.get("/hub/", &[]).await.status, StatusCode::OK);
    let path = "/qps/user?targetUri=https%3A%2F%2Fopen.practice.test%2F";
    let user = browser.get(path, &[]).await.json();
    assert_eq!(user["userDirectory"], "NONE");
    assert!(user.get("loginUri").is_none());
    let closed = hub(&world, "closed", site(Site::SenseForPrograms)).await;
    let answer = Browser::https(&world, &closed)
        .await
        .get("/hub/", &[])
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(!answer.headers.contains_key("www-authenticate"));
}

#[tokio::test]
async fn a_login_may_be_elsewhere() {
    let world = world().await;
    let behaviour = Behaviour::healthy().login(Login::Saml {
        host: "idp.practice.test".to_owned(),
    });
    let federated = hub(&world, "saml", behaviour).await;
    let answer = Browser::https(&world, &federated)
        .await
        .get("/hub/", &[])
        .await;
    let location = answer.header("location");
    assert!(location.starts_with("https://idp.practice.test/saml/login?SAMLRequest="));
    let behaviour = Behaviour::healthy().login(Login::SecondPort { open: false });
    let second = hub(&world, "second", behaviour).await;
    let port = second.login_port().expect("a second port");
    let attempt = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
    let error = attempt.expect_err("closed");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn cloud_errors_have_their_object() {
    let world = world().await;
    let name = "nosuch.eu.qlikcloud.com";
    let unknown = hub(&world, name, site(Site::CloudUnknownTenant)).await;
    let answer = Browser::https(&world, &unknown).await.get("/", &[]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json()["errors"][0]["code"], "LOGIN-2");
    let down = hub(
        &world,
        "down.eu.qlikcloud.com",
        site(Site::CloudUnavailable),
    )
    .await;
    let answer = Browser::https(&world, &down).await.get("/", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.json()["traceId"].is_string());
}

#[tokio::test]
async fn the_date_follows_the_hubs_clock() {
    let world = world().await;
    let offset = time::Duration::minutes(20);
    let fast = hub(&world, "fast", Behaviour::healthy().clock_offset(offset)).await;
    let answer = Browser::https(&world, &fast).await.get("/", &[]).await;
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = time::PrimitiveDateTime::parse(answer.header("date"), &format);
    let ahead = date.expect("a date").assume_utc() - time::OffsetDateTime::now_utc();
    assert!(
        (ahead - offset).abs() < time::Duration::seconds(5),
        "{ahead}"
    );
}
