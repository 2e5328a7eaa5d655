//! The way of one login, step by step, to the hub's start page.

mod door;
mod forms;
mod key;
mod system;
mod windows;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Method;
use hyper::header::{COOKIE, HeaderMap};
use url::Url;
use zeroize::Zeroizing;

use super::desk::{Session, Turn};
use super::guard::{Guarded, Letter};
use super::jar::Jar;
use super::known::Known;
use super::secret::{Account, Secret};
use super::system::Packages;
use crate::tunnel::Line;
use crate::{
    Ending, Exchange, Failure, FailureKind, LoginAttempt, LoginOutcome, LoginSeen, LoginStep,
    NotSent, Operation, Request, Scheme, StepKind, TrustedHost, millis,
};
use door::Door;

/// The most redirects that are followed in a row.
const HOPS_LIMIT: usize = 10;

/// The time for an answer after the first: the hub is warm then.
const LATER_ANSWERS: Duration = Duration::from_secs(20);

/// What a step that was begun has at least: an answer under way is worth waiting for.
const LAST_STEP: Duration = Duration::from_secs(1);

/// How much of a page is kept for the check to read.
const BODY_KEPT: usize = 64 * 1024;

/// What is used to log in.
pub(crate) enum With {
    /// A password, with NTLM of our own.
    Password(Arc<Account>),
    /// A password, with the login packages of the system.
    PasswordBy(Arc<dyn Packages>, Arc<Account>),
    /// The signed-on user, whom only the system knows.
    SignedOn(Arc<dyn Packages>),
    Key(Arc<Secret>),
}

impl With {
    pub(crate) fn user(&self) -> Option<&str> {
        self.account().map(|account| account.user.as_str())
    }

    fn account(&self) -> Option<&Arc<Account>> {
        match self {
            Self::Password(account) | Self::PasswordBy(_, account) => Some(account),
            Self::SignedOn(_) | Self::Key(_) => None,
        }
    }
}

/// How a login ended before it was accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    NotSent(NotSent),
    Rejected,
    Broken,
    Unclear,
}

impl From<NotSent> for End {
    fn from(why: NotSent) -> Self {
        Self::NotSent(why)
    }
}

/// Goes the way to its end.
pub(crate) async fn log_in(
    (attempt, limit): (&LoginAttempt, Duration),
    with: &With,
    mut turn: Turn<'_>,
    line: Line<'_>,
) -> (LoginSeen, Option<Session>) {
    let Some(home) = url_of(&attempt.entrance) else {
        return (LoginSeen::not_sent(NotSent::NoLoginPage), None);
    };
    let mut walk = Walk {
        attempt,
        line,
        until: Instant::now() + limit,
        home,
        seen: LoginSeen::of(LoginOutcome::Accepted),
        jar: Jar::default(),
        known: Known::default(),
    };
    if let Some(account) = with.account() {
        walk.known.add(account.password.expose());
    }
    let ended = match with {
        With::Key(key) => {
            walk.known.add(key.expose());
            walk.with_key(key, &mut turn).await
        }
        user => walk.with_user(user, &mut turn).await,
    };
    walk.seen.outcome = match ended {
        Ok(()) => LoginOutcome::Accepted,
        Err(End::NotSent(why)) => {
            walk.seen.why_not = Some(why);
            LoginOutcome::NotSent
        }
        Err(End::Rejected) => LoginOutcome::Rejected,
        Err(End::Broken) => LoginOutcome::Broken,
        Err(End::Unclear) => LoginOutcome::Unclear,
    };
    turn.settle(walk.seen.outcome);
    walk.finish(with)
}

/// Where a login stands.
struct Walk<'a> {
    attempt: &'a LoginAttempt,
    line: Line<'a>,
    /// When no further connection is made, because others wait for their turn.
    until: Instant,
    /// The hub's start page.
    home: Url,
    seen: LoginSeen,
    jar: Jar,
    known: Known,
}

/// An answer, and the connection it came on.
struct Hop {
    url: Url,
    exchange: Exchange,
    headers: HeaderMap,
    connection: Option<Guarded>,
}

impl Hop {
    fn status(&self) -> u16 {
        self.exchange.status.unwrap_or_default()
    }

    /// Where it leads, if it is a redirect.
    fn next(&self) -> Option<Url> {
        let is_redirect = matches!(self.status(), 301 | 302 | 303 | 307 | 308);
        let next = self.exchange.next.as_deref().filter(|_| is_redirect)?;
        let mut next = self.url.join(next).ok()?;
        next.set_fragment(None);
        Some(next)
    }
}

impl Walk<'_> {
    async fn with_user(&mut self, with: &With, turn: &mut Turn<'_>) -> Result<(), End> {
        let next = match (self.find_door().await?, with) {
            (Door::Challenge(hop), With::Password(account)) => {
                self.through_windows(*hop, account, turn).await?
            }
            (Door::Challenge(hop), With::PasswordBy(packages, account)) => {
                self.through_system(*hop, (packages, Some(account)), turn).await?
            }
            (Door::Challenge(hop), With::SignedOn(packages)) => {
                self.through_system(*hop, (packages, None), turn).await?
            }
            (Door::Form(form), with) => {
                let account = with.account().ok_or(NotSent::PasswordForm)?;
                self.through_form(&form, account, turn).await?
            }
            (Door::Challenge(_), With::Key(_)) => return Err(NotSent::NoCredentials.into()),
        };
        self.come_in(next).await;
        Ok(())
    }

    /// After the account was accepted: to the session, and with it to the hub. Whatever happens
    /// here says nothing of the account any more; the steps tell it.
    async fn come_in(&mut self, mut next: Option<Url>) {
        for _ in 0..HOPS_LIMIT {
            let Some(url) = next.filter(|url| *url != self.home) else { break };
            match self.get(StepKind::Ticket, &url).await {
                Ok(hop) => next = hop.next(),
                Err(why) => {
                    self.seen.left_at = Some(why);
                    return;
                }
            }
        }
        let home = self.home.clone();
        // The step keeps what became of it.
        drop(self.get(StepKind::Hub, &home).await);
    }

    fn finish(mut self, with: &With) -> (LoginSeen, Option<Session>) {
        if self.seen.outcome != LoginOutcome::Accepted {
            return (self.seen, None);
        }
        for value in self.jar.values() {
            self.known.add(value);
        }
        let key = match with {
            With::Key(key) => Some(Arc::clone(key)),
            _ => None,
        };
        let session = Session {
            home: self.home,
            trusted: self.attempt.trusted.clone(),
            jar: self.jar.into(),
            key,
            known: self.known.into(),
        };
        (self.seen, Some(session))
    }

    /// Fetches a page on a connection of its own.
    async fn get(&mut self, kind: StepKind, url: &Url) -> Result<Hop, NotSent> {
        self.send(kind, url, Letter::new(Method::GET)).await
    }

    /// Sends a letter on a connection of its own.
    async fn send(&mut self, kind: StepKind, url: &Url, letter: Letter) -> Result<Hop, NotSent> {
        let (guarded, seen, begun) = self.open(kind, url).await?;
        self.say(kind, url, (seen, begun), (guarded, false), letter).await
    }

    /// Sends a letter with the account in it on a connection of its own.
    async fn send_secret(
        &mut self,
        kind: StepKind,
        url: &Url,
        letter: Letter,
        turn: &mut Turn<'_>,
    ) -> Result<Hop, End> {
        let opened = self.open(kind, url).await;
        let was_sent = self.seen.attempts > 0;
        let (guarded, seen, begun) =
            opened.map_err(|why| if was_sent { End::Unclear } else { End::NotSent(why) })?;
        self.about_to_send(turn)?;
        let said = self.say(kind, url, (seen, begun), (guarded, false), letter).await;
        said.map_err(|_| End::Broken)
    }

    /// The last place before something secret is sent.
    fn about_to_send(&mut self, turn: &mut Turn<'_>) -> Result<(), NotSent> {
        if self.attempt.challenge_only {
            return Err(NotSent::ChallengeOnly);
        }
        turn.about_to_send();
        self.seen.attempts = 1;
        Ok(())
    }

    async fn open(
        &mut self,
        kind: StepKind,
        url: &Url,
    ) -> Result<(Guarded, Exchange, Instant), NotSent> {
        let begun = Instant::now();
        let request = self.request(url)?;
        let mut seen = Exchange::of(&request, Ending::NoConnection);
        if self.left().is_zero() {
            seen.failure = Some(Failure::of(Operation::Connect, FailureKind::NoAnswer));
            self.note(kind, seen, false);
            return Err(NotSent::NoConnection);
        }
        match Guarded::open(&self.attempt.trusted, &request, self.line, &mut seen).await {
            Ok(guarded) => Ok((guarded, seen, begun)),
            Err(why) => {
                seen.took_ms = millis(begun.elapsed());
                self.note(kind, seen, false);
                Err(why)
            }
        }
    }

    /// Sends a letter on this connection, which `stayed` open since the step before.
    async fn say(
        &mut self,
        kind: StepKind,
        url: &Url,
        (mut seen, begun): (Exchange, Instant),
        (mut guarded, stayed): (Guarded, bool),
        letter: Letter,
    ) -> Result<Hop, NotSent> {
        let request = self.request(url)?;
        self.known.add_address(url);
        let letter = match self.jar.header(url) {
            Some(cookies) => letter.with(COOKIE, cookies),
            None => letter,
        };
        let world = self.line.world;
        let answer = guarded.say(&mut seen, (&request, letter), world).await;
        let is_whole = matches!(seen.ending, Ending::Complete);
        let connection = if is_whole {
            Some(guarded)
        } else {
            guarded.hang_up(&mut seen).await;
            None
        };
        seen.took_ms = millis(begun.elapsed());
        if let Some(next) = seen.next.as_deref().and_then(|next| url.join(next).ok()) {
            self.known.add_address(&next);
        }
        let headers = answer.map(|answer| answer.headers).unwrap_or_default();
        let cookies = self.jar.take_in(&headers, url, &self.home, world.now());
        self.seen.cookies.extend(cookies);
        for value in self.jar.values() {
            self.known.add(value);
        }
        let answered = is_whole || seen.ending == Ending::Long;
        self.note(kind, seen.clone(), stayed);
        if !answered {
            return Err(NotSent::NoConnection);
        }
        Ok(Hop { url: url.clone(), exchange: seen, headers, connection })
    }

    fn note(&mut self, kind: StepKind, mut exchange: Exchange, same_connection: bool) {
        exchange.next = None;
        exchange.body.truncate(BODY_KEPT);
        exchange.body.shrink_to_fit();
        self.known.clean_answer(&mut exchange);
        self.seen.steps.push(LoginStep { kind, exchange, same_connection });
    }

    /// A request to one of the trusted places.
    fn request(&self, url: &Url) -> Result<Request, NotSent> {
        if url.scheme() != "https" {
            return Err(NotSent::PlainHttp);
        }
        let place = self.place(url).ok_or(NotSent::OtherHost)?;
        let entrance = &self.attempt.entrance;
        let first = self.seen.steps.is_empty();
        let limit = entrance.answer_limit;
        let left = self.left().max(LAST_STEP);
        Ok(Request {
            connect_limit: entrance.connect_limit.min(left),
            handshake_limit: entrance.handshake_limit.min(left),
            scheme: Scheme::Https,
            host: place.host.clone(),
            to: place.to,
            path: path_of(url),
            answer_limit: if first { limit } else { limit.min(LATER_ANSWERS) }.min(left),
            segment: None,
            via: place.via.clone(),
            ..entrance.clone()
        })
    }

    /// The time left for this login.
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    fn place(&self, url: &Url) -> Option<&TrustedHost> {
        let host = url.host_str()?.trim_matches(['[', ']']);
        let port = url.port_or_known_default()?;
        self.attempt.trusted.iter().find(|place| place.is_at(host, port))
    }
}

fn url_of(request: &Request) -> Option<Url> {
    let mut url = Url::parse(&request.whole_url()).ok()?;
    url.set_fragment(None);
    Some(url)
}

fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// A text for a header, overwritten when it is done with.
fn wiped(text: &[&str]) -> Zeroizing<String> {
    let mut whole = Zeroizing::new(String::with_capacity(text.iter().map(|part| part.len()).sum()));
    for part in text {
        whole.push_str(part);
    }
    whole
}
