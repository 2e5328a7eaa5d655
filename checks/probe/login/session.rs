//! What is asked after the login.

use std::time::Instant;

use hyper::Method;
use hyper::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName};
use url::Url;
use zeroize::Zeroizing;

use super::desk::{Desk, Session, held_open};
use super::guard::{Guarded, Letter};
use crate::tunnel::Line;
use crate::{
    Ending, Exchange, Failure, FailureKind, Operation, Request, SessionId, SessionRequest, World,
    millis,
};

/// The header that repeats the key of the query.
const XRF_HEADER: HeaderName = HeaderName::from_static("x-qlik-xrfkey");

/// How long that key is.
const XRF_LENGTH: usize = 16;

/// Letters and digits, as the key may have.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// GET in a session.
pub(crate) async fn ask(desk: &Desk, asked: &SessionRequest, line: Line<'_>) -> Exchange {
    let Some(session) = desk.session(asked.session) else { return barred(&asked.request) };
    send(&session, &asked.request, (Method::GET, asked.xrf), line).await.0
}

/// DELETE of the session; it is forgotten whatever the server says.
pub(crate) async fn log_out(
    desk: &Desk,
    id: SessionId,
    request: &Request,
    line: Line<'_>,
) -> Exchange {
    let Some(session) = desk.session(id) else { return barred(request) };
    let seen = send(&session, request, (Method::DELETE, true), line).await.0;
    desk.forget(id);
    seen
}

/// A request in a session, and the headers of the answer.
pub(super) async fn send(
    session: &Session,
    request: &Request,
    (method, xrf): (Method, bool),
    line: Line<'_>,
) -> (Exchange, HeaderMap) {
    let begun = Instant::now();
    let mut letter = Letter::new(method);
    let mut request = request.clone();
    if xrf {
        let key = xrf_key(line.world);
        request.path = with_parameter(&request.path, "xrfkey", &key);
        letter = letter.with(XRF_HEADER, Zeroizing::new(key));
    }
    let mut seen = Exchange::of(&request, Ending::NoConnection);
    let mut headers = HeaderMap::new();
    let opened = Guarded::open(&session.trusted, &request, line, &mut seen).await;
    if let (Ok(mut guarded), Some(url)) = (opened, url_of(&request)) {
        let letter = signed(session, &url, letter);
        if let Some(answer) = guarded.say(&mut seen, (&request, letter), line.world).await {
            headers = answer.headers;
        }
        guarded.hang_up(&mut seen).await;
        let mut jar = held_open(&session.jar);
        jar.take_in(&headers, &url, &url, line.world.now());
        let mut known = held_open(&session.known);
        jar.values().for_each(|value| known.add(value));
    }
    finish(session, &mut seen, begun);
    (seen, headers)
}

/// Cookies and key of the session, for an address they belong to.
pub(super) fn signed(session: &Session, url: &Url, mut letter: Letter) -> Letter {
    if let Some(cookies) = held_open(&session.jar).header(url) {
        letter = letter.with(COOKIE, cookies);
    }
    let is_home = url.origin() == session.home.origin();
    if let Some(key) = session.key.as_ref().filter(|_| is_home) {
        let mut bearer = Zeroizing::new(String::with_capacity(7 + key.expose().len()));
        bearer.push_str("Bearer ");
        bearer.push_str(key.expose());
        letter = letter.with(AUTHORIZATION, bearer);
    }
    letter
}

fn finish(session: &Session, seen: &mut Exchange, begun: Instant) {
    seen.next = None;
    held_open(&session.known).clean_answer(seen);
    seen.took_ms = millis(begun.elapsed());
}

/// A request that was not sent, because it would carry something secret to where it must not go.
pub(super) fn barred(request: &Request) -> Exchange {
    Exchange {
        failure: Some(Failure::of(Operation::SendRequest, FailureKind::NotPermitted)),
        ..Exchange::of(request, Ending::NoConnection)
    }
}

pub(super) fn url_of(request: &Request) -> Option<Url> {
    Url::parse(&request.whole_url()).ok()
}

/// A path with one more parameter in its query.
pub(super) fn with_parameter(path: &str, name: &str, value: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}{name}={value}")
}

fn xrf_key(world: &dyn World) -> String {
    let mut key = String::with_capacity(XRF_LENGTH);
    while key.len() < XRF_LENGTH {
        for byte in world.random().to_le_bytes() {
            key.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
        }
    }
    key.truncate(XRF_LENGTH);
    key
}
