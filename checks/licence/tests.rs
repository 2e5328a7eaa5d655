//! The engine's words, and what is asked for them.

use std::sync::Arc;

use hublink_probe::{
    AccountKind, AccountName, Exchange, Failure, LoginOutcome, LoginSeen, Operation, ScriptedWorld,
    SessionId,
};

use super::*;
use crate::frame::{Stored, judge};
use crate::http::tests::{answer, context, hub, world};
use crate::http::{self, Http};

const ENGINE: &str = "https://hub.corp.test/app/engineData";

fn said(messages: &[(&str, Option<&str>)]) -> SocketSeen {
    let messages = messages.iter().map(|(topic, state)| SocketMessage {
        topic: (*topic).to_owned(),
        session_state: state.map(str::to_owned),
        ..SocketMessage::default()
    });
    let exchange = Exchange { status: Some(101), ..answer(ENGINE, 200, None, "") };
    SocketSeen {
        upgraded: true,
        token_given: true,
        messages: messages.collect(),
        ..SocketSeen::of(exchange)
    }
}

fn logged_in(world: ScriptedWorld) -> (Context, Arc<ScriptedWorld>) {
    let (mut cx, world) = context(world, hub());
    let hops = vec![answer("https://hub.corp.test/hub/", 302, None, "")];
    cx.case.put(Stored::new::<Http>(http::Evidence { hops, ..http::Evidence::default() }));
    let account = AccountName { kind: AccountKind::Password, user: Some("alice".to_owned()) };
    cx.case.facts.account = Some(account);
    let seen = LoginSeen { session: Some(SessionId(1)), ..LoginSeen::of(LoginOutcome::Accepted) };
    let login = login::Evidence { seen: Some(seen), ..login::Evidence::default() };
    cx.case.put(Stored::new::<Login>(login));
    (cx, world)
}

async fn judged(socket: SocketSeen) -> (Vec<String>, Option<Reason>) {
    let mut world = world();
    world.session_sockets.insert(ENGINE.to_owned(), socket);
    let (cx, world) = logged_in(world);
    let seen = Licence::probe(&cx).await;
    assert_eq!(world.asked(), [format!("socket {ENGINE} in session")]);
    let causes = judge(CAUSES, &seen, &cx.case).into_iter().map(|cause| cause.id).collect();
    (causes, Licence::nothing_to_judge(&seen, &cx.case))
}

#[tokio::test]
async fn every_word_of_the_map_has_its_cause() {
    let map: [(&str, Option<&str>, Option<&str>); 14] = [
        ("OnConnected", Some("SESSION_CREATED"), None),
        ("OnConnected", Some("SESSION_ATTACHED"), None),
        ("OnLicenseAccessDenied", None, Some("licence/none-allocated")),
        ("OnLicenseAccessDeniedPendingUserSync", None, Some("licence/still-syncing")),
        ("OnExcessLicenseAssignment", None, Some("licence/assignment-excluded")),
        ("OnMaxParallelSessionsExceeded", None, Some("licence/too-many-sessions")),
        ("OnConnected", Some("SESSION_ERROR_NO_LICENSE"), Some("licence/server-unlicensed")),
        ("OnConnected", Some("SESSION_ERROR_LICENSE_RENEW"), Some("licence/server-unlicensed")),
        ("OnConnected", Some("SESSION_ERROR_LIMIT_EXCEEDED"), Some("licence/unexplained")),
        ("OnEngineWebsocketFailed", None, Some("licence/services-down")),
        ("OnNoEngineAvailable", None, Some("licence/services-down")),
        ("OnRepositoryWebsocketFailed", None, Some("licence/services-down")),
        ("OnNoRepositoryAvailable", None, Some("licence/services-down")),
        ("OnSessionTimedOut", None, Some("licence/unexplained")),
    ];
    for (topic, state, expected) in map {
        let (causes, reason) = judged(said(&[(topic, state)])).await;
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(causes, expected, "{topic} {state:?}");
        assert_eq!(reason, None, "{topic}");
    }
}

#[tokio::test]
async fn what_concerns_an_app_decides_nothing() {
    let app = [("OnConnected", Some("SESSION_ERROR_APP_ACCESS_DENIED")), ("OnPrinting", None)];
    let (_, reason) = judged(said(&app)).await;
    assert_eq!(reason.expect("nothing was told").kind, ReasonKind::CouldNotLook);
}

#[tokio::test]
async fn an_upgrade_that_fails_is_a_failure_and_no_silence() {
    let cut = SocketSeen::of(answer(ENGINE, 502, None, ""));
    let (causes, reason) = judged(cut).await;
    assert_eq!(causes, ["licence/unexplained"]);
    assert_eq!(reason, None);
}

#[tokio::test]
async fn a_socket_that_could_not_be_asked_for_says_nothing_of_a_licence() {
    let none = |ending| Exchange { status: None, ending, ..answer(ENGINE, 200, None, "") };
    let barred = Failure::of(Operation::Connect, FailureKind::NotPermitted);
    let unheard = [
        Exchange { failure: Some(barred), ..none(Ending::NoConnection) },
        none(Ending::NoConnection),
        none(Ending::NoTunnel),
        none(Ending::Silence),
        answer(ENGINE, 429, None, ""),
    ];
    for exchange in unheard {
        let (_, reason) = judged(SocketSeen::of(exchange.clone())).await;
        let reason = reason.unwrap_or_else(|| panic!("judged by {exchange:?}"));
        assert_eq!(reason.kind, ReasonKind::CouldNotLook);
    }
}

#[tokio::test]
async fn without_a_session_nothing_is_asked() {
    let (mut cx, world) = logged_in(world());
    cx.case.put(Stored::new::<Login>(login::Evidence::default()));
    let seen = Licence::probe(&cx).await;
    assert!(world.asked().is_empty());
    assert!(Licence::nothing_to_judge(&seen, &cx.case).is_some());
}
